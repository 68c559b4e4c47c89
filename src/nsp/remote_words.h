/*
 * What a remote server says while a statement reads from it.
 *
 * tds_fdw throws errors of DB-Library alone, such as "General SQL Server
 * error: Check messages from the SQL Server"; with msg_handler 'notice' the
 * messages themselves come as notices before it. They are gathered on their way
 * to the server's log, where they then do not go, and become the detail of the
 * error.
 */
#ifndef TM_REMOTE_WORDS_H
#define TM_REMOTE_WORDS_H

/* Called once, when the library is loaded. */
extern void remote_words_init(void);

/* Runs one statement, within SPI; gives the number of rows it processed. */
extern uint64 remote_words_execute(const char *statement);

#endif
