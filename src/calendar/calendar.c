/*
 * What a calendar says of a day.
 */
#include "postgres.h"

#include "base/instant.h"
#include "calendar/calendar.h"
#include "calendar/holidays.h"

/* 2000-01-01 was a Saturday; Monday is 0. */
static int
weekday_of(int32 day)
{
	return (int) ((((int64) day + 5) % 7 + 7) % 7);
}

static bool
is_yearly(const Rule *rule, int32 day)
{
	int64 year;
	int month;
	int day_of_month;

	date_of_days(day, &year, &month, &day_of_month);
	return month == rule->month && day_of_month == rule->day;
}

static bool
rule_matches(const Rule *rule, int32 day)
{
	switch (rule->kind)
	{
		case RULE_ALWAYS:
		case RULE_WEEKDAYS:
			return rule->weekdays >> weekday_of(day) & 1;
		case RULE_HOLIDAYS:
			return is_holiday_in_denmark(day);
		case RULE_DATES:
			return rule->first <= day && day <= rule->last;
		case RULE_YEARLY:
			return is_yearly(rule, day);
	}
	return false;
}

const Rule *
calendar_rule_of_day(const Calendar *calendar, int32 day)
{
	uint32 i;

	for (i = calendar->nrules; i > 0; i--)
		if (rule_matches(&calendar->rules[i - 1], day))
			return &calendar->rules[i - 1];
	return NULL;
}
