/*
 * dfg: the directly-follows graph of many cases.
 *
 * Format 1, the bytes of a value after its varlena header; "varint" is that
 * of bytes.h, "wide" a varint of more than 64 bits:
 *
 *   u8      version: 1; no part of equality
 *   u8      flags: bit 0: a calendar follows
 *   varint  cases
 *   varint  bytes of the calendar, and its text: where durations are business time
 *   varint  number of activities, A
 *   A times the label: a varint of its length, and its bytes; in ascending
 *           order of the bytes
 *   A times varint frequency, case_frequency, max_per_case, starts, ends
 *   varint  number of edges, E
 *   E times, in ascending order of source and target:
 *           varint source, target (numbers of activities), frequency,
 *           case_frequency, max_per_case; then the durations:
 *           up to DURATIONS_EXACT: varint the shortest, and for each further
 *           one how much longer it is than the one before;
 *           more: wide total, wide sum of squares, varint min, max, number of
 *           buckets, and for each bucket its distance from the one before (of
 *           the first: from 0) and its count
 *
 * One graph has one byte form.
 *
 * Limits, and that both forms stay under 1 GB (MaxAllocSize, 2^30 - 1): a
 * value has at most DFG_MAX_BYTES; the text form takes at most 5 bytes for
 * each of the binary form: a varint of n bytes is a number of at most 3n
 * digits and a separator, so that those of 1 byte take most, 4; or 5 where the
 * distance of a bucket is written as its number. An edge has two brackets more
 * for its at least 5 varints. A label of n bytes takes n + 1, in text at most
 * 2n + 3.
 *
 * No counter overflows: each is at most the number of events, and that stays
 * below 2^63. Totals are wide.
 */
#ifndef TM_DFG_H
#define TM_DFG_H

#include "base/label.h"
#include "dfg/durations.h"
#include "trace/trace.h"

#define DFG_VERSION 1
#define DFG_FLAG_CALENDAR 0x01
#define DFG_CALENDAR_MAX_BYTES 65536
#define DFG_MAX_BYTES 200000000
#define DFG_MAX_ACTIVITIES 1000000
#define DFG_MAX_EDGES 5000000

/* How often something happened: in all, in how many cases, at most in one. */
typedef struct DfgCount
{
	int64 frequency;
	int64 case_frequency;
	int64 max_per_case;
	int64 last_case; /* the number of the last case that had it, */
	int64 in_case;   /* and how often */
} DfgCount;

typedef struct DfgActivity
{
	DfgCount count;
	int64 starts;
	int64 ends;
} DfgActivity;

typedef struct DfgEdge
{
	uint32 source;
	uint32 target;
	DfgCount count;
	Durations durations;
} DfgEdge;

/* A graph in memory; its parts live in the context that was current when they were made. */
typedef struct Dfg
{
	LabelTable *labels;
	DfgActivity *activities; /* by the number of their label */
	uint32 activity_capacity;
	DfgEdge *edges;
	uint32 nedges;
	uint32 edge_capacity;
	uint32 *matrix;      /* side x side: number of the edge and 1; NULL where activities are many */
	uint32 matrix_shift; /* log2 of the side */
	struct edgehash_hash *edge_hash; /* used instead */
	struct TraceMemory *memory;      /* of traces that have come before */
	Slice calendar; /* text of the calendar of durations in business time; no bytes: elapsed time */
	int64 cases;
	int64 events;
	int64 current_case; /* the number of the case that is being counted */
} Dfg;

extern Dfg *dfg_create(void);

/* The number of an activity, which is added if it is new. */
extern uint32 dfg_add_activity(Dfg *dfg, Label label);

/* Adds a case: all, its start, its end, and what happened in it. */
extern void dfg_begin_case(Dfg *dfg, int64 events);
extern void dfg_add_trace(Dfg *dfg, const uint8 *data, size_t size);

/* The same, with a clock that says how much time passed between two instants. */
typedef struct DfgClock
{
	uint64 (*between)(void *clock, TimestampTz from_at, TimestampTz to_at);
	void *clock;
} DfgClock;

extern void dfg_add_trace_by_clock(Dfg *dfg, const uint8 *data, size_t size, const DfgClock *clock);

