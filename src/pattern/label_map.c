/*
 * The labels of traces as numbers. By its look a label can be but few of the
 * table; most can be none, and the others need one comparison.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "pattern/label_map.h"

#define LOOKS 256

struct LabelMap
{
	const LabelTable *table;
	uint32 first[LOOKS]; /* label of the table with this look; none: their count */
	uint32 *next;        /* of a label: the next one with its look */
	uint32 *numbers;
	uint32 capacity;
	MemoryContext context;
};

static inline uint32
look_of(Label label)
{
	if (label.length == 0)
		return 0;
	return (label.length * 5 + (uint8) label.bytes[0] + 3 * (uint8) label.bytes[label.length - 1]) %
		   LOOKS;
}

LabelMap *
label_map_create(const LabelTable *table)
{
	LabelMap *map = palloc0(sizeof(LabelMap));
	uint32 i;

	map->table = table;
	map->context = CurrentMemoryContext;
	map->next = palloc((table->count + 1) * sizeof(uint32));
	for (i = 0; i < LOOKS; i++)
		map->first[i] = table->count;
	for (i = 0; i < table->count; i++)
	{
		uint32 look = look_of(table->labels[i]);

		map->next[i] = map->first[look];
		map->first[look] = i;
	}
	return map;
}

static inline uint32
find_label(const LabelMap *map, Label label)
{
	const LabelTable *table = map->table;
	uint32 number = map->first[look_of(label)];

	while (number < table->count && !slice_equal(table->labels[number], label))
		number = map->next[number];
	return number;
}

static void
make_room(LabelMap *map, uint32 count)
{
	uint32 capacity = Max(count, 2 * map->capacity);
	uint32 *numbers = MemoryContextAlloc(map->context, capacity * sizeof(uint32));

	/* Only now: the map is kept from call to call, also over an error. */
	if (map->numbers != NULL)
		pfree(map->numbers);
	map->numbers = numbers;
	map->capacity = capacity;
}

pg_noreturn static void
labels_are_damaged(const Trace *trace, const uint8 *at)
{
	Fault fault;

	fault_at(&fault, (uint64) (at - trace->variant), "invalid length of a label");
	fault_throw_stored(&fault, "trace");
}

const uint32 *
label_map_find(LabelMap *map, const Trace *trace)
{
	ByteReader reader = {trace->dictionary, trace->dictionary, trace->indexes};
	uint32 i;

	if (map->capacity < trace->nlabels)
		make_room(map, trace->nlabels);
	for (i = 0; i < trace->nlabels; i++)
	{
		Label label = label_dictionary_next(&reader);

		if (unlikely(label.bytes == NULL))
			labels_are_damaged(trace, reader.pos);
		map->numbers[i] = find_label(map, label);
		/* all 1,000 labels of a pattern may look like each of the trace */
		if (unlikely((i & 0xff) == 0xff))
			CHECK_FOR_INTERRUPTS();
	}
	if (unlikely(reader.pos != reader.end))
		labels_are_damaged(trace, reader.pos);
	return map->numbers;
}
