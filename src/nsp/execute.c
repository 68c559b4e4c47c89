/*
 * Running a statement that reads a foreign table, with the words of the remote
 * server in its error.
 *
 * tds_fdw throws errors of DB-Library alone, such as "General SQL Server
 * error: Check messages from the SQL Server"; with msg_handler 'notice' the
 * messages themselves come as notices before it. They are gathered on their way
 * to the server's log, where they then do not go, and become the detail of the
 * error.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "compat.h"

TM_FUNCTION(tds_execute);

/* The most that is kept of the server's messages. */
#define MESSAGES_MAX_BYTES 4000

static StringInfo messages;
static emit_log_hook_type previous_hook;

/* What the server said in a notice of tds_fdw, or NULL; messages of level 0 are no errors. */
static char *
message_of_notice(const char *notice)
{
	const char *message = strstr(notice, ", Msg: ");
	const char *end = message != NULL ? strstr(message, ", Server: ") : NULL;

	if (strncmp(notice, "DB-Library notice: Msg #:", 25) != 0 || end == NULL ||
		strstr(end, ", Level: 0") != NULL)
		return NULL;
	return pnstrdup(message + 7, (Size) (end - message) - 7);
}

static void
keep_message(const char *notice)
{
	char *message = message_of_notice(notice);

	if (message == NULL || messages->len + strlen(message) > MESSAGES_MAX_BYTES)
		return;
	if (messages->len > 0)
		appendStringInfoChar(messages, '\n');
	appendStringInfo(messages, "The remote server said: %s", message);
}

static void
gather_notice(ErrorData *report)
{
	if (report->elevel == NOTICE)
	{
		keep_message(report->message != NULL ? report->message : "");
		report->output_to_server = false;
	}
	else if (previous_hook != NULL)
		previous_hook(report);
}

/* Called for every report while the statement runs; an error gets what was gathered. */
static void
explain_error(void *argument)
{
	if (messages->len > 0 && geterrcode() != ERRCODE_SUCCESSFUL_COMPLETION &&
		geterrcode() != ERRCODE_WARNING)
		errdetail_internal("%s", messages->data);
}

/* So that notices are made, and go to the hook alone, whoever runs this. */
static void
set_levels(void)
{
	(void) set_config_option("client_min_messages", "warning", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("log_min_messages", "notice", PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

static void
execute_gathering(const char *statement)
{
	ErrorContextCallback callback = {.previous = error_context_stack, .callback = explain_error};
	int nest_level = NewGUCNestLevel();

	set_levels();
	previous_hook = emit_log_hook;
	emit_log_hook = gather_notice;
	error_context_stack = &callback;
	PG_TRY();
	{
		if (SPI_execute(statement, false, 0) < 0)
			ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("the statement cannot be run")));
	}
	PG_FINALLY();
	{
		emit_log_hook = previous_hook;
	}
	PG_END_TRY();
	error_context_stack = callback.previous;
	AtEOXact_GUC(true, nest_level);
}

/* Runs one statement; the number of rows it processed. */
Datum
tds_execute(PG_FUNCTION_ARGS)
{
	char *statement = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int64 processed;

	messages = makeStringInfo();
	SPI_connect();
	execute_gathering(statement);
	processed = (int64) SPI_processed;
	SPI_finish();
	PG_RETURN_INT64(processed);
}
