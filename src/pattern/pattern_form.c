/*
 * The stored form of patterns, and its validator.
 */
#include "postgres.h"

#include "datatype/timestamp.h"

#include "compat.h"

#include "pattern/pattern_tree.h"

/* ---- out ---- */

static void
put_varint(StringInfo out, uint64 value)
{
	uint8 bytes[VARINT_MAX_BYTES];
	uint8 *end = varint_put(bytes, value);

	appendBinaryStringInfo(out, (char *) bytes, (int) (end - bytes));
}

static void
put_labels(StringInfo out, const PatternTree *tree)
{
	uint64 size = 0;
	uint32 i;

	for (i = 0; i < tree->nlabels; i++)
		size += label_dictionary_size(tree->labels[i]);
	put_varint(out, tree->nlabels);
	put_varint(out, size);
	for (i = 0; i < tree->nlabels; i++)
	{
		put_varint(out, tree->labels[i].length);
		appendBinaryStringInfo(out, tree->labels[i].bytes, (int) tree->labels[i].length);
	}
}

static void
put_node(StringInfo out, const PatternNode *node)
{
	uint32 i;

	appendStringInfoChar(out, (char) node->kind);
	if (node->kind == PATTERN_REPEAT)
	{
		put_varint(out, node->min);
		put_varint(out, node->max);
	}
	else if (node->kind == PATTERN_BOUND)
	{
		appendStringInfoChar(out, (char) node->relation);
		put_varint(out, node->bound);
	}
	else if (node->kind <= PATTERN_OTHER || node->kind >= PATTERN_SEQUENCE)
		put_varint(out, node->count);
	for (i = 0; i < node->count; i++)
		if (node->parts == NULL)
			put_varint(out, node->labels[i]);
		else
			put_node(out, node->parts[i]);
}

struct varlena *
pattern_tree_store(const PatternTree *tree)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	appendStringInfoChar(&out, PATTERN_VERSION);
	put_labels(&out, tree);
	put_node(&out, tree->root);
	SET_VARSIZE(out.data, out.len);
	return (struct varlena *) out.data;
}

/* ---- in ---- */

/* Bytes on their way into a tree. */
typedef struct TreeReader
{
	ByteReader bytes;
	Fault *fault;
	uint32 nlabels;
	uint32 seen; /* labels that have appeared */
	int depth;
} TreeReader;

static PatternNode *read_node(TreeReader *reader);

/* Notes a fault at the reader; returns false. */
static bool
bad(TreeReader *reader, const char *what)
{
	return fault_at(reader->fault, (uint64) (reader->bytes.pos - reader->bytes.start), "%s", what);
}

static bool
read_varint(TreeReader *reader, uint64 limit, const char *what, uint64 *value)
{
	return reader_varint_max(&reader->bytes, limit, value) || bad(reader, what);
}

static bool
read_byte(TreeReader *reader, uint8 *value)
{
	*value = 0;
	if (reader->bytes.pos == reader->bytes.end)
		return bad(reader, "value is cut off");
	*value = *reader->bytes.pos++;
	return true;
}

/* Reads the labels of a node: ascending, new ones in order of first appearance. */
static PatternNode *
read_events(TreeReader *reader, PatternKind kind)
{
	uint64 count;
	uint64 label = 0;
	uint32 *labels;
	uint32 i;

	if (!read_varint(reader, PATTERN_MAX_STEPS, "invalid number of labels", &count))
		return NULL;
	if (count == 0 && kind == PATTERN_EVENT)
		return bad(reader, "an event without labels"), NULL;
	labels = palloc((count + 1) * sizeof(uint32));
	for (i = 0; i < count; i++)
	{
		uint64 before = label;

		if (!read_varint(reader, reader->seen, "invalid label", &label))
			return NULL;
		if (label >= reader->nlabels || (i > 0 && label <= before))
			return bad(reader, "labels are not in order"), NULL;
		reader->seen += label == reader->seen;
		labels[i] = (uint32) label;
	}
	return pattern_events(kind, labels, (uint32) count, reader->fault);
}

/* A gap stands between two others; no part is of the kind of the whole. */
static bool
check_part(TreeReader *reader, PatternKind kind, const PatternList *list, const PatternNode *part,
		   bool is_last)
{
	if (part->kind == kind)
		return bad(reader, "a part is of the kind of the whole");
	if (part->kind != PATTERN_GAP)
		return true;
	return (kind == PATTERN_SEQUENCE && list->count > 0 && !is_last &&
			list->nodes[list->count - 1]->kind != PATTERN_GAP) ||
		   bad(reader, "a gap is not between two parts");
}

