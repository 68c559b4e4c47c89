/*
 * Times of SQL Server as FreeTDS writes them where it has no binary way to
 * hand them on: datetime2, smalldatetime, date and time come as text in
 * DB-Library's format "%b %e %Y %l:%M:%S:%z%p", such as
 *
 *   Mar 26 2023  2:30:15:1234560AM
 *
 * with the month in English, day and hour filled up with a blank, a clock of
 * 12 hours and a fraction of as many digits as the column has: 7 at most, none
 * for a date. With a locales.conf that sets the format, with TDS 7.1 and 7.2, and
 * for a datetime that is read as text they come in ISO form,
 *
 *   2023-03-26 02:30:15.1234560
 *
 * whose offset can only be that of UTC. Beyond microseconds it is rounded, half a
 * microsecond up, as SQL Server rounds from datetime2(7) to datetime2(6); but never
 * out of a year: 9999-12-31 23:59:59.9999999 is 9999-12-31 23:59:59.999999.
 */
#ifndef TM_TDS_TIME_H
#define TM_TDS_TIME_H

#include "datatype/timestamp.h"

#include "base/cursor.h"

/* Parses one that ends where the text ends; SQL Server knows the years 1 to 9999. */
extern bool tds_time_in(Cursor *cursor, Timestamp *at);

#endif
