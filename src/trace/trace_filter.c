/*
 * Traces of fewer events.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/sql_values.h"
#include "trace/trace_fmgr.h"

TM_FUNCTION(trace_drop);

/* Which labels of the trace are in the list. */
static bool *
labels_in_list(const Trace *trace, const Label *labels, ArrayType *list)
{
	uint32 count;
	Label *listed = labels_of_array(list, "activities", &count);
	LabelTable *table = label_table_create();
	bool *in_list = palloc0(trace->nlabels * sizeof(bool));
	uint32 number;
	uint32 i;

	for (i = 0; i < count; i++)
		label_table_add(table, listed[i]);
	for (i = 0; i < trace->nlabels; i++)
		in_list[i] = label_table_find(table, labels[i], &number);
	return in_list;
}

/* Copies the events but those dropped; a break before one of these stays. */
static uint32
copy_kept(const Trace *trace, const bool *dropped, TraceEvent *events, bool *break_after)
{
	TraceCursor cursor = trace_first(trace);
	bool break_before = false;
	uint32 count = 0;

	do
	{
		CHECK_FOR_INTERRUPTS();
		break_before |= trace_break_before(trace, cursor.event);
		if (dropped[cursor.label])
			continue;
		events[count].at = cursor.at;
		events[count].label = cursor.label;
		events[count++].break_before = break_before;
		break_before = false;
	} while (trace_next(&cursor));
	*break_after = break_before || trace_break_before(trace, trace->nevents);
	return count;
}

/* The trace without some activities: their neighbours follow each other directly. */
Datum
trace_drop(PG_FUNCTION_ARGS)
{
	Trace trace;
	Label *labels;
	TraceEvent *events;
	uint32 count;
	bool break_after;

	PG_GETARG_TRACE(0, &trace);
	labels = trace_labels(&trace);
	events = palloc0(trace.nevents * sizeof(TraceEvent));
	count = copy_kept(&trace, labels_in_list(&trace, labels, PG_GETARG_ARRAYTYPE_P(1)), events,
					  &break_after);
	if (count == 0)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(trace_build(events, count, labels, trace.nlabels, break_after));
}
