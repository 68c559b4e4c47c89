/*
 * dfg as an expanded object.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "dfg/dfg_fmgr.h"

static Size expanded_dfg_flat_size(ExpandedObjectHeader *header);
static void expanded_dfg_flatten_into(ExpandedObjectHeader *header, void *result, Size size);

static const ExpandedObjectMethods expanded_dfg_methods = {expanded_dfg_flat_size,
														   expanded_dfg_flatten_into};

ExpandedDfg *
expanded_dfg_create(MemoryContext parent)
{
	MemoryContext context =
		AllocSetContextCreate(parent, "expanded dfg", ALLOCSET_START_SMALL_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);
	ExpandedDfg *expanded = palloc0(sizeof(ExpandedDfg));

	EOH_init_header(&expanded->hdr, &expanded_dfg_methods, context);
	expanded->magic = EXPANDED_DFG_MAGIC;
	expanded->dfg = dfg_create();
	MemoryContextSwitchTo(before);
	return expanded;
}

static ExpandedDfg *
expanded_dfg_at(Datum value)
{
	ExpandedDfg *expanded = (ExpandedDfg *) DatumGetEOHP(value);

	if (expanded->magic != EXPANDED_DFG_MAGIC)
		elog(ERROR, "expanded object is not a dfg");
	return expanded;
}

ExpandedDfg *
expanded_dfg_of(Datum value, MemoryContext parent)
{
	ExpandedDfg *expanded;
	MemoryContext before;

	if (VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(value)))
		return expanded_dfg_at(value);
	expanded = expanded_dfg_create(parent);
	before = MemoryContextSwitchTo(expanded->hdr.eoh_context);
	dfg_merge(expanded->dfg, dfg_open(value));
	MemoryContextSwitchTo(before);
	return expanded;
}

MemoryContext
expanded_dfg_change(ExpandedDfg *expanded)
{
	if (expanded->flat != NULL)
		pfree(expanded->flat);
	expanded->flat = NULL;
	return MemoryContextSwitchTo(expanded->hdr.eoh_context);
}

/* The counters that settling makes must live as long as the graph. */
static Dfg *
settled_dfg(ExpandedDfg *expanded)
{
	MemoryContext before = MemoryContextSwitchTo(expanded->hdr.eoh_context);

	dfg_settle(expanded->dfg);
	MemoryContextSwitchTo(before);
	return expanded->dfg;
}

Dfg *
dfg_open(Datum value)
{
	struct varlena *flat;
	Fault fault;
	Dfg *dfg;

	if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
	{
		return settled_dfg(expanded_dfg_at(value));
	}
	flat = (struct varlena *) PG_DETOAST_DATUM_PACKED(value);
	dfg = dfg_load((const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat), &fault);
	if (dfg == NULL)
		fault_throw_stored(&fault, "dfg");
	return dfg;
}

void
dfg_open_totals(Datum value, int64 *cases, int64 *events)
{
	struct varlena *flat;
	Fault fault;

	if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
	{
		*cases = expanded_dfg_at(value)->dfg->cases;
		if (events != NULL)
			*events = expanded_dfg_at(value)->dfg->events;
		return;
	}
	flat = (struct varlena *) PG_DETOAST_DATUM_PACKED(value);
	if (!dfg_load_totals((const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat), cases, events,
						 &fault))
		fault_throw_stored(&fault, "dfg");
}

static Size
expanded_dfg_flat_size(ExpandedObjectHeader *header)
{
	ExpandedDfg *expanded = (ExpandedDfg *) header;
	MemoryContext before = MemoryContextSwitchTo(header->eoh_context);

	if (expanded->flat == NULL)
		expanded->flat = dfg_flatten(expanded->dfg);
	MemoryContextSwitchTo(before);
	return VARSIZE(expanded->flat);
}

static void
expanded_dfg_flatten_into(ExpandedObjectHeader *header, void *result, Size size)
{
	ExpandedDfg *expanded = (ExpandedDfg *) header;

	Assert(expanded->flat != NULL && VARSIZE(expanded->flat) == size);
	memcpy(result, expanded->flat, size);
}
