// Q3: how many cases are reopened because they were not solved? Headline: distinct cases
// with an outcome answered_again, of the cases with a resolution.

import type { LocalTime } from '../mine/calendar_time';
import { resolvedAt } from '../mine/cohort';
import type { Log } from '../mine/log';

export const reopeningOutcomes = ['answered_again', 'first_answer', 'silent', 'open'] as const;
export type ReopeningOutcome = (typeof reopeningOutcomes)[number];

export interface ReopeningMonth {
	readonly month: number;
	/** Cases with a resolution in the month. */
	readonly base: number;
	/** Those of them whose resolution of the month was reopened within 30 days. */
	readonly within30: readonly number[];
	/** Its 30 days were over by as_of. */
	readonly isFinal: boolean;
}

export interface ReopeningFigures {
	readonly resolved: readonly number[];
	readonly reopened: readonly number[];
	readonly outcomes: Record<ReopeningOutcome, { times: number; cases: number[] }>;
	/** Beside them: answered again within one done run. */
	readonly repeatAnswers: readonly number[];
	months(): ReopeningMonth[];
}

const DAY = 86400;

export function reopenings(log: Log, time: LocalTime, cases: Int32Array): ReopeningFigures {
	const all = Array.from(cases);
	const table = log.data.reopenings;
	const outcomes = Object.fromEntries(
		reopeningOutcomes.map((outcome) => [outcome, { times: 0, cases: [] as number[] }]),
	) as unknown as ReopeningFigures['outcomes'];
	for (const c of all) {
		for (let r = log.reopeningsOf[c]!; r < log.reopeningsOf[c + 1]!; r++) {
			const of = outcomes[table.outcome[r]!];
			of.times++;
			if (of.cases[of.cases.length - 1] !== c) of.cases.push(c);
		}
	}
	return {
		resolved: all.filter((c) => !Number.isNaN(log.firstResolved[c]!)),
		reopened: all.filter((c) => log.reopeningsOf[c + 1]! > log.reopeningsOf[c]!),
		outcomes,
		repeatAnswers: all.filter((c) => log.data.cases.repeat_answers[c]! > 0),
		months: () => byMonth(log, time, all),
	};
}

function byMonth(log: Log, time: LocalTime, cases: readonly number[]): ReopeningMonth[] {
	const base = new Map<number, number>();
	const within = new Map<number, number[]>();
	for (const c of cases) {
		for (const month of new Set(resolvedAt(log, c).map((at) => time.month(at))))
			base.set(month, (base.get(month) ?? 0) + 1);
		for (const month of new Set(quickReopenings(log, time, c))) push(within, month, c);
	}
	return [...base.keys()]
		.sort((a, b) => a - b)
		.map((month) => ({
			month,
			base: base.get(month)!,
			within30: within.get(month) ?? [],
			isFinal: isFinal(log, time, month),
		}));
}

function push(groups: Map<number, number[]>, key: number, c: number): void {
	const group = groups.get(key);
	if (group) group.push(c);
	else groups.set(key, [c]);
}

/** Months of resolutions that were reopened within 30 days. */
function quickReopenings(log: Log, time: LocalTime, c: number): number[] {
	const { done_at, reopened_at } = log.data.reopenings;
	const limit = 30 * DAY * log.data.ticks_per_second;
	const months: number[] = [];
	for (let r = log.reopeningsOf[c]!; r < log.reopeningsOf[c + 1]!; r++) {
		if (reopened_at[r]! - done_at[r]! <= limit)
			months.push(time.month(log.created[c]! + done_at[r]!));
	}
	return months;
}

/** The 30 days are as many times 24 hours: clocks may have been changed in them. */
function isFinal({ data }: Log, time: LocalTime, month: number): boolean {
	return data.as_of >= time.monthBegins(month + 1) + 30 * DAY * data.ticks_per_second;
}
