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

export function holders(log: Log, cases: Int32Array, which: Which, business: boolean): HolderFigures {
	const of = Array.from(cases).filter((c) => log.isOpen[c] === (which === 'open' ? 1 : 0));
	const base = of.filter((c) => !log.isCutOff[c]);
	const { segment, is_excluded } = log.data.segments;
	const duration = (business && log.data.holds.business_duration) || log.data.holds.duration;
	const times = segment.map(() => [] as number[]);
	const casesOf = segment.map(() => [] as number[]);
	const [totals, reals] = [new Float64Array(base.length), new Float64Array(base.length)];
	const inCase = new Float64Array(segment.length);
	base.forEach((c, i) => {
		for (let k = log.holdsOf[c]!; k < log.holdsOf[c + 1]!; k++) {
			const s = log.data.holds.segment[k]!;
			inCase[s]! += duration[k]!;
			totals[i]! += duration[k]!;
			if (!is_excluded[s]) reals[i]! += duration[k]!;
			if (casesOf[s]![casesOf[s]!.length - 1] !== c) casesOf[s]!.push(c);
		}
		for (let k = log.holdsOf[c]!; k < log.holdsOf[c + 1]!; k++) {
			const s = log.data.holds.segment[k]!;
			if (casesOf[s]!.length > times[s]!.length) times[s]!.push(inCase[s]!);
			inCase[s] = 0;
		}
	});
	return {
		base, cutOff: of.length - base.length,
		holders: segment.map((_, s) => ({ segment: s, isExcluded: is_excluded[s] === 1, cases: casesOf[s]!, time: statistics(times[s]!) }))
			.filter((h) => h.cases.length).sort((a, b) => place(segment[a.segment]!) - place(segment[b.segment]!)),
		total: statisticsOfSorted(totals.sort()),
		real: statisticsOfSorted(reals.sort()),
	};
}

/** Those that most logs have come first, in the order in which they are thought of. */
const known = ['us', 'partner', 'user', 'blocked', 'stopped', 'unknown'];

function place(segment: string): number {
	const at = known.indexOf(segment);
	return at < 0 ? known.length : at;
}
