/*
 * The module's magic block, and what is done when it is loaded.
 */
#include "postgres.h"

#include "fmgr.h"

#include "compat.h"

#include "nsp/remote_words.h"

TM_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	remote_words_init();
}
