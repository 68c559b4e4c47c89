/*
 * The lock of a run: a session-level lock on the table that has the history of
 * a log or source, from the beginning of the run to its end, across its commits.
 *
 * Only the owner of that table gets it: an advisory lock could be taken by any
 * role that may connect, and readers of a log may not read its history at all.
 * It conflicts with itself, but not with reading or writing the history.
 *
 * A session has at most one run; whatever ends its outermost transaction in an
 * error ends the run, too, and with it the lock.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"

TM_FUNCTION(run_take_lock);
TM_FUNCTION(run_release_lock);

/* The history whose lock this session holds. */
static Oid locked_history = InvalidOid;

static void
set_tag(LOCKTAG *tag, Oid history)
{
	SET_LOCKTAG_RELATION(*tag, MyDatabaseId, history);
}

static void
release(void)
{
	LOCKTAG tag;

	if (!OidIsValid(locked_history))
		return;
	set_tag(&tag, locked_history);
	locked_history = InvalidOid;
	(void) LockRelease(&tag, ShareUpdateExclusiveLock, true);
}

static void
end_with_transaction(XactEvent event, void *argument)
{
	if (event == XACT_EVENT_ABORT)
		release();
}

/*
 * Also after waiting: the table may have been dropped, or given to somebody else. The error
 * may be caught, so the lock is not left to it.
 */
static void
require_owner(Oid history)
{
	AcceptInvalidationMessages();
	if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(history)) && tm_owns_relation(history))
		return;
	release();
	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(history)))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("the log or source has been dropped meanwhile")));
	aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, get_rel_name(history));
}

static bool
take(Oid history, bool waits)
{
	LOCKTAG tag;

	set_tag(&tag, history);
	if (LockAcquire(&tag, ShareUpdateExclusiveLock, true, !waits) == LOCKACQUIRE_NOT_AVAIL)
		return false;
	locked_history = history;
	return true;
}

/* Takes the lock; false where another session has it and we are not to wait. */
Datum
run_take_lock(PG_FUNCTION_ARGS)
{
	static bool is_registered = false;
	Oid history = PG_GETARG_OID(0);

	if (!is_registered)
		RegisterXactCallback(end_with_transaction, NULL);
	is_registered = true;
	require_owner(history);
	release();
	if (!take(history, PG_GETARG_BOOL(1)))
		PG_RETURN_BOOL(false);
	require_owner(history);
	PG_RETURN_BOOL(true);
}

/* Lets the next run begin. */
Datum
run_release_lock(PG_FUNCTION_ARGS)
{
	release();
	PG_RETURN_VOID();
}
