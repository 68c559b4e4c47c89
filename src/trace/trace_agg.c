/*
 * trace_agg: the events of a case, in any order, become its trace.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"

#include "base/sql_values.h"
#include "trace/trace_fmgr.h"
#include "trace/trace_state.h"

TM_FUNCTION(trace_agg_transfn);
TM_FUNCTION(trace_agg_combinefn);
TM_FUNCTION(trace_agg_serialfn);
TM_FUNCTION(trace_agg_deserialfn);
TM_FUNCTION(trace_agg_finalfn);
TM_FUNCTION(trace_ties_finalfn);

/* The context in which the states of the aggregate live. */
static MemoryContext
state_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "called outside an aggregate");
	return context;
}

/* The labels of the query, for this function. */
static SharedLabels *
shared_labels(FunctionCallInfo fcinfo)
{
	if (unlikely(fcinfo->flinfo->fn_extra == NULL))
		fcinfo->flinfo->fn_extra = shared_labels_create(fcinfo->flinfo->fn_mcxt);
	return fcinfo->flinfo->fn_extra;
}

static TraceState *
state_argument(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : (TraceState *) PG_GETARG_POINTER(n);
}

Datum
trace_agg_transfn(PG_FUNCTION_ARGS)
{
	TraceState *state = state_argument(fcinfo, 0);
	bool has_seq = PG_NARGS() > 3 && !PG_ARGISNULL(3);
	MemoryContext before;
	text *activity;

	if (state == NULL)
		aggregate_refuse_order_by(fcinfo, "trace_agg(activity, at, seq)");
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	activity = PG_GETARG_TEXT_PP(1);
	before = MemoryContextSwitchTo(state_context(fcinfo));
	if (state == NULL)
		state = trace_state_create(shared_labels(fcinfo));
	state = trace_state_add(state, slice_of_text(activity), PG_GETARG_TIMESTAMPTZ(2), has_seq,
							has_seq ? PG_GETARG_INT64(3) : 0);
	MemoryContextSwitchTo(before);
	PG_RETURN_POINTER(state);
}

/* Adds the second state's events to the first; the second may go away afterwards. */
Datum
trace_agg_combinefn(PG_FUNCTION_ARGS)
{
	TraceState *state = state_argument(fcinfo, 0);
	TraceState *other = state_argument(fcinfo, 1);
	MemoryContext before;

	if (other == NULL)
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	before = MemoryContextSwitchTo(state_context(fcinfo));
	if (state == NULL)
		state = trace_state_create(shared_labels(fcinfo));
	state = trace_state_merge(state, other);
	MemoryContextSwitchTo(before);
	PG_RETURN_POINTER(state);
}

Datum
trace_agg_serialfn(PG_FUNCTION_ARGS)
{
	(void) state_context(fcinfo);
	PG_RETURN_POINTER(trace_state_serialize((TraceState *) PG_GETARG_POINTER(0)));
}

Datum
trace_agg_deserialfn(PG_FUNCTION_ARGS)
{
	struct varlena *bytes = PG_GETARG_VARLENA_PP(0);
	TraceState *state;
	Fault fault;

	(void) state_context(fcinfo);
	state = trace_state_deserialize(shared_labels(fcinfo), trace_bytes(bytes),
									VARSIZE_ANY_EXHDR(bytes), &fault);
	if (state == NULL)
		fault_throw_stored(&fault, "trace_agg state");
	PG_RETURN_POINTER(state);
}

Datum
trace_agg_finalfn(PG_FUNCTION_ARGS)
{
	TraceState *state = state_argument(fcinfo, 0);

	(void) state_context(fcinfo);
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(trace_state_finish(state));
}

/* {tied, duplicate}; from the same state as the trace of the same events. */
Datum
trace_ties_finalfn(PG_FUNCTION_ARGS)
{
	TraceState *state = state_argument(fcinfo, 0);
	TraceTies ties;
	Datum counts[2];

	(void) state_context(fcinfo);
	if (state == NULL)
		PG_RETURN_NULL();
	ties = trace_state_count_ties(state);
	counts[0] = Int32GetDatum((int32) ties.tied);
	counts[1] = Int32GetDatum((int32) ties.duplicate);
	PG_RETURN_ARRAYTYPE_P(construct_array(counts, 2, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}
