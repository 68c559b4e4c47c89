/*
 * Raw events: the collector, whatever memory it has, the traces of the cases,
 * and any partition of the cases make the same graph to the byte; what it tells of the durations is
 * what a plain sum over them gives.
 */
#include "shim.h"

#include <math.h>

#include "common/int.h"

#include "dfg/collector.h"
#include "dfg/dfg_statistics.h"
#include "trace/trace_state.h"

/* So many events are enough for a sketch, and few enough to be quick. */
#define MAX_EVENTS 1500

#define CASES 16
#define PARTS 3

/* The same events in all the shapes they come in; the parts share what memory they have. */
typedef struct Log
{
	Collector *whole;
	uint32 nevents;
	TraceState *states[CASES];
	Collector *parts[PARTS];
	uint8 part_of[CASES];
} Log;

/* Keys of all lengths, and some that differ in the last byte alone. */
static void
collect(Collector *collector, int case_no, Label label, TimestampTz at, bool has_seq, int64 seq)
{
	uint8 bytes[300] = {0};
	static const uint32 lengths[] = {1, 2, 7, 8, 9, 14, 15, 300};
	RawEvent event = {{bytes, lengths[case_no % lengthof(lengths)]}};

	bytes[event.key.length - 1] = (uint8) (case_no + 1);
	event.at = at;
	event.has_seq = has_seq;
	event.seq = has_seq ? seq : 0;
	collector_add(collector, &event, label);
}

static void
add_event(Log *log, int case_no, Label label, TimestampTz at, bool has_seq, int64 seq)
{
	if (log->states[case_no] == NULL)
		log->states[case_no] = trace_state_create(shared_labels_create(CurrentMemoryContext));
	log->states[case_no] = trace_state_add(log->states[case_no], label, at, has_seq, seq);
	collect(log->whole, case_no, label, at, has_seq, seq);
	collect(log->parts[log->part_of[case_no]], case_no, label, at, has_seq, seq);
	log->nevents++;
}

static CollectorMemory *
new_memory(size_t bytes)
{
	return collector_memory_create(CurrentMemoryContext, bytes);
}

static Log
make_log(Bytes *input)
{
	size_t sizes[] = {0, 4096, 16384, SIZE_MAX};
	Log log = {collector_create(new_memory(sizes[take_byte(input) % 4]))};
	CollectorMemory *shared = new_memory(sizes[take_byte(input) % 4]);
	int i;

	for (i = 0; i < PARTS; i++)
		log.parts[i] = collector_create(shared);
	for (i = 0; i < CASES; i++)
		log.part_of[i] = take_byte(input) % PARTS;
	return log;
}

/*
 * Events as the input says: case and label, how far from the time before in
 * which unit, a seq or none; and many more like it, further and further apart.
 */
static void
read_events(Log *log, Bytes *input)
{
	static const int64 units[4] = {1, USECS_PER_SEC, USECS_PER_HOUR,
								   INT64CONST(5) * 365 * USECS_PER_DAY};
	TimestampTz at = 0;

	while (input->size > 0 && log->nevents < MAX_EVENTS)
	{
		uint8 who = take_byte(input);
		uint8 how = take_byte(input);
		int64 step = (int16) take_uint(input, 2) * units[how & 3];
		int64 seq = how & 4 ? (int8) take_byte(input) : 0;
		int repeats = how & 8 ? take_byte(input) * 8 + 1 : 1;
		uint8 name = how & 16 ? take_byte(input) : who >> 4;
		Label label = {"abcdefghijklmnopqrstuvwxyz", 1 + name % 26};
		int i;

		label.bytes += name / 26;
		label.length = Min(label.length, 26 - name / 26);
		for (i = 0; i < repeats; i++)
		{
			if (pg_add_s64_overflow(at, step, &at) || !IS_VALID_TIMESTAMP(at))
				at = step = 0;
			step += i % 7;
			add_event(log, who % CASES, label, at, (how & 4) != 0, seq);
		}
	}
}

