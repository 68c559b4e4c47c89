/*
 * C functions that earlier versions had and this one has no more. Between the
 * installation of this library and ALTER EXTENSION UPDATE the SQL of the earlier
 * version still calls them: the error says what to do.
 *
 * One line each: GONE(tds_execute, "0.1.0"), the last version that had it.
 */
#include "postgres.h"

#include "fmgr.h"

#include "compat.h"

#define GONE(name, version) \
	TM_FUNCTION(name); \
	Datum name(PG_FUNCTION_ARGS) \
	{ \
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), \
						errmsg("function %s() is of version %s of ticket_mining", #name, version), \
						errhint("ALTER EXTENSION ticket_mining UPDATE;"))); \
	}

GONE(tds_execute, "0.1.0");
