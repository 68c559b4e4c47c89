/*
 * What is wrong with a value that came from outside, and where.
 *
 * The core's checks return false and fill in a Fault; the SQL wrappers throw
 * it with the SQLSTATE of the border at which it was found.
 */
#ifndef TM_FAULT_H
#define TM_FAULT_H

#include "compat.h"

typedef struct Fault
{
	bool is_limit;    /* the value is well-formed, but beyond a named limit */
	uint64 at;        /* byte at which the fault was noticed, from 0 */
	const char *hint; /* what to do about it, or NULL */
	char text[192];   /* one clause, without place or full stop */
} Fault;

/* Notes a fault at a place; returns false, for the caller to return. */
extern bool fault_at(Fault *fault, uint64 at, const char *format, ...) pg_attribute_printf(3, 4);

/* Notes that a value is beyond a limit; returns false likewise. */
extern bool fault_limit(Fault *fault, const char *what, const char *units, uint64 value,
						uint64 limit, const char *hint);

/* Throws the fault of a binary or stored value, or of a limit. */
pg_noreturn extern void fault_throw_limit(const Fault *fault);
pg_noreturn extern void fault_throw_received(const Fault *fault, const char *type);
pg_noreturn extern void fault_throw_stored(const Fault *fault, const char *type);

/* Reports the fault of a literal, softly where the caller can take that. */
struct Node;
extern Datum fault_report_literal(const Fault *fault, const char *type, const char *literal,
								  struct Node *escontext);

#endif
