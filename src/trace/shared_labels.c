/*
 * Labels that all cases share while aggregates collect them.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "trace/shared_labels.h"

static LabelTable *shared;

static uint32
add_shared(Label label)
{
	MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);
	uint32 number = label_table_add(shared, label);

	MemoryContextSwitchTo(before);
	return number;
}

static LabelTable *
create_shared(void)
{
	MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);
	LabelTable *table = label_table_create();

	MemoryContextSwitchTo(before);
	return table;
}

bool
shared_label_number(Label label, uint32 *number)
{
	if (unlikely(shared == NULL))
		shared = create_shared();
	if (likely(label_table_find(shared, label, number)))
		return true;
	if (label.length > SHARED_LABEL_MAX_BYTES || shared->count == SHARED_LABELS_MAX)
		return false;
	*number = add_shared(label);
	return true;
}

Label
shared_label(uint32 number)
{
	return shared->labels[number];
}
