/*
 * The durations of one edge.
 */
#include "postgres.h"

#include "dfg/durations.h"

#define VALUES_AT_FIRST 4

/* So many values wait for a sketch. */
#define VALUES_WAITING 32

#define ST_SORT sort_values
#define ST_ELEMENT_TYPE uint64
#define ST_COMPARE(a, b) (*(a) < *(b) ? -1 : *(a) > *(b))
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

void
durations_init(Durations *durations)
{
	memset(durations, 0, sizeof(Durations));
	durations->min = PG_UINT64_MAX;
}

Sketch *
sketch_create(void)
{
	return palloc0(sizeof(Sketch));
}

uint64 *
sketch_add_octave(Sketch *sketch, uint32 octave)
{
	return sketch->octaves[octave] = palloc0(SKETCH_OCTAVE_BUCKETS * sizeof(uint64));
}

uint64
sketch_representative(uint32 bucket)
{
	int shift = (int) (bucket / SKETCH_OCTAVE_BUCKETS) - 1;
	uint64 low;

	if (shift < 0)
		return bucket;
	low = (uint64) (SKETCH_OCTAVE_BUCKETS + bucket % SKETCH_OCTAVE_BUCKETS) << shift;
	return low + ((UINT64CONST(1) << shift) >> 1);
}

/* In copies, which the compiler keeps in registers. */
static void
sum_up(Durations *durations, const uint64 *values, uint32 count)
{
	uint64 min = durations->min;
	uint64 max = durations->max;
	Wide total = durations->total;
	Wide squares = durations->squares;
	uint32 i;

	for (i = 0; i < count; i++)
	{
		min = Min(min, values[i]);
		max = Max(max, values[i]);
		wide_add_u64(&total, values[i]);
		wide_add_square(&squares, values[i]);
	}
	durations->min = min;
	durations->max = max;
	durations->total = total;
	durations->squares = squares;
	durations->count += count;
}

static void
add_to_sketch(Sketch *sketch, const uint64 *values, uint64 count)
{
	uint64 i;

	for (i = 0; i < count; i++)
		sketch_add(sketch, sketch_bucket(values[i]), 1);
}

void
durations_settle(Durations *durations)
{
	uint32 waiting = durations->nvalues - durations->nsettled;

	if (waiting == 0)
		return;
	sum_up(durations, durations->values + durations->nsettled, waiting);
	durations->nsettled = durations->nvalues;
	if (durations->sketch == NULL)
		return;
	add_to_sketch(durations->sketch, durations->values, durations->nvalues);
	durations->nvalues = durations->nsettled = 0;
}

/* Goes over from single values, which are settled, to a sketch of them. */
static void
change_to_sketch(Durations *durations)
{
	durations->sketch = sketch_create();
	add_to_sketch(durations->sketch, durations->values, durations->nvalues);
	if (durations->values != NULL)
		pfree(durations->values);
	durations->values = palloc(VALUES_WAITING * sizeof(uint64));
	durations->capacity = VALUES_WAITING;
	durations->nvalues = durations->nsettled = 0;
}

static void
make_room(Durations *durations, uint64 count)
{
	uint32 capacity = Max(durations->capacity, VALUES_AT_FIRST);

	while (capacity < count)
		capacity *= 2;
	capacity = Min(capacity, DURATIONS_EXACT);
	durations->values = durations->values ? repalloc(durations->values, capacity * sizeof(uint64))
										  : palloc(capacity * sizeof(uint64));
	durations->capacity = capacity;
}

void
durations_add_slow(Durations *durations, uint64 value)
{
	if (durations->sketch == NULL && durations->nvalues < DURATIONS_EXACT)
		make_room(durations, durations->nvalues + 1);
	else
	{
		durations_settle(durations);
		if (durations->sketch == NULL)
			change_to_sketch(durations);
		else if (durations->values == NULL)
			make_room(durations, VALUES_WAITING);
	}
	durations->values[durations->nvalues++] = value;
}

static void
merge_values(Durations *durations, const Durations *other)
{
	uint64 count = durations->count + other->count;

	if (count > durations->capacity)
		make_room(durations, count);
	memcpy(durations->values + durations->count, other->values, other->count * sizeof(uint64));
	durations->nvalues = durations->nsettled = (uint32) count;
}

