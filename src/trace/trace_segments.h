/*
 * Segments of a case: who holds it, and when. Each activity belongs to a
 * segment; the time from an event to the next belongs to the segment of the
 * first, and after the last event time goes on until an end given. Notes go on
 * with the segment before them.
 */
#ifndef TM_TRACE_SEGMENTS_H
#define TM_TRACE_SEGMENTS_H

#include "trace/trace.h"

/* Instead of the number of a segment: the label is a note. */
#define SEGMENT_NOTE PG_UINT32_MAX

/* Instead of the number of a label: the trace has not begun. */
#define OVERLAY_NONE PG_UINT32_MAX

typedef struct Segment
{
	uint32 segment;
	TimestampTz from_at;
	TimestampTz to_at;
} Segment;

/* Which activity of one trace fell together with which of another. */
typedef struct Overlay
{
	uint32 a;
	uint32 b;
	TimestampTz from_at;
	TimestampTz to_at;
} Overlay;

/*
 * The segments of a trace until an end, in order; each begins where the one
 * before it ends, and differs from it. segment_of numbers the segment of each
 * label; unknown is that of notes at the start.
 */
extern uint32 trace_find_segments(const Trace *trace, const uint32 *segment_of, uint32 unknown,
								  TimestampTz until, Segment **found);

/* The pieces from the start of a until an end, in the same manner; b may be NULL. */
extern uint32 trace_find_overlay(const Trace *a, const Trace *b, TimestampTz until,
								 Overlay **found);

#endif
