/*
 * The events of one case while an aggregate collects them.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "compat.h"

#include "base/instant.h"
#include "base/interrupts.h"
#include "trace/trace_state.h"

/* Ten events: most tickets never need more. */
#define SIZE_AT_FIRST 128

/* A record: time, number of the label; then whether there is a seq, and which. */
#define RECORD_BYTES (8 + 2)
#define RECORD_SEQ_BYTES (RECORD_BYTES + 1 + 8)

/* Serialized: number of labels, bytes of their dictionary, which follows, and the events; */
#define HEADER_BYTES (4 + 4)

/* an event: whether it has a seq, time, seq, number of the label. */
#define EVENT_BYTES (1 + 8 + 8 + 4)

/* So many events are taken apart without another chunk of memory. */
#define FEW_EVENTS 32

TraceState *
trace_state_create(SharedLabels *shared)
{
	TraceState *state = palloc(SIZE_AT_FIRST);

	state->size = SIZE_AT_FIRST;
	state->nevents = 0;
	state->shared = shared;
	state->own = NULL;
	state->has_seq = false;
	return state;
}

static Size
record_bytes(const TraceState *state)
{
	return state->has_seq ? RECORD_SEQ_BYTES : RECORD_BYTES;
}

/* ---- records ---- */

/* In the machine's own order of bytes: records do not leave the process. */
static inline void
write_record(TraceState *state, uint32 number, const TraceEvent *event)
{
	uint8 *p = state->records + number * record_bytes(state);
	uint16 label = (uint16) event->label;

	memcpy(p, &event->at, 8);
	memcpy(p + 8, &label, 2);
	if (likely(!state->has_seq))
		return;
	p[RECORD_BYTES] = event->has_seq;
	memcpy(p + RECORD_BYTES + 1, &event->seq, 8);
}

static inline TraceEvent
read_record(const TraceState *state, uint32 number)
{
	const uint8 *p = state->records + number * record_bytes(state);
	TraceEvent event = {0, 0, 0, false, false};
	uint16 label;

	memcpy(&event.at, p, 8);
	memcpy(&label, p + 8, 2);
	event.label = label;
	if (unlikely(state->has_seq))
	{
		event.has_seq = p[RECORD_BYTES];
		memcpy(&event.seq, p + RECORD_BYTES + 1, 8);
	}
	return event;
}

/* Moves to a larger chunk where so many bytes of records do not fit. */
static TraceState *
make_room(TraceState *state, Size bytes)
{
	Size size = state->size;
	TraceState *larger;

	if (likely(offsetof(TraceState, records) + bytes <= size))
		return state;
	while (offsetof(TraceState, records) + bytes > size)
		size *= 2;
	larger = MemoryContextAllocHuge(CurrentMemoryContext, size);
	memcpy(larger, state, state->size);
	larger->size = (uint32) size;
	pfree(state);
	return larger;
}

/* Makes the records wide enough for a seq, from the last one on. */
static TraceState *
widen_records(TraceState *state)
{
	uint32 i;

	state = make_room(state, (Size) state->nevents * RECORD_SEQ_BYTES);
	for (i = state->nevents; i > 0; i--)
	{
		uint8 *wide = state->records + (Size) (i - 1) * RECORD_SEQ_BYTES;

		memmove(wide, state->records + (Size) (i - 1) * RECORD_BYTES, RECORD_BYTES);
		memset(wide + RECORD_BYTES, 0, RECORD_SEQ_BYTES - RECORD_BYTES);
	}
	state->has_seq = true;
	return state;
}

/* Appends an event whose label has a number. */
static TraceState *
append_event(TraceState *state, const TraceEvent *event)
{
	trace_check_event_count((uint64) state->nevents + 1);
	if (unlikely(event->has_seq && !state->has_seq))
		state = widen_records(state);
	state = make_room(state, ((Size) state->nevents + 1) * record_bytes(state));
	write_record(state, state->nevents++, event);
	return state;
}

/* ---- labels ---- */

static Label
label_of_number(const TraceState *state, uint32 number)
{
	const LabelTable *table = state->own == NULL ? state->shared->table : state->own;

	return table->labels[number];
}

