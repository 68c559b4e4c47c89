/*
 * The project's own 64-bit hash. Not inline: in a large function the compiler
 * keeps the products in memory, which doubles the time of a step.
 */
#include "postgres.h"

#include "base/hash64.h"

uint64
hash64(const uint8 *bytes, size_t length)
{
	uint64 h = HASH64_START ^ ((uint64) length * HASH64_LENGTH);

	for (; length >= 8; length -= 8, bytes += 8)
		h = hash64_step(h, load_u64(bytes));
	if (length > 0)
		h = hash64_step(h, load_uint(bytes, (int) length));
	return hash64_step(h, HASH64_LENGTH);
}
