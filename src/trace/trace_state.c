/*
 * The events of one case while an aggregate collects them.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "compat.h"

#include "base/instant.h"
#include "trace/trace_state.h"

/* Six events and a handful of labels: the chunk of a usual ticket. */
#define SIZE_AT_FIRST 256

/* A serialized event: a byte of flags, time, seq, number of the label. */
#define EVENT_BYTES (1 + 8 + 8 + 4)

TraceState *
trace_state_create(void)
{
	TraceState *state = palloc(SIZE_AT_FIRST);

	state->size = SIZE_AT_FIRST;
	state->nevents = 0;
	state->nlabels = 0;
	state->label_bytes = 0;
	state->many = NULL;
	return state;
}

static uint8 *
labels_begin(const TraceState *state)
{
	return (uint8 *) state + state->size - state->label_bytes;
}

/* Moves to a larger chunk where so many more bytes do not fit. */
static TraceState *
make_room(TraceState *state, Size bytes)
{
	Size used = offsetof(TraceState, events) + state->nevents * sizeof(TraceEvent);
	Size size = state->size;
	TraceState *larger;

	if (likely(used + bytes + state->label_bytes <= size))
		return state;
	while (used + bytes + state->label_bytes > size)
		size *= 2;
	larger = MemoryContextAllocHuge(CurrentMemoryContext, size);
	memcpy(larger, state, used);
	larger->size = size;
	memcpy(labels_begin(larger), labels_begin(state), state->label_bytes);
	pfree(state);
	return larger;
}

/* Reads the label at p, which lies before the next older one. */
static const uint8 *
read_label(const uint8 *p, Label *label)
{
	label->length = (uint32) load_uint(p, 2);
	label->bytes = (const char *) p + 2;
	return p + 2 + label->length;
}

/* Lists the labels by number; the last one added lies first. */
static Label *
list_labels(const TraceState *state, Label *few)
{
	const uint8 *p = labels_begin(state);
	uint32 i;

	if (state->many != NULL)
		return state->many->labels;
	for (i = state->nlabels; i > 0; i--)
		p = read_label(p, &few[i - 1]);
	return few;
}

/* The number of a label among few; their count if it is new. */
static uint32
find_label(const TraceState *state, Label label)
{
	const uint8 *p = labels_begin(state);
	Label known;
	uint32 i;

	for (i = state->nlabels; i > 0; i--)
	{
		p = read_label(p, &known);
		if (label_equal(known, label))
			return i - 1;
	}
	return state->nlabels;
}

/* Goes over to a table of labels, numbered as before. */
static void
move_to_table(TraceState *state)
{
	Label few[TRACE_STATE_FEW_LABELS];
	LabelTable *table = label_table_create();
	uint32 i;

	list_labels(state, few);
	for (i = 0; i < state->nlabels; i++)
		label_table_add(table, few[i]);
	state->many = table;
}

static TraceState *
add_few_label(TraceState *state, Label label)
{
	uint8 *p;

	state = make_room(state, 2 + label.length);
	state->label_bytes += 2 + label.length;
	p = store_uint(labels_begin(state), label.length, 2);
	memcpy(p, label.bytes, label.length);
	state->nlabels++;
	return state;
}

/* Finds or adds the label, and gives its number. */
static TraceState *
number_label(TraceState *state, Label label, uint32 *number)
{
	if (state->many == NULL)
	{
		*number = find_label(state, label);
		if (likely(*number < state->nlabels))
			return state;
		label_check_length(label.length);
		if (state->nlabels < TRACE_STATE_FEW_LABELS)
			return add_few_label(state, label);
		move_to_table(state);
	}
	label_check_length(label.length);
	*number = label_table_add(state->many, label);
	state->nlabels = state->many->count;
	trace_check_label_count(state->nlabels);
	return state;
}

/* Appends an event whose label has a number. */
static TraceState *
append_event(TraceState *state, TraceEvent event)
{
	trace_check_event_count((uint64) state->nevents + 1);
	state = make_room(state, sizeof(TraceEvent));
	state->events[state->nevents++] = event;
	return state;
}

