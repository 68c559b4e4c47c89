/*
 * Labels that the cases of a query share while an aggregate collects them:
 * each is kept once, so that an event needs its number alone. At most
 * SHARED_LABELS_MAX of at most SHARED_LABEL_MAX_BYTES are kept, 700 kB with
 * their table; there is room for what a log has, while free text taken
 * for activities does not fill memory that no work_mem counts.
 */
#ifndef TM_SHARED_LABELS_H
#define TM_SHARED_LABELS_H

#include "base/label.h"

#define SHARED_LABELS_MAX 4096
#define SHARED_LABEL_MAX_BYTES 128

typedef struct SharedLabels
{
	LabelTable *table;
	MemoryContext context; /* in which the table lives */
} SharedLabels;

/* In a context that lives as long as the query. */
extern SharedLabels *shared_labels_create(MemoryContext context);

/* Finds or adds a label; false where it is not kept. */
extern bool shared_labels_number(SharedLabels *shared, Label label, uint32 *number);

#endif
