/*
 * A pattern as an automaton without empty moves (that of Glushkov): each place
 * in the pattern that takes an event is a state, {m,n} written out; its edges
 * are the ways on, in order of preference, to another state or to the end of a
 * match.
 */
#ifndef TM_AUTOMATON_H
#define TM_AUTOMATON_H

#include "pattern/pattern_tree.h"

/* Target of an edge: the end of a match. */
#define AUTOMATON_ACCEPT 0xffff

/* What must hold on an edge, and what it does. */
#define EDGE_CROSSES 0x1  /* goes across a break, too */
#define EDGE_LEAVES 0x2   /* ends the bounded group of its source, whose time must fit */
#define EDGE_AT_BEGIN 0x4 /* before the first event only */
#define EDGE_AT_END 0x8   /* after the last event only */

typedef struct AutomatonEdge
{
	uint16 target;
	uint16 flags;
} AutomatonEdge;

/* The time bound of a group: its start must be at most, or at least, so long before its end. */
typedef struct TimeBound
{
	bool is_upper; /* < and <= */
	int64 reach;   /* microseconds */
} TimeBound;

#define NO_GROUP (-1)

typedef struct AutomatonState
{
	const PatternNode *events; /* those it takes; NULL: any */
	int32 group; /* the bounded group it lies in; its copies are groups of their own */
	uint32 edge; /* number of its first edge */
	uint32 nedges;
} AutomatonState;

/* Sets of states, bits in words; one set a state, or a label, where it says so. */
typedef struct Automaton
{
	LabelTable *labels;
	uint32 nstates;
	uint32 nwords;
	AutomatonState *states; /* after the last one: the start of a match */
	AutomatonEdge *edges;
	TimeBound *bounds; /* of the groups; NULL where there is none */
	uint64 *takes;     /* a label: the states that take it; the last one: any other label */
	uint64 *first;     /* states that can begin a match */
	uint64 *first_at_begin;
	uint64 *last; /* states that can end one; those where that leaves a group apart */
	uint64 *last_at_end;
	uint64 *last_leaving;
	uint64 *last_leaving_at_end;
	uint64 *before[2]; /* a state: those with an edge to it; [1]: across a break */
	uint64 *before_leaving[2];
} Automaton;

extern Automaton *automaton_create(const PatternTree *tree);

static inline uint64 *
state_set(const Automaton *automaton, uint64 *sets, uint32 number)
{
	return sets + (size_t) number * automaton->nwords;
}

static inline void
state_set_add(uint64 *set, uint32 state)
{
	set[state / 64] |= UINT64CONST(1) << (state % 64);
}

static inline bool
state_set_has(const uint64 *set, uint32 state)
{
	return (set[state / 64] >> (state % 64) & 1) != 0;
}

/* True when a group that began then may end now. */
static inline bool
time_fits(const TimeBound *bound, int64 start, int64 at)
{
	return bound->is_upper ? start >= at - bound->reach : start <= at - bound->reach;
}

#endif
