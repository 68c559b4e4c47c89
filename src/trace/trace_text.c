/*
 * The text form of traces.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/instant.h"
#include "trace/trace.h"

/* The events of a literal as they are read. */
typedef struct EventList
{
	TraceEvent *events;
	uint32 count;
	uint32 capacity;
	bool break_pending;
} EventList;

#define EVENTS_AT_FIRST 16

char *
trace_to_text(const Trace *trace)
{
	StringInfoData out;
	TraceCursor cursor = trace_first(trace);
	char at[INSTANT_MAX_CHARS + 1];

	initStringInfo(&out);
	label_list_out(&out, trace_labels(trace), trace->nlabels);
	do
	{
		CHECK_FOR_INTERRUPTS();
		if (trace_break_before(trace, cursor.event))
			appendStringInfoString(&out, " |");
		instant_out(at, cursor.at);
		appendStringInfo(&out, " %u@%s", cursor.label + 1, at);
	} while (trace_next(&cursor));
	if (trace_break_before(trace, trace->nevents))
		appendStringInfoString(&out, " |");
	return out.data;
}

/* Makes room for one more event. */
static TraceEvent *
event_list_add(EventList *list)
{
	TraceEvent *event;

	if (list->count == list->capacity)
	{
		list->capacity *= 2;
		list->events = repalloc_huge(list->events, (Size) list->capacity * sizeof(TraceEvent));
	}
	event = &list->events[list->count++];
	memset(event, 0, sizeof(TraceEvent));
	event->break_before = list->break_pending;
	list->break_pending = false;
	return event;
}

/* Reads index@time. */
static bool
event_in(Cursor *cursor, EventList *list, uint32 nlabels)
{
	const char *first = cursor->pos;
	TimestampTz before = list->count > 0 ? list->events[list->count - 1].at : DT_NOBEGIN;
	TraceEvent *event;
	TimestampTz at;
	uint64 index;

	if (list->count == TRACE_MAX_EVENTS)
		return fault_limit(cursor->fault, "trace", "or more events", TRACE_MAX_EVENTS + 1,
						   TRACE_MAX_EVENTS, "Split the case, for instance by year.");
	if (!cursor_uint(cursor, "the number of a label", nlabels, &index))
		return false;
	if (index == 0)
		return cursor_fault(cursor, "labels are numbered from 1");
	if (!cursor_expect(cursor, '@') || !instant_in(cursor, &at))
		return false;
	if (at < before)
	{
		cursor->pos = first;
		return cursor_fault(cursor, "event is earlier than the one before it");
	}
	event = event_list_add(list);
	event->label = (uint32) index - 1;
	event->at = at;
	return true;
}

/* Reads the events, and the breaks between them, up to the literal's end. */
static bool
events_in(Cursor *cursor, EventList *list, uint32 nlabels)
{
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		cursor_skip_space(cursor);
		if (*cursor->pos == '\0')
			break;
		if (*cursor->pos == '|' && list->break_pending)
			return cursor_fault(cursor, "two breaks in a row");
		if (cursor_accept(cursor, '|'))
			list->break_pending = true;
		else if (!event_in(cursor, list, nlabels))
			return false;
	}
	return list->count > 0 || cursor_fault(cursor, "expected an event");
}

static bool
labels_in(Cursor *cursor, LabelTable *labels)
{
	cursor_skip_space(cursor);
	if (!label_list_in(cursor, labels))
		return false;
	return labels->count <= TRACE_MAX_LABELS ||
		   fault_limit(cursor->fault, "trace", "different activities", labels->count,
					   TRACE_MAX_LABELS, NULL);
}

struct varlena *
trace_from_text(const char *literal, Fault *fault)
{
	Cursor cursor = {literal, literal, fault};
	LabelTable *labels = label_table_create();
	EventList list = {palloc(EVENTS_AT_FIRST * sizeof(TraceEvent)), 0, EVENTS_AT_FIRST, false};

	if (!labels_in(&cursor, labels) || !events_in(&cursor, &list, labels->count))
		return NULL;
	return trace_build(list.events, list.count, labels->labels, labels->count, list.break_pending);
}
