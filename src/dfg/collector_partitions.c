/*
 * Raw events that have left the buffer of their collector, split by the hash of
 * the case into partitions.
 *
 * Each time a buffer is emptied, every partition of it gets one run at the end
 * of the stream. A run begins with where the one before it of the same
 * partition lies, so that the runs are found from the last one back, and their
 * list takes no memory.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "compat.h"

#include "dfg/collector.h"

/* A partition gets at least so many bytes of the first buffer; there are so many bits at most. */
#define RUN_BYTES 128
#define PARTITION_MAX_BITS 8

/* What stands before each run. */
typedef struct RunHeader
{
	uint64 before; /* place of the run before; of the first one: 0 */
	uint64 bytes;  /* of the records */
} RunHeader;

typedef struct Partition
{
	uint64 last;  /* place of the last run */
	uint64 bytes; /* of all records */
} Partition;

/* As many partitions as the first buffer is worth. */
static void
create_partitions(Collector *collector)
{
	int bits = pg_leftmost_one_pos64(collector->used / RUN_BYTES + 1);

	collector->partition_bits = Min(bits, PARTITION_MAX_BITS);
	collector->partitions =
		MemoryContextAllocZero(collector->context, sizeof(Partition) << collector->partition_bits);
}

/* Appends the records of a part as a run of its partition. */
static void
append_run(RecordStream *stream, Partition *partition, const uint8 *records,
		   const RecordOrder *order, uint32 part)
{
	RunHeader header = {partition->last, order->bytes[part]};
	uint8 *p;
	uint32 i;

	partition->last = stream_end(stream);
	partition->bytes += header.bytes;
	p = stream_append(stream, sizeof(header) + header.bytes);
	memcpy(p, &header, sizeof(header));
	p += sizeof(header);
	for (i = order->parts[part]; i < order->parts[part + 1]; i++)
	{
		const uint8 *record = records + order->places[i];
		size_t size = raw_event_size(record);

		memcpy(p, record, size);
		p += size;
	}
}

void
collector_empty(Collector *collector)
{
	RecordSpan records = {collector->records, collector->records + collector->used};
	RecordOrder order;
	uint32 i;

	if (collector->partitions == NULL)
		create_partitions(collector);
	order = record_order_create(records, 0, collector->partition_bits);
	for (i = 0; i < order.nparts; i++)
		if (order.bytes[i] > 0)
			append_run(&collector->memory->stream, &collector->partitions[i], records.begin, &order,
					   i);
	record_order_free(&order);
	collector->used = 0;
}

/* Where records are read into. */
typedef struct ReadArea
{
	uint8 *bytes;
	size_t capacity;
} ReadArea;

static void
reserve_area(ReadArea *area, size_t capacity)
{
	if (capacity <= area->capacity)
		return;
	if (area->bytes != NULL)
		pfree(area->bytes);
	area->capacity = capacity;
	area->bytes = MemoryContextAllocHuge(CurrentMemoryContext, capacity + RAW_EVENT_SLACK);
}

static RunHeader
read_header(const RecordStream *stream, uint64 place)
{
	RunHeader header;

	CHECK_FOR_INTERRUPTS();
	stream_read(stream, place, &header, sizeof(header));
	return header;
}

/* Reads all runs of the partition, last one first, into the order in which they were written. */
static RecordSpan
read_partition(const RecordStream *stream, const Partition *partition, ReadArea *area)
{
	uint64 place = partition->last;
	size_t left = partition->bytes;

	reserve_area(area, partition->bytes);
	while (left > 0)
	{
		RunHeader header = read_header(stream, place);

		if (header.bytes > left)
			elog(ERROR, "temporary file of raw events is damaged");
		left -= header.bytes;
		stream_read(stream, place + sizeof(header), area->bytes + left, header.bytes);
		place = header.before;
	}
	return (RecordSpan){area->bytes, area->bytes + partition->bytes};
}

/* Hands the records of a partition to a sort, run by run. */
static void
sort_partition(const RecordStream *stream, const Partition *partition, ReadArea *area,
			   RecordSort *sort)
{
	uint64 place = partition->last;
	uint64 done = 0;

	while (done < partition->bytes)
	{
		RunHeader header = read_header(stream, place);
		RawEvent event;
		const uint8 *p;

		reserve_area(area, header.bytes);
		stream_read(stream, place + sizeof(header), area->bytes, header.bytes);
		for (p = area->bytes; p < area->bytes + header.bytes;)
		{
			p = raw_event_get(p, &event);
			record_sort_put(sort, &event);
		}
		done += header.bytes;
		place = header.before;
	}
}

static void
add_large_partition(Collector *collector, const Partition *partition, ReadArea *area, Dfg *dfg)
{
	RecordSort *sort = record_sort_begin(collector->labels, collector->memory->limit);

	sort_partition(&collector->memory->stream, partition, area, sort);
	record_sort_finish(sort, dfg);
}

void
collector_add_partitions(Collector *collector, Dfg *dfg)
{
	const RecordStream *stream = &collector->memory->stream;
	size_t enough = Min(collector->memory->limit, COLLECTOR_MAX_BYTES);
	ReadArea area = {NULL, 0};
	uint32 i;

	for (i = 0; i < (uint32) 1 << collector->partition_bits; i++)
	{
		const Partition *partition = &collector->partitions[i];

		if (partition->bytes > enough)
			add_large_partition(collector, partition, &area, dfg);
		else if (partition->bytes > 0)
			collector_group(read_partition(stream, partition, &area), collector->partition_bits,
							collector->labels->labels, dfg);
	}
	if (area.bytes != NULL)
		pfree(area.bytes);
}
