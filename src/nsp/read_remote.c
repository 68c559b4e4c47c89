/*
 * The statements of a load that reach the remote server.
 *
 * What is run is made here, by the extension's own functions, from the mapping
 * of a source that the caller owns: nobody hands in a statement, or a part of one.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "compat.h"

#include "nsp/remote_words.h"

TM_FUNCTION(nsp_read_remote);
TM_FUNCTION(nsp_import_remote);

/* The statement that a function of ours makes from the arguments; it checks the caller. */
static char *
make_statement(FunctionCallInfo fcinfo, const char *query, Oid *types)
{
	Datum values[FUNC_MAX_ARGS];
	int number;

	for (number = 0; number < PG_NARGS(); number++)
		values[number] = PG_GETARG_DATUM(number);
	if (SPI_execute_with_args(query, PG_NARGS(), types, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "the statement of a load cannot be made");
	return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
}

static uint64
execute_made(FunctionCallInfo fcinfo, const char *query, Oid *types)
{
	uint64 processed;

	SPI_connect();
	processed = remote_words_execute(make_statement(fcinfo, query, types));
	SPI_finish();
	return processed;
}

/* Reads a part of a source; the number of rows. */
Datum
nsp_read_remote(PG_FUNCTION_ARGS)
{
	static const char query[] = "SELECT ticket_mining.nsp_read_statement($1, $2, $3)";
	Oid types[] = {NAMEOID, TEXTOID, BOOLOID};

	PG_RETURN_INT64((int64) execute_made(fcinfo, query, types));
}

/* Imports the tables of a source that lie in one remote schema. */
Datum
nsp_import_remote(PG_FUNCTION_ARGS)
{
	static const char query[] = "SELECT ticket_mining.nsp_import_statement($1, $2, $3)";
	Oid types[] = {NAMEOID, TEXTOID, NAMEOID};

	(void) execute_made(fcinfo, query, types);
	PG_RETURN_VOID();
}
