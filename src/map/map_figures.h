/*
 * The figures of a map, as lines of text, thickness and colour.
 */
#ifndef TM_MAP_FIGURES_H
#define TM_MAP_FIGURES_H

#include "map/map.h"
#include "map/map_words.h"

/* MAP_MEASURES for a name that is of none. */
extern MapMeasure map_measure(Label name);

/* How a map is told. */
typedef struct MapTelling
{
	const MapLanguage *language;
	const char *orientation; /* TB, LR, BT or RL */
	MapMeasure measures[MAP_MEASURES];
	int nmeasures;
	bool is_business_time;
	MapMeasure thickness; /* the measures that thickness and colour go by */
	MapMeasure colour;
	int64 greatest; /* of the measure of thickness, among the shown edges */
} MapTelling;

/* Says what thickness and colour go by, once the measures and the edges to show are chosen. */
extern void map_choose_scales(MapTelling *telling, const Map *map);

/* The measures of an activity, each with the separator before it. */
extern void map_put_activity_figures(StringInfo out, const MapActivity *activity,
									 const MapTelling *telling, const char *separator);

/* Those of an edge, with separators between them: a string in the scratch, which is overwritten. */
extern const char *map_edge_figures(StringInfo scratch, const MapEdge *edge,
									const MapTelling *telling, const char *separator);

/* How much of the graph is shown. */
extern void map_put_extent(StringInfo out, const Map *map, int64 cases, const MapTelling *telling);

/* What thickness and colour mean. */
extern void map_put_scales(StringInfo out, const MapTelling *telling);

/* The durations of a class, by its limit, behind a sign for below it, or for not below the last. */
extern void map_put_class(StringInfo out, int class, const char *below, const char *not_below,
						  const MapTelling *telling);

extern const char *map_class_colour(int class);

/* Thickness in tenths. */
extern int map_thickness(const MapEdge *edge, const MapTelling *telling);
extern const char *map_colour(const MapEdge *edge, const MapTelling *telling);

#endif
