/*
 * The figures of a map, as lines of text, thickness and colour.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "dfg/dfg_statistics.h"
#include "map/map_figures.h"

static const char *const class_colours[MAP_CLASSES] = MAP_CLASS_COLOURS;
static const int class_limits[MAP_CLASSES - 1] = MAP_CLASS_LIMITS;
static const int business_class_limits[MAP_CLASSES - 1] = MAP_BUSINESS_CLASS_LIMITS;

MapMeasure
map_measure(Label name)
{
	int i;

	for (i = 0; i < MAP_MEASURES; i++)
	{
		Label known = {map_measure_names[i], (uint32) strlen(map_measure_names[i])};

		if (label_equal(known, name))
			break;
	}
	return (MapMeasure) i;
}

static inline bool
is_duration(MapMeasure measure)
{
	return measure >= MAP_MIN;
}

static Wide
duration_of(DfgEdge *figures, MapMeasure measure)
{
	DurationStatistics statistics;

	if (measure == MAP_TOTAL)
		return figures->durations.total;
	if (measure == MAP_MIN)
		return wide_of(figures->durations.min);
	if (measure == MAP_MAX)
		return wide_of(figures->durations.max);
	durations_describe(&figures->durations, &statistics);
	if (measure == MAP_MEAN)
		return wide_of(statistics.mean);
	return wide_of(statistics.percentiles[measure - MAP_MEDIAN]);
}

static inline int64
frequency_of(const MapEdge *edge, MapMeasure measure)
{
	return measure == MAP_FREQUENCY ? edge->frequency : edge->case_frequency;
}

static bool
is_asked_for(const MapTelling *telling, MapMeasure measure)
{
	int i;

	for (i = 0; i < telling->nmeasures; i++)
		if (telling->measures[i] == measure)
			return true;
	return false;
}

/* The first duration that is asked for, but for the total, which grows with the frequency. */
static MapMeasure
measure_of_colour(const MapTelling *telling)
{
	int i;

	for (i = 0; i < telling->nmeasures; i++)
		if (is_duration(telling->measures[i]) && telling->measures[i] != MAP_TOTAL)
			return telling->measures[i];
	return MAP_MEDIAN;
}

void
map_choose_scales(MapTelling *telling, const Map *map)
{
	uint32 i;

	telling->colour = measure_of_colour(telling);
	telling->thickness =
		is_asked_for(telling, MAP_FREQUENCY) && !is_asked_for(telling, MAP_CASE_FREQUENCY)
			? MAP_FREQUENCY
			: MAP_CASE_FREQUENCY;
	telling->greatest = 1;
	for (i = 0; i < map->nedges; i++)
		if (map->edges[i].is_shown)
			telling->greatest =
				Max(telling->greatest, frequency_of(&map->edges[i], telling->thickness));
}

static void
put_max_per_case(StringInfo out, int64 number, const MapLanguage *language)
{
	StringInfoData digits;

	initStringInfo(&digits);
	map_put_number(&digits, number, language);
	appendStringInfo(out, language->max_per_case, digits.data);
	pfree(digits.data);
}

static void
put_count(StringInfo out, const DfgCount *count, MapMeasure measure, const MapLanguage *language)
{
	if (measure == MAP_CASE_FREQUENCY)
		map_put_counted(out, count->case_frequency, &language->cases, language);
	else if (measure == MAP_FREQUENCY)
		map_put_counted(out, count->frequency, &language->times, language);
	else
		put_max_per_case(out, count->max_per_case, language);
}

/* The figures of an edge of the graph; counts alone where there are no durations. */
static void
put_measures(StringInfo out, const DfgCount *count, DfgEdge *figures, const MapTelling *telling,
			 const char *separator)
{
	int i;

	for (i = 0; i < telling->nmeasures; i++)
	{
		MapMeasure measure = telling->measures[i];

		if (is_duration(measure) && figures == NULL)
			continue;
		appendStringInfoString(out, separator);
		if (!is_duration(measure))
		{
			put_count(out, count, measure, telling->language);
			continue;
		}
		appendStringInfo(out, "%s ", telling->language->durations[measure]);
		map_put_duration(out, duration_of(figures, measure), telling->is_business_time,
						 telling->language);
	}
}

