/*
 * Integers of 256 bits.
 */
#include "postgres.h"

#include <math.h>

#include "base/wide.h"

void
wide_add(Wide *wide, const Wide *other)
{
	int i;

	for (i = 0; i < WIDE_LIMBS; i++)
		wide_add_at(wide, i, other->limb[i]);
}

void
wide_subtract(Wide *wide, const Wide *other)
{
	uint64 borrow = 0;
	int i;

	for (i = 0; i < WIDE_LIMBS; i++)
	{
		uint64 before = wide->limb[i];
		uint64 rest = before - other->limb[i];

		wide->limb[i] = rest - borrow;
		borrow = (before < other->limb[i]) | (rest < borrow);
	}
}

int
wide_compare(const Wide *a, const Wide *b)
{
	int i;

	for (i = WIDE_LIMBS - 1; i >= 0; i--)
		if (a->limb[i] != b->limb[i])
			return a->limb[i] > b->limb[i] ? 1 : -1;
	return 0;
}

Wide
wide_multiply(const Wide *a, const Wide *b)
{
	Wide product = wide_of(0);
	uint64 high;
	uint64 low;
	int i;
	int j;

	for (i = 0; i < WIDE_LIMBS; i++)
		for (j = 0; i + j < WIDE_LIMBS; j++)
		{
			multiply_u64(a->limb[i], b->limb[j], &high, &low);
			wide_add_at(&product, i + j, low);
			wide_add_at(&product, i + j + 1, high);
		}
	return product;
}

/* Moves all bits up by one and puts in a new lowest one. */
static void
wide_shift_in(Wide *wide, uint64 bit)
{
	int i;

	for (i = 0; i < WIDE_LIMBS; i++)
	{
		uint64 carry = wide->limb[i] >> 63;

		wide->limb[i] = wide->limb[i] << 1 | bit;
		bit = carry;
	}
}

/* Divides high * 2^64 + low, where high is below the divisor. */
static uint64
divide_pair(uint64 high, uint64 low, uint64 divisor, uint64 *rest)
{
#ifdef HAVE_INT128
	uint128 pair = (uint128) high << 64 | low;

	*rest = (uint64) (pair % divisor);
	return (uint64) (pair / divisor);
#else
	uint64 quotient = 0;
	int bit;

	for (bit = 63; bit >= 0; bit--)
	{
		bool overflow = high >> 63;

		high = high << 1 | (low >> bit & 1);
		if (overflow || high >= divisor)
		{
			high -= divisor;
			quotient |= UINT64CONST(1) << bit;
		}
	}
	*rest = high;
	return quotient;
#endif
}

uint64
wide_divide(Wide *wide, uint64 divisor)
{
	uint64 rest = 0;
	int i;

	for (i = WIDE_LIMBS - 1; i >= 0; i--)
		wide->limb[i] = divide_pair(rest, wide->limb[i], divisor, &rest);
	return rest;
}

static double
wide_estimate(const Wide *wide)
{
	double estimate = 0;
	int i;

	for (i = WIDE_LIMBS - 1; i >= 0; i--)
		estimate = estimate * 18446744073709551616.0 + (double) wide->limb[i];
	return estimate;
}

/* True when root - 1/2 is not above the square root of the ratio; root > 0. */
static bool
root_is_reached(uint64 root, const Wide *four_numerator, const Wide *denominator)
{
	Wide one = wide_of(1);
	Wide odd = wide_of(root);
	Wide square;

	wide_shift_in(&odd, 0);
	wide_subtract(&odd, &one);
	square = wide_multiply(&odd, &odd);
	square = wide_multiply(&square, denominator);
	return wide_compare(&square, four_numerator) <= 0;
}

/*
 * Floating point only says where to look: the bounds are far wider than its
 * error, and what lies between them is searched exactly.
 */
uint64
wide_sqrt_of_ratio(const Wide *numerator, const Wide *denominator)
{
	double estimate = sqrt(wide_estimate(numerator) / wide_estimate(denominator));
	double slack = estimate / 1099511627776.0 + 2;
	uint64 low = estimate > slack ? (uint64) (estimate - slack) : 0;
	uint64 high =
		estimate + slack < 18446744073709549568.0 ? (uint64) (estimate + slack) : PG_UINT64_MAX;
	Wide four = *numerator;

	wide_shift_in(&four, 0);
	wide_shift_in(&four, 0);
	while (high - low > 1)
	{
		uint64 middle = low + (high - low) / 2;

		if (root_is_reached(middle, &four, denominator))
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Takes the lowest 7 bits off. */
static uint8
wide_take_seven(Wide *wide)
{
	uint8 bits = wide->limb[0] & 0x7f;
	int i;

	for (i = 0; i < WIDE_LIMBS; i++)
		wide->limb[i] = wide->limb[i] >> 7 | (i + 1 < WIDE_LIMBS ? wide->limb[i + 1] << 57 : 0);
	return bits;
}

static bool
wide_is_zero(const Wide *wide)
{
	return (wide->limb[0] | wide->limb[1] | wide->limb[2] | wide->limb[3]) == 0;
}

uint8 *
wide_varint_put(uint8 *p, const Wide *wide)
{
	Wide rest = *wide;

	do
	{
		*p = wide_take_seven(&rest);
		if (!wide_is_zero(&rest))
			*p |= 0x80;
	} while (*p++ & 0x80);
	return p;
}

bool
wide_varint_read(ByteReader *reader, int limbs, Wide *wide)
{
	int bits = limbs * 64;
	int shift;

	*wide = wide_of(0);
	for (shift = 0; shift < bits && reader->pos < reader->end; shift += 7)
	{
		uint8 byte = *reader->pos++;
		uint64 seven = byte & 0x7f;

		wide->limb[shift / 64] |= seven << (shift % 64);
		if (shift % 64 > 57)
		{
			if (shift / 64 + 1 < limbs)
				wide->limb[shift / 64 + 1] |= seven >> (64 - shift % 64);
			else if (seven >> (64 - shift % 64) != 0)
				return false;
		}
		if (byte < 0x80)
			return byte != 0 || shift == 0;
	}
	return false;
}

int
wide_out(char *out, const Wide *wide)
{
	uint64 chunks[WIDE_LIMBS + 1];
	Wide rest = *wide;
	int count = 0;
	int length;

	do
		chunks[count++] = wide_divide(&rest, UINT64CONST(10000000000000000000));
	while (!wide_is_zero(&rest));
	length = sprintf(out, UINT64_FORMAT, chunks[--count]);
	while (count > 0)
		length += sprintf(out + length, "%019llu", (unsigned long long) chunks[--count]);
	return length;
}

/* Multiplies by ten and adds a digit; false where the limbs do not hold it. */
static bool
wide_push_digit(Wide *wide, int limbs, unsigned digit)
{
	uint64 carry = digit;
	uint64 high;
	int i;

	for (i = 0; i < limbs; i++)
	{
		multiply_u64(wide->limb[i], 10, &high, &wide->limb[i]);
		wide->limb[i] += carry;
		carry = high + (wide->limb[i] < carry);
	}
	return carry == 0;
}

bool
wide_in(Cursor *cursor, const char *what, int limbs, Wide *wide)
{
	*wide = wide_of(0);
	if (!cursor_is_digit(cursor))
		return cursor_fault(cursor, "expected %s", what);
	for (; cursor_is_digit(cursor); cursor->pos++)
		if (!wide_push_digit(wide, limbs, (unsigned) (*cursor->pos - '0')))
			return cursor_fault(cursor, "%s is too large", what);
	return true;
}
