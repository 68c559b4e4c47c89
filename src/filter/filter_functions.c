/*
 * Filters and predicates of traces in SQL.
 */
#include "postgres.h"

#include "base/sql_values.h"
#include "filter/filter_arguments.h"
#include "pattern/pattern_fmgr.h"
#include "trace/trace_fmgr.h"

TM_FUNCTION(trace_keep);
TM_FUNCTION(trace_drop);
TM_FUNCTION(trace_mask);
TM_FUNCTION(trace_crop);
TM_FUNCTION(trace_crop_match);
TM_FUNCTION(trace_between);
TM_FUNCTION(trace_has_any);
TM_FUNCTION(trace_starts_with);
TM_FUNCTION(trace_ends_with);
TM_FUNCTION(trace_has_edge);
TM_FUNCTION(trace_starts_in);
TM_FUNCTION(trace_ends_in);
TM_FUNCTION(trace_contained_in);
TM_FUNCTION(trace_intersects);

/* A filter by a list of activities. */
static Datum
filter_by_list(FunctionCallInfo fcinfo, void (*filter)(TracePart *part, const bool *listed))
{
	TracePart part;

	part_argument(fcinfo, 0, &part);
	filter(&part, list_argument(fcinfo, 1, "activities", &part));
	return part_result(fcinfo, &part);
}

Datum
trace_keep(PG_FUNCTION_ARGS)
{
	return filter_by_list(fcinfo, part_keep);
}

Datum
trace_drop(PG_FUNCTION_ARGS)
{
	return filter_by_list(fcinfo, part_drop);
}

Datum
trace_mask(PG_FUNCTION_ARGS)
{
	return filter_by_list(fcinfo, part_mask);
}

/* One end of a piece: a list, or NULL, and which of its events. */
static CropEnd
crop_end_arguments(FunctionCallInfo fcinfo, int list, int which, const TracePart *part)
{
	static const char *const names[] = {"trace", "from_activities", "to_activities", "from_which",
										"to_which"};
	CropEnd end = {NULL, which_argument(fcinfo, which, names[which])};

	if (!PG_ARGISNULL(list))
		end.listed = list_argument(fcinfo, list, names[list], part);
	return end;
}

Datum
trace_crop(PG_FUNCTION_ARGS)
{
	TracePart part;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(3) || PG_ARGISNULL(4))
		PG_RETURN_NULL();
	part_argument(fcinfo, 0, &part);
	part_crop(&part, crop_end_arguments(fcinfo, 1, 3, &part),
			  crop_end_arguments(fcinfo, 2, 4, &part));
	return part_result(fcinfo, &part);
}

Datum
trace_crop_match(PG_FUNCTION_ARGS)
{
	Pattern *pattern = pattern_argument(fcinfo, 1);
	Which which = which_argument(fcinfo, 2, "which");
	Trace trace;
	TracePart part;
	PatternMatch match;

	PG_GETARG_TRACE(0, &trace);
	if (!(which == WHICH_FIRST ? pattern_first_match(pattern, &trace, &match)
							   : pattern_last_match(pattern, &trace, &match)))
		PG_RETURN_NULL();
	part_open(&part, &trace);
	part_cut(&part, match.first, match.last - match.first + 1);
	return part_result(fcinfo, &part);
}

Datum
trace_between(PG_FUNCTION_ARGS)
{
	TracePart part;

	part_argument(fcinfo, 0, &part);
	part_between(&part, period_arguments(fcinfo, 1));
	return part_result(fcinfo, &part);
}

/* A predicate by a list of activities. */
static Datum
holds_of_list(FunctionCallInfo fcinfo, bool (*holds)(const TracePart *part, const bool *listed))
{
	TracePart part;

	part_argument(fcinfo, 0, &part);
	PG_RETURN_BOOL(holds(&part, list_argument(fcinfo, 1, "activities", &part)));
}

Datum
trace_has_any(PG_FUNCTION_ARGS)
{
	return holds_of_list(fcinfo, part_has_any);
}

Datum
trace_starts_with(PG_FUNCTION_ARGS)
{
	return holds_of_list(fcinfo, part_starts_with);
}

Datum
trace_ends_with(PG_FUNCTION_ARGS)
{
	return holds_of_list(fcinfo, part_ends_with);
}

Datum
trace_has_edge(PG_FUNCTION_ARGS)
{
	TracePart part;
	Bounds duration;
	uint32 source;
	uint32 target;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	part_argument(fcinfo, 0, &part);
	duration = bounds_arguments(fcinfo, 3);
	source = label_search(part.labels, part.nlabels, slice_of_text(PG_GETARG_TEXT_PP(1)));
	target = label_search(part.labels, part.nlabels, slice_of_text(PG_GETARG_TEXT_PP(2)));
	PG_RETURN_BOOL(source < part.nlabels && target < part.nlabels &&
				   part_has_edge(&part, source, target, duration));
}

Datum
trace_starts_in(PG_FUNCTION_ARGS)
{
	Trace trace;

	PG_GETARG_TRACE_HEADER(0, &trace);
	PG_RETURN_BOOL(period_contains(period_arguments(fcinfo, 1), trace.start));
}

Datum
trace_ends_in(PG_FUNCTION_ARGS)
{
	Trace trace;

	PG_GETARG_TRACE_EVENTS(0, &trace);
	PG_RETURN_BOOL(period_contains(period_arguments(fcinfo, 1), trace_last_at(&trace)));
}

Datum
trace_contained_in(PG_FUNCTION_ARGS)
{
	Trace trace;

	PG_GETARG_TRACE_EVENTS(0, &trace);
	PG_RETURN_BOOL(
		period_contains_span(period_arguments(fcinfo, 1), trace.start, trace_last_at(&trace)));
}

Datum
trace_intersects(PG_FUNCTION_ARGS)
{
	Trace trace;

	PG_GETARG_TRACE_EVENTS(0, &trace);
	PG_RETURN_BOOL(
		period_intersects(period_arguments(fcinfo, 1), trace.start, trace_last_at(&trace)));
}
