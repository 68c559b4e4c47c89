/*
 * What a pattern has for matching.
 */
#ifndef TM_PATTERN_MATCH_H
#define TM_PATTERN_MATCH_H

#include "pattern/label_map.h"
#include "pattern/pattern.h"
#include "pattern/takers.h"

struct Pattern
{
	Automaton *automaton;
	LabelMap *label_map;
	Takers now; /* for a single pass over the trace */
	Takers behind;
};

#endif
