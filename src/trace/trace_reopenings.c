/*
 * Reopenings in SQL.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/kept.h"
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

#define KIND_LISTS 3

/* The kinds, kept from call to call as long as the lists are the same (base/kept.h). */
typedef struct KeptKinds
{
	MemoryContext context;
	ArrayType *lists[KIND_LISTS]; /* NULL: none */
	ActivityKinds kinds;
	bool valid; /* false after an error in the lists */
} KeptKinds;

static ArrayType *
list_argument(FunctionCallInfo fcinfo, int n)
{
	return n == 0 || PG_ARGISNULL(n) ? NULL : PG_GETARG_ARRAYTYPE_P(n);
}

static bool
same_list(const ArrayType *a, const ArrayType *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return kept_is_same((const struct varlena *) a, (const struct varlena *) b);
}

/* Keeps a list, and takes its labels. */
static Label *
keep_list(KeptKinds *kept, int n, const ArrayType *list, const char *name, uint32 *count)
{
	*count = 0;
	if (list == NULL)
		return NULL;
	kept->lists[n] = palloc(VARSIZE(list));
	memcpy(kept->lists[n], list, VARSIZE(list));
	return slices_of_array(kept->lists[n], name, count);
}

pg_noreturn static void
bad_kind(const Label *label, bool is_note)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg(is_note ? "activity \"%.*s\" cannot be both done and a note"
								   : "activity \"%.*s\" answers the user, but is not done",
						   (int) label->length, label->bytes),
					is_note ? 0 : errhint("Every activity of answered must be one of done.")));
	pg_unreachable();
}

/* Takes the lists in, in a context of their own. */
static void
keep_kinds(KeptKinds *kept, MemoryContext parent, ArrayType *const *lists)
{
	ActivityKinds *kinds = &kept->kinds;
	MemoryContext before;
	const Label *bad;
	bool is_note;

	if (kept->context != NULL)
		MemoryContextDelete(kept->context);
	memset(kept, 0, sizeof(KeptKinds));
	kept->context = AllocSetContextCreate(parent, "kinds of activities", ALLOCSET_SMALL_SIZES);
	before = MemoryContextSwitchTo(kept->context);
	kinds->done = keep_list(kept, 0, lists[0], "done", &kinds->ndone);
	kinds->answered = keep_list(kept, 1, lists[1], "answered", &kinds->nanswered);
	kinds->notes = keep_list(kept, 2, lists[2], "notes", &kinds->nnotes);
	MemoryContextSwitchTo(before);
	bad = activity_kinds_prepare(kinds, &is_note);
	if (bad != NULL)
		bad_kind(bad, is_note);
	kept->valid = true;
}

static const ActivityKinds *
get_kinds(FunctionCallInfo fcinfo, KindArguments arguments)
{
	FmgrInfo *flinfo = fcinfo->flinfo;
	ArrayType *lists[KIND_LISTS] = {list_argument(fcinfo, arguments.done),
									list_argument(fcinfo, arguments.answered),
									list_argument(fcinfo, arguments.notes)};
	KeptKinds *kept = flinfo->fn_extra;
	bool same = kept != NULL && kept->valid;
	int i;

	if (kept == NULL)
		kept = flinfo->fn_extra = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(KeptKinds));
	for (i = 0; i < KIND_LISTS && same; i++)
		same = same_list(kept->lists[i], lists[i]);
	if (!same)
		keep_kinds(kept, flinfo->fn_mcxt, lists);
	return &kept->kinds;
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

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
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
