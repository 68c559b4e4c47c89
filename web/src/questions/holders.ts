// Q4: how long is a case with the user, and how long with us? Segments that add up to the
// whole; cases that are cut off have none.

import type { Log } from '../mine/log';
import { statistics, type Statistics } from '../mine/statistics';

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
	/** Ticks by case, in the order of base, and then by segment: who held each. */
	readonly perCase: readonly { c: number; total: number; real: number }[];
}

export type Which = 'done' | 'open';

export function holders(log: Log, cases: Int32Array, which: Which, business: boolean): HolderFigures {
	const of = Array.from(cases).filter((c) => log.isOpen[c] === (which === 'open' ? 1 : 0));
	const base = of.filter((c) => !log.isCutOff[c]);
	const { segment, is_excluded } = log.data.segments;
	const times = segment.map(() => new Map<number, number>());
	const duration = (business && log.data.holds.business_duration) || log.data.holds.duration;
	const perCase = base.map((c) => {
		let [total, real] = [0, 0];
		for (let k = log.holdsOf[c]!; k < log.holdsOf[c + 1]!; k++) {
			const s = log.data.holds.segment[k]!;
			times[s]!.set(c, (times[s]!.get(c) ?? 0) + duration[k]!);
			total += duration[k]!;
			if (!is_excluded[s]) real += duration[k]!;
		}
		return { c, total, real };
	});
	return {
		base, cutOff: of.length - base.length, perCase,
		holders: segment.map((_, s) => ({ segment: s, isExcluded: is_excluded[s] === 1, cases: [...times[s]!.keys()], time: statistics([...times[s]!.values()]) }))
			.filter((h) => h.cases.length),
		total: statistics(perCase.map((p) => p.total)),
		real: statistics(perCase.map((p) => p.real)),
	};
}
