/*
 * Labels that the cases of a query share while an aggregate collects them.
 */
#include "postgres.h"

#include "trace/shared_labels.h"

SharedLabels *
shared_labels_create(MemoryContext context)
{
	MemoryContext before = MemoryContextSwitchTo(context);
	SharedLabels *shared = palloc(sizeof(SharedLabels));

	shared->context = context;
	shared->table = label_table_create();
	MemoryContextSwitchTo(before);
	return shared;
}

static uint32
add_label(SharedLabels *shared, Label label)
{
	MemoryContext before = MemoryContextSwitchTo(shared->context);
	uint32 number = label_table_add(shared->table, label);

	MemoryContextSwitchTo(before);
	return number;
}

bool
shared_labels_number(SharedLabels *shared, Label label, uint32 *number)
{
	if (likely(label_table_find(shared->table, label, number)))
		return true;
	if (label.length > SHARED_LABEL_MAX_BYTES || shared->table->count == SHARED_LABELS_MAX)
		return false;
	*number = add_label(shared, label);
	return true;
}
