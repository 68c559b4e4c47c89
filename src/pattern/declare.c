/*
 * Constraints: a pass over the events each. A trace has at most 10,000,000
 * events, a pass over which needs no look for interrupts.
 */
#include "postgres.h"

#include "pattern/declare.h"

static uint32
count_of_label(const Trace *trace, Label label)
{
	uint32 number = trace_number_of_label(trace, label);
	uint32 count = 0;
	uint32 i;

	for (i = 0; i < trace->nevents; i++)
		count += trace_index(trace, i) == number;
	return count;
}

uint32
declare_existence(const Trace *trace, Label activity, uint32 times)
{
	uint32 count = count_of_label(trace, activity);

	return count < times ? times - count : 0;
}

uint32
declare_absence(const Trace *trace, Label activity, uint32 times)
{
	uint32 count = count_of_label(trace, activity);

	return count >= times ? count - times + 1 : 0;
}

uint32
declare_response(const Trace *trace, Label source, Label target)
{
	uint32 from = trace_number_of_label(trace, source);
	uint32 to = trace_number_of_label(trace, target);
	uint32 violations = 0;
	uint32 i = trace->nevents;

	/* Those after the last target. */
	while (i-- > 0)
	{
		violations += trace_index(trace, i) == from;
		if (trace_index(trace, i) == to)
			break;
	}
	return violations;
}

uint32
declare_precedence(const Trace *trace, Label source, Label target)
{
	uint32 from = trace_number_of_label(trace, source);
	uint32 to = trace_number_of_label(trace, target);
	uint32 violations = 0;
	uint32 i;

	/* Those before the first source. */
	for (i = 0; i < trace->nevents; i++)
	{
		violations += trace_index(trace, i) == to;
		if (trace_index(trace, i) == from)
			break;
	}
	return violations;
}

uint32
declare_succession(const Trace *trace, Label source, Label target)
{
	return declare_response(trace, source, target) + declare_precedence(trace, source, target);
}

uint32
declare_chain_response(const Trace *trace, Label source, Label target)
{
	uint32 from = trace_number_of_label(trace, source);
	uint32 to = trace_number_of_label(trace, target);
	uint32 violations = 0;
	uint32 i;

	for (i = 0; i < trace->nevents; i++)
		violations += trace_index(trace, i) == from &&
					  (i + 1 == trace->nevents || trace_index(trace, i + 1) != to ||
					   trace_break_before(trace, i + 1));
	return violations;
}
