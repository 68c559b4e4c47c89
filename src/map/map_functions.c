/*
 * Process maps from SQL.
 */
#include "postgres.h"

#include <math.h>

#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "base/sql_values.h"
#include "dfg/dfg_fmgr.h"
#include "map/map_labels.h"
#include "map/map_text.h"

TM_FUNCTION(process_map_dot);
TM_FUNCTION(process_map_mermaid);

static double
share_argument(FunctionCallInfo fcinfo, int n, const char *name)
{
	double share = PG_GETARG_FLOAT8(n);

	if (isnan(share) || share < 0 || share > 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be a share from 0 to 1, not %s", name,
							   float8out_internal(share))));
	return share;
}

/* The names of all measures, for a hint. */
static char *
known_measures(void)
{
	StringInfoData names;
	int i;

	initStringInfo(&names);
	for (i = 0; i < MAP_MEASURES; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", map_measure_names[i]);
	return names.data;
}

static void
read_measures(FunctionCallInfo fcinfo, int n, MapTelling *telling)
{
	uint32 count;
	Label *names = labels_of_array(PG_GETARG_ARRAYTYPE_P(n), "measures", &count);
	uint32 i;

	if (count > MAP_MEASURES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("measures has %u elements, but there are only %d", count, MAP_MEASURES)));
	for (i = 0; i < count; i++)
	{
		telling->measures[i] = map_measure(names[i]);
		if (telling->measures[i] == MAP_MEASURES)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("\"%.*s\" is no measure of a map", (int) names[i].length,
								   names[i].bytes),
							errhint("Measures are %s.", known_measures())));
	}
	telling->nmeasures = (int) count;
}

static const MapLanguage *
language_argument(FunctionCallInfo fcinfo, int n)
{
	char *code = text_to_cstring(PG_GETARG_TEXT_PP(n));
	const MapLanguage *language = map_language(code);

	if (language == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no language \"%s\" of a map", code), errhint("Languages are en and da.")));
	return language;
}

static const char *
orientation_argument(FunctionCallInfo fcinfo, int n)
{
	char *orientation = text_to_cstring(PG_GETARG_TEXT_PP(n));

	if (strlen(orientation) != 2 || strstr("TB LR BT RL", orientation) == NULL ||
		strchr(orientation, ' ') != NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("no orientation \"%s\" of a map", orientation),
						errhint("Orientations are TB (from top to bottom), LR (from left to "
								"right), BT and RL.")));
	return orientation;
}

/* The arguments of all maps: graph, activities, paths, measures, language, orientation. */
static Datum
draw(FunctionCallInfo fcinfo, void (*to_text)(StringInfo, const Map *, int64, const MapTelling *))
{
	double activities = share_argument(fcinfo, 1, "activities");
	double paths = share_argument(fcinfo, 2, "paths");
	MapTelling telling = {.language = language_argument(fcinfo, 4),
						  .orientation = orientation_argument(fcinfo, 5)};
	Dfg *dfg = PG_GETARG_DFG(0);
	Map *map = map_create(dfg);
	StringInfoData out;

	read_measures(fcinfo, 3, &telling);
	telling.is_business_time = dfg->calendar.length > 0;
	map_simplify(map, activities, paths);
	map_choose_scales(&telling, map);
	map_name_activities(map, telling.language);
	initStringInfo(&out);
	to_text(&out, map, dfg->cases, &telling);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

Datum
process_map_dot(PG_FUNCTION_ARGS)
{
	return draw(fcinfo, map_to_dot);
}

Datum
process_map_mermaid(PG_FUNCTION_ARGS)
{
	return draw(fcinfo, map_to_mermaid);
}
