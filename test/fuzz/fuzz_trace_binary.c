/*
 * Bytes of traces: what the validator lets through is the one form of its
 * value, and every reader can go over it. A graph takes a trace if and only if
 * the validator does, whatever it has taken before.
 */
#include "pair.h"

#include "dfg/dfg.h"
#include "trace/trace_reopen.h"

char *
pair_to_text(Bytes value)
{
	Fault fault;
	Trace trace;

	return trace_check(value.data, value.size, &trace, &fault) ? trace_to_text(&trace) : NULL;
}

struct varlena *
pair_from_text(const char *literal)
{
	Fault fault;

	return trace_from_text(literal, &fault);
}

static void
check_reopenings(const Trace *trace, const uint8 *kind_of)
{
	uint32 answers = 0;
	Reopening *found = NULL;
	uint32 count = trace_find_reopenings(trace, kind_of, &found);
	uint32 i;

	MUST(count == trace_count_reopenings(trace, kind_of));
	for (i = 0; i < count; i++)
	{
		MUST(found[i].done.at <= found[i].reopened.at);
		MUST(kind_of[found[i].done.label] == ACTIVITY_DONE ||
			 kind_of[found[i].done.label] == ACTIVITY_ANSWER);
		MUST(kind_of[found[i].reopened.label] == ACTIVITY_OPEN);
		MUST(found[i].outcome != OUTCOME_OPEN || i == count - 1);
		MUST(found[i].outcome == OUTCOME_OPEN || found[i].reopened.at <= found[i].done_again.at);
	}
	for (i = 0; i < trace->nevents; i++)
		answers += kind_of[trace_index(trace, i)] == ACTIVITY_ANSWER;
	MUST(trace_count_repeats(trace, kind_of) <= answers);
}

/* Gives each label a kind, as the bits of a number say; some are named twice. */
static void
check_kinds(const Trace *trace, uint64 bits)
{
	Label *labels = trace_labels(trace);
	Size bytes = 2 * trace->nlabels * sizeof(Label);
	ActivityKinds kinds = {palloc(bytes), 0, palloc(bytes), 0, palloc(bytes), 0};
	bool is_note;
	uint32 i;

	for (i = 0; i < trace->nlabels; i++, bits = bits >> 3 | bits << 61)
	{
		if (bits & 1)
			kinds.done[kinds.ndone++] = labels[i];
		if ((bits & 3) == 3)
			kinds.answered[kinds.nanswered++] = kinds.done[kinds.ndone++] = labels[i];
		if ((bits & 5) == 4)
			kinds.notes[kinds.nnotes++] = labels[i];
	}
	MUST(activity_kinds_prepare(&kinds, &is_note) == NULL);
	check_reopenings(trace, activity_kinds_of(&kinds, trace));
}

/* A trace on its way into a graph. */
typedef struct Addition
{
	Dfg *dfg;
	Bytes value;
} Addition;

static void
add(void *arg)
{
	Addition *addition = arg;

	dfg_add_trace(addition->dfg, addition->value.data, addition->value.size);
}

/* What a graph counts in all. */
typedef struct Totals
{
	int64 events;
	int64 steps;
	int64 starts;
	int64 ends;
} Totals;

static Totals
totals_of(Dfg *dfg)
{
	Totals totals = {dfg->events, 0, 0, 0};
	uint32 i;

	dfg_count_variants(dfg);
	for (i = 0; i < dfg->nedges; i++)
		totals.steps += dfg->edges[i].count.frequency;
	for (i = 0; i < dfg->labels->count; i++)
	{
		totals.starts += dfg->activities[i].starts;
		totals.ends += dfg->activities[i].ends;
	}
	return totals;
}

/* Counts the trace: no step goes across a break. */
static void
count_trace(Totals *totals, const Trace *trace)
{
	uint32 i;

	totals->events += trace->nevents;
	totals->starts += !trace_break_before(trace, 0);
	totals->ends += !trace_break_before(trace, trace->nevents);
	for (i = 1; i < trace->nevents; i++)
		totals->steps += !trace_break_before(trace, i);
}

