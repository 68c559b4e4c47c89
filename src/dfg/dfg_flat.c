/*
 * The stored form of graphs: writing it, and the validator that reads it.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "compat.h"

#include "base/instant.h"
#include "dfg/dfg.h"

/* ---- writing ---- */

static void
put_varint(StringInfo out, uint64 value)
{
	enlargeStringInfo(out, VARINT_MAX_BYTES);
	out->len = (int) (varint_put((uint8 *) out->data + out->len, value) - (uint8 *) out->data);
}

static void
put_wide(StringInfo out, const Wide *wide)
{
	enlargeStringInfo(out, 256 / 7 + 1);
	out->len = (int) (wide_varint_put((uint8 *) out->data + out->len, wide) - (uint8 *) out->data);
}

static void
put_label(StringInfo out, Label label)
{
	put_varint(out, label.length);
	appendBinaryStringInfo(out, label.bytes, (int) label.length);
}

static void
put_count(StringInfo out, const DfgCount *count)
{
	put_varint(out, (uint64) count->frequency);
	put_varint(out, (uint64) count->case_frequency);
	put_varint(out, (uint64) count->max_per_case);
}

static void
put_values(StringInfo out, const Durations *durations)
{
	uint64 before = 0;
	uint64 i;

	for (i = 0; i < durations->count; i++)
	{
		put_varint(out, durations->values[i] - before);
		before = durations->values[i];
	}
}

static uint32
count_buckets(const Sketch *sketch)
{
	uint32 buckets = 0;
	int octave;
	int i;

	for (octave = 0; octave < SKETCH_OCTAVES; octave++)
		for (i = 0; sketch->octaves[octave] != NULL && i < SKETCH_OCTAVE_BUCKETS; i++)
			buckets += sketch->octaves[octave][i] != 0;
	return buckets;
}

static void
put_sketch(StringInfo out, const Durations *durations)
{
	const Sketch *sketch = durations->sketch;
	uint32 before = 0;
	uint32 bucket;

	put_wide(out, &durations->total);
	put_wide(out, &durations->squares);
	put_varint(out, durations->min);
	put_varint(out, durations->max);
	put_varint(out, count_buckets(sketch));
	for (bucket = 0; bucket < SKETCH_BUCKETS; bucket++)
	{
		const uint64 *octave = sketch->octaves[bucket / SKETCH_OCTAVE_BUCKETS];
		uint64 count = octave == NULL ? 0 : octave[bucket % SKETCH_OCTAVE_BUCKETS];

		if (count == 0)
			continue;
		put_varint(out, bucket - before);
		put_varint(out, count);
		before = bucket;
	}
}

static void
check_size(const StringInfo out)
{
	Fault fault;

	if (likely(out->len - VARHDRSZ <= DFG_MAX_BYTES))
		return;
	fault_limit(&fault, "dfg", "or more bytes", (uint64) (out->len - VARHDRSZ), DFG_MAX_BYTES,
				"Use fewer activities, or keep graphs of fewer of them apart.");
	fault_throw_limit(&fault);
}

static void
put_activities(StringInfo out, const Dfg *dfg, const uint32 *sorted)
{
	uint32 i;

	put_varint(out, dfg->labels->count);
	for (i = 0; i < dfg->labels->count; i++)
	{
		put_label(out, dfg->labels->labels[sorted[i]]);
		check_size(out);
	}
	for (i = 0; i < dfg->labels->count; i++)
	{
		const DfgActivity *activity = &dfg->activities[sorted[i]];

		put_count(out, &activity->count);
		put_varint(out, (uint64) activity->starts);
		put_varint(out, (uint64) activity->ends);
	}
}

static void
put_edge(StringInfo out, DfgEdge *edge, const uint32 *rank)
{
	put_varint(out, rank[edge->source]);
	put_varint(out, rank[edge->target]);
	put_count(out, &edge->count);
	durations_sort(&edge->durations);
	if (edge->durations.sketch == NULL)
		put_values(out, &edge->durations);
	else
		put_sketch(out, &edge->durations);
}

static void
put_edges(StringInfo out, const Dfg *dfg, const uint32 *sorted_activities)
{
	uint32 *sorted = dfg_sorted_edges(dfg, sorted_activities);
	uint32 *rank = palloc_extended(dfg->labels->count * sizeof(uint32), MCXT_ALLOC_HUGE);
	uint32 i;

	for (i = 0; i < dfg->labels->count; i++)
		rank[sorted_activities[i]] = i;
	put_varint(out, dfg->nedges);
	for (i = 0; i < dfg->nedges; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_edge(out, &dfg->edges[sorted[i]], rank);
		check_size(out);
	}
	pfree(rank);
	pfree(sorted);
}

