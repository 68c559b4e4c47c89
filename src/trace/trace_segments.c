/*
 * Segments of a case, and one trace laid over another.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "trace/trace_segments.h"

/* Adds a piece to a list with room for it: unless it is empty; equal neighbours are joined. */
static void
add_piece(Segment *list, uint32 *count, uint32 segment, TimestampTz from_at, TimestampTz to_at)
{
	if (from_at >= to_at)
		return;
	if (*count > 0 && list[*count - 1].segment == segment)
	{
		list[*count - 1].to_at = to_at;
		return;
	}
	list[*count].segment = segment;
	list[*count].from_at = from_at;
	list[(*count)++].to_at = to_at;
}

uint32
trace_find_segments(const Trace *trace, const uint32 *segment_of, uint32 unknown, TimestampTz until,
					Segment **found)
{
	Segment *list = palloc_extended(trace->nevents * sizeof(Segment), MCXT_ALLOC_HUGE);
	TraceCursor cursor = trace_first(trace);
	uint32 segment = unknown;
	uint32 count = 0;
	bool more = true;

	while (more && cursor.at < until)
	{
		TimestampTz from_at = cursor.at;

		CHECK_FOR_INTERRUPTS();
		if (segment_of[cursor.label] != SEGMENT_NOTE)
			segment = segment_of[cursor.label];
		more = trace_next(&cursor);
		add_piece(list, &count, segment, from_at, more ? Min(cursor.at, until) : until);
	}
	*found = list;
	return count;
}

/* Where a trace stands at an instant that does not go back: the label of its last event by then. */
typedef struct Follower
{
	TraceCursor cursor;
	bool has_event; /* the cursor is on one */
	uint32 label;   /* OVERLAY_NONE before the first event */
} Follower;

static Follower
follow(const Trace *trace)
{
	Follower follower = {{0}, trace != NULL, OVERLAY_NONE};

	if (trace != NULL)
		follower.cursor = trace_first(trace);
	return follower;
}

static void
follow_until(Follower *follower, TimestampTz at)
{
	while (follower->has_event && follower->cursor.at <= at)
	{
		follower->label = follower->cursor.label;
		follower->has_event = trace_next(&follower->cursor);
	}
}

/* The next change of either trace, at the latest the end. */
static TimestampTz
next_change(const Follower *a, const Follower *b, TimestampTz until)
{
	if (a->has_event)
		until = Min(until, a->cursor.at);
	if (b->has_event)
		until = Min(until, b->cursor.at);
	return until;
}

static void
add_overlay(Overlay *list, uint32 *count, Overlay piece)
{
	Overlay *last = *count > 0 ? &list[*count - 1] : NULL;

	if (last != NULL && last->a == piece.a && last->b == piece.b)
		last->to_at = piece.to_at;
	else
		list[(*count)++] = piece;
}

uint32
trace_find_overlay(const Trace *a, const Trace *b, TimestampTz until, Overlay **found)
{
	Size most = (Size) a->nevents + (b != NULL ? b->nevents : 0);
	Overlay *list = palloc_extended(most * sizeof(Overlay), MCXT_ALLOC_HUGE);
	Follower in_a = follow(a);
	Follower in_b = follow(b);
	TimestampTz at = a->start;
	uint32 count = 0;

	while (at < until)
	{
		Overlay piece;

		CHECK_FOR_INTERRUPTS();
		follow_until(&in_a, at);
		follow_until(&in_b, at);
		piece.a = in_a.label;
		piece.b = in_b.label;
		piece.from_at = at;
		piece.to_at = at = next_change(&in_a, &in_b, until);
		add_overlay(list, &count, piece);
	}
	*found = list;
	return count;
}
