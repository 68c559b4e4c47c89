/*
 * The events of one case while an aggregate collects them: one chunk of
 * memory, however many groups there are. Events grow from its front, labels
 * from its end; a case of more than a few labels gets a LabelTable instead.
 */
#ifndef TM_TRACE_STATE_H
#define TM_TRACE_STATE_H

#include "trace/trace.h"

/* Up to here labels are looked up one by one. */
#define TRACE_STATE_FEW_LABELS 16

typedef struct TraceState
{
	Size size; /* of the chunk, this header included */
	uint32 nevents;
	uint32 nlabels;
	uint32 label_bytes; /* used at the end of the chunk */
	LabelTable *many;   /* holds the labels, unless NULL */
	TraceEvent events[FLEXIBLE_ARRAY_MEMBER];
} TraceState;

/*
 * All but the readers allocate in the current memory context, which must be
 * the one the state lives in. What they return replaces the state given.
 */
extern TraceState *trace_state_create(void);
extern TraceState *trace_state_add(TraceState *state, Label label, TimestampTz at, bool has_seq,
								   int64 seq);
extern TraceState *trace_state_merge(TraceState *state, const TraceState *other);

/* The value, in the current memory context. */
extern struct varlena *trace_state_finish(TraceState *state);

/* Bytes for another process: counts, labels, events. */
extern struct varlena *trace_state_serialize(const TraceState *state);
extern TraceState *trace_state_deserialize(const uint8 *data, size_t size, Fault *fault);

#endif
