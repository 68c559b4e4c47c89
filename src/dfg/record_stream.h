/*
 * Bytes that are appended and read again by their place: the last ones are in
 * memory, and all before them, once there are any, in a temporary file.
 */
#ifndef TM_RECORD_STREAM_H
#define TM_RECORD_STREAM_H

typedef struct RecordStream
{
	MemoryContext context; /* in which all of it lives */
	uint8 *tail;
	size_t used; /* of the tail */
	size_t capacity;
	uint64 written; /* bytes in the file, which are those before the tail */
	struct BufFile *file;
} RecordStream;

/* Where the next bytes will be. */
static inline uint64
stream_end(const RecordStream *stream)
{
	return stream->written + stream->used;
}

/* Room for so many more bytes, which the caller fills. */
extern uint8 *stream_append(RecordStream *stream, size_t size);

/* Moves all to the file. */
extern void stream_write(RecordStream *stream);

/* Reads bytes that were appended at once, or a part of them. */
extern void stream_read(const RecordStream *stream, uint64 place, void *bytes, size_t size);

/* Forgets all. */
extern void stream_clear(RecordStream *stream);

#endif
