/*
 * The map from activities to segments.
 */
#include "postgres.h"

#include "compat.h"

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

static Label
label_of_json(const JsonbValue *value)
{
	Label label = {value->val.string.val, (uint32) value->val.string.len};

	label_check_length(label.length);
	return label;
}

/* Takes one member of the map. */
static void
add_member(SegmentMap *map, const JsonbValue *key, const JsonbValue *value)
{
	uint32 number = label_table_add(map->labels, label_of_json(key));

	if (value->type == jbvNull)
		map->segment_of[number] = SEGMENT_NOTE;
	else if (value->type == jbvString)
		map->segment_of[number] = label_table_add(map->segments, label_of_json(value));
	else
		bad_map("a segment must be a string or null");
}

SegmentMap *
segment_map_create(Jsonb *json)
{
	static const Label unknown = {"unknown", 7};
	SegmentMap *map = palloc(sizeof(SegmentMap));
	JsonbIterator *iterator = JsonbIteratorInit(&json->root);
	JsonbValue key;
	JsonbValue value;

	if (!JB_ROOT_IS_OBJECT(json))
		bad_map("a map of segments must be a JSON object");
	map->segments = label_table_create();
	map->labels = label_table_create();
	map->segment_of = palloc((JB_ROOT_COUNT(json) + 1) * sizeof(uint32));
	label_table_add(map->segments, unknown);
	(void) JsonbIteratorNext(&iterator, &value, true);
	while (JsonbIteratorNext(&iterator, &key, true) == WJB_KEY)
	{
		(void) JsonbIteratorNext(&iterator, &value, true);
		add_member(map, &key, &value);
	}
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
