// Statistics over sorted numbers, as percentile_cont has them.

export interface Statistics {
	readonly count: number;
	readonly total: number;
	readonly min: number;
	readonly max: number;
	readonly mean: number;
	readonly median: number;
	readonly p90: number;
}

const nothing: Statistics = {
	count: 0,
	total: 0,
	min: NaN,
	max: NaN,
	mean: NaN,
	median: NaN,
	p90: NaN,
};

/** The percentile of sorted values[from..to), interpolated; NaN for none. */
export function percentile(
	values: ArrayLike<number>,
	share: number,
	from = 0,
	to = values.length,
): number {
	if (to <= from) return NaN;
	const place = share * (to - from - 1);
	const low = Math.floor(place);
	const below = values[from + low]!;
	const above = values[from + Math.ceil(place)]!;
	return below + (above - below) * (place - low);
}

export function statisticsOfSorted(
	values: ArrayLike<number>,
	from = 0,
	to = values.length,
): Statistics {
	const count = to - from;
	if (!count) return nothing;
	let total = 0;
	for (let i = from; i < to; i++) total += values[i]!;
	return {
		count,
		total,
		min: values[from]!,
		max: values[to - 1]!,
		mean: total / count,
		median: percentile(values, 0.5, from, to),
		p90: percentile(values, 0.9, from, to),
	};
}

export function statistics(values: readonly number[]): Statistics {
	return statisticsOfSorted(Float64Array.from(values).sort());
}

export function median(values: readonly number[]): number {
	return percentile(Float64Array.from(values).sort(), 0.5);
}
