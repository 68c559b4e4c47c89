/*
 * The takers of each event.
 */
#include "postgres.h"

#include "pattern/takers.h"

void
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

void
takers_copy(const Automaton *automaton, Takers *to, const Takers *from)
{
	memcpy(to->set, from->set, automaton->nwords * sizeof(uint64));
	if (automaton->bounds != NULL)
		memcpy(to->limits, from->limits, automaton->nstates * sizeof(TimestampTz));
}

/*
 * Lets a state be a taker, too, where its group begins within a limit: no group
 * that an event is in begins later than the event.
 */
static inline void
add_taker(const Automaton *automaton, Takers *takers, uint32 state, TimestampTz limit,
		  TimestampTz at)
{
	const TimeBound *bound = &automaton->bounds[automaton->states[state].group];

	if (bound->is_upper && limit > at)
		return;
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
			  at - automaton->bounds[automaton->states[state].group].reach, at);
}

/* Those that end a match with an event; at_end: it is the last one. */
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

/* Adds those that can go on to one taker of the next event; enters: a group may begin there. */
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
				add_taker(automaton, takers, source, behind->limits[target], at);
			else if (enters)
				state_set_add(takers->set, source);
		}
		while (leavers != 0)
			add_leaving(automaton, takers, next_state(&leavers, i), at);
	}
}

/* The same for all takers of the next event, at its time. */
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

/* Keeps only the takers that take the event. */
static inline void
keep_those_who_take(const Automaton *automaton, Takers *takers, uint32 label)
{
	const uint64 *takes = state_set(automaton, automaton->takes, label);
	uint32 i;

	for (i = 0; i < automaton->nwords; i++)
		takers->set[i] &= takes[i];
}

Pass
pass_create(const Automaton *automaton, const Trace *trace, const uint32 *label_of)
{
	Pass pass = {automaton, trace, label_of, trace->nevents, 0};

	return pass;
}

void
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
