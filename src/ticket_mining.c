/*
 * The module's magic block, and what is done when it is loaded.
 */
#include "postgres.h"

#include "fmgr.h"

#include "compat.h"

#include "base/table_hash.h"
#include "nsp/remote_words.h"

TM_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

/* Before anything can make a table; with shared_preload_libraries, once for the server. */
static void
draw_table_key(void)
{
	if (!pg_strong_random(table_key, sizeof(table_key)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate a random key")));
}

void
_PG_init(void)
{
	draw_table_key();
	remote_words_init();
}
