/*
 * Making automata: first a program with empty moves, as Thompson and Pike have
 * it, built from the end of the pattern to its start; then for each state, what
 * can be reached from it by empty moves, in order of preference.
 */
#include "postgres.h"

#include "datatype/timestamp.h"
#include "miscadmin.h"

#include "pattern/automaton.h"

typedef enum OpKind
{
	OP_EVENT,    /* takes an event; number: the state */
	OP_SPLIT,    /* next, else other */
	OP_TURN,     /* the same, where next is a turn that must take an event ... */
	OP_TURN_END, /* ... before it gets here */
	OP_BEGIN,
	OP_END,
	OP_GAP,   /* may stand across a break */
	OP_LEAVE, /* the end of a bounded group; number: the group */
	OP_ACCEPT
} OpKind;

typedef struct Op
{
	OpKind kind;
	uint32 next;
	uint32 other;
	uint32 number;
} Op;

/*
 * A node of s steps (pattern_tree.h) makes at most 5 s - 2 ops: an event 1, ~> 3,
 * c copies of a part c (5 s - 2) and 2 c around them, which are no more than
 * 5 (c s + 1) - 2; a choice one less than it has parts, a bound 1.
 */
#define MAX_OPS (5 * PATTERN_MAX_STEPS)

/* On the way: in a turn that has been entered since the last event. */
#define IN_TURN 0x10
#define FLAG_BITS 5

/* An automaton that is being made. */

typedef struct Builder
{
	Automaton *automaton;
	Op ops[MAX_OPS];
	uint32 nops;
	int32 group; /* in which states are being made */
	uint32 ngroups;
	uint32 nedges;
	uint32 edges_capacity;
	uint32 visited[MAX_OPS];                    /* for each op: with which flags, a bit each */
	uint32 pending[(1 << FLAG_BITS) * MAX_OPS]; /* ops still to be visited, and below them flags */
} Builder;

/* ---- the program ---- */

static uint32 emit(Builder *builder, const PatternNode *node, uint32 next);

static uint32
emit_op(Builder *builder, OpKind kind, uint32 next, uint32 other, uint32 number)
{
	Op op = {kind, next, other, number};

	Assert(builder->nops < MAX_OPS);
	builder->ops[builder->nops] = op;
	return builder->nops++;
}

/* A state that takes the events of a node, or any for NULL. */
static uint32
emit_event(Builder *builder, const PatternNode *node, uint32 next)
{
	Automaton *automaton = builder->automaton;
	AutomatonState state = {node, builder->group, 0, 0};

	automaton->states[automaton->nstates] = state;
	return emit_op(builder, OP_EVENT, next, 0, automaton->nstates++);
}

/* As few events as possible, whatever stands between them. */
static uint32
emit_gap(Builder *builder, uint32 next)
{
	uint32 gap = emit_op(builder, OP_GAP, 0, 0, 0);
	uint32 event = emit_event(builder, NULL, gap);

	builder->ops[gap].next = emit_op(builder, OP_SPLIT, next, event, 0);
	return gap;
}

/* As many turns as possible of a part that takes events; at least one. */
static uint32
emit_turns(Builder *builder, const PatternNode *part, uint32 next)
{
	uint32 split = emit_op(builder, OP_SPLIT, 0, next, 0);

	return builder->ops[split].next = emit(builder, part, split);
}

/* As many turns as possible, none if need be. */
static uint32
emit_optional_turns(Builder *builder, const PatternNode *part, uint32 next)
{
	uint32 turn = emit_op(builder, OP_TURN, 0, next, 0);

	builder->ops[turn].next = emit(builder, part, emit_op(builder, OP_TURN_END, turn, 0, 0));
	return turn;
}

/* One turn, if possible. */
static uint32
emit_optional_turn(Builder *builder, const PatternNode *part, uint32 after, uint32 next)
{
	uint32 end = emit_op(builder, OP_TURN_END, after, 0, 0);

	return emit_op(builder, OP_TURN, emit(builder, part, end), next, 0);
}

