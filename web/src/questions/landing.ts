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
	months(): { month: number; right: number; base: number; cases: number[] }[];
	/** By first team. */
	teams(): { team: number; right: number; base: number; rerouted: number[] }[];
}

export function landing(log: Log, time: LocalTime, cases: Int32Array): LandingFigures {
	const table = log.data.cases;
	const landed: number[] = [],
		leftOut: number[] = [],
		returnedByPartner: number[] = [],
		pingPong: number[] = [],
		handedOver: number[] = [];
	const by: LandingFigures['by'] = { direct: [], forwarded: [], rerouted: [] };
	for (const c of cases) {
		const kind = table.landing[c]!;
		if (kind) by[kind].push(c);
		if (kind) landed.push(c);
		else if (!Number.isNaN(log.firstResolved[c]!)) leftOut.push(c);
		if (table.is_returned_by_partner[c]) returnedByPartner.push(c);
		if (table.is_ping_pong[c]) pingPong.push(c);
		if (table.handovers[c]! > 0) handedOver.push(c);
	}
	return {
		base: landed,
		by,
		leftOut,
		returnedByPartner,
		pingPong,
		handedOver,
		months: () =>
			group(landed, (c) => time.month(log.firstResolved[c]!))
				.map(([month, all]) => ({
					month,
					right: right(log, all),
					base: all.length,
					cases: all,
				}))
				.sort((a, b) => a.month - b.month),
		teams: () =>
			group(landed, (c) => table.first_team[c]!)
				.map(([team, all]) => ({
					team,
					right: right(log, all),
					base: all.length,
					rerouted: all.filter((c) => table.landing[c] === 'rerouted'),
				}))
				.sort((a, b) => b.base - a.base),
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
