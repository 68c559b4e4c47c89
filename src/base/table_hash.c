/*
 * The keyed hash of tables in memory. Not inline, as hash64() is not.
 */
#include "postgres.h"

#include "base/table_hash.h"

uint64 table_key[TABLE_KEY_WORDS];

static uint64
hash_few_bytes(const uint8 *bytes, size_t length)
{
	if (length >= 8)
		return table_hash_short(load_u64(bytes), load_u64(bytes + length - 8), length);
	return table_hash_short(load_uint(bytes, (int) length), 0, length);
}

/* The last step reads the last bytes, some of them once more. */
uint64
table_hash(const uint8 *bytes, size_t length)
{
	const uint8 *last;
	uint64 h = table_hash_start(length);

	if (length <= TABLE_HASH_SHORT_BYTES)
		return hash_few_bytes(bytes, length);
	last = bytes + length - TABLE_HASH_SHORT_BYTES;
	for (; bytes < last; bytes += TABLE_HASH_SHORT_BYTES)
		h = fold_u64(load_u64(bytes) ^ table_key[0], load_u64(bytes + 8) ^ h);
	return fold_u64(load_u64(last) ^ table_key[0], load_u64(last + 8) ^ h);
}