static void
merge_sketch(Sketch *sketch, const Durations *other)
{
	uint32 bucket;

	if (other->sketch == NULL)
	{
		add_to_sketch(sketch, other->values, other->count);
		return;
	}
	for (bucket = 0; bucket < SKETCH_BUCKETS; bucket++)
	{
		const uint64 *octave = other->sketch->octaves[bucket / SKETCH_OCTAVE_BUCKETS];

		if (octave != NULL && octave[bucket % SKETCH_OCTAVE_BUCKETS] != 0)
			sketch_add(sketch, bucket, octave[bucket % SKETCH_OCTAVE_BUCKETS]);
	}
}

void
durations_merge(Durations *durations, const Durations *other)
{
	Assert(other->nsettled == other->nvalues);
	durations_settle(durations);
	if (durations->count + other->count <= DURATIONS_EXACT)
		merge_values(durations, other);
	else
	{
		if (durations->sketch == NULL)
			change_to_sketch(durations);
		merge_sketch(durations->sketch, other);
	}
	durations->count += other->count;
	durations->min = Min(durations->min, other->min);
	durations->max = Max(durations->max, other->max);
	wide_add(&durations->total, &other->total);
	wide_add(&durations->squares, &other->squares);
}

void
durations_sort(Durations *durations)
{
	uint64 i;

	durations_settle(durations);
	if (durations->sketch != NULL)
		return;
	for (i = 1; i < durations->count; i++)
		if (durations->values[i - 1] > durations->values[i])
		{
			sort_values(durations->values, durations->count);
			return;
		}
}

uint64
durations_mean(const Durations *durations)
{
	Wide mean = durations->total;
	uint64 rest = wide_divide(&mean, durations->count);

	return mean.limb[0] + (rest >= durations->count - rest);
}

/* (count * squares - total^2) / (count * (count - 1)), then the root. */
uint64
durations_stddev(const Durations *durations)
{
	Wide count = wide_of(durations->count);
	Wide one_less = wide_of(durations->count - 1);
	Wide numerator = wide_multiply(&durations->squares, &count);
	Wide square_of_total = wide_multiply(&durations->total, &durations->total);
	Wide denominator = wide_multiply(&count, &one_less);

	wide_subtract(&numerator, &square_of_total);
	return wide_sqrt_of_ratio(&numerator, &denominator);
}

/* A walk through the ordered durations by their ranks, which must not descend. */
typedef struct RankWalk
{
	const Durations *durations;
	uint32 bucket;
	uint64 below; /* how many lie in the buckets before */
} RankWalk;

static uint64
bucket_count(const Sketch *sketch, uint32 bucket)
{
	const uint64 *octave = sketch->octaves[bucket / SKETCH_OCTAVE_BUCKETS];

	return octave == NULL ? 0 : octave[bucket % SKETCH_OCTAVE_BUCKETS];
}

static uint64
value_at_rank(RankWalk *walk, uint64 rank)
{
	const Durations *durations = walk->durations;
	uint64 value;

	if (durations->sketch == NULL)
		return durations->values[rank];
	for (; walk->bucket < SKETCH_BUCKETS - 1; walk->bucket++)
	{
		uint64 count = bucket_count(durations->sketch, walk->bucket);

		if (rank - walk->below < count)
			break;
		walk->below += count;
	}
	value = sketch_representative(walk->bucket);
	return Max(durations->min, Min(durations->max, value));
}

/* low + (high - low) * share, rounded to the nearest integer; no product is beyond 64 bits. */
static uint64
interpolate(uint64 low, uint64 high, uint64 share)
{
	uint64 distance = high - low;

	return low + distance / DURATION_SHARES * share +
		   (distance % DURATION_SHARES * share + DURATION_SHARES / 2) / DURATION_SHARES;
}

void
durations_percentiles(const Durations *durations, const uint32 *shares, int n, uint64 *percentiles)
{
	RankWalk walk = {durations, 0, 0};
	uint64 last = durations->count - 1;
	int i;

	for (i = 0; i < n; i++)
	{
		uint64 share = shares[i];
		uint64 parts = last % DURATION_SHARES * share;
		uint64 rank = last / DURATION_SHARES * share + parts / DURATION_SHARES;
		uint64 low;
		RankWalk ahead;

		low = value_at_rank(&walk, rank);
		ahead = walk;
		percentiles[i] =
			parts % DURATION_SHARES == 0
				? low
				: interpolate(low, value_at_rank(&ahead, rank + 1), parts % DURATION_SHARES);
	}
}
