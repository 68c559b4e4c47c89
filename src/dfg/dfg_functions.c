/*
 * What can be asked of a graph.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/sql_values.h"
#include "dfg/dfg_fmgr.h"
#include "dfg/dfg_statistics.h"

TM_FUNCTION(dfg_calendar);
TM_FUNCTION(dfg_cases);
TM_FUNCTION(dfg_events);
TM_FUNCTION(dfg_activities);
TM_FUNCTION(dfg_edges);

Datum
dfg_calendar(PG_FUNCTION_ARGS)
{
	Dfg *dfg = PG_GETARG_DFG(0);
	struct varlena *calendar;

	if (dfg->calendar.length == 0)
		PG_RETURN_NULL();
	calendar = palloc(VARHDRSZ + 1 + dfg->calendar.length);
	SET_VARSIZE(calendar, VARHDRSZ + 1 + dfg->calendar.length);
	VARDATA(calendar)[0] = CALENDAR_VERSION;
	memcpy(VARDATA(calendar) + 1, dfg->calendar.bytes, dfg->calendar.length);
	PG_RETURN_POINTER(calendar);
}

Datum
dfg_cases(PG_FUNCTION_ARGS)
{
	int64 cases;

	dfg_open_totals(PG_GETARG_DATUM(0), &cases, NULL);
	PG_RETURN_INT64(cases);
}

Datum
dfg_events(PG_FUNCTION_ARGS)
{
	int64 cases;
	int64 events;

	dfg_open_totals(PG_GETARG_DATUM(0), &cases, &events);
	PG_RETURN_INT64(events);
}

static void
put_count(const DfgCount *count, Datum *values)
{
	values[0] = Int64GetDatum(count->frequency);
	values[1] = Int64GetDatum(count->case_frequency);
	values[2] = Int64GetDatum(count->max_per_case);
}

Datum
dfg_activities(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Dfg *dfg = PG_GETARG_DFG(0);
	uint32 *sorted = label_table_sorted(dfg->labels);
	bool nulls[6] = {false};
	uint32 i;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (i = 0; i < dfg->labels->count; i++)
	{
		const DfgActivity *activity = &dfg->activities[sorted[i]];
		Datum values[6] = {label_to_text(dfg->labels->labels[sorted[i]])};

		CHECK_FOR_INTERRUPTS();
		put_count(&activity->count, &values[1]);
		values[4] = Int64GetDatum(activity->starts);
		values[5] = Int64GetDatum(activity->ends);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

Datum
dfg_interval(const Dfg *dfg, uint64 microseconds)
{
	return dfg->calendar.length > 0 ? interval_of_business_time((int64) microseconds)
									: interval_of_duration(microseconds);
}

/* Fills in total_seconds to p95. */
static void
put_durations(const Dfg *dfg, Durations *durations, Datum *values, bool *nulls)
{
	DurationStatistics statistics;

	durations_describe(durations, &statistics);
	values[0] = seconds_of_duration(&durations->total);
	values[1] = dfg_interval(dfg, durations->min);
	values[2] = dfg_interval(dfg, durations->max);
	values[3] = dfg_interval(dfg, statistics.mean);
	values[4] = dfg_interval(dfg, statistics.stddev);
	nulls[4] = !statistics.has_stddev;
	values[5] = dfg_interval(dfg, statistics.percentiles[0]);
	values[6] = dfg_interval(dfg, statistics.percentiles[1]);
	values[7] = dfg_interval(dfg, statistics.percentiles[2]);
}

Datum
dfg_edges(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Dfg *dfg = PG_GETARG_DFG(0);
	Datum *labels = labels_to_texts(dfg->labels->labels, dfg->labels->count);
	uint32 *sorted = dfg_sorted_edges(dfg, label_table_sorted(dfg->labels));
	uint32 i;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (i = 0; i < dfg->nedges; i++)
	{
		DfgEdge *edge = &dfg->edges[sorted[i]];
		Datum values[13] = {labels[edge->source], labels[edge->target]};
		bool nulls[13] = {false};

		CHECK_FOR_INTERRUPTS();
		put_count(&edge->count, &values[2]);
		put_durations(dfg, &edge->durations, &values[5], &nulls[5]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
