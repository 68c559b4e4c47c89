/*
 * Dates and times in text: ISO 8601, whatever the session's settings.
 */
#ifndef TM_INSTANT_H
#define TM_INSTANT_H

#include "datatype/timestamp.h"

#include "compat.h"
#include "base/cursor.h"

/* The longest is 4714-11-24T00:00:00.000000ZBC, of this era 294276-12-31T23:59:59.999999Z. */
#define INSTANT_MAX_CHARS 31

/* How far two instants can be apart: more than an int64 holds. */
#define INSTANT_MAX_SPAN ((uint64) (END_TIMESTAMP) - (uint64) (MIN_TIMESTAMP))

extern const char *const month_names[12]; /* English, three letters */

/* Writes the instant and a zero byte; returns the number of characters. */
extern int instant_out(char *out, TimestampTz at);

/* Parses one; an offset (Z, +01:00) must be there. */
extern bool instant_in(Cursor *cursor, TimestampTz *at);

/* Days from 2000-01-01 to a date, and back; year 0 is 1 BC. */
extern int64 days_of_date(int64 year, int month, int day);
extern void date_of_days(int64 days, int64 *year, int *month, int *day);

/* The same of a date that may not exist; false where it does not. */
extern bool days_of_real_date(int64 year, int month, int day, int64 *days);

/* Parses yyyy-mm-dd (a longer year is allowed, and a day that does not exist), and hh:mm:ss. */
extern bool iso_date_in(Cursor *cursor, int64 *year, int *month, int *day);
extern bool iso_clock_in(Cursor *cursor, int64 *microseconds);

/* Parses the one to six digits after the point of a second. */
extern bool fraction_in(Cursor *cursor, const char *what, int64 *microseconds);

/* Writes .5 for half a second, nothing for 0, and a zero byte; at most 7 characters. */
extern int fraction_out(char *out, int64 microseconds);

/* Parses the English name of a month. */
extern bool month_in(Cursor *cursor, int *month);

pg_noreturn extern void instant_infinite(void);

/* Throws where an instant from SQL is infinite. */
static inline void
instant_check_finite(TimestampTz at)
{
	if (unlikely(TIMESTAMP_NOT_FINITE(at)))
		instant_infinite();
}

#endif
