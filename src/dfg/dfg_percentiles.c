/*
 * Any percentiles of the durations of a graph.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "base/sql_values.h"
#include "dfg/dfg_fmgr.h"

TM_FUNCTION(dfg_percentiles);

typedef struct Percents
{
	int *values; /* ascending */
	int count;
} Percents;

static int
compare_percents(const void *a, const void *b)
{
	return *(const int *) a - *(const int *) b;
}

static int
percent_of(Datum value, bool is_null)
{
	int percent = is_null ? 0 : DatumGetInt32(value);

	if (is_null)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("percents must not contain nulls")));
	if (percent < 0 || percent > 100)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a percent must be from 0 to 100, not %d", percent)));
	return percent;
}

static Percents
percents_of_array(ArrayType *array)
{
	Percents percents;
	Datum *values;
	bool *nulls;
	int i;

	deconstruct_array(array, INT4OID, sizeof(int32), true, TYPALIGN_INT, &values, &nulls,
					  &percents.count);
	percents.values = palloc(percents.count * sizeof(int));
	for (i = 0; i < percents.count; i++)
		percents.values[i] = percent_of(values[i], nulls[i]);
	qsort(percents.values, percents.count, sizeof(int), compare_percents);
	return percents;
}

/* A row for each percent of an edge. */
static void
put_percentiles(ReturnSetInfo *result, const Dfg *dfg, DfgEdge *edge, const Datum *labels,
				const Percents *percents, uint64 *percentiles)
{
	int i;

	durations_sort(&edge->durations);
	durations_percentiles(&edge->durations, percents->values, percents->count, percentiles);
	for (i = 0; i < percents->count; i++)
	{
		Datum values[4] = {labels[edge->source], labels[edge->target],
						   Int32GetDatum(percents->values[i]), dfg_interval(dfg, percentiles[i])};
		bool nulls[4] = {false};

		CHECK_FOR_INTERRUPTS();
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

Datum
dfg_percentiles(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Dfg *dfg = PG_GETARG_DFG(0);
	Percents percents = percents_of_array(PG_GETARG_ARRAYTYPE_P(1));
	uint64 *percentiles = palloc(percents.count * sizeof(uint64));
	Datum *labels = labels_to_texts(dfg->labels->labels, dfg->labels->count);
	uint32 *sorted = dfg_sorted_edges(dfg, label_table_sorted(dfg->labels));
	uint32 i;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (i = 0; i < dfg->nedges; i++)
		put_percentiles(result, dfg, &dfg->edges[sorted[i]], labels, &percents, percentiles);
	return (Datum) 0;
}
