/*
 * What stands in for the server when the core is fuzzed alone, and what all
 * targets share.
 */
#ifndef FUZZ_SHIM_H
#define FUZZ_SHIM_H

#include "postgres.h"

#include "compat.h"

#include "base/fault.h"

/* Not the server's: ASan sees what the C library's write. */
#undef fprintf
#undef snprintf
#undef sprintf
#undef vsnprintf
#undef vsprintf

/* A finding: says what does not hold, and stops in a way that libFuzzer notices. */
#define MUST(condition) \
	do \
	{ \
		if (!(condition)) \
			shim_finding(#condition, __FILE__, __LINE__); \
	} while (0)

pg_noreturn extern void shim_finding(const char *what, const char *file, int line);

/* Runs the body; false if it threw, with the SQLSTATE of that in shim_error. */
extern bool shim_try(void (*body)(void *arg), void *arg);
extern int shim_error;

/* Frees all that the core has allocated. */
extern void shim_free_all(void);

/* The target: may throw the errors that SQL users may see, and no other. */
extern void fuzz_one(const uint8 *data, size_t size);

/* The input as a literal that the server would let through, or NULL. */
extern char *fuzz_literal(const uint8 *data, size_t size);

/* A fault that says nothing yet; and reports what a literal has got, which throws. */
extern Fault fuzz_no_fault(void);
pg_noreturn extern void fuzz_reject_literal(const Fault *fault, const char *type,
											const char *literal);

/* Bytes of a value without varlena header. */
typedef struct Bytes
{
	const uint8 *data;
	size_t size;
} Bytes;

extern Bytes bytes_of(const struct varlena *value);
extern bool bytes_equal(Bytes a, Bytes b);

/* What must hold of each valid value. */
extern void fuzz_check_trace(Bytes value);
extern void fuzz_check_dfg(Bytes value);
extern void fuzz_check_pattern(Bytes value);

/* Takes the next byte of the input, 0 after its end. */
static inline uint8
take_byte(Bytes *input)
{
	if (input->size == 0)
		return 0;
	input->size--;
	return *input->data++;
}

static inline uint64
take_uint(Bytes *input, int width)
{
	uint64 value = 0;

	while (width-- > 0)
		value = value << 8 | take_byte(input);
	return value;
}

#endif
