/*
 * A raw event in as few bytes as are quick to write and read, as it waits in
 * memory or in a temporary file for the other events of its case. Nothing is
 * aligned, integers are little-endian:
 *
 *   u8      low half: length of the key; 15: it is 15 or more and follows below
 *           high half: 0: no seq; else 1 and the width of the seq
 *   varint  number of the label
 *   i64     at
 *   varint  length of the key, where it is 15 or more
 *   bytes   the key of the case
 *   uint    the seq, zigzag, of the stated width
 *
 * An event with a number below 2^23 for its case takes 13 bytes, with a seq of
 * as many bits 16.
 */
#ifndef TM_RAW_EVENT_H
#define TM_RAW_EVENT_H

#include "datatype/timestamp.h"
#include "port/pg_bitutils.h"

#include "base/table_hash.h"

/* A key of so many bytes is compared as one word. */
#define CASE_KEY_WORD_BYTES 8

#define RAW_EVENT_LONG_KEY 15

/* What an event takes beside its key, at most; writing one may touch the 8 bytes after it. */
#define RAW_EVENT_MAX_BYTES (1 + 2 * VARINT_MAX_BYTES + 8 + 8)
#define RAW_EVENT_SLACK 8

/* Which case an event belongs to: the same case where the bytes are the same. */
typedef struct CaseKey
{
	const uint8 *bytes; /* 8 may be read, however short it is */
	uint32 length;
} CaseKey;

typedef struct RawEvent
{
	CaseKey key;
	uint32 label; /* its number */
	bool has_seq;
	TimestampTz at;
	int64 seq;
} RawEvent;

static inline uint64
zigzag(int64 value)
{
	return (uint64) value << 1 ^ (uint64) (value < 0 ? -1 : 0);
}

static inline int64
unzigzag(uint64 value)
{
	return (int64) (value >> 1 ^ (value & 1 ? PG_UINT64_MAX : 0));
}

/* The bytes that an integer needs, without a loop. */
static inline uint32
word_width(uint64 value)
{
	return value == 0 ? 0 : (uint32) pg_leftmost_one_pos64(value) / 8 + 1;
}

static inline void
store_word(uint8 *p, uint64 word)
{
#ifdef WORDS_BIGENDIAN
	word = pg_bswap64(word);
#endif
	memcpy(p, &word, sizeof(word));
}

/* The integer in width bytes, 0 to 8, where 8 may be read. */
static inline uint64
load_word(const uint8 *p, uint32 width)
{
	return width == 0 ? 0 : load_u64(p) & PG_UINT64_MAX >> (64 - 8 * width);
}

/* The key as a word; of a longer one the first bytes. */
static inline uint64
case_key_word(CaseKey key)
{
	return load_word(key.bytes, Min(key.length, CASE_KEY_WORD_BYTES));
}

static inline uint64
case_key_hash(CaseKey key)
{
	if (likely(key.length <= CASE_KEY_WORD_BYTES))
		return table_hash_short(table_hash_word(case_key_word(key)), 0, key.length);
	return table_hash(key.bytes, key.length);
}

/* The most bytes that an event may take. */
static inline size_t
raw_event_bound(const RawEvent *event)
{
	return RAW_EVENT_MAX_BYTES + event->key.length;
}

/* Writes the event and, maybe, something into the slack after it. */
static inline uint8 *
raw_event_put(uint8 *p, const RawEvent *event)
{
	uint64 seq = zigzag(event->seq);
	uint32 seq_width = word_width(seq);

	*p++ = (uint8) (Min(event->key.length, RAW_EVENT_LONG_KEY) |
					(event->has_seq ? (1 + seq_width) << 4 : 0));
	p = varint_put(p, event->label);
	store_word(p, (uint64) event->at);
	p += 8;
	if (likely(event->key.length <= CASE_KEY_WORD_BYTES))
		store_word(p, case_key_word(event->key));
	else
	{
		if (event->key.length >= RAW_EVENT_LONG_KEY)
			p = varint_put(p, event->key.length);
		memcpy(p, event->key.bytes, event->key.length);
	}
	p += event->key.length;
	if (!event->has_seq)
		return p;
	store_word(p, seq);
	return p + seq_width;
}

/* A varint that was written here; of at most 32 bits. */
static inline const uint8 *
get_small_varint(const uint8 *p, uint32 *value)
{
	int shift = 0;

	for (*value = 0; *p >= 0x80; shift += 7)
		*value |= (uint32) (*p++ & 0x7f) << shift;
	*value |= (uint32) *p++ << shift;
	return p;
}

/* Reads an event that was written here; returns where the next one begins. */
static inline const uint8 *
raw_event_get(const uint8 *p, RawEvent *event)
{
	uint8 head = *p++;
	uint32 seq_width = head >> 4;

	event->key.length = head & 0x0f;
	p = get_small_varint(p, &event->label);
	event->at = (TimestampTz) load_u64(p);
	p += 8;
	if (unlikely(event->key.length == RAW_EVENT_LONG_KEY))
		p = get_small_varint(p, &event->key.length);
	event->key.bytes = p;
	p += event->key.length;
	event->has_seq = seq_width > 0;
	event->seq = 0;
	if (!event->has_seq)
		return p;
	event->seq = unzigzag(load_word(p, seq_width - 1));
	return p + seq_width - 1;
}

/* How long an event is that was written here. */
static inline size_t
raw_event_size(const uint8 *p)
{
	const uint8 *begin = p;
	uint8 head = *p++;
	uint32 key_length = head & 0x0f;

	while (*p++ >= 0x80)
		;
	p += 8;
	if (unlikely(key_length == RAW_EVENT_LONG_KEY))
		p = get_small_varint(p, &key_length);
	return (size_t) (p - begin) + key_length + (head >= 0x10 ? (head >> 4) - 1 : 0);
}

#endif
