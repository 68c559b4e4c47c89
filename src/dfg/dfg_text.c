/*
 * The text form of graphs. It says what the stored form says, in the same
 * order, so that each is written while the other is read:
 *
 *   2 {Løst,Ny} 1(2,2,1,0,2) 2(2,2,1,2,0) 2-1(2,2,1:60000000+3540000000)
 *
 * cases, labels; of each activity its number (frequency, case_frequency,
 * max_per_case, starts, ends); of each edge source-target (frequency,
 * case_frequency, max_per_case: the durations in microseconds, ascending, each
 * but the first as what it is longer than the one before). Where there are
 * more than DURATIONS_EXACT: total, sum of squares, min, max, and ~ bucket *
 * count for each bucket. Before all of it, where durations are in business
 * time, the calendar between quotes.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "compat.h"

#include "base/instant.h"
#include "dfg/dfg.h"

/* ---- out: the stored form is valid, so what is read is there ---- */

static uint64
next_uint(ByteReader *reader)
{
	uint64 value = 0;

	(void) reader_varint(reader, &value);
	return value;
}

/* Puts an integer out, and what comes after it. */
static uint64
uint_out(StringInfo out, ByteReader *reader, const char *behind)
{
	uint64 value = next_uint(reader);

	appendStringInfo(out, UINT64_FORMAT "%s", value, behind);
	return value;
}

static void
wide_to_text(StringInfo out, ByteReader *reader, int limbs)
{
	char digits[WIDE_MAX_DIGITS + 1];
	Wide wide;

	(void) wide_varint_read(reader, limbs, &wide);
	wide_out(digits, &wide);
	appendStringInfo(out, "%s,", digits);
}

static void
labels_out(StringInfo out, ByteReader *reader, uint32 count)
{
	Label *labels = palloc_extended(count * sizeof(Label), MCXT_ALLOC_HUGE);
	uint32 i;

	for (i = 0; i < count; i++)
		labels[i] = label_dictionary_next(reader);
	label_list_out(out, labels, count);
	pfree(labels);
}

static void
activity_out(StringInfo out, ByteReader *reader, uint32 number)
{
	appendStringInfo(out, " %u(", number);
	uint_out(out, reader, ",");
	uint_out(out, reader, ",");
	uint_out(out, reader, ",");
	uint_out(out, reader, ",");
	uint_out(out, reader, ")");
}

static void
sketch_out(StringInfo out, ByteReader *reader)
{
	uint64 bucket = 0;
	uint64 buckets;

	wide_to_text(out, reader, 2);
	wide_to_text(out, reader, 3);
	uint_out(out, reader, ",");
	uint_out(out, reader, "");
	for (buckets = next_uint(reader); buckets > 0; buckets--)
	{
		bucket += next_uint(reader);
		appendStringInfo(out, "~" UINT64_FORMAT "*", bucket);
		uint_out(out, reader, "");
	}
}

static void
edge_out(StringInfo out, ByteReader *reader)
{
	uint64 source = next_uint(reader) + 1;
	uint64 target = next_uint(reader) + 1;
	uint64 frequency;
	uint64 i;

	appendStringInfo(out, " " UINT64_FORMAT "-" UINT64_FORMAT "(", source, target);
	frequency = uint_out(out, reader, ",");
	uint_out(out, reader, ",");
	uint_out(out, reader, ":");
	if (frequency > DURATIONS_EXACT)
		sketch_out(out, reader);
	else
		for (i = 0; i < frequency; i++)
			uint_out(out, reader, i + 1 < frequency ? "+" : "");
	appendStringInfoChar(out, ')');
}

/* The calendar comes first, between quotes. */
static void
calendar_out(StringInfo out, ByteReader *reader)
{
	label_out_quoted(out, label_dictionary_next(reader));
	appendStringInfoChar(out, ' ');
}

char *
dfg_to_text(const uint8 *data, size_t size)
{
	ByteReader reader = {data, data + 2, data + size};
	StringInfoData out;
	uint32 activities;
	uint64 cases;
	uint64 edges;
	uint32 i;

	initStringInfo(&out);
	cases = next_uint(&reader);
	if (data[1] & DFG_FLAG_CALENDAR)
		calendar_out(&out, &reader);
	appendStringInfo(&out, UINT64_FORMAT " ", cases);
	activities = (uint32) next_uint(&reader);
	labels_out(&out, &reader, activities);
	for (i = 0; i < activities; i++)
		activity_out(&out, &reader, i + 1);
	for (edges = next_uint(&reader); edges > 0; edges--)
	{
		CHECK_FOR_INTERRUPTS();
		edge_out(&out, &reader);
	}
	return out.data;
}

/* ---- in: only the form is looked at; what it says is for dfg_load() ---- */

