/*
 * trace as a type: input and output, comparison, casts.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/instant.h"
#include "base/json.h"
#include "base/stored.h"
#include "trace/trace_fmgr.h"

TM_FUNCTION(trace_in);
TM_FUNCTION(trace_out);
TM_FUNCTION(trace_recv);
TM_FUNCTION(trace_send);
TM_FUNCTION(trace_to_jsonb);

Datum
trace_in(PG_FUNCTION_ARGS)
{
	char *literal = PG_GETARG_CSTRING(0);
	Fault fault;
	struct varlena *value = trace_from_text(literal, &fault);

	if (value == NULL)
		return fault_report_literal(&fault, "trace", literal, TM_ESCONTEXT(fcinfo));
	PG_RETURN_POINTER(value);
}

Datum
trace_out(PG_FUNCTION_ARGS)
{
	Trace trace;

	PG_GETARG_TRACE(0, &trace);
	PG_RETURN_CSTRING(trace_to_text(&trace));
}

/* The binary form is the stored one: it is the same on every machine. */
Datum
trace_recv(PG_FUNCTION_ARGS)
{
	struct varlena *value = stored_receive(fcinfo);
	Trace trace;
	Fault fault;

	if (!trace_check(trace_bytes(value), VARSIZE_ANY_EXHDR(value), &trace, &fault))
		fault_throw_received(&fault, "trace");
	PG_RETURN_POINTER(value);
}

Datum
trace_send(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	Trace trace;

	trace_open(value, &trace);
	return stored_send(value);
}

TM_STORED_COMPARISONS(trace);

/* One event as an object. */
static void
push_event(JsonbParseState **state, const TraceCursor *cursor, const Label *labels)
{
	const Trace *trace = cursor->trace;
	char at[INSTANT_MAX_CHARS + 1];

	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	instant_out(at, cursor->at);
	json_slice(state, "activity", labels[cursor->label]);
	json_text(state, "at", pstrdup(at));
	if (trace_break_before(trace, cursor->event))
		json_true(state, "break_before");
	if (cursor->event == trace->nevents - 1 && trace_break_before(trace, trace->nevents))
		json_true(state, "break_after");
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

Datum
trace_to_jsonb(PG_FUNCTION_ARGS)
{
	JsonbParseState *state = NULL;
	JsonbValue *array;
	Trace trace;
	TraceCursor cursor;
	Label *labels;

	PG_GETARG_TRACE(0, &trace);
	labels = trace_labels(&trace);
	cursor = trace_first(&trace);
	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	do
	{
		CHECK_FOR_INTERRUPTS();
		push_event(&state, &cursor, labels);
	} while (trace_next(&cursor));
	array = pushJsonbValue(&state, WJB_END_ARRAY, NULL);
	PG_RETURN_JSONB_P(JsonbValueToJsonb(array));
}