/* Adds the trace; an error and no change if it is not valid. */
static void
add_to_graph(Dfg *dfg, Bytes value)
{
	Addition addition = {dfg, value};
	Fault fault = fuzz_no_fault();
	Totals expected = totals_of(dfg);
	Totals found;
	Trace trace;

	if (trace_check(value.data, value.size, &trace, &fault))
	{
		MUST(shim_try(add, &addition));
		count_trace(&expected, &trace);
	}
	else
	{
		MUST(fault.text[0] != '\0' && fault.at <= value.size);
		MUST(!shim_try(add, &addition) && shim_error == ERRCODE_DATA_CORRUPTED);
	}
	found = totals_of(dfg);
	MUST(memcmp(&found, &expected, sizeof(Totals)) == 0);
}

static void
append(uint8 **p, const uint8 *begin, const uint8 *end)
{
	memcpy(*p, begin, (size_t) (end - begin));
	*p += end - begin;
}

/* A trace with the dictionary of another one, whether or not that fits. */
static Bytes
graft_dictionary(Bytes value, const Trace *trace, const Trace *other)
{
	uint8 *grafted = palloc(value.size + other->dictionary_size + VARINT_MAX_BYTES);
	uint8 *p = grafted;

	append(&p, value.data, trace->variant);
	p = varint_put(p, trace->nlabels);
	p = varint_put(p, other->dictionary_size);
	append(&p, other->dictionary, other->indexes);
	append(&p, trace->indexes, trace->end);
	return (Bytes){grafted, (size_t) (p - grafted)};
}

/* Whether both are traces. */
static bool
check_both(const Pair *pair, Trace *a, Trace *b)
{
	Fault fault;

	return trace_check(pair->value[0].data, pair->value[0].size, a, &fault) &&
		   trace_check(pair->value[1].data, pair->value[1].size, b, &fault);
}

/* A graph remembers dictionaries; one in a trace that it does not fit is noticed all the same. */
static void
check_grafts(Dfg *dfg, const Pair *pair)
{
	Trace a;
	Trace b;

	if (!check_both(pair, &a, &b))
		return;
	add_to_graph(dfg, graft_dictionary(pair->value[0], &a, &b));
	add_to_graph(dfg, graft_dictionary(pair->value[1], &b, &a));
}

/* So many cases of a variant, and a graph knows it. */
#define CASES_TO_KNOW 35

/* The bytes of a known variant need no check; what follows them is still found to be wrong. */
static void
check_known(const Pair *pair)
{
	Dfg *dfg = dfg_create();
	Addition addition = {dfg, pair->value[0]};
	uint8 *grafted = palloc(pair->value[0].size + pair->value[1].size);
	uint8 *p = grafted;
	Trace a;
	Trace b;
	int i;

	if (!check_both(pair, &a, &b))
		return;
	for (i = 0; i < CASES_TO_KNOW; i++)
		MUST(shim_try(add, &addition));
	add_to_graph(dfg, pair->value[0]);
	append(&p, pair->value[1].data, b.variant);
	append(&p, a.variant, a.breaks ? a.breaks : a.deltas);
	append(&p, b.breaks ? b.breaks : b.deltas, b.end);
	add_to_graph(dfg, (Bytes){grafted, (size_t) (p - grafted)});
	fuzz_check_dfg(bytes_of(dfg_flatten(dfg)));
}

void
fuzz_one(const uint8 *data, size_t size)
{
	Pair pair = pair_of(data, size);
	Fault fault = fuzz_no_fault();
	Dfg *dfg = dfg_create();
	Trace trace;
	int i;

	for (i = 0; i < 3; i++)
	{
		Bytes value = pair.value[i % 2];

		add_to_graph(dfg, value);
		if (i == 2 || !trace_check(value.data, value.size, &trace, &fault))
			continue;
		fuzz_check_trace(value);
		check_kinds(&trace, trace_variant_hash(&trace));
		check_kinds(&trace, ~(uint64) trace.start);
	}
	check_grafts(dfg, &pair);
	check_known(&pair);
	if (dfg->cases > 0)
		fuzz_check_dfg(bytes_of(dfg_flatten(dfg)));
}
