/*
 * Comparison, hashing, and binary transport of stored values.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"

#include "compat.h"

#include "base/stored.h"

/* The bytes that count, and how many. */
static const unsigned char *
behind_version(const struct varlena *value, Size *size)
{
	*size = VARSIZE_ANY_EXHDR(value);
	if (*size == 0)
		return (const unsigned char *) VARDATA_ANY(value);
	*size -= 1;
	return (const unsigned char *) VARDATA_ANY(value) + 1;
}

int
stored_compare_args(FunctionCallInfo fcinfo)
{
	struct varlena *a = PG_GETARG_VARLENA_PP(0);
	struct varlena *b = PG_GETARG_VARLENA_PP(1);
	Size a_size;
	Size b_size;
	const unsigned char *a_bytes = behind_version(a, &a_size);
	const unsigned char *b_bytes = behind_version(b, &b_size);
	int order = memcmp(a_bytes, b_bytes, Min(a_size, b_size));

	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);
	return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

Datum
stored_hash_arg(FunctionCallInfo fcinfo)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	Size size;
	const unsigned char *bytes = behind_version(value, &size);
	Datum hash = hash_any(bytes, (int) size);

	PG_FREE_IF_COPY(value, 0);
	return hash;
}

Datum
stored_hash_extended_args(FunctionCallInfo fcinfo)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	Size size;
	const unsigned char *bytes = behind_version(value, &size);
	Datum hash = hash_any_extended(bytes, (int) size, (uint64) PG_GETARG_INT64(1));

	PG_FREE_IF_COPY(value, 0);
	return hash;
}

struct varlena *
stored_receive(FunctionCallInfo fcinfo)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	int size = message->len - message->cursor;
	struct varlena *value = palloc(VARHDRSZ + (Size) size);

	SET_VARSIZE(value, VARHDRSZ + size);
	pq_copymsgbytes(message, VARDATA(value), size);
	return value;
}

Datum
stored_send(struct varlena *value)
{
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbytes(&message, VARDATA_ANY(value), (int) VARSIZE_ANY_EXHDR(value));
	return PointerGetDatum(pq_endtypsend(&message));
}
