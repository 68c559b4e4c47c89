/*
 * The map from activities to segments, given as jsonb:
 * {"Afventer bruger": "user", "Note": null}.
 */
#ifndef TM_SEGMENT_MAP_H
#define TM_SEGMENT_MAP_H

#include "utils/jsonb.h"

#include "trace/trace_segments.h"

/* Segment 0 is that of labels which are not in the map. */
#define SEGMENT_UNKNOWN 0

typedef struct SegmentMap
{
	LabelTable *segments;
	LabelTable *labels;
	uint32 *segment_of; /* by the number of the label: a segment, or SEGMENT_NOTE */
} SegmentMap;

/* Reads a map; anything but an object of strings and nulls is an error. */
extern SegmentMap *segment_map_create(Jsonb *map);

/* The segment of each label of a trace. */
extern uint32 *segment_map_apply(const SegmentMap *map, const Trace *trace);

#endif
