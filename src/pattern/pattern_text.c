/*
 * The text form of patterns.
 */
#include "postgres.h"

#include "datatype/timestamp.h"
#include "miscadmin.h"

#include "base/instant.h"
#include "pattern/pattern_tree.h"

/* A literal on its way into a tree. */
typedef struct Parser
{
	Cursor cursor;
	LabelTable *labels;
	int depth; /* of parentheses */
} Parser;

typedef struct TimeUnit
{
	const char *name;
	uint64 microseconds;
} TimeUnit;

/* The larger ones first; those from DAY on are written. */
static const TimeUnit time_units[] = {
	{"week", 7 * (uint64) USECS_PER_DAY}, {"day", (uint64) USECS_PER_DAY},
	{"hour", (uint64) USECS_PER_HOUR},    {"minute", (uint64) USECS_PER_MINUTE},
	{"second", (uint64) USECS_PER_SEC},
};

#define UNIT_DAY 1
#define UNIT_SECOND 4

/* ---- in ---- */

static PatternNode *choice_in(Parser *parser);

/* Letters, digits, "_" and what is beyond ASCII need no quotes, nor does "-" between them. */
static bool
is_bare(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
		   IS_HIGHBIT_SET(c);
}

/*
 * Reads an activity without quotes. A "." right after it is refused: in "Løst
 * m. mail" it is part of a name that lacks its quotes, and not any event.
 */
static bool
bare_activity_in(Cursor *cursor, char *bytes, uint32 *length)
{
	if (!is_bare(*cursor->pos))
		return cursor_fault(cursor, *cursor->pos == '\0' || strchr(")]|", *cursor->pos) != NULL
										? "expected an activity"
										: "expected an activity; special characters need quotes");
	while (is_bare(*cursor->pos) || (*cursor->pos == '-' && is_bare(cursor->pos[1])))
		if (!label_push(cursor, bytes, length))
			return false;
	return *cursor->pos != '.' ||
		   cursor_fault(cursor,
						"a name with \".\" needs quotes; for any event put a blank before it");
}

/* Reads the name of an activity. */
static bool
activity_in(Parser *parser, uint32 *number)
{
	Cursor *cursor = &parser->cursor;
	char bytes[LABEL_MAX_BYTES];
	Label label = {bytes, 0};
	char quote = *cursor->pos;
	bool is_quoted = cursor_accept(cursor, '"') || cursor_accept(cursor, '\'');

	if (!(is_quoted ? label_quoted_in(cursor, quote, bytes, &label.length)
					: bare_activity_in(cursor, bytes, &label.length)))
		return false;
	*number = label_table_add(parser->labels, label);
	return true;
}

/* Reads a set of activities up to its closing bracket. */
static PatternNode *
set_in(Parser *parser)
{
	Cursor *cursor = &parser->cursor;
	uint32 labels[PATTERN_MAX_STEPS + 1];
	uint32 count = 0;
	uint32 *kept;
	PatternKind kind = PATTERN_EVENT;

	cursor_skip_space(cursor);
	if (cursor_accept(cursor, '^'))
		kind = PATTERN_OTHER;
	do
	{
		cursor_skip_space(cursor);
		if (count < lengthof(labels) && !activity_in(parser, &labels[count++]))
			return NULL;
		cursor_skip_space(cursor);
	} while (*cursor->pos != ']' && count < lengthof(labels));
	cursor_accept(cursor, ']');
	kept = palloc(count * sizeof(uint32));
	memcpy(kept, labels, count * sizeof(uint32));
	return pattern_events(kind, kept, count, cursor->fault);
}

/* Reads a number with its unit, as microseconds. */
static bool
duration_part_in(Cursor *cursor, uint64 *microseconds)
{
	const char *first = cursor->pos;
	uint64 number;
	uint64 fraction = 0;
	uint64 scale = USECS_PER_SEC;
	int unit = 0;

	*microseconds = 0;
	if (!cursor_uint(cursor, "a number of a time bound", PATTERN_MAX_BOUND / USECS_PER_SEC,
					 &number))
		return false;
	if (cursor_accept(cursor, '.'))
		for (; cursor_is_digit(cursor) && scale > 1; cursor->pos++)
			fraction += (uint64) (*cursor->pos - '0') * (scale /= 10);
	cursor_skip_space(cursor);
	while (unit < (int) lengthof(time_units) &&
		   strncmp(cursor->pos, time_units[unit].name, strlen(time_units[unit].name)) != 0)
		unit++;
	if (unit == lengthof(time_units))
		return cursor_fault(cursor, "expected weeks, days, hours, minutes or seconds");
	cursor->pos += strlen(time_units[unit].name);
	cursor_accept(cursor, 's');
	if ((unit == UNIT_SECOND || scale == USECS_PER_SEC) &&
		number <= PATTERN_MAX_BOUND / time_units[unit].microseconds)
	{
		*microseconds = number * time_units[unit].microseconds + fraction;
		return true;
	}
	cursor->pos = first;
	return scale < USECS_PER_SEC
			   ? cursor_fault(cursor, "only seconds have a fraction")
			   : cursor_fault(cursor, "a time bound is at most %d days", PATTERN_MAX_BOUND_DAYS);
}

