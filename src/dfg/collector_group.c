/*
 * Records in memory, on their way into a graph: split by the hash of the case
 * into parts that the processor's cache holds, each of which is grouped by case
 * with a hash table and a counting sort.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "compat.h"

#include "base/interrupts.h"
#include "dfg/collector.h"

/* About so many bytes of records make a part, and so many bits of parts at most. */
#define PART_BYTES 262144
#define PART_MAX_BITS 12

/* How far ahead records are fetched into the cache. */
#define PREFETCH_RECORDS 16

#define CASES_AT_FIRST 64

/* A key, with enough of it at hand that its bytes are seldom looked at. */
typedef struct HashedKey
{
	uint64 word; /* its first bytes */
	const uint8 *bytes;
	uint32 length;
	uint32 hash;
} HashedKey;

typedef struct CaseEntry
{
	HashedKey key;
	uint32 case_no;
	char status;
} CaseEntry;

static inline bool
hashed_keys_equal(HashedKey a, HashedKey b)
{
	return a.word == b.word && a.length == b.length &&
		   (a.length <= CASE_KEY_WORD_BYTES || memcmp(a.bytes, b.bytes, a.length) == 0);
}

#define SH_PREFIX casehash
#define SH_ELEMENT_TYPE CaseEntry
#define SH_KEY_TYPE HashedKey
#define SH_KEY key
#define SH_HASH_KEY(table, key) ((key).hash)
#define SH_EQUAL(table, a, b) hashed_keys_equal(a, b)
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

/* An event of a case that is being put in order. */
typedef struct CaseEvent
{
	TimestampTz at;
	uint32 label;
	uint32 place; /* of its record */
} CaseEvent;

/* What grouping one part after the other takes. */
typedef struct Grouping
{
	RecordSpan records;
	const Label *labels;
	Dfg *dfg;
	casehash_hash *cases;
	uint32 *case_of; /* of each record of the part */
	CaseEvent *events;
	uint32 capacity; /* of both */
	uint32 *sizes;   /* of each case; then where its events end */
	uint32 ncases;
	uint32 case_capacity;
} Grouping;

/* The part of a record; the first bit of the hash is not used, so that the shift is never 64. */
static inline uint32
part_of(const RawEvent *event, int shift, uint32 mask)
{
	return mask == 0 ? 0 : (uint32) (case_key_hash(event->key) >> shift) & mask;
}

/* Counts the records of each part, in parts[i + 1] for part i, and their bytes. */
static void
count_parts(RecordSpan records, int shift, RecordOrder *order)
{
	const uint8 *p = records.begin;
	const uint8 *after;
	RawEvent event;
	uint32 n = 0;

	for (; p < records.end; p = after)
	{
		uint32 part;

		after = raw_event_get(p, &event);
		part = part_of(&event, shift, order->nparts - 1);
		order->parts[part + 1]++;
		order->bytes[part] += (size_t) (after - p);
		check_interrupts_seldom(++n);
	}
}

/* Puts the places of the records into their parts, of which next[i] is the next free entry. */
static void
place_records(RecordSpan records, int shift, const RecordOrder *order, uint32 *next)
{
	const uint8 *p = records.begin;
	const uint8 *after;
	RawEvent event;
	uint32 n = 0;

	for (; p < records.end; p = after)
	{
		after = raw_event_get(p, &event);
		order->places[next[part_of(&event, shift, order->nparts - 1)]++] =
			(uint32) (p - records.begin);
		check_interrupts_seldom(++n);
	}
}

RecordOrder
record_order_create(RecordSpan records, int first_bit, int bits)
{
	int shift = 63 - first_bit - bits;
	uint32 nparts = (uint32) 1 << bits;
	RecordOrder order = {NULL, palloc0((nparts + 1) * sizeof(uint32)),
						 palloc0(nparts * sizeof(size_t)), nparts};
	uint32 *next = palloc(nparts * sizeof(uint32));
	uint32 i;

	count_parts(records, shift, &order);
	for (i = 0; i < nparts; i++)
	{
		order.parts[i + 1] += order.parts[i];
		next[i] = order.parts[i];
	}
	order.places = MemoryContextAllocHuge(CurrentMemoryContext,
										  ((Size) order.parts[nparts] + 1) * sizeof(uint32));
	place_records(records, shift, &order, next);
	pfree(next);
	return order;
}

void
record_order_free(RecordOrder *order)
{
	pfree(order->places);
	pfree(order->parts);
	pfree(order->bytes);
}

/* Makes room for the records of a part, whose contents are not kept. */
static void
reserve_records(Grouping *grouping, uint32 count)
{
	if (count <= grouping->capacity)
		return;
	if (grouping->capacity > 0)
	{
		pfree(grouping->case_of);
		pfree(grouping->events);
	}
	grouping->capacity = count;
	grouping->case_of = MemoryContextAllocHuge(CurrentMemoryContext, (Size) count * sizeof(uint32));
	grouping->events =
		MemoryContextAllocHuge(CurrentMemoryContext, (Size) count * sizeof(CaseEvent));
}

static uint32
add_case(Grouping *grouping)
{
	if (grouping->ncases == grouping->case_capacity)
	{
		grouping->case_capacity *= 2;
		grouping->sizes =
			repalloc_huge(grouping->sizes, (Size) grouping->case_capacity * sizeof(uint32));
	}
	grouping->sizes[grouping->ncases] = 0;
	return grouping->ncases++;
}

