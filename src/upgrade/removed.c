/*
 * C functions that earlier versions had. A database that is not updated yet, or
 * is restored from one, still names them: calling one says what to do.
 */
#include "postgres.h"

#include "fmgr.h"

#include "compat.h"

TM_FUNCTION(tds_execute);

Datum
tds_execute(PG_FUNCTION_ARGS)
{
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("tds_execute() is a function of version 0.1.0 of ticket_mining"),
					errhint("ALTER EXTENSION ticket_mining UPDATE.")));
}
