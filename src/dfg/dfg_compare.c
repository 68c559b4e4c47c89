/*
 * Two graphs side by side.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/sql_values.h"
#include "dfg/dfg_fmgr.h"

TM_FUNCTION(dfg_compare);

/* Steps through the edges of a graph in the order of their labels. */
typedef struct EdgeCursor
{
	Dfg *dfg;
	uint32 *sorted;
	uint32 next;
} EdgeCursor;

static EdgeCursor
edge_cursor(Dfg *dfg)
{
	EdgeCursor cursor = {dfg, dfg_sorted_edges(dfg, label_table_sorted(dfg->labels)), 0};

	return cursor;
}

/* The edge at the cursor; NULL behind the last. */
static DfgEdge *
current_edge(const EdgeCursor *cursor)
{
	if (cursor->next == cursor->dfg->nedges)
		return NULL;
	return &cursor->dfg->edges[cursor->sorted[cursor->next]];
}

static int
compare_current(const EdgeCursor *a, const EdgeCursor *b)
{
	const DfgEdge *x = current_edge(a);
	const DfgEdge *y = current_edge(b);
	const Label *xs = a->dfg->labels->labels;
	const Label *ys = b->dfg->labels->labels;
	int order;

	if (x == NULL || y == NULL)
		return (x == NULL) - (y == NULL);
	order = label_compare(xs[x->source], ys[y->source]);
	return order != 0 ? order : label_compare(xs[x->target], ys[y->target]);
}

/* Fills in one side; an edge that is not there happens in no case. */
static void
put_side(const Dfg *dfg, DfgEdge *edge, Datum *values, bool *nulls)
{
	static const uint32 half = DURATION_SHARES / 2;
	uint64 median;

	values[2] = Int64GetDatum(edge ? edge->count.frequency : 0);
	values[4] = Int64GetDatum(edge ? edge->count.case_frequency : 0);
	values[6] = Float8GetDatum(edge ? (double) edge->count.case_frequency / dfg->cases : 0);
	nulls[9] = edge == NULL;
	if (edge == NULL)
		return;
	durations_sort(&edge->durations);
	durations_percentiles(&edge->durations, &half, 1, &median);
	values[9] = dfg_interval(dfg, median);
}

/* Puts out an edge of one or both of the graphs, and moves on. */
static void
put_edge(ReturnSetInfo *result, EdgeCursor *a, EdgeCursor *b)
{
	int order = compare_current(a, b);
	DfgEdge *x = order <= 0 ? current_edge(a) : NULL;
	DfgEdge *y = order >= 0 ? current_edge(b) : NULL;
	const DfgEdge *any = x ? x : y;
	const Label *labels = (x ? a : b)->dfg->labels->labels;
	Datum values[11] = {label_to_text(labels[any->source]), label_to_text(labels[any->target])};
	bool nulls[11] = {false};

	put_side(a->dfg, x, values, nulls);
	put_side(b->dfg, y, values + 1, nulls + 1);
	values[8] = Float8GetDatum(DatumGetFloat8(values[7]) - DatumGetFloat8(values[6]));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	a->next += x != NULL;
	b->next += y != NULL;
}

Datum
dfg_compare(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	EdgeCursor a = edge_cursor(PG_GETARG_DFG(0));
	EdgeCursor b = edge_cursor(PG_GETARG_DFG(1));

	if (!label_equal(a.dfg->calendar, b.dfg->calendar))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("graphs with durations of different calendars cannot be compared"),
						errhint("Make both of the traces, with one calendar or with none.")));
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	while (current_edge(&a) != NULL || current_edge(&b) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		put_edge(result, &a, &b);
	}
	return (Datum) 0;
}
