/*
 * Where a pattern matches. A pass (takers.h) finds where a match may begin, and
 * a walk from there that takes of the preferred edges the first one that leads
 * to a taker ends at the end of the preferred match: it never turns back, nor
 * looks at an event after the match. For it the takers of all events are
 * wanted. They are kept for one block of events, and for the first event of each
 * block, from which those of the block before are found again: memory for 4,096
 * events and a 4,096th of all, time for two passes.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "pattern/pattern_match.h"

#define BLOCK_EVENTS 4096

struct PatternSearch
{
	const Automaton *automaton;
	const uint32 *label_of;
	const Trace *trace;
	Takers *block;      /* of the events of a block, and the first one after it */
	Takers *checkpoint; /* of the first event of each block */
	TimestampTz *checkpoint_at;
	uint32 first; /* event of the block */
	TraceCursor cursor;
	bool at_end;
};

/* Finds the takers of the events of a block from those of the first event after it. */
static void
load_block(PatternSearch *search, uint32 number)
{
	Pass pass = pass_create(search->automaton, search->trace, search->label_of);
	uint32 first = number * BLOCK_EVENTS;
	uint32 count = Min(search->trace->nevents - first, BLOCK_EVENTS);

	if (first + count < search->trace->nevents)
	{
		pass.event = first + count;
		pass.at = search->checkpoint_at[number + 1];
		takers_copy(search->automaton, &search->block[count], &search->checkpoint[number + 1]);
	}
	while (pass.event > first)
	{
		CHECK_FOR_INTERRUPTS();
		count--;
		pass_step(&pass, &search->block[count], &search->block[count + 1]);
	}
	search->first = first;
	search->checkpoint_at[number] = pass.at;
	takers_copy(search->automaton, &search->checkpoint[number], &search->block[0]);
}

PatternSearch *
pattern_search_begin(Pattern *pattern, const Trace *trace)
{
	PatternSearch *search = palloc0(sizeof(PatternSearch));
	uint32 nblocks = (trace->nevents - 1) / BLOCK_EVENTS + 1;
	uint32 block_events = Min(trace->nevents, BLOCK_EVENTS) + 1;
	uint32 number;

	search->automaton = pattern->automaton;
	search->trace = trace;
	search->label_of = label_map_find(pattern->label_map, trace);
	search->block = palloc(block_events * sizeof(Takers));
	takers_create(search->automaton, search->block, block_events);
	search->checkpoint = palloc(nblocks * sizeof(Takers));
	takers_create(search->automaton, search->checkpoint, nblocks);
	search->checkpoint_at = palloc0(nblocks * sizeof(TimestampTz));
	for (number = nblocks; number-- > 0;)
		load_block(search, number);
	search->cursor = trace_first(trace);
	return search;
}

void
pattern_search_end(PatternSearch *search)
{
	Takers *all[2] = {search->block, search->checkpoint};
	int i;

	for (i = 0; i < 2; i++)
	{
		pfree(all[i][0].set);
		if (all[i][0].limits != NULL)
			pfree(all[i][0].limits);
		pfree(all[i]);
	}
	pfree(search->checkpoint_at);
	pfree(search);
}

/* The takers of an event of the block that is loaded, or of the first one after it. */
static const Takers *
takers_of(PatternSearch *search, uint32 event)
{
	if (event > search->first + BLOCK_EVENTS)
		load_block(search, event / BLOCK_EVENTS);
	return &search->block[event - search->first];
}

/* Where a walk has got to. */
typedef struct Walk
{
	uint32 state;
	TimestampTz start; /* of the group that the state lies in */
} Walk;

/* Goes along an edge to the event of the cursor, if that is among its takers. */
static bool
follow(PatternSearch *search, Walk *walk, AutomatonEdge edge)
{
	const Automaton *automaton = search->automaton;
	const Takers *takers = takers_of(search, search->cursor.event);
	int32 group = automaton->states[edge.target].group;
	TimestampTz start = walk->start;

	if (group != automaton->states[walk->state].group || (edge.flags & EDGE_LEAVES))
		start = search->cursor.at;
	if (!state_set_has(takers->set, edge.target) ||
		!within_limit(automaton, takers, edge.target, start))
		return false;
	walk->state = edge.target;
	walk->start = start;
	return true;
}

