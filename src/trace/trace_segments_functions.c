/*
 * Segments and overlays in SQL.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"

#include "compat.h"

#include "base/instant.h"
#include "base/kept.h"
#include "base/sql_values.h"
#include "calendar/calendar_fmgr.h"
#include "trace/segment_map.h"
#include "trace/trace_fmgr.h"

TM_FUNCTION(trace_segments);
TM_FUNCTION(trace_time_in);
TM_FUNCTION(trace_overlay);

/* What is kept over the rows of a query. */
typedef enum KeptArgument
{
	KEPT_MAP,
	KEPT_SCHEDULE,
	KEPT_ARGUMENTS
} KeptArgument;

static void *
make_map(struct varlena *value)
{
	return segment_map_create((Jsonb *) value);
}

/* The map of segments of an argument. */
static const SegmentMap *
map_argument(FunctionCallInfo fcinfo, int n)
{
	return kept_get(&kept_of_call(fcinfo, KEPT_ARGUMENTS)[KEPT_MAP], fcinfo->flinfo->fn_mcxt,
					(struct varlena *) PG_GETARG_JSONB_P(n), make_map);
}

/* The schedule of a calendar argument; NULL where there is none. */
static Schedule *
schedule_argument(FunctionCallInfo fcinfo, int n)
{
	if (PG_NARGS() <= n || PG_ARGISNULL(n))
		return NULL;
	return kept_schedule(&kept_of_call(fcinfo, KEPT_ARGUMENTS)[KEPT_SCHEDULE],
						 fcinfo->flinfo->fn_mcxt, PG_GETARG_VARLENA_PP(n));
}

/* Until when time runs: as_of, or the last event. */
static TimestampTz
end_of_time(FunctionCallInfo fcinfo, int n, const Trace *trace)
{
	return PG_ARGISNULL(n) ? trace_last_at(trace) : finite_time_argument(fcinfo, n, "as_of");
}

static void
put_segment(ReturnSetInfo *result, const Segment *segment, const Datum *names, Schedule *schedule)
{
	Datum values[5] = {names[segment->segment], TimestampTzGetDatum(segment->from_at),
					   TimestampTzGetDatum(segment->to_at),
					   interval_of_duration((uint64) segment->to_at - (uint64) segment->from_at)};
	bool nulls[5] = {false};

	if (schedule == NULL)
		nulls[4] = true;
	else
		values[4] = interval_of_business_time(
			schedule_duration(schedule, segment->from_at, segment->to_at));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
trace_segments(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const SegmentMap *map;
	Schedule *schedule;
	Segment *found;
	Datum *names;
	Trace trace;
	uint32 count;
	uint32 i;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	PG_GETARG_TRACE(0, &trace);
	map = map_argument(fcinfo, 1);
	schedule = schedule_argument(fcinfo, 3);
	count = trace_find_segments(&trace, segment_map_apply(map, &trace), SEGMENT_UNKNOWN,
								end_of_time(fcinfo, 2, &trace), &found);
	names = labels_to_texts(map->segments->labels, map->segments->count);
	for (i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_segment(result, &found[i], names, schedule);
	}
	return (Datum) 0;
}

/* Segment 1 for the labels that are asked for, 0 for the others. */
static uint32 *
labels_asked_for(FunctionCallInfo fcinfo, const Trace *trace)
{
	uint32 count;
	Label *asked = slices_of_array(PG_GETARG_ARRAYTYPE_P(1), "activities", &count);
	bool *is_asked_for = labels_listed(trace_labels(trace), trace->nlabels, asked, count);
	uint32 *segment_of = palloc(trace->nlabels * sizeof(uint32));
	uint32 i;

	for (i = 0; i < trace->nlabels; i++)
		segment_of[i] = is_asked_for[i];
	return segment_of;
}

Datum
trace_time_in(PG_FUNCTION_ARGS)
{
	Schedule *schedule;
	Segment *found;
	Trace trace;
	uint64 sum = 0;
	uint32 count;
	uint32 i;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	PG_GETARG_TRACE(0, &trace);
	schedule = schedule_argument(fcinfo, 3);
	count = trace_find_segments(&trace, labels_asked_for(fcinfo, &trace), 0,
								end_of_time(fcinfo, 2, &trace), &found);
	for (i = 0; i < count; i++)
		if (found[i].segment == 1)
			sum += schedule != NULL
					   ? (uint64) schedule_duration(schedule, found[i].from_at, found[i].to_at)
					   : (uint64) found[i].to_at - (uint64) found[i].from_at;
	return schedule != NULL ? interval_of_business_time((int64) sum) : interval_of_duration(sum);
}

static void
put_overlay(ReturnSetInfo *result, const Overlay *piece, const Datum *a_texts, const Datum *b_texts)
{
	Datum values[4] = {a_texts[piece->a], (Datum) 0, TimestampTzGetDatum(piece->from_at),
					   TimestampTzGetDatum(piece->to_at)};
	bool nulls[4] = {false, piece->b == OVERLAY_NONE, false, false};

	if (piece->b != OVERLAY_NONE)
		values[1] = b_texts[piece->b];
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
trace_overlay(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	bool has_b = !PG_ARGISNULL(1);
	Overlay *found;
	Datum *a_texts;
	Datum *b_texts = NULL;
	Trace a;
	Trace b;
	uint32 count;
	uint32 i;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	PG_GETARG_TRACE(0, &a);
	a_texts = labels_to_texts(trace_labels(&a), a.nlabels);
	if (has_b)
	{
		PG_GETARG_TRACE(1, &b);
		b_texts = labels_to_texts(trace_labels(&b), b.nlabels);
	}
	count = trace_find_overlay(&a, has_b ? &b : NULL, end_of_time(fcinfo, 2, &a), &found);
	for (i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_overlay(result, &found[i], a_texts, b_texts);
	}
	return (Datum) 0;
}