static uint32
emit_repeat(Builder *builder, const PatternNode *node, uint32 next)
{
	const PatternNode *part = node->parts[0];
	uint32 required = node->min;
	uint32 entry = next;
	uint32 i;

	if (node->max == 0 && required > 0 && !part->can_be_empty)
	{
		entry = emit_turns(builder, part, next);
		required--;
	}
	else if (node->max == 0)
		entry = emit_optional_turns(builder, part, next);
	for (i = node->min; i < node->max; i++)
		entry = emit_optional_turn(builder, part, entry, next);
	for (i = 0; i < required; i++)
		entry = emit(builder, part, entry);
	return entry;
}

static uint32
emit_choice(Builder *builder, const PatternNode *node, uint32 next)
{
	uint32 entry = emit(builder, node->parts[node->count - 1], next);
	uint32 i;

	for (i = node->count - 1; i-- > 0;)
		entry = emit_op(builder, OP_SPLIT, emit(builder, node->parts[i], next), entry, 0);
	return entry;
}

static uint32
emit_sequence(Builder *builder, const PatternNode *node, uint32 next)
{
	uint32 i;

	for (i = node->count; i-- > 0;)
		next = emit(builder, node->parts[i], next);
	return next;
}

/* The bound in one form: no longer than, or no shorter than, so many microseconds. */
static TimeBound
time_bound_of(const PatternNode *node)
{
	TimeBound bound = {node->relation <= PATTERN_LESS_EQUAL, (int64) node->bound};

	if (node->relation == PATTERN_LESS)
		bound.reach--;
	if (node->relation == PATTERN_GREATER)
		bound.reach++;
	return bound;
}

static uint32
emit_bound(Builder *builder, const PatternNode *node, uint32 next)
{
	uint32 leave = emit_op(builder, OP_LEAVE, next, 0, builder->ngroups);
	uint32 entry;

	builder->automaton->bounds[builder->ngroups] = time_bound_of(node);
	builder->group = (int32) builder->ngroups++;
	entry = emit(builder, node->parts[0], leave);
	builder->group = NO_GROUP;
	return entry;
}

/* Makes the program of a node that goes on at next; returns where it begins. */
static uint32
emit(Builder *builder, const PatternNode *node, uint32 next)
{
	switch (node->kind)
	{
		case PATTERN_EVENT:
		case PATTERN_OTHER:
			return emit_event(builder, node, next);
		case PATTERN_BEGIN:
			return emit_op(builder, OP_BEGIN, next, 0, 0);
		case PATTERN_END:
			return emit_op(builder, OP_END, next, 0, 0);
		case PATTERN_GAP:
			return emit_gap(builder, next);
		case PATTERN_SEQUENCE:
			return emit_sequence(builder, node, next);
		case PATTERN_CHOICE:
			return emit_choice(builder, node, next);
		case PATTERN_REPEAT:
			return emit_repeat(builder, node, next);
		case PATTERN_BOUND:
			return emit_bound(builder, node, next);
	}
	pg_unreachable();
}

/* ---- the edges ---- */

static void
add_edge(Builder *builder, AutomatonState *source, uint32 target, unsigned flags)
{
	Automaton *automaton = builder->automaton;
	AutomatonEdge edge = {(uint16) target, (uint16) (flags & ~IN_TURN)};

	if (builder->nedges == builder->edges_capacity)
	{
		builder->edges_capacity *= 2;
		automaton->edges =
			repalloc_huge(automaton->edges, builder->edges_capacity * sizeof(AutomatonEdge));
	}
	automaton->edges[builder->nedges++] = edge;
	source->nedges++;
}

/* A group without events takes no time. */
static bool
fits_without_time(const TimeBound *bound)
{
	return time_fits(bound, 0, 0);
}

