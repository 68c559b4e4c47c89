/*
 * Teams, over the trace of a case's assignments.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "trace/trace_teams.h"

/* The number of the label that says that no team has the case, if it occurs. */
static uint32
number_of_none(const Trace *trace)
{
	return trace_number_of_label(trace, slice_of_string("none"));
}

/* Lists the visits with their teams and times: the same team again is no new one. */
static uint32
list_visits(const Trace *trace, TimestampTz until, Visit *visits)
{
	TraceCursor cursor = trace_first(trace);
	bool more = cursor.at < until;
	uint32 count = 0;

	for (; more; more = trace_next(&cursor) && cursor.at < until)
	{
		CHECK_FOR_INTERRUPTS();
		if (count > 0 && visits[count - 1].team == cursor.label)
			continue;
		if (count > 0)
			visits[count - 1].to_at = cursor.at;
		memset(&visits[count], 0, sizeof(Visit));
		visits[count].team = cursor.label;
		visits[count].next = NO_TEAM;
		visits[count].from_at = cursor.at;
		visits[count++].to_at = until;
	}
	return count;
}

/* Says of each visit which teams had the case before it. */
static void
look_back(Visit *visits, uint32 count, uint32 none, uint32 nlabels)
{
	bool *had = palloc0(nlabels);
	uint32 last = NO_TEAM;
	uint32 before_last = NO_TEAM;
	uint32 i;

	for (i = 0; i < count; i++)
	{
		uint32 team = visits[i].team;

		if (team == none || team == last)
			continue;
		visits[i].is_return = had[team];
		visits[i].is_bounce = team == before_last;
		had[team] = true;
		before_last = last;
		last = team;
	}
	pfree(had);
}

/* Says of each visit which team had the case next. */
static void
look_ahead(Visit *visits, uint32 count, uint32 none)
{
	uint32 next = NO_TEAM;       /* the team of the nearest later visit */
	uint32 after_next = NO_TEAM; /* and the first other one after it */
	uint32 i;

	for (i = count; i > 0; i--)
	{
		uint32 team = visits[i - 1].team;

		visits[i - 1].next = team == next ? after_next : next;
		if (team == none || team == next)
			continue;
		after_next = next;
		next = team;
	}
}

uint32
trace_find_visits(const Trace *trace, TimestampTz until, Visit **found)
{
	Visit *visits = palloc_extended(trace->nevents * sizeof(Visit), MCXT_ALLOC_HUGE);
	uint32 count = list_visits(trace, until, visits);
	uint32 none = number_of_none(trace);

	look_back(visits, count, none, trace->nlabels);
	look_ahead(visits, count, none);
	*found = visits;
	return count;
}

uint32
trace_count_handovers(const Trace *trace)
{
	uint32 none = number_of_none(trace);
	uint32 last = NO_TEAM;
	uint32 count = 0;
	uint32 i;

	for (i = 0; i < trace->nevents; i++)
	{
		uint32 team = trace_index(trace, i);

		if (team == none || team == last)
			continue;
		count += last != NO_TEAM;
		last = team;
	}
	return count;
}

Landing
trace_find_landing(const Trace *trace, TimestampTz by, const bool *is_intake)
{
	TraceCursor cursor = trace_first(trace);
	uint32 none = number_of_none(trace);
	uint32 first = NO_TEAM;
	uint32 last = NO_TEAM;
	uint32 handovers = 0;
	bool more = cursor.at <= by;

	for (; more; more = trace_next(&cursor) && cursor.at <= by)
	{
		if (cursor.label == none || cursor.label == last)
			continue;
		if (first == NO_TEAM)
			first = cursor.label;
		handovers += last != NO_TEAM;
		last = cursor.label;
	}
	if (first == NO_TEAM)
		return LANDING_NONE;
	if (handovers == 0)
		return LANDING_DIRECT;
	return handovers == 1 && is_intake[first] ? LANDING_FORWARDED : LANDING_REROUTED;
}
