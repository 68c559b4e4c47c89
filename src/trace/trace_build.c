/*
 * Making traces: events in, the one byte form of their value out.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "compat.h"

#include "trace/trace.h"

/* What a trace needs to know of its events before it can be written. */
typedef struct TracePlan
{
	uint32 *new_number; /* of each label given: its number in the dictionary, from 1 */
	uint32 *old_number; /* of each label of the dictionary */
	uint32 nlabels;
	size_t dictionary_size;
	int unit;
	int delta_width;
	bool breaks;
} TracePlan;

#define ST_SORT sort_events
#define ST_ELEMENT_TYPE TraceEvent
#define ST_COMPARE(a, b, labels) trace_compare_events(a, b, labels)
#define ST_COMPARE_ARG_TYPE const Label
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

void
trace_sort_events(TraceEvent *events, uint32 count, const Label *labels)
{
	sort_events(events, count, labels);
}

void
trace_too_many_events(uint64 count)
{
	Fault fault;

	fault_limit(&fault, "trace", "events", count, TRACE_MAX_EVENTS,
				"Split the case, for instance by year.");
	fault_throw_limit(&fault);
}

void
trace_check_label_count(uint64 count)
{
	Fault fault;

	if (likely(count <= TRACE_MAX_LABELS))
		return;
	fault_limit(&fault, "trace", "different activities", count, TRACE_MAX_LABELS,
				"An activity is a kind of step; keep ids and free text out of it.");
	fault_throw_limit(&fault);
}

/* Numbers the labels in order of first appearance. */
static void
plan_labels(TracePlan *plan, const TraceEvent *events, uint32 count, const Label *labels)
{
	uint32 i;

	plan->nlabels = 0;
	plan->dictionary_size = 0;
	for (i = 0; i < count; i++)
	{
		uint32 label = events[i].label;

		if (plan->new_number[label] != 0)
			continue;
		plan->old_number[plan->nlabels++] = label;
		plan->new_number[label] = plan->nlabels;
		plan->dictionary_size += label_dictionary_size(labels[label]);
	}
}

/* Finds the largest unit that divides all deltas. */
static int
largest_unit(const TraceEvent *events, uint32 count)
{
	int unit = TRACE_UNITS - 1;
	uint32 i;

	for (i = 1; i < count && unit > 0; i++)
		while (((uint64) events[i].at - (uint64) events[i - 1].at) %
				   trace_unit_microseconds[unit] !=
			   0)
			unit--;
	return unit;
}

static void
plan_deltas(TracePlan *plan, const TraceEvent *events, uint32 count)
{
	uint64 all_bits = 0;
	uint32 i;

	plan->unit = largest_unit(events, count);
	for (i = 1; i < count; i++)
		all_bits |= ((uint64) events[i].at - (uint64) events[i - 1].at) /
					trace_unit_microseconds[plan->unit];
	plan->delta_width = uint_width(all_bits);
	if (all_bits == 0)
		plan->unit = 0;
}

static void
plan_breaks(TracePlan *plan, const TraceEvent *events, uint32 count, bool break_after)
{
	uint32 i;

	plan->breaks = break_after;
	for (i = 0; i < count && !plan->breaks; i++)
		plan->breaks = events[i].break_before;
}

static size_t
planned_size(const TracePlan *plan, uint32 count)
{
	size_t index_width = plan->nlabels > 256 ? 2 : 1;

	return TRACE_FIXED_BYTES + varint_size(count) + varint_size(plan->nlabels) +
		   varint_size(plan->dictionary_size) + plan->dictionary_size + count * index_width +
		   (plan->breaks ? count / 8 + 1 : 0) + (size_t) (count - 1) * plan->delta_width;
}

static uint8 *
write_header(uint8 *p, const TracePlan *plan, TimestampTz start, uint32 count)
{
	*p++ = TRACE_VERSION;
	*p++ = (uint8) (plan->delta_width | plan->unit << TRACE_FLAG_UNIT_SHIFT |
					(plan->breaks ? TRACE_FLAG_BREAKS : 0));
	p = store_uint(p, (uint64) start, 8);
	p = varint_put(p, count);
	p = varint_put(p, plan->nlabels);
	return varint_put(p, plan->dictionary_size);
}

static uint8 *
write_indexes(uint8 *p, const TracePlan *plan, const TraceEvent *events, uint32 count)
{
	int width = plan->nlabels > 256 ? 2 : 1;
	uint32 i;

	for (i = 0; i < count; i++)
		p = store_uint(p, plan->new_number[events[i].label] - 1, width);
	return p;
}

static uint8 *
write_breaks(uint8 *p, const TraceEvent *events, uint32 count, bool break_after)
{
	size_t bytes = (size_t) count / 8 + 1;
	uint32 i;

	memset(p, 0, bytes);
	for (i = 0; i < count; i++)
		p[i / 8] |= (uint8) (events[i].break_before << (i % 8));
	p[count / 8] |= (uint8) (break_after << (count % 8));
	return p + bytes;
}

static uint8 *
write_deltas(uint8 *p, const TracePlan *plan, const TraceEvent *events, uint32 count)
{
	uint64 unit = trace_unit_microseconds[plan->unit];
	uint32 i;

	for (i = 1; i < count; i++)
		p = store_uint(p, ((uint64) events[i].at - (uint64) events[i - 1].at) / unit,
					   plan->delta_width);
	return p;
}

/* Writes the value that has been planned. */
static struct varlena *
write_trace(const TracePlan *plan, const TraceEvent *events, uint32 count, const Label *labels,
			bool break_after)
{
	size_t size = planned_size(plan, count);
	struct varlena *value = palloc(VARHDRSZ + size);
	uint8 *p = (uint8 *) VARDATA(value);
	uint32 i;

	SET_VARSIZE(value, VARHDRSZ + size);
	p = write_header(p, plan, events[0].at, count);
	for (i = 0; i < plan->nlabels; i++)
		p = label_dictionary_put(p, labels[plan->old_number[i]]);
	p = write_indexes(p, plan, events, count);
	if (plan->breaks)
		p = write_breaks(p, events, count, break_after);
	p = write_deltas(p, plan, events, count);
	Assert(p == (uint8 *) value + VARSIZE(value));
	return value;
}

#ifdef USE_ASSERT_CHECKING
static bool
is_valid(const struct varlena *value)
{
	Trace trace;
	Fault fault;

	return trace_check((const uint8 *) VARDATA(value), VARSIZE(value) - VARHDRSZ, &trace, &fault);
}
#endif

struct varlena *
trace_build(const TraceEvent *events, uint32 count, const Label *labels, uint32 nlabels,
			bool break_after)
{
	TracePlan plan;
	struct varlena *value;
	uint32 few[2 * 16];
	uint32 *numbers = few;

	CHECK_FOR_INTERRUPTS();
	if (nlabels > lengthof(few) / 2)
		numbers = palloc(2 * nlabels * sizeof(uint32));
	memset(numbers, 0, nlabels * sizeof(uint32));
	plan.new_number = numbers;
	plan.old_number = numbers + nlabels;
	plan_labels(&plan, events, count, labels);
	plan_deltas(&plan, events, count);
	plan_breaks(&plan, events, count, break_after);
	value = write_trace(&plan, events, count, labels, break_after);
	if (numbers != few)
		pfree(numbers);
	Assert(is_valid(value));
	return value;
}
