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

/* The number of a case, new in the collector if it has not been seen. */
extern uint32 case_numbers_get(CaseNumbers *numbers, Collector *collector, Datum case_id);

#endif