/* Gives the case a table of its own, with the labels it has so far. */
static void
leave_shared_labels(TraceState *state)
{
	LabelTable *own = label_table_create();
	uint32 i;

	for (i = 0; i < state->nevents; i++)
	{
		TraceEvent event = read_record(state, i);

		event.label = label_table_add(own, label_of_number(state, event.label));
		write_record(state, i, &event);
	}
	state->own = own;
}

/* Finds or adds the label. */
static uint32
number_label(TraceState *state, Label label)
{
	uint32 number;

	if (likely(state->own == NULL && shared_labels_number(state->shared, label, &number)))
		return number;
	label_check_length(label.length);
	if (state->own == NULL)
		leave_shared_labels(state);
	number = label_table_add(state->own, label);
	trace_check_label_count(state->own->count);
	return number;
}

TraceState *
trace_state_add(TraceState *state, Label label, TimestampTz at, bool has_seq, int64 seq)
{
	TraceEvent event = {at, has_seq ? seq : 0, 0, has_seq, false};

	instant_check_finite(at);
	event.label = number_label(state, label);
	return append_event(state, &event);
}

TraceState *
trace_state_merge(TraceState *state, const TraceState *other)
{
	uint32 i;

	for (i = 0; i < other->nevents; i++)
	{
		TraceEvent event = read_record(other, i);

		event.label = number_label(state, label_of_number(other, event.label));
		state = append_event(state, &event);
		check_interrupts_seldom(i);
	}
	return state;
}

/* ---- events and labels of the case alone ---- */

/* The events of a state, labels numbered in order of appearance. */
typedef struct CaseEvents
{
	TraceEvent *events;
	Label *labels;
	uint32 nlabels;
	TraceEvent few_events[FEW_EVENTS];
	Label few_labels[FEW_EVENTS];
} CaseEvents;

/*
 * Numbers the labels anew. The new numbers, from 1, are stored by the old ones;
 * all are 0 before and after, since nothing here throws.
 */
static void
number_by_appearance(CaseEvents *list, const TraceState *state)
{
	static uint32 new_number[TRACE_MAX_LABELS];
	uint32 i;

	for (i = 0; i < state->nevents; i++)
	{
		uint32 label = list->events[i].label;

		if (new_number[label] == 0)
		{
			list->labels[list->nlabels++] = label_of_number(state, label);
			new_number[label] = list->nlabels;
		}
		list->events[i].label = new_number[label] - 1;
	}
	for (i = 0; i < state->nevents; i++)
		new_number[read_record(state, i).label] = 0;
}

/* Takes a state apart. */
static void
open_events(CaseEvents *list, const TraceState *state)
{
	uint32 i;

	list->events = list->few_events;
	list->labels = list->few_labels;
	list->nlabels = 0;
	if (state->nevents > FEW_EVENTS)
	{
		list->events = palloc_extended((Size) state->nevents * sizeof(TraceEvent), MCXT_ALLOC_HUGE);
		list->labels = palloc(Min(state->nevents, TRACE_MAX_LABELS) * sizeof(Label));
	}
	for (i = 0; i < state->nevents; i++)
		list->events[i] = read_record(state, i);
	number_by_appearance(list, state);
}

static void
close_events(CaseEvents *list)
{
	if (list->events == list->few_events)
		return;
	pfree(list->events);
	pfree(list->labels);
}

struct varlena *
trace_state_finish(const TraceState *state)
{
	CaseEvents list;
	struct varlena *value;

	open_events(&list, state);
	trace_sort_events(list.events, state->nevents, list.labels);
	value = trace_build(list.events, state->nevents, list.labels, list.nlabels, false);
	close_events(&list);
	return value;
}

static inline bool
is_same_place(const TraceEvent *a, const TraceEvent *b)
{
	return a->at == b->at && a->has_seq == b->has_seq && a->seq == b->seq;
}

/* In order, so that those of one place lie together, and there those of one label. */
static TraceTies
count_ties(const TraceEvent *events, uint32 nevents)
{
	TraceTies ties = {0, 0};
	uint32 begin;
	uint32 end;

	for (begin = 0; begin < nevents; begin = end)
	{
		uint32 nlabels = 1;

		for (end = begin + 1; end < nevents && is_same_place(&events[end], &events[begin]); end++)
			nlabels += events[end].label != events[end - 1].label;
		ties.tied += nlabels > 1 ? end - begin : 0;
		ties.duplicate += end - begin - nlabels;
	}
	return ties;
}

