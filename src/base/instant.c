/*
 * Dates and times in text: ISO 8601, instants in UTC. The calendar is the proleptic Gregorian
 * one, counted in eras of 400 years that begin on 1 March.
 */
#include "postgres.h"

#include "base/instant.h"

#define DAYS_OF_ERA 146097          /* 400 years */
#define DAYS_MARCH_0_TO_2000 730425 /* from 0000-03-01 to 2000-01-01 */

const char *const month_names[12] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
									 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static int64
floor_divide(int64 a, int64 b)
{
	return a / b - (a % b < 0);
}

int64
days_of_date(int64 year, int month, int day)
{
	int64 years = month <= 2 ? year - 1 : year; /* years begin in March */
	int64 era = floor_divide(years, 400);
	int64 year_of_era = years - era * 400;
	int64 day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return era * DAYS_OF_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
		   day_of_year - DAYS_MARCH_0_TO_2000;
}

void
date_of_days(int64 days, int64 *year, int *month, int *day)
{
	int64 since = days + DAYS_MARCH_0_TO_2000;
	int64 era = floor_divide(since, DAYS_OF_ERA);
	int64 day_of_era = since - era * DAYS_OF_ERA;
	int64 year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64 day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int march_month = (int) ((5 * day_of_year + 2) / 153);

	*day = (int) (day_of_year - (153 * march_month + 2) / 5 + 1);
	*month = march_month < 10 ? march_month + 3 : march_month - 9;
	*year = era * 400 + year_of_era + (*month <= 2);
}

/* True when a date is in the calendar: its days lead back to it. */
bool
days_of_real_date(int64 year, int month, int day, int64 *days)
{
	int64 real_year;
	int real_month;
	int real_day;

	*days = days_of_date(year, month, day);
	date_of_days(*days, &real_year, &real_month, &real_day);
	return real_month == month && real_day == day;
}

int
fraction_out(char *out, int64 microseconds)
{
	int length = 0;

	if (microseconds != 0)
		length = sprintf(out, ".%06d", (int) microseconds);
	while (length > 0 && out[length - 1] == '0')
		length--;
	out[length] = '\0';
	return length;
}

