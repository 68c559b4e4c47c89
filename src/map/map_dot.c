/*
 * A process map for Graphviz.
 *
 * Nodes are named by their numbers, so labels stand in quotes alone. There
 * Graphviz reads a quote as the end, backslashes as escapes, and entities of HTML.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "map/map_text.h"

static void
put_escaped(StringInfo out, uint32 character, const char *backslash)
{
	if (character == '"')
		appendStringInfoString(out, "\\\"");
	else if (character == '\\')
		appendStringInfoString(out, backslash);
	else if (character == '&')
		appendStringInfoString(out, "&amp;");
	else
		map_put_character(out, character);
}

static void
put_in_label(StringInfo out, uint32 character)
{
	put_escaped(out, character, "\\\\");
}

/* Graphviz reads the escapes of a tooltip twice. */
static void
put_in_tooltip(StringInfo out, uint32 character)
{
	put_escaped(out, character, "\\\\\\\\");
}

static void
put_node_name(StringInfo out, const Map *map, uint32 node)
{
	if (node == MAP_START)
		appendStringInfoString(out, "start");
	else if (node == map_end(map))
		appendStringInfoString(out, "end");
	else
		appendStringInfo(out, "a%u", node);
}

static void
put_node_tooltip(StringInfo out, const Map *map, uint32 node, const MapLanguage *language)
{
	if (node == MAP_START)
		appendStringInfoString(out, language->start);
	else if (node == map_end(map))
		appendStringInfoString(out, language->end);
	else
		map_put_text(out, map->activities[node - 1].text, put_in_tooltip);
}

/* A table below the map: what is shown, and what thickness and colour mean. */
static void
put_legend(StringInfo out, const Map *map, int64 cases, const MapTelling *telling)
{
	int class;

	appendStringInfoString(
		out, "\tlabel=<<table border=\"0\" cellspacing=\"4\"><tr><td colspan=\"10\">");
	map_put_extent(out, map, cases, telling);
	appendStringInfoString(out, "</td></tr><tr><td colspan=\"10\">");
	map_put_scales(out, telling);
	appendStringInfoString(out, "</td></tr><tr>");
	for (class = 0; class < MAP_CLASSES; class ++)
	{
		appendStringInfo(out, "<td width=\"24\" bgcolor=\"%s\"></td><td>", map_class_colour(class));
		map_put_class(out, class, "&lt;", "≥", telling);
		appendStringInfoString(out, "</td>");
	}
	appendStringInfoString(out, "</tr></table>>;\n");
}

static void
put_head(StringInfo out, const Map *map, int64 cases, const MapTelling *telling)
{
	appendStringInfo(out,
					 "digraph process_map {\n"
					 "\trankdir=%s;\n"
					 "\tcharset=\"UTF-8\";\n"
					 "\tlabelloc=b;\n",
					 telling->orientation);
	put_legend(out, map, cases, telling);
	appendStringInfoString(
		out, "\tgraph [fontname=\"Helvetica,Arial,sans-serif\", fontsize=11];\n"
			 "\tnode [fontname=\"Helvetica,Arial,sans-serif\", fontsize=12, "
			 "shape=box, style=\"rounded,filled\", fillcolor=\"#f2f4f7\"];\n"
			 "\tedge [fontname=\"Helvetica,Arial,sans-serif\", fontsize=10, arrowsize=0.6];\n");
	appendStringInfo(out, "\tstart [label=\"%s\", shape=oval, style=solid];\n",
					 telling->language->start);
	appendStringInfo(out, "\tend [label=\"%s\", shape=oval, style=bold];\n",
					 telling->language->end);
}

static void
put_activity(StringInfo out, const Map *map, uint32 node, const MapTelling *telling)
{
	const MapActivity *activity = &map->activities[node - 1];

	appendStringInfo(out, "\ta%u [label=\"", node);
	map_put_text(out, activity->name, put_in_label);
	map_put_activity_figures(out, activity, telling, "\\n");
	appendStringInfoString(out, "\", tooltip=\"");
	map_put_text(out, activity->text, put_in_tooltip);
	map_put_activity_figures(out, activity, telling, "\\n");
	appendStringInfoString(out, "\"];\n");
}

/* Blanks keep the figures clear of the edge. */
static void
put_edge_label(StringInfo out, const MapEdge *edge, const MapTelling *telling, StringInfo scratch)
{
	const char *figures = map_edge_figures(scratch, edge, telling, "  \\n  ");

	if (figures[0] != '\0')
		appendStringInfo(out, "label=\"  %s  \", ", figures);
}

static void
put_edge_tooltip(StringInfo out, const Map *map, const MapEdge *edge, const MapTelling *telling,
				 StringInfo scratch)
{
	const char *figures = map_edge_figures(scratch, edge, telling, "\\n");

	put_node_tooltip(out, map, edge->source, telling->language);
	appendStringInfoString(out, " → ");
	put_node_tooltip(out, map, edge->target, telling->language);
	if (figures[0] != '\0')
		appendStringInfo(out, "\\n%s", figures);
}

/* An edge's weight is how straight it is drawn. */
static void
put_edge(StringInfo out, const Map *map, const MapEdge *edge, const MapTelling *telling,
		 StringInfo scratch)
{
	int tenths = map_thickness(edge, telling);

	appendStringInfoChar(out, '\t');
	put_node_name(out, map, edge->source);
	appendStringInfoString(out, " -> ");
	put_node_name(out, map, edge->target);
	appendStringInfoString(out, " [");
	put_edge_label(out, edge, telling, scratch);
	appendStringInfo(out, "penwidth=%d.%d, weight=%d, color=\"%s\"%s, tooltip=\"", tenths / 10,
					 tenths % 10, tenths / 10, map_colour(edge, telling),
					 edge->figures == NULL ? ", style=dashed" : "");
	put_edge_tooltip(out, map, edge, telling, scratch);
	appendStringInfoString(out, "\"];\n");
}

void
map_to_dot(StringInfo out, const Map *map, int64 cases, const MapTelling *telling)
{
	StringInfoData scratch;
	uint32 i;

	initStringInfo(&scratch);
	put_head(out, map, cases, telling);
	for (i = 0; i < map->nactivities; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (map->activities[i].is_shown)
			put_activity(out, map, i + 1, telling);
	}
	for (i = 0; i < map->nedges; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (map->edges[i].is_shown)
			put_edge(out, map, &map->edges[i], telling, &scratch);
	}
	appendStringInfoString(out, "}\n");
}
