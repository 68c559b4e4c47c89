/*
 * Chains of filters, applied to a case.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "base/json.h"
#include "filter/chain.h"

/* A chain on its way over a case. */
typedef struct ChainRun
{
	const Chain *chain;
	TracePart *part;
	int *numbers; /* of each label of the part: its number in the chain, or -1 */
	JsonbContainer *attributes;
	Trace trace; /* what is left, as a trace; not right after a step that changed events */
	bool is_trace_right;
} ChainRun;

/* The numbers in the chain of the labels of a part. */
static int *
chain_numbers(const Chain *chain, const TracePart *part)
{
	int *numbers = palloc(part->nlabels * sizeof(int));
	uint32 number;
	uint32 i;

	for (i = 0; i < part->nlabels; i++)
		numbers[i] = label_table_find(chain->labels, part->labels[i], &number) ? (int) number : -1;
	return numbers;
}

/* For each label of the part, whether a list has it; NULL where no list is given. */
static bool *
flags_of(const ChainRun *run, const ActivityList *list)
{
	bool *flags;
	uint32 i;

	if (!list->is_given)
		return NULL;
	flags = palloc(run->part->nlabels * sizeof(bool));
	for (i = 0; i < run->part->nlabels; i++)
		flags[i] = run->numbers[i] >= 0 && bms_is_member(run->numbers[i], list->members);
	return flags;
}

/* Whether each activity of a list is there. */
static bool
has_all(const ChainRun *run, const ActivityList *list)
{
	bool *wanted = flags_of(run, list);
	int left = bms_num_members(list->members);
	uint32 i;

	for (i = 0; i < run->part->count && left > 0; i++)
	{
		bool *is_wanted = &wanted[run->part->events[i].label];

		left -= *is_wanted;
		*is_wanted = false;
	}
	return left == 0;
}

/* The label of the part that has a number in the chain; false where none has. */
static bool
find_number(const ChainRun *run, uint32 number, uint32 *label)
{
	for (*label = 0; *label < run->part->nlabels; ++*label)
		if (run->numbers[*label] == (int) number)
			return true;
	return false;
}

static bool
has_edge(const ChainRun *run, const Condition *condition)
{
	uint32 source;
	uint32 target;

	return find_number(run, condition->source, &source) &&
		   find_number(run, condition->target, &target) &&
		   part_has_edge(run->part, source, target, condition->bounds);
}

/* The number that a boolean is as well: logs keep flags as 0 and 1. */
static void
as_number(JsonbValue *value)
{
	if (value->type != jbvBool)
		return;
	value->val.numeric = int64_to_numeric(value->val.boolean);
	value->type = jbvNumeric;
}

/* Whether an array has a value, true and 1 being the same, and false and 0. */
static bool
has_scalar(JsonbContainer *values, JsonbValue wanted)
{
	JsonbIterator *iterator = json_open(values);
	JsonbValue value;

	if (wanted.type != jbvBool && wanted.type != jbvNumeric)
		return findJsonbValueFromContainer(values, JB_FARRAY, &wanted) != NULL;
	as_number(&wanted);
	while (json_next_element(&iterator, &value))
	{
		as_number(&value);
		if (value.type == jbvNumeric &&
			DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(value.val.numeric),
											 NumericGetDatum(wanted.val.numeric))))
			return true;
	}
	return false;
}

/* Whether an array has a value, or one of those that an array of them holds. */
static bool
is_among(JsonbContainer *values, JsonbValue *value)
{
	JsonbIterator *iterator;
	JsonbValue element;

	if (value->type != jbvBinary)
		return has_scalar(values, *value);
	if (!json_is_array(value))
		return false;
	iterator = json_open(value->val.binary.data);
	while (json_next_element(&iterator, &element))
		if (element.type != jbvBinary && has_scalar(values, element))
			return true;
	return false;
}

static JsonbValue *
find_attribute(JsonbContainer *attributes, Slice name)
{
	return getKeyJsonValueFromContainer(attributes, name.bytes, (int) name.length, NULL);
}

static bool
has_attributes(const ChainRun *run, const Condition *condition)
{
	int i;

	for (i = 0; i < condition->nattributes; i++)
		if (!is_among(condition->attributes[i].values,
					  find_attribute(run->attributes, condition->attributes[i].name)))
			return false;
	return true;
}

/* What is left, as a trace, which patterns are matched with. */
static const Trace *
trace_left(ChainRun *run)
{
	Fault fault;
	struct varlena *value;

	if (run->is_trace_right)
		return &run->trace;
	value = part_build(run->part);
	if (!trace_check_events((const uint8 *) VARDATA(value), VARSIZE(value) - VARHDRSZ, &run->trace,
							&fault))
		elog(ERROR, "filter has made no trace: %s", fault.text);
	run->is_trace_right = true;
	return &run->trace;
}

