/*
 * Patterns, and whether they match.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/interrupts.h"
#include "pattern/pattern_match.h"

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

const LabelTable *
pattern_labels(const Pattern *pattern)
{
	return pattern->automaton->labels;
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

/* The states with an edge to any of these, and those that end a match. */
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
		check_interrupts_seldom(event--);
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
