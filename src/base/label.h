/*
 * Labels: the names of activities. They are UTF-8 bytes, compared as bytes,
 * never by collation.
 */
#ifndef TM_LABEL_H
#define TM_LABEL_H

#include "lib/stringinfo.h"

#include "compat.h"
#include "base/bytes.h"
#include "base/cursor.h"

/* The longest label. The proofs in trace.h and dfg.h rest on it. */
#define LABEL_MAX_BYTES 4096

/* A slice that is a label; other bytes, such as the text of a calendar, are just a Slice. */
typedef Slice Label;

/* Labels in order of first appearance, each once, findable by their bytes. */
typedef struct LabelTable
{
	Label *labels;
	uint32 count;
	uint32 capacity;
	struct labelhash_hash *hash;
} LabelTable;

/* Orders labels by their bytes. */
static inline int
label_compare(Label a, Label b)
{
	int order = memcmp(a.bytes, b.bytes, Min(a.length, b.length));

	return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

/* The number of a label in a list; where it is not there, how many the list has. */
extern uint32 label_search(const Label *labels, uint32 count, Label label);

/* Of each label, whether a list has it. */
extern bool *labels_listed(const Label *labels, uint32 count, const Label *list, uint32 list_count);

extern LabelTable *label_table_create(void);

/* The number of the label, which is added (its bytes copied) if it is new. */
extern uint32 label_table_add(LabelTable *table, Label label);

/* Finds a label; false if it is not in the table. */
extern bool label_table_find(const LabelTable *table, Label label, uint32 *number);

/* The numbers of the labels in the order of their bytes. */
extern uint32 *label_table_sorted(const LabelTable *table);

pg_noreturn extern void label_too_long(uint32 length);

/* Throws where a label from SQL is too long. */
static inline void
label_check_length(uint32 length)
{
	if (unlikely(length > LABEL_MAX_BYTES))
		label_too_long(length);
}

/*
 * A stored dictionary: for each label a varint of its length, and its bytes.
 * Reads count labels that fill the reader to its end: well-formed, no longer
 * than the limit, and each once.
 */
extern bool label_dictionary_check(ByteReader *reader, Label *labels, uint32 count, Fault *fault);

/* Moves a reader over one label that has been checked before. */
static inline Label
label_dictionary_next(ByteReader *reader)
{
	Label label = {NULL, 0};
	uint64 length = 0;

	if (reader_varint_max(reader, reader_left(reader), &length) && length <= reader_left(reader))
	{
		label.bytes = (const char *) reader->pos;
		label.length = (uint32) length;
		reader->pos += length;
	}
	return label;
}

/* The number of a label in a checked dictionary; where it is not there, how many that has. */
extern uint32 label_dictionary_search(ByteReader dictionary, uint32 count, Label label);

static inline size_t
label_dictionary_size(Label label)
{
	return varint_size(label.length) + label.length;
}

static inline uint8 *
label_dictionary_put(uint8 *p, Label label)
{
	p = varint_put(p, label.length);
	memcpy(p, label.bytes, label.length);
	return p + label.length;
}

/*
 * The text form of a list of labels, {Ny,"Løst m. mail"}: quoted like the
 * elements of an array, so a label takes at most 2 bytes a byte and 3 more.
 */
extern void label_out(StringInfo out, Label label);
extern void label_out_quoted(StringInfo out, Label label);
extern void label_list_out(StringInfo out, const Label *labels, uint32 count);

/* Adds a byte to a label that is being read, up to the longest label. */
extern bool label_push(Cursor *cursor, char *label, uint32 *length);

/* Reads on after an opening quote to the closing one; a backslash takes the next byte as it is. */
extern bool label_quoted_in(Cursor *cursor, char quote, char *label, uint32 *length);

/* Parses such a list and adds its labels; a label that comes twice is a fault. */
extern bool label_list_in(Cursor *cursor, LabelTable *table);

#endif
