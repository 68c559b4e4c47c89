/*
 * Filters between SQL and C.
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/builtins.h"

#include "base/sql_values.h"
#include "filter/filter_arguments.h"
#include "trace/trace_fmgr.h"

void
part_argument(FunctionCallInfo fcinfo, int n, TracePart *part)
{
	Trace trace;

	PG_GETARG_TRACE(n, &trace);
	part_open(part, &trace);
}

Datum
part_result(FunctionCallInfo fcinfo, const TracePart *part)
{
	if (part->count == 0)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(part_build(part));
}

bool *
list_argument(FunctionCallInfo fcinfo, int n, const char *name, const TracePart *part)
{
	uint32 count;
	Label *list = slices_of_array(PG_GETARG_ARRAYTYPE_P(n), name, &count);

	return labels_listed(part->labels, part->nlabels, list, count);
}

Period
period_arguments(FunctionCallInfo fcinfo, int n)
{
	Period period = {PG_GETARG_TIMESTAMPTZ(n), PG_GETARG_TIMESTAMPTZ(n + 1)};

	if (period.from_at > period.to_at)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("from_at must not be later than to_at"),
						errhint("A period goes from from_at on, up to but without to_at.")));
	return period;
}

Which
which_argument(FunctionCallInfo fcinfo, int n, const char *name)
{
	char *which = text_to_cstring(PG_GETARG_TEXT_PP(n));

	if (strcmp(which, "first") == 0)
		return WHICH_FIRST;
	if (strcmp(which, "last") == 0)
		return WHICH_LAST;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("%s must be first or last, not \"%s\"", name, which)));
	return WHICH_FIRST;
}

/* An interval in microseconds: days have 24 hours, and months no length of their own. */
static int64
microseconds_of_interval(const Interval *interval, const char *name)
{
	int64 days;
	int64 microseconds;

	if (interval->month != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be in days and hours, not in months or years", name),
						errhint("Months differ in length; say for instance 30 days.")));
	if (pg_mul_s64_overflow(interval->day, USECS_PER_DAY, &days) ||
		pg_add_s64_overflow(days, interval->time, &microseconds))
		ereport(ERROR, (errcode(ERRCODE_INTERVAL_FIELD_OVERFLOW),
						errmsg("%s is longer than any two times are apart", name)));
	return microseconds;
}

Bounds
bounds_arguments(FunctionCallInfo fcinfo, int n)
{
	Bounds bounds = {0, PG_UINT64_MAX};

	if (!PG_ARGISNULL(n))
		bounds.least =
			(uint64) Max(0, microseconds_of_interval(PG_GETARG_INTERVAL_P(n), "at_least"));
	if (!PG_ARGISNULL(n + 1))
	{
		int64 most = microseconds_of_interval(PG_GETARG_INTERVAL_P(n + 1), "at_most");

		bounds.most = (uint64) Max(0, most);
		if (most < 0)
			bounds.least = PG_UINT64_MAX;
	}
	return bounds;
}
