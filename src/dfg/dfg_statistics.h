/*
 * What is told of the durations of an edge.
 */
#ifndef TM_DFG_STATISTICS_H
#define TM_DFG_STATISTICS_H

#include "dfg/durations.h"

#define STATISTICS_PERCENTILES 3

typedef struct DurationStatistics
{
	uint64 mean;
	uint64 stddev;
	bool has_stddev;                            /* not of a single duration */
	uint64 percentiles[STATISTICS_PERCENTILES]; /* median, 90 %, 95 % */
} DurationStatistics;

static inline void
durations_describe(Durations *durations, DurationStatistics *statistics)
{
	static const uint32 shares[STATISTICS_PERCENTILES] = {500000, 900000, 950000};

	durations_sort(durations);
	statistics->mean = durations_mean(durations);
	statistics->has_stddev = durations->count > 1;
	statistics->stddev = statistics->has_stddev ? durations_stddev(durations) : 0;
	durations_percentiles(durations, shares, STATISTICS_PERCENTILES, statistics->percentiles);
}

#endif
