/*
 * How far two labels are from each other, by PostgreSQL's own edit distance.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

#include "compat.h"

TM_FUNCTION(label_distance);

/* Of longer labels the beginning is compared: PostgreSQL takes no more. */
#define COMPARED_BYTES 255

static int
compared_bytes(const text *label)
{
	int length = (int) VARSIZE_ANY_EXHDR(label);

	return length <= COMPARED_BYTES ? length
									: pg_mbcliplen(VARDATA_ANY(label), length, COMPARED_BYTES);
}

/* The number of letters to insert, delete or change. */
Datum
label_distance(PG_FUNCTION_ARGS)
{
	text *a = PG_GETARG_TEXT_PP(0);
	text *b = PG_GETARG_TEXT_PP(1);

	PG_RETURN_INT32(varstr_levenshtein(VARDATA_ANY(a), compared_bytes(a), VARDATA_ANY(b),
									   compared_bytes(b), 1, 1, 1, false));
}
