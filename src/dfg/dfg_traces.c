/*
 * Traces into a graph.
 *
 * Most cases of a log share few variants: the same activities in the same
 * order. A graph remembers variants that it has met. Of a case whose variant
 * is known only the durations are added at once; that it was there is noted,
 * and counted for all such cases together before the graph is read. The bytes
 * of a known variant have been checked, and need no second check.
 *
 * Of a case whose variant is not known the dictionary may be: then its labels
 * have been checked, and their activities found.
 */
#include "postgres.h"

#include "base/interrupts.h"
#include "base/table_hash.h"
#include "dfg/dfg.h"

/* How many dictionaries are remembered, and how long they may be. */
#define DICTIONARIES_MAX 4096
#define DICTIONARY_MAX_BYTES 4096

/*
 * A variant is remembered when it is met again: its hash lies among the latest
 * ones, each of which takes the place of another. This begins once a graph has
 * so many cases, and ends when the variants take so much memory.
 */
#define VARIANTS_FROM_CASE 32
#define VARIANTS_MET 1024
#define VARIANTS_MAX_BYTES (1024 * 1024)
#define VARIANT_MAX_BYTES 4096

static uint32
hash_bytes(Slice bytes)
{
	return (uint32) table_hash((const uint8 *) bytes.bytes, bytes.length);
}

/* A dictionary of a trace, and the activities that its labels are. */
typedef struct DictionaryEntry
{
	Slice bytes;
	uint32 hash;
	uint32 *activities;
	char status;
} DictionaryEntry;

#define SH_PREFIX dictionaryhash
#define SH_ELEMENT_TYPE DictionaryEntry
#define SH_KEY_TYPE Slice
#define SH_KEY bytes
#define SH_HASH_KEY(table, key) hash_bytes(key)
#define SH_EQUAL(table, a, b) slice_equal(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(table, entry) ((entry)->hash)
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

typedef struct Variant
{
	Slice bytes;
	int64 uncounted; /* cases whose durations alone have been added */
	uint32 nevents;
	uint32 *activities; /* of its events */
	uint32 *edges;      /* numbers of those of its steps */
} Variant;

/* Small, so that the table stays in the processor's cache. */
typedef struct VariantEntry
{
	Variant *variant;
	uint32 hash;
	uint32 status;
} VariantEntry;

#define SH_PREFIX varianthash
#define SH_ELEMENT_TYPE VariantEntry
#define SH_KEY_TYPE Variant *
#define SH_KEY variant
#define SH_HASH_KEY(table, key) hash_bytes((key)->bytes)
#define SH_EQUAL(table, a, b) slice_equal((a)->bytes, (b)->bytes)
#define SH_STORE_HASH
#define SH_GET_HASH(table, entry) ((entry)->hash)
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

/* What a graph remembers of the traces it has met. */
typedef struct TraceMemory
{
	dictionaryhash_hash *dictionaries;
	varianthash_hash *variants; /* NULL until there are enough cases */
	Size variant_bytes;         /* taken by the variants */
	uint32 *met;                /* hashes of variants, VARIANTS_MET of them */
} TraceMemory;

static TraceMemory *
memory_of(Dfg *dfg)
{
	if (dfg->memory == NULL)
	{
		dfg->memory = palloc0(sizeof(TraceMemory));
		dfg->memory->dictionaries = dictionaryhash_create(CurrentMemoryContext, 16, NULL);
	}
	if (dfg->memory->variants == NULL && dfg->cases >= VARIANTS_FROM_CASE)
	{
		dfg->memory->variants = varianthash_create(CurrentMemoryContext, 64, NULL);
		dfg->memory->met = palloc0(VARIANTS_MET * sizeof(uint32));
	}
	return dfg->memory;
}

/* ---- dictionaries ---- */

/* Checks the labels of a trace, and finds or adds them one by one. */
static void
resolve_labels(Dfg *dfg, const Trace *trace, uint32 *activities)
{
	Label *labels = palloc(trace->nlabels * sizeof(Label));
	Fault fault;
	uint32 i;

	if (!trace_check_labels(trace, labels, &fault))
		fault_throw_stored(&fault, "trace");
	for (i = 0; i < trace->nlabels; i++)
		activities[i] = dfg_add_activity(dfg, labels[i]);
	pfree(labels);
}