int
instant_out(char *out, TimestampTz at)
{
	int64 days = floor_divide(at, USECS_PER_DAY);
	int64 time = at - days * USECS_PER_DAY;
	int second_of_day = (int) (time / USECS_PER_SEC);
	int64 year;
	int month;
	int day;
	int length;

	date_of_days(days, &year, &month, &day);
	length = sprintf(out, "%04d-%02d-%02dT%02d:%02d:%02d", (int) (year > 0 ? year : 1 - year),
					 month, day, second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
	length += fraction_out(out + length, time % USECS_PER_SEC);
	return length + sprintf(out + length, year > 0 ? "Z" : "ZBC");
}

/* Reads an integer of exactly two digits, within limits. */
static bool
two_digits_in(Cursor *cursor, const char *what, int low, int high, int *value)
{
	const char *p = cursor->pos;

	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return cursor_fault(cursor, "expected two digits of the %s", what);
	*value = (p[0] - '0') * 10 + (p[1] - '0');
	if (*value < low || *value > high)
		return cursor_fault(cursor, "%s %d is out of range", what, *value);
	cursor->pos += 2;
	return true;
}

bool
fraction_in(Cursor *cursor, const char *what, int64 *microseconds)
{
	int64 unit = USECS_PER_SEC / 10;

	*microseconds = 0;
	if (!cursor_is_digit(cursor))
		return cursor_fault(cursor, "expected a digit of the second's fraction");
	for (; cursor_is_digit(cursor); cursor->pos++, unit /= 10)
	{
		if (unit == 0)
			return cursor_fault(cursor, "%s has more than six digits of a second", what);
		*microseconds += (*cursor->pos - '0') * unit;
	}
	return true;
}

bool
iso_clock_in(Cursor *cursor, int64 *microseconds)
{
	int hour;
	int minute;
	int second;

	if (!two_digits_in(cursor, "hour", 0, 23, &hour) || !cursor_expect(cursor, ':') ||
		!two_digits_in(cursor, "minute", 0, 59, &minute) || !cursor_expect(cursor, ':') ||
		!two_digits_in(cursor, "second", 0, 59, &second))
		return false;
	*microseconds = ((hour * 60 + minute) * 60 + second) * USECS_PER_SEC;
	return true;
}

/* Reads a clock, and a fraction if there is one. */
static bool
time_in(Cursor *cursor, int64 *time)
{
	int64 fraction = 0;

	if (!iso_clock_in(cursor, time) ||
		(cursor_accept(cursor, '.') && !fraction_in(cursor, "time", &fraction)))
		return false;
	*time += fraction;
	return true;
}

/* Reads Z, +hh or +hh:mm. */
static bool
offset_in(Cursor *cursor, int64 *offset)
{
	int sign = *cursor->pos == '-' ? -1 : 1;
	int hours;
	int minutes = 0;

	*offset = 0;
	if (cursor_accept(cursor, 'Z'))
		return true;
	if (!cursor_accept(cursor, '+') && !cursor_accept(cursor, '-'))
		return cursor_fault(cursor, "time has no offset such as Z or +01:00");
	if (!two_digits_in(cursor, "offset", 0, 15, &hours) ||
		(cursor_accept(cursor, ':') && !two_digits_in(cursor, "offset", 0, 59, &minutes)))
		return false;
	*offset = sign * (hours * 60 + minutes) * USECS_PER_MINUTE;
	return true;
}

bool
iso_date_in(Cursor *cursor, int64 *year, int *month, int *day)
{
	const char *first = cursor->pos;
	uint64 number;

	*year = 0;
	if (!cursor_uint(cursor, "a year", 999999, &number))
		return false;
	if (cursor->pos - first < 4 || number == 0)
	{
		cursor->pos = first;
		return cursor_fault(cursor, "expected a year of at least four digits, above 0000");
	}
	*year = (int64) number;
	return cursor_expect(cursor, '-') && two_digits_in(cursor, "month", 1, 12, month) &&
		   cursor_expect(cursor, '-') && two_digits_in(cursor, "day", 1, 31, day);
}

bool
month_in(Cursor *cursor, int *month)
{
	for (*month = 1; *month <= 12; (*month)++)
	{
		const char *name = month_names[*month - 1];
		const char *pos = cursor->pos;

		if (pos[0] == name[0] && pos[1] == name[1] && pos[2] == name[2])
		{
			cursor->pos += 3;
			return true;
		}
	}
	return cursor_fault(cursor, "expected a month: Jan, Feb, Mar, ...");
}

bool
instant_in(Cursor *cursor, TimestampTz *at)
{
	const char *first = cursor->pos;
	int64 year;
	int month;
	int day;
	int64 days;
	int64 time;
	int64 offset;

	if (!iso_date_in(cursor, &year, &month, &day) || !cursor_expect(cursor, 'T') ||
		!time_in(cursor, &time) || !offset_in(cursor, &offset))
		return false;
	if (cursor->pos[0] == 'B' && cursor->pos[1] == 'C')
	{
		cursor->pos += 2;
		year = 1 - year;
	}
	if (days_of_real_date(year, month, day, &days) && days > -3000000 &&
		days <= END_TIMESTAMP / USECS_PER_DAY)
	{
		*at = days * USECS_PER_DAY + time - offset;
		if (IS_VALID_TIMESTAMP(*at))
			return true;
	}
	cursor->pos = first;
	return cursor_fault(cursor, "time is out of range");
}

void
instant_infinite(void)
{
	ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					errmsg("the time of an event cannot be infinite"),
					errhint("Leave such rows out, or give them the time at which they happened.")));
	pg_unreachable();
}
