/*
 * Noticing a cancelled query in loops whose steps are too short to look each time.
 */
#ifndef TM_INTERRUPTS_H
#define TM_INTERRUPTS_H

#include "miscadmin.h"

/* Looks once in 65,536 steps; takes the number of the step. */
static inline void
check_interrupts_seldom(uint64 step)
{
	if (unlikely((step & 0xffff) == 0))
		CHECK_FOR_INTERRUPTS();
}

#endif
