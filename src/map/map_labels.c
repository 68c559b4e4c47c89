/*
 * Labels as they are shown in a map.
 */
#include "postgres.h"

#include "common/unicode_norm.h"
#include "mb/pg_wchar.h"

#include "map/map_labels.h"

#define BLANK_MARK "␣"
#define MARK_BEGIN "‹"
#define MARK_END "›"
#define NO_VALUE "–"
#define ELLIPSIS "…"

typedef struct CharacterRange
{
	uint32 first;
	uint32 last;
} CharacterRange;

/*
 * What is shown by its code: of Unicode's general categories Cc, Cf, Co, Zs, Zl
 * and Zp all but the blank, what is ignorable by default, the Braille pattern of
 * no dot, the replaced object, and ‹ and ␣. Noncharacters stand in no table.
 */
static const CharacterRange hidden[] = {
	{0x00, 0x1F},       {0x7F, 0xA0},       {0xAD, 0xAD},       {0x34F, 0x34F},
	{0x600, 0x605},     {0x61C, 0x61C},     {0x6DD, 0x6DD},     {0x70F, 0x70F},
	{0x890, 0x891},     {0x8E2, 0x8E2},     {0x115F, 0x1160},   {0x1680, 0x1680},
	{0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x2000, 0x200F},   {0x2028, 0x202F},
	{0x2039, 0x2039},   {0x205F, 0x206F},   {0x2423, 0x2423},   {0x2800, 0x2800},
	{0x3000, 0x3000},   {0x3164, 0x3164},   {0xE000, 0xF8FF},   {0xFDD0, 0xFDEF},
	{0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFC},
	{0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3},
	{0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}, {0xF0000, 0x10FFFF}};

static bool
is_hidden(uint32 character)
{
	int i;

	for (i = 0; i < lengthof(hidden); i++)
		if (character <= hidden[i].last)
			break;
	return character >= hidden[i].first || (character & 0xFFFE) == 0xFFFE;
}

static bool
is_ascii(Label label)
{
	uint32 i;

	for (i = 0; i < label.length; i++)
		if (IS_HIGHBIT_SET(label.bytes[i]))
			return false;
	return true;
}

/* Whether a label is in Unicode's normal form C. */
static bool
is_normal(Label label)
{
	const unsigned char *p = (const unsigned char *) label.bytes;
	const unsigned char *end = p + label.length;
	pg_wchar *characters;
	pg_wchar *normal;
	int count = 0;

	if (is_ascii(label))
		return true;
	characters = palloc((label.length + 1) * sizeof(pg_wchar));
	for (; p < end; p += pg_utf_mblen(p))
		characters[count++] = utf8_to_unicode(p);
	characters[count] = 0;
	normal = unicode_normalize(UNICODE_NFC, characters);
	return memcmp(characters, normal, (count + 1) * sizeof(pg_wchar)) == 0;
}

/* Whether a blank has other characters than blanks on both sides. */
static bool
is_lone_blank(Label label, uint32 at)
{
	return at > 0 && at + 1 < label.length && label.bytes[at - 1] != ' ' &&
		   label.bytes[at + 1] != ' ';
}

static void
put_code(StringInfo out, uint32 character)
{
	appendStringInfo(out, MARK_BEGIN "U+%04X" MARK_END, character);
}

static void
put_readable(StringInfo out, Label label)
{
	bool is_told_by_code = !is_normal(label);
	uint32 at;
	int length;

	for (at = 0; at < label.length; at += length)
	{
		const unsigned char *p = (const unsigned char *) label.bytes + at;
		uint32 character = utf8_to_unicode(p);

		length = pg_utf_mblen(p);
		if (character == ' ' && !is_lone_blank(label, at))
			appendStringInfoString(out, BLANK_MARK);
		else if (is_hidden(character) || (is_told_by_code && length > 1))
			put_code(out, character);
		else
			appendBinaryStringInfo(out, (const char *) p, length);
	}
}

/* A label as it is shown. */
static char *
readable(Label label, const MapLanguage *language)
{
	StringInfoData out;

	initStringInfo(&out);
	if (label.length == 0)
		appendStringInfo(&out, MARK_BEGIN "%s" MARK_END, language->empty);
	else if (slice_equal(label, slice_of_string(NO_VALUE)))
		put_code(&out, utf8_to_unicode((const unsigned char *) NO_VALUE));
	else
		put_readable(&out, label);
	return out.data;
}

/* The bytes of a character, or of a whole mark. */
static int
piece_length(const char *text)
{
	if (strncmp(text, MARK_BEGIN, strlen(MARK_BEGIN)) == 0)
		return strstr(text, MARK_END) + strlen(MARK_END) - text;
	return pg_utf_mblen((const unsigned char *) text);
}

/* A text of at most so many characters: what is longer loses its middle. */
static char *
cut(char *text, int limit)
{
	int total = pg_mbstrlen(text);
	int most_before = (limit - 1) * 2 / 3;
	int most_behind = limit - 1 - most_before;
	int count = 0;
	int before = 0; /* bytes from the beginning that are left */
	int at = 0;

	if (total <= limit)
		return text;
	while (total - count > most_behind)
	{
		int length = piece_length(text + at);

		count += pg_mbstrlen_with_len(text + at, length);
		at += length;
		if (count <= most_before)
			before = at;
	}
	return psprintf("%.*s" ELLIPSIS "%s", before, text, text + at);
}

static int
compare_names(const void *a, const void *b)
{
	const MapActivity *const *left = a;
	const MapActivity *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

/* Of activities by their names, whether one has that of a neighbour. */
static bool
is_alike(MapActivity **sorted, uint32 i, uint32 count)
{
	return (i > 0 && compare_names(&sorted[i - 1], &sorted[i]) == 0) ||
		   (i + 1 < count && compare_names(&sorted[i], &sorted[i + 1]) == 0);
}

/* Numbers the names that are not of one activity alone. */
static void
tell_apart(Map *map)
{
	MapActivity **sorted = palloc((map->nactivities + 1) * sizeof(MapActivity *));
	bool *alike = palloc0((map->nactivities + 1) * sizeof(bool));
	int number = 0;
	uint32 i;

	for (i = 0; i < map->nactivities; i++)
		sorted[i] = &map->activities[i];
	qsort(sorted, map->nactivities, sizeof(MapActivity *), compare_names);
	for (i = 0; i < map->nactivities; i++)
		alike[sorted[i] - map->activities] = is_alike(sorted, i, map->nactivities);
	for (i = 0; i < map->nactivities; i++)
		if (alike[i])
			map->activities[i].name =
				psprintf("%s" MARK_BEGIN "%d" MARK_END, map->activities[i].name, ++number);
}

void
map_name_activities(Map *map, const MapLanguage *language)
{
	uint32 i;

	for (i = 0; i < map->nactivities; i++)
	{
		MapActivity *activity = &map->activities[i];

		activity->text = readable(activity->label, language);
		activity->name = cut(activity->text, MAP_NAME_CHARACTERS);
	}
	tell_apart(map);
}
