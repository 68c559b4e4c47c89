/*
 * What stands in for the server's temporary files and its sort on disk: both
 * in memory.
 */
#include "shim.h"

#include "storage/buffile.h"

#include "dfg/collector.h"

/* ---- temporary files ---- */

struct BufFile
{
	uint8 *bytes;
	size_t size;
	size_t capacity;
	size_t place;
};

BufFile *
BufFileCreateTemp(bool interXact)
{
	BufFile *file = palloc0(sizeof(BufFile));

	file->capacity = BLCKSZ;
	file->bytes = palloc(BLCKSZ);
	return file;
}

void
BufFileClose(BufFile *file)
{
	pfree(file->bytes);
	pfree(file);
}

#if PG_VERSION_NUM >= 160000
typedef const void *WrittenBytes;
#else
typedef void *WrittenBytes;
#endif

void
BufFileWrite(BufFile *file, WrittenBytes bytes, size_t size)
{
	while (file->place + size > file->capacity)
	{
		file->capacity *= 2;
		file->bytes = repalloc_huge(file->bytes, file->capacity);
	}
	memcpy(file->bytes + file->place, bytes, size);
	file->place += size;
	file->size = Max(file->size, file->place);
}

size_t
BufFileRead(BufFile *file, void *bytes, size_t size)
{
	size = Min(size, file->size - file->place);
	memcpy(bytes, file->bytes + file->place, size);
	file->place += size;
	return size;
}

int
BufFileSeek(BufFile *file, int fileno, off_t offset, int whence)
{
	MUST(whence == SEEK_CUR && offset >= 0 && file->place + offset <= file->size);
	file->place += (size_t) offset;
	return 0;
}

#if PG_VERSION_NUM >= 170000
typedef int64 BlockPlace;
#else
typedef long BlockPlace;
#endif

int
BufFileSeekBlock(BufFile *file, BlockPlace block)
{
	MUST((size_t) block * BLCKSZ <= file->size);
	file->place = (size_t) block * BLCKSZ;
	return 0;
}

int
errcode_for_file_access(void)
{
	return errcode(ERRCODE_IO_ERROR);
}

/* ---- sorting on disk ---- */

/* An event with its key in memory of its own. */
typedef struct SortedEvent
{
	RawEvent event;
	const Label *labels;
} SortedEvent;

struct RecordSort
{
	const LabelTable *labels;
	SortedEvent *events;
	uint32 count;
	uint32 capacity;
};

RecordSort *
record_sort_begin(const LabelTable *labels, size_t bytes)
{
	RecordSort *sort = palloc0(sizeof(RecordSort));

	sort->labels = labels;
	sort->capacity = 16;
	sort->events = palloc(sort->capacity * sizeof(SortedEvent));
	return sort;
}

void
record_sort_put(RecordSort *sort, const RawEvent *event)
{
	uint8 *key = palloc(event->key.length + RAW_EVENT_SLACK);

	if (sort->count == sort->capacity)
	{
		sort->capacity *= 2;
		sort->events = repalloc(sort->events, sort->capacity * sizeof(SortedEvent));
	}
	memcpy(key, event->key.bytes, event->key.length);
	sort->events[sort->count].event = *event;
	sort->events[sort->count].event.key.bytes = key;
	sort->events[sort->count++].labels = sort->labels->labels;
}

static int
compare_keys(CaseKey a, CaseKey b)
{
	return label_compare((Label){(const char *) a.bytes, a.length},
						 (Label){(const char *) b.bytes, b.length});
}

static int
compare_sorted(const void *a, const void *b)
{
	const RawEvent *x = &((const SortedEvent *) a)->event;
	const RawEvent *y = &((const SortedEvent *) b)->event;
	const Label *labels = ((const SortedEvent *) a)->labels;
	int order = compare_keys(x->key, y->key);

	if (order == 0)
		order = (x->at > y->at) - (x->at < y->at);
	if (order == 0)
		order = y->has_seq - x->has_seq;
	if (order == 0)
		order = (x->seq > y->seq) - (x->seq < y->seq);
	return order != 0 ? order : label_compare(labels[x->label], labels[y->label]);
}

void
record_sort_finish(RecordSort *sort, Dfg *dfg)
{
	uint32 i;

	pg_qsort(sort->events, sort->count, sizeof(SortedEvent), compare_sorted);
	for (i = 0; i < sort->count; i++)
	{
		const RawEvent *event = &sort->events[i].event;
		const RawEvent *before = &sort->events[i - (i > 0)].event;
		bool is_first = i == 0 || compare_keys(before->key, event->key) != 0;

		if (is_first && i > 0)
			dfg->activities[before->label].ends++;
		if (is_first)
		{
			dfg_begin_case(dfg, 1);
			dfg->activities[event->label].starts++;
		}
		else
		{
			dfg->events++;
			dfg_add_step(dfg, before->label, event->label,
						 (uint64) event->at - (uint64) before->at);
		}
		dfg_add_event(dfg, event->label);
	}
	if (sort->count > 0)
		dfg->activities[sort->events[sort->count - 1].event.label].ends++;
}
