/*
 * Chains of filters, from jsonb.
 *
 * Tables of keys say what may stand where: each key has a function that
 * reads its value into a member of what is being made.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "compat.h"

#include "base/instant.h"
#include "base/json.h"
#include "filter/chain.h"
#include "filter/iso_duration.h"

/* step, condition, edge, bound */
#define PATH_DEPTH 4

/* How much of a bad key or value an error message repeats, in bytes. */
#define SHOWN_BYTES 64

typedef struct ChainReader
{
	Chain *chain;
	int step_no;
	Slice path[PATH_DEPTH]; /* the keys on the way to what is being read */
	int depth;
} ChainReader;

/* A key of an object, and what reads its value. */
typedef struct Key
{
	const char *name;
	int kind; /* of the step or condition that it makes */
	void (*read)(ChainReader *reader, const JsonbValue *value, void *target);
	size_t offset; /* of the member in what is being made */
} Key;

typedef struct KeyTable
{
	const Key *keys;
	int count;
	const char *what; /* that a key is */
} KeyTable;

#define KEY_TABLE(keys, what) \
	{ \
		keys, lengthof(keys), what \
	}

/* The part of a text that a message shows, at the front. */
static char *
shown(Slice text)
{
	if (text.length <= SHOWN_BYTES)
		return pnstrdup(text.bytes, text.length);
	return psprintf("%.*s...", pg_mbcliplen(text.bytes, (int) text.length, SHOWN_BYTES),
					text.bytes);
}

/* The way to what is being read: keep_cases.edge.over. */
static char *
path_text(const ChainReader *reader)
{
	StringInfoData path;
	int i;

	initStringInfo(&path);
	for (i = 0; i < reader->depth; i++)
		appendStringInfo(&path, "%s%s", i > 0 ? "." : ", ", shown(reader->path[i]));
	return path.data;
}

pg_noreturn static void
bad_step(const ChainReader *reader, const char *problem, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("filter step %d%s: %s", reader->step_no, path_text(reader), problem),
					hint != NULL ? errhint("%s", hint) : 0));
	pg_unreachable();
}

