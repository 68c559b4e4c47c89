/*
 * The GIN operator class of traces, and "has these activities".
 */
#include "postgres.h"

#include "access/gin.h"
#include "access/stratnum.h"
#include "miscadmin.h"

#include "base/sql_values.h"
#include "pattern/pattern_fmgr.h"
#include "pattern/trace_keys.h"
#include "trace/trace_fmgr.h"

TM_FUNCTION(trace_contains);
TM_FUNCTION(trace_gin_extract_value);
TM_FUNCTION(trace_gin_extract_query);
TM_FUNCTION(trace_gin_triconsistent);

#define STRATEGY_CONTAINS 1
#define STRATEGY_MATCHES 2

Datum
trace_contains(PG_FUNCTION_ARGS)
{
	Trace trace;
	uint32 count;
	Label *activities;
	uint32 i;

	PG_GETARG_TRACE(0, &trace);
	activities = slices_of_array(PG_GETARG_ARRAYTYPE_P(1), "activities", &count);
	for (i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (trace_number_of_label(&trace, activities[i]) == trace.nlabels)
			PG_RETURN_BOOL(false);
	}
	PG_RETURN_BOOL(true);
}

static Datum *
keys_to_datums(const uint64 *keys, uint32 count)
{
	Datum *datums = palloc(((Size) count + 1) * sizeof(Datum));
	uint32 i;

	for (i = 0; i < count; i++)
		datums[i] = Int64GetDatum((int64) keys[i]);
	return datums;
}

Datum
trace_gin_extract_value(PG_FUNCTION_ARGS)
{
	int32 *nkeys = (int32 *) PG_GETARG_POINTER(1);
	Trace trace;
	uint32 count;
	uint64 *keys;

	PG_GETARG_TRACE(0, &trace);
	keys = trace_keys(&trace, &count);
	*nkeys = (int32) count;
	PG_RETURN_POINTER(keys_to_datums(keys, count));
}

/* The keys of activities, all of which must be there. */
static Datum *
extract_activities(ArrayType *array, int32 *nkeys, int32 *search_mode)
{
	uint32 count;
	Label *activities = slices_of_array(array, "activities", &count);
	uint64 *keys = palloc((count + 1) * sizeof(uint64));
	uint32 i;

	for (i = 0; i < count; i++)
		keys[i] = key_of_activity(activities[i]);
	*nkeys = (int32) count;
	if (count == 0)
		*search_mode = GIN_SEARCH_MODE_ALL;
	return keys_to_datums(keys, count);
}

/* Those that a pattern asks for; each of them carries the whole query. */
static Datum *
extract_pattern(const struct varlena *value, int32 *nkeys, Pointer **extra_data, int32 *search_mode)
{
	KeyQuery *query = key_query_create(automaton_create(pattern_tree_of_value(value)));
	uint32 count;
	const uint64 *keys = key_query_keys(query, &count);
	bool *none = palloc0((count + 1) * sizeof(bool));
	uint32 i;

	/* One that needs no key may be anywhere; one that all keys do not help is nowhere. */
	if (key_query_possible(query, none))
		*search_mode = GIN_SEARCH_MODE_ALL;
	*nkeys =
		key_query_possible(query, NULL) && *search_mode != GIN_SEARCH_MODE_ALL ? (int32) count : 0;
	*extra_data = palloc((count + 1) * sizeof(Pointer));
	for (i = 0; i < count; i++)
		(*extra_data)[i] = (Pointer) query;
	return keys_to_datums(keys, count);
}

Datum
trace_gin_extract_query(PG_FUNCTION_ARGS)
{
	int32 *nkeys = (int32 *) PG_GETARG_POINTER(1);
	StrategyNumber strategy = PG_GETARG_UINT16(2);
	Pointer **extra_data = (Pointer **) PG_GETARG_POINTER(4);
	int32 *search_mode = (int32 *) PG_GETARG_POINTER(6);

	if (strategy == STRATEGY_CONTAINS)
		PG_RETURN_POINTER(extract_activities(PG_GETARG_ARRAYTYPE_P(0), nkeys, search_mode));
	if (strategy == STRATEGY_MATCHES)
		PG_RETURN_POINTER(extract_pattern(PG_GETARG_VARLENA_PP(0), nkeys, extra_data, search_mode));
	elog(ERROR, "unrecognized strategy number: %d", strategy);
}

/* Never true without looking at the trace: keys are hashes, and have no order. */
Datum
trace_gin_triconsistent(PG_FUNCTION_ARGS)
{
	GinTernaryValue *check = (GinTernaryValue *) PG_GETARG_POINTER(0);
	StrategyNumber strategy = PG_GETARG_UINT16(1);
	int32 nkeys = PG_GETARG_INT32(3);
	Pointer *extra_data = (Pointer *) PG_GETARG_POINTER(4);
	bool may_be_there[KEY_QUERY_MAX_KEYS];
	int32 i;

	if (strategy == STRATEGY_CONTAINS)
	{
		for (i = 0; i < nkeys; i++)
			if (check[i] == GIN_FALSE)
				PG_RETURN_GIN_TERNARY_VALUE(GIN_FALSE);
		PG_RETURN_GIN_TERNARY_VALUE(GIN_MAYBE);
	}
	if (nkeys == 0)
		PG_RETURN_GIN_TERNARY_VALUE(GIN_MAYBE);
	for (i = 0; i < nkeys; i++)
		may_be_there[i] = check[i] != GIN_FALSE;
	PG_RETURN_GIN_TERNARY_VALUE(
		key_query_possible((KeyQuery *) extra_data[0], may_be_there) ? GIN_MAYBE : GIN_FALSE);
}
