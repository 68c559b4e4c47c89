/*
 * What must hold of each valid graph.
 */
#include "shim.h"

#include "dfg/dfg.h"
#include "dfg/dfg_statistics.h"

/* The statistics of an edge's durations lie where they can lie. */
static void
check_statistics(Durations *durations)
{
	uint64 span = durations->max - durations->min;
	DurationStatistics statistics;
	int i;

	durations_describe(durations, &statistics);
	MUST(durations->min <= statistics.mean && statistics.mean <= durations->max);
	MUST(statistics.has_stddev == (durations->count > 1));
	MUST(statistics.stddev <= span);
	MUST(statistics.percentiles[0] >= durations->min);
	for (i = 1; i < STATISTICS_PERCENTILES; i++)
		MUST(statistics.percentiles[i] >= statistics.percentiles[i - 1]);
	MUST(statistics.percentiles[STATISTICS_PERCENTILES - 1] <= durations->max);
}

static Bytes
flat(Dfg *dfg)
{
	return bytes_of(dfg_flatten(dfg));
}

static void
check_text(Bytes value)
{
	Fault fault = fuzz_no_fault();
	struct varlena *again = dfg_from_text(dfg_to_text(value.data, value.size), &fault);

	MUST(again != NULL);
	MUST(bytes_equal(bytes_of(again), value));
}

/* The graph and itself are a valid graph. */
static void
check_double(void *arg)
{
	Dfg *dfg = arg;
	Fault fault = fuzz_no_fault();
	Dfg *twice = dfg_create();
	Bytes value;
	Dfg *loaded;

	dfg_merge(twice, dfg);
	dfg_merge(twice, dfg);
	value = flat(twice);
	loaded = dfg_load(value.data, value.size, &fault);
	MUST(loaded != NULL);
	MUST(loaded->cases == 2 * dfg->cases && loaded->events == 2 * dfg->events);
	MUST(bytes_equal(flat(loaded), value));
}

void
fuzz_check_dfg(Bytes value)
{
	Fault fault = fuzz_no_fault();
	Dfg *dfg = dfg_load(value.data, value.size, &fault);
	int64 cases;
	int64 events;
	uint32 i;

	MUST(dfg != NULL);
	MUST(dfg_load_totals(value.data, value.size, &cases, &events, &fault));
	MUST(cases == dfg->cases && events == dfg->events);
	MUST(bytes_equal(flat(dfg), value));
	check_text(value);
	for (i = 0; i < dfg->nedges; i++)
		check_statistics(&dfg->edges[i].durations);
	if (!shim_try(check_double, dfg))
		MUST(shim_error == ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE && dfg->events > PG_INT64_MAX / 2);
}