/* Cuts out the first or last match of a pattern; the trace is that of before. */
static void
crop_match(ChainRun *run, const ChainStep *step)
{
	PatternMatch match;
	bool any = step->from_which == WHICH_FIRST
				   ? pattern_first_match(step->pattern, trace_left(run), &match)
				   : pattern_last_match(step->pattern, trace_left(run), &match);

	if (any)
		part_cut(run->part, match.first, match.last - match.first + 1);
	else
		run->part->count = 0;
}

static bool
condition_holds(ChainRun *run, const Condition *condition)
{
	const TracePart *part = run->part;
	TimestampTz start = part->events[0].at;
	TimestampTz end = part->events[part->count - 1].at;

	switch (condition->kind)
	{
		case CONDITION_MATCHES:
			return pattern_matches(condition->pattern, trace_left(run));
		case CONDITION_HAS:
			return has_all(run, &condition->activities);
		case CONDITION_HAS_ANY:
			return part_has_any(part, flags_of(run, &condition->activities));
		case CONDITION_STARTS_WITH:
			return part_starts_with(part, flags_of(run, &condition->activities));
		case CONDITION_ENDS_WITH:
			return part_ends_with(part, flags_of(run, &condition->activities));
		case CONDITION_EDGE:
			return has_edge(run, condition);
		case CONDITION_DURATION:
			return bounds_contain(condition->bounds, (uint64) end - (uint64) start);
		case CONDITION_LENGTH:
			return bounds_contain(condition->bounds, part->count);
		case CONDITION_STARTS_IN:
			return period_contains(condition->period, start);
		case CONDITION_ENDS_IN:
			return period_contains(condition->period, end);
		case CONDITION_CONTAINED_IN:
			return period_contains_span(condition->period, start, end);
		case CONDITION_INTERSECTS:
			return period_intersects(condition->period, start, end);
		case CONDITION_ATTRIBUTE:
			return has_attributes(run, condition);
	}
	pg_unreachable();
}

static bool
conditions_hold(ChainRun *run, const ChainStep *step)
{
	int i;

	for (i = 0; i < step->nconditions; i++)
		if (!condition_holds(run, &step->conditions[i]))
			return false;
	return true;
}

static void
apply_step(ChainRun *run, const ChainStep *step)
{
	TracePart *part = run->part;
	CropEnd from = {flags_of(run, &step->activities), step->from_which};
	CropEnd to = {flags_of(run, &step->to_activities), step->to_which};

	switch (step->kind)
	{
		case STEP_KEEP_EVENTS:
			part_keep(part, from.listed);
			break;
		case STEP_DROP_EVENTS:
			part_drop(part, from.listed);
			break;
		case STEP_MASK_EVENTS:
			part_mask(part, from.listed);
			break;
		case STEP_CROP_EVENTS:
			part_crop(part, from, to);
			break;
		case STEP_CROP_MATCH:
			crop_match(run, step);
			break;
		case STEP_CROP_BETWEEN:
			part_between(part, step->period);
			break;
		case STEP_KEEP_CASES:
			if (!conditions_hold(run, step))
				part->count = 0;
			break;
		case STEP_DROP_CASES:
			if (conditions_hold(run, step))
				part->count = 0;
			break;
	}
}

/* Throws where the chain asks for an attribute that is not there, whatever the case is like. */
static void
require_attributes(const Chain *chain, JsonbContainer *attributes)
{
	int i;

	for (i = 0; i < chain->nattributes; i++)
	{
		Slice name = chain->attributes[i];

		if (attributes != NULL && find_attribute(attributes, name) != NULL)
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("filter asks for attribute \"%.*s\" of the case, which is not given",
						(int) name.length, name.bytes),
				 errhint("Attributes are no part of a trace: give them as the third argument, a "
						 "JSON object, or filter a log.")));
	}
}

void
chain_apply(const Chain *chain, const Trace *trace, JsonbContainer *attributes, TracePart *part,
			uint32 *lengths)
{
	ChainRun run = {chain, part, NULL, attributes, *trace, true};
	int i;

	require_attributes(chain, attributes);
	part_open(part, trace);
	run.numbers = chain_numbers(chain, part);
	for (i = 0; i < chain->nsteps; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (part->count > 0)
			apply_step(&run, &chain->steps[i]);
		run.is_trace_right &= chain->steps[i].conditions != NULL;
		if (lengths != NULL)
			lengths[i] = part->count;
	}
}
