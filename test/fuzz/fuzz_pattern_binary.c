/*
 * Bytes of patterns: a fault that names a place, or the one form of a valid value.
 */
#include "shim.h"

#include "pattern/pattern_tree.h"

void
fuzz_one(const uint8 *data, size_t size)
{
	Bytes value = {data, size};
	Fault fault = fuzz_no_fault();

	if (pattern_tree_read(data, size, &fault) != NULL)
		fuzz_check_pattern(value);
	else
		MUST(fault.text[0] != '\0' && fault.at <= size);
}
