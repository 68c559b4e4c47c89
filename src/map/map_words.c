/*
 * The words of a map in each language; numbers, durations and texts.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "map/map_words.h"

const char *const map_measure_names[MAP_MEASURES] = {
	[MAP_CASE_FREQUENCY] = "case_frequency",
	[MAP_FREQUENCY] = "frequency",
	[MAP_MAX_PER_CASE] = "max_per_case",
	[MAP_MIN] = "min",
	[MAP_MAX] = "max",
	[MAP_MEAN] = "mean",
	[MAP_MEDIAN] = "median",
	[MAP_P90] = "p90",
	[MAP_P95] = "p95",
	[MAP_TOTAL] = "total",
};

static const MapLanguage languages[] = {
	{
		.code = "en",
		.thousands = ',',
		.hour = "h",
		.start = "Start",
		.end = "End",
		.empty = "empty",
		.cases = {"case", "cases"},
		.times = {"time", "times"},
		.max_per_case = "at most %s per case",
		.activities = "%s of %s activities",
		.paths = "%s of %s paths",
		.durations =
			{
				[MAP_MIN] = "shortest",
				[MAP_MAX] = "longest",
				[MAP_MEAN] = "mean",
				[MAP_MEDIAN] = "median",
				[MAP_P90] = "90 % within",
				[MAP_P95] = "95 % within",
				[MAP_TOTAL] = "total",
			},
		.thickness = "Thickness",
		.colour = "Colour",
		.business_time = "business time",
	},
	{
		.code = "da",
		.thousands = '.',
		.hour = "t",
		.start = "Start",
		.end = "Slut",
		.empty = "tom",
		.cases = {"sag", "sager"},
		.times = {"gang", "gange"},
		.max_per_case = "højst %s pr. sag",
		.activities = "%s af %s aktiviteter",
		.paths = "%s af %s overgange",
		.durations =
			{
				[MAP_MIN] = "korteste",
				[MAP_MAX] = "længste",
				[MAP_MEAN] = "gennemsnit",
				[MAP_MEDIAN] = "median",
				[MAP_P90] = "90 % inden for",
				[MAP_P95] = "95 % inden for",
				[MAP_TOTAL] = "i alt",
			},
		.thickness = "Tykkelse",
		.colour = "Farve",
		.business_time = "arbejdstid",
	},
};

const MapLanguage *
map_language(const char *code)
{
	int i;

	for (i = 0; i < lengthof(languages); i++)
		if (strcmp(languages[i].code, code) == 0)
			return &languages[i];
	return NULL;
}

static void
put_digits(StringInfo out, const char *digits, int length, const MapLanguage *language)
{
	int i;

	for (i = 0; i < length; i++)
	{
		if (i > 0 && (length - i) % 3 == 0)
			appendStringInfoChar(out, language->thousands);
		appendStringInfoChar(out, digits[i]);
	}
}

void
map_put_number(StringInfo out, int64 number, const MapLanguage *language)
{
	char digits[MAXINT8LEN + 1];

	put_digits(out, digits, pg_lltoa(number, digits), language);
}

void
map_put_counted(StringInfo out, int64 number, const MapNoun *noun, const MapLanguage *language)
{
	map_put_number(out, number, language);
	appendStringInfo(out, " %s", number == 1 ? noun->one : noun->many);
}

/* Rounded half up to a unit. */
static Wide
rounded(Wide microseconds, uint64 unit)
{
	wide_add_u64(&microseconds, unit / 2);
	wide_divide(&microseconds, unit);
	return microseconds;
}

static bool
is_below(const Wide *number, uint64 limit)
{
	Wide wide_limit = wide_of(limit);

	return wide_compare(number, &wide_limit) < 0;
}

/* A number of small units as so many great ones, each of so many small ones, and the rest. */
static void
put_units(StringInfo out, Wide number, uint64 ratio, const char *great, const char *small,
		  const MapLanguage *language)
{
	char digits[WIDE_MAX_DIGITS + 1];
	unsigned rest = (unsigned) wide_divide(&number, ratio);
	Wide none = wide_of(0);
	bool has_great = wide_compare(&number, &none) != 0;

	if (has_great)
	{
		put_digits(out, digits, wide_out(digits, &number), language);
		appendStringInfo(out, " %s", great);
	}
	if (rest > 0 || !has_great)
		appendStringInfo(out, "%s%u %s", has_great ? " " : "", rest, small);
}

void
map_put_duration(StringInfo out, Wide microseconds, bool is_business_time,
				 const MapLanguage *language)
{
	Wide seconds = rounded(microseconds, USECS_PER_SEC);
	Wide minutes = rounded(microseconds, USECS_PER_MINUTE);

	if (is_below(&seconds, SECS_PER_HOUR))
		put_units(out, seconds, SECS_PER_MINUTE, "min", "s", language);
	else if (is_business_time || is_below(&minutes, MINS_PER_HOUR * HOURS_PER_DAY))
		put_units(out, minutes, MINS_PER_HOUR, language->hour, "min", language);
	else
		put_units(out, rounded(microseconds, USECS_PER_HOUR), HOURS_PER_DAY, "d", language->hour,
				  language);
}

void
map_put_character(StringInfo out, uint32 character)
{
	unsigned char bytes[MAX_MULTIBYTE_CHAR_LEN];

	unicode_to_utf8(character, bytes);
	appendBinaryStringInfo(out, (char *) bytes, pg_utf_mblen(bytes));
}

void
map_put_text(StringInfo out, const char *text, MapEscape escape)
{
	const unsigned char *p = (const unsigned char *) text;

	for (; *p != '\0'; p += pg_utf_mblen(p))
		escape(out, utf8_to_unicode(p));
}
