// The directly-follows graph of traces. Besides the ends of cases it counts open ones
// apart: they do not end, they are still in their last activity.

import type { Log } from './log';
import { statisticsOfSorted, type Statistics } from './statistics';
import type { Traces } from './traces';

export interface Graph {
	readonly cases: number;
	readonly events: number;
	readonly activities: ActivityFigures;
	readonly edges: EdgeFigures;
	/** Durations of an edge; clock business only where there is a calendar. */
	statistics(edge: number, clock: Clock): Statistics;
	/** Index of an edge; -1 where there is none. */
	find(source: number, target: number): number;
}

export type Clock = 'elapsed' | 'business';

export type Counts = Int32Array | Float64Array;

/** One value an activity of the log. starts, ends and open count cases. */
export interface ActivityFigures {
	readonly frequency: Counts;
	readonly caseFrequency: Counts;
	readonly maxPerCase: Counts;
	readonly starts: Counts;
	readonly ends: Counts;
	readonly open: Counts;
}

/** One value an edge, in order of first appearance. */
export interface EdgeFigures {
	readonly count: number;
	readonly source: Int32Array;
	readonly target: Int32Array;
	readonly frequency: Counts;
	readonly caseFrequency: Counts;
	readonly maxPerCase: Counts;
}

/** Counts things by case: how often, in how many cases, at most how often in one. */
class Counter {
	frequency: Int32Array;
	caseFrequency: Int32Array;
	maxPerCase: Int32Array;
	private lastHistory: Int32Array;
	private inHistory: Int32Array;

	constructor(size: number) {
		this.frequency = new Int32Array(size);
		this.caseFrequency = new Int32Array(size);
		this.maxPerCase = new Int32Array(size);
		this.inHistory = new Int32Array(size);
		this.lastHistory = new Int32Array(size).fill(-1);
	}

	/** Counts it once more, in a history that so many cases have. */
	add(what: number, history: number, cases: number): void {
		this.frequency[what]! += cases;
		if (this.lastHistory[what] !== history) {
			this.lastHistory[what] = history;
			this.caseFrequency[what]! += cases;
			this.inHistory[what] = 0;
		}
		const times = ++this.inHistory[what]!;
		if (times > this.maxPerCase[what]!) this.maxPerCase[what] = times;
	}
}

/** A table of all pairs is the fastest; with more activities it would be too large. */
const MOST_IN_TABLE = 2000;

/** Numbers edges in order of first appearance. */
class EdgeNumbers {
	private table: Int32Array | null;
	private map = new Map<number, number>();
	readonly source: number[] = [];
	readonly target: number[] = [];

	constructor(private activities: number) {
		this.table =
			activities <= MOST_IN_TABLE ? new Int32Array(activities * activities).fill(-1) : null;
	}

	number(source: number, target: number): number {
		const known = this.find(source, target);
		if (known >= 0) return known;
		const place = source * this.activities + target;
		const number = this.source.push(source) - 1;
		this.target.push(target);
		if (this.table) this.table[place] = number;
		else this.map.set(place, number);
		return number;
	}

	find(source: number, target: number): number {
		const place = source * this.activities + target;
		return (this.table ? this.table[place] : this.map.get(place)) ?? -1;
	}
}

export function mineGraph(log: Log, traces: Traces): Graph {
	const numbers = new EdgeNumbers(log.activities);
	const histories = findHistories(log, traces);
	const ofStep = numberSteps(traces, histories, numbers);
	const activities = new Counter(log.activities);
	const edges = new Counter(numbers.source.length);
	let events = 0;
	histories.first.forEach((i, h) => {
		const [from, to, cases] = [traces.from[i]!, traces.to[i]!, histories.cases[h]!];
		events += (to - from) * cases;
		for (let e = from; e < to; e++) {
			activities.add(traces.activity[e]!, h, cases);
			if (ofStep[e]! >= 0) edges.add(ofStep[e]!, h, cases);
		}
	});
	const durations = new Durations(traces, histories, ofStep, edges.frequency);
	return {
		cases: traces.cases.length,
		events,
		activities: { ...countsOf(activities), ...countEnds(log, traces) },
		edges: {
			count: numbers.source.length,
			source: Int32Array.from(numbers.source),
			target: Int32Array.from(numbers.target),
			...countsOf(edges),
		},
		statistics: (edge, clock) => durations.of(edge, clock),
		find: (source, target) => numbers.find(source, target),
	};
}

