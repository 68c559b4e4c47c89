/*
 * trace: the history of one case, an ordered sequence of (activity, at).
 *
 * Format 1, the bytes of a value after its varlena header; nothing is
 * aligned, integers are little-endian, "varint" is that of bytes.h:
 *
 *   u8      version: 1; no part of equality
 *   u8      flags: bits 0-3 width of a delta, 0 to 8 bytes
 *                  bits 4-5 unit: microsecond, millisecond, second, minute
 *                  bit 6    breaks are there
 *                  bit 7    0
 *   i64     time of the first event, microseconds since 2000-01-01 UTC
 *   varint  number of events, N
 *   varint  number of labels, L
 *   varint  bytes of the dictionary
 *   bytes   dictionary: the labels in order of first appearance, each a varint
 *           of its length and its bytes
 *   u8|u16  N indexes into the dictionary; u16 where L > 256
 *   bits    N+1 breaks, filled up to whole bytes with zeros: bit i says that a
 *           masked event stood before event i (bit N: after the last one), so
 *           that no edge may go across
 *   uint    N-1 deltas of the stated width: time since the event before, in
 *           units
 *
 * One value has one byte form: varints are the shortest, the unit is the
 * largest that divides all deltas (microsecond where all are 0), the width is
 * the smallest, breaks are there only where one is set. From "number of
 * labels" to the end of the indexes is the variant: trace_variant() is its hash
 * (hash64.h), frozen like the format.
 *
 * Limits, and that both forms stay under 1 GB (MaxAllocSize, 2^30 - 1):
 *   binary: 65,536 labels of 4,096 bytes with 2 bytes of length each, and
 *           10,000,000 events with 2 bytes of index, 8 of delta and a bit:
 *           268.6 + 101.3 MB
 *   text:   a label takes at most 2 * 4,096 + 3 bytes, 537.1 MB; an event at
 *           most 5 digits of index, "@", 31 characters of time, " " and " |",
 *           400 MB: 937.1 MB
 */
#ifndef TM_TRACE_H
#define TM_TRACE_H

#include "datatype/timestamp.h"

#include "base/label.h"

#define TRACE_VERSION 1
#define TRACE_MAX_EVENTS 10000000
#define TRACE_MAX_LABELS 65536

/* Version, flags and first time; with the varints after them: enough for count and start. */
#define TRACE_FIXED_BYTES 10
#define TRACE_HEADER_BYTES (TRACE_FIXED_BYTES + 3 * VARINT_MAX_BYTES)

#define TRACE_FLAG_WIDTH 0x0f
#define TRACE_FLAG_BREAKS 0x40
#define TRACE_FLAG_RESERVED 0x80
#define TRACE_FLAG_UNIT_SHIFT 4
#define TRACE_UNITS 4

extern const uint64 trace_unit_microseconds[TRACE_UNITS];

/* A checked value, taken apart; it points into the bytes. */
typedef struct Trace
{
	TimestampTz start;
	uint64 unit; /* microseconds */
	uint32 nevents;
	uint32 nlabels;
	uint32 dictionary_size;
	int index_width;
	int delta_width;
	const uint8 *variant; /* the varint of the number of labels */
	const uint8 *dictionary;
	const uint8 *indexes;
	const uint8 *breaks; /* NULL where there is none */
	const uint8 *deltas;
	const uint8 *end;
} Trace;

/* An event on its way into a trace. */
typedef struct TraceEvent
{
	TimestampTz at;
	int64 seq;
	uint32 label; /* number in a list of labels */
	bool has_seq;
	bool break_before;
} TraceEvent;

/* Steps through the events of a trace. */
typedef struct TraceCursor
{
	const Trace *trace;
	uint32 event; /* the number of the current event, from 0 */
	uint32 label;
	TimestampTz at;
} TraceCursor;

/*
 * The validator, for every border. trace_check() checks everything;
 * trace_check_header() the header alone; trace_check_events() all but the
 * labels, for callers that already know the bytes of the dictionary. Its three
 * parts are for callers that know even more: that the parts of the value are
 * there and fill it; that the indexes number the labels in order, and the
 * breaks; that the deltas lead to valid times, in the largest unit and the
 * smallest width.
 */