struct varlena *
dfg_flatten(Dfg *dfg)
{
	uint32 *sorted = label_table_sorted(dfg->labels);
	StringInfoData out;

	dfg_count_variants(dfg);
	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	appendStringInfoChar(&out, DFG_VERSION);
	appendStringInfoChar(&out, dfg->calendar.length > 0 ? DFG_FLAG_CALENDAR : 0);
	put_varint(&out, (uint64) dfg->cases);
	if (dfg->calendar.length > 0)
		put_label(&out, dfg->calendar);
	put_activities(&out, dfg, sorted);
	put_edges(&out, dfg, sorted);
	check_size(&out);
	pfree(sorted);
	SET_VARSIZE(out.data, out.len);
	return (struct varlena *) out.data;
}

/* ---- reading ---- */

/* A value that is being read. */
typedef struct DfgReader
{
	ByteReader bytes;
	Fault *fault;
	uint64 element; /* where the part that is being read begins */
	Dfg *dfg;
} DfgReader;

/* Notes a fault of the current element. */
#define reader_fault(reader, ...) fault_at((reader)->fault, (reader)->element, __VA_ARGS__)

static void
begin_element(DfgReader *reader)
{
	reader->element = (uint64) (reader->bytes.pos - reader->bytes.start);
}

/* Reads an integer between limits. */
static bool
read_uint(DfgReader *reader, const char *what, uint64 low, uint64 high, uint64 *value)
{
	*value = 0;
	if (reader_varint(&reader->bytes, value) && *value >= low && *value <= high)
		return true;
	return reader_fault(reader, "invalid %s", what);
}

/* Reads text of so many bytes. */
static bool
read_text(DfgReader *reader, const char *what, uint64 shortest, uint64 longest, Slice *text)
{
	uint64 length;

	begin_element(reader);
	if (!read_uint(reader, what, shortest, longest, &length))
		return false;
	if (length > reader_left(&reader->bytes))
		return reader_fault(reader, "value is cut off");
	text->bytes = (const char *) reader->bytes.pos;
	text->length = (uint32) length;
	if (pg_encoding_verifymbstr(PG_UTF8, text->bytes, (int) length) != (int) length)
		return reader_fault(reader, "text is not valid UTF-8");
	reader->bytes.pos += length;
	return true;
}

/* Whether the text is a valid calendar is checked where calendars are known. */
static bool
read_calendar(DfgReader *reader)
{
	return read_text(reader, "length of the calendar", 1, DFG_CALENDAR_MAX_BYTES,
					 &reader->dfg->calendar);
}

static bool
read_header(DfgReader *reader)
{
	const uint8 *data = reader->bytes.start;
	uint64 cases;

	if (reader_left(&reader->bytes) < 2)
		return reader_fault(reader, "value is cut off");
	if (data[0] != DFG_VERSION)
		return reader_fault(reader, "format version %d is not known", data[0]);
	if ((data[1] & ~DFG_FLAG_CALENDAR) != 0)
		return reader_fault(reader, "reserved flag is set");
	reader->bytes.pos += 2;
	begin_element(reader);
	if (!read_uint(reader, "number of cases", 1, PG_INT64_MAX, &cases))
		return false;
	reader->dfg->cases = (int64) cases;
	return (data[1] & DFG_FLAG_CALENDAR) == 0 || read_calendar(reader);
}

/* Reads a label, which must come after the one before it. */
static bool
read_label(DfgReader *reader, Label *before)
{
	Label label;

	if (!read_text(reader, "length of a label", 0, LABEL_MAX_BYTES, &label))
		return false;
	if (before->bytes != NULL && label_compare(*before, label) >= 0)
		return reader_fault(reader, "labels are not in ascending order");
	*before = label;
	return true;
}

