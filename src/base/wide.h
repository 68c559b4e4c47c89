/*
 * Integers of 256 bits: totals and sums of squares of durations, exactly.
 *
 * A duration is below 2^64 microseconds and a graph has fewer than 2^63 of
 * them, so a total is below 2^127, a sum of squares below 2^191, and count
 * times sum of squares below 2^254: nothing here overflows.
 */
#ifndef TM_WIDE_H
#define TM_WIDE_H

#include "base/bytes.h"
#include "base/cursor.h"

#define WIDE_LIMBS 4
#define WIDE_MAX_DIGITS 78 /* of 2^256 */

/* The limbs run from the low end. */
typedef struct Wide
{
	uint64 limb[WIDE_LIMBS];
} Wide;

static inline Wide
wide_of(uint64 value)
{
	Wide wide = {{value, 0, 0, 0}};

	return wide;
}

/* Adds value into the limbs from one on. */
static inline void
wide_add_at(Wide *wide, int limb, uint64 value)
{
	for (; limb < WIDE_LIMBS; limb++)
	{
		wide->limb[limb] += value;
		if (likely(wide->limb[limb] >= value))
			return;
		value = 1;
	}
}

static inline void
wide_add_u64(Wide *wide, uint64 value)
{
	wide_add_at(wide, 0, value);
}

/*
 * Adds the square of a 64-bit integer. Without branches: whether the lowest
 * limb overflows cannot be predicted. The upper half of a square is at most
 * 2^64 - 2, and so takes a carry.
 */
static inline void
wide_add_square(Wide *wide, uint64 value)
{
	uint64 high;
	uint64 low;
	uint64 carry;

	multiply_u64(value, value, &high, &low);
	wide->limb[0] += low;
	high += wide->limb[0] < low;
	wide->limb[1] += high;
	carry = wide->limb[1] < high;
	wide->limb[2] += carry;
	wide->limb[3] += wide->limb[2] < carry;
}

extern void wide_add(Wide *wide, const Wide *other);
extern void wide_subtract(Wide *wide, const Wide *other);
extern int wide_compare(const Wide *a, const Wide *b);

/* The product, modulo 2^256. */
extern Wide wide_multiply(const Wide *a, const Wide *b);

/* Divides by an integer above 0; returns the remainder. */
extern uint64 wide_divide(Wide *wide, uint64 divisor);

/* The square root of numerator / denominator, rounded to the nearest integer. */
extern uint64 wide_sqrt_of_ratio(const Wide *numerator, const Wide *denominator);

/* As a varint, as long as it takes. */
extern uint8 *wide_varint_put(uint8 *p, const Wide *wide);

extern bool wide_varint_read(ByteReader *reader, int limbs, Wide *wide);

/* In decimal. */
extern int wide_out(char *out, const Wide *wide);
extern bool wide_in(Cursor *cursor, const char *what, int limbs, Wide *wide);

#endif