TraceState *
trace_state_add(TraceState *state, Label label, TimestampTz at, bool has_seq, int64 seq)
{
	TraceEvent event = {at, has_seq ? seq : 0, 0, has_seq, false};

	instant_check_finite(at);
	state = number_label(state, label, &event.label);
	return append_event(state, event);
}

TraceState *
trace_state_merge(TraceState *state, const TraceState *other)
{
	Label few[TRACE_STATE_FEW_LABELS];
	const Label *labels = list_labels(other, few);
	uint32 *number = palloc((other->nlabels + 1) * sizeof(uint32));
	uint32 i;

	for (i = 0; i < other->nlabels; i++)
		state = number_label(state, labels[i], &number[i]);
	for (i = 0; i < other->nevents; i++)
	{
		TraceEvent event = other->events[i];

		event.label = number[event.label];
		state = append_event(state, event);
		if (unlikely((i & 0xffff) == 0xffff))
			CHECK_FOR_INTERRUPTS();
	}
	pfree(number);
	return state;
}

struct varlena *
trace_state_finish(TraceState *state)
{
	Label few[TRACE_STATE_FEW_LABELS];
	const Label *labels = list_labels(state, few);

	trace_sort_events(state->events, state->nevents, labels);
	return trace_build(state->events, state->nevents, labels, state->nlabels, false);
}

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
	Label few[TRACE_STATE_FEW_LABELS];
	const Label *labels = list_labels(state, few);
	Size size = VARHDRSZ + 4 + 4 + (Size) state->nevents * EVENT_BYTES;
	struct varlena *value;
	uint8 *p;
	uint32 i;

	for (i = 0; i < state->nlabels; i++)
		size += label_dictionary_size(labels[i]);
	value = palloc(size);
	SET_VARSIZE(value, size);
	p = store_uint((uint8 *) VARDATA(value), state->nlabels, 4);
	p = store_uint(p, state->nevents, 4);
	for (i = 0; i < state->nlabels; i++)
		p = label_dictionary_put(p, labels[i]);
	for (i = 0; i < state->nevents; i++)
		p = write_event(p, &state->events[i]);
	return value;
}

/* Reads the labels; they must come out numbered from 0. */
static TraceState *
read_labels(TraceState *state, ByteReader *reader, uint32 nlabels)
{
	uint32 i;

	for (i = 0; i < nlabels; i++)
	{
		Label label = label_dictionary_next(reader);
		uint32 number;

		if (label.bytes == NULL ||
			pg_encoding_verifymbstr(PG_UTF8, label.bytes, (int) label.length) != (int) label.length)
			return NULL;
		state = number_label(state, label, &number);
		if (number != i)
			return NULL;
	}
	return state;
}

static bool
read_event(ByteReader *reader, TraceEvent *event, uint32 nlabels)
{
	const uint8 *p = reader->pos;

	if (reader_left(reader) < EVENT_BYTES || p[0] > 1)
		return false;
	event->has_seq = p[0];
	event->break_before = false;
	event->at = (TimestampTz) load_u64(p + 1);
	event->seq = (int64) load_u64(p + 9);
	event->label = (uint32) load_uint(p + 17, 4);
	reader->pos += EVENT_BYTES;
	return event->label < nlabels && IS_VALID_TIMESTAMP(event->at) &&
		   (event->has_seq || event->seq == 0);
}

TraceState *
trace_state_deserialize(const uint8 *data, size_t size, Fault *fault)
{
	ByteReader reader = {data, data, data + size};
	TraceState *state = trace_state_create();
	TraceEvent event;
	uint32 nevents;

	if (size < 8)
		return fault_at(fault, size, "state is cut off"), NULL;
	nevents = (uint32) load_uint(data + 4, 4);
	reader.pos += 8;
	state = read_labels(state, &reader, (uint32) load_uint(data, 4));
	while (state != NULL && nevents-- > 0)
		state = read_event(&reader, &event, state->nlabels) ? append_event(state, event) : NULL;
	if (state == NULL || state->nevents == 0 || reader_left(&reader) != 0)
		return fault_at(fault, (uint64) (reader.pos - data), "state is damaged"), NULL;
	return state;
}
