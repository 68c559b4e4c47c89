/*
 * Times of SQL Server as FreeTDS writes them.
 */
#include "postgres.h"

#include "base/instant.h"
#include "nsp/tds_time.h"

#define TDS_FRACTION_DIGITS 9
#define TDS_LAST_YEAR 9999

/* A number between two limits. Inlined, since they are constants: it is used five times a row. */
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
nanoseconds_in(Cursor *cursor)
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
real_day(Cursor *cursor, int64 year, int month, int day, int64 *days)
{
	return days_of_real_date(year, month, day, days) ||
		   cursor_fault(cursor, "there is no such day");
}

static bool
date_in(Cursor *cursor, int64 *days)
{
	int month;
	int64 day;
	int64 year;

	if (!month_in(cursor, &month) || !cursor_expect_space(cursor) ||
		!number_in(cursor, "day", 1, 31, &day) || !cursor_expect_space(cursor) ||
		!number_in(cursor, "year", 1, TDS_LAST_YEAR, &year))
		return false;
	return real_day(cursor, year, month, (int) day, days);
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
	fraction = nanoseconds_in(cursor);
	if (!half_day_in(cursor, &hour))
		return false;
	*microseconds = ((hour * 60 + minute) * 60 + second) * USECS_PER_SEC + fraction;
	return true;
}

static bool
rounded_clock_in(Cursor *cursor, int64 *microseconds)
{
	if (!iso_clock_in(cursor, microseconds))
		return false;
	if (cursor_accept(cursor, '.'))
		*microseconds += nanoseconds_in(cursor);
	return true;
}

/* A date, and a clock if there is one; the zone is UTC, said or not. */
static bool
iso_in(Cursor *cursor, int64 *days, int64 *microseconds)
{
	int64 year;
	int month;
	int day;

	*microseconds = 0;
	if (!iso_date_in(cursor, &year, &month, &day))
		return false;
	if (year > TDS_LAST_YEAR)
		return cursor_fault(cursor, "a year is above %d", TDS_LAST_YEAR);
	if (!real_day(cursor, year, month, day, days))
		return false;
	if ((cursor_accept(cursor, ' ') || cursor_accept(cursor, 'T')) &&
		!rounded_clock_in(cursor, microseconds))
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