/* An op on the way from a state: adds an edge, or says with which flags to go on, or -1. */
static int
visit(Builder *builder, AutomatonState *source, const Op *op, unsigned flags)
{
	const TimeBound *bounds = builder->automaton->bounds;
	bool from_begin = source == &builder->automaton->states[builder->automaton->nstates];

	switch (op->kind)
	{
		case OP_EVENT:
			if (!(flags & EDGE_AT_END))
				add_edge(builder, source, op->number, flags);
			return -1;
		case OP_ACCEPT:
			/* A match has an event. */
			if (!from_begin)
				add_edge(builder, source, AUTOMATON_ACCEPT, flags);
			return -1;
		case OP_SPLIT:
		case OP_TURN:
			return (int) flags;
		case OP_TURN_END:
			return flags & IN_TURN ? -1 : (int) flags;
		case OP_BEGIN:
			return from_begin ? (int) (flags | EDGE_AT_BEGIN) : -1;
		case OP_END:
			return (int) (flags | EDGE_AT_END);
		case OP_GAP:
			return (int) (flags | EDGE_CROSSES);
		case OP_LEAVE:
			if ((int32) op->number == source->group && !(flags & EDGE_LEAVES))
				return (int) (flags | EDGE_LEAVES);
			return fits_without_time(&bounds[op->number]) ? (int) flags : -1;
	}
	pg_unreachable();
}

/* Notes an op that is still to be visited. */
static void
push(Builder *builder, uint32 *npending, uint32 op, unsigned flags)
{
	builder->pending[(*npending)++] = op << FLAG_BITS | flags;
}

/* Notes a visit; false where there was one before. */
static bool
first_visit(Builder *builder, uint32 op, unsigned flags)
{
	/* What takes an event takes it in a turn or not. */
	if (builder->ops[op].kind == OP_EVENT || builder->ops[op].kind == OP_ACCEPT)
		flags &= ~IN_TURN;
	if (builder->visited[op] >> flags & 1)
		return false;
	builder->visited[op] |= (uint32) 1 << flags;
	return true;
}

/*
 * Finds the edges of a state: goes along the empty moves, the preferred ones
 * first. Whoever enters a turn gets out of it by an event alone, so the one flag
 * says whether the end of a turn is that of one just entered. Each visit leaves
 * at most one op more pending than it takes, so there is room.
 */
static void
find_edges(Builder *builder, AutomatonState *source, uint32 entry)
{
	uint32 npending = 0;

	memset(builder->visited, 0, sizeof(builder->visited));
	source->edge = builder->nedges;
	push(builder, &npending, entry, 0);
	while (npending > 0)
	{
		uint32 number = builder->pending[--npending] >> FLAG_BITS;
		unsigned flags = builder->pending[npending] & ((1 << FLAG_BITS) - 1);
		const Op *op = &builder->ops[number];
		int more = first_visit(builder, number, flags) ? visit(builder, source, op, flags) : -1;

		if (more < 0)
			continue;
		if (op->kind == OP_SPLIT || op->kind == OP_TURN)
			push(builder, &npending, op->other, (unsigned) more);
		push(builder, &npending, op->next, (unsigned) more | (op->kind == OP_TURN ? IN_TURN : 0));
	}
}

/* ---- the sets ---- */

static uint64 *
sets_create(const Automaton *automaton, uint32 count)
{
	return palloc0((Size) count * automaton->nwords * sizeof(uint64));
}

/* Notes which labels a state takes. */
static void
add_takes(Automaton *automaton, uint32 state)
{
	const PatternNode *events = automaton->states[state].events;
	bool others = events == NULL || events->kind == PATTERN_OTHER;
	uint32 next = 0;
	uint32 label;

	for (label = 0; label <= automaton->labels->count; label++)
	{
		bool named = events != NULL && next < events->count && events->labels[next] == label;

		if (named != others)
			state_set_add(state_set(automaton, automaton->takes, label), state);
		next += named;
	}
}

static void
add_last(Automaton *automaton, uint32 state, unsigned flags)
{
	if (flags & EDGE_LEAVES)
		state_set_add(
			flags & EDGE_AT_END ? automaton->last_leaving_at_end : automaton->last_leaving, state);
	else
		state_set_add(flags & EDGE_AT_END ? automaton->last_at_end : automaton->last, state);
}

