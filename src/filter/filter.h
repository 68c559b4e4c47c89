/*
 * Filters: parts of a trace, and what can hold of one.
 *
 * A trace is taken apart once, and cut down in place by one filter after the
 * other; lists of activities come as a flag for each label of the trace.
 */
#ifndef TM_FILTER_H
#define TM_FILTER_H

#include "trace/trace.h"

/* What filters have left of a trace. */
typedef struct TracePart
{
	const Label *labels; /* all those of the trace, by number */
	uint32 nlabels;
	TraceEvent *events;
	uint32 count; /* 0: nothing is left */
	bool break_after;
} TracePart;

typedef enum Which
{
	WHICH_FIRST,
	WHICH_LAST
} Which;

/* An end of a piece: the first or last event of a list; no list: as far as the part goes. */
typedef struct CropEnd
{
	const bool *listed;
	Which which;
} CropEnd;

/* From from_at on, up to but without to_at; either may be infinite. */
typedef struct Period
{
	TimestampTz from_at;
	TimestampTz to_at;
} Period;

/* From least to most, both included; a number of microseconds, or of events. */
typedef struct Bounds
{
	uint64 least;
	uint64 most;
} Bounds;

/* Takes a checked trace apart. */
extern void part_open(TracePart *part, const Trace *trace);

/* The value of a part of which something is left. */
extern struct varlena *part_build(const TracePart *part);

/*
 * The filters. Where events are left out, breaks between those that are kept
 * stay; a piece that is cut out takes no break of what was cut off along.
 */
extern void part_keep(TracePart *part, const bool *listed);
extern void part_drop(TracePart *part, const bool *listed);
extern void part_mask(TracePart *part, const bool *listed);
extern void part_crop(TracePart *part, CropEnd from, CropEnd to);
extern void part_between(TracePart *part, Period period);
extern void part_cut(TracePart *part, uint32 first, uint32 count);

/* Predicates. A break where the part begins or ends hides what it begins or ends with. */
extern bool part_has_any(const TracePart *part, const bool *listed);
extern bool part_starts_with(const TracePart *part, const bool *listed);
extern bool part_ends_with(const TracePart *part, const bool *listed);
extern bool part_has_edge(const TracePart *part, uint32 source, uint32 target, Bounds duration);

static inline bool
period_contains(Period period, TimestampTz at)
{
	return period.from_at <= at && at < period.to_at;
}

/* The same of all that lies between two instants, both included. */
static inline bool
period_contains_span(Period period, TimestampTz start, TimestampTz end)
{
	return period.from_at <= start && end < period.to_at;
}

/* Whether such a span and the period have an instant in common. */
static inline bool
period_intersects(Period period, TimestampTz start, TimestampTz end)
{
	return period.from_at < period.to_at && start < period.to_at && period.from_at <= end;
}

static inline bool
bounds_contain(Bounds bounds, uint64 number)
{
	return bounds.least <= number && number <= bounds.most;
}

#endif
