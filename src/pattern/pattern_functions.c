/*
 * Patterns in SQL.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "pattern/pattern_fmgr.h"
#include "trace/trace_fmgr.h"

TM_FUNCTION(trace_has_match);
TM_FUNCTION(trace_match_count);
TM_FUNCTION(trace_matches);

Datum
trace_has_match(PG_FUNCTION_ARGS)
{
	Trace trace;

	PG_GETARG_TRACE_EVENTS(0, &trace);
	PG_RETURN_BOOL(pattern_matches(pattern_argument(fcinfo, 1), &trace));
}

Datum
trace_match_count(PG_FUNCTION_ARGS)
{
	Trace trace;

	PG_GETARG_TRACE_EVENTS(0, &trace);
	PG_RETURN_INT32((int32) pattern_count_matches(pattern_argument(fcinfo, 1), &trace));
}

Datum
trace_matches(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Trace trace;
	PatternSearch *search;
	PatternMatch match;
	int32 match_no = 0;

	PG_GETARG_TRACE_EVENTS(0, &trace);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	search = pattern_search_begin(pattern_argument(fcinfo, 1), &trace);
	while (pattern_search_next(search, &match))
	{
		Datum values[5] = {Int32GetDatum(++match_no), Int32GetDatum((int32) match.first + 1),
						   Int32GetDatum((int32) match.last + 1),
						   TimestampTzGetDatum(match.from_at), TimestampTzGetDatum(match.to_at)};
		bool nulls[5] = {false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	pattern_search_end(search);
	return (Datum) 0;
}
