/*
 * Numbers for case ids. Integers are their own keys; texts and uuids are
 * compared as bytes; any other type is asked for its hash and equality.
 *
 * With many cases the place of a key in the hash table is seldom in the cache.
 * So integers wait in a short queue: their place is fetched when they come,
 * and looked at when some more events have come.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"
#include "utils/builtins.h"

#include "compat.h"

#include "base/hash64.h"
#include "dfg/case_numbers.h"

typedef struct IntegerEntry
{
	int64 key;
	uint32 case_no;
	char status;
} IntegerEntry;

static inline uint32
hash_integer(int64 key)
{
	return (uint32) hash64_step(HASH64_START, (uint64) key);
}

#define SH_PREFIX integerhash
#define SH_ELEMENT_TYPE IntegerEntry
#define SH_KEY_TYPE int64
#define SH_KEY key
#define SH_HASH_KEY(table, key) hash_integer(key)
#define SH_EQUAL(table, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

/* A key that is compared through its type or as bytes. */
typedef struct ValueEntry
{
	Datum key;
	uint32 hash;
	uint32 case_no;
	char status;
} ValueEntry;

typedef enum KeyKind
{
	KEY_INTEGER,
	KEY_BYTES, /* text and the like, by its bytes */
	KEY_FIXED, /* uuid, by its bytes */
	KEY_TYPED
} KeyKind;

/* How many integers wait; a power of two. */
#define WAITING_MAX 16

/* An integer whose place in the hash table is being fetched. */
typedef struct WaitingKey
{
	int64 key;
	uint32 hash;
	uint32 position; /* of its event */
} WaitingKey;

struct CaseNumbers
{
	KeyKind kind;
	Oid type;
	Oid collation;
	int16 length;
	bool by_value;
	FmgrInfo hash;
	FmgrInfo equal;
	struct integerhash_hash *integers;
	WaitingKey waiting[WAITING_MAX]; /* a ring: from first, to first + nwaiting */
	uint32 first;
	uint32 nwaiting;
	struct valuehash_hash *values;
};

static uint32 hash_value(CaseNumbers *numbers, Datum key);
static bool values_equal(CaseNumbers *numbers, Datum a, Datum b);

#define SH_PREFIX valuehash
#define SH_ELEMENT_TYPE ValueEntry
#define SH_KEY_TYPE Datum
#define SH_KEY key
#define SH_HASH_KEY(table, key) hash_value((table)->private_data, key)
#define SH_EQUAL(table, a, b) values_equal((table)->private_data, a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(table, entry) ((entry)->hash)
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

#define CASES_AT_FIRST 16

static Label
bytes_of(Datum key)
{
	return (Label){VARDATA_ANY(DatumGetPointer(key)),
				   (uint32) VARSIZE_ANY_EXHDR(DatumGetPointer(key))};
}

static uint32
hash_value(CaseNumbers *numbers, Datum key)
{
	Label bytes;

	switch (numbers->kind)
	{
		case KEY_BYTES:
			bytes = bytes_of(key);
			return (uint32) hash64((const uint8 *) bytes.bytes, bytes.length);
		case KEY_FIXED:
			return (uint32) hash64((const uint8 *) DatumGetPointer(key), (size_t) numbers->length);
		default:
			return DatumGetUInt32(FunctionCall1Coll(&numbers->hash, numbers->collation, key));
	}
}

static bool
values_equal(CaseNumbers *numbers, Datum a, Datum b)
{
	switch (numbers->kind)
	{
		case KEY_BYTES:
			return label_equal(bytes_of(a), bytes_of(b));
		case KEY_FIXED:
			return memcmp(DatumGetPointer(a), DatumGetPointer(b), (size_t) numbers->length) == 0;
		default:
			return DatumGetBool(FunctionCall2Coll(&numbers->equal, numbers->collation, a, b));
	}
}

/* How ids of a type are compared; a collation may call different bytes equal. */
static KeyKind
key_kind(Oid type, Oid collation)
{
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return KEY_INTEGER;
		case UUIDOID:
			return KEY_FIXED;
		case BYTEAOID:
			return KEY_BYTES;
		case TEXTOID:
		case VARCHAROID:
			return !OidIsValid(collation) || get_collation_isdeterministic(collation) ? KEY_BYTES
																					  : KEY_TYPED;
		default:
			return KEY_TYPED;
	}
}

