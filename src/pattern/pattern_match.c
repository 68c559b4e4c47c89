/*
 * Matching. A pass goes over the trace from its end to its begin. For each event
 * it finds the states that can take the event and from there reach the end of a
 * match: its takers. Those of an event follow from those of the event behind it,
 * so an event costs no more than the pattern has edges.
 *
 * A state in a bounded group can reach the end depending on when its group has
 * begun. Each way on to the end asks for one thing: that the begin be no earlier
 * than some time (upper bounds), or no later (lower bounds). So what all ways
 * together ask for is one time as well, the least or the greatest of theirs: the
 * limit of the taker. Groups are not nested, so one limit a state is exact.
 *
 * Where a match may begin is then known, and a walk from there that takes of the
 * preferred edges the first one that leads to a taker ends at the end of the
 * preferred match: it never turns back, nor looks at an event behind the match.
 * For it the takers of all events are wanted. They are kept for one block of
 * events, and for the first event of each block, from which those of the block
 * before are found again: memory for 4,096 events and a 4,096th of all, time for
 * two passes.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"

#include "pattern/automaton.h"
#include "pattern/label_map.h"
#include "pattern/pattern.h"

#define BLOCK_EVENTS 4096

/* Long loops look for interrupts every so many events. */
#define INTERRUPT_MASK 0xffff

/* The takers of an event; the limits of those in bounded groups. */
typedef struct Takers
{
	uint64 *set;
	TimestampTz *limits;
} Takers;

struct Pattern
{
	Automaton *automaton;
	LabelMap *label_map;
	Takers now; /* for those who go over the trace once */
	Takers behind;
};

struct PatternSearch
{
	const Automaton *automaton;
	const uint32 *label_of;
	const Trace *trace;
	Takers *block;      /* of the events of a block, and the first one behind it */
	Takers *checkpoint; /* of the first event of each block */
	TimestampTz *checkpoint_at;
	uint32 first; /* event of the block */
	TraceCursor cursor;
	bool at_end;
};

/* ---- patterns ---- */

static void
takers_create(const Automaton *automaton, Takers *takers, uint32 count)
{
	uint64 *sets =
		palloc_extended((Size) count * automaton->nwords * sizeof(uint64), MCXT_ALLOC_HUGE);
	TimestampTz *limits = NULL;
	uint32 i;

	if (automaton->bounds != NULL)
		limits = palloc_extended((Size) count * automaton->nstates * sizeof(TimestampTz),
								 MCXT_ALLOC_HUGE);
	for (i = 0; i < count; i++)
	{
		takers[i].set = sets + (Size) i * automaton->nwords;
		takers[i].limits = limits == NULL ? NULL : limits + (Size) i * automaton->nstates;
	}
}

static Pattern *
pattern_create(const PatternTree *tree)
{
	Pattern *pattern;

	if (tree == NULL)
		return NULL;
	pattern = palloc0(sizeof(Pattern));
	pattern->automaton = automaton_create(tree);
	pattern->label_map = label_map_create(pattern->automaton->labels);
	takers_create(pattern->automaton, &pattern->now, 1);
	takers_create(pattern->automaton, &pattern->behind, 1);
	return pattern;
}

Pattern *
pattern_parse(const char *literal, Fault *fault)
{
	return pattern_create(pattern_tree_from_text(literal, fault));
}

Pattern *
pattern_read(const uint8 *data, size_t size, Fault *fault)
{
	return pattern_create(pattern_tree_read(data, size, fault));
}

/* ---- takers ---- */

/* Lets a state be a taker, too, where its group begins within a limit. */
static inline void
add_taker(const Automaton *automaton, Takers *takers, uint32 state, TimestampTz limit)
{
	const TimeBound *bound = &automaton->bounds[automaton->states[state].group];

	if (!state_set_has(takers->set, state))
	{
		state_set_add(takers->set, state);
		takers->limits[state] = limit;
	}
	else if (bound->is_upper)
		takers->limits[state] = Min(takers->limits[state], limit);
	else
		takers->limits[state] = Max(takers->limits[state], limit);
}

