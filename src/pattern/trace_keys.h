/*
 * What an index knows of a trace: a key for each of its activities, and one for
 * each pair of activities of which the second directly follows the first. Keys
 * are hashes, so all that an index finds is looked at again.
 *
 * Of a pattern an index asks: can its automaton get from begin to end by states
 * that take an activity that is there, and by edges between activities that do
 * follow each other there? The events of a match do so. So no match is missed;
 * and as more keys never make less possible, keys that are not known count as
 * there.
 */
#ifndef TM_TRACE_KEYS_H
#define TM_TRACE_KEYS_H

#include "base/hash64.h"
#include "pattern/automaton.h"
#include "trace/trace.h"

/* More keys than that do not make a search faster; what needs them counts as there. */
#define KEY_QUERY_MAX_KEYS 256
#define KEY_QUERY_MAX_KEYS_OF_EDGE 16

/* Keys lie in indexes: these functions are frozen, as hash64.h is. */
static inline uint64
key_of_activity(Label label)
{
	return hash64((const uint8 *) label.bytes, label.length);
}

static inline uint64
key_of_pair(uint64 source, uint64 target)
{
	return hash64_step(hash64_step(HASH64_LENGTH, source), target);
}

/* The keys of a trace, each once. */
extern uint64 *trace_keys(const Trace *trace, uint32 *count);

/* What an automaton asks of the keys. */
typedef struct KeyQuery KeyQuery;

extern KeyQuery *key_query_create(const Automaton *automaton);
extern const uint64 *key_query_keys(const KeyQuery *query, uint32 *count);

/* True when a trace can match with the keys that may be there; for NULL, with all. */
extern bool key_query_possible(KeyQuery *query, const bool *may_be_there);

#endif
