/*
 * What all targets share.
 */
#include "shim.h"

#include "mb/pg_wchar.h"

char *
fuzz_literal(const uint8 *data, size_t size)
{
	char *literal = palloc(size + 1);
	int length;

	memcpy(literal, data, size);
	literal[size] = '\0';
	length = (int) strlen(literal);
	return pg_encoding_verifymbstr(PG_UTF8, literal, length) == length ? literal : NULL;
}

Fault
fuzz_no_fault(void)
{
	Fault fault;

	memset(&fault, 0, sizeof(fault));
	fault.at = PG_UINT64_MAX;
	return fault;
}

void
fuzz_reject_literal(const Fault *fault, const char *type, const char *literal)
{
	MUST(fault->text[0] != '\0' && fault->at <= strlen(literal));
	(void) fault_report_literal(fault, type, literal, NULL);
	MUST(!"the fault of a literal was reported");
}

Bytes
bytes_of(const struct varlena *value)
{
	Bytes bytes = {(const uint8 *) VARDATA(value), VARSIZE(value) - VARHDRSZ};

	return bytes;
}

bool
bytes_equal(Bytes a, Bytes b)
{
	return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}
