/*
 * What is shown of a process map: map.h describes the algorithm.
 */
#include "postgres.h"

#include <math.h>

#include "lib/binaryheap.h"
#include "miscadmin.h"

#include "map/map.h"

/* The edges from each node, or to each node, by rank. */
typedef struct Adjacency
{
	uint32 *first; /* of node i; those of node i end before first[i + 1] */
	uint32 *edges;
} Adjacency;

/* Along the edges from the start, or against them from the end. */
typedef struct Tree
{
	bool is_forward;
	uint32 *edge; /* of each node in the tree but the root, the number of the edge and 1; else 0 */
	bool *is_walked; /* whether the path of the node is shown */
} Tree;

static inline uint32
near_end(const MapEdge *edge, bool is_forward)
{
	return is_forward ? edge->source : edge->target;
}

static inline uint32
far_end(const MapEdge *edge, bool is_forward)
{
	return is_forward ? edge->target : edge->source;
}

static inline bool
is_activity(const Map *map, uint32 node)
{
	return node != MAP_START && node != map_end(map);
}

static uint32 *
numbers(Size count)
{
	return palloc_extended(count * sizeof(uint32), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

/* A counting sort, which leaves the ranks of a node's edges in order. */
static Adjacency
edges_of_nodes(const Map *map, bool is_forward)
{
	Adjacency adjacency = {numbers((Size) map_end(map) + 3), numbers((Size) map->nedges + 1)};
	uint32 *next = adjacency.first + 1; /* while it fills: where the next edge of a node goes */
	uint32 i;

	for (i = 0; i < map->nedges; i++)
		next[near_end(&map->edges[i], is_forward) + 1]++;
	for (i = 1; i <= map_end(map) + 1; i++)
		next[i] += next[i - 1];
	for (i = 0; i < map->nedges; i++)
		adjacency.edges[next[near_end(&map->edges[i], is_forward)]++] = i;
	return adjacency;
}

/* The heap has its greatest on top: that is the edge of best rank, the lowest number. */
static int
compare_ranks(Datum a, Datum b, void *arg)
{
	uint32 left = DatumGetUInt32(a);
	uint32 right = DatumGetUInt32(b);

	return (left < right) - (left > right);
}

static void
push_edges(binaryheap *heap, const Adjacency *adjacency, uint32 node)
{
	uint32 i;

	for (i = adjacency->first[node]; i < adjacency->first[node + 1]; i++)
		binaryheap_add(heap, UInt32GetDatum(adjacency->edges[i]));
}

static Tree
grow_tree(const Map *map, bool is_forward)
{
	Tree tree = {is_forward, numbers((Size) map_end(map) + 1),
				 palloc0(((Size) map_end(map) + 1) * sizeof(bool))};
	Adjacency adjacency = edges_of_nodes(map, is_forward);
	binaryheap *heap = binaryheap_allocate((int) map->nedges + 1, compare_ranks, NULL);

	push_edges(heap, &adjacency, is_forward ? MAP_START : map_end(map));
	while (!binaryheap_empty(heap))
	{
		uint32 number = DatumGetUInt32(binaryheap_remove_first(heap));
		uint32 node = far_end(&map->edges[number], is_forward);

		CHECK_FOR_INTERRUPTS();
		if (!is_activity(map, node) || tree.edge[node] != 0)
			continue;
		tree.edge[node] = number + 1;
		push_edges(heap, &adjacency, node);
	}
	binaryheap_free(heap);
	pfree(adjacency.first);
	pfree(adjacency.edges);
	return tree;
}

/* Shows an activity and the path that the tree has to it. */
static void
show_path(Map *map, Tree *tree, uint32 node)
{
	while (is_activity(map, node) && !tree->is_walked[node])
	{
		MapEdge *edge;

		map->activities[node - 1].is_shown = true;
		tree->is_walked[node] = true;
		if (tree->edge[node] == 0)
			return; /* masked events: there is no path */
		edge = &map->edges[tree->edge[node] - 1];
		edge->is_shown = true;
		node = near_end(edge, tree->is_forward);
	}
}

static uint32
share_count(double share, uint32 n)
{
	double count = ceil(share * n - 1e-9);

	return count <= 0 ? 0 : Min((uint32) count, n);
}

static int
compare_activities(const void *a, const void *b, void *activities)
{
	uint32 left = *(const uint32 *) a;
	uint32 right = *(const uint32 *) b;
	const DfgCount *counts[2] = {&((const MapActivity *) activities)[left].figures->count,
								 &((const MapActivity *) activities)[right].figures->count};

	if (counts[0]->case_frequency != counts[1]->case_frequency)
		return counts[0]->case_frequency > counts[1]->case_frequency ? -1 : 1;
	if (counts[0]->frequency != counts[1]->frequency)
		return counts[0]->frequency > counts[1]->frequency ? -1 : 1;
	return (left > right) - (left < right);
}

static void
show_activities(Map *map, double share)
{
	Tree from_start = grow_tree(map, true);
	Tree to_end = grow_tree(map, false);
	uint32 *ranked = numbers((Size) map->nactivities + 1);
	uint32 count = Max(share_count(share, map->nactivities), 1);
	uint32 i;

	for (i = 0; i < map->nactivities; i++)
		ranked[i] = i;
	qsort_arg(ranked, map->nactivities, sizeof(uint32), compare_activities, map->activities);
	for (i = 0; i < Min(count, map->nactivities); i++)
	{
		show_path(map, &from_start, ranked[i] + 1);
		show_path(map, &to_end, ranked[i] + 1);
	}
}

static bool
is_shown(const Map *map, uint32 node)
{
	return !is_activity(map, node) || map->activities[node - 1].is_shown;
}

static void
show_first_end(Map *map)
{
	uint32 i;

	for (i = 0; i < map->nedges; i++)
		if (map->edges[i].target == map_end(map) && is_shown(map, map->edges[i].source))
		{
			map->edges[i].is_shown = true;
			return;
		}
}

static void
show_edges(Map *map, double share)
{
	uint32 candidates = 0;
	uint32 count;
	uint32 i;

	for (i = 0; i < map->nedges; i++)
		candidates += is_shown(map, map->edges[i].source) && is_shown(map, map->edges[i].target);
	count = share_count(share, candidates);
	for (i = 0; count > 0; i++)
		if (is_shown(map, map->edges[i].source) && is_shown(map, map->edges[i].target))
		{
			map->edges[i].is_shown = true;
			count--;
		}
}

void
map_simplify(Map *map, double activities, double paths)
{
	show_activities(map, activities);
	show_first_end(map);
	show_edges(map, paths);
}
