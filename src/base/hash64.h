/*
 * The project's own 64-bit hash, frozen: trace_variant() is built on it, and
 * people keep those ids. Test vectors: test/golden/.
 *
 * Definition, where fold(a, b) is the lower half of the 128-bit product a * b
 * xor the upper half:
 *
 *   h = 0x9AE16A3B2F90404F xor (length * 0x9E3779B97F4A7C15 modulo 2^64)
 *   for every 8 bytes w, little-endian, the last ones filled up with zeros:
 *       h = fold(h xor w, 0xD6E8FEB86659FD93)
 *   h = fold(h xor 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93)
 *
 * It is no defence against chosen collisions: nowhere is it compared alone
 * where a collision would give a wrong number, and no table in memory is built
 * on it (table_hash.h).
 */
#ifndef TM_HASH64_H
#define TM_HASH64_H

#include "base/bytes.h"

#define HASH64_START UINT64CONST(0x9AE16A3B2F90404F)
#define HASH64_LENGTH UINT64CONST(0x9E3779B97F4A7C15)
#define HASH64_MULTIPLIER UINT64CONST(0xD6E8FEB86659FD93)

static inline uint64
hash64_step(uint64 h, uint64 word)
{
	return fold_u64(h ^ word, HASH64_MULTIPLIER);
}

extern uint64 hash64(const uint8 *bytes, size_t length);

#endif
