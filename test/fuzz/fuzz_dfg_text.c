/*
 * Literals of graphs: a fault that names a place, or a valid value.
 */
#include "shim.h"

#include "dfg/dfg.h"

void
fuzz_one(const uint8 *data, size_t size)
{
	char *literal = fuzz_literal(data, size);
	Fault fault = fuzz_no_fault();
	struct varlena *value;

	if (literal == NULL)
		return;
	value = dfg_from_text(literal, &fault);
	if (value == NULL)
		fuzz_reject_literal(&fault, "dfg", literal);
	fuzz_check_dfg(bytes_of(value));
}
