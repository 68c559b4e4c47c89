/*
 * Raw events in any order, on their way into a graph.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "compat.h"

#include "base/instant.h"
#include "dfg/collector.h"

#define EVENTS_AT_FIRST 64
#define CASES_AT_FIRST 16
#define HAS_SEQ ((uint32) 0x80000000)

/* How far ahead the events of a case are fetched into the cache. */
#define PREFETCH_EVENTS 16

Collector *
collector_create(void)
{
	Collector *collector = palloc0(sizeof(Collector));

	collector->labels = label_table_create();
	collector->capacity = EVENTS_AT_FIRST;
	collector->events = palloc(EVENTS_AT_FIRST * sizeof(CollectedEvent));
	collector->case_capacity = CASES_AT_FIRST;
	collector->case_sizes = palloc(CASES_AT_FIRST * sizeof(uint32));
	return collector;
}

uint32
collector_new_case(Collector *collector)
{
	if (collector->ncases == collector->case_capacity)
	{
		collector->case_capacity =
			(uint32) Min((uint64) collector->case_capacity * 2, COLLECTOR_MAX_EVENTS);
		collector->case_sizes =
			repalloc_huge(collector->case_sizes, (Size) collector->case_capacity * sizeof(uint32));
	}
	collector->case_sizes[collector->ncases] = 0;
	return collector->ncases++;
}

static void
make_room(Collector *collector)
{
	Fault fault;

	if (collector->nevents == COLLECTOR_MAX_EVENTS)
	{
		fault_limit(&fault, "dfg_agg", "raw events at once", collector->nevents + 1,
					COLLECTOR_MAX_EVENTS, "Make traces of the cases, and a graph of the traces.");
		fault_throw_limit(&fault);
	}
	collector->capacity *= 2;
	collector->events =
		repalloc_huge(collector->events, collector->capacity * sizeof(CollectedEvent));
	if (collector->seqs != NULL)
		collector->seqs = repalloc_huge(collector->seqs, collector->capacity * sizeof(int64));
}

/* Notes the seq of the event that is about to be added. */
static void
add_seq(Collector *collector, int64 seq)
{
	if (collector->seqs == NULL)
		collector->seqs =
			MemoryContextAllocHuge(CurrentMemoryContext, collector->capacity * sizeof(int64));
	collector->seqs[collector->nevents] = seq;
}

uint32
collector_add(Collector *collector, Label label, TimestampTz at, bool has_seq, int64 seq)
{
	CollectedEvent *event;

	instant_check_finite(at);
	label_check_length(label.length);
	if (unlikely(collector->nevents == collector->capacity))
		make_room(collector);
	if (has_seq)
		add_seq(collector, seq);
	event = &collector->events[collector->nevents];
	event->at = at;
	event->label = label_table_add(collector->labels, label) | (has_seq ? HAS_SEQ : 0);
	return (uint32) collector->nevents++;
}

/* The positions of the events, case by case, in order of arrival. */
static uint32 *
group_by_case(const Collector *collector)
{
	uint32 *order =
		MemoryContextAllocHuge(CurrentMemoryContext, (collector->nevents + 1) * sizeof(uint32));
	uint32 *next = MemoryContextAllocHuge(CurrentMemoryContext,
										  ((Size) collector->ncases + 1) * sizeof(uint32));
	uint32 sum = 0;
	uint64 i;

	for (i = 0; i < collector->ncases; i++)
	{
		next[i] = sum;
		sum += collector->case_sizes[i];
	}
	for (i = 0; i < collector->nevents; i++)
	{
		order[next[collector->events[i].case_no]++] = (uint32) i;
		if (unlikely((i & 0xfffff) == 0))
			CHECK_FOR_INTERRUPTS();
	}
	pfree(next);
	return order;
}

/* The events of one case. */
typedef struct CaseEvents
{
	TraceEvent *events;
	uint32 count;
	uint32 capacity;
} CaseEvents;

static void
reserve_case_events(CaseEvents *list, uint32 count)
{
	if (count <= list->capacity)
		return;
	if (list->events != NULL)
		pfree(list->events);
	list->capacity = count;
	list->events = MemoryContextAllocHuge(CurrentMemoryContext, (Size) count * sizeof(TraceEvent));
}

static void
gather_case(const Collector *collector, const uint32 *order, CaseEvents *list)
{
	uint32 i;

	for (i = 0; i < list->count; i++)
	{
		const CollectedEvent *from = &collector->events[order[i]];
		TraceEvent *event = &list->events[i];

		event->at = from->at;
		event->has_seq = (from->label & HAS_SEQ) != 0;
		event->seq = event->has_seq ? collector->seqs[order[i]] : 0;
		event->label = from->label & ~HAS_SEQ;
		event->break_before = false;
	}
}

static void
add_case(Dfg *dfg, const CaseEvents *list)
{
	const TraceEvent *events = list->events;
	uint32 i;

	dfg_begin_case(dfg, list->count);
	dfg->activities[events[0].label].starts++;
	dfg_add_event(dfg, events[0].label);
	for (i = 1; i < list->count; i++)
	{
		dfg_add_event(dfg, events[i].label);
		dfg_add_step(dfg, events[i - 1].label, events[i].label,
					 (uint64) events[i].at - (uint64) events[i - 1].at);
	}
	dfg->activities[events[list->count - 1].label].ends++;
}

/* Fetches an event that will be needed soon. */
static void
prefetch_event(const Collector *collector, const uint32 *order, uint64 position)
{
	if (position < collector->nevents)
		prefetch(&collector->events[order[position]]);
}

void
collector_finish(const Collector *collector, Dfg *dfg)
{
	uint32 *order = group_by_case(collector);
	CaseEvents list = {NULL, 0, 0};
	uint64 position = 0;
	uint32 i;
	uint32 j;

	for (i = 0; i < collector->labels->count; i++)
		dfg_add_activity(dfg, collector->labels->labels[i]);
	for (i = 0; i < collector->ncases; i++)
	{
		CHECK_FOR_INTERRUPTS();
		list.count = collector->case_sizes[i];
		reserve_case_events(&list, list.count);
		for (j = 0; j < Min(list.count, PREFETCH_EVENTS); j++)
			prefetch_event(collector, order, position + PREFETCH_EVENTS + j);
		gather_case(collector, order + position, &list);
		trace_sort_events(list.events, list.count, collector->labels->labels);
		add_case(dfg, &list);
		position += list.count;
	}
	if (list.events != NULL)
		pfree(list.events);
	pfree(order);
}
