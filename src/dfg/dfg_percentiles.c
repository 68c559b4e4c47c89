/*
 * Any percentiles of the durations of a graph.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/sql_values.h"
#include "dfg/dfg_fmgr.h"

TM_FUNCTION(dfg_percentiles);

/* What is asked for, in millionths, ascending. */
typedef struct Shares
{
	int count;
	uint32 *millionths;
} Shares;

static uint32
millionths_of(float8 share)
{
	/* Not "share < 0 || share > 1": a NaN is no share either. */
	if (!(share >= 0 && share <= 1))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("a share must be between 0 and 1, not %g", share),
						errhint("The median is 0.5, and 0.9 is the duration that nine out of ten "
								"do not exceed.")));
	return (uint32) rint(share * DURATION_SHARES);
}

static int
compare_millionths(const void *a, const void *b)
{
	uint32 x = *(const uint32 *) a;
	uint32 y = *(const uint32 *) b;

	return (x > y) - (x < y);
}

static Shares
shares_of_array(ArrayType *array)
{
	Shares shares;
	Datum *values;
	bool *nulls;
	int i;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("shares must be an array of one dimension")));
	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &values,
					  &nulls, &shares.count);
	shares.millionths = palloc(sizeof(uint32) * Max(shares.count, 1));
	for (i = 0; i < shares.count; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a share must not be null")));
		shares.millionths[i] = millionths_of(DatumGetFloat8(values[i]));
	}
	qsort(shares.millionths, shares.count, sizeof(uint32), compare_millionths);
	return shares;
}

/* Puts out a row for each share. */
static void
put_percentiles(ReturnSetInfo *result, const Dfg *dfg, DfgEdge *edge, Datum *values,
				const Shares *shares)
{
	uint64 *percentiles = palloc(sizeof(uint64) * Max(shares->count, 1));
	bool nulls[4] = {false};
	int i;

	durations_sort(&edge->durations);
	durations_percentiles(&edge->durations, shares->millionths, shares->count, percentiles);
	for (i = 0; i < shares->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		values[2] = Float8GetDatum((float8) shares->millionths[i] / DURATION_SHARES);
		values[3] = dfg_interval(dfg, percentiles[i]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	pfree(percentiles);
}

Datum
dfg_percentiles(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Dfg *dfg = PG_GETARG_DFG(0);
	Shares shares = shares_of_array(PG_GETARG_ARRAYTYPE_P(1));
	Datum *labels = labels_to_texts(dfg->labels->labels, dfg->labels->count);
	uint32 *sorted = dfg_sorted_edges(dfg, label_table_sorted(dfg->labels));
	uint32 i;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (i = 0; i < dfg->nedges; i++)
	{
		DfgEdge *edge = &dfg->edges[sorted[i]];
		Datum values[4] = {labels[edge->source], labels[edge->target]};

		put_percentiles(result, dfg, edge, values, &shares);
	}
	return (Datum) 0;
}