static uint32 *
resolve_labels_copy(Dfg *dfg, const Trace *trace)
{
	uint32 *activities = palloc(trace->nlabels * sizeof(uint32));

	resolve_labels(dfg, trace, activities);
	return activities;
}

/* Keeps a dictionary with its activities. */
static const uint32 *
remember_dictionary(TraceMemory *memory, Slice bytes, uint32 *activities)
{
	char *copy = palloc(bytes.length);
	bool found;

	memcpy(copy, bytes.bytes, bytes.length);
	bytes.bytes = copy;
	dictionaryhash_insert(memory->dictionaries, bytes, &found)->activities = activities;
	return activities;
}

/*
 * The activities of a trace's labels. The bytes that are compared begin with
 * the number of labels, which a damaged value may get wrong.
 */
static const uint32 *
resolve_dictionary(Dfg *dfg, const Trace *trace, uint32 **temporary)
{
	Slice bytes = {(const char *) trace->variant, (uint32) (trace->indexes - trace->variant)};
	TraceMemory *memory = dfg->memory;
	DictionaryEntry *entry = dictionaryhash_lookup(memory->dictionaries, bytes);
	uint32 *activities;

	*temporary = NULL;
	if (entry != NULL)
		return entry->activities;
	activities = resolve_labels_copy(dfg, trace);
	if (memory->dictionaries->members < DICTIONARIES_MAX && bytes.length <= DICTIONARY_MAX_BYTES)
		return remember_dictionary(memory, bytes, activities);
	return *temporary = activities;
}

/* ---- variants ---- */

/* Whether the variant of a trace could be known; that of one with breaks never is. */
static inline bool
could_be_known(const TraceMemory *memory, const Trace *trace)
{
	return memory->variants != NULL && trace->breaks == NULL;
}

static Variant *
find_variant(const TraceMemory *memory, const Trace *trace, uint32 *hash)
{
	Variant wanted = {trace_variant_bytes(trace)};
	VariantEntry *entry;

	if (!could_be_known(memory, trace))
		return NULL;
	*hash = hash_bytes(wanted.bytes);
	entry = varianthash_lookup_hash(memory->variants, &wanted, *hash);
	return entry == NULL ? NULL : entry->variant;
}

/* Whether a variant that is not known has been met lately, and from now on has. */
static bool
meet_variant(TraceMemory *memory, const Trace *trace, uint32 hash)
{
	uint32 *place;
	bool again;

	if (!could_be_known(memory, trace))
		return false;
	place = &memory->met[hash % VARIANTS_MET];
	again = *place == hash;
	*place = hash;
	return again;
}

/* Lays a variant out in one chunk, its bytes at the end. */
static Variant *
create_variant(const Trace *trace, Slice bytes, Size size)
{
	Variant *variant = palloc(size);

	variant->uncounted = 0;
	variant->nevents = trace->nevents;
	variant->activities = (uint32 *) (variant + 1);
	variant->edges = variant->activities + trace->nevents;
	variant->bytes.bytes = memcpy(variant->edges + trace->nevents, bytes.bytes, bytes.length);
	variant->bytes.length = bytes.length;
	return variant;
}

/* Remembers the variant of a trace that has just been added. */
static void
remember_variant(Dfg *dfg, const Trace *trace, const uint32 *activities, uint32 hash)
{
	Slice bytes = trace_variant_bytes(trace);
	Size size = sizeof(Variant) + 2 * trace->nevents * sizeof(uint32) + bytes.length;
	TraceMemory *memory = dfg->memory;
	Variant *variant;
	bool found;
	uint32 i;

	if (bytes.length > VARIANT_MAX_BYTES || memory->variant_bytes + size > VARIANTS_MAX_BYTES)
		return;
	memory->variant_bytes += size + sizeof(VariantEntry);
	variant = create_variant(trace, bytes, size);
	for (i = 0; i < trace->nevents; i++)
		variant->activities[i] = activities[trace_index(trace, i)];
	for (i = 1; i < trace->nevents; i++)
		variant->edges[i - 1] =
			dfg_edge_number(dfg, variant->activities[i - 1], variant->activities[i]);
	varianthash_insert_hash(memory->variants, variant, hash, &found);
}

