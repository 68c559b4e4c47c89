/*
 * dfg_agg over raw events, in one pass.
 *
 * A case may lie in several parts of a parallel scan, so there is no partial
 * form: those who want one make traces first.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"

#include "base/sql_values.h"
#include "dfg/case_numbers.h"
#include "dfg/dfg_fmgr.h"

TM_FUNCTION(dfg_agg_events_transfn);
TM_FUNCTION(dfg_agg_events_finalfn);

typedef struct EventsState
{
	Collector *collector;
	CaseNumbers *numbers;
	MemoryContext context; /* in which all of it lives */
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

static EventsState *
create_state(FunctionCallInfo fcinfo)
{
	EventsState *state;

	aggregate_refuse_order_by(fcinfo, "dfg_agg(case_id, activity, at, seq)");
	state = palloc(sizeof(EventsState));
	state->context = CurrentMemoryContext;
	state->collector = collector_create();
	state->numbers =
		case_numbers_create(get_fn_expr_argtype(fcinfo->flinfo, 1), case_collation(fcinfo));
	return state;
}

static void
add_event(EventsState *state, FunctionCallInfo fcinfo, text *activity)
{
	bool has_seq = PG_NARGS() > 4 && !PG_ARGISNULL(4);
	uint32 position =
		collector_add(state->collector, label_of_text(activity), PG_GETARG_TIMESTAMPTZ(3), has_seq,
					  has_seq ? PG_GETARG_INT64(4) : 0);

	case_numbers_assign(state->numbers, state->collector, position, PG_GETARG_DATUM(1));
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
	before = MemoryContextSwitchTo(state->context);
	case_numbers_finish(state->numbers, state->collector);
	MemoryContextSwitchTo(before);
	before = expanded_dfg_change(expanded);
	collector_finish(state->collector, expanded->dfg);
	MemoryContextSwitchTo(before);
	PG_RETURN_EXPANDED_DFG(expanded);
}
