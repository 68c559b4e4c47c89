/*
 * Bytes that lie elsewhere; and those of stored values: little-endian integers
 * of stated width and varints, the same on every machine and at every
 * alignment; and the 128-bit product.
 *
 * A varint has 7 bits a byte, the low ones first; the high bit says that more
 * follow. Only the shortest form is valid, so that one value has one byte form.
 */
#ifndef TM_BYTES_H
#define TM_BYTES_H

#include "port/pg_bswap.h"

#define VARINT_MAX_BYTES 10 /* 64 bits, 7 a byte */

/* Bytes that lie elsewhere and mean what their owner says: text, a label, a part of a value. */
typedef struct Slice
{
	const char *bytes; /* not ended by a zero byte */
	uint32 length;
} Slice;

static inline bool
slice_equal(Slice a, Slice b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

static inline Slice
slice_of_string(const char *string)
{
	return (Slice){string, (uint32) strlen(string)};
}

/* A position in bytes that must not be read past their end. */
typedef struct ByteReader
{
	const uint8 *start;
	const uint8 *pos;
	const uint8 *end;
} ByteReader;

static inline uint64
load_u64(const uint8 *p)
{
	uint64 value;

	memcpy(&value, p, sizeof(value));
#ifdef WORDS_BIGENDIAN
	value = pg_bswap64(value);
#endif
	return value;
}

/* The integer in width bytes, 0 to 8. */
static inline uint64
load_uint(const uint8 *p, int width)
{
	uint64 value = 0;
	int i;

	for (i = 0; i < width; i++)
		value |= (uint64) p[i] << (8 * i);
	return value;
}

/*
 * The same for a width of 1 to 8, in one load: it reads the 8 bytes that end
 * with the integer, so at least 8 - width bytes must lie before it.
 */
static inline uint64
load_uint_ending(const uint8 *p, int width)
{
	return load_u64(p + width - 8) >> (64 - 8 * width);
}

static inline uint8 *
store_uint(uint8 *p, uint64 value, int width)
{
	int i;

	for (i = 0; i < width; i++)
		*p++ = (uint8) (value >> (8 * i));
	return p;
}

/* How many bytes the integer needs, 0 for zero. */
static inline int
uint_width(uint64 value)
{
	int width = 0;

	while (width < 8 && value >> (8 * width) != 0)
		width++;
	return width;
}

static inline int
varint_size(uint64 value)
{
	int size = 1;

	while (value >= 0x80)
	{
		value >>= 7;
		size++;
	}
	return size;
}

static inline uint8 *
varint_put(uint8 *p, uint64 value)
{
	while (value >= 0x80)
	{
		*p++ = (uint8) (value | 0x80);
		value >>= 7;
	}
	*p++ = (uint8) value;
	return p;
}

static inline size_t
reader_left(const ByteReader *reader)
{
	return (size_t) (reader->end - reader->pos);
}

/* Reads a varint; false where it is cut off, too long or not the shortest. */
static inline bool
reader_varint(ByteReader *reader, uint64 *value)
{
	uint64 result = 0;
	int shift = 0;

	/* Most have one byte. */
	if (likely(reader->pos < reader->end && *reader->pos < 0x80))
	{
		*value = *reader->pos++;
		return true;
	}
	while (reader->pos < reader->end && shift < 64)
	{
		uint8 byte = *reader->pos++;

		result |= (uint64) (byte & 0x7f) << shift;
		if (byte < 0x80)
		{
			*value = result;
			return (byte != 0 || shift == 0) && (shift < 63 || byte <= 1);
		}
		shift += 7;
	}
	return false;
}

/* Reads a varint that must not be above a limit. */
static inline bool
reader_varint_max(ByteReader *reader, uint64 limit, uint64 *value)
{
	return reader_varint(reader, value) && *value <= limit;
}

/* The whole product of two 64-bit integers. */
static inline void
multiply_u64(uint64 a, uint64 b, uint64 *high, uint64 *low)
{
#ifdef HAVE_INT128
	uint128 product = (uint128) a * b;

	*high = (uint64) (product >> 64);
	*low = (uint64) product;
#else
	uint64 low_low = (a & 0xffffffff) * (b & 0xffffffff);
	uint64 high_low = (a >> 32) * (b & 0xffffffff);
	uint64 low_high = (a & 0xffffffff) * (b >> 32);
	uint64 middle = (low_low >> 32) + (high_low & 0xffffffff) + (low_high & 0xffffffff);

	*high = (a >> 32) * (b >> 32) + (high_low >> 32) + (low_high >> 32) + (middle >> 32);
	*low = (middle << 32) | (low_low & 0xffffffff);
#endif
}

/* The lower half of the product xor the upper half: a step of a hash. */
static inline uint64
fold_u64(uint64 a, uint64 b)
{
	uint64 high;
	uint64 low;

	multiply_u64(a, b, &high, &low);
	return high ^ low;
}

#endif
