/*
 * Between SQL and calendars.
 */
#ifndef TM_CALENDAR_FMGR_H
#define TM_CALENDAR_FMGR_H

#include "fmgr.h"

#include "calendar/calendar.h"

/* The calendar of a text, which must be in the normal form. */
extern Calendar *calendar_check_normal(const char *text, size_t length, Fault *fault);

/* Makes the schedule of a stored calendar in the current memory context. */
extern Schedule *schedule_of_value(const struct varlena *value);

/*
 * The schedule of an argument, kept in a slot from call to call as long as the
 * calendar stays the same.
 */
typedef struct KeptSchedule
{
	struct varlena *value;
	MemoryContext context;
	Schedule *schedule;
} KeptSchedule;

extern Schedule *keep_schedule(KeptSchedule *kept, MemoryContext parent,
							   const struct varlena *value);

#endif
