/*
 * The page in the browser, as web/ builds it: it is part of the library, so that
 * it is of one version with the rest, and wherever that is installed.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "compat.h"

/* The bytes of the page, if this build has it; written by make. */
#include "map/page_template.inc"

TM_FUNCTION(page_template);

Datum
page_template(PG_FUNCTION_ARGS)
{
#ifdef PAGE_TEMPLATE
	static const unsigned char page[] = {PAGE_TEMPLATE};

	PG_RETURN_TEXT_P(cstring_to_text_with_len((const char *) page, sizeof(page)));
#else
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("this build of ticket_mining has no page for the browser"),
			 errdetail("It was built from a clone in which the page had not been built."),
			 errhint("With Node.js 18 or later and npm (Debian: nodejs, npm) there: make page, "
					 "then make and install ticket_mining again.")));
#endif
}
