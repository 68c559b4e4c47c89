/*
 * The words of a map in each language; numbers, durations and texts.
 */
#ifndef TM_MAP_WORDS_H
#define TM_MAP_WORDS_H

#include "lib/stringinfo.h"

#include "base/wide.h"

/* What a map can tell; the durations come last. */
typedef enum MapMeasure
{
	MAP_CASE_FREQUENCY,
	MAP_FREQUENCY,
	MAP_MAX_PER_CASE,
	MAP_MIN,
	MAP_MAX,
	MAP_MEAN,
	MAP_MEDIAN,
	MAP_P90,
	MAP_P95,
	MAP_TOTAL,
	MAP_MEASURES
} MapMeasure;

/* As dfg_edges() calls them; total is total_seconds, as a duration. */
extern const char *const map_measure_names[MAP_MEASURES];

typedef struct MapNoun
{
	const char *one;
	const char *many;
} MapNoun;

typedef struct MapLanguage
{
	const char *code;
	char thousands;   /* between these digits */
	const char *hour; /* the unit; d, min and s are the same in all */
	const char *start;
	const char *end;
	const char *empty; /* a label of nothing */
	MapNoun cases;
	MapNoun times;
	const char *max_per_case; /* formats of one number */
	const char *activities;   /* formats of two numbers */
	const char *paths;
	const char *durations[MAP_MEASURES];
	const char *thickness;
	const char *colour;
	const char *business_time;
} MapLanguage;

/* NULL for a code that is of none. */
extern const MapLanguage *map_language(const char *code);

/* With thousands separators. */
extern void map_put_number(StringInfo out, int64 number, const MapLanguage *language);

/* A number of cases or times. */
extern void map_put_counted(StringInfo out, int64 number, const MapNoun *noun,
							const MapLanguage *language);

/* By the rule in map.h. */
extern void map_put_duration(StringInfo out, Wide microseconds, bool is_business_time,
							 const MapLanguage *language);

/* Writes a character that may be of any meaning where a text comes to stand. */
typedef void (*MapEscape)(StringInfo out, uint32 character);

extern void map_put_text(StringInfo out, const char *text, MapEscape escape);

/* A character as it is, in UTF-8. */
extern void map_put_character(StringInfo out, uint32 character);

#endif
