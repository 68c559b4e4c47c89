// Traces: the histories that are left of a log after filters. Filters of cases share
// the arrays of events, filters of events make new ones.

import type { Log } from './log';

export interface Traces {
	/** Indices of cases in the log, ascending: newest first. */
	readonly cases: Int32Array;
	/** Their events are from[i] up to to[i] of the arrays below. */
	readonly from: Int32Array;
	readonly to: Int32Array;
	readonly gapAtEnd: Uint8Array;
	readonly activity: Int32Array;
	readonly at: Float64Array;
	readonly business: Float64Array | null;
	readonly gap: Uint8Array;
	/** Whether these are whole histories, so that a case's variant is that of the log. */
	readonly isWhole: boolean;
}

export function wholeTraces(log: Log): Traces {
	return {
		cases: Int32Array.from({ length: log.size }, (_, c) => c),
		from: log.eventsOf.subarray(0, log.size),
		to: log.eventsOf.subarray(1),
		gapAtEnd: log.gapAtEnd,
		activity: log.activity,
		at: log.at,
		business: log.business,
		gap: log.gap,
		isWhole: true,
	};
}

/** Those traces for which keep says 1; it gets the position, not the case. */
export function keepTraces(traces: Traces, keep: (i: number) => boolean | number): Traces {
	const kept: number[] = [];
	for (let i = 0; i < traces.cases.length; i++) if (keep(i)) kept.push(i);
	if (kept.length === traces.cases.length) return traces;
	const pick = (all: Int32Array) => Int32Array.from(kept, (i) => all[i]!);
	return {
		...traces,
		cases: pick(traces.cases),
		from: pick(traces.from),
		to: pick(traces.to),
		gapAtEnd: Uint8Array.from(kept, (i) => traces.gapAtEnd[i]!),
	};
}

export function countEvents(traces: Traces): number {
	let events = 0;
	for (let i = 0; i < traces.cases.length; i++) events += traces.to[i]! - traces.from[i]!;
	return events;
}

/** What a filter of events does with one: leave it, take it out, or leave a break where it was. */
export const enum Fate {
	keep,
	drop,
	mask,
}

/**
 * Rewrites events; traces of which nothing is left are gone. fate gets the position of the trace
 * and of the event.
 */
export function editEvents(traces: Traces, fate: (i: number, e: number) => Fate): Traces {
	const room = countEvents(traces);
	const made = {
		activity: new Int32Array(room),
		at: new Float64Array(room),
		gap: new Uint8Array(room),
		business: traces.business && new Float64Array(room),
	};
	const cases: number[] = [],
		from: number[] = [],
		to: number[] = [],
		gapAtEnd: number[] = [];
	let n = 0;
	for (let i = 0; i < traces.cases.length; i++) {
		const begin = n;
		let gap = 0;
		for (let e = traces.from[i]!; e < traces.to[i]!; e++) {
			const what = fate(i, e);
			gap |= traces.gap[e]! | (what === Fate.mask ? 1 : 0);
			if (what !== Fate.keep) continue;
			made.activity[n] = traces.activity[e]!;
			made.at[n] = traces.at[e]!;
			if (made.business) made.business[n] = traces.business![e]!;
			made.gap[n++] = gap;
			gap = 0;
		}
		if (n === begin) continue;
		cases.push(traces.cases[i]!);
		from.push(begin);
		to.push(n);
		gapAtEnd.push(gap | traces.gapAtEnd[i]!);
	}
	return {
		...made,
		cases: Int32Array.from(cases),
		from: Int32Array.from(from),
		to: Int32Array.from(to),
		gapAtEnd: Uint8Array.from(gapAtEnd),
		isWhole: false,
	};
}
