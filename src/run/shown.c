/*
 * Text in notices and warnings. A character that the encoding of the client does
 * not have would turn them into an error, which ends what they are about. Our
 * databases are all of UTF-8.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "compat.h"

TM_FUNCTION(run_shown);

/* What a character becomes: more than the longest in any encoding. */
#define CONVERTED_BYTES ((MAX_MULTIBYTE_CHAR_LEN + 2) * MAX_CONVERSION_GROWTH)

static bool
has_character(Oid conversion, int encoding, const char *character, int bytes)
{
	unsigned char converted[CONVERTED_BYTES];

	return pg_do_encoding_conversion_buf(conversion, PG_UTF8, encoding, (unsigned char *) character,
										 bytes, converted, sizeof(converted), true) == bytes;
}

/* As in a text of SQL with escapes. */
static void
put_escaped(StringInfo out, const char *character)
{
	uint32 code = utf8_to_unicode((const unsigned char *) character);

	appendStringInfo(out, code > 0xFFFF ? "\\U%08X" : "\\u%04X", code);
}

/* A text in which the client's encoding has all characters: others are escaped. */
Datum
run_shown(PG_FUNCTION_ARGS)
{
	text *given = PG_GETARG_TEXT_PP(0);
	int encoding = pg_get_client_encoding();
	Oid conversion = FindDefaultConversionProc(PG_UTF8, encoding);
	const char *at = VARDATA_ANY(given);
	const char *end = at + VARSIZE_ANY_EXHDR(given);
	StringInfoData out;

	if (encoding == PG_UTF8 || !OidIsValid(conversion))
		PG_RETURN_TEXT_P(given);
	initStringInfo(&out);
	for (int bytes; at < end; at += bytes)
	{
		bytes = pg_mblen(at);
		if (!IS_HIGHBIT_SET(*at) || has_character(conversion, encoding, at, bytes))
			appendBinaryStringInfo(&out, at, bytes);
		else
			put_escaped(&out, at);
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}
