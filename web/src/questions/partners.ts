// Q1: how fast are our partners, do they get their cases closed? Visits of cases to
// partners' teams.

import type { Log } from '../mine/log';
import { percentile } from '../mine/statistics';

export type VisitOutcome = 'resolved' | 'closed' | 'returned' | 'passed_on' | 'open';
export const visitOutcomes: readonly VisitOutcome[] = ['resolved', 'closed', 'returned', 'passed_on', 'open'];

export interface PartnerFigures {
	/** Index of teams; -1 for all partners. */
	readonly team: number;
	readonly visits: number;
	readonly cases: readonly number[];
	/** Visits by outcome, and their cases. */
	readonly outcomes: Record<VisitOutcome, { visits: number; cases: number[] }>;
	/** Ticks of own time of finished visits: without time with the user or blocked. NaN for none. */
	readonly own: Spread;
	readonly businessOwn: Spread;
	/** Of open visits. */
	readonly age: Spread;
}

export interface Spread { readonly median: number; readonly p90: number; readonly count: number }

type Visit = readonly [visit: number, ofCase: number];

export function partners(log: Log, cases: Int32Array): { all: PartnerFigures; teams: PartnerFigures[] } {
	const { team } = log.data.team_visits;
	const isPartner = log.data.teams.role.map((role) => role === 'partner');
	const all: Visit[] = [];
	const byTeam = new Map<number, Visit[]>();
	for (const c of cases) {
		for (let v = log.visitsOf[c]!; v < log.visitsOf[c + 1]!; v++) {
			if (!isPartner[team[v]!]) continue;
			const visit: Visit = [v, c];
			all.push(visit);
			const own = byTeam.get(team[v]!);
			if (own) own.push(visit);
			else byTeam.set(team[v]!, [visit]);
		}
	}
	const teams = [...byTeam].map(([t, visits]) => describe(log, t, visits));
	return { all: describe(log, -1, all), teams: teams.sort((a, b) => b.visits - a.visits || a.team - b.team) };
}

function describe(log: Log, team: number, visits: readonly Visit[]): PartnerFigures {
	const table = log.data.team_visits;
	const outcomes = Object.fromEntries(visitOutcomes.map((outcome) => {
		const those = visits.filter(([v]) => table.outcome[v] === outcome);
		return [outcome, { visits: those.length, cases: unique(those) }];
	})) as PartnerFigures['outcomes'];
	const finished = visits.filter(([v]) => table.outcome[v] !== 'open').map(([v]) => v);
	const open = visits.filter(([v]) => table.outcome[v] === 'open').map(([v]) => v);
	return {
		team, visits: visits.length, cases: unique(visits), outcomes,
		own: spread(finished, table.own), businessOwn: spread(finished, table.business_own),
		age: spread(open, table.elapsed),
	};
}

function unique(visits: readonly Visit[]): number[] {
	return [...new Set(visits.map(([, c]) => c))];
}

function spread(visits: readonly number[], durations: readonly (number | null)[] | null): Spread {
	const known = durations ? visits.map((v) => durations[v]!).filter((d) => d !== null) : [];
	const sorted = Float64Array.from(known).sort();
	return { median: percentile(sorted, 0.5), p90: percentile(sorted, 0.9), count: sorted.length };
}
