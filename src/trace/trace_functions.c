/*
 * What can be asked of a trace.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/instant.h"
#include "base/sql_values.h"
#include "trace/trace_fmgr.h"

TM_FUNCTION(trace_from_arrays);
TM_FUNCTION(trace_length);
TM_FUNCTION(trace_start);
TM_FUNCTION(trace_end);
TM_FUNCTION(trace_duration);
TM_FUNCTION(trace_variant);
TM_FUNCTION(trace_variant_source);
TM_FUNCTION(trace_activities);
TM_FUNCTION(trace_collapse);
TM_FUNCTION(trace_breaks);
TM_FUNCTION(trace_events);
TM_FUNCTION(trace_steps);

pg_noreturn static void
bad_arrays(const char *what, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", what), errhint("%s", hint)));
	pg_unreachable();
}

/* Takes the times out of an array, checked for what a trace needs. */
static Datum *
times_of_array(ArrayType *array, uint32 count)
{
	Datum *times;
	bool *nulls;
	int n;
	int i;

	deconstruct_array(array, TIMESTAMPTZOID, sizeof(TimestampTz), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &times, &nulls, &n);
	if ((uint32) n != count)
		bad_arrays("activities and at must have the same number of elements",
				   "Each event is an activity and its time.");
	for (i = 0; i < n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("at must not contain nulls")));
		instant_check_finite(DatumGetTimestampTz(times[i]));
		if (i > 0 && DatumGetTimestampTz(times[i]) < DatumGetTimestampTz(times[i - 1]))
			bad_arrays(psprintf("event %d is earlier than the one before it", i + 1),
					   "Order both arrays by time, or use trace_agg(), which sorts.");
	}
	return times;
}

/* Makes a trace of events in the order given. */
Datum
trace_from_arrays(PG_FUNCTION_ARGS)
{
	uint32 count;
	Label *activities = slices_of_array(PG_GETARG_ARRAYTYPE_P(0), "activities", &count);
	Datum *times = times_of_array(PG_GETARG_ARRAYTYPE_P(1), count);
	LabelTable *labels = label_table_create();
	TraceEvent *events;
	uint32 i;

	if (count == 0)
		bad_arrays("a trace has at least one event", "Use NULL for a case without events.");
	trace_check_event_count(count);
	events = palloc0(count * sizeof(TraceEvent));
	for (i = 0; i < count; i++)
	{
		label_check_length(activities[i].length);
		events[i].at = DatumGetTimestampTz(times[i]);
		events[i].label = label_table_add(labels, activities[i]);
	}
	trace_check_label_count(labels->count);
	PG_RETURN_POINTER(trace_build(events, count, labels->labels, labels->count, false));
}

Datum
trace_length(PG_FUNCTION_ARGS)
{
	Trace trace;

	PG_GETARG_TRACE_HEADER(0, &trace);
	PG_RETURN_INT32((int32) trace.nevents);
}

Datum
trace_start(PG_FUNCTION_ARGS)
{
	Trace trace;

	PG_GETARG_TRACE_HEADER(0, &trace);
	PG_RETURN_TIMESTAMPTZ(trace.start);
}

Datum
trace_end(PG_FUNCTION_ARGS)
{
	Trace trace;

	PG_GETARG_TRACE_EVENTS(0, &trace);
	PG_RETURN_TIMESTAMPTZ(trace_last_at(&trace));
}

Datum
trace_duration(PG_FUNCTION_ARGS)
{
	Trace trace;

	PG_GETARG_TRACE_EVENTS(0, &trace);
	return interval_of_duration((uint64) trace_last_at(&trace) - (uint64) trace.start);
}

Datum
trace_variant(PG_FUNCTION_ARGS)
{
	Trace trace;

	PG_GETARG_TRACE_EVENTS(0, &trace);
	PG_RETURN_INT64((int64) trace_variant_hash(&trace));
}

Datum
trace_variant_source(PG_FUNCTION_ARGS)
{
	Trace trace;
	Label bytes;

	PG_GETARG_TRACE_EVENTS(0, &trace);
	bytes = trace_variant_bytes(&trace);
	PG_RETURN_BYTEA_P(cstring_to_text_with_len(bytes.bytes, (int) bytes.length));
}

