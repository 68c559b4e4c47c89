// Conditions on attributes: in SQL all columns of a log's cases, and the teams that had the
// case; here those of them that the page has. 1, 1.0 and true are equal, as logs keep flags as
// numbers; 1 and "1" are not. Numbers are compared by all their digits.

import type { Attribute, LogData } from '../data';
import type { Log } from '../mine/log';
import type { Traces } from '../mine/traces';
import { decimal } from './exact';
import { ChainError, type Scalar } from './grammar';

/** Equal where the values are. */
type Value = string | null;
type Test = (c: number) => boolean;

export function attributeTest(
	log: Log,
	traces: Traces,
	wanted: Record<string, Scalar[]>,
): (i: number) => boolean {
	const tests = Object.entries(wanted).map(([name, values]) =>
		oneTest(log, name, new Set(values.map(comparable))),
	);
	return (i) => tests.every((test) => test(traces.cases[i]!));
}

/** Refuses attributes that the page does not have. */
export function checkAttributes(log: Log, names: readonly string[]): void {
	for (const name of names) oneTest(log, name, new Set());
}

function comparable(value: Scalar): Value {
	if (value === null) return null;
	return typeof value === 'string'
		? ofText(value)
		: decimal(String(value === true ? 1 : value === false ? 0 : value));
}

function ofText(value: string): Value {
	return `"${value}`;
}

/** NaN and the infinities are texts in JSON. */
function ofNumber(text: string): Value {
	return decimal(text) ?? ofText(text);
}

function oneTest(log: Log, name: string, wanted: ReadonlySet<Value>): Test {
	const attribute = log.data.cases.attributes.find((a) => a.name === name);
	if (attribute) return codeTest(attribute, wanted);
	if (name === 'teams') return teamsTest(log, wanted);
	if (name === 'case_id') return idTest(log.data.cases, wanted);
	const column = Object.hasOwn(columns, name) ? columns[name]!(log) : null;
	if (!column) throw new ChainError(`attribute: this page has no attribute "${name}"`);
	return (c) => wanted.has(comparable(column(c)));
}

function codeTest(attribute: Attribute, wanted: ReadonlySet<Value>): Test {
	const holds = attribute.values.map((value) => wanted.has(typed(attribute, value)));
	const ofNull = wanted.has(null);
	return (c) => {
		const code = attribute.value[c]!;
		return code < 0 ? ofNull : holds[code]!;
	};
}

function typed(attribute: Attribute, value: string): Value {
	if (attribute.type === 'number') return ofNumber(value);
	return attribute.type === 'boolean' ? comparable(value === 'true') : ofText(value);
}

function teamsTest(log: Log, wanted: ReadonlySet<Value>): Test {
	const { team } = log.data.teams;
	const { team: visited } = log.data.team_visits;
	return (c) => {
		for (let v = log.visitsOf[c]!; v < log.visitsOf[c + 1]!; v++)
			if (wanted.has(ofText(team[visited[v]!]!))) return true;
		return false;
	};
}

/** Columns of the mined table cases, by name. */
const columns: Readonly<Record<string, (log: Log) => (c: number) => Scalar>> = {
	case_no:
		({ data }) =>
		(c) =>
			data.cases.no[c]!,
	status: (log) => (c) => statusOf(log, c),
	first_team:
		({ data }) =>
		(c) =>
			data.teams.team[data.cases.first_team[c]!]!,
	resolving_team:
		({ data }) =>
		(c) =>
			data.teams.team[data.cases.resolving_team[c]!]!,
	current_team:
		({ data }) =>
		(c) =>
			data.teams.team[data.cases.current_team[c]!]!,
	landing:
		({ data }) =>
		(c) =>
			data.cases.landing[c]!,
	is_open:
		({ data }) =>
		(c) =>
			data.cases.is_open[c]!,
	is_cut_off:
		({ data }) =>
		(c) =>
			data.cases.is_cut_off[c]!,
	is_resolved: (log) => (c) => (Number.isNaN(log.firstResolved[c]!) ? 0 : 1),
	is_reopened: (log) => (c) => (log.reopeningsOf[c + 1]! > log.reopeningsOf[c]! ? 1 : 0),
	is_answered_again: (log) => (c) =>
		log.data.reopenings.outcome
			.slice(log.reopeningsOf[c]!, log.reopeningsOf[c + 1]!)
			.includes('answered_again')
			? 1
			: 0,
	reopening_count: (log) => (c) => log.reopeningsOf[c + 1]! - log.reopeningsOf[c]!,
	repeat_answer_count:
		({ data }) =>
		(c) =>
			data.cases.repeat_answers[c]!,
	handover_count:
		({ data }) =>
		(c) =>
			data.cases.handovers[c]!,
	is_returned_by_partner:
		({ data }) =>
		(c) =>
			data.cases.is_returned_by_partner[c]!,
	is_ping_pong:
		({ data }) =>
		(c) =>
			data.cases.is_ping_pong[c]!,
	is_start_masked:
		({ gap, eventsOf }) =>
		(c) =>
			gap[eventsOf[c]!]!,
	is_end_masked:
		({ gapAtEnd }) =>
		(c) =>
			gapAtEnd[c]!,
	event_count: (log) => (c) => log.eventsOf[c + 1]! - log.eventsOf[c]!,
	messages_in:
		({ messages }) =>
		(c) =>
			messages.in[c]!,
	messages_out:
		({ messages }) =>
		(c) =>
			messages.out[c]!,
	turns:
		({ messages }) =>
		(c) =>
			messages.turns[c]!,
};

/** Ids are numbers in one log and texts in another. */
function idTest({ id, no, id_type }: LogData['cases'], wanted: ReadonlySet<Value>): Test {
	const ids = id ?? no;
	return (c) => wanted.has(id_type === 'number' ? ofNumber(ids[c]!) : ofText(ids[c]!));
}

/** The last activity, notes aside. */
function statusOf(log: Log, c: number): string {
	for (let e = log.eventsOf[c + 1]! - 1; e >= log.eventsOf[c]!; e--) {
		if (!log.isNote[log.activity[e]!]) return log.data.activities.activity[log.activity[e]!]!;
	}
	return 'none';
}
