/*
 * The events of one case while an aggregate collects them: one chunk of
 * memory, however many groups there are, 10 bytes an event.
 *
 * A record is the time and the number of the label; where the case has any
 * seq, also whether the event has one, and which. The labels are those that
 * the cases of the query share (shared_labels.h); one with another label
 * has a table of its own.
 */
#ifndef TM_TRACE_STATE_H
#define TM_TRACE_STATE_H

#include "trace/shared_labels.h"
#include "trace/trace.h"

typedef struct TraceState
{
	uint32 size; /* of the chunk, this header included: below 191 MB (trace.h has the limit) */
	uint32 nevents;
	SharedLabels *shared;
	LabelTable *own; /* NULL: the shared labels */
	bool has_seq;
	uint8 records[FLEXIBLE_ARRAY_MEMBER];
} TraceState;

/*
 * All but the readers allocate in the current memory context, which must be
 * the one the state lives in. What they return replaces the state given.
 */
extern TraceState *trace_state_create(SharedLabels *shared);
extern TraceState *trace_state_add(TraceState *state, Label label, TimestampTz at, bool has_seq,
								   int64 seq);
extern TraceState *trace_state_merge(TraceState *state, const TraceState *other);

/* The value, in the current memory context. */
extern struct varlena *trace_state_finish(const TraceState *state);

/* How many events no seq tells apart from another of the same time, and how many repeat one. */
typedef struct TraceTies
{
	uint32 tied;
	uint32 duplicate;
} TraceTies;

extern TraceTies trace_state_count_ties(const TraceState *state);

/* Bytes for another process: counts, labels in order of appearance, events. */
extern struct varlena *trace_state_serialize(const TraceState *state);
extern TraceState *trace_state_deserialize(SharedLabels *shared, const uint8 *data, size_t size,
										   Fault *fault);

#endif