/* The same where the group ends with an event. */
static inline void
add_leaving(const Automaton *automaton, Takers *takers, uint32 state, TimestampTz at)
{
	add_taker(automaton, takers, state,
			  at - automaton->bounds[automaton->states[state].group].reach);
}

/* True when a group that began at a time lets a taker reach the end. */
static inline bool
within_limit(const Automaton *automaton, const Takers *takers, uint32 state, TimestampTz start)
{
	int32 group = automaton->states[state].group;

	if (group == NO_GROUP)
		return true;
	return automaton->bounds[group].is_upper ? start >= takers->limits[state]
											 : start <= takers->limits[state];
}

/* The next state of a word of a set, which is taken out of it. */
static inline uint32
next_state(uint64 *word, uint32 number)
{
	uint32 state = number * 64 + (uint32) pg_rightmost_one_pos64(*word);

	*word &= *word - 1;
	return state;
}

/* Those who end a match with an event; at_end: it is the last one. */
static void
set_last(const Automaton *automaton, Takers *takers, TimestampTz at, bool at_end)
{
	uint32 i;

	for (i = 0; i < automaton->nwords; i++)
	{
		takers->set[i] = automaton->last[i];
		if (at_end)
			takers->set[i] |= automaton->last_at_end[i];
	}
	if (automaton->bounds == NULL)
		return;
	for (i = 0; i < automaton->nwords; i++)
	{
		uint64 leaving = automaton->last_leaving[i];

		if (at_end)
			leaving |= automaton->last_leaving_at_end[i];
		while (leaving != 0)
			add_leaving(automaton, takers, next_state(&leaving, i), at);
	}
}

/* Adds those who can go on to one taker of the event behind; enters: a group may begin there. */
static void
add_before(const Automaton *automaton, Takers *takers, uint32 target, const Takers *behind,
		   bool across, TimestampTz at, bool enters)
{
	const uint64 *before = state_set(automaton, automaton->before[across], target);
	const uint64 *leaving = state_set(automaton, automaton->before_leaving[across], target);
	uint32 i;

	for (i = 0; i < automaton->nwords; i++)
	{
		uint64 sources = before[i];
		uint64 leavers = enters ? leaving[i] : 0;

		while (sources != 0)
		{
			uint32 source = next_state(&sources, i);

			if (automaton->states[source].group != NO_GROUP)
				add_taker(automaton, takers, source, behind->limits[target]);
			else if (enters)
				state_set_add(takers->set, source);
		}
		while (leavers != 0)
			add_leaving(automaton, takers, next_state(&leavers, i), at);
	}
}

/* The same for all takers of the event behind, at its time. */
static void
add_all_before(const Automaton *automaton, Takers *takers, const Takers *behind, bool across,
			   TimestampTz at, TimestampTz behind_at)
{
	uint32 i;
	uint32 k;

	for (i = 0; i < automaton->nwords; i++)
	{
		uint64 targets = behind->set[i];

		while (targets != 0)
		{
			uint32 target = next_state(&targets, i);
			const uint64 *before = state_set(automaton, automaton->before[across], target);

			if (automaton->bounds != NULL)
				add_before(automaton, takers, target, behind, across, at,
						   within_limit(automaton, behind, target, behind_at));
			else
				for (k = 0; k < automaton->nwords; k++)
					takers->set[k] |= before[k];
		}
	}
}

/* Leaves of the takers those who take the event. */
static inline void
keep_those_who_take(const Automaton *automaton, Takers *takers, uint32 label)
{
	const uint64 *takes = state_set(automaton, automaton->takes, label);
	uint32 i;

	for (i = 0; i < automaton->nwords; i++)
		takers->set[i] &= takes[i];
}

/* ---- a pass over the trace ---- */

typedef struct Pass
{
	const Automaton *automaton;
	const Trace *trace;
	const uint32 *label_of;
	uint32 event;
	TimestampTz at; /* of the event; wanted where there are bounds */
} Pass;

static Pass
pass_create(const Automaton *automaton, const Trace *trace, const uint32 *label_of)
{
	Pass pass = {automaton, trace, label_of, trace->nevents, 0};

	return pass;
}