/* Reads numbers with their units, which add up, to the closing brace. */
static bool
duration_in(Cursor *cursor, uint64 *microseconds)
{
	const char *first = cursor->pos;

	*microseconds = 0;
	do
	{
		uint64 part;

		if (!duration_part_in(cursor, &part))
			return false;
		*microseconds += part;
		if (*microseconds > PATTERN_MAX_BOUND)
		{
			cursor->pos = first;
			return cursor_fault(cursor, "a time bound is at most %d days", PATTERN_MAX_BOUND_DAYS);
		}
		cursor_skip_space(cursor);
	} while (cursor_is_digit(cursor));
	return cursor_expect(cursor, '}');
}

/* Tells whether a time bound comes next. */
static bool
at_bound(const Cursor *cursor)
{
	Cursor ahead = *cursor;

	if (!cursor_accept(&ahead, '{'))
		return false;
	cursor_skip_space(&ahead);
	return *ahead.pos == '<' || *ahead.pos == '>';
}

/* Reads the time bound of a group. */
static PatternNode *
bound_in(Parser *parser, PatternNode *group)
{
	Cursor *cursor = &parser->cursor;
	PatternRelation relation;
	uint64 bound;

	if (group->has_bound)
		return cursor_fault(cursor, "a time bound is inside another one"), NULL;
	cursor_accept(cursor, '{');
	cursor_skip_space(cursor);
	relation = cursor_accept(cursor, '<') ? PATTERN_LESS : PATTERN_GREATER;
	if (relation == PATTERN_GREATER)
		cursor_accept(cursor, '>');
	if (cursor_accept(cursor, '='))
		relation++;
	cursor_skip_space(cursor);
	if (!duration_in(cursor, &bound))
		return NULL;
	return pattern_bound(group, relation, bound, cursor->fault);
}

static PatternNode *
misplaced_bound(Cursor *cursor)
{
	return cursor_fault(cursor, "a time bound stands right behind the ) of its group"), NULL;
}

/* Reads what stands in parentheses, and its time bound. */
static PatternNode *
group_in(Parser *parser)
{
	Cursor *cursor = &parser->cursor;
	PatternNode *group;

	if (++parser->depth > PATTERN_MAX_DEPTH)
		return pattern_fault_depth(cursor->fault), NULL;
	group = choice_in(parser);
	parser->depth--;
	if (group == NULL || !cursor_expect(cursor, ')'))
		return NULL;
	cursor_skip_space(cursor);
	return at_bound(cursor) ? bound_in(parser, group) : group;
}

static PatternNode *
atom_in(Parser *parser)
{
	Cursor *cursor = &parser->cursor;
	uint32 *label;

	if (cursor_accept(cursor, '('))
		return group_in(parser);
	if (cursor_accept(cursor, '['))
		return set_in(parser);
	if (cursor_accept(cursor, '.'))
		return pattern_events(PATTERN_OTHER, NULL, 0, cursor->fault);
	if (cursor_accept(cursor, '^'))
		return pattern_mark(PATTERN_BEGIN);
	if (cursor_accept(cursor, '$'))
		return pattern_mark(PATTERN_END);
	if (at_bound(cursor))
		return misplaced_bound(cursor);
	if (*cursor->pos != '\0' && strchr("*+?{", *cursor->pos) != NULL)
		return cursor_fault(cursor, "nothing stands here that could be repeated"), NULL;
	label = palloc(sizeof(uint32));
	return activity_in(parser, label) ? pattern_events(PATTERN_EVENT, label, 1, cursor->fault)
									  : NULL;
}

