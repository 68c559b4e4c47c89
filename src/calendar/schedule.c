/*
 * Calendars as openings in time, with sums.
 *
 * A year of UTC is made at once: the shifts of its days on the local time
 * line, joined where they touch, are cut by the stretches of constant offset
 * that the zone has, and so become instants.
 */
#include "postgres.h"

#include "common/int.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "compat.h"

#include "base/instant.h"
#include "calendar/calendar.h"
#include "calendar/holidays.h"

#define SECS_1970_TO_2000 ((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

/* No zone is further from UTC. */
#define MARGIN_DAYS 2

/* Openings while they are made. */
typedef struct OpeningList
{
	Opening *openings;
	uint32 count;
	uint32 capacity;
} OpeningList;

Schedule *
schedule_create(Calendar *calendar)
{
	Schedule *schedule = palloc0(sizeof(Schedule));

	schedule->calendar = calendar;
	schedule->context = CurrentMemoryContext;
	schedule->first_made = 0;
	schedule->last_made = -1;
	return schedule;
}

/* The first instant of a year of UTC, by its number from CALENDAR_FIRST_YEAR. */
static TimestampTz
year_begins(int year)
{
	return days_of_date(CALENDAR_FIRST_YEAR + year, 1, 1) * USECS_PER_DAY;
}

/* Appends an opening, or lengthens the last one that it touches. */
static void
add_opening(OpeningList *list, int64 from, int64 to)
{
	Opening *last = list->count > 0 ? &list->openings[list->count - 1] : NULL;

	if (last != NULL && from <= last->to_at)
	{
		last->to_at = Max(last->to_at, to);
		return;
	}
	if (list->count == list->capacity)
	{
		list->capacity *= 2;
		list->openings = repalloc(list->openings, list->capacity * sizeof(Opening));
	}
	list->openings[list->count].from_at = from;
	list->openings[list->count++].to_at = to;
}

static OpeningList
create_list(void)
{
	OpeningList list = {palloc(512 * sizeof(Opening)), 0, 512};

	return list;
}

/* The shifts of some days on the local time line. */
static OpeningList
local_openings(const Calendar *calendar, int32 first, int32 last)
{
	OpeningList list = create_list();
	int32 day;
	uint32 i;

	for (day = first; day <= last; day++)
	{
		const Rule *rule = calendar_rule_of_day(calendar, day);

		for (i = 0; rule != NULL && i < rule->nshifts; i++)
			add_opening(&list, day * USECS_PER_DAY + rule->shifts[i].from * USECS_PER_MINUTE,
						day * USECS_PER_DAY + rule->shifts[i].to * USECS_PER_MINUTE);
	}
	return list;
}

/* A stretch of time in which the zone keeps its offset. */
typedef struct Stretch
{
	TimestampTz from_at;
	TimestampTz to_at;
	int64 offset; /* local less UTC */
} Stretch;

/* Finds the offset at an instant, and until when it holds, at the latest until the end given. */
static Stretch
find_stretch(const pg_tz *zone, TimestampTz at, TimestampTz end)
{
	pg_time_t seconds = at / USECS_PER_SEC + SECS_1970_TO_2000;
	Stretch stretch = {at, end, 0};
	pg_time_t boundary;
	long before;
	long after;
	int before_is_dst;
	int after_is_dst;
	int found = pg_next_dst_boundary(&seconds, &before, &before_is_dst, &boundary, &after,
									 &after_is_dst, zone);

	if (found < 0)
		elog(ERROR, "time zone has no offset");
	stretch.offset = before * USECS_PER_SEC;
	if (found > 0)
		stretch.to_at = Min(end, (boundary - SECS_1970_TO_2000) * USECS_PER_SEC);
	return stretch;
}

/* Adds what of the local openings lies in a stretch. */
static void
add_stretch(OpeningList *list, const OpeningList *local, const Stretch *stretch)
{
	uint32 i;

	for (i = 0; i < local->count; i++)
	{
		int64 from = Max(local->openings[i].from_at - stretch->offset, stretch->from_at);
		int64 to = Min(local->openings[i].to_at - stretch->offset, stretch->to_at);

		if (from < to)
			add_opening(list, from, to);
	}
}

/* Sums up, and keeps the openings as those of the year. */
static void
keep_year(OpeningYear *year, const OpeningList *list)
{
	uint32 i;

	year->openings = list->openings;
	year->count = list->count;
	year->total = 0;
	for (i = 0; i < list->count; i++)
	{
		year->openings[i].before = year->total;
		year->total += year->openings[i].to_at - year->openings[i].from_at;
	}
}

