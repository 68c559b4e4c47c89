/*
 * A process map: what is drawn of a directly-follows graph. This page defines
 * it for everything that draws one: process_map_dot(), process_map_mermaid(), and the
 * page in the browser (web/), which has an implementation of its own.
 *
 * Nodes. Activities in ascending order of the bytes of their labels (UTF-8; so
 * by code point, not by UTF-16 unit), between a start node and an end node.
 * Order of nodes: start, activities, end; and where a map has one, "still
 * open" after the end.
 *
 * Edges. Those of the graph, self-loops included; from start to each activity
 * that cases start with (case_frequency = frequency = starts); and from each
 * activity that cases end with to end (likewise, ends). Start and end edges
 * have no duration. An edge whose case_frequency would be 0 is none.
 *
 * Ranks. Edges: by case_frequency, then by frequency, both descending, then by
 * source, then by target, ascending in the order of nodes. Activities: by
 * case_frequency, then by frequency, both descending, then in the order of
 * nodes. Whatever else the map shows, ranks are by these figures.
 *
 * Simplification, by two shares from 0 to 1:
 *
 * 1. share_count(share, n) = ceil(share * n - 1e-9), in IEEE double.
 * 2. The chosen activities are the first max(1, share_count(activities, n)) of
 *    the n activities by rank.
 * 3. The tree from the start: it begins as the start node alone. As long as
 *    some edge leads from a node in the tree to an activity outside it, the
 *    one of best rank among these edges joins, with its target.
 *    The tree to the end: the same against the direction of the edges, from
 *    the end node (and "still open", both are in it at the beginning).
 *    So each is one walk from node to node with a priority queue of ranks.
 * 4. Of each chosen activity the path that the first tree has from the start
 *    to it, and the path that the second has from it to the end, are shown:
 *    their edges, and the activities on them. Those that were not chosen are
 *    connectors: without them the activity would hang in the air.
 * 5. Of the edges from shown activities to the end, the first by rank is
 *    shown; and of those to "still open" likewise. So each of the two is there
 *    wherever a shown activity has cases that end so, although the paths of 4
 *    may all lead to the other.
 * 6. Candidates are all edges between shown nodes, m of them. Shown, besides
 *    those of 4 and 5, are the first share_count(paths, m) by rank.
 *
 * So each shown activity is on a path of shown edges from start to end. The
 * figures stay those of the whole graph; nothing is summed up or guessed. With
 * both shares at 1 all is shown; with both at 0 the most frequent activity, its
 * paths and the edges of 5. The exception is a graph of masked events (breaks,
 * see trace.h), in which an activity may have no path at all: it has then the
 * part there is.
 *
 * A tree of 3 has to each activity a path of maximum capacity, that is one
 * whose least frequent edge is as frequent as possible: whichever path
 * reaches an activity outside the tree has to cross from the tree to the
 * outside, and no such edge is of better rank than the one that joins. Maximum
 * capacity paths: Pollack, "The maximum capacity through a network",
 * Operations Research 8 (1960); growing the tree: Prim, Bell System Technical
 * Journal 36 (1957). To keep them so that no node of a filtered graph loses
 * its way from start or to end is the filter of Augusto, Conforti, Dumas, La
 * Rosa, Polyvyanyy, "Split miner", Knowledge and Information Systems 59
 * (2019). The two shares are the sliders of Disco (fluxicon).
 *
 * Thickness. Of an edge with frequency f where the most frequent shown edge
 * has F: 1 + 5 * f / F, rounded to tenths, half up. By case_frequency; by
 * frequency where the map shows that and not case_frequency.
 *
 * Colour. By the duration: the class that it falls into, from MAP_CLASSES
 * colours; class i ends below MAP_CLASS_LIMITS[i]. Elapsed time: an hour, a
 * day, a week, four weeks; business time: an hour, 8 hours, 40, 160, which are
 * as much of work. Start and end edges: MAP_NEUTRAL_COLOUR.
 * The limits are fixed, so that the maps of two months can be compared. The
 * colours go from blue to almost black with falling lightness, have a contrast
 * of at least 3 to white, and stay apart with protanopia, deuteranopia and
 * tritanopia (test/test_map_colours.py).
 *
 * Durations are given in their two greatest units, rounded half up to the
 * smaller of the two, which is left out where it is 0:
 *
 *   below 1 h    minutes and seconds   12 min 5 s     12 min 5 s
 *   below 1 d    hours and minutes     3 h 5 min      3 t 5 min
 *   from 1 d     days and hours        2 d 3 h        2 d 3 t
 *
 * What rounds up to the next line is given by it: 59 min 59.5 s is "1 h". Below
 * half a second: "0 s". A day is 24 hours; business time has no days, and goes
 * on in hours and minutes. Numbers have thousands separators: 13,015 in
 * English, 13.015 in Danish.
 */
#ifndef TM_MAP_H
#define TM_MAP_H

#include "dfg/dfg.h"

#define MAP_CLASSES 5
#define MAP_CLASS_COLOURS \
	{ \
		"#2b98e0", "#7d7f9a", "#b05f1e", "#8c2a17", "#3b0a12" \
	}
#define MAP_NEUTRAL_COLOUR "#767676"

/* In hours; the last class has no end. */
#define MAP_CLASS_LIMITS \
	{ \
		1, 24, 7 * 24, 28 * 24 \
	}
#define MAP_BUSINESS_CLASS_LIMITS \
	{ \
		1, 8, 40, 160 \
	}

/* Nodes by number: the start, activities from 1 in the order of their bytes, the end. */
#define MAP_START 0

typedef struct MapActivity
{
	Label label;
	char *text; /* the label as it is shown, and a name for it: see map_labels.h */
	char *name;
	const DfgActivity *figures;
	bool is_shown;
} MapActivity;

typedef struct MapEdge
{
	uint32 source;
	uint32 target;
	int64 frequency;
	int64 case_frequency;
	DfgEdge *figures; /* NULL from the start and to the end */
	bool is_shown;
} MapEdge;

typedef struct Map
{
	MapActivity *activities; /* of node i at i - 1 */
	uint32 nactivities;
	MapEdge *edges; /* by rank */
	uint32 nedges;
} Map;

static inline uint32
map_end(const Map *map)
{
	return map->nactivities + 1;
}

/* The map of a graph, whose figures it refers to; nothing is shown yet. */
extern Map *map_create(const Dfg *dfg);

/* Chooses what is shown, by shares from 0 to 1. */
extern void map_simplify(Map *map, double activities, double paths);

#endif
