/*
 * trace_pattern as a tree: what its text and its stored form say.
 *
 * Format 1, the bytes of a value after its varlena header; "varint" is that of
 * bytes.h:
 *
 *   u8      version: 1; no part of equality
 *   varint  number of labels
 *   varint  bytes of the dictionary
 *   bytes   dictionary: the labels in order of first appearance, each a varint
 *           of its length and its bytes
 *   bytes   the tree, a node before its parts: u8 kind, and
 *             events, other events: varint number of labels, each a varint
 *             sequence, choice:     varint number of parts
 *             repetition:           varint least, varint most (0: no limit)
 *             time bound:           u8 relation, varint microseconds
 *
 * One value has one byte form, and one normal text form: no sequence is a part
 * of a sequence and no choice of a choice, each has at least two parts, labels
 * of a node are ascending, nothing is repeated exactly once.
 *
 * Limits: PATTERN_MAX_STEPS counts a step for each activity that is named (one
 * for "."), for ^, $ and ~>, and for each repetition or bound, all of that as
 * often as {m,n} repeats it ({m,} once more where what it repeats can take no
 * event). So a value has at most 1,000 labels of 4,096 bytes
 * (4.1 MB, as text 8.2 MB with all bytes escaped), its automaton at most 1,000
 * states, and nothing in here overflows. Recursion goes no deeper than
 * PATTERN_MAX_DEPTH.
 */
#ifndef TM_PATTERN_TREE_H
#define TM_PATTERN_TREE_H

#include "lib/stringinfo.h"

#include "base/label.h"

#define PATTERN_VERSION 1
#define PATTERN_MAX_STEPS 1000
#define PATTERN_MAX_DEPTH 100

/* The longest time bound, in days of 24 hours: a time less it fits an int64. */
#define PATTERN_MAX_BOUND_DAYS 36525000
#define PATTERN_MAX_BOUND ((uint64) PATTERN_MAX_BOUND_DAYS * USECS_PER_DAY)

typedef enum PatternKind
{
	PATTERN_EVENT = 1, /* an event with one of the labels */
	PATTERN_OTHER,     /* with none of the labels; "." where there are none */
	PATTERN_BEGIN,
	PATTERN_END,
	PATTERN_GAP, /* ~>, between two parts of a sequence */
	PATTERN_SEQUENCE,
	PATTERN_CHOICE,
	PATTERN_REPEAT,
	PATTERN_BOUND
} PatternKind;

/* How the time of a group relates to its bound. */
typedef enum PatternRelation
{
	PATTERN_LESS = 1,
	PATTERN_LESS_EQUAL,
	PATTERN_GREATER,
	PATTERN_GREATER_EQUAL
} PatternRelation;

typedef struct PatternNode
{
	PatternKind kind;
	uint32 count;               /* of labels or parts */
	uint32 *labels;             /* numbers in the tree's list */
	struct PatternNode **parts; /* one, for a repetition or a bound */
	uint32 min;
	uint32 max; /* 0: no limit */
	PatternRelation relation;
	uint64 bound; /* microseconds */
	uint32 steps;
	uint32 depth;
	bool has_bound;    /* it is one, or has one in it */
	bool can_be_empty; /* but for the time bounds in it, it can take no event */
} PatternNode;

typedef struct PatternTree
{
	const Label *labels;
	uint32 nlabels;
	PatternNode *root;
} PatternTree;

/* Nodes on their way into a sequence or choice. */
typedef struct PatternList
{
	PatternNode **nodes;
	uint32 count;
	uint32 capacity;
	uint32 steps;
} PatternList;

/*
 * Make nodes, in normal form; NULL with a fault where that is beyond a limit. A
 * node of events takes the labels, and puts them in order.
 */
extern PatternNode *pattern_events(PatternKind kind, uint32 *labels, uint32 count, Fault *fault);
extern PatternNode *pattern_mark(PatternKind kind);
extern bool pattern_list_add(PatternList *list, PatternNode *node, PatternKind kind, Fault *fault);
extern PatternNode *pattern_join(PatternKind kind, const PatternList *list, Fault *fault);
extern PatternNode *pattern_repeat(PatternNode *part, uint32 min, uint32 max, Fault *fault);
extern PatternNode *pattern_bound(PatternNode *part, PatternRelation relation, uint64 bound,
								  Fault *fault);

/* Notes that parentheses or nodes are nested too deep; returns false. */
extern bool pattern_fault_depth(Fault *fault);

/* Text form; NULL with a fault. */
extern PatternTree *pattern_tree_from_text(const char *literal, Fault *fault);
extern char *pattern_tree_to_text(const PatternTree *tree);

/* Stored form, the value and the validator for every border; NULL with a fault. */
extern struct varlena *pattern_tree_store(const PatternTree *tree);
extern PatternTree *pattern_tree_read(const uint8 *data, size_t size, Fault *fault);

#endif
