/*
 * What has been made of an argument, kept from call to call.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "compat.h"

#include "base/kept.h"

bool
kept_is_same(const struct varlena *a, const struct varlena *b)
{
	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
		   memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

void *
kept_get(Kept *kept, MemoryContext parent, const struct varlena *value, KeptMake make)
{
	MemoryContext before;

	if (kept->made != NULL && kept_is_same(kept->value, value))
		return kept->made;
	if (kept->context != NULL)
		MemoryContextDelete(kept->context);
	memset(kept, 0, sizeof(Kept));
	kept->context = AllocSetContextCreate(parent, "kept argument", ALLOCSET_DEFAULT_SIZES);
	before = MemoryContextSwitchTo(kept->context);
	kept->value = palloc(VARSIZE_ANY(value));
	memcpy(kept->value, value, VARSIZE_ANY(value));
	kept->made = make(kept->value);
	MemoryContextSwitchTo(before);
	return kept->made;
}

Kept *
kept_of_call(FunctionCallInfo fcinfo, int count)
{
	FmgrInfo *flinfo = fcinfo->flinfo;

	if (flinfo->fn_extra == NULL)
		flinfo->fn_extra = MemoryContextAllocZero(flinfo->fn_mcxt, count * sizeof(Kept));
	return flinfo->fn_extra;
}
