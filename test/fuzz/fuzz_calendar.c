/*
 * Calendars: a fault that names a place, or a calendar whose normal form says
 * the same again, and whose durations add up. The first bytes of the input say
 * which instants are asked for.
 */
#include "shim.h"

#include "base/instant.h"
#include "calendar/calendar.h"

#define INSTANTS 3
#define INSTANT_BYTES 6
#define MINUTES_PER_YEAR INT64CONST(525960)

static char *
normal_form(const Calendar *calendar)
{
	StringInfoData out;

	initStringInfo(&out);
	calendar_print(calendar, &out);
	return out.data;
}

static void
check_normal_form(const Calendar *calendar)
{
	Fault fault = fuzz_no_fault();
	char *text = normal_form(calendar);
	Calendar *again = calendar_parse(text, &fault);

	MUST(again != NULL);
	MUST(strcmp(text, normal_form(again)) == 0);
}

/* Some instant of the years of calendars or just outside, to the microsecond; 2000 for zeros. */
static TimestampTz
take_instant(Bytes *input)
{
	uint64 bits = take_uint(input, INSTANT_BYTES);
	int64 minutes = (int64) (bits >> 20) % (205 * MINUTES_PER_YEAR);

	if (bits & 4)
		minutes -= 105 * MINUTES_PER_YEAR;
	return minutes * USECS_PER_MINUTE + (TimestampTz) (bits % 3) - 1;
}

static void
check_instant(Schedule *schedule, TimestampTz at)
{
	int64 moment = schedule_duration(schedule, at, at + 1);

	MUST(moment == schedule_is_open(schedule, at));
}

/* What is added can be measured, and no more has passed just before. */
static void
check_addition(Schedule *schedule, TimestampTz at, int64 duration)
{
	TimestampTz then = schedule_add(schedule, at, duration);

	MUST(schedule_duration(schedule, at, then) == duration);
	if (duration > 0)
		MUST(schedule_duration(schedule, at, then - 1) == duration - 1);
	if (duration < 0)
		MUST(schedule_duration(schedule, at, then + 1) == duration + 1);
}

/* The openings of a span are in order and apart, and make up its duration. */
static void
check_openings(Schedule *schedule, TimestampTz from_at, TimestampTz to_at)
{
	TimestampTz at = from_at;
	TimestampTz until;
	TimestampTz opens;
	int64 sum = 0;

	if (to_at < from_at)
		return;
	to_at = Min(to_at, from_at + 1000 * USECS_PER_DAY);
	for (; schedule_next_opening(schedule, at, to_at, &opens, &until); at = until)
	{
		MUST(at <= opens && opens < until && until <= to_at);
		sum += until - opens;
	}
	MUST(sum == schedule_duration(schedule, from_at, to_at));
}

void
fuzz_one(const uint8 *data, size_t size)
{
	Bytes input = {data, size};
	Fault fault = fuzz_no_fault();
	TimestampTz at[INSTANTS];
	Calendar *calendar;
	Schedule *schedule;
	char *literal;
	int i;

	for (i = 0; i < INSTANTS; i++)
		at[i] = take_instant(&input);
	literal = fuzz_literal(input.data, input.size);
	if (literal == NULL)
		return;
	calendar = calendar_parse(literal, &fault);
	if (calendar == NULL)
		fuzz_reject_literal(&fault, "business_calendar", literal);
	check_normal_form(calendar);
	schedule = schedule_create(calendar);
	for (i = 0; i < INSTANTS; i++)
		check_instant(schedule, at[i]);
	MUST(schedule_duration(schedule, at[0], at[1]) + schedule_duration(schedule, at[1], at[2]) ==
		 schedule_duration(schedule, at[0], at[2]));
	check_openings(schedule, at[0], at[1]);
	check_addition(schedule, at[0], schedule_duration(schedule, at[1], at[2]));
}
