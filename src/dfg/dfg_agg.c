/*
 * dfg_agg over traces, dfg_union_agg, dfg_union.
 *
 * The state is a dfg itself, as an expanded object in a child of the
 * aggregate's context. The functions rely on nothing but their arguments, so
 * whoever wants to can call them by hand.
 */
#include "postgres.h"

#include "dfg/dfg_fmgr.h"

TM_FUNCTION(dfg_agg_transfn);
TM_FUNCTION(dfg_agg_combinefn);
TM_FUNCTION(dfg_union);

/* Where a state lives: the aggregate's context, if there is one. */
static MemoryContext
state_parent(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	return AggCheckCallContext(fcinfo, &context) ? context : CurrentMemoryContext;
}

/* Returns the first argument as it is. */
static Datum
return_state(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

Datum
dfg_agg_transfn(PG_FUNCTION_ARGS)
{
	struct varlena *trace;
	ExpandedDfg *state;
	MemoryContext before;

	if (PG_ARGISNULL(1))
		return return_state(fcinfo);
	trace = PG_GETARG_VARLENA_PP(1);
	state = PG_ARGISNULL(0) ? expanded_dfg_create(state_parent(fcinfo))
							: expanded_dfg_of(PG_GETARG_DATUM(0), state_parent(fcinfo));
	before = expanded_dfg_change(state);
	dfg_add_trace(state->dfg, (const uint8 *) VARDATA_ANY(trace), VARSIZE_ANY_EXHDR(trace));
	MemoryContextSwitchTo(before);
	PG_RETURN_EXPANDED_DFG(state);
}

/* Also the transition function of dfg_union_agg. */
Datum
dfg_agg_combinefn(PG_FUNCTION_ARGS)
{
	Dfg *other;
	ExpandedDfg *state;
	MemoryContext before;

	if (PG_ARGISNULL(1))
		return return_state(fcinfo);
	other = PG_GETARG_DFG(1);
	state = PG_ARGISNULL(0) ? expanded_dfg_create(state_parent(fcinfo))
							: expanded_dfg_of(PG_GETARG_DATUM(0), state_parent(fcinfo));
	before = expanded_dfg_change(state);
	dfg_merge(state->dfg, other);
	MemoryContextSwitchTo(before);
	PG_RETURN_EXPANDED_DFG(state);
}

Datum
dfg_union(PG_FUNCTION_ARGS)
{
	ExpandedDfg *both = expanded_dfg_create(CurrentMemoryContext);
	Dfg *a = PG_GETARG_DFG(0);
	Dfg *b = PG_GETARG_DFG(1);
	MemoryContext before = expanded_dfg_change(both);

	dfg_merge(both->dfg, a);
	dfg_merge(both->dfg, b);
	MemoryContextSwitchTo(before);
	PG_RETURN_EXPANDED_DFG(both);
}
