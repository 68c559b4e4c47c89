/*
 * Between SQL and graphs: a dfg is stored flat, and expanded in memory while
 * an aggregate adds to it or a function reads it.
 */
#ifndef TM_DFG_FMGR_H
#define TM_DFG_FMGR_H

#include "fmgr.h"
#include "utils/expandeddatum.h"

#include "compat.h"

#include "calendar/calendar_fmgr.h"
#include "dfg/dfg.h"

#define EXPANDED_DFG_MAGIC 1684826994

typedef struct ExpandedDfg
{
	ExpandedObjectHeader hdr;
	int magic;
	Dfg *dfg;
	Kept schedule;        /* of the calendar while traces are added */
	struct varlena *flat; /* made when the size is asked for; NULL after a change */
} ExpandedDfg;

/* Puts a graph without cases into a context of its own below the parent. */
extern ExpandedDfg *expanded_dfg_create(MemoryContext parent);

/* The expanded graph of a read-write argument, else a copy of it below the parent. */
extern ExpandedDfg *expanded_dfg_of(Datum value, MemoryContext parent);

/* Makes ready for a change: what was written of the old state is forgotten. */
extern MemoryContext expanded_dfg_change(ExpandedDfg *expanded);

/* Reads an argument, flat or expanded, checked. */
extern Dfg *dfg_open(Datum value);

/* The same for the number of cases and, unless NULL, of events. */
extern void dfg_open_totals(Datum value, int64 *cases, int64 *events);

/* A duration of the graph; business time has no days. */
extern Datum dfg_interval(const Dfg *dfg, uint64 microseconds);

#define PG_GETARG_DFG(n) dfg_open(PG_GETARG_DATUM(n))
#define PG_RETURN_EXPANDED_DFG(expanded) PG_RETURN_DATUM(EOHPGetRWDatum(&(expanded)->hdr))

#endif
