/*
 * Durations in text: ISO 8601, P1W, P2DT12H, PT0.5S, whatever the session's
 * settings. Weeks have 7 days and days 24 hours; months and years have no
 * length of their own and are a fault.
 */
#ifndef TM_ISO_DURATION_H
#define TM_ISO_DURATION_H

#include "base/cursor.h"

/* Parses one, up to what two instants can be apart, in microseconds. */
extern bool iso_duration_in(Cursor *cursor, uint64 *microseconds);

#endif