Datum
trace_activities(PG_FUNCTION_ARGS)
{
	Trace trace;
	Datum *texts;
	Datum *activities;
	uint32 i;

	PG_GETARG_TRACE(0, &trace);
	texts = labels_to_texts(trace_labels(&trace), trace.nlabels);
	activities = palloc(trace.nevents * sizeof(Datum));
	for (i = 0; i < trace.nevents; i++)
		activities[i] = texts[trace_index(&trace, i)];
	PG_RETURN_ARRAYTYPE_P(
		construct_array(activities, (int) trace.nevents, TEXTOID, -1, false, TYPALIGN_INT));
}

/* Copies the events, except those that repeat the one right before them. */
static uint32
collapse(const Trace *trace, TraceEvent *events)
{
	TraceCursor cursor = trace_first(trace);
	uint32 count = 0;

	do
	{
		bool break_before = trace_break_before(trace, cursor.event);

		if (count > 0 && events[count - 1].label == cursor.label && !break_before)
			continue;
		events[count].at = cursor.at;
		events[count].label = cursor.label;
		events[count++].break_before = break_before;
	} while (trace_next(&cursor));
	return count;
}

Datum
trace_collapse(PG_FUNCTION_ARGS)
{
	Trace trace;
	TraceEvent *events;
	uint32 count;

	PG_GETARG_TRACE(0, &trace);
	events = palloc0(trace.nevents * sizeof(TraceEvent));
	count = collapse(&trace, events);
	PG_RETURN_POINTER(trace_build(events, count, trace_labels(&trace), trace.nlabels,
								  trace_break_before(&trace, trace.nevents)));
}

Datum
trace_breaks(PG_FUNCTION_ARGS)
{
	Trace trace;
	Datum *numbers;
	int count = 0;
	uint32 i;

	PG_GETARG_TRACE_EVENTS(0, &trace);
	if (trace.breaks == NULL)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(INT4OID));
	numbers = palloc((trace.nevents + 1) * sizeof(Datum));
	for (i = 0; i <= trace.nevents; i++)
		if (trace_break_before(&trace, i))
			numbers[count++] = Int32GetDatum((int32) i + 1);
	PG_RETURN_ARRAYTYPE_P(
		construct_array(numbers, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

Datum
trace_events(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Trace trace;
	TraceCursor cursor;
	Datum *texts;

	PG_GETARG_TRACE(0, &trace);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	texts = labels_to_texts(trace_labels(&trace), trace.nlabels);
	cursor = trace_first(&trace);
	do
	{
		Datum values[3] = {Int32GetDatum((int32) cursor.event + 1), texts[cursor.label],
						   TimestampTzGetDatum(cursor.at)};
		bool nulls[3] = {false};

		CHECK_FOR_INTERRUPTS();
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	} while (trace_next(&cursor));
	return (Datum) 0;
}

/* Adds a row for the step from one event to the next. */
static void
put_step(ReturnSetInfo *result, int32 step_no, const TraceCursor *from, const TraceCursor *to,
		 const Datum *texts)
{
	Datum values[6] = {Int32GetDatum(step_no),
					   texts[from->label],
					   texts[to->label],
					   TimestampTzGetDatum(from->at),
					   TimestampTzGetDatum(to->at),
					   interval_of_duration((uint64) to->at - (uint64) from->at)};
	bool nulls[6] = {false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	pfree(DatumGetPointer(values[5]));
}

Datum
trace_steps(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Trace trace;
	TraceCursor from;
	TraceCursor to;
	Datum *texts;
	int32 step_no = 0;

	PG_GETARG_TRACE(0, &trace);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	texts = labels_to_texts(trace_labels(&trace), trace.nlabels);
	from = trace_first(&trace);
	for (to = from; trace_next(&to); from = to)
	{
		CHECK_FOR_INTERRUPTS();
		if (!trace_break_before(&trace, to.event))
			put_step(result, ++step_no, &from, &to, texts);
	}
	return (Datum) 0;
}
