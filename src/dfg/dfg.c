/*
 * Directly-follows graphs in memory: cases in, and graphs together.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/table_hash.h"
#include "dfg/dfg.h"

/* Up to so many activities an edge is found in a matrix. */
#define MATRIX_MAX_SHIFT 8
#define MATRIX_MIN_SHIFT 3

#define ACTIVITIES_AT_FIRST 8
#define EDGES_AT_FIRST 8

typedef struct EdgeEntry
{
	uint64 key; /* source and target */
	uint32 number;
	char status;
} EdgeEntry;

#define SH_PREFIX edgehash
#define SH_ELEMENT_TYPE EdgeEntry
#define SH_KEY_TYPE uint64
#define SH_KEY key
#define SH_HASH_KEY(table, key) ((uint32) table_hash_word(key))
#define SH_EQUAL(table, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

Dfg *
dfg_create(void)
{
	Dfg *dfg = palloc0(sizeof(Dfg));

	dfg->labels = label_table_create();
	dfg->activity_capacity = ACTIVITIES_AT_FIRST;
	dfg->activities = palloc(ACTIVITIES_AT_FIRST * sizeof(DfgActivity));
	dfg->edge_capacity = EDGES_AT_FIRST;
	dfg->edges = palloc(EDGES_AT_FIRST * sizeof(DfgEdge));
	dfg->matrix_shift = MATRIX_MIN_SHIFT;
	dfg->matrix = palloc0(sizeof(uint32) << (2 * MATRIX_MIN_SHIFT));
	return dfg;
}

static uint64
edge_key(uint32 source, uint32 target)
{
	return (uint64) source << 32 | target;
}

/* Notes where the edge is found from now on. */
static void
register_edge(Dfg *dfg, uint32 number)
{
	DfgEdge *edge = &dfg->edges[number];
	bool found;

	if (dfg->matrix != NULL)
		dfg->matrix[(size_t) edge->source << dfg->matrix_shift | edge->target] = number + 1;
	else
		edgehash_insert(dfg->edge_hash, edge_key(edge->source, edge->target), &found)->number =
			number;
}

/* Makes the matrix wide enough for one more activity, or changes to a hash. */
static void
widen_matrix(Dfg *dfg)
{
	uint32 i;

	pfree(dfg->matrix);
	dfg->matrix = NULL;
	if (dfg->matrix_shift < MATRIX_MAX_SHIFT)
	{
		dfg->matrix_shift++;
		dfg->matrix = palloc0(sizeof(uint32) << (2 * dfg->matrix_shift));
	}
	else
		dfg->edge_hash = edgehash_create(CurrentMemoryContext, dfg->nedges + 1, NULL);
	for (i = 0; i < dfg->nedges; i++)
		register_edge(dfg, i);
}

/* Makes room for an activity that the labels have just got. */
static void
append_activity(Dfg *dfg)
{
	uint32 number = dfg->labels->count - 1;
	Fault fault;

	if (number == DFG_MAX_ACTIVITIES)
	{
		fault_limit(&fault, "dfg", "activities", DFG_MAX_ACTIVITIES + 1, DFG_MAX_ACTIVITIES,
					"An activity is a kind of step; keep ids and free text out of it.");
		fault_throw_limit(&fault);
	}
	if (number == dfg->activity_capacity)
	{
		dfg->activity_capacity *= 2;
		dfg->activities =
			repalloc_huge(dfg->activities, (Size) dfg->activity_capacity * sizeof(DfgActivity));
	}
	memset(&dfg->activities[number], 0, sizeof(DfgActivity));
	if (dfg->matrix != NULL && number >> dfg->matrix_shift != 0)
		widen_matrix(dfg);
}

uint32
dfg_add_activity(Dfg *dfg, Label label)
{
	uint32 before = dfg->labels->count;
	uint32 number = label_table_add(dfg->labels, label);

	if (number == before)
		append_activity(dfg);
	return number;
}

static DfgEdge *
append_edge(Dfg *dfg, uint32 source, uint32 target)
{
	DfgEdge *edge;
	Fault fault;

	if (dfg->nedges == DFG_MAX_EDGES)
	{
		fault_limit(&fault, "dfg", "edges", DFG_MAX_EDGES + 1, DFG_MAX_EDGES,
					"An activity is a kind of step; keep ids and free text out of it.");
		fault_throw_limit(&fault);
	}
	if (dfg->nedges == dfg->edge_capacity)
	{
		dfg->edge_capacity *= 2;
		dfg->edges = repalloc_huge(dfg->edges, (Size) dfg->edge_capacity * sizeof(DfgEdge));
	}
	edge = &dfg->edges[dfg->nedges++];
	memset(&edge->count, 0, sizeof(DfgCount));
	edge->source = source;
	edge->target = target;
	durations_init(&edge->durations);
	register_edge(dfg, dfg->nedges - 1);
	return edge;
}

