/*
 * Between SQL and calendars.
 */
#ifndef TM_CALENDAR_FMGR_H
#define TM_CALENDAR_FMGR_H

#include "fmgr.h"

#include "base/kept.h"
#include "calendar/calendar.h"

/* The calendar of a text, which must be in the normal form. */
extern Calendar *calendar_check_normal(const char *text, size_t length, Fault *fault);

/* The schedule of a stored calendar. */
extern Schedule *kept_schedule(Kept *kept, MemoryContext parent, const struct varlena *value);

#endif
