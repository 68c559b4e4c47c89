/*
 * business_calendar as a type.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "compat.h"

#include "base/instant.h"
#include "base/sql_values.h"
#include "base/stored.h"
#include "calendar/calendar_fmgr.h"

TM_FUNCTION(business_calendar_in);
TM_FUNCTION(business_calendar_out);
TM_FUNCTION(business_calendar_recv);
TM_FUNCTION(business_calendar_send);
TM_FUNCTION(business_calendar_add_holidays);

TM_STORED_COMPARISONS(business_calendar);

static bool
check_size(size_t size, Fault *fault)
{
	return size <= CALENDAR_MAX_BYTES ||
		   fault_limit(fault, "business_calendar", "bytes", size, CALENDAR_MAX_BYTES,
					   "Join single dates to ranges, as in 2023 Jul 03-2023 Jul 16.");
}

/* The stored form of a calendar. */
static struct varlena *
stored_form(const Calendar *calendar, Fault *fault)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	appendStringInfoChar(&out, CALENDAR_VERSION);
	calendar_print(calendar, &out);
	if (!check_size((size_t) out.len - VARHDRSZ, fault))
		return NULL;
	SET_VARSIZE(out.data, out.len);
	return (struct varlena *) out.data;
}

static struct varlena *
parse_to_stored(const char *text, Fault *fault)
{
	Calendar *calendar = calendar_parse(text, fault);

	return calendar == NULL ? NULL : stored_form(calendar, fault);
}

/* The text in a stored value. */
static char *
text_of(const struct varlena *value)
{
	return pnstrdup(VARDATA_ANY(value) + 1, VARSIZE_ANY_EXHDR(value) - 1);
}

Calendar *
calendar_check_normal(const char *text, size_t length, Fault *fault)
{
	Calendar *calendar;
	StringInfoData normal;

	if (!check_size(length, fault))
		return NULL;
	if (pg_encoding_verifymbstr(PG_UTF8, text, (int) length) != (int) length)
		return fault_at(fault, 1, "text is not valid UTF-8"), NULL;
	calendar = calendar_parse(pnstrdup(text, length), fault);
	if (calendar == NULL)
		return NULL;
	initStringInfo(&normal);
	calendar_print(calendar, &normal);
	if ((size_t) normal.len != length || memcmp(normal.data, text, length) != 0)
		return fault_at(fault, 1, "calendar is not in the normal form"), NULL;
	return calendar;
}

/* The calendar of a stored value. */
static Calendar *
check_stored(const struct varlena *value, Fault *fault)
{
	if (VARSIZE_ANY_EXHDR(value) < 2 || VARDATA_ANY(value)[0] != CALENDAR_VERSION)
		return fault_at(fault, 0, "format version is not known"), NULL;
	return calendar_check_normal(VARDATA_ANY(value) + 1, VARSIZE_ANY_EXHDR(value) - 1, fault);
}

Datum
business_calendar_in(PG_FUNCTION_ARGS)
{
	char *literal = PG_GETARG_CSTRING(0);
	Fault fault;
	struct varlena *value = parse_to_stored(literal, &fault);

	if (value == NULL)
		return fault_report_literal(&fault, "business_calendar", literal, TM_ESCONTEXT(fcinfo));
	PG_RETURN_POINTER(value);
}

static struct varlena *
checked_argument(FunctionCallInfo fcinfo)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	Fault fault;

	if (check_stored(value, &fault) == NULL)
		fault_throw_stored(&fault, "business_calendar");
	return value;
}

Datum
business_calendar_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(text_of(checked_argument(fcinfo)));
}

Datum
business_calendar_recv(PG_FUNCTION_ARGS)
{
	struct varlena *value = stored_receive(fcinfo);
	Fault fault;

	if (check_stored(value, &fault) == NULL)
		fault_throw_received(&fault, "business_calendar");
	PG_RETURN_POINTER(value);
}

Datum
business_calendar_send(PG_FUNCTION_ARGS)
{
	return stored_send(checked_argument(fcinfo));
}

static void *
make_schedule(struct varlena *value)
{
	Fault fault;
	Calendar *calendar = check_stored(value, &fault);

	if (calendar == NULL)
		fault_throw_stored(&fault, "business_calendar");
	return schedule_create(calendar);
}

Schedule *
kept_schedule(Kept *kept, MemoryContext parent, const struct varlena *value)
{
	return kept_get(kept, parent, value, make_schedule);
}

static int
compare_dates(const void *a, const void *b)
{
	DateADT x = DatumGetDateADT(*(const Datum *) a);
	DateADT y = DatumGetDateADT(*(const Datum *) b);

	return x < y ? -1 : x > y;
}

/* Appends a rule that closes a date. */
static void
append_closed_day(StringInfo text, DateADT date)
{
	if (date < days_of_date(CALENDAR_FIRST_YEAR, 1, 1) ||
		date >= days_of_date(CALENDAR_LAST_YEAR + 1, 1, 1))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("holiday is outside the years of a business calendar, %d to %d",
							   CALENDAR_FIRST_YEAR, CALENDAR_LAST_YEAR)));
	appendStringInfoString(text, "; ");
	calendar_print_date(date, text);
	appendStringInfoString(text, " off");
}

Datum
business_calendar_add_holidays(PG_FUNCTION_ARGS)
{
	struct varlena *value = checked_argument(fcinfo);
	Datum *dates;
	bool *nulls;
	int count;
	int i;
	StringInfoData text;
	Fault fault;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), DATEOID, sizeof(DateADT), true, TYPALIGN_INT,
					  &dates, &nulls, &count);
	for (i = 0; i < count; i++)
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("holidays must not contain nulls")));
	qsort(dates, (size_t) count, sizeof(Datum), compare_dates);
	initStringInfo(&text);
	appendStringInfoString(&text, text_of(value));
	for (i = 0; i < count; i++)
		if (i == 0 || DatumGetDateADT(dates[i]) != DatumGetDateADT(dates[i - 1]))
			append_closed_day(&text, DatumGetDateADT(dates[i]));
	value = parse_to_stored(text.data, &fault);
	if (value == NULL)
		fault_throw_stored(&fault, "business_calendar");
	PG_RETURN_POINTER(value);
}
