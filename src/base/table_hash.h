/*
 * The hash of all tables in memory, keyed by a secret that each process draws
 * at random: whoever chooses labels, ids or variants cannot choose them so that
 * they collide, which would make a table search all of them for each.
 *
 * One of the two words of every step is hidden behind a word of the key, and the
 * other behind another one or what is hashed so far, so that no two inputs
 * collide but for few keys.
 *
 * Tables are as quick as their hash is good, so loops over them check for
 * interrupts by the number of elements alone.
 *
 * The key differs from process to process: no such hash, and nothing in the
 * order of a table, may leave the process or show in a result.
 */
#ifndef TM_TABLE_HASH_H
#define TM_TABLE_HASH_H

#include "compat.h"

#include "base/bytes.h"

#define TABLE_KEY_WORDS 3

/* Up to so many bytes are hashed in one step, by their first and last ones. */
#define TABLE_HASH_SHORT_BYTES 16

/* Set once, before any table is made. */
extern TM_HIDDEN uint64 table_key[TABLE_KEY_WORDS];

/* Hides the length of what is hashed: where bytes are read twice, it is all that differs. */
static inline uint64
table_hash_start(uint64 length)
{
	return table_key[1] + length * table_key[2];
}

/* A few bytes as two words that they make with their number. */
static inline uint64
table_hash_short(uint64 first, uint64 last, uint64 length)
{
	return fold_u64(first ^ table_key[0], last ^ table_hash_start(length));
}

static inline uint64
table_hash_word(uint64 word)
{
	return fold_u64(word ^ table_key[0], table_key[1]);
}

extern uint64 table_hash(const uint8 *bytes, size_t length);

#endif