static uint32
number_new_case(Grouping *grouping, HashedKey key)
{
	bool found;
	CaseEntry *entry = casehash_insert(grouping->cases, key, &found);

	return entry->case_no = add_case(grouping);
}

/* The number of a case in its part. */
static inline uint32
number_case(Grouping *grouping, CaseKey key)
{
	HashedKey hashed = {case_key_word(key), key.bytes, key.length, (uint32) case_key_hash(key)};
	CaseEntry *entry = casehash_lookup(grouping->cases, hashed);

	return likely(entry != NULL) ? entry->case_no : number_new_case(grouping, hashed);
}

static void
number_cases(Grouping *grouping, const uint32 *places, uint32 count)
{
	RawEvent event;
	uint32 i;

	casehash_reset(grouping->cases);
	grouping->ncases = 0;
	for (i = 0; i < count; i++)
	{
		prefetch(grouping->records.begin + places[Min(i + PREFETCH_RECORDS, count - 1)]);
		raw_event_get(grouping->records.begin + places[i], &event);
		grouping->case_of[i] = number_case(grouping, event.key);
		grouping->sizes[grouping->case_of[i]]++;
		check_interrupts_seldom(i);
	}
}

/* Puts the events of each case together, in order of arrival. */
static void
place_events(Grouping *grouping, const uint32 *places, uint32 count)
{
	RawEvent event;
	uint32 sum = 0;
	uint32 i;

	for (i = 0; i < grouping->ncases; i++)
	{
		uint32 size = grouping->sizes[i];

		grouping->sizes[i] = sum;
		sum += size;
	}
	for (i = 0; i < count; i++)
	{
		raw_event_get(grouping->records.begin + places[i], &event);
		grouping->events[grouping->sizes[grouping->case_of[i]]++] =
			(CaseEvent){event.at, event.label, places[i]};
	}
}

static TraceEvent
whole_event(const CaseEvent *event, const Grouping *grouping)
{
	RawEvent raw;

	raw_event_get(grouping->records.begin + event->place, &raw);
	return (TraceEvent){raw.at, raw.seq, raw.label, raw.has_seq, false};
}

/* Decides between events of the same time. */
static int
compare_ties(const CaseEvent *a, const CaseEvent *b, const Grouping *grouping)
{
	TraceEvent x = whole_event(a, grouping);
	TraceEvent y = whole_event(b, grouping);

	return trace_compare_events(&x, &y, grouping->labels);
}

/* The order of trace_compare_events(), without a look at the records where the times differ. */
static inline int
compare_case_events(const CaseEvent *a, const CaseEvent *b, const Grouping *grouping)
{
	if (likely(a->at != b->at))
		return a->at < b->at ? -1 : 1;
	return compare_ties(a, b, grouping);
}

#define ST_SORT sort_case_events
#define ST_ELEMENT_TYPE CaseEvent
#define ST_COMPARE(a, b, grouping) compare_case_events(a, b, grouping)
#define ST_COMPARE_ARG_TYPE const Grouping
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static bool
is_in_order(const CaseEvent *events, uint32 count)
{
	uint32 i;

	for (i = 1; i < count; i++)
		if (events[i - 1].at >= events[i].at)
			return false;
	return true;
}

static void
add_case_events(Dfg *dfg, const CaseEvent *events, uint32 count)
{
	DfgWalk walk;
	uint32 i;

	dfg_begin_case(dfg, count);
	walk = dfg_walk_begin(dfg, NULL, events[0].label, events[0].at, true);
	for (i = 1; i < count; i++)
		dfg_walk_on(&walk, events[i].label, events[i].at, true);
	dfg_walk_end(&walk, true);
}

static void
group_part(Grouping *grouping, const uint32 *places, uint32 count)
{
	uint32 begin = 0;
	uint32 i;

	if (count == 0)
		return;
	reserve_records(grouping, count);
	number_cases(grouping, places, count);
	place_events(grouping, places, count);
	for (i = 0; i < grouping->ncases; i++)
	{
		CaseEvent *events = grouping->events + begin;
		uint32 size = grouping->sizes[i] - begin;

		if (!is_in_order(events, size))
			sort_case_events(events, size, grouping);
		add_case_events(grouping->dfg, events, size);
		begin += size;
	}
	CHECK_FOR_INTERRUPTS();
}

/* How many bits of parts make them fit into the cache. */
static int
part_bits(RecordSpan records)
{
	size_t parts = (size_t) (records.end - records.begin) / PART_BYTES;

	return parts == 0 ? 0 : Min(pg_leftmost_one_pos64(parts) + 1, PART_MAX_BITS);
}

void
collector_group(RecordSpan records, int first_bit, const Label *labels, Dfg *dfg)
{
	RecordOrder order = record_order_create(records, first_bit, part_bits(records));
	Grouping grouping = {records, labels, dfg};
	uint32 i;

	grouping.cases = casehash_create(CurrentMemoryContext, CASES_AT_FIRST, NULL);
	grouping.case_capacity = CASES_AT_FIRST;
	grouping.sizes = palloc(CASES_AT_FIRST * sizeof(uint32));
	for (i = 0; i < order.nparts; i++)
		group_part(&grouping, order.places + order.parts[i], order.parts[i + 1] - order.parts[i]);
	casehash_destroy(grouping.cases);
	pfree(grouping.sizes);
	if (grouping.capacity > 0)
	{
		pfree(grouping.case_of);
		pfree(grouping.events);
	}
	record_order_free(&order);
}
