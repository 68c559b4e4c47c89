/*
 * The server's memory, errors and small helpers for the core alone: each
 * allocation is one malloc() that ASan watches, an error is a longjmp(), and
 * all that an input has allocated is freed after it.
 */
#include "shim.h"

#include <setjmp.h>

#include <sanitizer/asan_interface.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/memnodes.h"
#include "utils/memutils.h"

#include "base/table_hash.h"

/* ---- memory: chunks in a list, their headers poisoned ---- */

typedef struct Chunk
{
	struct Chunk *before;
	struct Chunk *after;
	Size size;
	Size padding; /* keeps what follows aligned to 16 bytes */
} Chunk;

static Chunk chunks = {&chunks, &chunks, 0, 0};
static MemoryContextData context;
MemoryContext CurrentMemoryContext = &context;

/* Opens a neighbour in the list, changes one pointer of it, and closes it. */
static void
link_to(Chunk *chunk, Chunk **pointer, Chunk *other)
{
	ASAN_UNPOISON_MEMORY_REGION(chunk, sizeof(Chunk));
	*pointer = other;
	if (chunk != &chunks)
		ASAN_POISON_MEMORY_REGION(chunk, sizeof(Chunk));
}

static void *
chunk_new(Size size, int flags)
{
	Chunk *chunk;

	if (!(flags & MCXT_ALLOC_HUGE ? AllocHugeSizeIsValid(size) : AllocSizeIsValid(size)))
		elog(ERROR, "invalid memory alloc request size %zu", size);
	chunk = malloc(sizeof(Chunk) + size);
	chunk->size = size;
	chunk->before = &chunks;
	chunk->after = chunks.after;
	link_to(chunks.after, &chunks.after->before, chunk);
	chunks.after = chunk;
	if (flags & MCXT_ALLOC_ZERO)
		memset(chunk + 1, 0, size);
	ASAN_POISON_MEMORY_REGION(chunk, sizeof(Chunk));
	return chunk + 1;
}

void
pfree(void *pointer)
{
	Chunk *chunk = (Chunk *) pointer - 1;

	ASAN_UNPOISON_MEMORY_REGION(chunk, sizeof(Chunk));
	link_to(chunk->before, &chunk->before->after, chunk->after);
	link_to(chunk->after, &chunk->after->before, chunk->before);
	free(chunk);
}

void
shim_free_all(void)
{
	while (chunks.after != &chunks)
		pfree(chunks.after + 1);
}

/* Always moves, so that no pointer to the old place goes unnoticed. */
static void *
chunk_resize(void *pointer, Size size, int flags)
{
	Chunk *chunk = (Chunk *) pointer - 1;
	void *larger = chunk_new(size, flags);

	ASAN_UNPOISON_MEMORY_REGION(chunk, sizeof(Chunk));
	memcpy(larger, pointer, Min(size, chunk->size));
	pfree(pointer);
	return larger;
}

void *
palloc(Size size)
{
	return chunk_new(size, 0);
}

void *
palloc0(Size size)
{
	return chunk_new(size, MCXT_ALLOC_ZERO);
}

void *
palloc_extended(Size size, int flags)
{
	return chunk_new(size, flags);
}

void *
repalloc(void *pointer, Size size)
{
	return chunk_resize(pointer, size, 0);
}

void *
repalloc_huge(void *pointer, Size size)
{
	return chunk_resize(pointer, size, MCXT_ALLOC_HUGE);
}

void *
MemoryContextAlloc(MemoryContext where, Size size)
{
	return chunk_new(size, 0);
}

void *
MemoryContextAllocZero(MemoryContext where, Size size)
{
	return chunk_new(size, MCXT_ALLOC_ZERO);
}

void *
MemoryContextAllocHuge(MemoryContext where, Size size)
{
	return chunk_new(size, MCXT_ALLOC_HUGE);
}

void *
MemoryContextAllocExtended(MemoryContext where, Size size, int flags)
{
	return chunk_new(size, flags);
}

/* ---- errors ---- */

int shim_error;
static sigjmp_buf *handler;
static char message[512];

bool
shim_try(void (*body)(void *arg), void *arg)
{
	sigjmp_buf *outer = handler;
	sigjmp_buf here;
	volatile bool threw = false;

	handler = &here;
	if (sigsetjmp(here, 0) == 0)
		body(arg);
	else
		threw = true;
	handler = outer;
	return !threw;
}

void
shim_finding(const char *what, const char *file, int line)
{
	fprintf(stderr, "FINDING: does not hold: %s (%s:%d); the last error was %s: %s\n", what, file,
			line, unpack_sql_state(shim_error), message);
	abort();
}

#if PG_VERSION_NUM >= 160000
void
ExceptionalCondition(const char *condition, const char *file, int line)
#else
void
ExceptionalCondition(const char *condition, const char *type, const char *file, int line)
#endif
{
	shim_finding(condition, file, line);
}

char *
unpack_sql_state(int state)
{
	static char text[6];
	int i;

	for (i = 0; i < 5; i++, state >>= 6)
		text[i] = PGUNSIXBIT(state);
	return text;
}

bool
errstart(int level, const char *domain)
{
	shim_error = ERRCODE_INTERNAL_ERROR;
	return true;
}