/* Finds the type's hash and equality, which its default hash operator class names. */
static void
find_functions(CaseNumbers *numbers)
{
	TypeCacheEntry *cache =
		lookup_type_cache(numbers->type, TYPECACHE_HASH_PROC | TYPECACHE_EQ_OPR);

	if (!OidIsValid(cache->hash_proc) || !OidIsValid(cache->eq_opr))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
						errmsg("type %s cannot identify a case: it has no hash function",
							   format_type_be(numbers->type)),
						errhint("Cast the case id to text.")));
	fmgr_info_cxt(cache->hash_proc, &numbers->hash, CurrentMemoryContext);
	fmgr_info_cxt(get_opcode(cache->eq_opr), &numbers->equal, CurrentMemoryContext);
}

CaseNumbers *
case_numbers_create(Oid type, Oid collation)
{
	CaseNumbers *numbers = palloc0(sizeof(CaseNumbers));

	numbers->type = getBaseType(type);
	numbers->collation = collation;
	numbers->kind = key_kind(numbers->type, collation);
	get_typlenbyval(numbers->type, &numbers->length, &numbers->by_value);
	if (numbers->kind == KEY_INTEGER)
	{
		numbers->integers = integerhash_create(CurrentMemoryContext, CASES_AT_FIRST, NULL);
		return numbers;
	}
	if (numbers->kind == KEY_TYPED)
		find_functions(numbers);
	numbers->values = valuehash_create(CurrentMemoryContext, CASES_AT_FIRST, numbers);
	return numbers;
}

static int64
integer_of(const CaseNumbers *numbers, Datum key)
{
	switch (numbers->length)
	{
		case 2:
			return DatumGetInt16(key);
		case 4:
			return DatumGetInt32(key);
		default:
			return DatumGetInt64(key);
	}
}

static uint32
number_of_value(CaseNumbers *numbers, Collector *collector, Datum key)
{
	Pointer given = DatumGetPointer(key);
	ValueEntry *entry;
	bool found;

	if (numbers->length == -1)
		key = PointerGetDatum(PG_DETOAST_DATUM_PACKED(key));
	entry = valuehash_insert(numbers->values, key, &found);
	if (!found)
	{
		entry->key = datumCopy(key, numbers->by_value, numbers->length);
		entry->case_no = collector_new_case(collector);
	}
	if (numbers->length == -1 && DatumGetPointer(key) != given)
		pfree(DatumGetPointer(key));
	return entry->case_no;
}

/* Looks the integer up that has waited longest. */
static void
assign_waiting(CaseNumbers *numbers, Collector *collector)
{
	WaitingKey *waiting = &numbers->waiting[numbers->first++ % WAITING_MAX];
	IntegerEntry *entry;
	bool found;

	entry = integerhash_insert_hash(numbers->integers, waiting->key, waiting->hash, &found);
	if (!found)
		entry->case_no = collector_new_case(collector);
	collector_set_case(collector, waiting->position, entry->case_no);
	numbers->nwaiting--;
}

/* Lets an integer wait until its place is in the cache. */
static void
add_waiting(CaseNumbers *numbers, int64 key, uint32 position)
{
	WaitingKey *waiting = &numbers->waiting[(numbers->first + numbers->nwaiting++) % WAITING_MAX];

	waiting->key = key;
	waiting->hash = hash_integer(key);
	waiting->position = position;
	prefetch(&numbers->integers->data[waiting->hash & numbers->integers->sizemask]);
}

void
case_numbers_assign(CaseNumbers *numbers, Collector *collector, uint32 position, Datum case_id)
{
	if (numbers->kind != KEY_INTEGER)
	{
		collector_set_case(collector, position, number_of_value(numbers, collector, case_id));
		return;
	}
	if (numbers->nwaiting == WAITING_MAX)
		assign_waiting(numbers, collector);
	add_waiting(numbers, integer_of(numbers, case_id), position);
}

void
case_numbers_finish(CaseNumbers *numbers, Collector *collector)
{
	while (numbers->nwaiting > 0)
		assign_waiting(numbers, collector);
}