/* Reads m}, m,} or m,n}. */
static bool
counts_in(Cursor *cursor, uint64 *min, uint64 *max)
{
	const char *first = cursor->pos;

	cursor_skip_space(cursor);
	if (!cursor_uint(cursor, "a number of repetitions", PATTERN_MAX_STEPS, min))
		return false;
	cursor_skip_space(cursor);
	*max = *min;
	if (cursor_accept(cursor, ','))
	{
		cursor_skip_space(cursor);
		*max = 0;
		if (*cursor->pos == '}')
			return cursor_expect(cursor, '}');
		if (!cursor_uint(cursor, "a number of repetitions", PATTERN_MAX_STEPS, max))
			return false;
		cursor_skip_space(cursor);
	}
	if (!cursor_expect(cursor, '}'))
		return false;
	if (*max > 0 && *min <= *max)
		return true;
	cursor->pos = first;
	return cursor_fault(cursor, *max == 0 ? "repeated at most zero times"
										  : "the least number of repetitions is above the most");
}

/* Reads one piece of a sequence, and how often it is repeated. */
static PatternNode *
piece_in(Parser *parser)
{
	Cursor *cursor = &parser->cursor;
	PatternNode *atom = atom_in(parser);
	uint64 min;
	uint64 max;

	if (atom == NULL)
		return NULL;
	cursor_skip_space(cursor);
	if (cursor_accept(cursor, '*'))
		return pattern_repeat(atom, 0, 0, cursor->fault);
	if (cursor_accept(cursor, '+'))
		return pattern_repeat(atom, 1, 0, cursor->fault);
	if (cursor_accept(cursor, '?'))
		return pattern_repeat(atom, 0, 1, cursor->fault);
	if (at_bound(cursor))
		return misplaced_bound(cursor);
	if (!cursor_accept(cursor, '{'))
		return atom;
	if (!counts_in(cursor, &min, &max))
		return NULL;
	return pattern_repeat(atom, (uint32) min, (uint32) max, cursor->fault);
}

/* Takes an arrow, if one comes next, and notes its gap; more says whether a piece must follow. */
static bool
arrow_in(Parser *parser, PatternList *list, bool *more)
{
	Cursor *cursor = &parser->cursor;
	char c = *cursor->pos;

	*more = c != '\0' && c != '|' && c != ')';
	if ((c != '-' && c != '~') || cursor->pos[1] != '>')
		return true;
	cursor->pos += 2;
	cursor_skip_space(cursor);
	return c == '-' ||
		   pattern_list_add(list, pattern_mark(PATTERN_GAP), PATTERN_SEQUENCE, cursor->fault);
}

static PatternNode *
sequence_in(Parser *parser)
{
	Cursor *cursor = &parser->cursor;
	PatternList list = {0};
	bool more = true;

	cursor_skip_space(cursor);
	while (more)
	{
		PatternNode *piece;

		CHECK_FOR_INTERRUPTS();
		piece = piece_in(parser);
		if (piece == NULL || !pattern_list_add(&list, piece, PATTERN_SEQUENCE, cursor->fault))
			return NULL;
		cursor_skip_space(cursor);
		if (!arrow_in(parser, &list, &more))
			return NULL;
	}
	return pattern_join(PATTERN_SEQUENCE, &list, cursor->fault);
}

static PatternNode *
choice_in(Parser *parser)
{
	Cursor *cursor = &parser->cursor;
	PatternList list = {0};

	do
	{
		PatternNode *sequence = sequence_in(parser);

		if (sequence == NULL || !pattern_list_add(&list, sequence, PATTERN_CHOICE, cursor->fault))
			return NULL;
	} while (cursor_accept(cursor, '|'));
	return pattern_join(PATTERN_CHOICE, &list, cursor->fault);
}

PatternTree *
pattern_tree_from_text(const char *literal, Fault *fault)
{
	Parser parser = {{literal, literal, fault}, label_table_create(), 0};
	PatternNode *root = choice_in(&parser);
	PatternTree *tree;

	if (root == NULL)
		return NULL;
	if (*parser.cursor.pos != '\0')
		return cursor_fault(&parser.cursor, "nothing is open that this could close"), NULL;
	tree = palloc(sizeof(PatternTree));
	tree->labels = parser.labels->labels;
	tree->nlabels = parser.labels->count;
	tree->root = root;
	return tree;
}

/* ---- out ---- */

static void node_out(StringInfo out, const PatternTree *tree, const PatternNode *node);

static void
activity_out(StringInfo out, Label label)
{
	uint32 i;

	for (i = 0; i < label.length; i++)
		if (!is_bare(label.bytes[i]) && (label.bytes[i] != '-' || i == 0 || i + 1 == label.length ||
										 !is_bare(label.bytes[i + 1])))
			break;
	if (i < label.length || label.length == 0)
		label_out_quoted(out, label);
	else
		appendBinaryStringInfo(out, label.bytes, (int) label.length);
}

