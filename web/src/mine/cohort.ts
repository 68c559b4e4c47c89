// Cohorts: in which months a case was created, resolved, closed, active.

import type { Cohort } from '../data';
import type { LocalTime } from './calendar_time';
import type { Log } from './log';

export type CohortKind = Cohort['kind'];
export const cohortKinds: readonly CohortKind[] = ['created', 'resolved', 'closed', 'active'];

/** Codes of cases: those of case c are codes[of[c]] up to codes[of[c + 1]]. */
export interface CodeLists {
	readonly of: Int32Array;
	readonly codes: Int32Array;
	/** Codes are below it. */
	readonly size: number;
}

export function makeLists(
	size: number,
	list: (c: number, add: (code: number) => void) => void,
): CodeLists {
	const of = new Int32Array(size + 1);
	const codes: number[] = [];
	for (let c = 0; c < size; c++) {
		const begin = codes.length;
		list(c, (code) => {
			if (codes.indexOf(code, begin) < 0) codes.push(code);
		});
		of[c + 1] = codes.length;
	}
	return {
		of,
		codes: Int32Array.from(codes),
		size: codes.reduce((most, code) => Math.max(most, code), 0) + 1,
	};
}

/** The months of each case in a cohort. */
export function cohortMonths(log: Log, time: LocalTime, kind: CohortKind): CodeLists {
	const lists = { created: createdAt, resolved: resolvedAt, closed: closedAt, active: () => [] };
	if (kind === 'active') return makeLists(log.size, (c, add) => activeMonths(log, time, c, add));
	return makeLists(log.size, (c, add) =>
		lists[kind](log, c).forEach((at) => add(time.month(at))),
	);
}

function createdAt(log: Log, c: number): number[] {
	return [log.created[c]!];
}

/** All resolutions of a case: the first, and those after a reopening. */
export function resolvedAt(log: Log, c: number): number[] {
	if (Number.isNaN(log.firstResolved[c]!)) return [];
	const found = [log.firstResolved[c]!];
	for (let r = log.reopeningsOf[c]!; r < log.reopeningsOf[c + 1]!; r++) {
		const again = log.data.reopenings.done_again_at[r]!;
		if (again !== null) found.push(log.created[c]! + again);
	}
	return found;
}

function closedAt(log: Log, c: number): number[] {
	const kinds = log.data.activities.kind;
	const found: number[] = [];
	let before = '';
	for (let e = log.eventsOf[c]!; e < log.eventsOf[c + 1]!; e++) {
		const kind = kinds[log.activity[e]!]!;
		if (kind === 'note') continue;
		if (kind === 'closed' && before !== 'closed') found.push(log.at[e]!);
		before = kind;
	}
	return found;
}

/** From when to when the case was not done, as far as that is known. */
function openSpans(log: Log, c: number): [number, number][] {
	if (!log.knowsDone) return [];
	const { done_again_at, reopened_at } = log.data.reopenings;
	const end = (at: number) => (Number.isNaN(at) ? log.data.as_of : at);
	const spans: [number, number][] = [[log.created[c]!, end(log.firstResolved[c]!)]];
	for (let r = log.reopeningsOf[c]!; r < log.reopeningsOf[c + 1]!; r++) {
		const again = done_again_at[r] ?? null;
		spans.push([
			log.created[c]! + reopened_at[r]!,
			again === null ? log.data.as_of : log.created[c]! + again,
		]);
	}
	return spans;
}

function activeMonths(log: Log, time: LocalTime, c: number, add: (month: number) => void): void {
	for (let e = log.eventsOf[c]!; e < log.eventsOf[c + 1]!; e++) add(time.month(log.at[e]!));
	for (const [from, to] of openSpans(log, c)) {
		if (to <= from) continue;
		const last = time.month(to - 1);
		for (let month = time.month(from); month <= last; month++) add(month);
	}
}