/* Reads three counters that are possible for so many cases. */
static bool
read_count(DfgReader *reader, DfgCount *count, uint64 max_frequency, uint64 max_cases)
{
	uint64 frequency;
	uint64 case_frequency;
	uint64 max_per_case;

	if (!read_uint(reader, "frequency", 1, max_frequency, &frequency) ||
		!read_uint(reader, "case_frequency", 1, Min(frequency, max_cases), &case_frequency) ||
		!read_uint(reader, "max_per_case", (frequency - 1) / case_frequency + 1,
				   frequency - case_frequency + 1, &max_per_case))
		return false;
	count->frequency = (int64) frequency;
	count->case_frequency = (int64) case_frequency;
	count->max_per_case = (int64) max_per_case;
	return true;
}

static bool
read_activity(DfgReader *reader, DfgActivity *activity, uint64 *starts_left, uint64 *ends_left)
{
	Dfg *dfg = reader->dfg;
	uint64 starts;
	uint64 ends;

	begin_element(reader);
	if (!read_count(reader, &activity->count, (uint64) (PG_INT64_MAX - dfg->events),
					(uint64) dfg->cases) ||
		!read_uint(reader, "starts", 0, Min(*starts_left, (uint64) activity->count.case_frequency),
				   &starts) ||
		!read_uint(reader, "ends", 0, Min(*ends_left, (uint64) activity->count.case_frequency),
				   &ends))
		return false;
	activity->starts = (int64) starts;
	activity->ends = (int64) ends;
	*starts_left -= starts;
	*ends_left -= ends;
	dfg->events += activity->count.frequency;
	return true;
}

/* Reads the labels, and adds them unless only their counters are wanted. */
static bool
read_labels(DfgReader *reader, bool wanted, uint64 *count)
{
	Label label = {NULL, 0};
	uint64 i;

	begin_element(reader);
	if (!read_uint(reader, "number of activities", 1, DFG_MAX_ACTIVITIES, count))
		return false;
	for (i = 0; i < *count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!read_label(reader, &label))
			return false;
		if (wanted)
			dfg_add_activity(reader->dfg, label);
	}
	return true;
}

static bool
read_activities(DfgReader *reader, bool wanted)
{
	Dfg *dfg = reader->dfg;
	uint64 starts_left = (uint64) dfg->cases;
	uint64 ends_left = (uint64) dfg->cases;
	DfgActivity unwanted;
	uint64 count;
	uint64 i;

	if (!read_labels(reader, wanted, &count))
		return false;
	for (i = 0; i < count; i++)
		if (!read_activity(reader, wanted ? &dfg->activities[i] : &unwanted, &starts_left,
						   &ends_left))
			return false;
	return dfg->events >= dfg->cases || reader_fault(reader, "fewer events than cases");
}

/* Reads the single durations of an edge. */
static bool
read_values(DfgReader *reader, Durations *durations, uint64 count)
{
	uint64 value = 0;
	uint64 more;
	uint64 i;

	for (i = 0; i < count; i++)
	{
		if (!read_uint(reader, "duration", 0, INSTANT_MAX_SPAN - value, &more))
			return false;
		value += more;
		durations_add(durations, value);
	}
	durations_settle(durations);
	return true;
}

/* Reads the buckets of a sketch; they count so many values from min to max. */
static bool
read_buckets(DfgReader *reader, Durations *durations)
{
	uint64 left = durations->count;
	uint64 bucket = 0;
	uint64 buckets;
	uint64 distance;
	uint64 count;
	uint64 i;

	if (!read_uint(reader, "number of buckets", 1, SKETCH_BUCKETS, &buckets))
		return false;
	for (i = 0; i < buckets; i++)
	{
		if (!read_uint(reader, "bucket", i > 0, SKETCH_BUCKETS - 1 - bucket, &distance) ||
			!read_uint(reader, "count of a bucket", 1, left, &count))
			return false;
		bucket += distance;
		left -= count;
		if (i == 0 && bucket != sketch_bucket(durations->min))
			break;
		sketch_add(durations->sketch, (uint32) bucket, count);
	}
	if (i < buckets || left != 0 || bucket != sketch_bucket(durations->max))
		return reader_fault(reader, "buckets do not fit the durations");
	return true;
}

/*
 * A total and a sum of squares that some durations d from min to max can have:
 * count * min <= total <= count * max, the variance is not below zero (total^2
 * <= count * squares), nor is the sum of (d - min) * (max - d), so that
 * squares + count * min * max <= (min + max) * total. Hence squares <= max *
 * total, and sums stay in their bounds.
 */