static void
make_year(Schedule *schedule, int number)
{
	TimestampTz from_at = year_begins(number);
	TimestampTz to_at = year_begins(number + 1);
	MemoryContext before = MemoryContextSwitchTo(schedule->context);
	OpeningList local =
		local_openings(schedule->calendar, (int32) (from_at / USECS_PER_DAY) - MARGIN_DAYS,
					   (int32) (to_at / USECS_PER_DAY) + MARGIN_DAYS);
	OpeningList list = create_list();
	Stretch stretch;

	CHECK_FOR_INTERRUPTS();
	for (; from_at < to_at; from_at = stretch.to_at)
	{
		stretch = find_stretch(schedule->calendar->zone, from_at, to_at);
		add_stretch(&list, &local, &stretch);
	}
	keep_year(&schedule->years[number], &list);
	pfree(local.openings);
	MemoryContextSwitchTo(before);
}

/* Years for which the calendar is known. */
static void
known_years(const Schedule *schedule, int *first, int *last)
{
	*first = schedule->calendar->knows_holidays ? HOLIDAYS_FIRST_YEAR : CALENDAR_FIRST_YEAR;
	*last = schedule->calendar->knows_holidays ? HOLIDAYS_LAST_YEAR : CALENDAR_LAST_YEAR;
}

/* Makes the years up to one, so that their sums hang together. */
static void
reach_year(Schedule *schedule, int number)
{
	OpeningYear *years = schedule->years;

	if (schedule->first_made > schedule->last_made)
	{
		make_year(schedule, number);
		years[number].before = 0;
		schedule->first_made = schedule->last_made = number;
	}
	while (schedule->last_made < number)
	{
		int next = schedule->last_made + 1;

		make_year(schedule, next);
		years[next].before = years[next - 1].before + years[next - 1].total;
		schedule->last_made = next;
	}
	while (schedule->first_made > number)
	{
		int next = schedule->first_made - 1;

		make_year(schedule, next);
		years[next].before = years[next + 1].before - years[next].total;
		schedule->first_made = next;
	}
}

pg_noreturn static void
out_of_range(const Schedule *schedule)
{
	int first;
	int last;

	known_years(schedule, &first, &last);
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("time is outside the years of the business calendar, %d to %d", first, last)));
	pg_unreachable();
}

/* The year of an instant, for which the calendar must be known. */
static int
number_of_year(const Schedule *schedule, TimestampTz at)
{
	/* 365.2425 days are the mean of a year: the guess is at most one off */
	int64 number = at / (365 * USECS_PER_DAY + 20952 * USECS_PER_SEC) + 2000 - CALENDAR_FIRST_YEAR;
	int first;
	int last;

	known_years(schedule, &first, &last);
	if (TIMESTAMP_NOT_FINITE(at) || number < -1 || number > CALENDAR_YEARS)
		out_of_range(schedule);
	while (at < year_begins((int) number))
		number--;
	while (at >= year_begins((int) number + 1))
		number++;
	if (number < first - CALENDAR_FIRST_YEAR || number > last - CALENDAR_FIRST_YEAR)
		out_of_range(schedule);
	return (int) number;
}

void
schedule_check_known(const Schedule *schedule, TimestampTz at)
{
	(void) number_of_year(schedule, at);
}

/* The year of an instant, made. */
static OpeningYear *
year_of(Schedule *schedule, TimestampTz at)
{
	int number = number_of_year(schedule, at);

	if (number < schedule->first_made || number > schedule->last_made)
		reach_year(schedule, number);
	return &schedule->years[number];
}

