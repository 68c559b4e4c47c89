// Dimensions to slice by: each gives a case one or more codes, and each code a label.

import type { Attribute, LogData } from '../data';
import { makeLists, type CodeLists } from './cohort';
import type { Log } from './log';

export interface Dimension extends CodeLists {
	/** Key of its words, or the name of an attribute. */
	readonly name: string;
	readonly isAttribute: boolean;
	readonly type: Attribute['type'] | 'word';
	readonly values: readonly string[];
	/** Whether the last value stands for NULL. */
	readonly hasNone: boolean;
}

/** An attribute with so many values identifies cases, it does not group them. */
const MOST_VALUES = 400;

export function dimensions(log: Log): Dimension[] {
	return [...(log.knowsDone ? [states(log)] : []), teams(log), ...attributes(log.data)];
}

/** Open, resolved or closed as of the refresh. */
function states(log: Log): Dimension {
	const kinds = log.data.activities.kind;
	const code = (c: number) => {
		if (log.isOpen[c]) return 0;
		for (let e = log.eventsOf[c + 1]! - 1; e >= log.eventsOf[c]!; e--) {
			const kind = kinds[log.activity[e]!];
			if (kind !== 'note') return kind === 'closed' ? 2 : 1;
		}
		return 0;
	};
	return {
		name: 'state',
		isAttribute: false,
		type: 'word',
		values: ['open', 'resolved', 'closed'],
		hasNone: false,
		...makeLists(log.size, (c, add) => add(code(c))),
	};
}

/** Teams that have had the case. */
function teams(log: Log): Dimension {
	const lists = makeLists(log.size, (c, add) => {
		for (let v = log.visitsOf[c]!; v < log.visitsOf[c + 1]!; v++)
			add(log.data.team_visits.team[v]!);
	});
	return {
		name: 'team',
		isAttribute: false,
		type: 'text',
		values: log.data.teams.label,
		hasNone: false,
		...lists,
	};
}

function attributes(data: LogData): Dimension[] {
	return data.cases.attributes
		.map((a) => (a.type === 'time' ? byDay(a) : a))
		.filter((a) => a.values.length > 1 && a.values.length <= MOST_VALUES)
		.map((a) => {
			const none = a.values.length;
			return {
				name: a.name,
				isAttribute: true,
				type: a.type,
				values: a.value.includes(-1) ? [...a.values, ''] : a.values,
				hasNone: a.value.includes(-1),
				...makeLists(a.value.length, (c, add) => add(a.value[c]! < 0 ? none : a.value[c]!)),
			};
		});
}

export function dayOf(time: string): string {
	return time.split('T')[0]!;
}

/** Times stand in their order, so their days do, too. */
function byDay(attribute: Attribute): Attribute {
	const values = [...new Set(attribute.values.map(dayOf))];
	const number = new Map(values.map((day, i) => [day, i]));
	const ofTime = attribute.values.map((time) => number.get(dayOf(time))!);
	return { ...attribute, values, value: attribute.value.map((v) => (v < 0 ? v : ofTime[v]!)) };
}
