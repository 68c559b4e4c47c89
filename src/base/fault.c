/*
 * Faults of values from outside, and how they are reported.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "compat.h"

#include "base/fault.h"

/* How much of a bad literal an error message repeats, in bytes. */
#define LITERAL_SHOWN 64

bool
fault_at(Fault *fault, uint64 at, const char *format, ...)
{
	va_list args;

	fault->is_limit = false;
	fault->at = at;
	fault->hint = NULL;
	va_start(args, format);
	vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
	return false;
}

bool
fault_limit(Fault *fault, const char *what, const char *units, uint64 value, uint64 limit,
			const char *hint)
{
	fault->is_limit = true;
	fault->at = 0;
	fault->hint = hint;
	snprintf(fault->text, sizeof(fault->text),
			 "%s has " UINT64_FORMAT " %s, but the limit is " UINT64_FORMAT, what, value, units,
			 limit);
	return false;
}

void
fault_throw_limit(const Fault *fault)
{
	ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("%s", fault->text),
					fault->hint ? errhint("%s", fault->hint) : 0));
	pg_unreachable();
}

void
fault_throw_received(const Fault *fault, const char *type)
{
	if (fault->is_limit)
		fault_throw_limit(fault);
	ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					errmsg("invalid binary representation of type %s", type),
					errdetail("At byte " UINT64_FORMAT ": %s.", fault->at + 1, fault->text)));
	pg_unreachable();
}

void
fault_throw_stored(const Fault *fault, const char *type)
{
	if (fault->is_limit)
		fault_throw_limit(fault);
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("damaged value of type %s", type),
					errdetail("At byte " UINT64_FORMAT ": %s.", fault->at + 1, fault->text)));
	pg_unreachable();
}

Datum
fault_report_literal(const Fault *fault, const char *type, const char *literal,
					 struct Node *escontext)
{
	size_t length = strlen(literal);
	int shown = pg_mbcliplen(literal, (int) Min(length, 2 * LITERAL_SHOWN), LITERAL_SHOWN);
	int character = pg_mbstrlen_with_len(literal, (int) Min(fault->at, length)) + 1;

	if (fault->is_limit)
		ereturn(escontext, (Datum) 0,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("%s", fault->text),
				 fault->hint ? errhint("%s", fault->hint) : 0));
	ereturn(escontext, (Datum) 0,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%.*s%s\"", type, shown, literal,
					length > (size_t) shown ? "..." : ""),
			 errdetail("At character %d: %s.", character, fault->text)));
}