/* Where an element of the literal has gone, so that a fault can name its place. */
typedef struct Mark
{
	size_t stored;
	size_t literal;
} Mark;

typedef struct DfgParser
{
	Cursor cursor;
	StringInfoData stored;
	Mark *marks;
	Size nmarks;
	Size mark_capacity;
} DfgParser;

static void
mark_element(DfgParser *parser)
{
	Mark mark = {(size_t) parser->stored.len, (size_t) (parser->cursor.pos - parser->cursor.start)};

	CHECK_FOR_INTERRUPTS();
	if (parser->nmarks == parser->mark_capacity)
	{
		parser->mark_capacity *= 2;
		parser->marks = repalloc_huge(parser->marks, parser->mark_capacity * sizeof(Mark));
	}
	parser->marks[parser->nmarks++] = mark;
}

static void
store_varint(DfgParser *parser, uint64 value)
{
	StringInfo stored = &parser->stored;

	enlargeStringInfo(stored, VARINT_MAX_BYTES);
	stored->len =
		(int) (varint_put((uint8 *) stored->data + stored->len, value) - (uint8 *) stored->data);
}

/* Takes an integer over. */
static bool
uint_in(DfgParser *parser, const char *what, uint64 *value)
{
	if (!cursor_uint(&parser->cursor, what, PG_UINT64_MAX, value))
		return false;
	store_varint(parser, *value);
	return true;
}

static bool
wide_from_text(DfgParser *parser, const char *what, int limbs)
{
	StringInfo stored = &parser->stored;
	Wide wide;

	if (!wide_in(&parser->cursor, what, limbs, &wide))
		return false;
	enlargeStringInfo(stored, 256 / 7 + 1);
	stored->len = (int) (wide_varint_put((uint8 *) stored->data + stored->len, &wide) -
						 (uint8 *) stored->data);
	return cursor_expect(&parser->cursor, ',');
}

static bool
labels_in(DfgParser *parser, uint32 *count)
{
	LabelTable *labels = label_table_create();
	uint32 i;

	mark_element(parser);
	if (!label_list_in(&parser->cursor, labels))
		return false;
	*count = labels->count;
	store_varint(parser, labels->count);
	for (i = 0; i < labels->count; i++)
	{
		store_varint(parser, labels->labels[i].length);
		appendBinaryStringInfo(&parser->stored, labels->labels[i].bytes,
							   (int) labels->labels[i].length);
	}
	return true;
}

/* Takes over integers with commas between them, up to a closing character. */
static bool
counters_in(DfgParser *parser, int n, char closing, uint64 *first)
{
	uint64 value;
	int i;

	*first = 0;
	for (i = 0; i < n; i++)
	{
		if ((i > 0 && !cursor_expect(&parser->cursor, ',')) ||
			!uint_in(parser, "a counter", &value))
			return false;
		if (i == 0)
			*first = value;
	}
	return cursor_expect(&parser->cursor, closing);
}

static bool
activity_in(DfgParser *parser, uint32 expected)
{
	uint64 number;
	uint64 frequency;

	cursor_skip_space(&parser->cursor);
	mark_element(parser);
	if (!cursor_uint(&parser->cursor, "the number of an activity", PG_UINT64_MAX, &number))
		return false;
	if (number != expected)
		return cursor_fault(&parser->cursor, "expected activity %u", expected);
	return cursor_expect(&parser->cursor, '(') && counters_in(parser, 5, ')', &frequency);
}

static bool
values_in(DfgParser *parser, uint64 count)
{
	uint64 value;
	uint64 i;

	for (i = 0; i < count; i++)
		if ((i > 0 && !cursor_expect(&parser->cursor, '+')) ||
			!uint_in(parser, "a duration", &value))
			return false;
	return true;
}

/* Takes one bucket over, which is stored as its distance from the one before. */
static bool
bucket_in(DfgParser *parser, uint64 *before, bool is_first)
{
	uint64 bucket;
	uint64 count;

	if (!cursor_uint(&parser->cursor, "a bucket", SKETCH_BUCKETS - 1, &bucket))
		return false;
	if (!is_first && bucket <= *before)
		return cursor_fault(&parser->cursor, "buckets are not in ascending order");
	store_varint(parser, bucket - *before);
	*before = bucket;
	return cursor_expect(&parser->cursor, '*') && uint_in(parser, "a count", &count);
}

/* Takes the buckets over, and puts their number before them. */
static bool
buckets_in(DfgParser *parser)
{
	const char *pos;
	uint64 buckets = 0;
	uint64 before = 0;
	uint64 i;

	for (pos = parser->cursor.pos; *pos != ')' && *pos != '\0'; pos++)
		buckets += *pos == '~';
	store_varint(parser, buckets);
	for (i = 0; i < buckets; i++)
		if (!cursor_expect(&parser->cursor, '~') || !bucket_in(parser, &before, i == 0))
			return false;
	return true;
}

