/*
 * Reopenings of a case.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "trace/trace_reopen.h"

static int
compare_labels(const void *a, const void *b)
{
	return label_compare(*(const Label *) a, *(const Label *) b);
}

static void
sort_labels(Label *labels, uint32 count)
{
	if (count > 1)
		qsort(labels, count, sizeof(Label), compare_labels);
}

static bool
contains(const Label *sorted, uint32 count, const Label *label)
{
	return count > 0 && bsearch(label, sorted, count, sizeof(Label), compare_labels) != NULL;
}

const Label *
activity_kinds_prepare(ActivityKinds *kinds, bool *is_note)
{
	uint32 i;

	sort_labels(kinds->done, kinds->ndone);
	sort_labels(kinds->answered, kinds->nanswered);
	sort_labels(kinds->notes, kinds->nnotes);
	*is_note = false;
	for (i = 0; i < kinds->nanswered; i++)
		if (!contains(kinds->done, kinds->ndone, &kinds->answered[i]))
			return &kinds->answered[i];
	*is_note = true;
	for (i = 0; i < kinds->nnotes; i++)
		if (contains(kinds->done, kinds->ndone, &kinds->notes[i]))
			return &kinds->notes[i];
	return NULL;
}

static ActivityKind
kind_of_label(const ActivityKinds *kinds, const Label *label)
{
	if (contains(kinds->answered, kinds->nanswered, label))
		return ACTIVITY_ANSWER;
	if (contains(kinds->done, kinds->ndone, label))
		return ACTIVITY_DONE;
	return contains(kinds->notes, kinds->nnotes, label) ? ACTIVITY_NOTE : ACTIVITY_OPEN;
}

uint8 *
activity_kinds_of(const ActivityKinds *kinds, const Trace *trace)
{
	uint8 *kind_of = palloc(trace->nlabels);
	Label *labels = trace_labels(trace);
	uint32 i;

	for (i = 0; i < trace->nlabels; i++)
		kind_of[i] = (uint8) kind_of_label(kinds, &labels[i]);
	pfree(labels);
	return kind_of;
}

uint32
trace_count_reopenings(const Trace *trace, const uint8 *kind_of)
{
	bool done = false;
	uint32 count = 0;
	uint32 i;

	for (i = 0; i < trace->nevents; i++)
	{
		uint8 kind = kind_of[trace_index(trace, i)];

		if (kind == ACTIVITY_NOTE)
			continue;
		count += done && kind == ACTIVITY_OPEN;
		done = kind != ACTIVITY_OPEN;
	}
	return count;
}

uint32
trace_count_repeats(const Trace *trace, const uint8 *kind_of)
{
	bool answered = false; /* in this run */
	uint32 count = 0;
	uint32 i;

	for (i = 0; i < trace->nevents; i++)
	{
		uint8 kind = kind_of[trace_index(trace, i)];

		count += answered && kind == ACTIVITY_ANSWER;
		if (kind == ACTIVITY_ANSWER)
			answered = true;
		else if (kind == ACTIVITY_OPEN)
			answered = false;
	}
	return count;
}

/* Where a walk along a case stands. */
typedef struct ReopenWalk
{
	Reopening *found;
	uint32 count;
	CaseEvent run; /* the first event of the last run */
	bool in_run;
	bool run_answers;     /* an event of the run answers the user */
	bool answered_before; /* an event of an earlier run did */
	bool awaits_run;      /* the last reopening has no outcome yet */
} ReopenWalk;

/* The next run begins. */
static void
begin_run(ReopenWalk *walk, CaseEvent event)
{
	walk->in_run = true;
	walk->run_answers = false;
	walk->run = event;
	if (walk->awaits_run)
		walk->found[walk->count - 1].done_again = event;
}

/* The run is over: it decides on the reopening before it. */
static void
end_run(ReopenWalk *walk)
{
	if (walk->awaits_run)
		walk->found[walk->count - 1].outcome = !walk->run_answers      ? OUTCOME_SILENT
											   : walk->answered_before ? OUTCOME_ANSWERED_AGAIN
																	   : OUTCOME_FIRST_ANSWER;
	walk->awaits_run = false;
	walk->answered_before |= walk->run_answers;
	walk->in_run = false;
}

static void
add_reopening(ReopenWalk *walk, CaseEvent event)
{
	Reopening *reopening = &walk->found[walk->count++];

	reopening->done = walk->run;
	reopening->reopened = event;
	reopening->outcome = OUTCOME_OPEN;
	walk->awaits_run = true;
}

static void
walk_event(ReopenWalk *walk, CaseEvent event, ActivityKind kind)
{
	if (kind == ACTIVITY_NOTE)
		return;
	if (kind != ACTIVITY_OPEN)
	{
		if (!walk->in_run)
			begin_run(walk, event);
		walk->run_answers |= kind == ACTIVITY_ANSWER;
	}
	else if (walk->in_run)
	{
		end_run(walk);
		add_reopening(walk, event);
	}
}

uint32
trace_find_reopenings(const Trace *trace, const uint8 *kind_of, Reopening **found)
{
	TraceCursor cursor = trace_first(trace);
	ReopenWalk walk = {0};
	uint32 count = trace_count_reopenings(trace, kind_of);

	if (count == 0)
		return 0;
	*found = walk.found = palloc_extended(count * sizeof(Reopening), MCXT_ALLOC_HUGE);
	do
	{
		CaseEvent event = {cursor.at, cursor.label};

		walk_event(&walk, event, kind_of[cursor.label]);
	} while (trace_next(&cursor));
	if (walk.in_run)
		end_run(&walk);
	Assert(walk.count == count);
	return count;
}
