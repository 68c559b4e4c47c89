/*
 * dfg_agg over traces, dfg_union_agg, dfg_union.
 *
 * The state is a dfg itself, as an expanded object in a child of the
 * aggregate's context. The functions rely on nothing but their arguments, so
 * whoever wants to can call them by hand.
 */
#include "postgres.h"

#include "base/sql_values.h"
#include "dfg/dfg_fmgr.h"

TM_FUNCTION(dfg_agg_transfn);
TM_FUNCTION(dfg_agg_calendar_transfn);
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

/* The first argument to be changed; a new graph if it is NULL. */
static ExpandedDfg *
state_argument(FunctionCallInfo fcinfo)
{
	MemoryContext parent = state_parent(fcinfo);

	return PG_ARGISNULL(0) ? expanded_dfg_create(parent)
						   : expanded_dfg_of(PG_GETARG_DATUM(0), parent);
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
	state = state_argument(fcinfo);
	before = expanded_dfg_change(state);
	dfg_set_calendar(state->dfg, (Slice){"", 0});
	dfg_add_trace(state->dfg, (const uint8 *) VARDATA_ANY(trace), VARSIZE_ANY_EXHDR(trace));
	MemoryContextSwitchTo(before);
	PG_RETURN_EXPANDED_DFG(state);
}

static uint64
business_time_between(void *schedule, TimestampTz from_at, TimestampTz to_at)
{
	return (uint64) schedule_duration(schedule, from_at, to_at);
}

/* The same in business time; the graph remembers the calendar. */
Datum
dfg_agg_calendar_transfn(PG_FUNCTION_ARGS)
{
	struct varlena *trace;
	struct varlena *calendar;
	ExpandedDfg *state;
	MemoryContext before;
	DfgClock clock = {business_time_between, NULL};
	Slice text;

	if (PG_ARGISNULL(1))
		return return_state(fcinfo);
	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("calendar must not be null"),
				 errhint("dfg_agg(trace) takes the elapsed time.")));
	trace = PG_GETARG_VARLENA_PP(1);
	calendar = PG_GETARG_VARLENA_PP(2);
	state = state_argument(fcinfo);
	before = expanded_dfg_change(state);
	clock.clock = kept_schedule(&state->schedule, state->hdr.eoh_context, calendar);
	text.bytes = VARDATA_ANY(calendar) + 1;
	text.length = (uint32) VARSIZE_ANY_EXHDR(calendar) - 1;
	dfg_set_calendar(state->dfg, text);
	dfg_add_trace_by_clock(state->dfg, (const uint8 *) VARDATA_ANY(trace), VARSIZE_ANY_EXHDR(trace),
						   &clock);
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
	state = state_argument(fcinfo);
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
