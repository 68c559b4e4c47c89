/*
 * The nodes and edges of a process map, by rank.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "map/map.h"

static inline int
compare_counts(int64 a, int64 b)
{
	return (a < b) - (a > b);
}

static inline int
compare_edges(const MapEdge *a, const MapEdge *b)
{
	int order = compare_counts(a->case_frequency, b->case_frequency);

	if (order == 0)
		order = compare_counts(a->frequency, b->frequency);
	if (order == 0)
		order = (a->source > b->source) - (a->source < b->source);
	if (order == 0)
		order = (a->target > b->target) - (a->target < b->target);
	return order;
}

#define ST_SORT sort_edges
#define ST_ELEMENT_TYPE MapEdge
#define ST_COMPARE(a, b) compare_edges(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static void
add_edge(Map *map, uint32 source, uint32 target, int64 frequency, int64 case_frequency,
		 DfgEdge *figures)
{
	MapEdge edge = {source, target, frequency, case_frequency, figures, false};

	if (case_frequency > 0)
		map->edges[map->nedges++] = edge;
}

/* Nodes in the order of the labels; nodes[i] becomes the node of the graph's activity i. */
static uint32 *
add_activities(Map *map, const Dfg *dfg)
{
	const uint32 *sorted = label_table_sorted(dfg->labels);
	uint32 *nodes = palloc((map->nactivities + 1) * sizeof(uint32));
	uint32 i;

	for (i = 0; i < map->nactivities; i++)
	{
		map->activities[i].label = dfg->labels->labels[sorted[i]];
		map->activities[i].figures = &dfg->activities[sorted[i]];
		nodes[sorted[i]] = i + 1;
	}
	return nodes;
}

Map *
map_create(const Dfg *dfg)
{
	Map *map = palloc0(sizeof(Map));
	const uint32 *nodes;
	uint32 i;

	map->nactivities = dfg->labels->count;
	map->activities = palloc0((map->nactivities + 1) * sizeof(MapActivity));
	map->edges = palloc_extended(
		((Size) dfg->nedges + 2 * (Size) map->nactivities + 1) * sizeof(MapEdge), MCXT_ALLOC_HUGE);
	nodes = add_activities(map, dfg);
	for (i = 0; i < dfg->nedges; i++)
	{
		DfgEdge *edge = &dfg->edges[i];

		add_edge(map, nodes[edge->source], nodes[edge->target], edge->count.frequency,
				 edge->count.case_frequency, edge);
	}
	for (i = 0; i < map->nactivities; i++)
	{
		const DfgActivity *figures = map->activities[i].figures;

		add_edge(map, MAP_START, i + 1, figures->starts, figures->starts, NULL);
		add_edge(map, i + 1, map_end(map), figures->ends, figures->ends, NULL);
	}
	sort_edges(map->edges, map->nedges);
	return map;
}
