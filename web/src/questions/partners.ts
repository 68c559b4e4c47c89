// Q1: how fast are our partners, do they get their cases closed? Visits of cases to
// partners' teams.

import type { Log } from '../mine/log';
import { percentile } from '../mine/statistics';
import { group } from './landing';

export type VisitOutcome = 'resolved' | 'closed' | 'returned' | 'passed_on' | 'open';
export const visitOutcomes: readonly VisitOutcome[] = [
	'resolved',
	'closed',
	'returned',
	'passed_on',
	'open',
];

export interface PartnerFigures {
	/** Index of teams; -1 for all partners. */
	readonly team: number;
	readonly visits: number;
	readonly cases: readonly number[];
	/** Visits by outcome, and their cases. */
	readonly outcomes: Readonly<Record<VisitOutcome, { visits: number; cases: number[] }>>;
	/**
	 * Ticks of own time of finished visits: without time with the user or blocked. NaN for none.
	 */
	readonly own: Spread;
	readonly businessOwn: Spread;
	/** Of open visits. */
	readonly age: Spread;
}

export interface Spread {
	readonly median: number;
	readonly p90: number;
	readonly count: number;
}

export interface Partners {
	readonly all: PartnerFigures;
	/** Those with the most visits first. */
	teams(): PartnerFigures[];
}

export function partners(log: Log, cases: Int32Array): Partners {
	const { team } = log.data.team_visits;
	const isPartner = log.data.teams.role.map((role) => role === 'partner');
	const visits: number[] = [],
		ofCase: number[] = [];
	for (const c of cases) {
		for (let v = log.visitsOf[c]!; v < log.visitsOf[c + 1]!; v++) {
			if (!isPartner[team[v]!]) continue;
			visits.push(v);
			ofCase.push(c);
		}
	}
	const teams = () =>
		group(
			visits.map((_, k) => k),
			(k) => team[visits[k]!]!,
		).map(([t, those]) =>
			describe(
				log,
				t,
				those.map((k) => visits[k]!),
				those.map((k) => ofCase[k]!),
			),
		);
	return {
		all: describe(log, -1, visits, ofCase),
		teams: () => teams().sort((a, b) => b.visits - a.visits || a.team - b.team),
	};
}

/** Visits and the case of each, in the order of the cases. */
function describe(
	log: Log,
	team: number,
	visits: readonly number[],
	ofCase: readonly number[],
): PartnerFigures {
	const table = log.data.team_visits;
	const outcomes = Object.fromEntries(
		visitOutcomes.map((outcome) => [outcome, { visits: 0, cases: [] as number[] }]),
	) as unknown as PartnerFigures['outcomes'];
	const cases: number[] = [],
		finished: number[] = [],
		open: number[] = [];
	visits.forEach((v, k) => {
		const of = outcomes[table.outcome[v]!];
		of.visits++;
		addOnce(of.cases, ofCase[k]!);
		addOnce(cases, ofCase[k]!);
		(table.outcome[v] === 'open' ? open : finished).push(v);
	});
	return {
		team,
		visits: visits.length,
		cases,
		outcomes,
		own: spread(finished, table.own),
		businessOwn: spread(finished, table.business_own),
		age: spread(open, table.elapsed),
	};
}

/** The visits of a case are next to each other. */
function addOnce(cases: number[], c: number): void {
	if (cases[cases.length - 1] !== c) cases.push(c);
}

function spread(visits: readonly number[], durations: readonly (number | null)[] | null): Spread {
	const known = durations ? visits.map((v) => durations[v]!).filter((d) => d !== null) : [];
	const sorted = Float64Array.from(known).sort();
	return { median: percentile(sorted, 0.5), p90: percentile(sorted, 0.9), count: sorted.length };
}