/* Begins a match with the event of the cursor, if there is one. */
static bool
begin_match(PatternSearch *search, Walk *walk)
{
	const Automaton *automaton = search->automaton;
	const AutomatonState *begin = &automaton->states[automaton->nstates];
	bool at_begin = search->cursor.event == 0 && !trace_break_before(search->trace, 0);
	uint32 i;

	walk->state = automaton->nstates;
	for (i = 0; i < begin->nedges; i++)
	{
		AutomatonEdge edge = automaton->edges[begin->edge + i];

		if ((at_begin || !(edge.flags & EDGE_AT_BEGIN)) && follow(search, walk, edge))
			return true;
	}
	return false;
}

/* True when the group that an edge leaves may end with an event. */
static bool
may_leave(const Automaton *automaton, const Walk *walk, AutomatonEdge edge, TimestampTz at)
{
	return !(edge.flags & EDGE_LEAVES) ||
		   time_fits(&automaton->bounds[automaton->states[walk->state].group], walk->start, at);
}

/* Takes the preferred edge that leads to the end; false where that is the end itself. */
static bool
go_on(PatternSearch *search, Walk *walk)
{
	const Automaton *automaton = search->automaton;
	const AutomatonState *state = &automaton->states[walk->state];
	TimestampTz at = search->cursor.at;
	bool more = trace_next(&search->cursor);
	bool across = trace_break_before(search->trace, search->cursor.event);
	uint32 i;

	for (i = 0; i < state->nedges; i++)
	{
		AutomatonEdge edge = automaton->edges[state->edge + i];

		if (!may_leave(automaton, walk, edge, at))
			continue;
		if (edge.target != AUTOMATON_ACCEPT)
		{
			if (more && (!across || (edge.flags & EDGE_CROSSES)) && follow(search, walk, edge))
				return true;
		}
		else if (!(edge.flags & EDGE_AT_END) || (!more && !across))
			return false;
	}
	Assert(false);
	return false;
}

/* Moves on to the next event at which a match begins. */
static bool
find_begin(PatternSearch *search, Walk *walk)
{
	while (!search->at_end)
	{
		CHECK_FOR_INTERRUPTS();
		if (begin_match(search, walk))
			return true;
		search->at_end = !trace_next(&search->cursor);
	}
	return false;
}

bool
pattern_search_next(PatternSearch *search, PatternMatch *match)
{
	Walk walk = {0, 0};

	if (!find_begin(search, &walk))
		return false;
	match->first = search->cursor.event;
	match->from_at = search->cursor.at;
	do
	{
		CHECK_FOR_INTERRUPTS();
		match->last = search->cursor.event;
		match->to_at = search->cursor.at;
	} while (go_on(search, &walk));
	search->at_end = search->cursor.event >= search->trace->nevents;
	return true;
}

bool
pattern_first_match(Pattern *pattern, const Trace *trace, PatternMatch *match)
{
	PatternSearch *search = pattern_search_begin(pattern, trace);
	bool found = pattern_search_next(search, match);

	pattern_search_end(search);
	return found;
}

bool
pattern_last_match(Pattern *pattern, const Trace *trace, PatternMatch *match)
{
	PatternSearch *search = pattern_search_begin(pattern, trace);
	bool found = false;

	while (pattern_search_next(search, match))
		found = true;
	pattern_search_end(search);
	return found;
}

uint32
pattern_count_matches(Pattern *pattern, const Trace *trace)
{
	PatternSearch *search = pattern_search_begin(pattern, trace);
	PatternMatch match;
	uint32 count = 0;

	while (pattern_search_next(search, &match))
		count++;
	pattern_search_end(search);
	return count;
}
