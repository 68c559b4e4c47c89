/*
 * Values of SQL Server on their way from a foreign table into a local one,
 * checked: an error names the column and the row.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "compat.h"

#include "nsp/tds_time.h"

TM_FUNCTION(tds_timestamp);
TM_FUNCTION(tds_text);

/* So much of a wrong value is shown. */
#define SHOWN_BYTES 60

/* A time is no longer than this; a copy on the stack saves an allocation a row. */
#define TIME_BYTES 64

static const char *
literal_of(const text *value, char *buffer)
{
	Size length = VARSIZE_ANY_EXHDR(value);

	if (length >= TIME_BYTES)
		return text_to_cstring(value);
	memcpy(buffer, VARDATA_ANY(value), length);
	buffer[length] = '\0';
	return buffer;
}

/* The row of a value, of whatever type its key is: made into text only for an error. */
static char *
row_of(FunctionCallInfo fcinfo)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, 2);
	Oid output;
	bool is_varlena;

	if (PG_ARGISNULL(2) || !OidIsValid(type))
		return "unknown";
	getTypeOutputInfo(type, &output, &is_varlena);
	return OidOutputFunctionCall(output, PG_GETARG_DATUM(2));
}

/* Where a value stands, for the detail of an error: arguments 1 and 2, the column and the row. */
static char *
place_of(FunctionCallInfo fcinfo)
{
	if (PG_NARGS() < 3)
		return NULL;
	return psprintf("Column %s, row %s.",
					PG_ARGISNULL(1) ? "unknown" : text_to_cstring(PG_GETARG_TEXT_PP(1)),
					row_of(fcinfo));
}

Datum
tds_timestamp(PG_FUNCTION_ARGS)
{
	Fault fault;
	Cursor cursor = {.fault = &fault};
	Timestamp at;
	int length;
	char *place;
	char buffer[TIME_BYTES];

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	cursor.start = cursor.pos = literal_of(PG_GETARG_TEXT_PP(0), buffer);
	if (tds_time_in(&cursor, &at))
		PG_RETURN_TIMESTAMP(at);
	place = place_of(fcinfo);
	length = pg_mbcliplen(cursor.start, (int) strlen(cursor.start), SHOWN_BYTES);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_DATETIME_FORMAT),
			 errmsg("invalid time of SQL Server \"%.*s\": %s at character " UINT64_FORMAT, length,
					cursor.start, fault.text, fault.at + 1),
			 place != NULL ? errdetail("%s", place) : 0,
			 errhint("It must be as FreeTDS writes it, such as Mar 26 2023  2:30:15:1234560AM, or "
					 "2023-03-26 02:30:15.1234560.")));
}

/* A foreign table can bring bytes that are no UTF-8: nothing on the way looks at them. */
Datum
tds_text(PG_FUNCTION_ARGS)
{
	text *value;
	char *place;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	value = PG_GETARG_TEXT_PP(0);
	if (pg_verify_mbstr(PG_UTF8, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), true))
		PG_RETURN_TEXT_P(value);
	place = place_of(fcinfo);
	ereport(ERROR, (errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
					errmsg("text of SQL Server arrived as bytes that are no UTF-8"),
					place != NULL ? errdetail("%s", place) : 0,
					errhint("ALTER SERVER ... OPTIONS (ADD character_set 'UTF-8').")));
}