/* Moves to the event before, and finds its takers from those of the event behind it. */
static void
pass_step(Pass *pass, Takers *takers, const Takers *behind)
{
	const Trace *trace = pass->trace;
	bool is_timed = pass->automaton->bounds != NULL;
	TimestampTz behind_at = pass->at;
	bool across = trace_break_before(trace, pass->event);
	bool is_last = pass->event == trace->nevents;

	if (is_timed)
		pass->at = is_last ? trace_last_at(trace)
						   : (TimestampTz) ((uint64) behind_at - trace_delta(trace, pass->event));
	pass->event--;
	set_last(pass->automaton, takers, pass->at, is_last && !across);
	if (!is_last)
		add_all_before(pass->automaton, takers, behind, across, pass->at, behind_at);
	keep_those_who_take(pass->automaton, takers, pass->label_of[trace_index(trace, pass->event)]);
}

/* True when a match can begin with the event. */
static bool
can_begin(const Pass *pass, const Takers *takers)
{
	const Automaton *automaton = pass->automaton;
	bool at_begin = pass->event == 0 && !trace_break_before(pass->trace, 0);
	uint32 i;

	for (i = 0; i < automaton->nwords; i++)
	{
		uint64 first = automaton->first[i] | (at_begin ? automaton->first_at_begin[i] : 0);

		first &= takers->set[i];
		while (first != 0)
			if (within_limit(automaton, takers, next_state(&first, i), pass->at))
				return true;
	}
	return false;
}

/* The states with an edge to any of some, and those who end a match. */
static inline uint64
small_pattern_before(const Automaton *automaton, uint64 targets, bool across)
{
	uint64 sources = automaton->last[0];

	while (targets != 0)
		sources |= automaton->before[across][next_state(&targets, 0)];
	return sources;
}

/* The same pass for the usual pattern: one word of states, no time bounds. */
static bool
small_pattern_matches(const Automaton *automaton, const Trace *trace, const uint32 *label_of)
{
	uint32 event = trace->nevents - 1;
	uint64 takers = automaton->last[0];

	if (!trace_break_before(trace, trace->nevents))
		takers |= automaton->last_at_end[0];
	for (;;)
	{
		takers &= automaton->takes[label_of[trace_index(trace, event)]];
		if ((takers & automaton->first[0]) != 0)
			return true;
		if (event == 0)
			return (takers & automaton->first_at_begin[0]) != 0 && !trace_break_before(trace, 0);
		takers = small_pattern_before(automaton, takers, trace_break_before(trace, event));
		if (unlikely((event-- & INTERRUPT_MASK) == 0))
			CHECK_FOR_INTERRUPTS();
	}
}

bool
pattern_matches(Pattern *pattern, const Trace *trace)
{
	const Automaton *automaton = pattern->automaton;
	const uint32 *label_of = label_map_find(pattern->label_map, trace);
	Pass pass = pass_create(automaton, trace, label_of);
	Takers takers = pattern->now;
	Takers behind = pattern->behind;

	if (automaton->nwords == 1 && automaton->bounds == NULL)
		return small_pattern_matches(automaton, trace, label_of);
	do
	{
		Takers before = behind;

		CHECK_FOR_INTERRUPTS();
		behind = takers;
		takers = before;
		pass_step(&pass, &takers, &behind);
		if (can_begin(&pass, &takers))
			return true;
	} while (pass.event > 0);
	return false;
}

/* ---- searching ---- */

/* Copies the takers of one event. */
static void
copy_takers(const Automaton *automaton, Takers *to, const Takers *from)
{
	memcpy(to->set, from->set, automaton->nwords * sizeof(uint64));
	if (automaton->bounds != NULL)
		memcpy(to->limits, from->limits, automaton->nstates * sizeof(TimestampTz));
}

/* Finds the takers of the events of a block from those of the first event behind it. */
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
		copy_takers(search->automaton, &search->block[count], &search->checkpoint[number + 1]);
	}
	while (pass.event > first)
	{
		CHECK_FOR_INTERRUPTS();
		count--;
		pass_step(&pass, &search->block[count], &search->block[count + 1]);
	}
	search->first = first;
	search->checkpoint_at[number] = pass.at;
	copy_takers(search->automaton, &search->checkpoint[number], &search->block[0]);
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

/* The takers of an event of the block that is loaded, or of the first one behind it. */
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
