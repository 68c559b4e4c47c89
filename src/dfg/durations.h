/*
 * The durations of one edge, in microseconds: their count, total, sum of
 * squares, extremes, and what percentiles need.
 *
 * Up to DURATIONS_EXACT of them are kept one by one. More are kept as a
 * sketch: how many lie in each of 3,776 buckets. A bucket holds one value
 * below 128, above it 1/64 of a power of two; a value is told as its bucket's
 * middle, at most 1/128 away. The sketch is a function of the bag of values
 * alone, and two of them add up exactly.
 *
 * Which of the two it is depends on the count alone, so nothing depends on the
 * order in which values or graphs come together.
 *
 * A value that is added waits in the list at first, and is counted with some
 * others at once: the buckets of an edge are all over the memory, and so it is
 * waited for many of them at a time. Whoever reads settles first.
 */
#ifndef TM_DURATIONS_H
#define TM_DURATIONS_H

#include "port/pg_bitutils.h"

#include "base/wide.h"

#define DURATIONS_EXACT 1000

#define SKETCH_OCTAVE_BUCKETS 64
#define SKETCH_OCTAVE_BITS 6
#define SKETCH_OCTAVES (64 - SKETCH_OCTAVE_BITS + 1)
#define SKETCH_BUCKETS (SKETCH_OCTAVES * SKETCH_OCTAVE_BUCKETS)

/* Counters of the buckets, an array for each octave that has any. */
typedef struct Sketch
{
	uint64 *octaves[SKETCH_OCTAVES];
} Sketch;

typedef struct Durations
{
	uint64
		*values; /* while there are at most DURATIONS_EXACT, in any order; else those that wait */
	uint32 nvalues;
	uint32 capacity;
	uint32 nsettled; /* of the values: how many are counted below */
	uint64 count;
	uint64 min;
	uint64 max;
	Wide total;
	Wide squares;
	Sketch *sketch; /* NULL while there are at most DURATIONS_EXACT */
} Durations;

/* The bucket of a value. */
static inline uint32
sketch_bucket(uint64 value)
{
	int exponent;

	if (value < SKETCH_OCTAVE_BUCKETS)
		return (uint32) value;
	exponent = pg_leftmost_one_pos64(value);
	return (uint32) (exponent - SKETCH_OCTAVE_BITS + 1) * SKETCH_OCTAVE_BUCKETS +
		   (uint32) (value >> (exponent - SKETCH_OCTAVE_BITS) & (SKETCH_OCTAVE_BUCKETS - 1));
}

/* The value that stands for a bucket: its middle. */
extern uint64 sketch_representative(uint32 bucket);

extern Sketch *sketch_create(void);

/* Makes the counters of an octave that has had no value. */
extern uint64 *sketch_add_octave(Sketch *sketch, uint32 octave);

/* Counts values into a bucket. */
static inline void
sketch_add(Sketch *sketch, uint32 bucket, uint64 count)
{
	uint64 *octave = sketch->octaves[bucket / SKETCH_OCTAVE_BUCKETS];

	if (unlikely(octave == NULL))
		octave = sketch_add_octave(sketch, bucket / SKETCH_OCTAVE_BUCKETS);
	octave[bucket % SKETCH_OCTAVE_BUCKETS] += count;
}

extern void durations_init(Durations *durations);

/* Adds where there is no room for a value: makes some. */
extern void durations_add_slow(Durations *durations, uint64 value);

/* Counts the values that wait. */
extern void durations_settle(Durations *durations);

/* The other must be settled. */
extern void durations_merge(Durations *durations, const Durations *other);

/* Settles, and sorts the single values, where there are any. */
extern void durations_sort(Durations *durations);

/* The mean, and the sample standard deviation of two or more; rounded to microseconds. */
extern uint64 durations_mean(const Durations *durations);
extern uint64 durations_stddev(const Durations *durations);

/* A share of all is told in so many parts, which products of 64 bits bear. */
#define DURATION_SHARES 1000000

/*
 * Percentiles, in the manner of percentile_cont; shares are in millionths and ascend, and single
 * values must be sorted. Rounded to microseconds.
 */
extern void durations_percentiles(const Durations *durations, const uint32 *shares, int n,
								  uint64 *percentiles);

static inline void
durations_add(Durations *durations, uint64 value)
{
	if (likely(durations->nvalues < durations->capacity))
		durations->values[durations->nvalues++] = value;
	else
		durations_add_slow(durations, value);
}

#endif
