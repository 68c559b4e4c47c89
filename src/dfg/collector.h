/*
 * Raw events in any order, on their way into a graph: flat arrays, which are
 * grouped by case at the end, with a counting sort.
 *
 * Bytes an event: 16, and 8 more where events have a seq; at the end 4 for
 * the order of the events, and the events of one case at a time.
 */
#ifndef TM_COLLECTOR_H
#define TM_COLLECTOR_H

#include "dfg/dfg.h"

/* Positions of events and numbers of cases have 32 bits. */
#define COLLECTOR_MAX_EVENTS PG_UINT32_MAX

typedef struct CollectedEvent
{
	TimestampTz at;
	uint32 case_no; /* cases are numbered in order of appearance */
	uint32 label;   /* the highest bit says that it has a seq */
} CollectedEvent;

typedef struct Collector
{
	LabelTable *labels;
	CollectedEvent *events;
	int64 *seqs; /* NULL as long as no event has one */
	uint64 nevents;
	uint64 capacity;
	uint32 *case_sizes; /* events of each case */
	uint32 ncases;
	uint32 case_capacity;
} Collector;

extern Collector *collector_create(void);

/* The number for a case that has not been seen. */
extern uint32 collector_new_case(Collector *collector);

/* Takes an event in, whose case is told afterwards; returns its position. */
extern uint32 collector_add(Collector *collector, Label label, TimestampTz at, bool has_seq,
							int64 seq);

static inline void
collector_set_case(Collector *collector, uint32 position, uint32 case_no)
{
	collector->events[position].case_no = case_no;
	collector->case_sizes[case_no]++;
}

/* Adds all cases to a graph that has none; may be called again later. */
extern void collector_finish(const Collector *collector, Dfg *dfg);

#endif
