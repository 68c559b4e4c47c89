/*
 * The labels of traces as numbers in a table of labels. Most traces of a log
 * share few dictionaries, so those seen last are kept with their numbers, and
 * need no second check of their labels.
 */
#ifndef TM_LABEL_MAP_H
#define TM_LABEL_MAP_H

#include "trace/trace.h"

typedef struct LabelMap LabelMap;

/* Lives in the current memory context. */
extern LabelMap *label_map_create(const LabelTable *table);

/*
 * The number of each label of a trace, of which all but the labels has been
 * checked; for a label that is not in the table, their count. Good until the
 * next call. Throws where the labels are not valid.
 */
extern const uint32 *label_map_find(LabelMap *map, const Trace *trace);

#endif
