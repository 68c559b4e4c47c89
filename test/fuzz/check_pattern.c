/*
 * What must hold of each valid pattern: it has one text and one stored form, and
 * what finds its matches agrees with what says whether there is one, and with
 * what an index would look for.
 */
#include "shim.h"

#include "pattern/pattern.h"
#include "pattern/pattern_tree.h"
#include "pattern/trace_keys.h"

#define EVENTS 60

/* A trace of the pattern's own activities and one more, as the bits of a number say. */
static struct varlena *
make_trace(const PatternTree *tree, uint64 bits)
{
	Label *labels = palloc((tree->nlabels + 1) * sizeof(Label));
	TraceEvent events[EVENTS] = {0};
	TimestampTz at = 0;
	uint32 i;

	for (i = 0; i < tree->nlabels; i++)
		labels[i] = tree->labels[i];
	labels[i] = (Label){"\001 no label of the pattern", 25};
	for (i = 0; i < EVENTS; i++)
	{
		bits = hash64_step(bits, i);
		events[i].label = (uint32) (bits % (Min(tree->nlabels, 5) + 1));
		events[i].break_before = bits >> 32 & (bits >> 33 & (bits >> 34 & (bits >> 35 & 1)));
		events[i].at = at += bits >> 36 & 1 ? 0 : (TimestampTz) (bits >> 60) * USECS_PER_HOUR;
	}
	return trace_build(events, EVENTS, labels, tree->nlabels + 1, bits >> 37 & 1);
}

/* Matches come in order, without overlap, each with events. */
static uint32
check_matches(Pattern *pattern, const Trace *trace)
{
	PatternSearch *search = pattern_search_begin(pattern, trace);
	PatternMatch match;
	uint32 free_from = 0;
	uint32 count = 0;

	for (; pattern_search_next(search, &match); count++)
	{
		MUST(match.first >= free_from && match.first <= match.last);
		MUST(match.last < trace->nevents && match.from_at <= match.to_at);
		free_from = match.last + 1;
	}
	pattern_search_end(search);
	return count;
}

/* A trace with a match has keys with which an index lets it through. */
static void
check_keys(const PatternTree *tree, const Trace *trace)
{
	KeyQuery *query = key_query_create(automaton_create(tree));
	bool may_be_there[KEY_QUERY_MAX_KEYS] = {false};
	uint32 nwanted;
	const uint64 *wanted = key_query_keys(query, &nwanted);
	uint32 nkeys;
	uint64 *keys = trace_keys(trace, &nkeys);
	uint32 i;
	uint32 k;

	for (i = 0; i < nwanted; i++)
		for (k = 0; k < nkeys; k++)
			may_be_there[i] |= wanted[i] == keys[k];
	MUST(key_query_possible(query, may_be_there));
}

static void
check_matching(Bytes value, const PatternTree *tree, uint64 bits)
{
	Fault fault = fuzz_no_fault();
	Pattern *pattern = pattern_read(value.data, value.size, &fault);
	Bytes bytes = bytes_of(make_trace(tree, bits));
	Trace trace;
	PatternMatch match;
	bool found;

	MUST(pattern != NULL && trace_check(bytes.data, bytes.size, &trace, &fault));
	found = pattern_matches(pattern, &trace);
	MUST(found == (check_matches(pattern, &trace) > 0));
	MUST(found == pattern_first_match(pattern, &trace, &match));
	MUST(found == pattern_last_match(pattern, &trace, &match));
	if (found)
		check_keys(tree, &trace);
}

void
fuzz_check_pattern(Bytes value)
{
	Fault fault = fuzz_no_fault();
	PatternTree *tree = pattern_tree_read(value.data, value.size, &fault);
	PatternTree *again;
	uint64 bits = hash64(value.data, value.size);

	MUST(tree != NULL && tree->root->steps <= PATTERN_MAX_STEPS);
	MUST(bytes_equal(bytes_of(pattern_tree_store(tree)), value));
	again = pattern_tree_from_text(pattern_tree_to_text(tree), &fault);
	MUST(again != NULL && bytes_equal(bytes_of(pattern_tree_store(again)), value));
	check_matching(value, tree, bits);
	check_matching(value, tree, ~bits);
}
