/*
 * The labels of traces as numbers.
 */
#include "postgres.h"

#include "base/hash64.h"
#include "pattern/label_map.h"

/* How many dictionaries are kept, a power of two, and how long they may be. */
#define KEPT_DICTIONARIES 4096
#define KEPT_MAX_BYTES 4096

/* A dictionary with the number of labels before it, and the numbers of its labels. */
typedef struct KeptDictionary
{
	uint32 length;
	uint32 *numbers;
	char bytes[FLEXIBLE_ARRAY_MEMBER];
} KeptDictionary;

struct LabelMap
{
	const LabelTable *table;
	uint64 looks;                            /* of the labels in the table, a bit each */
	KeptDictionary *kept[KEPT_DICTIONARIES]; /* by their hashes */
	uint32 *numbers;                         /* of labels that are not kept */
	MemoryContext context;
};

/* What can be told of a label at a glance: most labels look like none of the table. */
static inline uint64
look_of(Label label)
{
	unsigned look = label.length;

	if (label.length > 0)
		look = look * 5 + (uint8) label.bytes[0] + 3 * (uint8) label.bytes[label.length - 1];
	return UINT64CONST(1) << (look % 64);
}

LabelMap *
label_map_create(const LabelTable *table)
{
	LabelMap *map = palloc0(sizeof(LabelMap));
	uint32 i;

	map->table = table;
	map->context = CurrentMemoryContext;
	for (i = 0; i < table->count; i++)
		map->looks |= look_of(table->labels[i]);
	return map;
}

/* Checks the labels, and finds them one by one. */
static void
find_labels(const LabelMap *map, const Trace *trace, uint32 *numbers)
{
	Label few[16];
	Label *labels = trace->nlabels > lengthof(few) ? palloc(trace->nlabels * sizeof(Label)) : few;
	Fault fault;
	uint32 i;

	if (!trace_check_labels(trace, labels, &fault))
		fault_throw_stored(&fault, "trace");
	for (i = 0; i < trace->nlabels; i++)
		if ((map->looks & look_of(labels[i])) == 0 ||
			!label_table_find(map->table, labels[i], &numbers[i]))
			numbers[i] = map->table->count;
	if (labels != few)
		pfree(labels);
}

/* Keeps a dictionary in place of another one. */
static const uint32 *
keep_dictionary(LabelMap *map, KeptDictionary **place, Label bytes, const Trace *trace)
{
	Size size = MAXALIGN(offsetof(KeptDictionary, bytes) + bytes.length);
	KeptDictionary *kept = MemoryContextAlloc(map->context, size + trace->nlabels * sizeof(uint32));

	kept->length = bytes.length;
	kept->numbers = (uint32 *) ((char *) kept + size);
	memcpy(kept->bytes, bytes.bytes, bytes.length);
	if (*place != NULL)
		pfree(*place);
	/* Nowhere, until its labels are checked. */
	*place = NULL;
	find_labels(map, trace, kept->numbers);
	*place = kept;
	return kept->numbers;
}

const uint32 *
label_map_find(LabelMap *map, const Trace *trace)
{
	Label bytes = {(const char *) trace->variant, (uint32) (trace->indexes - trace->variant)};
	KeptDictionary **place;

	if (bytes.length <= KEPT_MAX_BYTES)
	{
		place = &map->kept[hash64(trace->variant, bytes.length) % KEPT_DICTIONARIES];
		if (*place != NULL && (*place)->length == bytes.length &&
			memcmp((*place)->bytes, bytes.bytes, bytes.length) == 0)
			return (*place)->numbers;
		return keep_dictionary(map, place, bytes, trace);
	}
	if (map->numbers != NULL)
		pfree(map->numbers);
	map->numbers = MemoryContextAlloc(map->context, trace->nlabels * sizeof(uint32));
	find_labels(map, trace, map->numbers);
	return map->numbers;
}
