/*
 * What stands for the aggregates and functions over a timestamp or date
 * without time zone, which would otherwise be read in the zone of whoever asks.
 */
#include "postgres.h"

#include "fmgr.h"

#include "compat.h"

TM_FUNCTION(no_time_zone);
TM_FUNCTION(no_time_zone_finalfn);

Datum
no_time_zone(PG_FUNCTION_ARGS)
{
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("the time of an event must be a timestamp with time zone"),
					errhint("Say in which zone the times are, for instance: at AT TIME ZONE "
							"'Europe/Copenhagen'.")));
	PG_RETURN_NULL();
}

/* The result over no rows. */
Datum
no_time_zone_finalfn(PG_FUNCTION_ARGS)
{
	PG_RETURN_NULL();
}
