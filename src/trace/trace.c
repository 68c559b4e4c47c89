/*
 * Reading traces: the validator, and what can be read off a value.
 */
#include "postgres.h"

#include "base/hash64.h"
#include "base/instant.h"
#include "base/interrupts.h"
#include "trace/trace.h"

const uint64 trace_unit_microseconds[TRACE_UNITS] = {1, 1000, 1000000, 60000000};

/* How many of a unit make the next, 0 for the last. */
static const uint64 unit_to_next[TRACE_UNITS] = {1000, 1000, 60, 0};

/* Reads the flags; the unit's number lies after the unit itself. */
static bool
read_flags(uint8 flags, Trace *trace, Fault *fault)
{
	trace->delta_width = flags & TRACE_FLAG_WIDTH;
	trace->unit = trace_unit_microseconds[flags >> TRACE_FLAG_UNIT_SHIFT & (TRACE_UNITS - 1)];
	if (flags & TRACE_FLAG_RESERVED)
		return fault_at(fault, 1, "reserved flag is set");
	if (trace->delta_width > 8)
		return fault_at(fault, 1, "deltas of %d bytes", trace->delta_width);
	return true;
}

/* Reads the three counts. */
static bool
read_counts(ByteReader *reader, Trace *trace, Fault *fault)
{
	uint64 at = TRACE_FIXED_BYTES;
	uint64 nevents;
	uint64 nlabels;
	uint64 dictionary_size;

	if (!reader_varint_max(reader, TRACE_MAX_EVENTS, &nevents) || nevents == 0)
		return fault_at(fault, at, "invalid number of events");
	trace->variant = reader->pos;
	if (!reader_varint_max(reader, Min(nevents, TRACE_MAX_LABELS), &nlabels) || nlabels == 0)
		return fault_at(fault, at, "invalid number of labels");
	if (!reader_varint_max(reader, nlabels * (LABEL_MAX_BYTES + 2), &dictionary_size))
		return fault_at(fault, at, "invalid size of the dictionary");
	trace->nevents = (uint32) nevents;
	trace->nlabels = (uint32) nlabels;
	trace->dictionary_size = (uint32) dictionary_size;
	trace->index_width = nlabels > 256 ? 2 : 1;
	return true;
}

bool
trace_check_header(const uint8 *data, size_t size, Trace *trace, Fault *fault)
{
	ByteReader reader = {data, data + TRACE_FIXED_BYTES, data + size};

	if (size < TRACE_FIXED_BYTES)
		return fault_at(fault, size, "value is cut off");
	if (data[0] != TRACE_VERSION)
		return fault_at(fault, 0, "format version %d is not known", data[0]);
	trace->start = (TimestampTz) load_u64(data + 2);
	if (!IS_VALID_TIMESTAMP(trace->start))
		return fault_at(fault, 2, "time of the first event is out of range");
	if (!read_flags(data[1], trace, fault) || !read_counts(&reader, trace, fault))
		return false;
	trace->dictionary = reader.pos;
	trace->breaks = data[1] & TRACE_FLAG_BREAKS ? reader.pos : NULL;
	return true;
}

/* Finds where each part lies, and that they fill the value exactly. */
static bool
lay_out(const uint8 *data, size_t size, Trace *trace, Fault *fault)
{
	size_t at = (size_t) (trace->dictionary - data);
	size_t nevents = trace->nevents;
	size_t breaks = trace->breaks ? nevents / 8 + 1 : 0;

	trace->indexes = trace->dictionary + trace->dictionary_size;
	at += trace->dictionary_size + nevents * trace->index_width;
	if (trace->breaks)
		trace->breaks = trace->indexes + nevents * trace->index_width;
	trace->deltas = trace->indexes + nevents * trace->index_width + breaks;
	at += breaks + (nevents - 1) * trace->delta_width;
	trace->end = data + at;
	return at == size ||
		   fault_at(fault, Min(at, size), "value has %zu bytes instead of %zu", size, at);
}

/* Labels are numbered in order of first appearance, and all appear. */
static bool
check_indexes(const uint8 *data, const Trace *trace, Fault *fault)
{
	uint32 seen = 0;
	uint32 i;

	for (i = 0; i < trace->nevents; i++)
	{
		uint32 index = trace_index(trace, i);

		if (unlikely(index >= seen))
		{
			if (index > seen || seen == trace->nlabels)
				break;
			seen++;
		}
		check_interrupts_seldom(i);
	}
	if (i < trace->nevents || seen != trace->nlabels)
		return fault_at(fault, (uint64) (trace->indexes - data) + (uint64) i * trace->index_width,
						"labels are not numbered in order of appearance");
	return true;
}

