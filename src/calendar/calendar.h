/*
 * business_calendar: when people work. A time zone, and rules that say for
 * each day which shifts it has; of the rules that match a day the last counts.
 *
 * Format 1, the bytes of a value after its varlena header: u8 version 1 (no
 * part of equality), and the text form, which is normal: one value has one.
 *
 *   Europe/Copenhagen; Mo-Th 08:00-15:30; Fr 08:00-14:00; PH(DK) off;
 *   Dec 24 off; 2023 Dec 31 08:00-12:00
 *
 * An instant is open when the clock of the zone then shows a time within a
 * shift of that day. So time that the clock shows twice counts twice, and time
 * that it leaves out does not count.
 *
 * Limits: a value has at most CALENDAR_MAX_BYTES, so a rule (at least 6 bytes)
 * or a shift (12) is far below any limit of memory. Calendars are known from
 * CALENDAR_FIRST_YEAR to CALENDAR_LAST_YEAR; with PH(DK), for the years for
 * which that rule is known (holidays.h).
 */
#ifndef TM_CALENDAR_H
#define TM_CALENDAR_H

#include "datatype/timestamp.h"
#include "lib/stringinfo.h"
#include "pgtime.h"

#include "base/cursor.h"

#define CALENDAR_VERSION 1
#define CALENDAR_MAX_BYTES 65536
#define CALENDAR_FIRST_YEAR 1900
#define CALENDAR_LAST_YEAR 2200
#define CALENDAR_YEARS (CALENDAR_LAST_YEAR - CALENDAR_FIRST_YEAR + 1)

#define MINUTES_PER_DAY 1440

/* Minutes from the day's midnight; above MINUTES_PER_DAY on the next day. */
typedef struct Shift
{
	int32 from;
	int32 to;
} Shift;

typedef enum RuleKind
{
	RULE_ALWAYS,   /* 24/7 */
	RULE_WEEKDAYS, /* Mo-Fr */
	RULE_HOLIDAYS, /* PH(DK) */
	RULE_DATES,    /* 2023 Dec 24, 2023 Jul 03-2023 Jul 16 */
	RULE_YEARLY    /* Dec 24 */
} RuleKind;

typedef struct Rule
{
	RuleKind kind;
	uint8 weekdays; /* bit 0: Monday */
	int32 first;    /* days since 2000-01-01 */
	int32 last;
	int month;
	int day;
	Shift *shifts; /* none: off */
	uint32 nshifts;
} Rule;

typedef struct Calendar
{
	pg_tz *zone;
	Rule *rules;
	uint32 nrules;
	bool knows_holidays;
} Calendar;

/* Parses the text form; NULL with a fault. */
extern Calendar *calendar_parse(const char *text, Fault *fault);

/* Writes the normal text form, and that of a date: 2023 Dec 24. */
extern void calendar_print(const Calendar *calendar, StringInfo out);
extern void calendar_print_date(int32 date, StringInfo out);

/* The shifts of a local day, given in days since 2000-01-01; NULL for none. */
extern const Rule *calendar_rule_of_day(const Calendar *calendar, int32 day);

/* An opening: [from_at, to_at), and how much was open before it in its year. */
typedef struct Opening
{
	TimestampTz from_at;
	TimestampTz to_at;
	int64 before;
} Opening;

/* The openings of one year of UTC. */
typedef struct OpeningYear
{
	Opening *openings; /* NULL: not made yet */
	uint32 count;
	int64 total;
	int64 before; /* open time from the first year made; negative before that */
} OpeningYear;

/*
 * A calendar with the sums that make a duration of ten years cost what one of
 * a day does. Years are made when they are needed, in the context that was
 * current when the schedule was created.
 */
typedef struct Schedule
{
	Calendar *calendar;
	MemoryContext context;
	int first_made; /* years that are made, without a gap; none if first > last */
	int last_made;
	OpeningYear years[CALENDAR_YEARS];
} Schedule;

extern Schedule *schedule_create(Calendar *calendar);

/* Open time from one instant to another, negative if they are turned around. */
extern int64 schedule_duration(Schedule *schedule, TimestampTz from_at, TimestampTz to_at);

/*
 * The first instant by which so much open time has passed; for a negative
 * duration the last one from which so much passes until at.
 */
extern TimestampTz schedule_add(Schedule *schedule, TimestampTz at, int64 duration);

/* Throws where an instant lies outside the years for which the calendar is known. */
extern void schedule_check_known(const Schedule *schedule, TimestampTz at);

extern bool schedule_is_open(Schedule *schedule, TimestampTz at);

/*
 * The first opening after at, cut off at until; false if there is none. To be
 * called again with at = to_at for the next one.
 */
extern bool schedule_next_opening(Schedule *schedule, TimestampTz at, TimestampTz until,
								  TimestampTz *from_at, TimestampTz *to_at);

#endif
