/*
 * Gathering what a remote server says.
 *
 * The hook is there as long as the library is. What is being gathered lies in
 * the frame of the function that gathers, and needs no memory of its own: it is
 * there for a report of lost memory, and for one of a process that ends. A
 * statement that is run within another one, as by an event trigger, gathers for
 * itself.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "libpq/pqsignal.h"
#include "mb/pg_wchar.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"

#include "nsp/remote_words.h"

/* The most that is kept of the server's messages. */
#define WORDS_MAX_BYTES 4000

typedef struct RemoteWords
{
	struct RemoteWords *outer; /* of the statement within which this one is run */
	int log_level;             /* log_min_messages without us */
	int length;
	char text[WORDS_MAX_BYTES];
} RemoteWords;

/* The innermost that is being gathered, or NULL. */
static RemoteWords *gathering;
static emit_log_hook_type previous_hook;

/* Where the server's words are in a notice of tds_fdw, or NULL; level 0 is no error. */
static const char *
message_of_notice(const char *notice, int *length)
{
	const char *message = strstr(notice, ", Msg: ");
	const char *end = message != NULL ? strstr(message, ", Server: ") : NULL;

	if (strncmp(notice, "DB-Library notice: Msg #:", 25) != 0 || end == NULL ||
		strstr(end, ", Level: 0") != NULL)
		return NULL;
	message += strlen(", Msg: ");
	*length = (int) (end - message);
	return message;
}

/* Keeps what there is room for, without half a character. */
static void
keep(RemoteWords *words, const char *text, int length)
{
	length = pg_mbcliplen(text, length, WORDS_MAX_BYTES - 1 - words->length);
	memcpy(words->text + words->length, text, length);
	words->length += length;
	words->text[words->length] = '\0';
}

static void
keep_message(RemoteWords *words, const char *notice)
{
	static const char said[] = "The remote server said: ";
	int length;
	const char *message = message_of_notice(notice, &length);

	if (message == NULL || words->length + (int) sizeof(said) >= WORDS_MAX_BYTES)
		return;
	if (words->length > 0)
		keep(words, "\n", 1);
	keep(words, said, sizeof(said) - 1);
	keep(words, message, length);
}

/* Whether reports of a level go to a log that is set to another: the rule of elog.c. */
static bool
goes_to_log(int level, int log_level)
{
	if (level == LOG || level == LOG_SERVER_ONLY)
		return log_level == LOG || log_level <= ERROR;
	return log_level == LOG ? level >= FATAL : level >= log_level;
}

/* The log gets what it would get without us. */
static void
hear_report(ErrorData *report)
{
	if (gathering != NULL)
	{
		if (report->elevel == NOTICE && report->message != NULL)
			keep_message(gathering, report->message);
		report->output_to_server = goes_to_log(report->elevel, gathering->log_level);
	}
	if (report->output_to_server && previous_hook != NULL)
		previous_hook(report);
}

void
remote_words_init(void)
{
	previous_hook = emit_log_hook;
	emit_log_hook = hear_report;
}

/* So that notices are made, and go to the hook alone, whoever runs this. */
static void
set_levels(void)
{
	(void) set_config_option("client_min_messages", "warning", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	if (!goes_to_log(NOTICE, log_min_messages))
		(void) set_config_option("log_min_messages", "notice", PGC_SUSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
}

/* The error of a foreign table that is being thrown gets what was gathered. */
static void
explain_error(const RemoteWords *words)
{
	if (words->length > 0 && ERRCODE_TO_CATEGORY(geterrcode()) == ERRCODE_FDW_ERROR)
		errdetail_internal("%s", words->text);
}

/*
 * tds_fdw takes the signal of cancels and timeouts for itself from 2.0.4 on, and keeps it: no
 * later statement of the session could be ended. It hears it where it waits for the server.
 */
static void
take_back_cancels(void)
{
	pqsignal(SIGINT, StatementCancelHandler);
}

static void
execute_gathering(const char *statement, RemoteWords *words)
{
	PG_TRY();
	{
		gathering = words;
		if (SPI_execute(statement, false, 0) < 0)
			elog(ERROR, "a statement that reads a remote table cannot be run");
	}
	PG_CATCH();
	{
		gathering = words->outer;
		take_back_cancels();
		explain_error(words);
		PG_RE_THROW();
	}
	PG_END_TRY();
	gathering = words->outer;
	take_back_cancels();
}

uint64
remote_words_execute(const char *statement)
{
	RemoteWords words = {.outer = gathering,
						 .log_level = gathering ? gathering->log_level : log_min_messages};
	int nest_level = NewGUCNestLevel();

	set_levels();
	execute_gathering(statement, &words);
	AtEOXact_GUC(true, nest_level);
	return SPI_processed;
}
