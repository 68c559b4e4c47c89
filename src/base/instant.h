/*
 * Instants in text: ISO 8601 in UTC, whatever the session's settings.
 */
#ifndef TM_INSTANT_H
#define TM_INSTANT_H

#include "datatype/timestamp.h"

#include "compat.h"
#include "base/cursor.h"

/* 294276-12-31T23:59:59.999999Z is the longest of this era, 4714-11-24T00:00:00.000000ZBC before. */
#define INSTANT_MAX_CHARS 31

/* How far two instants can be apart: more than an int64 holds. */
#define INSTANT_MAX_SPAN ((uint64) (END_TIMESTAMP) - (uint64) (MIN_TIMESTAMP))

/* Writes the instant and a zero byte; returns the number of characters. */
extern int instant_out(char *out, TimestampTz at);

/* Parses one; an offset (Z, +01:00) must be there. */
extern bool instant_in(Cursor *cursor, TimestampTz *at);

/* Days from 2000-01-01 to a date, and back; year 0 is 1 BC. */
extern int64 days_of_date(int64 year, int month, int day);
extern void date_of_days(int64 days, int64 *year, int *month, int *day);

/* True when a date is in the calendar: its days lead back to it. */
extern bool date_exists(int64 days, int month, int day);

pg_noreturn extern void instant_infinite(void);

/* Throws where an instant from SQL is infinite. */
static inline void
instant_check_finite(TimestampTz at)
{
	if (unlikely(TIMESTAMP_NOT_FINITE(at)))
		instant_infinite();
}

#endif
