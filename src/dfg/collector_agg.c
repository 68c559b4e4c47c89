/*
 * dfg_agg over raw events, in one pass.
 *
 * A case may lie in several parts of a parallel scan, so there is no partial
 * form: who wants one makes traces first.
 *
 * The states of all groups of an aggregate share the memory that a hash table
 * may take (work_mem times hash_mem_multiplier). A window has no place to tell
 * a state that it ends, so there each is on its own and stays in memory.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "nodes/nodeFuncs.h"

#include "base/sql_values.h"
#include "dfg/case_key.h"
#include "dfg/collector.h"
#include "dfg/dfg_fmgr.h"

TM_FUNCTION(dfg_agg_events_transfn);
TM_FUNCTION(dfg_agg_events_finalfn);

typedef struct EventsState
{
	Collector *collector;
	CaseKeys *keys;
} EventsState;

/*
 * The collation of the case_id argument itself: that of the call is undefined
 * where the activity has another one.
 */
static Oid
case_collation(FunctionCallInfo fcinfo)
{
	Aggref *aggref = AggGetAggref(fcinfo);

	if (aggref == NULL || aggref->args == NIL)
		return PG_GET_COLLATION();
	return exprCollation((Node *) linitial_node(TargetEntry, aggref->args)->expr);
}

/* What the states of this aggregate share, which stays until the end of the query. */
static CollectorMemory *
shared_memory(FmgrInfo *aggregate)
{
	if (aggregate->fn_extra == NULL)
		aggregate->fn_extra = collector_memory_create(aggregate->fn_mcxt, get_hash_memory_limit());
	return aggregate->fn_extra;
}

/* Called when the group is done, except after errors: then there is nothing left to give back. */
static void
release_state(Datum state)
{
	collector_release(((EventsState *) DatumGetPointer(state))->collector);
}

static EventsState *
create_state(FunctionCallInfo fcinfo)
{
	bool has_end = IsA(fcinfo->context, AggState);
	EventsState *state;

	aggregate_refuse_order_by(fcinfo, "dfg_agg(case_id, activity, at, seq)");
	state = palloc(sizeof(EventsState));
	state->keys = case_keys_create(get_fn_expr_argtype(fcinfo->flinfo, 1), case_collation(fcinfo));
	state->collector =
		collector_create(has_end ? shared_memory(fcinfo->flinfo)
								 : collector_memory_create(CurrentMemoryContext, SIZE_MAX));
	if (has_end)
		AggRegisterCallback(fcinfo, release_state, PointerGetDatum(state));
	return state;
}

static void
add_event(EventsState *state, FunctionCallInfo fcinfo, text *activity)
{
	RawEvent event = {case_key_of(state->keys, PG_GETARG_DATUM(1))};

	event.at = PG_GETARG_TIMESTAMPTZ(3);
	event.has_seq = PG_NARGS() > 4 && !PG_ARGISNULL(4);
	event.seq = event.has_seq ? PG_GETARG_INT64(4) : 0;
	collector_add(state->collector, &event, slice_of_text(activity));
}

Datum
dfg_agg_events_transfn(PG_FUNCTION_ARGS)
{
	EventsState *state = PG_ARGISNULL(0) ? NULL : (EventsState *) PG_GETARG_POINTER(0);
	MemoryContext context;
	MemoryContext before;
	text *activity;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "called outside an aggregate");
	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2) && !PG_ARGISNULL(3))
	{
		activity = PG_GETARG_TEXT_PP(2);
		before = MemoryContextSwitchTo(context);
		if (state == NULL)
			state = create_state(fcinfo);
		add_event(state, fcinfo, activity);
		MemoryContextSwitchTo(before);
	}
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state);
}

Datum
dfg_agg_events_finalfn(PG_FUNCTION_ARGS)
{
	EventsState *state = PG_ARGISNULL(0) ? NULL : (EventsState *) PG_GETARG_POINTER(0);
	ExpandedDfg *expanded;
	MemoryContext before;

	if (state == NULL)
		PG_RETURN_NULL();
	expanded = expanded_dfg_create(CurrentMemoryContext);
	before = expanded_dfg_change(expanded);
	collector_finish(state->collector, expanded->dfg);
	MemoryContextSwitchTo(before);
	PG_RETURN_EXPANDED_DFG(expanded);
}
