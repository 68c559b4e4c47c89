/*
 * How far labels are apart.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/varlena.h"

#include "compat.h"

TM_FUNCTION(label_distance);

/* The least number of characters put in, left out or replaced; beyond most, any number beyond. */
Datum
label_distance(PG_FUNCTION_ARGS)
{
	text *a = PG_GETARG_TEXT_PP(0);
	text *b = PG_GETARG_TEXT_PP(1);

	PG_RETURN_INT32(varstr_levenshtein_less_equal(VARDATA_ANY(a), VARSIZE_ANY_EXHDR(a),
												  VARDATA_ANY(b), VARSIZE_ANY_EXHDR(b), 1, 1, 1,
												  Max(PG_GETARG_INT32(2), 0), false));
}
