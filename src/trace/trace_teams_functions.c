/*
 * Teams and correspondence in SQL.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "compat.h"

#include "base/instant.h"
#include "base/sql_values.h"
#include "trace/trace_fmgr.h"
#include "trace/trace_teams.h"

TM_FUNCTION(trace_visits);
TM_FUNCTION(trace_handover_count);
TM_FUNCTION(trace_landing);
TM_FUNCTION(trace_messages_in);
TM_FUNCTION(trace_messages_out);
TM_FUNCTION(trace_turns);

static void
put_visit(ReturnSetInfo *result, int32 visit_no, const Visit *visit, const Datum *texts)
{
	Datum values[7] = {
		Int32GetDatum(visit_no),           texts[visit->team], TimestampTzGetDatum(visit->from_at),
		TimestampTzGetDatum(visit->to_at), (Datum) 0,          BoolGetDatum(visit->is_return),
		BoolGetDatum(visit->is_bounce)};
	bool nulls[7] = {false};

	nulls[4] = visit->next == NO_TEAM;
	if (!nulls[4])
		values[4] = texts[visit->next];
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Finds the visits before as_of; without it all, the last of which ends with the last event. */
static uint32
find_visits(FunctionCallInfo fcinfo, const Trace *trace, Visit **visits)
{
	uint32 count;

	if (!PG_ARGISNULL(1))
	{
		finite_time_argument(fcinfo, 1, "as_of");
		return trace_find_visits(trace, PG_GETARG_TIMESTAMPTZ(1), visits);
	}
	count = trace_find_visits(trace, DT_NOEND, visits);
	(*visits)[count - 1].to_at = trace_last_at(trace);
	return count;
}

Datum
trace_visits(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Trace trace;
	Visit *visits;
	Datum *texts;
	uint32 count;
	uint32 i;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	PG_GETARG_TRACE(0, &trace);
	texts = labels_to_texts(trace_labels(&trace), trace.nlabels);
	count = find_visits(fcinfo, &trace, &visits);
	for (i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_visit(result, (int32) i + 1, &visits[i], texts);
	}
	return (Datum) 0;
}

Datum
trace_handover_count(PG_FUNCTION_ARGS)
{
	Trace trace;

	PG_GETARG_TRACE(0, &trace);
	PG_RETURN_INT32((int32) trace_count_handovers(&trace));
}

Datum
trace_landing(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {NULL, "direct", "forwarded", "rerouted"};
	TimestampTz resolved_at;
	Landing landing;
	Label *intake;
	uint32 count;
	Trace trace;

	PG_GETARG_TRACE(0, &trace);
	resolved_at = finite_time_argument(fcinfo, 1, "resolved_at");
	intake = slices_of_array(PG_GETARG_ARRAYTYPE_P(2), "intake", &count);
	landing = trace_find_landing(&trace, resolved_at,
								 labels_listed(trace_labels(&trace), trace.nlabels, intake, count));
	if (landing == LANDING_NONE)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(names[landing]));
}

typedef enum Direction
{
	DIRECTION_OTHER,
	DIRECTION_IN,
	DIRECTION_OUT
} Direction;

/* The direction that each label of a trace is. */
static Direction *
directions_of(const Trace *trace)
{
	uint32 in = trace_number_of_label(trace, slice_of_string("in"));
	uint32 out = trace_number_of_label(trace, slice_of_string("out"));
	Direction *directions = palloc(trace->nlabels * sizeof(Direction));
	uint32 i;

	for (i = 0; i < trace->nlabels; i++)
		directions[i] = i == in ? DIRECTION_IN : i == out ? DIRECTION_OUT : DIRECTION_OTHER;
	return directions;
}

static int32
count_messages(FunctionCallInfo fcinfo, Direction wanted)
{
	Direction *directions;
	Trace trace;
	int32 count = 0;
	uint32 i;

	PG_GETARG_TRACE(0, &trace);
	directions = directions_of(&trace);
	for (i = 0; i < trace.nevents; i++)
		count += directions[trace_index(&trace, i)] == wanted;
	return count;
}

Datum
trace_messages_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(count_messages(fcinfo, DIRECTION_IN));
}

Datum
trace_messages_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(count_messages(fcinfo, DIRECTION_OUT));
}

Datum
trace_turns(PG_FUNCTION_ARGS)
{
	Direction *directions;
	Direction last = DIRECTION_OTHER;
	Trace trace;
	int32 turns = 0;
	uint32 i;

	PG_GETARG_TRACE(0, &trace);
	directions = directions_of(&trace);
	for (i = 0; i < trace.nevents; i++)
	{
		Direction direction = directions[trace_index(&trace, i)];

		if (direction == DIRECTION_OTHER)
			continue;
		turns += last != DIRECTION_OTHER && direction != last;
		last = direction;
	}
	PG_RETURN_INT32(turns);
}
