/*
 * Records that are more than memory holds, because they are of few cases, and
 * large ones: PostgreSQL's sort puts them in order by case, at, seq and label,
 * on disk, and each event is added to the graph as it comes out.
 *
 * A row of it has the key of the case as bytes; then what trace_compare_events()
 * compares, as columns: at, seq (none last), and the rank of the label among all
 * labels in the order of their bytes.
 */
#include "postgres.h"

#include <limits.h>

#include "access/htup_details.h"
#include "access/tupdesc.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/tuplesort.h"

#include "compat.h"

#include "dfg/collector.h"

#define COLUMNS 4

/* The bytes of a key as a value of type bytea; grows as needed. */
typedef struct KeyValue
{
	struct varlena *value;
	uint32 capacity;
	uint32 length;
} KeyValue;

struct RecordSort
{
	Tuplesortstate *sort;
	TupleTableSlot *in;
	TupleTableSlot *out;
	KeyValue key;          /* of the record that is put; then of the case that is added */
	uint32 *label_of_rank; /* labels in the order of their bytes */
	uint32 *rank_of_label;
};

static void
set_key(KeyValue *key, const uint8 *bytes, uint32 length)
{
	if (key->value == NULL || length > key->capacity)
	{
		if (key->value != NULL)
			pfree(key->value);
		key->capacity = Max(length, 64);
		key->value = palloc(VARHDRSZ + (Size) key->capacity);
	}
	key->length = length;
	SET_VARSIZE(key->value, VARHDRSZ + length);
	memcpy(VARDATA(key->value), bytes, length);
}

static TupleDesc
describe_rows(void)
{
	static const Oid types[COLUMNS] = {BYTEAOID, INT8OID, INT8OID, INT4OID};
	static const char *const names[COLUMNS] = {"key", "at", "seq", "label"};
	TupleDesc row = CreateTemplateTupleDesc(COLUMNS);
	AttrNumber i;

	for (i = 0; i < COLUMNS; i++)
		TupleDescInitEntry(row, i + 1, names[i], types[i], -1, 0);
	return row;
}

static Tuplesortstate *
begin_sort(TupleDesc row, size_t bytes)
{
	AttrNumber columns[COLUMNS] = {1, 2, 3, 4};
	Oid less[COLUMNS] = {ByteaLessOperator, Int8LessOperator, Int8LessOperator, Int4LessOperator};
	Oid collations[COLUMNS] = {InvalidOid, InvalidOid, InvalidOid, InvalidOid};
	bool nulls_first[COLUMNS] = {false, false, false, false};
	int kilobytes = (int) Min(Max(bytes / 1024, 64), MAX_KILOBYTES);

	return tuplesort_begin_heap(row, COLUMNS, columns, less, collations, nulls_first, kilobytes,
								NULL, TUPLESORT_NONE);
}

RecordSort *
record_sort_begin(const LabelTable *labels, size_t bytes)
{
	RecordSort *sort = palloc0(sizeof(RecordSort));
	TupleDesc row = describe_rows();
	uint32 i;

	sort->label_of_rank = label_table_sorted(labels);
	sort->rank_of_label = palloc_extended(labels->count * sizeof(uint32), MCXT_ALLOC_HUGE);
	for (i = 0; i < labels->count; i++)
		sort->rank_of_label[sort->label_of_rank[i]] = i;
	sort->in = MakeSingleTupleTableSlot(row, &TTSOpsVirtual);
	sort->out = MakeSingleTupleTableSlot(row, &TTSOpsMinimalTuple);
	sort->sort = begin_sort(row, bytes);
	return sort;
}

void
record_sort_put(RecordSort *sort, const RawEvent *event)
{
	TupleTableSlot *slot = sort->in;

	CHECK_FOR_INTERRUPTS();
	set_key(&sort->key, event->key.bytes, event->key.length);
	ExecClearTuple(slot);
	memset(slot->tts_isnull, false, COLUMNS * sizeof(bool));
	slot->tts_values[0] = PointerGetDatum(sort->key.value);
	slot->tts_values[1] = Int64GetDatum(event->at);
	slot->tts_values[2] = Int64GetDatum(event->seq);
	slot->tts_isnull[2] = !event->has_seq;
	slot->tts_values[3] = Int32GetDatum((int32) sort->rank_of_label[event->label]);
	ExecStoreVirtualTuple(slot);
	tuplesort_puttupleslot(sort->sort, slot);
}

/* Says whether the row is of the case that is being added, which else becomes that. */
static bool
same_case(RecordSort *sort, bool has_case)
{
	struct varlena *key = (struct varlena *) DatumGetPointer(sort->out->tts_values[0]);
	uint32 length = (uint32) VARSIZE_ANY_EXHDR(key);

	if (has_case && sort->key.length == length &&
		memcmp(VARDATA(sort->key.value), VARDATA_ANY(key), length) == 0)
		return true;
	set_key(&sort->key, (const uint8 *) VARDATA_ANY(key), length);
	return false;
}

/* Adds all rows, each case as its events come; how many it has shows at its end. */
static void
add_sorted(RecordSort *sort, Dfg *dfg)
{
	TupleTableSlot *slot = sort->out;
	bool has_case = false;
	DfgWalk walk;

	while (tuplesort_gettupleslot(sort->sort, true, false, slot, NULL))
	{
		TimestampTz at;
		uint32 label;

		CHECK_FOR_INTERRUPTS();
		slot_getallattrs(slot);
		at = DatumGetInt64(slot->tts_values[1]);
		label = sort->label_of_rank[DatumGetInt32(slot->tts_values[3])];
		if (same_case(sort, has_case))
		{
			dfg->events++;
			dfg_walk_on(&walk, label, at, true);
			continue;
		}
		if (has_case)
			dfg_walk_end(&walk, true);
		dfg_begin_case(dfg, 1);
		walk = dfg_walk_begin(dfg, NULL, label, at, true);
		has_case = true;
	}
	if (has_case)
		dfg_walk_end(&walk, true);
}

void
record_sort_finish(RecordSort *sort, Dfg *dfg)
{
	TupleDesc row = sort->in->tts_tupleDescriptor;

	tuplesort_performsort(sort->sort);
	add_sorted(sort, dfg);
	tuplesort_end(sort->sort);
	ExecDropSingleTupleTableSlot(sort->in);
	ExecDropSingleTupleTableSlot(sort->out);
	FreeTupleDesc(row);
	pfree(sort->key.value);
	pfree(sort->label_of_rank);
	pfree(sort->rank_of_label);
	pfree(sort);
}
