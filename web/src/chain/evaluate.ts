// What a filter chain leaves of traces, step by step, with the meaning that
// trace_filter() gives it.

import type { Log } from '../mine/log';
import { countEvents, editEvents, Fate, keepTraces, type Traces } from '../mine/traces';
import { attributeTest } from './attribute';
import {
	parseDuration,
	parseInstant,
	type Bounds,
	type Chain,
	type Conditions,
	type Crop,
	type Period,
	type Step,
	type Which,
} from './grammar';
import { compilePattern, type Match } from './pattern';

/** What is left after a step. */
export interface Left {
	readonly cases: number;
	readonly events: number;
}

export interface Outcome {
	readonly traces: Traces;
	readonly left: readonly Left[];
}

export function applyChain(log: Log, traces: Traces, chain: Chain): Outcome {
	const left: Left[] = [];
	for (const step of chain) {
		traces = applyStep(log, traces, step);
		left.push({ cases: traces.cases.length, events: countEvents(traces) });
	}
	return { traces, left };
}

function applyStep(log: Log, traces: Traces, step: Step): Traces {
	if ('keep_events' in step)
		return editBySet(traces, activitySet(log, step.keep_events), Fate.keep, Fate.drop);
	if ('drop_events' in step)
		return editBySet(traces, activitySet(log, step.drop_events), Fate.drop, Fate.keep);
	if ('mask_events' in step)
		return editBySet(traces, activitySet(log, step.mask_events), Fate.mask, Fate.keep);
	if ('crop_events' in step) return cut(traces, cropper(log, traces, step.crop_events));
	if ('crop_match' in step)
		return cut(
			traces,
			matcher(log, traces, step.crop_match.pattern, step.crop_match.which ?? 'first'),
		);
	if ('crop_between' in step) return cut(traces, between(log, traces, step.crop_between));
	const keeps = 'keep_cases' in step;
	const test = conditionsTest(
		log,
		traces,
		'keep_cases' in step ? step.keep_cases : step.drop_cases,
	);
	return keepTraces(traces, (i) => test(i) === keeps);
}

function activitySet(log: Log, names: readonly string[]): Uint8Array {
	const wanted = new Set(names);
	return Uint8Array.from(log.data.activities.activity, (name) => (wanted.has(name) ? 1 : 0));
}

function editBySet(traces: Traces, set: Uint8Array, inside: Fate, outside: Fate): Traces {
	return editEvents(traces, (_, e) => (set[traces.activity[e]!] ? inside : outside));
}

/** A piece of a trace: events from up to to; null if there is none. */
type Piece = [from: number, to: number] | null;

/** Cuts a piece out of each trace; what was masked goes with the events that are cut off there. */
function cut(traces: Traces, find: (i: number) => Piece): Traces {
	const pieces = Array.from(traces.cases, (_, i) => find(i));
	const edited = editEvents(traces, (i, e) =>
		pieces[i] && e >= pieces[i]![0] && e < pieces[i]![1] ? Fate.keep : Fate.drop,
	);
	let n = 0;
	pieces.forEach((piece, i) => {
		if (!piece) return;
		if (piece[0] > traces.from[i]!) edited.gap[edited.from[n]!] = 0;
		if (piece[1] < traces.to[i]!) edited.gapAtEnd[n] = 0;
		n++;
	});
	return edited;
}

function cropper(log: Log, traces: Traces, crop: Crop): (i: number) => Piece {
	const { activity, from, to } = traces;
	const starts = crop.from && activitySet(log, crop.from);
	const stops = crop.to && activitySet(log, crop.to);
	return (i) => {
		const begin = starts
			? search(activity, from[i]!, to[i]!, starts, crop.from_which ?? 'first')
			: from[i]!;
		if (begin < 0) return null;
		const last = stops
			? search(activity, begin, to[i]!, stops, crop.to_which ?? 'last')
			: to[i]! - 1;
		return last < 0 ? null : [begin, last + 1];
	};
}

function search(
	activity: Int32Array,
	from: number,
	to: number,
	set: Uint8Array,
	which: Which,
): number {
	if (which === 'first') {
		for (let e = from; e < to; e++) if (set[activity[e]!]) return e;
	} else {
		for (let e = to - 1; e >= from; e--) if (set[activity[e]!]) return e;
	}
	return -1;
}

function matcher(log: Log, traces: Traces, pattern: string, which: Which): (i: number) => Piece {
	const compiled = compilePattern(log, pattern);
	return (i) => {
		const found: Match[] = compiled.all(traces, i);
		const match = which === 'first' ? found[0] : found[found.length - 1];
		return match && match[1] > match[0] ? [match[0], match[1]] : null;
	};
}