/* The graph's calendar, none for elapsed time; throws where a graph with cases has another one. */
extern void dfg_set_calendar(Dfg *dfg, Slice calendar);

/* Finds the edge, or adds one without any durations. */
extern DfgEdge *dfg_find_edge(Dfg *dfg, uint32 source, uint32 target);

/* The same, and gives its number in edges, which stays. */
extern uint32 dfg_edge_number(Dfg *dfg, uint32 source, uint32 target);

/* Counts the cases of known variants, of which only the durations have been added. */
extern void dfg_count_variants(Dfg *dfg);

/* Counts what is still waiting, cases of known variants and durations: before a graph is read. */
extern void dfg_settle(Dfg *dfg);

/* Settles the other, and adds it. */
extern void dfg_merge(Dfg *dfg, Dfg *other);

/* The numbers of the edges in the order of the labels of source and target. */
extern uint32 *dfg_sorted_edges(const Dfg *dfg, const uint32 *activities);

/* The stored form, and back; dfg_load() is the validator for every border. */
extern struct varlena *dfg_flatten(Dfg *dfg);
extern Dfg *dfg_load(const uint8 *data, size_t size, Fault *fault);

/* The number of cases, and of events, for which the activities are read; NULL: not wanted. */
extern bool dfg_load_totals(const uint8 *data, size_t size, int64 *cases, int64 *events,
							Fault *fault);

/* The text form of checked stored bytes; and back, to bytes that dfg_load() must check. */
extern char *dfg_to_text(const uint8 *data, size_t size);
extern struct varlena *dfg_from_text(const char *literal, Fault *fault);

/* Counts one more in the current case, which stands for so many that are alike. */
static inline void
dfg_count(DfgCount *count, int64 current_case, int64 cases)
{
	if (count->last_case != current_case)
	{
		count->last_case = current_case;
		count->in_case = 0;
		count->case_frequency += cases;
	}
	count->frequency += cases;
	count->in_case++;
	count->max_per_case = Max(count->max_per_case, count->in_case);
}

static inline void
dfg_add_event(Dfg *dfg, uint32 activity)
{
	dfg_count(&dfg->activities[activity].count, dfg->current_case, 1);
}

static inline void
dfg_add_step(Dfg *dfg, uint32 source, uint32 target, uint64 duration)
{
	DfgEdge *edge;
	uint32 number = dfg->matrix ? dfg->matrix[(size_t) source << dfg->matrix_shift | target] : 0;

	edge = likely(number != 0) ? &dfg->edges[number - 1] : dfg_find_edge(dfg, source, target);
	dfg_count(&edge->count, dfg->current_case, 1);
	durations_add(&edge->durations, duration);
}

/* Time from one event to the next; without a clock the time that elapsed. */
static inline uint64
dfg_duration(const DfgClock *clock, TimestampTz from_at, TimestampTz to_at)
{
	if (clock == NULL)
		return (uint64) to_at - (uint64) from_at;
	return clock->between(clock->clock, from_at, to_at);
}

/* A walk through the events of the current case, which counts them on the way. */
typedef struct DfgWalk
{
	Dfg *dfg;
	const DfgClock *clock; /* NULL: elapsed time */
	uint32 activity;       /* of the event that has been reached */
	TimestampTz at;
} DfgWalk;

/* At its first event; starts says whether the case starts there, and is not cut off before. */
static inline DfgWalk
dfg_walk_begin(Dfg *dfg, const DfgClock *clock, uint32 activity, TimestampTz at, bool starts)
{
	dfg_add_event(dfg, activity);
	dfg->activities[activity].starts += starts;
	return (DfgWalk){dfg, clock, activity, at};
}

/* To the next event, by an edge unless something is cut out between the two. */
static inline void
dfg_walk_on(DfgWalk *walk, uint32 activity, TimestampTz at, bool follows)
{
	dfg_add_event(walk->dfg, activity);
	if (follows)
		dfg_add_step(walk->dfg, walk->activity, activity, dfg_duration(walk->clock, walk->at, at));
	walk->activity = activity;
	walk->at = at;
}

static inline void
dfg_walk_end(const DfgWalk *walk, bool ends)
{
	walk->dfg->activities[walk->activity].ends += ends;
}

#endif
