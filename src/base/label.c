/*
 * Labels: interning, the stored dictionary, the text form.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "base/label.h"
#include "base/table_hash.h"

/*
 * A label with its first and last bytes, which together with the length are all
 * there is of a short one: most are found without looking at others' bytes.
 */
typedef struct LabelKey
{
	Label label;
	uint64 first;
	uint64 last;
} LabelKey;

typedef struct LabelEntry
{
	LabelKey key;
	uint32 id;
	uint32 hash;
	char status;
} LabelEntry;

static inline uint64
load_u32(const uint8 *p)
{
	uint32 value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static inline LabelKey
label_key(Label label)
{
	const uint8 *p = (const uint8 *) label.bytes;
	LabelKey key = {label, 0, 0};

	if (likely(label.length >= 8))
	{
		memcpy(&key.first, p, 8);
		memcpy(&key.last, p + label.length - 8, 8);
	}
	else if (label.length >= 4)
		key.first = load_u32(p) | load_u32(p + label.length - 4) << 32;
	else if (label.length > 0)
		key.first = p[0] | (uint64) p[label.length / 2] << 8 | (uint64) p[label.length - 1] << 16;
	return key;
}

static inline uint32
hash_label_key(LabelKey key)
{
	if (likely(key.label.length <= TABLE_HASH_SHORT_BYTES))
		return (uint32) table_hash_short(key.first, key.last, key.label.length);
	return (uint32) table_hash((const uint8 *) key.label.bytes, key.label.length);
}

static inline bool
label_keys_equal(LabelKey a, LabelKey b)
{
	return a.first == b.first && a.last == b.last && a.label.length == b.label.length &&
		   (a.label.length <= TABLE_HASH_SHORT_BYTES || slice_equal(a.label, b.label));
}

#define SH_PREFIX labelhash
#define SH_ELEMENT_TYPE LabelEntry
#define SH_KEY_TYPE LabelKey
#define SH_KEY key
#define SH_HASH_KEY(table, key) hash_label_key(key)
#define SH_EQUAL(table, a, b) label_keys_equal(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(table, entry) ((entry)->hash)
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

#define LABELS_AT_FIRST 8

/* Making a table of so few labels would cost more than it saves. */
#define SHORT_LIST 16

/* Up to here a dictionary is checked for doubles pair by pair. */
#define PAIRWISE_MAX 32

uint32
label_search(const Label *labels, uint32 count, Label label)
{
	uint32 i = 0;

	while (i < count && !slice_equal(labels[i], label))
		i++;
	return i;
}

uint32
label_dictionary_search(ByteReader dictionary, uint32 count, Label label)
{
	uint32 i = 0;

	while (i < count && !slice_equal(label_dictionary_next(&dictionary), label))
		i++;
	return i;
}

LabelTable *
label_table_create(void)
{
	LabelTable *table = palloc(sizeof(LabelTable));

	table->count = 0;
	table->capacity = LABELS_AT_FIRST;
	table->labels = palloc(LABELS_AT_FIRST * sizeof(Label));
	table->hash = labelhash_create(CurrentMemoryContext, LABELS_AT_FIRST, NULL);
	return table;
}

/* Appends a label that is not in the table; its bytes are copied. */
static Label
label_table_append(LabelTable *table, Label label)
{
	char *copy = palloc(label.length + 1);

	memcpy(copy, label.bytes, label.length);
	label.bytes = copy;
	if (table->count == table->capacity)
	{
		table->capacity *= 2;
		table->labels = repalloc_huge(table->labels, (Size) table->capacity * sizeof(Label));
	}
	table->labels[table->count++] = label;
	return label;
}

/* Adds a label that is not in the table. */
static uint32
add_new_label(LabelTable *table, LabelKey key, uint32 hash)
{
	uint32 number = table->count;
	bool found;

	/* the copy first: where there is no memory for one, no entry must point to what was given */
	key.label = label_table_append(table, key.label);
	labelhash_insert_hash(table->hash, key, hash, &found)->id = number;
	return number;
}

uint32
label_table_add(LabelTable *table, Label label)
{
	LabelKey key = label_key(label);
	uint32 hash = hash_label_key(key);
	LabelEntry *entry = labelhash_lookup_hash(table->hash, key, hash);

	return likely(entry != NULL) ? entry->id : add_new_label(table, key, hash);
}

bool
label_table_find(const LabelTable *table, Label label, uint32 *number)
{
	LabelEntry *entry = labelhash_lookup(table->hash, label_key(label));

	if (entry != NULL)
		*number = entry->id;
	return entry != NULL;
}

bool *
labels_listed(const Label *labels, uint32 count, const Label *list, uint32 list_count)
{
	LabelTable *table = list_count > SHORT_LIST ? label_table_create() : NULL;
	bool *listed = palloc(count * sizeof(bool));
	uint32 number;
	uint32 i;

	for (i = 0; table != NULL && i < list_count; i++)
		label_table_add(table, list[i]);
	for (i = 0; i < count; i++)
		listed[i] = table != NULL ? label_table_find(table, labels[i], &number)
								  : label_search(list, list_count, labels[i]) < list_count;
	return listed;
}

static int
compare_label_numbers(const void *a, const void *b, void *labels)
{
	return label_compare(((const Label *) labels)[*(const uint32 *) a],
						 ((const Label *) labels)[*(const uint32 *) b]);
}

uint32 *
label_table_sorted(const LabelTable *table)
{
	uint32 *sorted = palloc_extended((table->count + 1) * sizeof(uint32), MCXT_ALLOC_HUGE);
	uint32 i;

	for (i = 0; i < table->count; i++)
		sorted[i] = i;
	qsort_arg(sorted, table->count, sizeof(uint32), compare_label_numbers, table->labels);
	return sorted;
}

void
label_too_long(uint32 length)
{
	Fault fault;

	fault_limit(&fault, "activity label", "bytes", length, LABEL_MAX_BYTES,
				"An activity is the name of a step; keep free text elsewhere.");
	fault_throw_limit(&fault);
}

/* Reads one label of a dictionary: its length, and that it is valid UTF-8. */
static bool
read_dictionary_label(ByteReader *reader, Label *label, Fault *fault)
{
	uint64 at = (uint64) (reader->pos - reader->start);
	uint64 length;

	if (!reader_varint_max(reader, LABEL_MAX_BYTES, &length) || length > reader_left(reader))
		return fault_at(fault, at, "invalid length of a label");
	label->bytes = (const char *) reader->pos;
	label->length = (uint32) length;
	if (pg_encoding_verifymbstr(PG_UTF8, label->bytes, (int) length) != (int) length)
		return fault_at(fault, at, "label is not valid UTF-8");
	reader->pos += length;
	return true;
}

/* Whether all labels differ, where there are many. */
static bool
labels_are_distinct_by_hash(const Label *labels, uint32 count)
{
	labelhash_hash *seen = labelhash_create(CurrentMemoryContext, count, NULL);
	bool found = false;
	uint32 i;

	for (i = 0; i < count && !found; i++)
		labelhash_insert(seen, label_key(labels[i]), &found);
	labelhash_destroy(seen);
	return !found;
}

static bool
labels_are_distinct(const Label *labels, uint32 count)
{
	uint32 i;
	uint32 j;

	if (count > PAIRWISE_MAX)
		return labels_are_distinct_by_hash(labels, count);
	for (i = 1; i < count; i++)
		for (j = 0; j < i; j++)
			if (slice_equal(labels[i], labels[j]))
				return false;
	return true;
}

bool
label_dictionary_check(ByteReader *reader, Label *labels, uint32 count, Fault *fault)
{
	uint64 at = (uint64) (reader->pos - reader->start);
	uint32 i;

	for (i = 0; i < count; i++)
		if (!read_dictionary_label(reader, &labels[i], fault))
			return false;
	if (reader->pos != reader->end)
		return fault_at(fault, at, "dictionary is longer than its labels");
	return labels_are_distinct(labels, count) || fault_at(fault, at, "a label stands twice");
}

/* Characters that mean something in a list of labels. */
static bool
is_special(char c)
{
	return is_white_space(c) || c == '{' || c == '}' || c == ',' || c == '"' || c == '\\';
}

static bool
label_needs_quotes(Label label)
{
	uint32 i;

	for (i = 0; i < label.length; i++)
		if (is_special(label.bytes[i]))
			return true;
	return label.length == 0 || (label.length == 4 && pg_strncasecmp(label.bytes, "null", 4) == 0);
}

void
label_out_quoted(StringInfo out, Label label)
{
	uint32 i;

	appendStringInfoChar(out, '"');
	for (i = 0; i < label.length; i++)
	{
		if (label.bytes[i] == '"' || label.bytes[i] == '\\')
			appendStringInfoChar(out, '\\');
		appendStringInfoChar(out, label.bytes[i]);
	}
	appendStringInfoChar(out, '"');
}

void
label_out(StringInfo out, Label label)
{
	if (label_needs_quotes(label))
		label_out_quoted(out, label);
	else
		appendBinaryStringInfo(out, label.bytes, (int) label.length);
}

void
label_list_out(StringInfo out, const Label *labels, uint32 count)
{
	uint32 i;

	appendStringInfoChar(out, '{');
	for (i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			appendStringInfoChar(out, ',');
		label_out(out, labels[i]);
	}
	appendStringInfoChar(out, '}');
}

bool
label_push(Cursor *cursor, char *label, uint32 *length)
{
	if (*length == LABEL_MAX_BYTES)
		return fault_limit(cursor->fault, "activity label", "or more bytes", LABEL_MAX_BYTES + 1,
						   LABEL_MAX_BYTES, NULL);
	label[(*length)++] = *cursor->pos++;
	return true;
}

bool
label_quoted_in(Cursor *cursor, char quote, char *label, uint32 *length)
{
	while (*cursor->pos != quote)
	{
		cursor_accept(cursor, '\\');
		if (*cursor->pos == '\0')
			return cursor_fault(cursor, "label ends without closing quote");
		if (!label_push(cursor, label, length))
			return false;
	}
	cursor->pos++;
	return true;
}

static bool
label_bare_in(Cursor *cursor, char *label, uint32 *length)
{
	while (*cursor->pos != '\0' && !is_special(*cursor->pos))
		if (!label_push(cursor, label, length))
			return false;
	return *length > 0 || cursor_fault(cursor, "expected a label");
}

/* Reads one label of a list and adds it. */
static bool
label_in(Cursor *cursor, LabelTable *table)
{
	char bytes[LABEL_MAX_BYTES];
	Label label = {bytes, 0};
	bool quoted = cursor_accept(cursor, '"');
	const char *place = cursor->pos;
	uint32 before = table->count;

	if (!(quoted ? label_quoted_in(cursor, '"', bytes, &label.length)
				 : label_bare_in(cursor, bytes, &label.length)))
		return false;
	if (!quoted && label_needs_quotes(label))
	{
		cursor->pos = place;
		return cursor_fault(cursor, "the label null needs quotes");
	}
	if (label_table_add(table, label) == before)
		return true;
	cursor->pos = place;
	return cursor_fault(cursor, "a label stands twice");
}

bool
label_list_in(Cursor *cursor, LabelTable *table)
{
	if (!cursor_expect(cursor, '{'))
		return false;
	do
	{
		CHECK_FOR_INTERRUPTS();
		cursor_skip_space(cursor);
		if (!label_in(cursor, table))
			return false;
		cursor_skip_space(cursor);
	} while (cursor_accept(cursor, ','));
	return cursor_expect(cursor, '}');
}
