/*
 * Times of SQL Server as FreeTDS writes them.
 */
#include "postgres.h"

#include "base/instant.h"
#include "nsp/tds_time.h"

#define TDS_FRACTION_DIGITS 9

static bool
month_in(Cursor *cursor, int *month)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *pos = cursor->pos;

	for (*month = 1; *month <= 12; (*month)++)
	{
		const char *name = names + 3 * (*month - 1);

		if (pos[0] == name[0] && pos[1] == name[1] && pos[2] == name[2])
		{
			cursor->pos += 3;
			return true;
		}
	}
	return cursor_fault(cursor, "expected an English month such as \"Mar\"");
}

/* A number between two limits. Inlined, since they are constants: it is used seven times a row. */
static pg_attribute_always_inline bool
number_in(Cursor *cursor, const char *what, uint64 least, uint64 most, int64 *value)
{
	uint64 number;

	*value = 0;
	if (!cursor_uint(cursor, what, most, &number))
		return false;
	if (number < least)
		return cursor_fault(cursor, "%s is below " UINT64_FORMAT, what, least);
	*value = (int64) number;
	return true;
}

/* The fraction of a second in microseconds, rounded: up to a whole second. */
static int64
fraction_in(Cursor *cursor)
{
	int64 nanoseconds = 0;
	int digits;

	for (digits = 0; cursor_is_digit(cursor) && digits < TDS_FRACTION_DIGITS; digits++)
		nanoseconds = nanoseconds * 10 + (*cursor->pos++ - '0');
	for (; digits < TDS_FRACTION_DIGITS; digits++)
		nanoseconds *= 10;
	return (nanoseconds + 500) / 1000;
}

/* The hour of a clock of 12, and "AM" or "PM" in hour 12 and before noon. */
static bool
half_day_in(Cursor *cursor, int64 *hour)
{
	bool is_afternoon = *cursor->pos == 'P';

	if (!is_afternoon && *cursor->pos != 'A')
		return cursor_fault(cursor, "expected \"AM\" or \"PM\"");
	cursor->pos++;
	*hour = *hour % 12 + (is_afternoon ? 12 : 0);
	return cursor_expect(cursor, 'M');
}

static bool
date_in(Cursor *cursor, int64 *days)
{
	int month;
	int64 day;
	int64 year;

	if (!month_in(cursor, &month) || !cursor_expect_space(cursor) ||
		!number_in(cursor, "day", 1, 31, &day) || !cursor_expect_space(cursor) ||
		!number_in(cursor, "year", 1, 9999, &year))
		return false;
	*days = days_of_date(year, month, (int) day);
	return date_exists(*days, month, (int) day) || cursor_fault(cursor, "there is no such day");
}

static bool
clock_in(Cursor *cursor, int64 *microseconds)
{
	int64 hour;
	int64 minute;
	int64 second;
	int64 fraction;

	if (!number_in(cursor, "hour", 1, 12, &hour) || !cursor_expect(cursor, ':') ||
		!number_in(cursor, "minute", 0, 59, &minute) || !cursor_expect(cursor, ':') ||
		!number_in(cursor, "second", 0, 59, &second) || !cursor_expect(cursor, ':'))
		return false;
	fraction = fraction_in(cursor);
	if (!half_day_in(cursor, &hour))
		return false;
	*microseconds = ((hour * 60 + minute) * 60 + second) * USECS_PER_SEC + fraction;
	return true;
}

static bool
iso_date_in(Cursor *cursor, int64 *days)
{
	int64 year;
	int64 month;
	int64 day;

	if (!number_in(cursor, "year", 1, 9999, &year) || !cursor_expect(cursor, '-') ||
		!number_in(cursor, "month", 1, 12, &month) || !cursor_expect(cursor, '-') ||
		!number_in(cursor, "day", 1, 31, &day))
		return false;
	*days = days_of_date(year, (int) month, (int) day);
	return date_exists(*days, (int) month, (int) day) ||
		   cursor_fault(cursor, "there is no such day");
}

static bool
iso_clock_in(Cursor *cursor, int64 *microseconds)
{
	int64 hour;
	int64 minute;
	int64 second;

	if (!number_in(cursor, "hour", 0, 23, &hour) || !cursor_expect(cursor, ':') ||
		!number_in(cursor, "minute", 0, 59, &minute) || !cursor_expect(cursor, ':') ||
		!number_in(cursor, "second", 0, 59, &second))
		return false;
	*microseconds = ((hour * 60 + minute) * 60 + second) * USECS_PER_SEC;
	if (cursor_accept(cursor, '.'))
		*microseconds += fraction_in(cursor);
	return true;
}

/* A date, and a clock if there is one; the zone is UTC, said or not. */
static bool
iso_in(Cursor *cursor, int64 *days, int64 *microseconds)
{
	*microseconds = 0;
	if (!iso_date_in(cursor, days))
		return false;
	if ((cursor_accept(cursor, ' ') || cursor_accept(cursor, 'T')) &&
		!iso_clock_in(cursor, microseconds))
		return false;
	if (strcmp(cursor->pos, "+00") == 0)
		cursor->pos += 3;
	return true;
}

static bool
freetds_in(Cursor *cursor, int64 *days, int64 *microseconds)
{
	return date_in(cursor, days) && cursor_expect_space(cursor) && clock_in(cursor, microseconds);
}

/*
 * Rounding carries over into the next day, but not into the next year: what ends
 * a year means its end, and that of 9999 the end of all time.
 */
static int64
within_year(int64 days, int64 microseconds)
{
	int64 year;
	int month;
	int day;

	if (likely(microseconds < USECS_PER_DAY))
		return microseconds;
	date_of_days(days, &year, &month, &day);
	return month == 12 && day == 31 ? USECS_PER_DAY - 1 : microseconds;
}

bool
tds_time_in(Cursor *cursor, Timestamp *at)
{
	int64 days;
	int64 microseconds;

	if (!(cursor_is_digit(cursor) ? iso_in : freetds_in)(cursor, &days, &microseconds))
		return false;
	*at = days * USECS_PER_DAY + within_year(days, microseconds);
	return *cursor->pos == '\0' || cursor_fault(cursor, "expected nothing more");
}
