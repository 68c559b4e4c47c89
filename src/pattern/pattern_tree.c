/*
 * Nodes of patterns, in normal form and within the limits.
 */
#include "postgres.h"

#include "pattern/pattern_tree.h"

#define LIST_AT_FIRST 4

static PatternNode *
node_create(PatternKind kind, uint32 steps)
{
	PatternNode *node = palloc0(sizeof(PatternNode));

	node->kind = kind;
	node->steps = steps;
	return node;
}

static bool
check_steps(uint64 steps, Fault *fault)
{
	return steps <= PATTERN_MAX_STEPS ||
		   fault_limit(fault, "trace_pattern", "or more steps", steps, PATTERN_MAX_STEPS,
					   "An activity in {m,n} counts n times.");
}

bool
pattern_fault_depth(Fault *fault)
{
	return fault_limit(fault, "trace_pattern", "or more levels of nesting", PATTERN_MAX_DEPTH + 1,
					   PATTERN_MAX_DEPTH, NULL);
}

static int
compare_numbers(const void *a, const void *b)
{
	uint32 x = *(const uint32 *) a;
	uint32 y = *(const uint32 *) b;

	return x < y ? -1 : x > y;
}

PatternNode *
pattern_events(PatternKind kind, uint32 *labels, uint32 count, Fault *fault)
{
	PatternNode *node = node_create(kind, Max(count, 1));
	uint32 i;

	if (!check_steps(node->steps, fault))
		return NULL;
	node->labels = labels;
	if (count > 1)
		qsort(labels, count, sizeof(uint32), compare_numbers);
	for (i = 0; i < count; i++)
		if (i == 0 || labels[i] != labels[i - 1])
			labels[node->count++] = labels[i];
	node->steps = Max(node->count, 1);
	return node;
}

PatternNode *
pattern_mark(PatternKind kind)
{
	PatternNode *node = node_create(kind, 1);

	node->can_be_empty = true;
	return node;
}

static void
list_push(PatternList *list, PatternNode *node)
{
	if (list->count == list->capacity)
	{
		list->capacity = list->capacity == 0 ? LIST_AT_FIRST : 2 * list->capacity;
		list->nodes = list->nodes == NULL
						  ? palloc(list->capacity * sizeof(PatternNode *))
						  : repalloc(list->nodes, list->capacity * sizeof(PatternNode *));
	}
	list->nodes[list->count++] = node;
}

/* Parts of a part of the same kind become parts themselves. */
bool
pattern_list_add(PatternList *list, PatternNode *node, PatternKind kind, Fault *fault)
{
	uint32 i;

	list->steps += node->steps;
	if (!check_steps(list->steps, fault))
		return false;
	if (node->kind != kind)
		list_push(list, node);
	else
		for (i = 0; i < node->count; i++)
			list_push(list, node->parts[i]);
	return true;
}

/* Notes a part of a node that is being made; false where that is too deep. */
static bool
take_part(PatternNode *node, const PatternNode *part, Fault *fault)
{
	node->depth = Max(node->depth, part->depth + 1);
	node->has_bound |= part->has_bound;
	return node->depth <= PATTERN_MAX_DEPTH || pattern_fault_depth(fault);
}

PatternNode *
pattern_join(PatternKind kind, const PatternList *list, Fault *fault)
{
	PatternNode *node;
	uint32 i;

	if (list->count == 1)
		return list->nodes[0];
	node = node_create(kind, list->steps);
	node->parts = list->nodes;
	node->count = list->count;
	node->can_be_empty = kind == PATTERN_SEQUENCE;
	for (i = 0; i < list->count; i++)
	{
		if (!take_part(node, list->nodes[i], fault))
			return NULL;
		if (list->nodes[i]->can_be_empty != node->can_be_empty)
			node->can_be_empty = kind == PATTERN_CHOICE;
	}
	return node;
}

/* A node with one part, of which so many copies are made. */
static PatternNode *
node_around(PatternKind kind, PatternNode *part, uint32 copies, Fault *fault)
{
	uint64 steps = (uint64) copies * part->steps + 1;
	PatternNode *node;

	if (!check_steps(steps, fault))
		return NULL;
	node = node_create(kind, (uint32) steps);
	node->parts = palloc(sizeof(PatternNode *));
	node->parts[0] = part;
	node->count = 1;
	node->can_be_empty = part->can_be_empty;
	return take_part(node, part, fault) ? node : NULL;
}

PatternNode *
pattern_repeat(PatternNode *part, uint32 min, uint32 max, Fault *fault)
{
	uint32 copies = max > 0 ? max : part->can_be_empty ? min + 1 : Max(min, 1);
	PatternNode *node;

	if (min == 1 && max == 1)
		return part;
	node = node_around(PATTERN_REPEAT, part, copies, fault);
	if (node == NULL)
		return NULL;
	node->min = min;
	node->max = max;
	node->can_be_empty |= min == 0;
	return node;
}

PatternNode *
pattern_bound(PatternNode *part, PatternRelation relation, uint64 bound, Fault *fault)
{
	PatternNode *node = node_around(PATTERN_BOUND, part, 1, fault);

	if (node == NULL)
		return NULL;
	node->relation = relation;
	node->bound = bound;
	node->has_bound = true;
	return node;
}
