/*
 * Bytes of graphs: what the validator lets through is the one form of its
 * value; two such values in either order make the same graph, and a valid one.
 */
#include "pair.h"

#include "dfg/dfg.h"

char *
pair_to_text(Bytes value)
{
	Fault fault;

	return dfg_load(value.data, value.size, &fault) ? dfg_to_text(value.data, value.size) : NULL;
}

struct varlena *
pair_from_text(const char *literal)
{
	Fault fault;

	return dfg_from_text(literal, &fault);
}

/* The graph of bytes that are valid, else NULL. */
static Dfg *
load(Bytes value)
{
	Fault fault = fuzz_no_fault();
	Dfg *dfg = dfg_load(value.data, value.size, &fault);

	if (dfg == NULL)
		MUST(fault.text[0] != '\0' && fault.at <= value.size);
	return dfg;
}

/* Both in a graph of their own, and the second in the first; throws where they cannot be merged. */
static void
check_union(Dfg *a, Dfg *b)
{
	Dfg *both = dfg_create();
	Bytes value;

	dfg_merge(both, a);
	dfg_merge(both, b);
	value = bytes_of(dfg_flatten(both));
	fuzz_check_dfg(value);
	dfg_merge(b, a);
	MUST(bytes_equal(bytes_of(dfg_flatten(b)), value));
}

void
fuzz_one(const uint8 *data, size_t size)
{
	Pair pair = pair_of(data, size);
	Dfg *a = load(pair.value[0]);
	Dfg *b = load(pair.value[1]);

	if (a != NULL)
		fuzz_check_dfg(pair.value[0]);
	if (b != NULL)
		fuzz_check_dfg(pair.value[1]);
	if (a != NULL && b != NULL)
		check_union(a, b);
}
