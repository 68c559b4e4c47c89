/*
 * Reopenings in SQL.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/sql_values.h"
#include "trace/trace_fmgr.h"
#include "trace/trace_reopen.h"

TM_FUNCTION(trace_reopenings);
TM_FUNCTION(trace_reopen_count);
TM_FUNCTION(trace_repeat_count);

/* Which argument of a function is which list; 0 where it has none. */
typedef struct KindArguments
{
	int done;
	int answered;
	int notes;
} KindArguments;

static Label *
labels_of_argument(FunctionCallInfo fcinfo, int n, const char *name, uint32 *count)
{
	*count = 0;
	if (n == 0 || PG_ARGISNULL(n))
		return palloc(0);
	return labels_of_array(PG_GETARG_ARRAYTYPE_P_COPY(n), name, count);
}

/* Reads the lists, in the current memory context. */
static ActivityKinds *
read_kinds(FunctionCallInfo fcinfo, KindArguments arguments)
{
	ActivityKinds *kinds = palloc(sizeof(ActivityKinds));
	const Label *bad;
	bool is_note;

	kinds->done = labels_of_argument(fcinfo, arguments.done, "done", &kinds->ndone);
	kinds->answered = labels_of_argument(fcinfo, arguments.answered, "answered", &kinds->nanswered);
	kinds->notes = labels_of_argument(fcinfo, arguments.notes, "notes", &kinds->nnotes);
	bad = activity_kinds_prepare(kinds, &is_note);
	if (bad != NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg(is_note ? "activity \"%.*s\" cannot be both done and a note"
									   : "activity \"%.*s\" answers the user, but is not done",
							   (int) bad->length, bad->bytes),
						is_note ? 0 : errhint("Every activity of answered must be one of done.")));
	return kinds;
}

/* Reads the lists once a query where they are constants, else for each call. */
static const ActivityKinds *
get_kinds(FunctionCallInfo fcinfo, KindArguments arguments)
{
	FmgrInfo *flinfo = fcinfo->flinfo;
	MemoryContext before;
	int n;

	if (flinfo->fn_extra != NULL)
		return flinfo->fn_extra;
	for (n = 1; n < PG_NARGS(); n++)
		if (!get_fn_expr_arg_stable(flinfo, n))
			return read_kinds(fcinfo, arguments);
	before = MemoryContextSwitchTo(flinfo->fn_mcxt);
	flinfo->fn_extra = read_kinds(fcinfo, arguments);
	MemoryContextSwitchTo(before);
	return flinfo->fn_extra;
}

static void
put_event(const CaseEvent *event, const Datum *texts, Datum *values)
{
	values[0] = TimestampTzGetDatum(event->at);
	values[1] = texts[event->label];
}

static void
put_reopening(ReturnSetInfo *result, int32 number, const Reopening *reopening, const Datum *texts)
{
	static const char *const outcomes[] = {"open", "silent", "first_answer", "answered_again"};
	Datum values[8] = {Int32GetDatum(number)};
	bool nulls[8] = {false};

	put_event(&reopening->done, texts, &values[1]);
	put_event(&reopening->reopened, texts, &values[3]);
	if (reopening->outcome == OUTCOME_OPEN)
		nulls[5] = nulls[6] = true;
	else
		put_event(&reopening->done_again, texts, &values[5]);
	values[7] = CStringGetTextDatum(outcomes[reopening->outcome]);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
trace_reopenings(PG_FUNCTION_ARGS)
{
	KindArguments arguments = {1, 2, 3};
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Trace trace;
	Reopening *found;
	uint32 count;
	uint32 i;
	Datum *texts;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	PG_GETARG_TRACE(0, &trace);
	count = trace_find_reopenings(&trace, activity_kinds_of(get_kinds(fcinfo, arguments), &trace),
								  &found);
	if (count == 0)
		return (Datum) 0;
	texts = labels_to_texts(trace_labels(&trace), trace.nlabels);
	for (i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_reopening(result, (int32) i + 1, &found[i], texts);
	}
	return (Datum) 0;
}

Datum
trace_reopen_count(PG_FUNCTION_ARGS)
{
	KindArguments arguments = {1, 0, 2};
	Trace trace;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	PG_GETARG_TRACE(0, &trace);
	PG_RETURN_INT32((int32) trace_count_reopenings(
		&trace, activity_kinds_of(get_kinds(fcinfo, arguments), &trace)));
}

Datum
trace_repeat_count(PG_FUNCTION_ARGS)
{
	KindArguments arguments = {1, 2, 3};
	Trace trace;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	PG_GETARG_TRACE(0, &trace);
	PG_RETURN_INT32((int32) trace_count_repeats(
		&trace, activity_kinds_of(get_kinds(fcinfo, arguments), &trace)));
}
