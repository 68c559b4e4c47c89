/*
 * The map from activities to segments.
 */
#include "postgres.h"

#include "compat.h"

#include "base/json.h"
#include "trace/segment_map.h"

pg_noreturn static void
bad_map(const char *problem)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", problem),
		 errhint("A map of segments looks like {\"Afventer bruger\": \"user\", \"Note\": null}.")));
	pg_unreachable();
}

static uint32
add_label(LabelTable *table, Slice label)
{
	label_check_length(label.length);
	return label_table_add(table, label);
}

/* Takes one member of the map. */
static void
add_member(SegmentMap *map, Slice activity, const JsonbValue *value)
{
	uint32 number = add_label(map->labels, activity);

	if (value->type == jbvNull)
		map->segment_of[number] = SEGMENT_NOTE;
	else if (value->type == jbvString)
		map->segment_of[number] = add_label(map->segments, slice_of_json(value));
	else
		bad_map("a segment must be a string or null");
}

SegmentMap *
segment_map_create(Jsonb *json)
{
	SegmentMap *map = palloc(sizeof(SegmentMap));
	JsonbIterator *iterator = json_open(&json->root);
	JsonbValue value;
	Slice activity;

	if (!JB_ROOT_IS_OBJECT(json))
		bad_map("a map of segments must be a JSON object");
	map->segments = label_table_create();
	map->labels = label_table_create();
	map->segment_of = palloc((JB_ROOT_COUNT(json) + 1) * sizeof(uint32));
	label_table_add(map->segments, slice_of_string("unknown"));
	while (json_next_member(&iterator, &activity, &value))
		add_member(map, activity, &value);
	return map;
}

uint32 *
segment_map_apply(const SegmentMap *map, const Trace *trace)
{
	uint32 *segment_of = palloc(trace->nlabels * sizeof(uint32));
	Label *labels = trace_labels(trace);
	uint32 number;
	uint32 i;

	for (i = 0; i < trace->nlabels; i++)
		segment_of[i] = label_table_find(map->labels, labels[i], &number) ? map->segment_of[number]
																		  : SEGMENT_UNKNOWN;
	pfree(labels);
	return segment_of;
}
