/*
 * A place in a literal that is being parsed. The literal ends with a zero
 * byte, at which every step stops.
 */
#ifndef TM_CURSOR_H
#define TM_CURSOR_H

#include "base/fault.h"

typedef struct Cursor
{
	const char *start;
	const char *pos;
	Fault *fault;
} Cursor;

/* White space of literals, whatever the locale. */
static inline bool
is_white_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline void
cursor_skip_space(Cursor *cursor)
{
	while (is_white_space(*cursor->pos))
		cursor->pos++;
}

/* Takes the character if it comes next. */
static inline bool
cursor_accept(Cursor *cursor, char wanted)
{
	if (*cursor->pos != wanted)
		return false;
	cursor->pos++;
	return true;
}

/* Notes a fault at the cursor; returns false. */
#define cursor_fault(cursor, ...) \
	fault_at((cursor)->fault, (uint64) ((cursor)->pos - (cursor)->start), __VA_ARGS__)

static inline bool
cursor_expect(Cursor *cursor, char wanted)
{
	return cursor_accept(cursor, wanted) || cursor_fault(cursor, "expected \"%c\"", wanted);
}

/* Takes white space, of which there must be some. */
static inline bool
cursor_expect_space(Cursor *cursor)
{
	const char *first = cursor->pos;

	cursor_skip_space(cursor);
	return cursor->pos > first || cursor_fault(cursor, "expected a space");
}

static inline bool
cursor_is_digit(const Cursor *cursor)
{
	return *cursor->pos >= '0' && *cursor->pos <= '9';
}

/* Reads an integer without sign, up to a limit. */
static inline bool
cursor_uint(Cursor *cursor, const char *what, uint64 limit, uint64 *value)
{
	const char *first = cursor->pos;
	uint64 result = 0;

	*value = 0;
	for (; cursor_is_digit(cursor); cursor->pos++)
	{
		unsigned digit = (unsigned) (*cursor->pos - '0');

		if (result > limit / 10 || digit > limit || result * 10 > limit - digit)
			return cursor_fault(cursor, "%s is above " UINT64_FORMAT, what, limit);
		result = result * 10 + digit;
	}
	*value = result;
	return cursor->pos > first || cursor_fault(cursor, "expected %s", what);
}

#endif
