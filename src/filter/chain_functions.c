/*
 * Chains of filters in SQL.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"

#include "base/kept.h"
#include "base/sql_values.h"
#include "filter/chain.h"
#include "filter/filter_arguments.h"
#include "trace/trace_fmgr.h"

TM_FUNCTION(trace_filter);
TM_FUNCTION(trace_filter_lengths);
TM_FUNCTION(filter_attributes);
TM_FUNCTION(filter_labels);

static void *
make_chain(struct varlena *value)
{
	return chain_parse((Jsonb *) value);
}

/* The chain of an argument, kept from call to call. */
static const Chain *
chain_argument(FunctionCallInfo fcinfo, int n)
{
	return kept_get(kept_of_call(fcinfo, 1), fcinfo->flinfo->fn_mcxt,
					(struct varlena *) PG_GETARG_JSONB_P(n), make_chain);
}

/* The attributes of a case: an object, or NULL where the function is called without. */
static JsonbContainer *
attributes_argument(FunctionCallInfo fcinfo, int n)
{
	Jsonb *json;

	if (PG_NARGS() <= n)
		return NULL;
	json = PG_GETARG_JSONB_P(n);
	if (!JB_ROOT_IS_OBJECT(json))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("attributes must be a JSON object")));
	return &json->root;
}

Datum
trace_filter(PG_FUNCTION_ARGS)
{
	const Chain *chain = chain_argument(fcinfo, 1);
	Trace trace;
	TracePart part;

	PG_GETARG_TRACE(0, &trace);
	chain_apply(chain, &trace, attributes_argument(fcinfo, 2), &part, NULL);
	return part_result(fcinfo, &part);
}

/* The number of events that each step leaves of a case. */
Datum
trace_filter_lengths(PG_FUNCTION_ARGS)
{
	const Chain *chain = chain_argument(fcinfo, 1);
	uint32 *lengths = palloc((chain->nsteps + 1) * sizeof(uint32));
	Datum *values = palloc((chain->nsteps + 1) * sizeof(Datum));
	Trace trace;
	TracePart part;
	int i;

	PG_GETARG_TRACE(0, &trace);
	chain_apply(chain, &trace, attributes_argument(fcinfo, 2), &part, lengths);
	for (i = 0; i < chain->nsteps; i++)
		values[i] = Int32GetDatum((int32) lengths[i]);
	PG_RETURN_ARRAYTYPE_P(
		construct_array(values, chain->nsteps, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

/* The attributes that a chain asks for. */
Datum
filter_attributes(PG_FUNCTION_ARGS)
{
	const Chain *chain = chain_argument(fcinfo, 0);

	PG_RETURN_ARRAYTYPE_P(construct_array(labels_to_texts(chain->attributes, chain->nattributes),
										  chain->nattributes, TEXTOID, -1, false, TYPALIGN_INT));
}

static void
add_labels(LabelTable *to, const LabelTable *from)
{
	uint32 i;

	for (i = 0; i < from->count; i++)
		label_table_add(to, from->labels[i]);
}

static void
add_labels_of_pattern(LabelTable *to, const Pattern *pattern)
{
	if (pattern != NULL)
		add_labels(to, pattern_labels(pattern));
}

/* The activities that a chain names, in its lists, edges and patterns. */
Datum
filter_labels(PG_FUNCTION_ARGS)
{
	const Chain *chain = chain_argument(fcinfo, 0);
	LabelTable *labels = label_table_create();
	int i;
	int k;

	add_labels(labels, chain->labels);
	for (i = 0; i < chain->nsteps; i++)
	{
		add_labels_of_pattern(labels, chain->steps[i].pattern);
		for (k = 0; k < chain->steps[i].nconditions; k++)
			add_labels_of_pattern(labels, chain->steps[i].conditions[k].pattern);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(labels_to_texts(labels->labels, labels->count),
										  (int) labels->count, TEXTOID, -1, false, TYPALIGN_INT));
}