bool
errstart_cold(int level, const char *domain)
{
	return errstart(level, domain);
}

void
errfinish(const char *file, int line, const char *function)
{
	siglongjmp(*handler, 1);
}

#if PG_VERSION_NUM >= 160000
bool
errsave_start(struct Node *escontext, const char *domain)
{
	return errstart(ERROR, domain);
}

void
errsave_finish(struct Node *escontext, const char *file, int line, const char *function)
{
	errfinish(file, line, function);
}
#endif

int
errcode(int state)
{
	shim_error = state;
	return 0;
}

/* Formats them all, to see that each says what it has. */
#define MESSAGE_FUNCTION(name, place, size) \
	int name(const char *format, ...) \
	{ \
		va_list args; \
		va_start(args, format); \
		vsnprintf(place, size, format, args); \
		va_end(args); \
		return 0; \
	} \
	StaticAssertDecl(true, "takes the semicolon")

static char ignored[512];

MESSAGE_FUNCTION(errmsg, message, sizeof(message));
MESSAGE_FUNCTION(errmsg_internal, message, sizeof(message));
MESSAGE_FUNCTION(errdetail, ignored, sizeof(ignored));
MESSAGE_FUNCTION(errhint, ignored, sizeof(ignored));

/* ---- what the server does when it loads the module, and later ---- */

/* The same in every run: what is found is found again, and instructions are counted alike. */
static void __attribute__((constructor)) set_table_key(void)
{
	table_key[0] = UINT64CONST(0xA0761D6478BD642F);
	table_key[1] = UINT64CONST(0xE7037ED1A0B428DB);
	table_key[2] = UINT64CONST(0x8EBC6AF09C88C6E3);
}

volatile sig_atomic_t InterruptPending = false;

void
ProcessInterrupts(void)
{
}

/* ---- text: those of the C library, whose writing ASan sees ---- */

int
pg_vsnprintf(char *out, size_t size, const char *format, va_list args)
{
	return vsnprintf(out, size, format, args);
}

int
pg_snprintf(char *out, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(out, size, format, args);
	va_end(args);
	return length;
}

int
pg_sprintf(char *out, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsprintf(out, format, args);
	va_end(args);
	return length;
}

char *
pstrdup(const char *text)
{
	return strcpy(palloc(strlen(text) + 1), text);
}

char *
psprintf(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return pstrdup(text);
}

void
initStringInfo(StringInfo out)
{
	memset(out, 0, sizeof(StringInfoData));
	out->maxlen = 1024;
	out->data = palloc((Size) out->maxlen);
	out->data[0] = '\0';
}

void
enlargeStringInfo(StringInfo out, int needed)
{
	Size wanted = (Size) out->len + (Size) needed + 1;
	Size size = (Size) out->maxlen;

	MUST(needed >= 0);
	if (wanted >= MaxAllocSize)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("out of memory")));
	if (wanted <= size)
		return;
	while (size < wanted)
		size *= 2;
	out->maxlen = (int) Min(size, MaxAllocSize);
	out->data = repalloc(out->data, (Size) out->maxlen);
}

#if PG_VERSION_NUM >= 160000
typedef void AppendedBytes;
#else
typedef char AppendedBytes;
#endif

void
appendBinaryStringInfo(StringInfo out, const AppendedBytes *data, int length)
{
	enlargeStringInfo(out, length);
	memcpy(out->data + out->len, data, (size_t) length);
	out->len += length;
	out->data[out->len] = '\0';
}

void
appendStringInfoString(StringInfo out, const char *text)
{
	appendBinaryStringInfo(out, text, (int) strlen(text));
}

void
appendStringInfoChar(StringInfo out, char c)
{
	appendBinaryStringInfo(out, &c, 1);
}

void
appendStringInfoSpaces(StringInfo out, int count)
{
	while (count-- > 0)
		appendStringInfoChar(out, ' ');
}

void
appendStringInfo(StringInfo out, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	enlargeStringInfo(out, length);
	va_start(args, format);
	out->len += vsnprintf(out->data + out->len, (size_t) length + 1, format, args);
	va_end(args);
}

/* ---- sorting: the server's own, built with the sanitizers ---- */

#define ST_SORT qsort_arg
#define ST_ELEMENT_TYPE_VOID
#define ST_COMPARATOR_TYPE_NAME qsort_arg_comparator
#define ST_COMPARE_RUNTIME_POINTER
#define ST_COMPARE_ARG_TYPE void
#define ST_SCOPE
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT pg_qsort
#define ST_ELEMENT_TYPE_VOID
#define ST_COMPARE_RUNTIME_POINTER
#define ST_SCOPE
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/* ---- characters, in a UTF-8 database ---- */

int
pg_mbstrlen_with_len(const char *text, int limit)
{
	int characters = 0;

	while (limit > 0 && *text != '\0')
	{
		int length = pg_utf_mblen((const unsigned char *) text);

		limit -= length;
		text += length;
		characters++;
	}
	return characters;
}

int
pg_mbcliplen(const char *text, int length, int limit)
{
	int clipped = 0;

	while (clipped < length && text[clipped] != '\0')
	{
		int next = pg_utf_mblen((const unsigned char *) text + clipped);

		if (clipped + next > limit)
			break;
		clipped += next;
	}
	return clipped;
}
