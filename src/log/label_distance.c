/*
 * How far labels are apart.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/varlena.h"

#include "compat.h"

TM_FUNCTION(label_distance);

/* So much of a label is compared; the time grows with the square of it. */
#define COMPARED_MAX_BYTES 255

static int
compared_bytes(const text *label)
{
	return pg_mbcliplen(VARDATA_ANY(label), VARSIZE_ANY_EXHDR(label), COMPARED_MAX_BYTES);
}

/* The least number of characters put in, left out or replaced; beyond most, any number beyond. */
Datum
label_distance(PG_FUNCTION_ARGS)
{
	text *a = PG_GETARG_TEXT_PP(0);
	text *b = PG_GETARG_TEXT_PP(1);

	PG_RETURN_INT32(varstr_levenshtein_less_equal(VARDATA_ANY(a), compared_bytes(a), VARDATA_ANY(b),
												  compared_bytes(b), 1, 1, 1,
												  Max(PG_GETARG_INT32(2), 0), false));
}
