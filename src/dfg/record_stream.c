/*
 * Bytes in memory, and in a temporary file of PostgreSQL's: so temp_file_limit
 * and temp_tablespaces hold, and the file goes with the query.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/buffile.h"
#include "utils/memutils.h"

#include "dfg/record_stream.h"

#define BYTES_AT_FIRST 8192

/* What is written between two checks for a cancelled query. */
#define WRITE_BYTES ((size_t) 1 << 20)

uint8 *
stream_append(RecordStream *stream, size_t size)
{
	uint8 *place;

	if (stream->tail == NULL)
	{
		stream->capacity = Max(size, BYTES_AT_FIRST);
		stream->tail = MemoryContextAllocHuge(stream->context, stream->capacity);
	}
	if (size > stream->capacity - stream->used)
	{
		/* By a quarter: unused room is memory too, and large pieces are moved by remapping. */
		stream->capacity = Max(stream->capacity + stream->capacity / 4, stream->used + size);
		stream->tail = repalloc_huge(stream->tail, stream->capacity);
	}
	place = stream->tail + stream->used;
	stream->used += size;
	return place;
}

/* Goes to a place in the file. */
static void
seek_to(const RecordStream *stream, uint64 place)
{
	if (BufFileSeekBlock(stream->file, (long) (place / BLCKSZ)) != 0 ||
		BufFileSeek(stream->file, 0, (off_t) (place % BLCKSZ), SEEK_CUR) != 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not seek in the temporary file of raw events: %m")));
}

static void
open_file(RecordStream *stream)
{
	MemoryContext before = MemoryContextSwitchTo(stream->context);

	stream->file = BufFileCreateTemp(false);
	MemoryContextSwitchTo(before);
}

void
stream_write(RecordStream *stream)
{
	size_t done;

	if (stream->used == 0)
		return;
	if (stream->file == NULL)
		open_file(stream);
	seek_to(stream, stream->written);
	for (done = 0; done < stream->used; done += Min(WRITE_BYTES, stream->used - done))
	{
		CHECK_FOR_INTERRUPTS();
		BufFileWrite(stream->file, stream->tail + done, Min(WRITE_BYTES, stream->used - done));
	}
	stream->written += stream->used;
	stream->used = 0;
}

void
stream_read(const RecordStream *stream, uint64 place, void *bytes, size_t size)
{
	if (place >= stream->written)
	{
		memcpy(bytes, stream->tail + (place - stream->written), size);
		return;
	}
	seek_to(stream, place);
	if (BufFileRead(stream->file, bytes, size) != size)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not read from the temporary file of raw events: %m")));
}

void
stream_clear(RecordStream *stream)
{
	MemoryContext context = stream->context;

	if (stream->file != NULL)
		BufFileClose(stream->file);
	if (stream->tail != NULL)
		pfree(stream->tail);
	memset(stream, 0, sizeof(RecordStream));
	stream->context = context;
}
