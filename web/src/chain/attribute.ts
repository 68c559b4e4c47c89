// Conditions on attributes: those of the case, and its number and id. Numbers and booleans are
// compared as such, so 1 and 1.0 are equal, 1 and "1" are not.

import type { Attribute } from '../data';
import type { Log } from '../mine/log';
import type { Traces } from '../mine/traces';
import type { Scalar } from './grammar';

export function attributeTest(log: Log, traces: Traces, wanted: Record<string, Scalar[]>): (i: number) => boolean {
	const tests = Object.entries(wanted).map(([name, values]) => oneTest(log, name, values));
	return (i) => tests.every((test) => test(traces.cases[i]!));
}

function oneTest(log: Log, name: string, values: readonly Scalar[]): (c: number) => boolean {
	const attribute = log.data.cases.attributes.find((a) => a.name === name);
	if (attribute) return codeTest(attribute, values);
	const ids = name === 'case_no' ? log.data.cases.no : name === 'case_id' ? log.data.cases.id ?? log.data.cases.no : null;
	const set = new Set(values);
	return ids ? (c) => set.has(ids[c]!) : () => set.has(null);
}

function codeTest(attribute: Attribute, values: readonly Scalar[]): (c: number) => boolean {
	const set = new Set(values);
	const holds = attribute.values.map((value) => set.has(scalar(attribute, value)));
	const ofNull = set.has(null);
	return (c) => {
		const code = attribute.value[c]!;
		return code < 0 ? ofNull : holds[code]!;
	};
}

/** The value of an attribute as it stands in a chain. */
function scalar(attribute: Attribute, value: string): Scalar {
	if (attribute.type === 'number') return Number(value);
	return attribute.type === 'boolean' ? value === 'true' : value;
}