/* Notes the edges of a state with its targets. */
static void
add_edges(Automaton *automaton, uint32 state)
{
	const AutomatonState *source = &automaton->states[state];
	uint32 i;

	for (i = 0; i < source->nedges; i++)
	{
		AutomatonEdge edge = automaton->edges[source->edge + i];
		uint64 **before = edge.flags & EDGE_LEAVES ? automaton->before_leaving : automaton->before;

		if (edge.target == AUTOMATON_ACCEPT)
		{
			add_last(automaton, state, edge.flags);
			continue;
		}
		state_set_add(state_set(automaton, before[0], edge.target), state);
		if (edge.flags & EDGE_CROSSES)
			state_set_add(state_set(automaton, before[1], edge.target), state);
	}
}

static void
add_first(Automaton *automaton)
{
	const AutomatonState *begin = &automaton->states[automaton->nstates];
	uint32 i;

	for (i = 0; i < begin->nedges; i++)
	{
		AutomatonEdge edge = automaton->edges[begin->edge + i];

		state_set_add(edge.flags & EDGE_AT_BEGIN ? automaton->first_at_begin : automaton->first,
					  edge.target);
	}
}

static void
make_sets(Automaton *automaton)
{
	uint32 i;

	automaton->nwords = (automaton->nstates + 63) / 64;
	automaton->takes = sets_create(automaton, automaton->labels->count + 1);
	automaton->first = sets_create(automaton, 1);
	automaton->first_at_begin = sets_create(automaton, 1);
	automaton->last = sets_create(automaton, 1);
	automaton->last_at_end = sets_create(automaton, 1);
	automaton->last_leaving = sets_create(automaton, 1);
	automaton->last_leaving_at_end = sets_create(automaton, 1);
	for (i = 0; i < 2; i++)
	{
		automaton->before[i] = sets_create(automaton, automaton->nstates);
		automaton->before_leaving[i] = sets_create(automaton, automaton->nstates);
	}
	for (i = 0; i < automaton->nstates; i++)
	{
		CHECK_FOR_INTERRUPTS();
		add_takes(automaton, i);
		add_edges(automaton, i);
	}
	add_first(automaton);
}

/* ---- all of it ---- */

static LabelTable *
table_of_labels(const PatternTree *tree)
{
	LabelTable *table = label_table_create();
	uint32 i;

	for (i = 0; i < tree->nlabels; i++)
		label_table_add(table, tree->labels[i]);
	return table;
}

#define EDGES_AT_FIRST 64

Automaton *
automaton_create(const PatternTree *tree)
{
	Automaton *automaton = palloc0(sizeof(Automaton));
	Builder *builder = palloc(sizeof(Builder));
	uint32 entry;
	uint32 i;

	automaton->labels = table_of_labels(tree);
	automaton->states = palloc((PATTERN_MAX_STEPS + 1) * sizeof(AutomatonState));
	automaton->bounds = palloc(PATTERN_MAX_STEPS * sizeof(TimeBound));
	automaton->edges = palloc(EDGES_AT_FIRST * sizeof(AutomatonEdge));
	memset(builder, 0, offsetof(Builder, visited));
	builder->automaton = automaton;
	builder->edges_capacity = EDGES_AT_FIRST;
	builder->group = NO_GROUP;
	entry = emit(builder, tree->root, emit_op(builder, OP_ACCEPT, 0, 0, 0));
	automaton->states[automaton->nstates] = (AutomatonState){NULL, NO_GROUP, 0, 0};
	find_edges(builder, &automaton->states[automaton->nstates], entry);
	for (i = 0; i < builder->nops; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (builder->ops[i].kind == OP_EVENT)
			find_edges(builder, &automaton->states[builder->ops[i].number], builder->ops[i].next);
	}
	if (builder->ngroups == 0)
	{
		pfree(automaton->bounds);
		automaton->bounds = NULL;
	}
	pfree(builder);
	make_sets(automaton);
	return automaton;
}
