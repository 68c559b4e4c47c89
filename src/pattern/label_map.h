/*
 * The labels of traces as numbers in a table of labels.
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
 * next call. Throws where the labels do not fill the dictionary; more need not
 * be known of them, for their bytes are compared with valid ones and go nowhere.
 */
extern const uint32 *label_map_find(LabelMap *map, const Trace *trace);

#endif