const char *
map_edge_figures(StringInfo scratch, const MapEdge *edge, const MapTelling *telling,
				 const char *separator)
{
	DfgCount count = {.frequency = edge->frequency,
					  .case_frequency = edge->case_frequency,
					  .max_per_case = edge->figures ? edge->figures->count.max_per_case : 1};

	resetStringInfo(scratch);
	put_measures(scratch, &count, edge->figures, telling, separator);
	return scratch->len == 0 ? scratch->data : scratch->data + strlen(separator);
}

void
map_put_activity_figures(StringInfo out, const MapActivity *activity, const MapTelling *telling,
						 const char *separator)
{
	put_measures(out, &activity->figures->count, NULL, telling, separator);
}

static void
put_part(StringInfo out, const char *format, int64 part, int64 whole, const MapLanguage *language)
{
	StringInfoData digits[2];

	initStringInfo(&digits[0]);
	initStringInfo(&digits[1]);
	map_put_number(&digits[0], part, language);
	map_put_number(&digits[1], whole, language);
	appendStringInfo(out, format, digits[0].data, digits[1].data);
}

void
map_put_extent(StringInfo out, const Map *map, int64 cases, const MapTelling *telling)
{
	const MapLanguage *language = telling->language;
	int64 activities = 0;
	int64 paths = 0;
	uint32 i;

	for (i = 0; i < map->nactivities; i++)
		activities += map->activities[i].is_shown;
	for (i = 0; i < map->nedges; i++)
		paths += map->edges[i].is_shown;
	map_put_counted(out, cases, &language->cases, language);
	appendStringInfoString(out, " · ");
	put_part(out, language->activities, activities, map->nactivities, language);
	appendStringInfoString(out, " · ");
	put_part(out, language->paths, paths, map->nedges, language);
}

void
map_put_scales(StringInfo out, const MapTelling *telling)
{
	const MapLanguage *language = telling->language;

	appendStringInfo(out, "%s: %s · %s: %s", language->thickness,
					 telling->thickness == MAP_FREQUENCY ? language->times.many
														 : language->cases.many,
					 language->colour, language->durations[telling->colour]);
	if (telling->is_business_time)
		appendStringInfo(out, " (%s)", language->business_time);
}

static Wide
class_limit(int class, bool is_business_time)
{
	const int *limits = is_business_time ? business_class_limits : class_limits;

	return wide_of((uint64) limits[class] * USECS_PER_HOUR);
}

void
map_put_class(StringInfo out, int class, const char *below, const char *not_below,
			  const MapTelling *telling)
{
	bool is_last = class == MAP_CLASSES - 1;

	appendStringInfo(out, "%s ", is_last ? not_below : below);
	map_put_duration(out, class_limit(is_last ? class - 1 : class, telling->is_business_time),
					 telling->is_business_time, telling->language);
}

const char *
map_class_colour(int class)
{
	return class_colours[class];
}

int
map_thickness(const MapEdge *edge, const MapTelling *telling)
{
	double share = (double) frequency_of(edge, telling->thickness) / (double) telling->greatest;

	return 10 + (int) (50 * share + 0.5);
}

const char *
map_colour(const MapEdge *edge, const MapTelling *telling)
{
	Wide duration;
	int class;

	if (edge->figures == NULL)
		return MAP_NEUTRAL_COLOUR;
	duration = duration_of(edge->figures, telling->colour);
	for (class = 0; class < MAP_CLASSES - 1; class ++)
	{
		Wide limit = class_limit(class, telling->is_business_time);

		if (wide_compare(&duration, &limit) < 0)
			break;
	}
	return class_colours[class];
}
