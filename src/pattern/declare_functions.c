/*
 * Constraints in SQL: each as a boolean, and as the count of its violations.
 */
#include "postgres.h"

#include "base/sql_values.h"
#include "pattern/declare.h"
#include "trace/trace_fmgr.h"

typedef uint32 (*CountOfActivity)(const Trace *trace, Label activity, uint32 times);
typedef uint32 (*CountOfPair)(const Trace *trace, Label source, Label target);

static uint32
violations_of_activity(FunctionCallInfo fcinfo, CountOfActivity count)
{
	int32 times = PG_GETARG_INT32(2);
	Trace trace;

	if (times < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("times must be at least 1, not %d", times)));
	PG_GETARG_TRACE(0, &trace);
	return count(&trace, slice_of_text(PG_GETARG_TEXT_PP(1)), (uint32) times);
}

static uint32
violations_of_pair(FunctionCallInfo fcinfo, CountOfPair count)
{
	Trace trace;

	PG_GETARG_TRACE(0, &trace);
	return count(&trace, slice_of_text(PG_GETARG_TEXT_PP(1)), slice_of_text(PG_GETARG_TEXT_PP(2)));
}

/* Sources and targets of a succession: twice the most events of a trace still fit. */
#define DECLARE_FUNCTIONS(name, violations_of) \
	TM_FUNCTION(trace_##name); \
	TM_FUNCTION(trace_##name##_violations); \
	Datum trace_##name(PG_FUNCTION_ARGS) \
	{ \
		PG_RETURN_BOOL(violations_of(fcinfo, declare_##name) == 0); \
	} \
	Datum trace_##name##_violations(PG_FUNCTION_ARGS) \
	{ \
		PG_RETURN_INT32((int32) violations_of(fcinfo, declare_##name)); \
	} \
	StaticAssertDecl(true, "takes the semicolon")

DECLARE_FUNCTIONS(existence, violations_of_activity);
DECLARE_FUNCTIONS(absence, violations_of_activity);
DECLARE_FUNCTIONS(response, violations_of_pair);
DECLARE_FUNCTIONS(precedence, violations_of_pair);
DECLARE_FUNCTIONS(succession, violations_of_pair);
DECLARE_FUNCTIONS(chain_response, violations_of_pair);
