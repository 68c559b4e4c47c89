/*
 * A pass over a trace from its end to its start. For each event it finds the
 * states that can take the event and from there reach the end of a match: its
 * takers. Those of an event follow from those of the event after it, so an
 * event costs no more than the pattern has edges.
 *
 * A state in a bounded group can reach the end depending on when its group has
 * begun. Each way on to the end asks for one thing: that it began no earlier
 * than some time (upper bounds), or no later (lower bounds). So what all ways
 * together ask for is one time as well, the least or the greatest of theirs: the
 * limit of the taker. Groups are not nested, so one limit a state is exact.
 */
#ifndef TM_TAKERS_H
#define TM_TAKERS_H

#include "port/pg_bitutils.h"

#include "pattern/automaton.h"
#include "trace/trace.h"

/* The takers of an event; the limits of those in bounded groups. */
typedef struct Takers
{
	uint64 *set;
	TimestampTz *limits;
} Takers;

typedef struct Pass
{
	const Automaton *automaton;
	const Trace *trace;
	const uint32 *label_of;
	uint32 event;
	TimestampTz at; /* of the event; wanted where there are bounds */
} Pass;

/* Makes room for the takers of so many events. */
extern void takers_create(const Automaton *automaton, Takers *takers, uint32 count);
extern void takers_copy(const Automaton *automaton, Takers *to, const Takers *from);

extern Pass pass_create(const Automaton *automaton, const Trace *trace, const uint32 *label_of);

/* Moves to the event before, and finds its takers from those of the event after it. */
extern void pass_step(Pass *pass, Takers *takers, const Takers *behind);

/* The next state of a word of a set, which is taken out of it. */
static inline uint32
next_state(uint64 *word, uint32 number)
{
	uint32 state = number * 64 + (uint32) pg_rightmost_one_pos64(*word);

	*word &= *word - 1;
	return state;
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

#endif
