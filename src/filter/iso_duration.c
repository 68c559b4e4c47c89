/*
 * Durations in text.
 */
#include "postgres.h"

#include "base/instant.h"
#include "filter/iso_duration.h"

/* The units before the T and after it, in the order in which they must come. */
typedef struct DurationUnit
{
	char letter;
	bool is_time;
	uint64 microseconds;
} DurationUnit;

static const DurationUnit units[] = {{'W', false, 7 * USECS_PER_DAY},
									 {'D', false, USECS_PER_DAY},
									 {'H', true, USECS_PER_HOUR},
									 {'M', true, USECS_PER_MINUTE},
									 {'S', true, USECS_PER_SEC}};

/* Reads the digits after the point, which only seconds may have. */
static bool
point_in(Cursor *cursor, int64 *microseconds)
{
	return fraction_in(cursor, "duration", microseconds) &&
		   (*cursor->pos == 'S' || cursor_fault(cursor, "only seconds have a fraction"));
}

/* Finds the unit that comes next, which must come after the one before; -1 for none. */
static int
find_unit(char letter, bool is_time, int after)
{
	for (int i = after + 1; i < lengthof(units); i++)
		if (units[i].letter == letter && units[i].is_time == is_time)
			return i;
	return -1;
}

/* Reads a number and its unit, and adds them. */
static bool
component_in(Cursor *cursor, bool is_time, int *unit, uint64 *microseconds)
{
	uint64 number;
	int64 fraction = 0;
	uint64 left;

	if (!cursor_uint(cursor, "a number", INSTANT_MAX_SPAN, &number) ||
		(cursor_accept(cursor, '.') && !point_in(cursor, &fraction)))
		return false;
	if (!is_time && (*cursor->pos == 'Y' || *cursor->pos == 'M'))
		return cursor_fault(cursor, "months and years have no length of their own; say days");
	*unit = find_unit(*cursor->pos, is_time, *unit);
	if (*unit < 0)
		return cursor_fault(cursor, "expected %s",
							is_time ? "H, M or S, in this order" : "W, D or T, in this order");
	cursor->pos++;
	left = INSTANT_MAX_SPAN - *microseconds;
	if ((uint64) fraction > left || number > (left - (uint64) fraction) / units[*unit].microseconds)
		return cursor_fault(cursor, "duration is longer than any two times are apart");
	*microseconds += number * units[*unit].microseconds + (uint64) fraction;
	return true;
}

bool
iso_duration_in(Cursor *cursor, uint64 *microseconds)
{
	bool is_time = false;
	bool any = false;
	int unit = -1;

	*microseconds = 0;
	if (!cursor_expect(cursor, 'P'))
		return false;
	for (;;)
	{
		if (!is_time && cursor_accept(cursor, 'T'))
		{
			is_time = true;
			any = false;
		}
		if (any && !cursor_is_digit(cursor))
			return true;
		if (!component_in(cursor, is_time, &unit, microseconds))
			return false;
		any = true;
	}
}
