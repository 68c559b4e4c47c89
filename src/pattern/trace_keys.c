/*
 * Keys of traces, and what patterns ask of them.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"

#include "pattern/trace_keys.h"

/* ---- the keys of a trace ---- */

#define ST_SORT sort_pairs
#define ST_ELEMENT_TYPE uint32
#define ST_COMPARE(a, b) (*(a) < *(b) ? -1 : *(a) > *(b))
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/* A pair of labels of a trace as one number: they are below 2^16. */
#define PAIR_BITS 16

/* The pairs that follow each other directly, each once, in order. */
static uint32 *
pairs_of(const Trace *trace, uint32 *count)
{
	uint32 *pairs = palloc(trace->nevents * sizeof(uint32));
	uint32 all = 0;
	uint32 i;

	for (i = 1; i < trace->nevents; i++)
		if (!trace_break_before(trace, i))
			pairs[all++] = trace_index(trace, i - 1) << PAIR_BITS | trace_index(trace, i);
	sort_pairs(pairs, all);
	*count = 0;
	for (i = 0; i < all; i++)
		if (i == 0 || pairs[i] != pairs[i - 1])
			pairs[(*count)++] = pairs[i];
	return pairs;
}

uint64 *
trace_keys(const Trace *trace, uint32 *count)
{
	ByteReader reader = {trace->dictionary, trace->dictionary, trace->indexes};
	uint32 npairs;
	uint32 *pairs = pairs_of(trace, &npairs);
	uint64 *keys = palloc(((Size) trace->nlabels + npairs) * sizeof(uint64));
	uint32 i;

	for (i = 0; i < trace->nlabels; i++)
		keys[i] = key_of_activity(label_dictionary_next(&reader));
	for (i = 0; i < npairs; i++)
		keys[trace->nlabels + i] =
			key_of_pair(keys[pairs[i] >> PAIR_BITS], keys[pairs[i] & ((1 << PAIR_BITS) - 1)]);
	pfree(pairs);
	*count = trace->nlabels + npairs;
	return keys;
}

/* ---- the keys of a pattern ---- */

/* Edges on which keys are asked for, at most. */
#define KEY_QUERY_MAX_EDGES (4 * KEY_QUERY_MAX_KEYS)

/* Some keys of the query, of which one must be there; none: nothing is asked. */
typedef struct KeyChoice
{
	uint32 first; /* in the list of numbers */
	uint32 count;
} KeyChoice;

/* An edge on which keys are asked for. */
typedef struct KeyEdge
{
	uint32 target;
	KeyChoice keys;
} KeyEdge;

struct KeyQuery
{
	const Automaton *automaton;
	uint64 keys[KEY_QUERY_MAX_KEYS];
	uint32 nkeys;
	uint32 *numbers; /* of keys, a choice after the other */
	uint32 nnumbers;
	KeyChoice *states; /* what a state asks for */
	KeyEdge *edges;    /* in order of their sources */
	uint32 nedges;
	uint32 *first_edge; /* of a state; after the last one, their number */
	uint64 *free_edges; /* by state: those it leads to without asking for a key */
	uint64 *last;       /* states that can end a match */
	uint64 *reached;
	uint32 *pending;
};

/* The events that a state asks for; NULL where it takes almost any. */
static const PatternNode *
wanted_events(const Automaton *automaton, uint32 state)
{
	const PatternNode *events = automaton->states[state].events;

	return events == NULL || events->kind == PATTERN_OTHER ? NULL : events;
}

/* The number of a key, which is added if it is new and there is room for it. */
static bool
add_key(KeyQuery *query, uint64 key, uint32 *number)
{
	for (*number = 0; *number < query->nkeys; (*number)++)
		if (query->keys[*number] == key)
			return true;
	if (query->nkeys == KEY_QUERY_MAX_KEYS)
		return false;
	query->keys[query->nkeys++] = key;
	return true;
}

/* Asks for one of some keys; nothing where they are too many. */
static KeyChoice
choose_keys(KeyQuery *query, const uint64 *keys, uint32 count)
{
	KeyChoice choice = {query->nnumbers, 0};
	uint32 i;

	for (i = 0; i < count; i++)
		if (!add_key(query, keys[i], &query->numbers[query->nnumbers + i]))
			return choice;
	query->nnumbers += count;
	choice.count = count;
	return choice;
}

static uint64
key_of_label(const KeyQuery *query, uint32 label)
{
	return key_of_activity(query->automaton->labels->labels[label]);
}

/* Asks for one of the pairs of an edge; nothing where it crosses breaks, or there are too many. */
static KeyChoice
choose_pairs(KeyQuery *query, uint32 source, AutomatonEdge edge)
{
	const PatternNode *from = wanted_events(query->automaton, source);
	const PatternNode *to = wanted_events(query->automaton, edge.target);
	uint64 pairs[KEY_QUERY_MAX_KEYS_OF_EDGE];
	uint32 count = 0;
	uint32 i;
	uint32 k;

	if (from == NULL || to == NULL || (edge.flags & EDGE_CROSSES) ||
		from->count * to->count > lengthof(pairs))
		return (KeyChoice){0, 0};
	for (i = 0; i < from->count; i++)
		for (k = 0; k < to->count; k++)
			pairs[count++] = key_of_pair(key_of_label(query, from->labels[i]),
										 key_of_label(query, to->labels[k]));
	return choose_keys(query, pairs, count);
}

