// Q4: how long is a case with the user, and how long with us? Segments that add up to the
// whole; cases that are cut off have none.

import type { Log } from '../mine/log';
import { statistics, statisticsOfSorted, type Statistics } from '../mine/statistics';

export interface Holder {
	/** Index of segments. */
	readonly segment: number;
	readonly isExcluded: boolean;
	/** Cases that had it for some time. */
	readonly cases: readonly number[];
	/** Of those cases, ticks. */
	readonly time: Statistics;
}

export interface HolderFigures {
	/** Cases that count: not cut off. */
	readonly base: readonly number[];
	readonly cutOff: number;
	readonly holders: readonly Holder[];
	readonly total: Statistics;
	/** Real case time: without excluded segments. */
	readonly real: Statistics;
}

export type Which = 'done' | 'open';

export function holders(
	log: Log,
	cases: Int32Array,
	which: Which,
	business: boolean,
): HolderFigures {
	const of = log.knowsDone
		? Array.from(cases).filter((c) => log.isOpen[c] === (which === 'open' ? 1 : 0))
		: [];
	const base = of.filter((c) => !log.isCutOff[c]);
	const { segment, is_excluded } = log.data.segments;
	const sums = sumHolds(log, base, business);
	const found = segment.map((_, s): Holder => ({
		segment: s,
		isExcluded: is_excluded[s] === 1,
		cases: sums.cases[s]!,
		time: statistics(sums.times[s]!),
	}));
	return {
		base,
		cutOff: of.length - base.length,
		holders: found
			.filter((h) => h.cases.length)
			.sort((a, b) => place(segment[a.segment]!) - place(segment[b.segment]!)),
		total: statisticsOfSorted(sums.totals.sort()),
		real: statisticsOfSorted(sums.reals.sort()),
	};
}

interface Sums {
	/** By segment: the cases that were in it, and how long each. */
	readonly cases: readonly number[][];
	readonly times: readonly number[][];
	/** By case. */
	readonly totals: Float64Array;
	readonly reals: Float64Array;
}

function sumHolds(log: Log, base: readonly number[], business: boolean): Sums {
	const { segment, is_excluded } = log.data.segments;
	const holds = log.data.holds;
	const duration = (business && holds.business_duration) || holds.duration;
	const sums: Sums = {
		cases: segment.map(() => []),
		times: segment.map(() => []),
		totals: new Float64Array(base.length),
		reals: new Float64Array(base.length),
	};
	base.forEach((c, i) => {
		for (let k = log.holdsOf[c]!; k < log.holdsOf[c + 1]!; k++) {
			const s = holds.segment[k]!;
			const [cases, times] = [sums.cases[s]!, sums.times[s]!];
			// A case may come into a segment more than once.
			if (cases[cases.length - 1] !== c) {
				cases.push(c);
				times.push(0);
			}
			times[times.length - 1]! += duration[k]!;
			sums.totals[i]! += duration[k]!;
			if (!is_excluded[s]) sums.reals[i]! += duration[k]!;
		}
	});
	return sums;
}

/** Those that most logs have come first, in the order in which one thinks of them. */
const known = ['us', 'partner', 'user', 'blocked', 'stopped', 'unknown'];

function place(segment: string): number {
	const at = known.indexOf(segment);
	return at < 0 ? known.length : at;
}
