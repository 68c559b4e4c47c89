/*
 * dfg as a type: input and output, comparison, casts.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/json.h"
#include "base/sql_values.h"
#include "base/stored.h"
#include "dfg/dfg_fmgr.h"
#include "dfg/dfg_statistics.h"

TM_FUNCTION(dfg_in);
TM_FUNCTION(dfg_out);
TM_FUNCTION(dfg_recv);
TM_FUNCTION(dfg_send);
TM_FUNCTION(dfg_to_jsonb);

TM_STORED_COMPARISONS(dfg);

/* Checks a value that comes from outside: what dfg_load() checks, and that its calendar is one. */
static bool
check_received(const struct varlena *value, Fault *fault)
{
	Dfg *dfg = dfg_load((const uint8 *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), fault);

	return dfg != NULL &&
		   (dfg->calendar.length == 0 ||
			calendar_check_normal(dfg->calendar.bytes, dfg->calendar.length, fault) != NULL);
}

Datum
dfg_in(PG_FUNCTION_ARGS)
{
	char *literal = PG_GETARG_CSTRING(0);
	Fault fault;
	struct varlena *value = dfg_from_text(literal, &fault);

	if (value == NULL || !check_received(value, &fault))
		return fault_report_literal(&fault, "dfg", literal, TM_ESCONTEXT(fcinfo));
	PG_RETURN_POINTER(value);
}

/* A stored value in its flat form, checked. */
static struct varlena *
checked_flat_argument(FunctionCallInfo fcinfo)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	Fault fault;

	if (dfg_load((const uint8 *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), &fault) == NULL)
		fault_throw_stored(&fault, "dfg");
	return value;
}

Datum
dfg_out(PG_FUNCTION_ARGS)
{
	struct varlena *value = checked_flat_argument(fcinfo);

	PG_RETURN_CSTRING(dfg_to_text((const uint8 *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)));
}

/* The binary form is the stored one: it is the same on every machine. */
Datum
dfg_recv(PG_FUNCTION_ARGS)
{
	struct varlena *value = stored_receive(fcinfo);
	Fault fault;

	if (!check_received(value, &fault))
		fault_throw_received(&fault, "dfg");
	PG_RETURN_POINTER(value);
}

Datum
dfg_send(PG_FUNCTION_ARGS)
{
	return stored_send(checked_flat_argument(fcinfo));
}

static void
push_count(JsonbParseState **state, const DfgCount *count)
{
	json_integer(state, "frequency", count->frequency);
	json_integer(state, "case_frequency", count->case_frequency);
	json_integer(state, "max_per_case", count->max_per_case);
}

static void
push_activities(JsonbParseState **state, const Dfg *dfg, const uint32 *sorted)
{
	uint32 i;

	json_key(state, "activities");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (i = 0; i < dfg->labels->count; i++)
	{
		const DfgActivity *activity = &dfg->activities[sorted[i]];

		CHECK_FOR_INTERRUPTS();
		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		json_slice(state, "activity", dfg->labels->labels[sorted[i]]);
		push_count(state, &activity->count);
		json_integer(state, "starts", activity->starts);
		json_integer(state, "ends", activity->ends);
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
push_seconds(JsonbParseState **state, const char *key, uint64 microseconds)
{
	Wide wide = wide_of(microseconds);

	json_number(state, key, seconds_of_duration(&wide));
}

static void
push_durations(JsonbParseState **state, Durations *durations)
{
	DurationStatistics statistics;

	durations_describe(durations, &statistics);
	json_number(state, "total_seconds", seconds_of_duration(&durations->total));
	push_seconds(state, "min_seconds", durations->min);
	push_seconds(state, "max_seconds", durations->max);
	push_seconds(state, "mean_seconds", statistics.mean);
	if (statistics.has_stddev)
		push_seconds(state, "stddev_seconds", statistics.stddev);
	else
		json_null(state, "stddev_seconds");
	push_seconds(state, "median_seconds", statistics.percentiles[0]);
	push_seconds(state, "p90_seconds", statistics.percentiles[1]);
	push_seconds(state, "p95_seconds", statistics.percentiles[2]);
}

static void
push_edges(JsonbParseState **state, const Dfg *dfg, const uint32 *sorted_activities)
{
	uint32 *sorted = dfg_sorted_edges(dfg, sorted_activities);
	uint32 i;

	json_key(state, "edges");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (i = 0; i < dfg->nedges; i++)
	{
		DfgEdge *edge = &dfg->edges[sorted[i]];

		CHECK_FOR_INTERRUPTS();
		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		json_slice(state, "source", dfg->labels->labels[edge->source]);
		json_slice(state, "target", dfg->labels->labels[edge->target]);
		push_count(state, &edge->count);
		push_durations(state, &edge->durations);
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

Datum
dfg_to_jsonb(PG_FUNCTION_ARGS)
{
	Dfg *dfg = PG_GETARG_DFG(0);
	uint32 *sorted = label_table_sorted(dfg->labels);
	JsonbParseState *state = NULL;
	JsonbValue *object;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	if (dfg->calendar.length > 0)
		json_slice(&state, "calendar", dfg->calendar);
	json_integer(&state, "cases", dfg->cases);
	json_integer(&state, "events", dfg->events);
	push_activities(&state, dfg, sorted);
	push_edges(&state, dfg, sorted);
	object = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	PG_RETURN_JSONB_P(JsonbValueToJsonb(object));
}