function countsOf({
	frequency,
	caseFrequency,
	maxPerCase,
}: Counter): Pick<EdgeFigures, 'frequency' | 'caseFrequency' | 'maxPerCase'> {
	return { frequency, caseFrequency, maxPerCase };
}

/** Traces by their sequence of activities, so that what many have is counted once. */
interface Histories {
	/** Per history: the first trace that has it, and how many do. */
	readonly first: readonly number[];
	readonly cases: readonly number[];
	/** Per trace. */
	readonly of: Int32Array;
}

/** Of whole traces the log knows the variants; of others each counts as a history of its own. */
function findHistories(log: Log, traces: Traces): Histories {
	const { variant } = log.data.cases;
	const found = {
		first: [] as number[],
		cases: [] as number[],
		of: new Int32Array(traces.cases.length),
	};
	const number = new Int32Array(log.data.variants.length.length).fill(-1);
	for (let i = 0; i < traces.cases.length; i++) {
		const v = variant[traces.cases[i]!]!;
		let h = traces.isWhole ? number[v]! : -1;
		if (h < 0) {
			number[v] = h = found.first.push(i) - 1;
			found.cases.push(0);
		}
		found.cases[h]!++;
		found.of[i] = h;
	}
	return found;
}

/**
 * The edge that leads to each event of a history's first trace; -1 for the first event and after a
 * break.
 */
function numberSteps(traces: Traces, histories: Histories, numbers: EdgeNumbers): Int32Array {
	const ofStep = new Int32Array(traces.activity.length).fill(-1);
	for (const i of histories.first) {
		for (let e = traces.from[i]! + 1; e < traces.to[i]!; e++) {
			if (!traces.gap[e])
				ofStep[e] = numbers.number(traces.activity[e - 1]!, traces.activity[e]!);
		}
	}
	return ofStep;
}

function countEnds(log: Log, traces: Traces): Pick<ActivityFigures, 'starts' | 'ends' | 'open'> {
	const [starts, ends, open] = [0, 0, 0].map(() => new Int32Array(log.activities)) as [
		Int32Array,
		Int32Array,
		Int32Array,
	];
	for (let i = 0; i < traces.cases.length; i++) {
		const [from, to] = [traces.from[i]!, traces.to[i]!];
		if (!traces.gap[from]) starts[traces.activity[from]!]!++;
		if (!traces.gapAtEnd[i])
			(log.isOpen[traces.cases[i]!] ? open : ends)[traces.activity[to - 1]!]!++;
	}
	return { starts, ends, open };
}

/**
 * The durations of all edges, edge by edge; those of an edge are sorted when they are first asked
 * for.
 */
class Durations {
	private gathered: Partial<Record<Clock, Float64Array>> = {};
	private begin: Int32Array;
	private known: Record<Clock, (Statistics | undefined)[]> = { elapsed: [], business: [] };

	constructor(
		private traces: Traces,
		private histories: Histories,
		private ofStep: Int32Array,
		frequency: Int32Array,
	) {
		this.begin = new Int32Array(frequency.length + 1);
		for (let k = 0; k < frequency.length; k++)
			this.begin[k + 1] = this.begin[k]! + frequency[k]!;
	}

	of(edge: number, clock: Clock): Statistics {
		return (this.known[clock][edge] ??= statisticsOfSorted(
			this.all(clock)
				.subarray(this.begin[edge]!, this.begin[edge + 1]!)
				.sort(),
		));
	}

	private all(clock: Clock): Float64Array {
		return (this.gathered[clock] ??= this.gather(
			clock === 'business' ? this.traces.business! : this.traces.at,
		));
	}

	private gather(at: Float64Array): Float64Array {
		const { traces, histories, ofStep } = this;
		const values = new Float64Array(this.begin[this.begin.length - 1]!);
		const next = this.begin.slice();
		for (let i = 0; i < traces.cases.length; i++) {
			const toFirst = traces.from[histories.first[histories.of[i]!]!]! - traces.from[i]!;
			for (let e = traces.from[i]! + 1; e < traces.to[i]!; e++) {
				const edge = ofStep[e + toFirst]!;
				if (edge >= 0) values[next[edge]!++] = at[e]! - at[e - 1]!;
			}
		}
		return values;
	}
}
