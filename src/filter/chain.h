/*
 * Chains of filters: steps that cut down a case, or let it drop out, one after
 * the other. They come as jsonb; docs/reference.md has their grammar.
 */
#ifndef TM_CHAIN_H
#define TM_CHAIN_H

#include "nodes/bitmapset.h"
#include "utils/jsonb.h"

#include "filter/filter.h"
#include "pattern/pattern.h"

/* Each step costs what a pass over the case does. */
#define CHAIN_MAX_STEPS 1000

/* Activities, by their numbers among the labels of the chain. */
typedef struct ActivityList
{
	bool is_given;
	Bitmapset *members;
} ActivityList;

typedef enum ConditionKind
{
	CONDITION_MATCHES,
	CONDITION_HAS,
	CONDITION_HAS_ANY,
	CONDITION_STARTS_WITH,
	CONDITION_ENDS_WITH,
	CONDITION_EDGE,
	CONDITION_DURATION,
	CONDITION_LENGTH,
	CONDITION_STARTS_IN,
	CONDITION_ENDS_IN,
	CONDITION_CONTAINED_IN,
	CONDITION_INTERSECTS,
	CONDITION_ATTRIBUTE
} ConditionKind;

/* An attribute of the case, and the array of the values that it may have. */
typedef struct AttributeValues
{
	Label name;
	JsonbContainer *values;
} AttributeValues;

/* What must hold of a case; each kind has its own members. */
typedef struct Condition
{
	ConditionKind kind;
	Pattern *pattern;
	ActivityList activities;
	uint32 source; /* of the edge, by number among the labels of the chain */
	uint32 target;
	Bounds bounds;
	Period period;
	AttributeValues *attributes;
	int nattributes;
} Condition;

typedef enum ChainStepKind
{
	STEP_KEEP_EVENTS,
	STEP_DROP_EVENTS,
	STEP_MASK_EVENTS,
	STEP_CROP_EVENTS,
	STEP_CROP_MATCH,
	STEP_CROP_BETWEEN,
	STEP_KEEP_CASES,
	STEP_DROP_CASES
} ChainStepKind;

typedef struct ChainStep
{
	ChainStepKind kind;
	ActivityList activities; /* of a crop: those it begins with */
	ActivityList to_activities;
	Pattern *pattern;
	Which from_which; /* of a match: which one */
	Which to_which;
	Period period;
	Condition *conditions; /* all of which must hold */
	int nconditions;
} ChainStep;

typedef struct Chain
{
	LabelTable *labels; /* all activities that it names */
	ChainStep *steps;
	int nsteps;
	Label *attributes; /* the names of all attributes that it asks for, each as often as it does */
	int nattributes;
} Chain;

/* Reads a chain, which goes on pointing into the jsonb; throws where it is none. */
extern Chain *chain_parse(Jsonb *json);

/*
 * Applies a chain to a case. attributes is a JSON object, or NULL for none.
 * lengths, unless NULL, gets the number of events that each step leaves.
 */
extern void chain_apply(const Chain *chain, const Trace *trace, JsonbContainer *attributes,
						TracePart *part, uint32 *lengths);

#endif