static Bytes
graph_of_collector(Collector *collector)
{
	Dfg *dfg = dfg_create();

	collector_finish(collector, dfg);
	return bytes_of(dfg_flatten(dfg));
}

static Bytes
graph_of_traces(const Log *log)
{
	Dfg *dfg = dfg_create();
	int i;

	for (i = CASES - 1; i >= 0; i--)
		if (log->states[i] != NULL)
		{
			Bytes trace = bytes_of(trace_state_finish(log->states[i]));

			dfg_add_trace(dfg, trace.data, trace.size);
		}
	return bytes_of(dfg_flatten(dfg));
}

/* Merges the parts from one on, some by way of their bytes. */
static Bytes
graph_of_parts(const Log *log, int first)
{
	Dfg *whole = dfg_create();
	Fault fault = fuzz_no_fault();
	int i;

	for (i = first; i < first + PARTS; i++)
	{
		Collector *part = log->parts[i % PARTS];
		Dfg *dfg = dfg_create();
		Bytes value;

		if (part->labels->count == 0)
			continue;
		collector_finish(part, dfg);
		value = bytes_of(dfg_flatten(dfg));
		dfg_merge(whole, i % 2 ? dfg : dfg_load(value.data, value.size, &fault));
	}
	return bytes_of(dfg_flatten(whole));
}

/* low + part of the way to high, to the nearest integer. */
static uint64
percentile(const uint64 *sorted, uint64 count, uint64 percent)
{
	uint64 place = (count - 1) * percent;
	uint64 low = sorted[place / 100];
	uint64 high = sorted[Min(place / 100 + 1, count - 1)];

	return (uint64) (((uint128) low * 100 + (uint128) (high - low) * (place % 100) + 50) / 100);
}

/* Compares with sums made the plain way; while the durations are there one by one. */
static void
check_durations(Durations *durations)
{
	DurationStatistics statistics;
	uint128 total = 0;
	long double squares = 0;
	uint64 i;

	durations_describe(durations, &statistics);
	if (durations->sketch != NULL)
		return;
	for (i = 0; i < durations->count; i++)
		total += durations->values[i];
	MUST(durations->min == durations->values[0] &&
		 durations->max == durations->values[durations->count - 1]);
	MUST(statistics.mean == (uint64) ((2 * total / durations->count + 1) / 2));
	MUST(statistics.percentiles[0] == percentile(durations->values, durations->count, 50));
	MUST(statistics.percentiles[1] == percentile(durations->values, durations->count, 90));
	MUST(statistics.percentiles[2] == percentile(durations->values, durations->count, 95));
	if (durations->count == 1)
		return;
	for (i = 0; i < durations->count; i++)
	{
		long double distance =
			(long double) durations->values[i] - (long double) total / durations->count;

		squares += distance * distance;
	}
	squares = sqrtl(squares / (durations->count - 1));
	MUST(fabsl(squares - statistics.stddev) <= 0.501L + squares * 1e-15L);
}

static void
check_statistics(Bytes value)
{
	Fault fault = fuzz_no_fault();
	Dfg *dfg = dfg_load(value.data, value.size, &fault);
	uint32 i;

	MUST(dfg != NULL);
	for (i = 0; i < dfg->nedges; i++)
		check_durations(&dfg->edges[i].durations);
}

void
fuzz_one(const uint8 *data, size_t size)
{
	Bytes input = {data, size};
	Log log = make_log(&input);
	Bytes whole;
	int i;

	read_events(&log, &input);
	if (log.nevents == 0)
		return;
	whole = graph_of_collector(log.whole);
	fuzz_check_dfg(whole);
	check_statistics(whole);
	MUST(bytes_equal(graph_of_collector(log.whole), whole));
	MUST(bytes_equal(graph_of_traces(&log), whole));
	for (i = 0; i < PARTS; i++)
		MUST(bytes_equal(graph_of_parts(&log, i), whole));
	for (i = 0; i < PARTS; i++)
		collector_release(log.parts[i]);
	collector_release(log.whole);
}