TraceTies
trace_state_count_ties(const TraceState *state)
{
	CaseEvents list;
	TraceTies ties;

	open_events(&list, state);
	trace_sort_events(list.events, state->nevents, list.labels);
	ties = count_ties(list.events, state->nevents);
	close_events(&list);
	return ties;
}

/* ---- serialized ---- */

static uint8 *
write_event(uint8 *p, const TraceEvent *event)
{
	*p++ = event->has_seq;
	p = store_uint(p, (uint64) event->at, 8);
	p = store_uint(p, (uint64) event->seq, 8);
	return store_uint(p, event->label, 4);
}

struct varlena *
trace_state_serialize(const TraceState *state)
{
	Size dictionary = 0;
	struct varlena *value;
	CaseEvents list;
	Size size;
	uint8 *p;
	uint32 i;

	open_events(&list, state);
	for (i = 0; i < list.nlabels; i++)
		dictionary += label_dictionary_size(list.labels[i]);
	size = VARHDRSZ + HEADER_BYTES + dictionary + (Size) state->nevents * EVENT_BYTES;
	value = palloc(size);
	SET_VARSIZE(value, size);
	p = store_uint((uint8 *) VARDATA(value), list.nlabels, 4);
	p = store_uint(p, dictionary, 4);
	for (i = 0; i < list.nlabels; i++)
		p = label_dictionary_put(p, list.labels[i]);
	for (i = 0; i < state->nevents; i++)
		p = write_event(p, &list.events[i]);
	close_events(&list);
	return value;
}

static bool
read_event(const uint8 *p, TraceEvent *event)
{
	event->has_seq = p[0] != 0;
	event->break_before = false;
	event->at = (TimestampTz) load_u64(p + 1);
	event->seq = (int64) load_u64(p + 9);
	event->label = (uint32) load_uint(p + 17, 4);
	return p[0] <= 1 && IS_VALID_TIMESTAMP(event->at) && (event->has_seq || event->seq == 0);
}

/* Reads the labels: as many as can be events, each once. */
static Label *
read_labels(const uint8 *data, size_t size, Fault *fault)
{
	uint32 count = (uint32) load_uint(data, 4);
	size_t dictionary = (size_t) load_uint(data + 4, 4);
	ByteReader reader = {data, data + HEADER_BYTES, data + HEADER_BYTES + dictionary};
	Label *labels;

	if (dictionary > size - HEADER_BYTES || count > Min(size / EVENT_BYTES, TRACE_MAX_LABELS))
		return fault_at(fault, 0, "state is damaged"), NULL;
	labels = palloc((count + 1) * sizeof(Label));
	return label_dictionary_check(&reader, labels, count, fault) ? labels : NULL;
}

/* Reads the events; their labels must appear in order, and all. */
static TraceState *
read_events(TraceState *state, const uint8 *p, size_t size, const Label *labels, uint32 nlabels,
			Fault *fault)
{
	size_t left = size;
	uint32 seen = 0;
	TraceEvent event;

	for (; left >= EVENT_BYTES && read_event(p, &event) && event.label < nlabels &&
		   event.label <= seen;
		 p += EVENT_BYTES, left -= EVENT_BYTES)
	{
		seen += event.label == seen;
		event.label = number_label(state, labels[event.label]);
		state = append_event(state, &event);
		check_interrupts_seldom(state->nevents);
	}
	if (left > 0 || seen != nlabels || size == 0)
		return fault_at(fault, (uint64) (size - left), "state is damaged"), NULL;
	return state;
}

TraceState *
trace_state_deserialize(SharedLabels *shared, const uint8 *data, size_t size, Fault *fault)
{
	Label *labels;
	size_t begin;

	if (size < HEADER_BYTES)
		return fault_at(fault, size, "state is cut off"), NULL;
	labels = read_labels(data, size, fault);
	if (labels == NULL)
		return NULL;
	begin = HEADER_BYTES + (size_t) load_uint(data + 4, 4);
	return read_events(trace_state_create(shared), data + begin, size - begin, labels,
					   (uint32) load_uint(data, 4), fault);
}
