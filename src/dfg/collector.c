/*
 * Raw events in any order: the buffer they wait in, and when it is emptied.
 */
#include "postgres.h"

#include "base/instant.h"
#include "dfg/collector.h"

#define BYTES_AT_FIRST 512

/* A size that splits well: the buffer and its parts stay in the processor's cache. */
#define BUFFER_MAX_BYTES ((size_t) 1024 * 1024)

CollectorMemory *
collector_memory_create(MemoryContext context, size_t bytes)
{
	CollectorMemory *memory = MemoryContextAllocZero(context, sizeof(CollectorMemory));

	memory->limit = bytes == SIZE_MAX ? SIZE_MAX : bytes / 2;
	memory->buffer_limit = Max(BYTES_AT_FIRST, Min(memory->limit / 4, BUFFER_MAX_BYTES));
	memory->stream.context = context;
	dlist_init(&memory->collectors);
	return memory;
}

/* Gives the buffer another size. */
static void
resize(Collector *collector, size_t capacity)
{
	collector->memory->buffers += capacity - collector->capacity;
	collector->capacity = capacity;
	collector->records = repalloc_huge(collector->records, capacity + RAW_EVENT_SLACK);
}

Collector *
collector_create(CollectorMemory *memory)
{
	Collector *collector = palloc0(sizeof(Collector));

	collector->memory = memory;
	collector->context = CurrentMemoryContext;
	collector->labels = label_table_create();
	collector->records = palloc(BYTES_AT_FIRST + RAW_EVENT_SLACK);
	collector->capacity = BYTES_AT_FIRST;
	memory->buffers += BYTES_AT_FIRST;
	dlist_push_tail(&memory->collectors, &collector->node);
	memory->ncollectors++;
	return collector;
}

void
collector_release(Collector *collector)
{
	CollectorMemory *memory = collector->memory;

	dlist_delete(&collector->node);
	memory->buffers -= collector->capacity;
	if (--memory->ncollectors == 0)
		stream_clear(&memory->stream);
}

static bool
has_room(const CollectorMemory *memory, size_t bytes)
{
	size_t taken = memory->buffers + memory->stream.used;

	return taken <= memory->limit && bytes <= memory->limit - taken;
}

/* Empties a buffer, and the memory of the stream if that gets too much. */
static void
empty(Collector *collector)
{
	CollectorMemory *memory = collector->memory;

	if (!has_room(memory, collector->used))
		stream_write(&memory->stream);
	collector_empty(collector);
}

/*
 * Empties each buffer that is at least half as large as the average, and makes
 * it small. The others have less than half of the buffers together, so this
 * gives back more than half of them, and its cost is spread over as many events
 * as that holds.
 */
static void
empty_largest(CollectorMemory *memory)
{
	size_t enough = memory->buffers / memory->ncollectors / 2;
	dlist_iter i;

	dlist_foreach(i, &memory->collectors)
	{
		Collector *collector = dlist_container(Collector, node, i.cur);

		if (collector->capacity < enough)
			continue;
		if (collector->used > 0)
			empty(collector);
		if (collector->capacity > BYTES_AT_FIRST)
			resize(collector, BYTES_AT_FIRST);
	}
	stream_write(&memory->stream);
}

/* Makes room for a record of so many bytes: grows, or else empties. */
static void
make_room(Collector *collector, size_t bytes)
{
	CollectorMemory *memory = collector->memory;
	size_t larger = Min(2 * collector->capacity, memory->buffer_limit);

	if (collector->capacity >= memory->buffer_limit)
		empty(collector);
	else if (has_room(memory, larger - collector->capacity))
		resize(collector, larger);
	else
		empty_largest(memory);
	/* One record must fit in any case. */
	if (bytes > collector->capacity - collector->used)
		resize(collector, collector->used + bytes);
}

void
collector_add(Collector *collector, RawEvent *event, Label label)
{
	size_t bytes = raw_event_bound(event);

	instant_check_finite(event->at);
	label_check_length(label.length);
	event->label = label_table_add(collector->labels, label);
	if (unlikely(bytes > collector->capacity - collector->used))
		make_room(collector, bytes);
	collector->used =
		(size_t) (raw_event_put(collector->records + collector->used, event) - collector->records);
}

void
collector_finish(Collector *collector, Dfg *dfg)
{
	RecordSpan records = {collector->records, collector->records + collector->used};
	uint32 i;

	for (i = 0; i < collector->labels->count; i++)
		dfg_add_activity(dfg, collector->labels->labels[i]);
	if (collector->partitions == NULL)
	{
		collector_group(records, 0, collector->labels->labels, dfg);
		return;
	}
	if (collector->used > 0)
		empty(collector);
	collector_add_partitions(collector, dfg);
}