DfgEdge *
dfg_find_edge(Dfg *dfg, uint32 source, uint32 target)
{
	EdgeEntry *entry;
	uint32 number;

	if (dfg->matrix != NULL)
	{
		number = dfg->matrix[(size_t) source << dfg->matrix_shift | target];
		return number != 0 ? &dfg->edges[number - 1] : append_edge(dfg, source, target);
	}
	entry = edgehash_lookup(dfg->edge_hash, edge_key(source, target));
	return entry != NULL ? &dfg->edges[entry->number] : append_edge(dfg, source, target);
}

uint32
dfg_edge_number(Dfg *dfg, uint32 source, uint32 target)
{
	return (uint32) (dfg_find_edge(dfg, source, target) - dfg->edges);
}

pg_noreturn static void
too_many_events(void)
{
	ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("dfg cannot count more than " INT64_FORMAT " events", PG_INT64_MAX)));
	pg_unreachable();
}

/* Every counter is at most the number of events, so it is enough to watch that one. */
void
dfg_begin_case(Dfg *dfg, int64 events)
{
	if (unlikely(events > PG_INT64_MAX - dfg->events))
		too_many_events();
	dfg->events += events;
	dfg->cases++;
	dfg->current_case++;
}

/* How an error names a calendar. */
static char *
calendar_name(Slice calendar)
{
	return calendar.length == 0
			   ? pstrdup("elapsed time")
			   : psprintf("calendar \"%.*s\"", (int) calendar.length, calendar.bytes);
}

void
dfg_set_calendar(Dfg *dfg, Slice calendar)
{
	char *copy;

	if (slice_equal(dfg->calendar, calendar))
		return;
	if (dfg->cases > 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("graphs with durations of different calendars cannot be merged"),
						errdetail("One has %s, the other %s.", calendar_name(dfg->calendar),
								  calendar_name(calendar))));
	copy = palloc(calendar.length);
	memcpy(copy, calendar.bytes, calendar.length);
	dfg->calendar.bytes = copy;
	dfg->calendar.length = calendar.length;
}

static void
merge_count(DfgCount *count, const DfgCount *other)
{
	count->frequency += other->frequency;
	count->case_frequency += other->case_frequency;
	count->max_per_case = Max(count->max_per_case, other->max_per_case);
}

static void
merge_activity(DfgActivity *activity, const DfgActivity *other)
{
	merge_count(&activity->count, &other->count);
	activity->starts += other->starts;
	activity->ends += other->ends;
}

void
dfg_settle(Dfg *dfg)
{
	uint32 i;

	dfg_count_variants(dfg);
	for (i = 0; i < dfg->nedges; i++)
		durations_settle(&dfg->edges[i].durations);
}

void
dfg_merge(Dfg *dfg, Dfg *other)
{
	uint32 *number = palloc_extended(other->labels->count * sizeof(uint32), MCXT_ALLOC_HUGE);
	uint32 i;

	Assert(dfg != other);
	dfg_settle(other);
	dfg_set_calendar(dfg, other->calendar);
	if (other->events > PG_INT64_MAX - dfg->events)
		too_many_events();
	dfg->events += other->events;
	dfg->cases += other->cases;
	for (i = 0; i < other->labels->count; i++)
	{
		number[i] = dfg_add_activity(dfg, other->labels->labels[i]);
		merge_activity(&dfg->activities[number[i]], &other->activities[i]);
	}
	for (i = 0; i < other->nedges; i++)
	{
		const DfgEdge *theirs = &other->edges[i];
		DfgEdge *ours = dfg_find_edge(dfg, number[theirs->source], number[theirs->target]);

		CHECK_FOR_INTERRUPTS();
		merge_count(&ours->count, &theirs->count);
		durations_merge(&ours->durations, &theirs->durations);
	}
	pfree(number);
}

/* What edges are sorted by: the ranks of their activities' labels. */
typedef struct EdgeOrder
{
	const DfgEdge *edges;
	uint32 *rank;
} EdgeOrder;

static int
compare_edges(const void *a, const void *b, void *arg)
{
	const EdgeOrder *order = arg;
	const DfgEdge *x = &order->edges[*(const uint32 *) a];
	const DfgEdge *y = &order->edges[*(const uint32 *) b];
	uint64 x_key = edge_key(order->rank[x->source], order->rank[x->target]);
	uint64 y_key = edge_key(order->rank[y->source], order->rank[y->target]);

	return x_key < y_key ? -1 : x_key > y_key;
}

uint32 *
dfg_sorted_edges(const Dfg *dfg, const uint32 *activities)
{
	uint32 *sorted = palloc_extended((dfg->nedges + 1) * sizeof(uint32), MCXT_ALLOC_HUGE);
	EdgeOrder order = {dfg->edges,
					   palloc_extended(dfg->labels->count * sizeof(uint32), MCXT_ALLOC_HUGE)};
	uint32 i;

	for (i = 0; i < dfg->labels->count; i++)
		order.rank[activities[i]] = i;
	for (i = 0; i < dfg->nedges; i++)
		sorted[i] = i;
	qsort_arg(sorted, dfg->nedges, sizeof(uint32), compare_edges, &order);
	pfree(order.rank);
	return sorted;
}
