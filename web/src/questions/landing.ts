// Q2: do cases land in the right place the first time? Of the cases with a resolution
// and a team by then.

import type { LocalTime } from '../mine/calendar_time';
import type { Log } from '../mine/log';

export const landings = ['direct', 'forwarded', 'rerouted'] as const;
export type Landing = (typeof landings)[number];

export interface LandingFigures {
	/** Cases that landed. */
	readonly base: readonly number[];
	readonly by: Record<Landing, number[]>;
	/** Resolved, but cut off or without a team. */
	readonly leftOut: readonly number[];
	readonly returnedByPartner: readonly number[];
	readonly pingPong: readonly number[];
	readonly handedOver: readonly number[];
	/** By month of the first resolution. */
	readonly months: { month: number; right: number; base: number; cases: number[] }[];
	/** By first team. */
	readonly teams: { team: number; right: number; base: number; rerouted: number[] }[];
}

export function landing(log: Log, time: LocalTime, cases: Int32Array): LandingFigures {
	const table = log.data.cases;
	const landed = Array.from(cases).filter((c) => table.landing[c] !== null);
	const by = Object.fromEntries(landings.map((kind) => [kind, landed.filter((c) => table.landing[c] === kind)])) as LandingFigures['by'];
	return {
		base: landed,
		by,
		leftOut: Array.from(cases).filter((c) => table.landing[c] === null && !Number.isNaN(log.firstResolved[c]!)),
		returnedByPartner: Array.from(cases).filter((c) => table.is_returned_by_partner[c]),
		pingPong: Array.from(cases).filter((c) => table.is_ping_pong[c]),
		handedOver: Array.from(cases).filter((c) => table.handovers[c]! > 0),
		months: group(landed, (c) => time.month(log.firstResolved[c]!)).map(([month, all]) => ({ month, right: right(log, all), base: all.length, cases: all }))
			.sort((a, b) => a.month - b.month),
		teams: group(landed, (c) => table.first_team[c]!).map(([team, all]) => ({
			team, right: right(log, all), base: all.length, rerouted: all.filter((c) => table.landing[c] === 'rerouted'),
		})).sort((a, b) => b.base - a.base),
	};
}

function right(log: Log, cases: readonly number[]): number {
	return cases.filter((c) => log.data.cases.landing[c] !== 'rerouted').length;
}

export function group(cases: readonly number[], key: (c: number) => number): [number, number[]][] {
	const groups = new Map<number, number[]>();
	for (const c of cases) {
		const of = key(c);
		const all = groups.get(of);
		if (all) all.push(c);
		else groups.set(of, [c]);
	}
	return [...groups];
}