static bool
sketch_in(DfgParser *parser)
{
	uint64 value;

	return wide_from_text(parser, "a total", 2) && wide_from_text(parser, "a sum of squares", 3) &&
		   uint_in(parser, "a duration", &value) && cursor_expect(&parser->cursor, ',') &&
		   uint_in(parser, "a duration", &value) && buckets_in(parser);
}

/* Takes over the number of an activity, which is stored from 0. */
static bool
number_in(DfgParser *parser, char behind)
{
	uint64 number;

	if (!cursor_uint(&parser->cursor, "the number of an activity", PG_UINT64_MAX, &number))
		return false;
	if (number == 0)
		return cursor_fault(&parser->cursor, "activities are numbered from 1");
	store_varint(parser, number - 1);
	return cursor_expect(&parser->cursor, behind);
}

static bool
edge_in(DfgParser *parser)
{
	uint64 frequency = 0;

	mark_element(parser);
	if (!number_in(parser, '-') || !number_in(parser, '(') ||
		!counters_in(parser, 3, ':', &frequency))
		return false;
	return (frequency > DURATIONS_EXACT ? sketch_in(parser) : values_in(parser, frequency)) &&
		   cursor_expect(&parser->cursor, ')');
}

/* Takes the edges over, and puts their number before them. */
static bool
edges_in(DfgParser *parser)
{
	Cursor count_ahead;
	uint64 edges = 0;

	cursor_skip_space(&parser->cursor);
	for (count_ahead = parser->cursor; *count_ahead.pos != '\0'; count_ahead.pos++)
		edges += *count_ahead.pos == '(';
	mark_element(parser);
	store_varint(parser, edges);
	while (*parser->cursor.pos != '\0')
	{
		if (!edge_in(parser))
			return false;
		cursor_skip_space(&parser->cursor);
	}
	mark_element(parser);
	return true;
}

/* Reads a calendar between quotes. */
static bool
calendar_in(DfgParser *parser, StringInfo calendar)
{
	Cursor *cursor = &parser->cursor;

	if (!cursor_accept(cursor, '"'))
		return true;
	while (!cursor_accept(cursor, '"'))
	{
		cursor_accept(cursor, '\\');
		if (*cursor->pos == '\0')
			return cursor_fault(cursor, "calendar ends without closing quote");
		appendStringInfoChar(calendar, *cursor->pos++);
	}
	cursor_skip_space(cursor);
	return calendar->len > 0 || cursor_fault(cursor, "expected a calendar");
}

/* Reads the calendar and the number of cases, which are stored the other way round. */
static bool
head_in(DfgParser *parser)
{
	StringInfoData calendar;
	uint64 cases;

	cursor_skip_space(&parser->cursor);
	mark_element(parser);
	initStringInfo(&calendar);
	if (!calendar_in(parser, &calendar) || !uint_in(parser, "the number of cases", &cases))
		return false;
	if (calendar.len == 0)
		return true;
	parser->stored.data[VARHDRSZ + 1] = DFG_FLAG_CALENDAR;
	store_varint(parser, (uint64) calendar.len);
	appendBinaryStringInfo(&parser->stored, calendar.data, calendar.len);
	return true;
}

static bool
dfg_in_stored(DfgParser *parser)
{
	uint32 activities = 0;
	uint32 i;

	if (!head_in(parser))
		return false;
	cursor_skip_space(&parser->cursor);
	if (!labels_in(parser, &activities))
		return false;
	for (i = 0; i < activities; i++)
		if (!activity_in(parser, i + 1))
			return false;
	return edges_in(parser);
}

/* Moves a fault of the stored form to the element of the literal it came from. */
static void
move_fault(const DfgParser *parser, Fault *fault)
{
	Size i = parser->nmarks;

	while (i > 1 && parser->marks[i - 1].stored > fault->at + VARHDRSZ)
		i--;
	fault->at = parser->marks[i - 1].literal;
}

struct varlena *
dfg_from_text(const char *literal, Fault *fault)
{
	DfgParser parser = {{literal, literal, fault}};
	StringInfo stored = &parser.stored;

	parser.mark_capacity = 16;
	parser.marks = palloc(parser.mark_capacity * sizeof(Mark));
	initStringInfo(stored);
	appendStringInfoSpaces(stored, VARHDRSZ);
	appendStringInfoChar(stored, DFG_VERSION);
	appendStringInfoChar(stored, 0);
	if (!dfg_in_stored(&parser))
		return NULL;
	if (dfg_load((const uint8 *) stored->data + VARHDRSZ, (size_t) (stored->len - VARHDRSZ),
				 fault) == NULL)
	{
		move_fault(&parser, fault);
		return NULL;
	}
	SET_VARSIZE(stored->data, stored->len);
	return (struct varlena *) stored->data;
}
