/*
 * Filters: parts of a trace, and what can hold of one.
 */
#include "postgres.h"

#include "base/interrupts.h"
#include "filter/filter.h"

void
part_open(TracePart *part, const Trace *trace)
{
	TraceCursor cursor = trace_first(trace);
	TraceEvent *event = palloc0(trace->nevents * sizeof(TraceEvent));

	part->labels = trace_labels(trace);
	part->nlabels = trace->nlabels;
	part->events = event;
	part->count = trace->nevents;
	part->break_after = trace_break_before(trace, trace->nevents);
	do
	{
		event->at = cursor.at;
		event->label = cursor.label;
		event->break_before = trace_break_before(trace, cursor.event);
		event++;
		check_interrupts_seldom(cursor.event);
	} while (trace_next(&cursor));
}

struct varlena *
part_build(const TracePart *part)
{
	return trace_build(part->events, part->count, part->labels, part->nlabels, part->break_after);
}

/*
 * Leaves out the events whose flag is that given. The break before one of them
 * comes to stand before the next that stays, and where they are masked, each is
 * a break itself.
 */
static void
leave_out(TracePart *part, const bool *listed, bool flag, bool masked)
{
	bool break_before = false;
	uint32 count = 0;
	uint32 i;

	for (i = 0; i < part->count; i++)
	{
		TraceEvent *event = &part->events[i];

		check_interrupts_seldom(i);
		break_before |= event->break_before;
		if (listed[event->label] == flag)
		{
			break_before |= masked;
			continue;
		}
		part->events[count] = *event;
		part->events[count++].break_before = break_before;
		break_before = false;
	}
	part->break_after |= break_before;
	part->count = count;
}

void
part_keep(TracePart *part, const bool *listed)
{
	leave_out(part, listed, false, false);
}

void
part_drop(TracePart *part, const bool *listed)
{
	leave_out(part, listed, true, false);
}

void
part_mask(TracePart *part, const bool *listed)
{
	leave_out(part, listed, true, true);
}

void
part_cut(TracePart *part, uint32 first, uint32 count)
{
	Assert(first + count <= part->count);
	if (count > 0 && first > 0)
		part->events[first].break_before = false;
	if (first + count < part->count)
		part->break_after = false;
	part->events += first;
	part->count = count;
}

/* Finds the first or last event of a list, from one event on; false where there is none. */
static bool
find_event(const TracePart *part, CropEnd end, uint32 from, uint32 *found)
{
	bool any = false;
	uint32 i;

	for (i = from; i < part->count && !(any && end.which == WHICH_FIRST); i++)
	{
		check_interrupts_seldom(i);
		if (!end.listed[part->events[i].label])
			continue;
		*found = i;
		any = true;
	}
	return any;
}

void
part_crop(TracePart *part, CropEnd from, CropEnd to)
{
	uint32 first = 0;
	uint32 last = part->count - 1;

	if (part->count > 0 && (from.listed == NULL || find_event(part, from, 0, &first)) &&
		(to.listed == NULL || find_event(part, to, first, &last)))
		part_cut(part, first, last - first + 1);
	else
		part->count = 0;
}

void
part_between(TracePart *part, Period period)
{
	uint32 first = 0;
	uint32 end;

	for (; first < part->count && part->events[first].at < period.from_at; first++)
		check_interrupts_seldom(first);
	for (end = first; end < part->count && part->events[end].at < period.to_at; end++)
		check_interrupts_seldom(end);
	part_cut(part, first, end - first);
}

bool
part_has_any(const TracePart *part, const bool *listed)
{
	uint32 i;

	for (i = 0; i < part->count; i++)
	{
		check_interrupts_seldom(i);
		if (listed[part->events[i].label])
			return true;
	}
	return false;
}

bool
part_starts_with(const TracePart *part, const bool *listed)
{
	return part->count > 0 && !part->events[0].break_before && listed[part->events[0].label];
}

bool
part_ends_with(const TracePart *part, const bool *listed)
{
	return part->count > 0 && !part->break_after && listed[part->events[part->count - 1].label];
}

bool
part_has_edge(const TracePart *part, uint32 source, uint32 target, Bounds duration)
{
	uint32 i;

	for (i = 1; i < part->count; i++)
	{
		const TraceEvent *from = &part->events[i - 1];
		const TraceEvent *to = &part->events[i];

		check_interrupts_seldom(i);
		if (from->label == source && to->label == target && !to->break_before &&
			bounds_contain(duration, (uint64) to->at - (uint64) from->at))
			return true;
	}
	return false;
}
