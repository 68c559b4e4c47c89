/*
 * Small values on their way from and to SQL.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "compat.h"

#include "base/sql_values.h"

Slice
slice_of_text(text *value)
{
	return (Slice){VARDATA_ANY(value), (uint32) VARSIZE_ANY_EXHDR(value)};
}

Datum
label_to_text(Label label)
{
	return PointerGetDatum(cstring_to_text_with_len(label.bytes, (int) label.length));
}

Datum *
labels_to_texts(const Label *labels, uint32 count)
{
	Datum *texts = palloc((count + 1) * sizeof(Datum));
	uint32 i;

	for (i = 0; i < count; i++)
		texts[i] = label_to_text(labels[i]);
	return texts;
}

Slice *
slices_of_array(ArrayType *array, const char *argument, uint32 *count)
{
	Datum *values;
	bool *nulls;
	int n;
	int i;
	Slice *slices;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &n);
	slices = palloc((n + 1) * sizeof(Slice));
	for (i = 0; i < n; i++)
	{
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("%s must not contain nulls", argument)));
		slices[i] = slice_of_text(DatumGetTextPP(values[i]));
	}
	*count = (uint32) n;
	return slices;
}

Datum
interval_of_duration(uint64 microseconds)
{
	Interval *interval = palloc(sizeof(Interval));

	interval->month = 0;
	interval->day = (int32) (microseconds / USECS_PER_DAY);
	interval->time = (int64) (microseconds % USECS_PER_DAY);
	return IntervalPGetDatum(interval);
}

Datum
interval_of_business_time(int64 microseconds)
{
	Interval *interval = palloc0(sizeof(Interval));

	interval->time = microseconds;
	return IntervalPGetDatum(interval);
}

TimestampTz
finite_time_argument(FunctionCallInfo fcinfo, int n, const char *name)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(n);

	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("%s cannot be infinite", name)));
	return at;
}

Datum
seconds_of_duration(const Wide *microseconds)
{
	Wide seconds = *microseconds;
	unsigned fraction = (unsigned) wide_divide(&seconds, USECS_PER_SEC);
	char digits[WIDE_MAX_DIGITS + 8];
	int length = wide_out(digits, &seconds);

	sprintf(digits + length, ".%06u", fraction);
	return DirectFunctionCall3(numeric_in, CStringGetDatum(digits), ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
}

void
aggregate_refuse_order_by(FunctionCallInfo fcinfo, const char *call)
{
	Aggref *aggref = AggGetAggref(fcinfo);

	if (aggref != NULL && aggref->aggorder != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("ORDER BY inside %s is not supported", call),
				 errdetail("Events are put in order of their time by the aggregate itself."),
				 errhint("Pass what decides between events of the same time, such as a row id, "
						 "as the last argument, seq: %s.",
						 call)));
}
