/*
 * Looks for a cancelled query in loops whose steps are too short for a look each.
 */
#ifndef TM_INTERRUPTS_H
#define TM_INTERRUPTS_H

#include "miscadmin.h"

/* Looks at every 65,536th step, of those whose numbers it is given. */
static inline void
check_interrupts_seldom(uint64 step)
{
	if (unlikely((step & 0xffff) == 0))
		CHECK_FOR_INTERRUPTS();
}

#endif
