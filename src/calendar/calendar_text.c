/*
 * The text form of calendars.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/instant.h"
#include "calendar/calendar.h"
#include "calendar/holidays.h"

static const char *const weekday_names[] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};

#define WEEK 0x7f

/* ---- in ---- */

/* Reads the name of a weekday, Mo being 0; -1 where none comes next. */
static int
weekday_in(Cursor *cursor)
{
	int i;

	for (i = 0; i < 7; i++)
		if (strncmp(cursor->pos, weekday_names[i], 2) == 0)
		{
			cursor->pos += 2;
			return i;
		}
	return -1;
}

/* Reads hh:mm, up to 24:00. */
static bool
time_of_day_in(Cursor *cursor, int32 *minutes)
{
	const char *first = cursor->pos;
	uint64 hour;
	uint64 minute;

	if (!cursor_uint(cursor, "an hour", 24, &hour) || !cursor_expect(cursor, ':') ||
		!cursor_uint(cursor, "a minute", 59, &minute))
		return false;
	if (cursor->pos - first != 5 || (hour == 24 && minute != 0))
	{
		cursor->pos = first;
		return cursor_fault(cursor, "expected a time from 00:00 to 24:00");
	}
	*minutes = (int32) (hour * 60 + minute);
	return true;
}

/* Reads hh:mm-hh:mm, which ends on the next day if it does not end later. */
static bool
shift_in(Cursor *cursor, Shift *shift)
{
	const char *first = cursor->pos;

	if (!time_of_day_in(cursor, &shift->from) || !cursor_expect(cursor, '-') ||
		!time_of_day_in(cursor, &shift->to))
		return false;
	if (shift->from == shift->to || shift->from == MINUTES_PER_DAY)
	{
		cursor->pos = first;
		return cursor_fault(cursor, "a shift must have a length");
	}
	if (shift->to < shift->from)
		shift->to += MINUTES_PER_DAY;
	return true;
}

/* Reads shifts with commas between them, in order and apart. */
static bool
shifts_in(Cursor *cursor, Rule *rule)
{
	uint32 capacity = 4;
	int32 end = 0;

	rule->shifts = palloc(capacity * sizeof(Shift));
	do
	{
		const char *first;

		cursor_skip_space(cursor);
		first = cursor->pos;
		if (rule->nshifts == capacity)
			rule->shifts = repalloc(rule->shifts, (capacity *= 2) * sizeof(Shift));
		if (!shift_in(cursor, &rule->shifts[rule->nshifts]))
			return false;
		if (rule->nshifts > 0 && rule->shifts[rule->nshifts].from < end)
		{
			cursor->pos = first;
			return cursor_fault(cursor, "shift begins before the one before it has ended");
		}
		end = rule->shifts[rule->nshifts++].to;
		cursor_skip_space(cursor);
	} while (cursor_accept(cursor, ','));
	return true;
}

/* Reads Mo-Fr,Su. */
static bool
weekdays_in(Cursor *cursor, Rule *rule)
{
	rule->kind = RULE_WEEKDAYS;
	do
	{
		int first = weekday_in(cursor);
		int last = first;

		if (first < 0)
			return cursor_fault(cursor, "expected a weekday: Mo, Tu, We, Th, Fr, Sa, Su");
		if (cursor_accept(cursor, '-') && (last = weekday_in(cursor)) < 0)
			return cursor_fault(cursor, "expected a weekday: Mo, Tu, We, Th, Fr, Sa, Su");
		for (; first != last; first = (first + 1) % 7)
			rule->weekdays |= (uint8) (1 << first);
		rule->weekdays |= (uint8) (1 << last);
	} while (cursor_accept(cursor, ','));
	return true;
}

/* Reads Dec 24. */
static bool
month_and_day_in(Cursor *cursor, int *month, int *day)
{
	uint64 number;

	if (!month_in(cursor, month) || !cursor_expect_space(cursor) ||
		!cursor_uint(cursor, "a day of the month", 31, &number))
		return false;
	*day = (int) number;
	return true;
}

/* Reads 2023 Dec 24. */
static bool
date_in(Cursor *cursor, int32 *date)
{
	const char *first = cursor->pos;
	uint64 year;
	int month;
	int day;
	int64 days;

	if (!cursor_uint(cursor, "a year", CALENDAR_LAST_YEAR, &year) || !cursor_expect_space(cursor))
		return false;
	if (!month_and_day_in(cursor, &month, &day))
		return false;
	if (year >= CALENDAR_FIRST_YEAR && days_of_real_date((int64) year, month, day, &days))
	{
		*date = (int32) days;
		return true;
	}
	cursor->pos = first;
	return cursor_fault(cursor, "there is no such date from %d to %d", CALENDAR_FIRST_YEAR,
						CALENDAR_LAST_YEAR);
}

