// What happened to one case, in order: assignments before statuses of the same time,
// messages last; and who held it.

import type { Log } from './log';

export interface Moment {
	readonly at: number;
	readonly what: 'team' | 'status' | 'message';
	/** Index of a team, an activity or a direction. */
	readonly entry: number;
	readonly isNote: boolean;
	/** Index of segments from then on; -1 after the end and where it is not known. */
	readonly holder: number;
	/** Ticks until the next moment, or as_of of an open case; NaN after the last one. */
	readonly until: number;
}

export interface Hold {
	readonly segment: number;
	readonly from: number;
	readonly to: number;
	readonly business: number;
}

export function holdsOfCase(log: Log, c: number): Hold[] {
	const { segment, duration, business_duration } = log.data.holds;
	const found: Hold[] = [];
	let from = log.created[c]!;
	for (let k = log.holdsOf[c]!; k < log.holdsOf[c + 1]!; k++) {
		const to = from + duration[k]!;
		found.push({
			segment: segment[k]!,
			from,
			to,
			business: business_duration ? business_duration[k]! : NaN,
		});
		from = to;
	}
	return found;
}

export function historyOf(log: Log, c: number): Moment[] {
	const found: { at: number; what: Moment['what']; entry: number }[] = [];
	const created = log.created[c]!;
	const { team_visits, messages } = log.data;
	for (let v = log.visitsOf[c]!; v < log.visitsOf[c + 1]!; v++)
		found.push({
			at: created + team_visits.from_at[v]!,
			what: 'team',
			entry: team_visits.team[v]!,
		});
	for (let e = log.eventsOf[c]!; e < log.eventsOf[c + 1]!; e++)
		found.push({ at: log.at[e]!, what: 'status', entry: log.activity[e]! });
	for (let m = log.messagesOf[c]!; m < log.messagesOf[c + 1]!; m++)
		found.push({
			at: created + messages.at[m]!,
			what: 'message',
			entry: messages.direction[m]!,
		});
	const rank = { team: 0, status: 1, message: 2 };
	found.sort((a, b) => a.at - b.at || rank[a.what] - rank[b.what]);
	const holds = holdsOfCase(log, c);
	return found.map((moment, i) => ({
		...moment,
		isNote: moment.what === 'status' && log.isNote[moment.entry] === 1,
		holder: holds.find((hold) => hold.from <= moment.at && moment.at < hold.to)?.segment ?? -1,
		until: (found[i + 1]?.at ?? (log.isOpen[c] ? log.data.as_of : NaN)) - moment.at,
	}));
}