extern bool trace_check_header(const uint8 *data, size_t size, Trace *trace, Fault *fault);
extern bool trace_check_events(const uint8 *data, size_t size, Trace *trace, Fault *fault);
extern bool trace_check_parts(const uint8 *data, size_t size, Trace *trace, Fault *fault);
extern bool trace_check_order(const uint8 *data, const Trace *trace, Fault *fault);
extern bool trace_check_deltas(const uint8 *data, const Trace *trace, Fault *fault);
extern bool trace_check_labels(const Trace *trace, Label *labels, Fault *fault);
extern bool trace_check(const uint8 *data, size_t size, Trace *trace, Fault *fault);

/* The labels of a checked trace. */
extern Label *trace_labels(const Trace *trace);

/* The number of a label in a checked trace; nlabels where it has no such label. */
extern uint32 trace_number_of_label(const Trace *trace, Label label);
extern TimestampTz trace_last_at(const Trace *trace);
extern uint64 trace_variant_hash(const Trace *trace);

/* The order of the events of a case: by time, seq (none last) and the bytes of the labels. */
static inline int
trace_compare_events(const TraceEvent *a, const TraceEvent *b, const Label *labels)
{
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if (a->has_seq != b->has_seq)
		return a->has_seq ? -1 : 1;
	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	return a->label == b->label ? 0 : label_compare(labels[a->label], labels[b->label]);
}

extern void trace_sort_events(TraceEvent *events, uint32 count, const Label *labels);

pg_noreturn extern void trace_too_many_events(uint64 count);

/* Throws where a trace would get more events or labels than it can have. */
static inline void
trace_check_event_count(uint64 count)
{
	if (unlikely(count > TRACE_MAX_EVENTS))
		trace_too_many_events(count);
}

extern void trace_check_label_count(uint64 count);

/* Makes the value of events that are in order; labels may be of any order. */
extern struct varlena *trace_build(const TraceEvent *events, uint32 count, const Label *labels,
								   uint32 nlabels, bool break_after);

/* Text form: {Ny,Lukket} 1@2023-01-02T08:00:00Z | 2@2023-01-02T09:00:00Z */
extern char *trace_to_text(const Trace *trace);
extern struct varlena *trace_from_text(const char *literal, Fault *fault);

/* The bytes that make the variant; the number of events follows from them. */
static inline Slice
trace_variant_bytes(const Trace *trace)
{
	size_t indexes = (size_t) trace->nevents * trace->index_width;

	return (Slice){(const char *) trace->variant,
				   (uint32) ((size_t) (trace->indexes - trace->variant) + indexes)};
}

static inline bool
trace_break_before(const Trace *trace, uint32 event)
{
	return trace->breaks != NULL && (trace->breaks[event / 8] >> (event % 8) & 1);
}

static inline uint32
trace_index(const Trace *trace, uint32 event)
{
	return trace->index_width == 1 ? trace->indexes[event]
								   : (uint32) load_uint(trace->indexes + 2 * (size_t) event, 2);
}

/* Microseconds from the event before; for events from 1 on. */
static inline uint64
trace_delta(const Trace *trace, uint32 event)
{
	const uint8 *p = trace->deltas + (size_t) (event - 1) * trace->delta_width;

	return trace->delta_width == 0 ? 0 : load_uint_ending(p, trace->delta_width) * trace->unit;
}

static inline TraceCursor
trace_first(const Trace *trace)
{
	TraceCursor cursor = {trace, 0, trace_index(trace, 0), trace->start};

	return cursor;
}

/* Moves to the next event; false after the last one. */
static inline bool
trace_next(TraceCursor *cursor)
{
	if (++cursor->event >= cursor->trace->nevents)
		return false;
	cursor->label = trace_index(cursor->trace, cursor->event);
	cursor->at = (TimestampTz) ((uint64) cursor->at + trace_delta(cursor->trace, cursor->event));
	return true;
}

#endif
