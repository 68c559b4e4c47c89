/*
 * From which log another one is derived, as its settings say.
 *
 * Dropping or refreshing a log looks at all logs of its owner, also some that others
 * are dropping. A query would keep its locks until the end of the transaction, and
 * two such transactions would wait for each other; this one gives them back at once.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/tableam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "compat.h"

TM_FUNCTION(log_parent);

/* The column of a table; 0 where it has none that is a name. */
static AttrNumber
name_column(Oid table, const char *column)
{
	AttrNumber number = get_attnum(table, column);

	return number > 0 && get_atttype(table, number) == NAMEOID ? number : InvalidAttrNumber;
}

/* The value in the only row; NULL where it is NULL or there is no row. */
static Name
read_name(Relation table, AttrNumber column)
{
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = table_beginscan(table, snapshot, 0, NULL);
	TupleTableSlot *slot = table_slot_create(table, NULL);
	Name value = NULL;
	bool is_null = true;

	if (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		Datum found = slot_getattr(slot, column, &is_null);

		if (!is_null)
		{
			value = palloc0(NAMEDATALEN);
			namestrcpy(value, NameStr(*DatumGetName(found)));
		}
	}
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	return value;
}

/* The log that settings name; NULL where they name none, or have been dropped meanwhile. */
Datum
log_parent(PG_FUNCTION_ARGS)
{
	Oid settings = PG_GETARG_OID(0);
	Relation table = try_relation_open(settings, AccessShareLock);
	AttrNumber column;
	Name parent = NULL;

	if (table == NULL)
		PG_RETURN_NULL();
	if (!tm_owns_relation(settings))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, RelationGetRelationName(table));
	column = name_column(settings, "from_log");
	if (table->rd_rel->relkind == RELKIND_RELATION && column != InvalidAttrNumber)
		parent = read_name(table, column);
	relation_close(table, AccessShareLock);
	if (parent == NULL)
		PG_RETURN_NULL();
	PG_RETURN_NAME(parent);
}
