/*
 * States of trace_agg: bytes that are damaged give an error; those that are
 * not come back as they are. However the events of a state are dealt out to
 * partial states, sent around and merged, the trace is the same.
 */
#include "shim.h"

#include "trace/trace_state.h"

#define PARTS 4

/* Few enough to be quick. */
#define MAX_EVENTS 1000

/* Some labels that are alike; one is chosen by number. */
static Label
some_label(unsigned number, char *place)
{
	static const char *const names[] = {
		"", "A", "a", "Ny", "L\303\270st", "L\303\270st m. mail", "A\001", "AA"};
	Label label = {place, 0};

	if (number < lengthof(names))
		label.length = (uint32) sprintf(place, "%s", names[number]);
	else
		label.length = (uint32) sprintf(place, "activity %u", number);
	return label;
}

/* A state of events made from the input; the last of them may come many times. */
static TraceState *
make_state(Bytes input)
{
	TraceState *state = trace_state_create(shared_labels_create(CurrentMemoryContext));
	TimestampTz at = (TimestampTz) take_uint(&input, 8);
	char place[32];

	if (!IS_VALID_TIMESTAMP(at))
		at = 0;
	do
	{
		uint8 flags = take_byte(&input);
		Label label = some_label(flags & 0x40 ? take_byte(&input) : flags & 7, place);
		int64 seq = flags & 0x20 ? (int8) take_byte(&input) : 0;
		int repeats = flags & 0x80 ? take_byte(&input) : 1;

		if (flags & 0x18)
			at += (int8) take_byte(&input) * (flags & 8 ? 60 * USECS_PER_SEC : 1);
		while (repeats-- > 0 && IS_VALID_TIMESTAMP(at))
			state = trace_state_add(state, label, at, (flags & 0x20) != 0, seq);
	} while (input.size > 0 && state->nevents < MAX_EVENTS);
	return state;
}

static Bytes
serialize(const TraceState *state)
{
	return bytes_of(trace_state_serialize(state));
}

/* In another process, whose labels have numbers of their own. */
static TraceState *
receive_state(Bytes bytes, Fault *fault)
{
	SharedLabels *shared = shared_labels_create(CurrentMemoryContext);
	uint32 number;

	shared_labels_number(shared, (Label){"elsewhere", 9}, &number);
	return trace_state_deserialize(shared, bytes.data, bytes.size, fault);
}

/* Sends a state to another process. */
static TraceState *
send_state(const TraceState *state)
{
	Fault fault = fuzz_no_fault();
	Bytes bytes = serialize(state);
	TraceState *received = receive_state(bytes, &fault);

	MUST(received != NULL);
	MUST(bytes_equal(serialize(received), bytes));
	return received;
}

/* The serialized form of a state, taken apart. */
typedef struct Told
{
	Label *labels;
	const uint8 *events; /* EVENT_BYTES each: flag, time, seq, label */
	uint32 nevents;
} Told;

#define HEADER_BYTES (4 + 4)
#define EVENT_BYTES (1 + 8 + 8 + 4)

static Told
told_by(Bytes bytes)
{
	uint32 nlabels = (uint32) load_uint(bytes.data, 4);
	const uint8 *events = bytes.data + HEADER_BYTES + load_uint(bytes.data + 4, 4);
	ByteReader reader = {bytes.data, bytes.data + HEADER_BYTES, events};
	size_t left = (size_t) (bytes.data + bytes.size - events);
	Told told = {palloc((nlabels + 1) * sizeof(Label)), events, (uint32) (left / EVENT_BYTES)};
	uint32 i;

	for (i = 0; i < nlabels; i++)
		told.labels[i] = label_dictionary_next(&reader);
	return told;
}

/* Adds an event of the serialized form. */
static TraceState *
add_told(TraceState *state, const Told *told, uint32 number)
{
	const uint8 *p = told->events + (size_t) number * EVENT_BYTES;

	return trace_state_add(state, told->labels[load_uint(p + 17, 4)], (TimestampTz) load_u64(p + 1),
						   p[0] != 0, (int64) load_u64(p + 9));
}

/* Deals the events out to some states; returns what they make when merged. */
static Bytes
deal_and_merge(const TraceState *state, uint64 random, bool backwards)
{
	Told told = told_by(serialize(state));
	TraceState *parts[PARTS];
	uint32 i;

	for (i = 0; i < PARTS; i++)
		parts[i] = trace_state_create(shared_labels_create(CurrentMemoryContext));
	for (i = 0; i < told.nevents; i++)
	{
		TraceState **part;

		random = random * UINT64CONST(6364136223846793005) + 1442695040888963407;
		part = &parts[random >> 33 & (PARTS - 1)];
		*part = add_told(*part, &told, backwards ? told.nevents - 1 - i : i);
	}
	for (i = 1; i < PARTS; i++)
		if (parts[i]->nevents > 0)
			parts[0] =
				trace_state_merge(parts[0], random >> i & 1 ? parts[i] : send_state(parts[i]));
	return bytes_of(trace_state_finish(parts[0]));
}

static void
check_state(TraceState *state, uint64 random)
{
	Bytes forwards;
	Bytes backwards;
	Bytes whole;

	MUST(state->nevents > 0);
	forwards = deal_and_merge(state, random, false);
	backwards = deal_and_merge(state, ~random, true);
	whole = bytes_of(trace_state_finish(send_state(state)));
	fuzz_check_trace(whole);
	MUST(bytes_equal(whole, forwards));
	MUST(bytes_equal(whole, backwards));
	MUST(bytes_equal(whole, bytes_of(trace_state_finish(state))));
	MUST(bytes_equal(whole, bytes_of(trace_state_finish(state))));
}

/* Raw bytes: an error, or a state that they are the form of. */
static void
check_bytes(Bytes input)
{
	Fault fault = fuzz_no_fault();
	TraceState *state = receive_state(input, &fault);

	if (state == NULL)
	{
		MUST(fault.text[0] != '\0' && fault.at <= input.size);
		return;
	}
	MUST(bytes_equal(serialize(state), input));
	check_state(state, input.size);
}

/* The first byte chooses. */
void
fuzz_one(const uint8 *data, size_t size)
{
	Bytes input = {data, size};
	uint64 random;
	TraceState *state;

	if (take_byte(&input) % 2 == 0)
		check_bytes(input);
	else
	{
		random = take_byte(&input);
		state = make_state(input);
		if (state->nevents > 0)
			check_state(state, random);
	}
}