static void
events_out(StringInfo out, const PatternTree *tree, const PatternNode *node)
{
	bool is_set = node->kind == PATTERN_OTHER || node->count > 1;
	uint32 i;

	if (node->count == 0)
	{
		appendStringInfoChar(out, '.');
		return;
	}
	if (is_set)
		appendStringInfoString(out, node->kind == PATTERN_OTHER ? "[^" : "[");
	for (i = 0; i < node->count; i++)
	{
		if (i > 0)
			appendStringInfoChar(out, ' ');
		activity_out(out, tree->labels[node->labels[i]]);
	}
	if (is_set)
		appendStringInfoChar(out, ']');
}

static void
group_out(StringInfo out, const PatternTree *tree, const PatternNode *node)
{
	appendStringInfoChar(out, '(');
	node_out(out, tree, node);
	appendStringInfoChar(out, ')');
}

static void
repeat_out(StringInfo out, const PatternTree *tree, const PatternNode *node)
{
	const PatternNode *part = node->parts[0];

	if (part->kind < PATTERN_GAP || part->kind == PATTERN_BOUND)
		node_out(out, tree, part);
	else
		group_out(out, tree, part);
	if (node->min <= 1 && node->max == 0)
		appendStringInfoChar(out, node->min == 0 ? '*' : '+');
	else if (node->min == 0 && node->max == 1)
		appendStringInfoChar(out, '?');
	else if (node->min == node->max)
		appendStringInfo(out, "{%u}", node->min);
	else if (node->max == 0)
		appendStringInfo(out, "{%u,}", node->min);
	else
		appendStringInfo(out, "{%u,%u}", node->min, node->max);
}

/* Writes a duration in days, hours, minutes and seconds, without those that are zero. */
static void
duration_out(StringInfo out, uint64 microseconds)
{
	const char *blank = "";
	char fraction[8];
	int unit;

	for (unit = UNIT_DAY; unit < UNIT_SECOND; unit++)
	{
		uint64 number = microseconds / time_units[unit].microseconds;

		microseconds %= time_units[unit].microseconds;
		if (number == 0)
			continue;
		appendStringInfo(out, "%s" UINT64_FORMAT " %s%s", blank, number, time_units[unit].name,
						 number == 1 ? "" : "s");
		blank = " ";
	}
	if (microseconds == 0 && *blank != '\0')
		return;
	fraction_out(fraction, (int64) (microseconds % USECS_PER_SEC));
	appendStringInfo(out, "%s" UINT64_FORMAT "%s second%s", blank, microseconds / USECS_PER_SEC,
					 fraction, microseconds == USECS_PER_SEC ? "" : "s");
}

static void
bound_out(StringInfo out, const PatternTree *tree, const PatternNode *node)
{
	static const char *const relations[] = {"", "<", "<=", ">", ">="};

	group_out(out, tree, node->parts[0]);
	appendStringInfo(out, "{%s ", relations[node->relation]);
	duration_out(out, node->bound);
	appendStringInfoChar(out, '}');
}

static void
parts_out(StringInfo out, const PatternTree *tree, const PatternNode *node)
{
	uint32 i;

	for (i = 0; i < node->count; i++)
	{
		if (i > 0)
			appendStringInfoString(out, node->kind == PATTERN_CHOICE ? " | " : " ");
		if (node->parts[i]->kind == PATTERN_CHOICE)
			group_out(out, tree, node->parts[i]);
		else
			node_out(out, tree, node->parts[i]);
	}
}

static void
node_out(StringInfo out, const PatternTree *tree, const PatternNode *node)
{
	switch (node->kind)
	{
		case PATTERN_EVENT:
		case PATTERN_OTHER:
			events_out(out, tree, node);
			break;
		case PATTERN_BEGIN:
			appendStringInfoChar(out, '^');
			break;
		case PATTERN_END:
			appendStringInfoChar(out, '$');
			break;
		case PATTERN_GAP:
			appendStringInfoString(out, "~>");
			break;
		case PATTERN_SEQUENCE:
		case PATTERN_CHOICE:
			parts_out(out, tree, node);
			break;
		case PATTERN_REPEAT:
			repeat_out(out, tree, node);
			break;
		case PATTERN_BOUND:
			bound_out(out, tree, node);
			break;
	}
}

char *
pattern_tree_to_text(const PatternTree *tree)
{
	StringInfoData out;

	initStringInfo(&out);
	node_out(&out, tree, tree->root);
	return out.data;
}