static PatternNode *
read_parts(TreeReader *reader, PatternKind kind)
{
	PatternList list = {0};
	uint64 count;
	uint64 i;

	if (!read_varint(reader, PATTERN_MAX_STEPS, "invalid number of parts", &count))
		return NULL;
	if (count < 2)
		return bad(reader, "invalid number of parts"), NULL;
	for (i = 0; i < count; i++)
	{
		PatternNode *part = read_node(reader);

		if (part == NULL || !check_part(reader, kind, &list, part, i == count - 1) ||
			!pattern_list_add(&list, part, kind, reader->fault))
			return NULL;
	}
	return pattern_join(kind, &list, reader->fault);
}

/* Reads the only part of a node. */
static PatternNode *
read_part(TreeReader *reader)
{
	PatternNode *part = read_node(reader);

	if (part != NULL && part->kind == PATTERN_GAP)
		return bad(reader, "a gap is not between two parts"), NULL;
	return part;
}

static PatternNode *
read_repeat(TreeReader *reader)
{
	uint64 min;
	uint64 max;
	PatternNode *part;

	if (!read_varint(reader, PATTERN_MAX_STEPS, "invalid repetition", &min) ||
		!read_varint(reader, PATTERN_MAX_STEPS, "invalid repetition", &max))
		return NULL;
	if ((max > 0 && min > max) || (min == 1 && max == 1))
		return bad(reader, "invalid repetition"), NULL;
	part = read_part(reader);
	return part == NULL ? NULL : pattern_repeat(part, (uint32) min, (uint32) max, reader->fault);
}

static PatternNode *
read_bound(TreeReader *reader)
{
	uint8 relation;
	uint64 bound;
	PatternNode *part;

	if (!read_byte(reader, &relation) ||
		!read_varint(reader, PATTERN_MAX_BOUND, "invalid time bound", &bound))
		return NULL;
	if (relation < PATTERN_LESS || relation > PATTERN_GREATER_EQUAL)
		return bad(reader, "invalid relation of a time bound"), NULL;
	part = read_part(reader);
	if (part != NULL && part->has_bound)
		return bad(reader, "a time bound is inside another one"), NULL;
	return part == NULL ? NULL : pattern_bound(part, relation, bound, reader->fault);
}

static PatternNode *
read_kind(TreeReader *reader, uint8 kind)
{
	switch (kind)
	{
		case PATTERN_EVENT:
		case PATTERN_OTHER:
			return read_events(reader, kind);
		case PATTERN_BEGIN:
		case PATTERN_END:
		case PATTERN_GAP:
			return pattern_mark(kind);
		case PATTERN_SEQUENCE:
		case PATTERN_CHOICE:
			return read_parts(reader, kind);
		case PATTERN_REPEAT:
			return read_repeat(reader);
		case PATTERN_BOUND:
			return read_bound(reader);
	}
	return bad(reader, "invalid kind of node"), NULL;
}

/* Reads a node with its parts. */
static PatternNode *
read_node(TreeReader *reader)
{
	PatternNode *node;
	uint8 kind;

	if (!read_byte(reader, &kind))
		return NULL;
	if (reader->depth++ > PATTERN_MAX_DEPTH)
		return pattern_fault_depth(reader->fault), NULL;
	node = read_kind(reader, kind);
	reader->depth--;
	return node;
}

/* Reads the labels. */
static bool
read_labels(TreeReader *reader, PatternTree *tree)
{
	uint64 nlabels;
	uint64 size;
	Label *labels;
	ByteReader dictionary = reader->bytes;

	if (!read_varint(reader, PATTERN_MAX_STEPS, "invalid number of labels", &nlabels) ||
		!read_varint(reader, reader_left(&reader->bytes), "invalid size of the dictionary", &size))
		return false;
	if (size > reader_left(&reader->bytes))
		return bad(reader, "value is cut off");
	dictionary.pos = reader->bytes.pos;
	dictionary.end = reader->bytes.pos += size;
	labels = palloc((nlabels + 1) * sizeof(Label));
	tree->labels = labels;
	tree->nlabels = reader->nlabels = (uint32) nlabels;
	return label_dictionary_check(&dictionary, labels, (uint32) nlabels, reader->fault);
}

PatternTree *
pattern_tree_read(const uint8 *data, size_t size, Fault *fault)
{
	TreeReader reader = {{data, data, data + size}, fault, 0, 0, 0};
	PatternTree *tree = palloc0(sizeof(PatternTree));
	uint8 version;

	if (!read_byte(&reader, &version))
		return NULL;
	if (version != PATTERN_VERSION)
		return fault_at(fault, 0, "format version %d is not known", version), NULL;
	if (!read_labels(&reader, tree))
		return NULL;
	tree->root = read_part(&reader);
	if (tree->root == NULL)
		return NULL;
	if (reader.bytes.pos != reader.bytes.end)
		return bad(&reader, "value is longer than its pattern"), NULL;
	if (reader.seen != reader.nlabels)
		return bad(&reader, "a label does not appear"), NULL;
	return tree;
}