/* Reads one date, or two with - between them. */
static bool
dates_in(Cursor *cursor, Rule *rule)
{
	rule->kind = RULE_DATES;
	if (!date_in(cursor, &rule->first))
		return false;
	rule->last = rule->first;
	if (!cursor_accept(cursor, '-'))
		return true;
	if (!date_in(cursor, &rule->last))
		return false;
	return rule->last >= rule->first || cursor_fault(cursor, "dates are in the wrong order");
}

static bool
yearly_in(Cursor *cursor, Rule *rule)
{
	const char *first = cursor->pos;
	int64 ignored;

	rule->kind = RULE_YEARLY;
	if (!month_and_day_in(cursor, &rule->month, &rule->day))
		return false;
	if (days_of_real_date(2000, rule->month, rule->day, &ignored))
		return true;
	cursor->pos = first;
	return cursor_fault(cursor, "there is no such date");
}

/* Reads PH(DK), whose first two letters come next. */
static bool
holidays_in(Cursor *cursor, Rule *rule)
{
	rule->kind = RULE_HOLIDAYS;
	cursor->pos += 2;
	if (!cursor_expect(cursor, '('))
		return false;
	if (strncmp(cursor->pos, "DK)", 3) != 0)
		return cursor_fault(cursor, "holidays are known of the country DK only");
	cursor->pos += 3;
	return true;
}

/* Whether a month comes next. */
static bool
sees_month(const Cursor *cursor)
{
	Fault ignored;
	Cursor ahead = {cursor->start, cursor->pos, &ignored};
	int month;

	return month_in(&ahead, &month);
}

/* Reads the days that a rule is for. */
static bool
days_in(Cursor *cursor, Rule *rule)
{
	if (cursor_is_digit(cursor))
		return dates_in(cursor, rule);
	if (strncmp(cursor->pos, "PH", 2) == 0)
		return holidays_in(cursor, rule);
	return sees_month(cursor) ? yearly_in(cursor, rule) : weekdays_in(cursor, rule);
}

static void
always(Rule *rule)
{
	rule->kind = RULE_ALWAYS;
	rule->weekdays = WEEK;
	rule->nshifts = 1;
	rule->shifts = palloc(sizeof(Shift));
	rule->shifts[0].from = 0;
	rule->shifts[0].to = MINUTES_PER_DAY;
}

static bool
rule_in(Cursor *cursor, Rule *rule)
{
	memset(rule, 0, sizeof(Rule));
	if (strncmp(cursor->pos, "24/7", 4) == 0)
	{
		cursor->pos += 4;
		always(rule);
		return true;
	}
	if (!days_in(cursor, rule) || !cursor_expect_space(cursor))
		return false;
	if (strncmp(cursor->pos, "off", 3) != 0)
		return shifts_in(cursor, rule);
	cursor->pos += 3;
	return true;
}

/*
 * What is no name of a zone may still be read as an offset in the manner of
 * POSIX, even Europe/Copenhagen1. Its name is in capitals and has a digit;
 * the few zones of which that is true have better names.
 */
static bool
is_posix_zone(pg_tz *zone)
{
	const char *name = pg_get_timezone_name(zone);

	return strpbrk(name, "0123456789") != NULL &&
		   strpbrk(name, "abcdefghijklmnopqrstuvwxyz") == NULL;
}

/* The zone that a machine is set to is another one on the next machine. */
static bool
is_zone_of_machine(pg_tz *zone)
{
	const char *name = pg_get_timezone_name(zone);

	return strcmp(name, "localtime") == 0 || strcmp(name, "posixrules") == 0;
}

