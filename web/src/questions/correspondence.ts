// Q5: which cases have much written correspondence between agent and user? By turns:
// changes of direction between messages in and out.

import type { Log } from '../mine/log';
import { percentile } from '../mine/statistics';

export interface CorrespondenceFigures {
	/** Cases with messages in or out. */
	readonly base: readonly number[];
	/** From so many turns on it is much. */
	readonly limit: number;
	readonly many: readonly number[];
	readonly median: number;
	readonly p90: number;
	/** Cases by turns; the last one is that of the limit and above. */
	histogram(): number[][];
	/** Most turns first. */
	ranked(): number[];
}

export function correspondence(log: Log, cases: Int32Array, limit: number): CorrespondenceFigures {
	const { turns, in: received, out: sent } = log.messages;
	const base = Array.from(cases).filter((c) => received[c]! + sent[c]! > 0);
	const sorted = Float64Array.from(base, (c) => turns[c]!).sort();
	return {
		base,
		limit,
		many: base.filter((c) => turns[c]! >= limit),
		median: percentile(sorted, 0.5),
		p90: percentile(sorted, 0.9),
		histogram: () => {
			const found: number[][] = Array.from({ length: limit + 1 }, () => []);
			for (const c of base) found[Math.min(turns[c]!, limit)]!.push(c);
			return found;
		},
		ranked: () =>
			[...base].sort(
				(a, b) =>
					turns[b]! - turns[a]! ||
					received[b]! + sent[b]! - received[a]! - sent[a]! ||
					a - b,
			),
	};
}

/** More than nine in ten of the whole log's cases have. */
export function turnLimit(log: Log): number {
	const all = correspondence(
		log,
		Int32Array.from({ length: log.size }, (_, c) => c),
		1,
	);
	return Math.max(3, Math.floor(all.p90 || 0) + 1);
}
