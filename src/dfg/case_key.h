/*
 * Keys for case ids of any type: two ids are the same case when the type's own
 * equality says so, as in GROUP BY. Where that is equality of the bytes, and
 * the type's B-tree operator class says whether it is, the bytes are the key;
 * else each different id gets a number, and is kept.
 */
#ifndef TM_CASE_KEY_H
#define TM_CASE_KEY_H

#include "fmgr.h"

#include "dfg/raw_event.h"

typedef struct CaseKeys CaseKeys;

/* For the type and collation of an aggregate's case_id argument. */
extern CaseKeys *case_keys_create(Oid type, Oid collation);

/* The key of a case id; it lasts until the next call, and no longer than the id. */
extern CaseKey case_key_of(CaseKeys *keys, Datum case_id);

#endif
