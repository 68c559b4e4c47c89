/*
 * Instants in text: ISO 8601 in UTC, whatever the session's settings.
 */
#ifndef TM_INSTANT_H
#define TM_INSTANT_H

#include "datatype/timestamp.h"

#include "base/cursor.h"

/* 294276-12-31T23:59:59.999999Z is the longest of this era, 4714-11-24T00:00:00.000000ZBC before. */
#define INSTANT_MAX_CHARS 31

/* How far two instants can be apart: more than an int64 holds. */
#define INSTANT_MAX_SPAN ((uint64) (END_TIMESTAMP) - (uint64) (MIN_TIMESTAMP))

/* Writes the instant and a zero byte; returns the number of characters. */
extern int instant_out(char *out, TimestampTz at);

/* Parses one; an offset (Z, +01:00) must be there. */
extern bool instant_in(Cursor *cursor, TimestampTz *at);

/* Throws where an instant from SQL is infinite. */
extern void instant_check_finite(TimestampTz at);

#endif
