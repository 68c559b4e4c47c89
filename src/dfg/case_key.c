/*
 * Keys for case ids.
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "compat.h"

#include "dfg/case_key.h"

#define CASES_AT_FIRST 16

typedef enum KeyKind
{
	KEY_WORD,  /* passed by value: the bytes of the integer */
	KEY_FIXED, /* of fixed length */
	KEY_VARLENA,
	KEY_NUMBERED
} KeyKind;

/* An id that has a number. */
typedef struct NumberedId
{
	Datum id;
	uint32 hash;
	uint32 number;
	char status;
} NumberedId;

struct CaseKeys
{
	KeyKind kind;
	Oid type;
	Oid collation;
	int16 length;
	bool by_value;
	uint8 word[CASE_KEY_WORD_BYTES]; /* a short key */
	struct varlena *plain;           /* the last id, where it was compressed or out of line */
	FmgrInfo hash;
	FmgrInfo equal;
	struct idhash_hash *numbers;
};

/* With a seed that is as secret as the key of the tables, where the type takes one. */
static uint32
hash_id(CaseKeys *keys, Datum id)
{
	if (likely(keys->hash.fn_nargs == 2))
		return (uint32) DatumGetUInt64(FunctionCall2Coll(
			&keys->hash, keys->collation, id, UInt64GetDatum(table_hash_word(keys->type))));
	return DatumGetUInt32(FunctionCall1Coll(&keys->hash, keys->collation, id));
}

static bool
ids_equal(CaseKeys *keys, Datum a, Datum b)
{
	return DatumGetBool(FunctionCall2Coll(&keys->equal, keys->collation, a, b));
}

#define SH_PREFIX idhash
#define SH_ELEMENT_TYPE NumberedId
#define SH_KEY_TYPE Datum
#define SH_KEY id
#define SH_HASH_KEY(table, key) hash_id((table)->private_data, key)
#define SH_EQUAL(table, a, b) ids_equal((table)->private_data, a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(table, entry) ((entry)->hash)
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

/*
 * Says whether ids that are equal have the same bytes. The operator class of
 * char(n) says so of values of one n only: blanks at the end do not count.
 */
static bool
equality_is_of_bytes(const CaseKeys *keys)
{
	TypeCacheEntry *cache = lookup_type_cache(keys->type, TYPECACHE_BTREE_OPFAMILY);
	Oid collation = OidIsValid(keys->collation) ? keys->collation : DEFAULT_COLLATION_OID;
	Oid function;

	if (!OidIsValid(cache->btree_opf) || cache->btree_opintype == BPCHAROID)
		return false;
	function = get_opfamily_proc(cache->btree_opf, cache->btree_opintype, cache->btree_opintype,
								 BTEQUALIMAGE_PROC);
	return OidIsValid(function) &&
		   DatumGetBool(
			   OidFunctionCall1Coll(function, collation, ObjectIdGetDatum(cache->btree_opintype)));
}

static KeyKind
key_kind(const CaseKeys *keys)
{
	if (!equality_is_of_bytes(keys))
		return KEY_NUMBERED;
	if (keys->by_value)
		return KEY_WORD;
	return keys->length == -1 ? KEY_VARLENA : KEY_FIXED;
}

/* Finds the type's hash and equality, which its default hash operator class names. */
static void
find_functions(CaseKeys *keys)
{
	TypeCacheEntry *cache = lookup_type_cache(
		keys->type, TYPECACHE_HASH_PROC | TYPECACHE_HASH_EXTENDED_PROC | TYPECACHE_EQ_OPR);
	Oid seeded = cache->hash_extended_proc;

	if (!OidIsValid(cache->hash_proc) || !OidIsValid(cache->eq_opr))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
						errmsg("type %s cannot identify a case: it has no hash function",
							   format_type_be(keys->type)),
						errhint("Cast the case id to text.")));
	fmgr_info_cxt(OidIsValid(seeded) ? seeded : cache->hash_proc, &keys->hash,
				  CurrentMemoryContext);
	fmgr_info_cxt(get_opcode(cache->eq_opr), &keys->equal, CurrentMemoryContext);
	keys->numbers = idhash_create(CurrentMemoryContext, CASES_AT_FIRST, keys);
}

CaseKeys *
case_keys_create(Oid type, Oid collation)
{
	CaseKeys *keys = palloc0(sizeof(CaseKeys));

	keys->type = getBaseType(type);
	keys->collation = collation;
	get_typlenbyval(keys->type, &keys->length, &keys->by_value);
	keys->kind = key_kind(keys);
	if (keys->kind == KEY_NUMBERED)
		find_functions(keys);
	return keys;
}

/* A whole number; small ones of either sign are short. */
static CaseKey
key_of_word(CaseKeys *keys, uint64 word)
{
	store_word(keys->word, word);
	return (CaseKey){keys->word, word_width(word)};
}

static int64
integer_of(const CaseKeys *keys, Datum id)
{
	switch (keys->length)
	{
		case 1:
			return DatumGetChar(id);
		case 2:
			return DatumGetInt16(id);
		case 4:
			return DatumGetInt32(id);
		default:
			return DatumGetInt64(id);
	}
}

/* Bytes of which 8 may be read. */
static CaseKey
key_of_bytes(CaseKeys *keys, const void *bytes, uint32 length)
{
	if (length >= CASE_KEY_WORD_BYTES)
		return (CaseKey){bytes, length};
	memcpy(keys->word, bytes, length);
	return (CaseKey){keys->word, length};
}

/* An id that is neither compressed nor out of line; frees what was made for the one before. */
static struct varlena *
plain_id(CaseKeys *keys, Datum id)
{
	struct varlena *plain = PG_DETOAST_DATUM_PACKED(id);

	if (keys->plain != NULL)
		pfree(keys->plain);
	keys->plain = (Pointer) plain != DatumGetPointer(id) ? plain : NULL;
	return plain;
}

static uint32
number_of_id(CaseKeys *keys, Datum id)
{
	NumberedId *entry;
	bool found;

	if (keys->length == -1)
		id = PointerGetDatum(plain_id(keys, id));
	entry = idhash_insert(keys->numbers, id, &found);
	if (!found)
	{
		entry->id = datumCopy(id, keys->by_value, keys->length);
		entry->number = keys->numbers->members;
	}
	return entry->number;
}

CaseKey
case_key_of(CaseKeys *keys, Datum case_id)
{
	struct varlena *plain;

	switch (keys->kind)
	{
		case KEY_WORD:
			return key_of_word(keys, zigzag(integer_of(keys, case_id)));
		case KEY_FIXED:
			return key_of_bytes(keys, DatumGetPointer(case_id), (uint32) keys->length);
		case KEY_VARLENA:
			plain = plain_id(keys, case_id);
			return key_of_bytes(keys, VARDATA_ANY(plain), (uint32) VARSIZE_ANY_EXHDR(plain));
		default:
			return key_of_word(keys, number_of_id(keys, case_id));
	}
}