/* The number of openings that begin at or before an instant. */
static uint32
openings_until(const OpeningYear *year, TimestampTz at)
{
	uint32 low = 0;
	uint32 high = year->count;

	while (low < high)
	{
		uint32 middle = (low + high) / 2;

		if (year->openings[middle].from_at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Open time from the beginning of the first year made. */
static int64
open_before(Schedule *schedule, TimestampTz at)
{
	const OpeningYear *year = year_of(schedule, at);
	uint32 count = openings_until(year, at);
	const Opening *opening;

	if (count == 0)
		return year->before;
	opening = &year->openings[count - 1];
	return year->before + opening->before + Min(at, opening->to_at) - opening->from_at;
}

int64
schedule_duration(Schedule *schedule, TimestampTz from_at, TimestampTz to_at)
{
	return open_before(schedule, to_at) - open_before(schedule, from_at);
}

bool
schedule_is_open(Schedule *schedule, TimestampTz at)
{
	const OpeningYear *year = year_of(schedule, at);
	uint32 count = openings_until(year, at);

	return count > 0 && at < year->openings[count - 1].to_at;
}

static OpeningYear *
neighbour_year(Schedule *schedule, const OpeningYear *year, int step)
{
	int number = (int) (year - schedule->years) + step;
	int first;
	int last;

	known_years(schedule, &first, &last);
	if (number < first - CALENDAR_FIRST_YEAR || number > last - CALENDAR_FIRST_YEAR)
		return NULL;
	reach_year(schedule, number);
	return &schedule->years[number];
}

/* The opening of a year before which less (or no more) than so much was open. */
static const Opening *
opening_at(const OpeningYear *year, int64 open, bool less)
{
	uint32 low = 0;
	uint32 high = year->count;

	while (low < high)
	{
		uint32 middle = (low + high) / 2;

		if (year->openings[middle].before < open ||
			(!less && year->openings[middle].before == open))
			low = middle + 1;
		else
			high = middle;
	}
	return &year->openings[low - 1];
}

/* The last year with openings, or the first one; NULL where the calendar is never open. */
static const OpeningYear *
year_at_end(Schedule *schedule, bool is_last)
{
	int first;
	int last;
	int number;
	const OpeningYear *found = NULL;

	known_years(schedule, &first, &last);
	reach_year(schedule, first - CALENDAR_FIRST_YEAR);
	reach_year(schedule, last - CALENDAR_FIRST_YEAR);
	for (number = schedule->first_made; number <= schedule->last_made; number++)
		if (schedule->years[number].count > 0 && (is_last || found == NULL))
			found = &schedule->years[number];
	return found;
}

pg_noreturn static void
never_open(void)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("the business calendar is never open, so no open time passes")));
	pg_unreachable();
}

/*
 * Says why so much open time does not pass: the calendar has no more openings, or
 * it is not known so far.
 */
pg_noreturn static void
not_open_so_long(Schedule *schedule, bool is_after)
{
	const OpeningYear *year = year_at_end(schedule, is_after);
	int number = is_after ? schedule->last_made : schedule->first_made;
	char end[INSTANT_MAX_CHARS + 1];

	if (year == NULL)
		never_open();
	if (year == &schedule->years[number])
		out_of_range(schedule);
	instant_out(end, is_after ? year->openings[year->count - 1].to_at : year->openings[0].from_at);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("the business calendar is not open for so long"),
					errdetail(is_after ? "Its last opening ends at %s."
									   : "Its first opening begins at %s.",
							  end)));
	pg_unreachable();
}

TimestampTz
schedule_add(Schedule *schedule, TimestampTz at, int64 duration)
{
	const OpeningYear *year = year_of(schedule, at);
	const Opening *opening;
	int64 target;

	if (duration == 0)
		return at;
	if (pg_add_s64_overflow(open_before(schedule, at), duration, &target))
		not_open_so_long(schedule, duration > 0);
	while (year != NULL && duration > 0 && year->before + year->total < target)
		year = neighbour_year(schedule, year, 1);
	while (year != NULL && duration < 0 && year->before > target)
		year = neighbour_year(schedule, year, -1);
	if (year == NULL)
		not_open_so_long(schedule, duration > 0);
	opening = opening_at(year, target - year->before, duration > 0);
	return opening->from_at + (target - year->before - opening->before);
}

bool
schedule_next_opening(Schedule *schedule, TimestampTz at, TimestampTz until, TimestampTz *from_at,
					  TimestampTz *to_at)
{
	const OpeningYear *year = year_of(schedule, at);
	uint32 i = openings_until(year, at);

	if (i > 0 && year->openings[i - 1].to_at > at)
		i--;
	while (year != NULL && i == year->count &&
		   year_begins((int) (year - schedule->years) + 1) < until)
	{
		year = neighbour_year(schedule, year, 1);
		i = 0;
	}
	if (year == NULL || i == year->count || year->openings[i].from_at >= until)
		return false;
	*from_at = Max(at, year->openings[i].from_at);
	*to_at = Min(until, year->openings[i].to_at);
	return *from_at < *to_at;
}
