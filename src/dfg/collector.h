/*
 * Raw events in any order, on their way into a graph.
 *
 * They wait as bytes (raw_event.h) in a buffer, in order of arrival; nothing is
 * looked up but the label. A buffer that is full is split by the hash of the
 * case into partitions that each get all events of their cases
 * (collector_partitions.c). These are in memory until all collectors of an
 * aggregate together have more than they may; then they go to a temporary file.
 *
 * At the end the buffer, or one partition after the other, is grouped by case
 * and added to the graph (collector_group.c); a partition that is larger than
 * the memory, because a few cases are, is sorted on disk instead
 * (collector_sort.c). All ways make the same graph, since the order of the
 * events of a case is total but for exact duplicates.
 *
 * Memory: 13 bytes an event that has a case number below 2^23, with a seq of
 * as many bits 16; at the end for the partition that is grouped once more as
 * much, 4 for each event, and 20 for some thousand of them, or the largest case.
 * So events that wait take half of what is allowed.
 */
#ifndef TM_COLLECTOR_H
#define TM_COLLECTOR_H

#include "lib/ilist.h"

#include "dfg/dfg.h"
#include "dfg/raw_event.h"
#include "dfg/record_stream.h"

/* Places among records that are grouped have 32 bits. */
#define COLLECTOR_MAX_BYTES ((size_t) PG_UINT32_MAX)

/* What the collectors of one aggregate share. */
typedef struct CollectorMemory
{
	size_t limit;        /* of buffers and tail of the stream, in bytes; SIZE_MAX: none */
	size_t buffers;      /* bytes of all buffers */
	size_t buffer_limit; /* of one */
	RecordStream stream; /* of partitions */
	dlist_head collectors;
	uint32 ncollectors;
} CollectorMemory;

typedef struct Collector
{
	dlist_node node;
	CollectorMemory *memory;
	MemoryContext context; /* in which all of it lives */
	LabelTable *labels;
	uint8 *records; /* the buffer */
	size_t used;
	size_t capacity;
	struct Partition *partitions; /* NULL as long as the buffer has not been full */
	int partition_bits;
} Collector;

/* Records in memory that have all events of their cases. */
typedef struct RecordSpan
{
	const uint8 *begin;
	const uint8 *end; /* RAW_EVENT_SLACK bytes after it may be read */
} RecordSpan;

/* Lives in a context that outlives all of the collectors, which take at most so many bytes. */
extern CollectorMemory *collector_memory_create(MemoryContext context, size_t bytes);

/* Lives in the current memory context until collector_release(). */
extern Collector *collector_create(CollectorMemory *memory);

/* Gives back what the collector takes of the shared memory. */
extern void collector_release(Collector *collector);

/* Takes in an event; its label is passed separately and need not be numbered yet. */
extern void collector_add(Collector *collector, RawEvent *event, Label label);

/* Adds all cases to a graph that has none; may be called again later. */
extern void collector_finish(Collector *collector, Dfg *dfg);

/* ---- collector_group.c ---- */

/*
 * Where each record begins, split into 2^bits parts by the bits of the case's
 * hash from the first one on; parts[i] is where part i begins among the places,
 * and bytes[i] is how many its records have.
 */
typedef struct RecordOrder
{
	uint32 *places;
	uint32 *parts;
	size_t *bytes;
	uint32 nparts;
} RecordOrder;

extern RecordOrder record_order_create(RecordSpan records, int first_bit, int bits);
extern void record_order_free(RecordOrder *order);

/* Adds the cases to the graph; so many bits of their hash are the same. */
extern void collector_group(RecordSpan records, int first_bit, const Label *labels, Dfg *dfg);

/* ---- collector_partitions.c ---- */

/* Moves what is in the buffer to the partitions. */
extern void collector_empty(Collector *collector);

/* Adds the cases of the partitions to the graph. */
extern void collector_add_partitions(Collector *collector, Dfg *dfg);

/* ---- collector_sort.c ---- */

/* Sorts more records than memory holds, and adds their cases to the graph. */
typedef struct RecordSort RecordSort;

extern RecordSort *record_sort_begin(const LabelTable *labels, size_t bytes);
extern void record_sort_put(RecordSort *sort, const RawEvent *event);
extern void record_sort_finish(RecordSort *sort, Dfg *dfg);

#endif