/* At least one break is set, and none after the last. */
static bool
check_breaks(const uint8 *data, const Trace *trace, Fault *fault)
{
	size_t bytes = (size_t) trace->nevents / 8 + 1;
	uint8 any = 0;
	size_t i;

	for (i = 0; i < bytes; i++)
		any |= trace->breaks[i];
	if (any == 0 || trace->breaks[bytes - 1] >> (trace->nevents % 8) > 1)
		return fault_at(fault, (uint64) (trace->breaks - data), "invalid breaks");
	return true;
}

/* True when every delta is a multiple of the next larger unit. */
static bool
unit_is_too_small(const Trace *trace, int unit)
{
	const uint8 *p = trace->deltas;
	uint32 i;

	if (unit_to_next[unit] == 0)
		return false;
	for (i = 1; i < trace->nevents; i++, p += trace->delta_width)
		if (load_uint_ending(p, trace->delta_width) % unit_to_next[unit] != 0)
			return false;
	return true;
}

bool
trace_check_deltas(const uint8 *data, const Trace *trace, Fault *fault)
{
	int unit = data[1] >> TRACE_FLAG_UNIT_SHIFT & (TRACE_UNITS - 1);
	uint64 at = (uint64) (trace->deltas - data);
	uint64 left = ((uint64) END_TIMESTAMP - 1 - (uint64) trace->start) / trace->unit;
	uint64 all_bits = 0;
	const uint8 *p = trace->deltas;
	uint32 i;

	if (trace->delta_width == 0)
		return unit == 0 || fault_at(fault, 1, "unit without deltas");
	for (i = 1; i < trace->nevents; i++, p += trace->delta_width)
	{
		uint64 delta = load_uint_ending(p, trace->delta_width);

		if (delta > left)
			return fault_at(fault, (uint64) (p - data), "time of an event is out of range");
		left -= delta;
		all_bits |= delta;
		check_interrupts_seldom(i);
	}
	if (uint_width(all_bits) != trace->delta_width)
		return fault_at(fault, at, "deltas are wider than needed");
	return !unit_is_too_small(trace, unit) || fault_at(fault, at, "unit is smaller than needed");
}

bool
trace_check_parts(const uint8 *data, size_t size, Trace *trace, Fault *fault)
{
	return trace_check_header(data, size, trace, fault) && lay_out(data, size, trace, fault);
}

bool
trace_check_order(const uint8 *data, const Trace *trace, Fault *fault)
{
	return check_indexes(data, trace, fault) &&
		   (trace->breaks == NULL || check_breaks(data, trace, fault));
}

bool
trace_check_events(const uint8 *data, size_t size, Trace *trace, Fault *fault)
{
	return trace_check_parts(data, size, trace, fault) && trace_check_order(data, trace, fault) &&
		   trace_check_deltas(data, trace, fault);
}

bool
trace_check_labels(const Trace *trace, Label *labels, Fault *fault)
{
	ByteReader reader = {trace->dictionary, trace->dictionary, trace->indexes};

	return label_dictionary_check(&reader, labels, trace->nlabels, fault);
}

bool
trace_check(const uint8 *data, size_t size, Trace *trace, Fault *fault)
{
	Label few[16];
	Label *labels = few;
	bool valid;

	if (!trace_check_events(data, size, trace, fault))
		return false;
	if (trace->nlabels > lengthof(few))
		labels = palloc(trace->nlabels * sizeof(Label));
	valid = trace_check_labels(trace, labels, fault);
	if (labels != few)
		pfree(labels);
	return valid;
}

Label *
trace_labels(const Trace *trace)
{
	Label *labels = palloc(trace->nlabels * sizeof(Label));
	ByteReader reader = {trace->dictionary, trace->dictionary, trace->indexes};
	uint32 i;

	for (i = 0; i < trace->nlabels; i++)
		labels[i] = label_dictionary_next(&reader);
	return labels;
}

uint32
trace_number_of_label(const Trace *trace, Label label)
{
	ByteReader dictionary = {trace->dictionary, trace->dictionary, trace->indexes};

	return label_dictionary_search(dictionary, trace->nlabels, label);
}

TimestampTz
trace_last_at(const Trace *trace)
{
	const uint8 *p = trace->deltas;
	uint64 sum = 0;
	uint32 i;

	if (trace->delta_width == 0)
		return trace->start;
	for (i = 1; i < trace->nevents; i++, p += trace->delta_width)
		sum += load_uint_ending(p, trace->delta_width);
	return (TimestampTz) ((uint64) trace->start + sum * trace->unit);
}

/*
 * Hashes what makes the variant: the number of labels, the size of the
 * dictionary, the labels with their lengths, the indexes of the events.
 */
uint64
trace_variant_hash(const Trace *trace)
{
	Slice bytes = trace_variant_bytes(trace);

	return hash64((const uint8 *) bytes.bytes, bytes.length);
}