static bool
sums_are_possible(const Durations *durations)
{
	Wide count = wide_of(durations->count);
	Wide min = wide_of(durations->min);
	Wide max = wide_of(durations->max);
	Wide lowest = wide_multiply(&count, &min);
	Wide highest = wide_multiply(&count, &max);
	Wide square = wide_multiply(&durations->total, &durations->total);
	Wide least = wide_multiply(&count, &durations->squares);
	Wide spread = wide_multiply(&lowest, &max);
	Wide both = min;
	Wide most;

	wide_add(&both, &max);
	most = wide_multiply(&both, &durations->total);
	wide_add(&spread, &durations->squares);
	return wide_compare(&lowest, &durations->total) <= 0 &&
		   wide_compare(&durations->total, &highest) <= 0 && wide_compare(&spread, &most) <= 0 &&
		   wide_compare(&square, &least) <= 0;
}

static bool
read_sketch(DfgReader *reader, Durations *durations, uint64 count)
{
	durations->count = count;
	durations->sketch = sketch_create();
	if (!wide_varint_read(&reader->bytes, 2, &durations->total) ||
		!wide_varint_read(&reader->bytes, 3, &durations->squares))
		return reader_fault(reader, "invalid sum");
	if (!read_uint(reader, "duration", 0, INSTANT_MAX_SPAN, &durations->min) ||
		!read_uint(reader, "duration", durations->min, INSTANT_MAX_SPAN, &durations->max))
		return false;
	if (!sums_are_possible(durations))
		return reader_fault(reader, "sums do not fit the durations");
	return read_buckets(reader, durations);
}

/* Reads an edge, which must come after the one before it. */
static bool
read_edge(DfgReader *reader, uint64 *last_key, uint64 *steps_left)
{
	Dfg *dfg = reader->dfg;
	uint64 activities = dfg->labels->count;
	uint64 source;
	uint64 target;
	uint64 cases;
	DfgEdge *edge;

	begin_element(reader);
	if (!read_uint(reader, "source", 0, activities - 1, &source) ||
		!read_uint(reader, "target", 0, activities - 1, &target))
		return false;
	if (dfg->nedges > 0 && (source << 32 | target) <= *last_key)
		return reader_fault(reader, "edges are not in ascending order");
	*last_key = source << 32 | target;
	edge = dfg_find_edge(dfg, (uint32) source, (uint32) target);
	cases = (uint64) Min(dfg->activities[source].count.case_frequency,
						 dfg->activities[target].count.case_frequency);
	if (!read_count(reader, &edge->count, *steps_left, cases))
		return false;
	*steps_left -= (uint64) edge->count.frequency;
	return edge->count.frequency <= DURATIONS_EXACT
			   ? read_values(reader, &edge->durations, (uint64) edge->count.frequency)
			   : read_sketch(reader, &edge->durations, (uint64) edge->count.frequency);
}

static bool
read_edges(DfgReader *reader)
{
	uint64 steps_left = (uint64) (reader->dfg->events - reader->dfg->cases);
	uint64 last_key = 0;
	uint64 count;
	uint64 i;

	begin_element(reader);
	if (!read_uint(reader, "number of edges", 0, DFG_MAX_EDGES, &count))
		return false;
	for (i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!read_edge(reader, &last_key, &steps_left))
			return false;
	}
	begin_element(reader);
	return reader_left(&reader->bytes) == 0 || reader_fault(reader, "value goes on behind its end");
}

static bool
check_whole_size(size_t size, Fault *fault)
{
	return size <= DFG_MAX_BYTES || fault_limit(fault, "dfg", "bytes", size, DFG_MAX_BYTES, NULL);
}

Dfg *
dfg_load(const uint8 *data, size_t size, Fault *fault)
{
	DfgReader reader = {{data, data, data + size}, fault, 0, dfg_create()};

	return check_whole_size(size, fault) && read_header(&reader) &&
				   read_activities(&reader, true) && read_edges(&reader)
			   ? reader.dfg
			   : NULL;
}

bool
dfg_load_totals(const uint8 *data, size_t size, int64 *cases, int64 *events, Fault *fault)
{
	Dfg totals = {0};
	DfgReader reader = {{data, data, data + size}, fault, 0, &totals};

	if (!check_whole_size(size, fault) || !read_header(&reader))
		return false;
	*cases = totals.cases;
	if (events != NULL && !read_activities(&reader, false))
		return false;
	if (events != NULL)
		*events = totals.events;
	return true;
}