static char *
key_names(const KeyTable *table)
{
	StringInfoData names;
	int i;

	initStringInfo(&names);
	for (i = 0; i < table->count; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", table->keys[i].name);
	return psprintf("%s is one of %s.", table->what, names.data);
}

static const Key *
find_key(const ChainReader *reader, const KeyTable *table, Slice name)
{
	int i;

	for (i = 0; i < table->count; i++)
		if (slice_equal(slice_of_string(table->keys[i].name), name))
			return &table->keys[i];
	bad_step(reader, psprintf("there is no key \"%s\"", shown(name)), key_names(table));
}

/* Steps through an object; throws where the value is not an object, or an empty one. */
static JsonbIterator *
open_object(const ChainReader *reader, const JsonbValue *value)
{
	if (!json_is_object(value))
		bad_step(reader, "must be a JSON object", NULL);
	if (JsonContainerSize(value->val.binary.data) == 0)
		bad_step(reader, "must not be empty", NULL);
	return json_open(value->val.binary.data);
}

/* Reads a value, whose errors then name its key, too. */
static void
read_member(ChainReader *reader, const Key *key, Slice name, const JsonbValue *value, void *base)
{
	Assert(reader->depth < PATH_DEPTH);
	reader->path[reader->depth++] = name;
	key->read(reader, value, (char *) base + key->offset);
	reader->depth--;
}

/* Reads the members of an object into those of base. */
static void
read_members(ChainReader *reader, const JsonbValue *value, const KeyTable *table, void *base)
{
	JsonbIterator *iterator = open_object(reader, value);
	JsonbValue member;
	Slice name;

	while (json_next_member(&iterator, &name, &member))
		read_member(reader, find_key(reader, table, name), name, &member, base);
}

static char *
read_string(const ChainReader *reader, const JsonbValue *value, const char *what)
{
	if (value->type != jbvString)
		bad_step(reader, psprintf("must be %s", what), NULL);
	return pnstrdup(value->val.string.val, value->val.string.len);
}

static void
read_pattern(ChainReader *reader, const JsonbValue *value, void *target)
{
	Fault fault;
	char *literal = read_string(reader, value, "a pattern, a JSON string");
	Pattern *pattern = pattern_parse(literal, &fault);

	if (pattern == NULL)
		bad_step(reader,
				 psprintf("not a pattern: %s, at byte " UINT64_FORMAT, fault.text, fault.at + 1),
				 fault.hint);
	*(Pattern **) target = pattern;
}

static void
read_activity(ChainReader *reader, const JsonbValue *value, void *target)
{
	if (value->type != jbvString)
		bad_step(reader, "must be an activity, a JSON string", NULL);
	*(uint32 *) target = label_table_add(reader->chain->labels, slice_of_json(value));
}

static void
read_activities(ChainReader *reader, const JsonbValue *value, void *target)
{
	ActivityList *list = target;
	JsonbIterator *iterator;
	JsonbValue element;

	if (!json_is_array(value))
		bad_step(reader, "must be an array of activities", NULL);
	iterator = json_open(value->val.binary.data);
	while (json_next_element(&iterator, &element))
	{
		uint32 number;

		if (element.type != jbvString)
			bad_step(reader, "must be an array of activities, which are JSON strings", NULL);
		number = label_table_add(reader->chain->labels, slice_of_json(&element));
		list->members = bms_add_member(list->members, (int) number);
	}
	list->is_given = true;
}

static void
read_which(ChainReader *reader, const JsonbValue *value, void *target)
{
	char *which = read_string(reader, value, "\"first\" or \"last\"");

	if (strcmp(which, "first") != 0 && strcmp(which, "last") != 0)
		bad_step(reader, "must be \"first\" or \"last\"", NULL);
	*(Which *) target = strcmp(which, "last") == 0 ? WHICH_LAST : WHICH_FIRST;
}

/* Throws where a literal has not been understood to its end. */
static void
require_end(const ChainReader *reader, Cursor *cursor, bool valid, const char *what)
{
	Slice literal = slice_of_string(cursor->start);

	if (valid && *cursor->pos != '\0')
		(void) cursor_fault(cursor, "unexpected characters behind it");
	else if (valid)
		return;
	bad_step(reader, psprintf("\"%s\" is not %s: %s", shown(literal), what, cursor->fault->text),
			 NULL);
}

static void
read_time(ChainReader *reader, const JsonbValue *value, void *target)
{
	Fault fault;
	char *literal = read_string(reader, value, "a time such as \"2023-01-01T00:00:00Z\"");
	Cursor cursor = {literal, literal, &fault};

	require_end(reader, &cursor, instant_in(&cursor, target),
				"a time such as 2023-01-01T00:00:00Z");
}

/* Whether the key that is being read ends like this. */
static bool
key_ends_with(const ChainReader *reader, const char *end)
{
	Slice key = reader->path[reader->depth - 1];
	size_t length = strlen(end);

	return key.length >= length && memcmp(key.bytes + key.length - length, end, length) == 0;
}

/* Narrows bounds down by a number, and by what the key says of it. */
static void
narrow(const ChainReader *reader, Bounds *bounds, uint64 number)
{
	if (key_ends_with(reader, "at_least"))
		bounds->least = Max(bounds->least, number);
	else if (key_ends_with(reader, "over"))
		bounds->least = Max(bounds->least, number + 1);
	else if (key_ends_with(reader, "at_most"))
		bounds->most = Min(bounds->most, number);
	else if (number > 0)
		bounds->most = Min(bounds->most, number - 1);
	else
		bounds->least = PG_UINT64_MAX; /* nothing is under 0 */
}

static void
read_duration_bound(ChainReader *reader, const JsonbValue *value, void *target)
{
	Fault fault;
	char *literal = read_string(reader, value, "a duration such as \"P2D\" or \"PT4H\"");
	Cursor cursor = {literal, literal, &fault};
	uint64 microseconds;

	require_end(reader, &cursor, iso_duration_in(&cursor, &microseconds),
				"a duration such as P2D or PT4H");
	narrow(reader, target, microseconds);
}

static void
read_length_bound(ChainReader *reader, const JsonbValue *value, void *target)
{
	Fault fault;
	Cursor cursor = {"", "", &fault};
	uint64 number;

	if (value->type == jbvNumeric)
		cursor.start = cursor.pos =
			DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
	if (!cursor_uint(&cursor, "a number", PG_INT32_MAX, &number) || *cursor.pos != '\0')
		bad_step(reader, "must be a number of events: an integer from 0 to 2147483647", NULL);
	narrow(reader, target, number);
}

static void
read_period(ChainReader *reader, const JsonbValue *value, void *target)
{
	static const Key keys[] = {{"from_at", 0, read_time, offsetof(Period, from_at)},
							   {"to_at", 0, read_time, offsetof(Period, to_at)}};
	static const KeyTable table = KEY_TABLE(keys, "A bound of a period");
	Period *period = target;

	read_members(reader, value, &table, period);
	if (period->from_at > period->to_at)
		bad_step(reader, "from_at must not be later than to_at", NULL);
}

static void
read_crop(ChainReader *reader, const JsonbValue *value, void *target)
{
	static const Key keys[] = {{"from", 0, read_activities, offsetof(ChainStep, activities)},
							   {"to", 0, read_activities, offsetof(ChainStep, to_activities)},
							   {"from_which", 0, read_which, offsetof(ChainStep, from_which)},
							   {"to_which", 0, read_which, offsetof(ChainStep, to_which)}};
	static const KeyTable table = KEY_TABLE(keys, "A part of a crop");
	ChainStep *step = target;

	step->to_which = WHICH_LAST;
	read_members(reader, value, &table, step);
	if (!step->activities.is_given && !step->to_activities.is_given)
		bad_step(reader, "must have from, to, or both", NULL);
}

static void
read_crop_match(ChainReader *reader, const JsonbValue *value, void *target)
{
	static const Key keys[] = {{"pattern", 0, read_pattern, offsetof(ChainStep, pattern)},
							   {"which", 0, read_which, offsetof(ChainStep, from_which)}};
	static const KeyTable table = KEY_TABLE(keys, "A part of a crop");
	ChainStep *step = target;

	read_members(reader, value, &table, step);
	if (step->pattern == NULL)
		bad_step(reader, "must have pattern", NULL);
}

static void
read_edge(ChainReader *reader, const JsonbValue *value, void *target)
{
	static const Key keys[] = {{"source", 0, read_activity, offsetof(Condition, source)},
							   {"target", 0, read_activity, offsetof(Condition, target)},
							   {"over", 0, read_duration_bound, offsetof(Condition, bounds)},
							   {"under", 0, read_duration_bound, offsetof(Condition, bounds)},
							   {"at_least", 0, read_duration_bound, offsetof(Condition, bounds)},
							   {"at_most", 0, read_duration_bound, offsetof(Condition, bounds)}};
	static const KeyTable table = KEY_TABLE(keys, "A part of an edge");
	Condition *condition = target;

	condition->source = condition->target = PG_UINT32_MAX;
	read_members(reader, value, &table, condition);
	if (condition->source == PG_UINT32_MAX || condition->target == PG_UINT32_MAX)
		bad_step(reader, "must have source and target", NULL);
}

/* Throws where a value is not an array of strings, numbers, booleans and nulls. */
static void
require_scalars(const ChainReader *reader, const JsonbValue *value)
{
	JsonbIterator *iterator;
	JsonbValue element;

	if (!json_is_array(value))
		bad_step(reader, "must be an array of values", NULL);
	iterator = json_open(value->val.binary.data);
	while (json_next_element(&iterator, &element))
		if (element.type == jbvBinary)
			bad_step(reader, "must be an array of strings, numbers, booleans or nulls", NULL);
}

/* Remembers that the chain asks for an attribute. */
static void
ask_for_attribute(Chain *chain, Slice name)
{
	Size size = (chain->nattributes + 1) * sizeof(Slice);

	chain->attributes = chain->attributes ? repalloc(chain->attributes, size) : palloc(size);
	chain->attributes[chain->nattributes++] = name;
}

static void
read_attributes(ChainReader *reader, const JsonbValue *value, void *target)
{
	JsonbIterator *iterator = open_object(reader, value);
	Condition *condition = target;
	JsonbValue values;
	Slice name;

	condition->attributes =
		palloc(JsonContainerSize(value->val.binary.data) * sizeof(AttributeValues));
	while (json_next_member(&iterator, &name, &values))
	{
		AttributeValues *attribute = &condition->attributes[condition->nattributes++];

		reader->path[reader->depth++] = name;
		require_scalars(reader, &values);
		reader->depth--;
		attribute->name = name;
		attribute->values = values.val.binary.data;
		ask_for_attribute(reader->chain, name);
	}
}

#define ACTIVITIES(name, kind) \
	{ \
		name, kind, read_activities, offsetof(Condition, activities) \
	}
#define BOUND(name, kind, read) \
	{ \
		name, kind, read, offsetof(Condition, bounds) \
	}
#define PERIOD(name, kind) \
	{ \
		name, kind, read_period, offsetof(Condition, period) \
	}

static const Key condition_keys[] = {
	{"matches", CONDITION_MATCHES, read_pattern, offsetof(Condition, pattern)},
	ACTIVITIES("has", CONDITION_HAS),
	ACTIVITIES("has_any", CONDITION_HAS_ANY),
	ACTIVITIES("starts_with", CONDITION_STARTS_WITH),
	ACTIVITIES("ends_with", CONDITION_ENDS_WITH),
	{"edge", CONDITION_EDGE, read_edge, 0},
	BOUND("duration_over", CONDITION_DURATION, read_duration_bound),
	BOUND("duration_under", CONDITION_DURATION, read_duration_bound),
	BOUND("duration_at_least", CONDITION_DURATION, read_duration_bound),
	BOUND("duration_at_most", CONDITION_DURATION, read_duration_bound),
	BOUND("length_over", CONDITION_LENGTH, read_length_bound),
	BOUND("length_under", CONDITION_LENGTH, read_length_bound),
	BOUND("length_at_least", CONDITION_LENGTH, read_length_bound),
	BOUND("length_at_most", CONDITION_LENGTH, read_length_bound),
	PERIOD("starts_in", CONDITION_STARTS_IN),
	PERIOD("ends_in", CONDITION_ENDS_IN),
	PERIOD("contained_in", CONDITION_CONTAINED_IN),
	PERIOD("intersects", CONDITION_INTERSECTS),
	{"attribute", CONDITION_ATTRIBUTE, read_attributes, 0}};

static void
read_conditions(ChainReader *reader, const JsonbValue *value, void *target)
{
	static const KeyTable table = KEY_TABLE(condition_keys, "A condition");
	JsonbIterator *iterator = open_object(reader, value);
	ChainStep *step = target;
	JsonbValue member;
	Slice name;

	step->conditions = palloc0(JsonContainerSize(value->val.binary.data) * sizeof(Condition));
	while (json_next_member(&iterator, &name, &member))
	{
		const Key *key = find_key(reader, &table, name);
		Condition *condition = &step->conditions[step->nconditions++];

		condition->kind = key->kind;
		condition->bounds.most = PG_UINT64_MAX;
		condition->period = (Period){DT_NOBEGIN, DT_NOEND};
		read_member(reader, key, name, &member, condition);
	}
}

static const Key step_keys[] = {
	{"keep_events", STEP_KEEP_EVENTS, read_activities, offsetof(ChainStep, activities)},
	{"drop_events", STEP_DROP_EVENTS, read_activities, offsetof(ChainStep, activities)},
	{"mask_events", STEP_MASK_EVENTS, read_activities, offsetof(ChainStep, activities)},
	{"crop_events", STEP_CROP_EVENTS, read_crop, 0},
	{"crop_match", STEP_CROP_MATCH, read_crop_match, 0},
	{"crop_between", STEP_CROP_BETWEEN, read_period, offsetof(ChainStep, period)},
	{"keep_cases", STEP_KEEP_CASES, read_conditions, 0},
	{"drop_cases", STEP_DROP_CASES, read_conditions, 0}};

static void
read_step(ChainReader *reader, const JsonbValue *value, ChainStep *step)
{
	static const KeyTable table = KEY_TABLE(step_keys, "A step");
	JsonbIterator *iterator = open_object(reader, value);
	JsonbValue member;
	Slice name;
	const Key *key;

	if (JsonContainerSize(value->val.binary.data) != 1 ||
		!json_next_member(&iterator, &name, &member))
		bad_step(reader, "must have one key", "Make each key a step of its own.");
	key = find_key(reader, &table, name);
	step->kind = key->kind;
	step->period = (Period){DT_NOBEGIN, DT_NOEND};
	read_member(reader, key, name, &member, step);
}

pg_noreturn static void
bad_chain(const char *problem)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", problem),
					errhint("A filter looks like [{\"drop_events\": [\"Note\"]}, "
							"{\"keep_cases\": {\"duration_over\": \"P2D\"}}].")));
	pg_unreachable();
}

Chain *
chain_parse(Jsonb *json)
{
	ChainReader reader = {palloc0(sizeof(Chain))};
	JsonbIterator *iterator = json_open(&json->root);
	JsonbValue value;

	if (!JB_ROOT_IS_ARRAY(json) || JB_ROOT_IS_SCALAR(json))
		bad_chain("a filter must be a JSON array of steps");
	if (JB_ROOT_COUNT(json) > CHAIN_MAX_STEPS)
		bad_chain(psprintf("a filter has %u steps, but the limit is %d", JB_ROOT_COUNT(json),
						   CHAIN_MAX_STEPS));
	reader.chain->labels = label_table_create();
	reader.chain->steps = palloc0((JB_ROOT_COUNT(json) + 1) * sizeof(ChainStep));
	while (json_next_element(&iterator, &value))
	{
		reader.step_no = ++reader.chain->nsteps;
		read_step(&reader, &value, &reader.chain->steps[reader.step_no - 1]);
	}
	return reader.chain;
}