/* Adds the durations of a case, and notes that it was there. */
static void
add_known(Dfg *dfg, Variant *variant, const Trace *trace, const DfgClock *clock)
{
	TimestampTz before = trace->start;
	uint32 i;

	dfg_begin_case(dfg, trace->nevents);
	for (i = 1; i < variant->nevents; i++)
	{
		TimestampTz at = (TimestampTz) ((uint64) before + trace_delta(trace, i));

		durations_add(&dfg->edges[variant->edges[i - 1]].durations,
					  dfg_duration(clock, before, at));
		before = at;
	}
	variant->uncounted++;
}

/* Counts the cases of a variant that have not been, as one that stands for all. */
static void
count_variant(Dfg *dfg, Variant *variant)
{
	int64 cases = variant->uncounted;
	uint32 last = variant->nevents - 1;
	uint32 i;

	dfg->current_case++;
	dfg->activities[variant->activities[0]].starts += cases;
	dfg->activities[variant->activities[last]].ends += cases;
	for (i = 0; i <= last; i++)
		dfg_count(&dfg->activities[variant->activities[i]].count, dfg->current_case, cases);
	for (i = 0; i < last; i++)
		dfg_count(&dfg->edges[variant->edges[i]].count, dfg->current_case, cases);
	variant->uncounted = 0;
}

void
dfg_count_variants(Dfg *dfg)
{
	varianthash_iterator iterator;
	VariantEntry *entry;

	if (dfg->memory == NULL || dfg->memory->variants == NULL)
		return;
	varianthash_start_iterate(dfg->memory->variants, &iterator);
	while ((entry = varianthash_iterate(dfg->memory->variants, &iterator)) != NULL)
		if (entry->variant->uncounted > 0)
			count_variant(dfg, entry->variant);
}

/* ---- traces ---- */

/* Counts what happened in a case; activities are those of its labels. */
static void
add_events(Dfg *dfg, const Trace *trace, const uint32 *activities, const DfgClock *clock)
{
	TraceCursor cursor = trace_first(trace);
	DfgWalk walk = dfg_walk_begin(dfg, clock, activities[cursor.label], cursor.at,
								  !trace_break_before(trace, 0));

	while (trace_next(&cursor))
	{
		dfg_walk_on(&walk, activities[cursor.label], cursor.at,
					!trace_break_before(trace, cursor.event));
		check_interrupts_seldom(cursor.event);
	}
	dfg_walk_end(&walk, !trace_break_before(trace, trace->nevents));
}

/* Adds a case of a variant that is not known. */
static void
add_unknown(Dfg *dfg, const Trace *trace, uint32 hash, const DfgClock *clock)
{
	uint32 *temporary;
	const uint32 *activities = resolve_dictionary(dfg, trace, &temporary);

	dfg_begin_case(dfg, trace->nevents);
	add_events(dfg, trace, activities, clock);
	if (meet_variant(dfg->memory, trace, hash))
		remember_variant(dfg, trace, activities, hash);
	if (temporary != NULL)
		pfree(temporary);
}

void
dfg_add_trace_by_clock(Dfg *dfg, const uint8 *data, size_t size, const DfgClock *clock)
{
	TraceMemory *memory = memory_of(dfg);
	uint32 hash = 0;
	Variant *variant;
	Trace trace;
	Fault fault;

	if (!trace_check_parts(data, size, &trace, &fault))
		fault_throw_stored(&fault, "trace");
	variant = find_variant(memory, &trace, &hash);
	if (!(variant != NULL || trace_check_order(data, &trace, &fault)) ||
		!trace_check_deltas(data, &trace, &fault))
		fault_throw_stored(&fault, "trace");
	if (variant != NULL)
		add_known(dfg, variant, &trace, clock);
	else
		add_unknown(dfg, &trace, hash, clock);
}

void
dfg_add_trace(Dfg *dfg, const uint8 *data, size_t size)
{
	dfg_add_trace_by_clock(dfg, data, size, NULL);
}
