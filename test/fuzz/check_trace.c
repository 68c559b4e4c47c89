/*
 * What must hold of each valid trace.
 */
#include "shim.h"

#include "trace/trace.h"

/* Walks to the last event, and sees that time does not go back. */
static TimestampTz
walk(const Trace *trace)
{
	TraceCursor cursor = trace_first(trace);
	TimestampTz before;

	do
	{
		before = cursor.at;
		MUST(cursor.label < trace->nlabels && IS_VALID_TIMESTAMP(cursor.at));
	} while (trace_next(&cursor) && cursor.at >= before);
	MUST(cursor.event == trace->nevents);
	return before;
}

void
fuzz_check_trace(Bytes value)
{
	Fault fault = fuzz_no_fault();
	struct varlena *again;
	Trace trace;
	char *text;

	MUST(trace_check(value.data, value.size, &trace, &fault));
	MUST(trace.end == value.data + value.size);
	MUST(trace_last_at(&trace) == walk(&trace));
	text = trace_to_text(&trace);
	again = trace_from_text(text, &fault);
	MUST(again != NULL);
	MUST(bytes_equal(bytes_of(again), value));
}
