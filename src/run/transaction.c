/*
 * What a procedure that commits must know of its caller.
 */
#include "postgres.h"

#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"

#include "compat.h"

TM_FUNCTION(run_require_own_transactions);

/* Throws where the caller is in a transaction that is not ours to commit. */
Datum
run_require_own_transactions(PG_FUNCTION_ARGS)
{
	if (fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
		castNode(CallContext, fcinfo->context)->atomic)
		ereport(ERROR, (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
						errmsg("a %s cannot run inside a transaction block",
							   PG_ARGISNULL(0) ? "run" : text_to_cstring(PG_GETARG_TEXT_PP(0))),
						errhint("Call it as a statement of its own, with autocommit on and not "
								"within a function: it commits its own steps.")));
	PG_RETURN_VOID();
}