function between(log: Log, traces: Traces, period: Period): (i: number) => Piece {
	const [low, high] = periodTicks(log, period);
	return (i) => {
		let from = traces.from[i]!;
		let to = traces.to[i]!;
		while (from < to && traces.at[from]! < low) from++;
		while (to > from && traces.at[to - 1]! >= high) to--;
		return from < to ? [from, to] : null;
	};
}

function periodTicks(log: Log, period: Period): [number, number] {
	const ticks = (iso: string | undefined, otherwise: number) =>
		iso === undefined ? otherwise : parseInstant(iso) * log.data.ticks_per_second;
	return [ticks(period.from_at, -Infinity), ticks(period.to_at, Infinity)];
}

type Test = (i: number) => boolean;

/** All conditions hold. */
function conditionsTest(log: Log, traces: Traces, conditions: Conditions): Test {
	const tests = Object.entries(conditions).map(([name, value]) =>
		conditionTest(log, traces, name as keyof Conditions, value as never),
	);
	return (i) => tests.every((test) => test(i));
}

function conditionTest(log: Log, traces: Traces, name: keyof Conditions, value: never): Test {
	const { from, to, at, activity, gap, gapAtEnd } = traces;
	const bounded = /^(duration|length)_(over|under|at_least|at_most)$/.exec(name);
	if (bounded?.[1] === 'duration') {
		const fits = boundsTest(log, { [bounded[2]!]: value });
		return (i) => fits(at[to[i]! - 1]! - at[from[i]!]!);
	}
	if (bounded) {
		const fits = compareTest(bounded[2] as keyof Bounds, value);
		return (i) => fits(to[i]! - from[i]!);
	}
	switch (name) {
		case 'matches': {
			const compiled = compilePattern(log, value);
			return (i) => compiled.test(traces, i);
		}
		case 'has':
			return hasAll(log, traces, value);
		case 'has_any': {
			const set = activitySet(log, value);
			return (i) => search(activity, from[i]!, to[i]!, set, 'first') >= 0;
		}
		case 'starts_with': {
			const set = activitySet(log, value);
			return (i) => !gap[from[i]!] && set[activity[from[i]!]!] === 1;
		}
		case 'ends_with': {
			const set = activitySet(log, value);
			return (i) => !gapAtEnd[i] && set[activity[to[i]! - 1]!] === 1;
		}
		case 'edge':
			return edgeTest(log, traces, value);
		case 'attribute':
			return attributeTest(log, traces, value);
		default:
			return periodTest(log, traces, name, value);
	}
}

function hasAll(log: Log, traces: Traces, names: readonly string[]): Test {
	const sets = [...new Set(names)].map((name) => activitySet(log, [name]));
	return (i) =>
		sets.every(
			(set) => search(traces.activity, traces.from[i]!, traces.to[i]!, set, 'first') >= 0,
		);
}

function edgeTest(log: Log, traces: Traces, edge: NonNullable<Conditions['edge']>): Test {
	const names = log.data.activities.activity;
	const [source, target] = [names.indexOf(edge.source), names.indexOf(edge.target)];
	const fits = boundsTest(log, edge);
	const { activity, at, gap } = traces;
	return (i) => {
		for (let e = traces.from[i]! + 1; e < traces.to[i]!; e++) {
			if (
				activity[e] === target &&
				activity[e - 1] === source &&
				!gap[e] &&
				fits(at[e]! - at[e - 1]!)
			)
				return true;
		}
		return false;
	};
}

function periodTest(log: Log, traces: Traces, name: keyof Conditions, period: Period): Test {
	const [low, high] = periodTicks(log, period);
	const first = (i: number) => traces.at[traces.from[i]!]!;
	const last = (i: number) => traces.at[traces.to[i]! - 1]!;
	const isIn = (at: number) => at >= low && at < high;
	switch (name) {
		case 'starts_in':
			return (i) => isIn(first(i));
		case 'ends_in':
			return (i) => isIn(last(i));
		case 'contained_in':
			return (i) => isIn(first(i)) && isIn(last(i));
		default:
			return (i) => low < high && first(i) < high && last(i) >= low;
	}
}

/** Whether a duration in ticks is within bounds. */
function boundsTest(log: Log, bounds: Bounds): (ticks: number) => boolean {
	const tests = (['over', 'under', 'at_least', 'at_most'] as const)
		.filter((name) => bounds[name] !== undefined)
		.map((name) => compareTest(name, parseDuration(bounds[name]!) * log.data.ticks_per_second));
	return (ticks) => tests.every((test) => test(ticks));
}

function compareTest(bound: keyof Bounds, limit: number): (value: number) => boolean {
	switch (bound) {
		case 'over':
			return (value) => value > limit;
		case 'under':
			return (value) => value < limit;
		case 'at_least':
			return (value) => value >= limit;
		case 'at_most':
			return (value) => value <= limit;
	}
}