/* Asks for the edges of a state. */
static void
ask_for_edges(KeyQuery *query, uint32 state, bool *has_free_out, bool *has_free_in)
{
	const Automaton *automaton = query->automaton;
	const AutomatonState *source = &automaton->states[state];
	uint64 *free_edges = state_set(automaton, query->free_edges, state);
	uint32 i;

	for (i = 0; i < source->nedges; i++)
	{
		AutomatonEdge edge = automaton->edges[source->edge + i];
		KeyEdge asked = {edge.target, {0, 0}};

		if (edge.target == AUTOMATON_ACCEPT)
		{
			state_set_add(query->last, state);
			has_free_out[state] = true;
			continue;
		}
		if (query->nedges < KEY_QUERY_MAX_EDGES)
			asked.keys = choose_pairs(query, state, edge);
		if (asked.keys.count > 0)
		{
			query->edges[query->nedges++] = asked;
			continue;
		}
		state_set_add(free_edges, edge.target);
		has_free_out[state] = has_free_in[edge.target] = true;
	}
}

/* Asks for the activity of a state, unless a pair of it is asked for on all ways in or out. */
static void
ask_for_state(KeyQuery *query, uint32 state, bool has_free_in, bool has_free_out)
{
	const Automaton *automaton = query->automaton;
	const PatternNode *events = wanted_events(automaton, state);
	bool is_first =
		state_set_has(automaton->first, state) || state_set_has(automaton->first_at_begin, state);
	uint64 keys[KEY_QUERY_MAX_KEYS_OF_EDGE];
	uint32 i;

	if (events == NULL || events->count > lengthof(keys) || !has_free_out ||
		!(has_free_in || is_first))
		return;
	for (i = 0; i < events->count; i++)
		keys[i] = key_of_label(query, events->labels[i]);
	query->states[state] = choose_keys(query, keys, events->count);
}

#define MAX_CHOICES (KEY_QUERY_MAX_EDGES + PATTERN_MAX_STEPS)

KeyQuery *
key_query_create(const Automaton *automaton)
{
	KeyQuery *query = palloc0(sizeof(KeyQuery));
	Size set_bytes = automaton->nwords * sizeof(uint64);
	bool *has_free_in = palloc0(automaton->nstates * sizeof(bool));
	bool *has_free_out = palloc0(automaton->nstates * sizeof(bool));
	uint32 i;

	query->automaton = automaton;
	query->numbers = palloc((MAX_CHOICES + 1) * KEY_QUERY_MAX_KEYS_OF_EDGE * sizeof(uint32));
	query->states = palloc0(automaton->nstates * sizeof(KeyChoice));
	query->edges = palloc(KEY_QUERY_MAX_EDGES * sizeof(KeyEdge));
	query->free_edges = palloc0(automaton->nstates * set_bytes);
	query->last = palloc0(set_bytes);
	query->reached = palloc(set_bytes);
	query->pending = palloc(automaton->nstates * sizeof(uint32));
	query->first_edge = palloc((automaton->nstates + 1) * sizeof(uint32));
	for (i = 0; i < automaton->nstates; i++)
	{
		query->first_edge[i] = query->nedges;
		ask_for_edges(query, i, has_free_out, has_free_in);
	}
	query->first_edge[automaton->nstates] = query->nedges;
	for (i = 0; i < automaton->nstates; i++)
		ask_for_state(query, i, has_free_in[i], has_free_out[i]);
	return query;
}

const uint64 *
key_query_keys(const KeyQuery *query, uint32 *count)
{
	*count = query->nkeys;
	return query->keys;
}

/* ---- asking ---- */

static bool
may_choose(const KeyQuery *query, KeyChoice choice, const bool *may_be_there)
{
	uint32 i;

	for (i = 0; i < choice.count; i++)
		if (may_be_there == NULL || may_be_there[query->numbers[choice.first + i]])
			return true;
	return choice.count == 0;
}

/* Reaches those of some states that are new, and whose activity may be there. */
static uint32
reach(KeyQuery *query, const uint64 *states, const bool *may_be_there, uint32 npending)
{
	uint32 i;

	for (i = 0; i < query->automaton->nwords; i++)
	{
		uint64 word = states[i] & ~query->reached[i];

		query->reached[i] |= word;
		for (; word != 0; word &= word - 1)
		{
			uint32 state = i * 64 + (uint32) pg_rightmost_one_pos64(word);

			if (may_choose(query, query->states[state], may_be_there))
				query->pending[npending++] = state;
		}
	}
	return npending;
}

/* Reaches the target of an edge whose pair may be there. */
static uint32
reach_by_edge(KeyQuery *query, const KeyEdge *edge, const bool *may_be_there, uint32 npending)
{
	if (state_set_has(query->reached, edge->target) || !may_choose(query, edge->keys, may_be_there))
		return npending;
	state_set_add(query->reached, edge->target);
	if (may_choose(query, query->states[edge->target], may_be_there))
		query->pending[npending++] = edge->target;
	return npending;
}

/* A state is pending once at most, for then it is reached. */
bool
key_query_possible(KeyQuery *query, const bool *may_be_there)
{
	const Automaton *automaton = query->automaton;
	uint32 npending;
	uint32 i;

	memset(query->reached, 0, automaton->nwords * sizeof(uint64));
	npending = reach(query, automaton->first, may_be_there, 0);
	npending = reach(query, automaton->first_at_begin, may_be_there, npending);
	while (npending > 0)
	{
		uint32 state = query->pending[--npending];

		if (state_set_has(query->last, state))
			return true;
		npending =
			reach(query, state_set(automaton, query->free_edges, state), may_be_there, npending);
		for (i = query->first_edge[state]; i < query->first_edge[state + 1]; i++)
			npending = reach_by_edge(query, &query->edges[i], may_be_there, npending);
	}
	return false;
}
