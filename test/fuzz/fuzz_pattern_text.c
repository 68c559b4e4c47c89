/*
 * Literals of patterns: a fault that names a place, or a valid value.
 */
#include "shim.h"

#include "pattern/pattern_tree.h"

void
fuzz_one(const uint8 *data, size_t size)
{
	char *literal = fuzz_literal(data, size);
	Fault fault = fuzz_no_fault();
	PatternTree *tree;

	if (literal == NULL)
		return;
	tree = pattern_tree_from_text(literal, &fault);
	if (tree == NULL)
		fuzz_reject_literal(&fault, "trace_pattern", literal);
	fuzz_check_pattern(bytes_of(pattern_tree_store(tree)));
}
