/*
 * trace_pattern as a type: input and output, comparison; and as an argument.
 */
#include "postgres.h"

#include "base/kept.h"
#include "base/stored.h"
#include "pattern/pattern_fmgr.h"

TM_FUNCTION(trace_pattern_in);
TM_FUNCTION(trace_pattern_out);
TM_FUNCTION(trace_pattern_recv);
TM_FUNCTION(trace_pattern_send);

TM_STORED_COMPARISONS(trace_pattern);

static PatternTree *
read_value(const struct varlena *value, Fault *fault)
{
	return pattern_tree_read((const uint8 *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), fault);
}

PatternTree *
pattern_tree_of_value(const struct varlena *value)
{
	Fault fault;
	PatternTree *tree = read_value(value, &fault);

	if (tree == NULL)
		fault_throw_stored(&fault, "trace_pattern");
	return tree;
}

Datum
trace_pattern_in(PG_FUNCTION_ARGS)
{
	char *literal = PG_GETARG_CSTRING(0);
	Fault fault;
	PatternTree *tree = pattern_tree_from_text(literal, &fault);

	if (tree == NULL)
		return fault_report_literal(&fault, "trace_pattern", literal, TM_ESCONTEXT(fcinfo));
	PG_RETURN_POINTER(pattern_tree_store(tree));
}

Datum
trace_pattern_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(pattern_tree_to_text(pattern_tree_of_value(PG_GETARG_VARLENA_PP(0))));
}

/* The binary form is the stored one: it is the same on every machine. */
Datum
trace_pattern_recv(PG_FUNCTION_ARGS)
{
	struct varlena *value = stored_receive(fcinfo);
	Fault fault;

	if (read_value(value, &fault) == NULL)
		fault_throw_received(&fault, "trace_pattern");
	PG_RETURN_POINTER(value);
}

Datum
trace_pattern_send(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);

	(void) pattern_tree_of_value(value);
	return stored_send(value);
}

static void *
make_pattern(struct varlena *value)
{
	Fault fault;
	Pattern *pattern =
		pattern_read((const uint8 *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), &fault);

	if (pattern == NULL)
		fault_throw_stored(&fault, "trace_pattern");
	return pattern;
}

Pattern *
pattern_argument(FunctionCallInfo fcinfo, int n)
{
	return kept_get(kept_of_call(fcinfo, 1), fcinfo->flinfo->fn_mcxt, PG_GETARG_VARLENA_PP(n),
					make_pattern);
}
