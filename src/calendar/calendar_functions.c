/*
 * Business time in SQL.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "compat.h"

#include "base/instant.h"
#include "base/sql_values.h"
#include "calendar/calendar_fmgr.h"

TM_FUNCTION(business_duration);
TM_FUNCTION(business_add);
TM_FUNCTION(business_is_open);
TM_FUNCTION(business_shifts);

/* The schedule of the first argument, kept over the rows of a query. */
static Schedule *
schedule_argument(FunctionCallInfo fcinfo)
{
	return kept_schedule(kept_of_call(fcinfo, 1), fcinfo->flinfo->fn_mcxt, PG_GETARG_VARLENA_PP(0));
}

Datum
business_duration(PG_FUNCTION_ARGS)
{
	Schedule *schedule = schedule_argument(fcinfo);

	return interval_of_business_time(schedule_duration(schedule,
													   finite_time_argument(fcinfo, 1, "from_at"),
													   finite_time_argument(fcinfo, 2, "to_at")));
}

Datum
business_add(PG_FUNCTION_ARGS)
{
	Schedule *schedule = schedule_argument(fcinfo);
	Interval *duration = PG_GETARG_INTERVAL_P(2);

	if (duration->month != 0 || duration->day != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("business time is in hours, minutes and seconds, not in months or days"),
				 errhint("Say how many hours a working day has.")));
	PG_RETURN_TIMESTAMPTZ(
		schedule_add(schedule, finite_time_argument(fcinfo, 1, "at"), duration->time));
}

Datum
business_is_open(PG_FUNCTION_ARGS)
{
	Schedule *schedule = schedule_argument(fcinfo);

	PG_RETURN_BOOL(schedule_is_open(schedule, finite_time_argument(fcinfo, 1, "at")));
}

static void
put_opening(ReturnSetInfo *result, TimestampTz from_at, TimestampTz to_at)
{
	Datum values[3] = {TimestampTzGetDatum(from_at), TimestampTzGetDatum(to_at),
					   interval_of_business_time(to_at - from_at)};
	bool nulls[3] = {false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
business_shifts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Schedule *schedule = schedule_argument(fcinfo);
	TimestampTz at = finite_time_argument(fcinfo, 1, "from_at");
	TimestampTz until = finite_time_argument(fcinfo, 2, "to_at");
	TimestampTz from_at = at;
	TimestampTz to_at = at;
	TimestampTz next_from;
	TimestampTz next_to;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	schedule_check_known(schedule, at);
	schedule_check_known(schedule, until);
	while (at < until && schedule_next_opening(schedule, at, until, &next_from, &next_to))
	{
		CHECK_FOR_INTERRUPTS();
		if (next_from > to_at)
		{
			if (to_at > from_at)
				put_opening(result, from_at, to_at);
			from_at = next_from;
		}
		at = to_at = next_to; /* an opening over the end of a year comes in two parts */
	}
	if (to_at > from_at)
		put_opening(result, from_at, to_at);
	return (Datum) 0;
}
