/*
 * trace_pattern: a regular expression over the activities of a trace. Parsed
 * once, matched many times; nothing in here knows of fmgr.
 *
 *   Ny, "Løst m. mail", 'x'  an event with this activity
 *   .   [A B]   [^A B]       any event, one of these activities, none of them
 *   A B, A -> B              B directly follows A
 *   A ~> B                   B eventually follows A: the nearest B that fits
 *   A | B   ( )              either, the left one first
 *   * + ? {m} {m,} {m,n}     repetitions, as many as fit
 *   ^ $                      the start and the end of the trace
 *   (A ~> B){< 2 days}       so long from the first to the last event of the
 *                            group: <, <=, >, >=; bounds are not nested
 *
 * A match has at least one event. Of the matches of a trace the first begins at
 * the first event at which one can begin, the next one after its last event,
 * and so on; how far each goes is decided by preference as in SQL's row pattern
 * recognition and in Perl: the left choice before the right one, one more turn
 * of a repetition before going on, and for ~> the nearest event before a later
 * one. A turn beyond the least number takes at least one event.
 *
 * A break (a masked event, see trace.h) stands between two events: no sequence
 * goes across it, only ~> does. Where one stands before the first event, or
 * after the last, ^ or $ does not hold.
 *
 * Matching goes once over the trace, from its end to its start, and notes for
 * each event which states of the pattern can take it and still reach the end of
 * a match (takers.h says how, and why that is exact with time bounds). So
 * its cost is that of the number of events times that of the pattern, whatever
 * the pattern is; finding where the matches lie takes two such passes more.
 */
#ifndef TM_PATTERN_H
#define TM_PATTERN_H

#include "trace/trace.h"

typedef struct Pattern Pattern;

/* Events are numbered from 0. */
typedef struct PatternMatch
{
	uint32 first;
	uint32 last;
	TimestampTz from_at;
	TimestampTz to_at;
} PatternMatch;

/*
 * Makes the pattern of a literal, or of the bytes of a stored value; NULL with a
 * fault. It lives in the current memory context, and so does what it needs for
 * matching, which leaves nothing behind.
 */
extern Pattern *pattern_parse(const char *literal, Fault *fault);
extern Pattern *pattern_read(const uint8 *data, size_t size, Fault *fault);

/* The labels that it names, each once. */
extern const struct LabelTable *pattern_labels(const Pattern *pattern);

/*
 * True when the pattern has a match in the trace, of which all but the labels
 * must have been checked (trace_check_events()).
 */
extern bool pattern_matches(Pattern *pattern, const Trace *trace);

/*
 * Steps through the matches. Until the end the trace must stay where it is, and
 * the pattern must not be matched with another one.
 */
typedef struct PatternSearch PatternSearch;

extern PatternSearch *pattern_search_begin(Pattern *pattern, const Trace *trace);
extern bool pattern_search_next(PatternSearch *search, PatternMatch *match);
extern void pattern_search_end(PatternSearch *search);

/* The first or the last of these matches; false where there is none. */
extern bool pattern_first_match(Pattern *pattern, const Trace *trace, PatternMatch *match);
extern bool pattern_last_match(Pattern *pattern, const Trace *trace, PatternMatch *match);

/* How many there are. */
extern uint32 pattern_count_matches(Pattern *pattern, const Trace *trace);

#endif
