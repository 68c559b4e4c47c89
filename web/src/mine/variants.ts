// Variants: the sequences of activities, and the cases that have each.

import type { Log } from './log';
import { median } from './statistics';
import type { Traces } from './traces';

export interface Variant {
	/** Id of a whole history's variant, as SQL has it; null after filters of events. */
	readonly id: string | null;
	/** The sequence, for comparison: indices of activities, "|" for a break. */
	readonly key: string;
	/** Indices of activities; -1 is a break. */
	readonly activities: readonly number[];
	/** Positions in the traces. */
	readonly traces: readonly number[];
}

/** By cases, then by length, then by key. */
export function mineVariants(log: Log, traces: Traces): Variant[] {
	const groups = traces.isWhole ? groupByVariant(log, traces) : groupBySequence(traces);
	const variants = groups.map((positions) => describe(log, traces, positions));
	return variants.sort(
		(a, b) =>
			b.traces.length - a.traces.length ||
			a.activities.length - b.activities.length ||
			(a.key < b.key ? -1 : 1),
	);
}

function groupByVariant(log: Log, traces: Traces): number[][] {
	const groups = new Map<number, number[]>();
	for (let i = 0; i < traces.cases.length; i++)
		push(groups, log.data.cases.variant[traces.cases[i]!]!, i);
	return [...groups.values()];
}

function groupBySequence(traces: Traces): number[][] {
	const groups = new Map<string, number[]>();
	for (let i = 0; i < traces.cases.length; i++) push(groups, sequenceKey(traces, i), i);
	return [...groups.values()];
}

function push<K>(groups: Map<K, number[]>, key: K, i: number): void {
	const group = groups.get(key);
	if (group) group.push(i);
	else groups.set(key, [i]);
}

function sequenceKey(traces: Traces, i: number): string {
	return sequence(traces, i)
		.map((a) => (a < 0 ? '|' : a))
		.join();
}

function sequence(traces: Traces, i: number): number[] {
	const found: number[] = [];
	for (let e = traces.from[i]!; e < traces.to[i]!; e++) {
		if (traces.gap[e]) found.push(-1);
		found.push(traces.activity[e]!);
	}
	if (traces.gapAtEnd[i]) found.push(-1);
	return found;
}

function describe(log: Log, traces: Traces, positions: number[]): Variant {
	const first = positions[0]!;
	const activities = sequence(traces, first);
	return {
		id: traces.isWhole
			? log.data.variants.variant[log.data.cases.variant[traces.cases[first]!]!]!
			: null,
		key: activities.map((a) => (a < 0 ? '|' : a)).join(),
		activities,
		traces: positions,
	};
}

/** Median of the time from the first event to the last, of these traces. */
export function medianLength(
	traces: Traces,
	positions: readonly number[],
	business: boolean,
): number {
	const clock = business && traces.business ? traces.business : traces.at;
	return median(positions.map((i) => clock[traces.to[i]! - 1]! - clock[traces.from[i]!]!));
}