/* Reads the name of a time zone, up to a semicolon. */
static bool
zone_in(Cursor *cursor, Calendar *calendar)
{
	size_t length = strcspn(cursor->pos, ";");
	char name[TZ_STRLEN_MAX + 1];

	while (length > 0 && is_white_space(cursor->pos[length - 1]))
		length--;
	if (length == 0)
		return cursor_fault(cursor, "expected a time zone");
	if (length <= TZ_STRLEN_MAX)
	{
		memcpy(name, cursor->pos, length);
		name[length] = '\0';
		calendar->zone = pg_tzset(name);
	}
	if (calendar->zone == NULL || !pg_tz_acceptable(calendar->zone) ||
		is_posix_zone(calendar->zone) || is_zone_of_machine(calendar->zone))
		return cursor_fault(cursor, "time zone \"%.*s\" is not known", (int) Min(length, 64),
							cursor->pos);
	cursor->pos += length;
	cursor_skip_space(cursor);
	return true;
}

static bool
rules_in(Cursor *cursor, Calendar *calendar)
{
	uint32 capacity = 8;

	calendar->rules = palloc(capacity * sizeof(Rule));
	while (cursor_accept(cursor, ';'))
	{
		CHECK_FOR_INTERRUPTS();
		cursor_skip_space(cursor);
		if (calendar->nrules == capacity)
			calendar->rules = repalloc(calendar->rules, (capacity *= 2) * sizeof(Rule));
		if (!rule_in(cursor, &calendar->rules[calendar->nrules]))
			return false;
		calendar->knows_holidays |= calendar->rules[calendar->nrules++].kind == RULE_HOLIDAYS;
		cursor_skip_space(cursor);
	}
	if (*cursor->pos != '\0')
		return cursor_fault(cursor, "expected \";\" or the end");
	return calendar->nrules > 0 || cursor_fault(cursor, "expected \";\" and a rule");
}

Calendar *
calendar_parse(const char *text, Fault *fault)
{
	Cursor cursor = {text, text, fault};
	Calendar *calendar = palloc0(sizeof(Calendar));

	cursor_skip_space(&cursor);
	return zone_in(&cursor, calendar) && rules_in(&cursor, calendar) ? calendar : NULL;
}

/* ---- out ---- */

static void
print_shifts(const Rule *rule, StringInfo out)
{
	uint32 i;

	if (rule->nshifts == 0)
		appendStringInfoString(out, " off");
	for (i = 0; i < rule->nshifts; i++)
	{
		int32 from = rule->shifts[i].from;
		int32 to = rule->shifts[i].to;

		if (to > MINUTES_PER_DAY)
			to -= MINUTES_PER_DAY;
		appendStringInfo(out, "%c%02d:%02d-%02d:%02d", i == 0 ? ' ' : ',', from / 60, from % 60,
						 to / 60, to % 60);
	}
}

/* Prints runs of weekdays, from Monday on. */
static void
print_weekdays(uint8 weekdays, StringInfo out)
{
	const char *comma = "";
	int first;
	int last;

	for (first = 0; first < 7; first = last + 1)
	{
		last = first;
		if ((weekdays >> first & 1) == 0)
			continue;
		while (weekdays >> (last + 1) & 1)
			last++;
		appendStringInfo(out, "%s%s", comma, weekday_names[first]);
		if (last > first)
			appendStringInfo(out, "-%s", weekday_names[last]);
		comma = ",";
	}
}

void
calendar_print_date(int32 date, StringInfo out)
{
	int64 year;
	int month;
	int day;

	date_of_days(date, &year, &month, &day);
	appendStringInfo(out, "%04d %s %02d", (int) year, month_names[month - 1], day);
}

static void
print_days(const Rule *rule, StringInfo out)
{
	switch (rule->kind)
	{
		case RULE_ALWAYS:
			appendStringInfoString(out, "24/7");
			break;
		case RULE_WEEKDAYS:
			print_weekdays(rule->weekdays, out);
			break;
		case RULE_HOLIDAYS:
			appendStringInfoString(out, "PH(DK)");
			break;
		case RULE_DATES:
			calendar_print_date(rule->first, out);
			if (rule->last > rule->first)
			{
				appendStringInfoChar(out, '-');
				calendar_print_date(rule->last, out);
			}
			break;
		case RULE_YEARLY:
			appendStringInfo(out, "%s %02d", month_names[rule->month - 1], rule->day);
			break;
	}
}

void
calendar_print(const Calendar *calendar, StringInfo out)
{
	uint32 i;

	appendStringInfoString(out, pg_get_timezone_name(calendar->zone));
	for (i = 0; i < calendar->nrules; i++)
	{
		appendStringInfoString(out, "; ");
		print_days(&calendar->rules[i], out);
		if (calendar->rules[i].kind != RULE_ALWAYS)
			print_shifts(&calendar->rules[i], out);
	}
}
