/*
 * A process map as text for programs that draw it.
 */
#ifndef TM_MAP_TEXT_H
#define TM_MAP_TEXT_H

#include "map/map_figures.h"

/* For Graphviz. */
extern void map_to_dot(StringInfo out, const Map *map, int64 cases, const MapTelling *telling);

/* For Mermaid. */
extern void map_to_mermaid(StringInfo out, const Map *map, int64 cases, const MapTelling *telling);

#endif
