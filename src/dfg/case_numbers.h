/*
 * Numbers for case ids of any type that can be hashed: two ids are the same
 * case when the type's own equality says so, as in GROUP BY.
 */
#ifndef TM_CASE_NUMBERS_H
#define TM_CASE_NUMBERS_H

#include "fmgr.h"

#include "dfg/collector.h"

typedef struct CaseNumbers CaseNumbers;

/* For the type and collation of an aggregate's case_id argument. */
extern CaseNumbers *case_numbers_create(Oid type, Oid collation);

/* Says which case an event of the collector belongs to. */
extern void case_numbers_assign(CaseNumbers *numbers, Collector *collector, uint32 position,
								Datum case_id);

/* To be called when the last event has got its case. */
extern void case_numbers_finish(CaseNumbers *numbers, Collector *collector);

#endif
