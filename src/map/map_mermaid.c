/*
 * A process map for Mermaid.
 *
 * Nodes are named by their numbers, so labels stand in quotes alone. There
 * Mermaid reads #NN; as a character by its number; whatever of ASCII is
 * neither letter, digit nor blank is written so. Even then much of it means
 * something to Mermaid, to Markdown or to HTML, but only together with what
 * follows: a character that cannot be seen stands between.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "map/map_text.h"

#define WORD_JOINER 0x2060

static void
put_escaped(StringInfo out, uint32 character)
{
	if (character >= 128 || character == ' ' || (character >= '0' && character <= '9') ||
		(character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z'))
		map_put_character(out, character);
	else
	{
		appendStringInfo(out, "#%u;", character);
		map_put_character(out, WORD_JOINER);
	}
}

/* With what cannot be seen after blanks, too. */
static void
put_apart(StringInfo out, uint32 character)
{
	put_escaped(out, character);
	if (character == ' ' || character >= 128)
		map_put_character(out, WORD_JOINER);
}

/* Before a blank and LR or another direction Mermaid takes a line with the word for a statement. */
static bool
tells_of_direction(const char *name)
{
	return strstr(name, "direction") != NULL;
}

static void
put_node_name(StringInfo out, const Map *map, uint32 node)
{
	if (node == MAP_START)
		appendStringInfoString(out, "from");
	else if (node == map_end(map))
		appendStringInfoString(out, "to");
	else
		appendStringInfo(out, "a%u", node);
}

static void
put_activity(StringInfo out, const Map *map, uint32 node, const MapTelling *telling)
{
	const MapActivity *activity = &map->activities[node - 1];

	appendStringInfo(out, "\ta%u(\"", node);
	map_put_text(out, activity->name, tells_of_direction(activity->name) ? put_apart : put_escaped);
	map_put_activity_figures(out, activity, telling, "<br/>");
	appendStringInfoString(out, "\")\n");
}

static void
put_edge(StringInfo out, const Map *map, const MapEdge *edge, const MapTelling *telling,
		 StringInfo scratch)
{
	const char *figures = map_edge_figures(scratch, edge, telling, "<br/>");

	appendStringInfoChar(out, '\t');
	put_node_name(out, map, edge->source);
	appendStringInfoString(out, edge->figures == NULL ? " -.->" : " -->");
	if (figures[0] != '\0')
		appendStringInfo(out, "|\"%s\"|", figures);
	appendStringInfoChar(out, ' ');
	put_node_name(out, map, edge->target);
	appendStringInfoChar(out, '\n');
}

/* The style of the edge that comes at this place, from 0. */
static void
put_edge_style(StringInfo out, uint32 place, const MapEdge *edge, const MapTelling *telling)
{
	int tenths = map_thickness(edge, telling);

	appendStringInfo(out, "\tlinkStyle %u stroke:%s,stroke-width:%d.%dpx\n", place,
					 map_colour(edge, telling), tenths / 10, tenths % 10);
}

static void
put_legend(StringInfo out, const Map *map, int64 cases, const MapTelling *telling)
{
	int class;

	appendStringInfoString(out, "\tsubgraph legend[\"");
	map_put_extent(out, map, cases, telling);
	appendStringInfoString(out, "<br/>");
	map_put_scales(out, telling);
	appendStringInfoString(out, "\"]\n");
	for (class = 0; class < MAP_CLASSES; class ++)
	{
		appendStringInfo(out, "\t\tc%d[\"", class);
		map_put_class(out, class, "#60;", "≥", telling);
		appendStringInfoString(out, "\"]\n");
	}
	appendStringInfoString(out, "\tend\n");
	for (class = 0; class < MAP_CLASSES; class ++)
		appendStringInfo(out, "\tstyle c%d stroke:%s,stroke-width:4px\n", class,
						 map_class_colour(class));
}

void
map_to_mermaid(StringInfo out, const Map *map, int64 cases, const MapTelling *telling)
{
	StringInfoData scratch;
	uint32 place = 0;
	uint32 i;

	initStringInfo(&scratch);
	appendStringInfo(out, "flowchart %s\n\tfrom([\"%s\"])\n", telling->orientation,
					 telling->language->start);
	for (i = 0; i < map->nactivities; i++)
		if (map->activities[i].is_shown)
			put_activity(out, map, i + 1, telling);
	appendStringInfo(out, "\tto([\"%s\"])\n", telling->language->end);
	for (i = 0; i < map->nedges; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (map->edges[i].is_shown)
			put_edge(out, map, &map->edges[i], telling, &scratch);
	}
	for (i = 0; i < map->nedges; i++)
		if (map->edges[i].is_shown)
			put_edge_style(out, place++, &map->edges[i], telling);
	put_legend(out, map, cases, telling);
}
