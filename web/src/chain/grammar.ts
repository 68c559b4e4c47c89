// The grammar of filter chains: that of trace_filter(), so that what the page exports runs
// in SQL and the other way round. Errors name the step, from 1, and the key.

import type { ChainJson } from '../data';
import { Digits } from './exact';

export type Step =
	| { keep_events: string[] }
	| { drop_events: string[] }
	| { mask_events: string[] }
	| { crop_events: Crop }
	| { crop_match: { pattern: string; which?: Which } }
	| { crop_between: Period }
	| { keep_cases: Conditions }
	| { drop_cases: Conditions };

export type Chain = Step[];
export type Which = 'first' | 'last';

export interface Crop {
	from?: string[];
	to?: string[];
	from_which?: Which;
	to_which?: Which;
}
export interface Period {
	from_at?: string;
	to_at?: string;
}
export interface Bounds {
	over?: string;
	under?: string;
	at_least?: string;
	at_most?: string;
}
export type Scalar = string | number | Digits | boolean | null;

export interface Conditions {
	matches?: string;
	has?: string[];
	has_any?: string[];
	starts_with?: string[];
	ends_with?: string[];
	edge?: { source: string; target: string } & Bounds;
	duration_over?: string;
	duration_under?: string;
	duration_at_least?: string;
	duration_at_most?: string;
	length_over?: number;
	length_under?: number;
	length_at_least?: number;
	length_at_most?: number;
	starts_in?: Period;
	ends_in?: Period;
	contained_in?: Period;
	intersects?: Period;
	attribute?: Record<string, Scalar[]>;
}

export class ChainError extends Error {}

const fail = (step: number, key: string, what: string): never => {
	throw new ChainError(`step ${step}, ${key}: ${what}`);
};

type Check = (value: unknown, step: number, key: string) => void;

const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const text: Check = (value, step, key) =>
	typeof value === 'string' || fail(step, key, 'must be a text');
const labels: Check = (value, step, key) =>
	(Array.isArray(value) && value.every((v) => typeof v === 'string')) ||
	fail(step, key, 'must be a list of activities');
const which: Check = (value, step, key) =>
	value === 'first' || value === 'last' || fail(step, key, 'must be "first" or "last"');
const whole: Check = (value, step, key) =>
	(Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31) ||
	fail(step, key, 'must be an integer from 0 to 2147483647');
const span: Check = (value, step, key) =>
	(typeof value === 'string' && !Number.isNaN(parseDuration(value))) ||
	fail(step, key, 'must be a duration as P2D or PT4H');
const instant: Check = (value, step, key) =>
	(typeof value === 'string' && !Number.isNaN(parseInstant(value))) ||
	fail(step, key, 'must be a time as 2023-01-01T00:00:00Z');
const scalars: Check = (value, step, key) =>
	(isObject(value) &&
		Object.keys(value).length > 0 &&
		Object.values(value).every(
			(list) =>
				Array.isArray(list) &&
				list.every((v) => v === null || typeof v !== 'object' || v instanceof Digits),
		)) ||
	fail(step, key, 'must be an object of lists of values');

/** An object with these keys and no others. */
function shape(
	required: Record<string, Check>,
	optional: Record<string, Check>,
	one: string[] = [],
): Check {
	const known = { ...required, ...optional };
	return (value, step, key) => {
		if (!isObject(value)) return fail(step, key, 'must be an object');
		for (const name of Object.keys(required))
			if (!(name in value)) fail(step, key, `lacks "${name}"`);
		for (const [name, entry] of Object.entries(value)) {
			if (!Object.hasOwn(known, name)) fail(step, key, `does not know "${name}"`);
			known[name]!(entry, step, name);
		}
		if (one.length && !one.some((name) => name in value))
			fail(
				step,
				key,
				one.length > 2
					? 'needs a condition'
					: `needs ${one.map((name) => `"${name}"`).join(' or ')}`,
			);
	};
}

const period = shape({}, { from_at: instant, to_at: instant }, ['from_at', 'to_at']);

const conditionChecks: Record<keyof Conditions, Check> = {
	matches: text,
	has: labels,
	has_any: labels,
	starts_with: labels,
	ends_with: labels,
	edge: shape(
		{ source: text, target: text },
		{ over: span, under: span, at_least: span, at_most: span },
	),
	duration_over: span,
	duration_under: span,
	duration_at_least: span,
	duration_at_most: span,
	length_over: whole,
	length_under: whole,
	length_at_least: whole,
	length_at_most: whole,
	starts_in: period,
	ends_in: period,
	contained_in: period,
	intersects: period,
	attribute: scalars,
};
const conditions = shape({}, conditionChecks, Object.keys(conditionChecks));

const stepChecks: Record<string, Check> = {
	keep_events: labels,
	drop_events: labels,
	mask_events: labels,
	crop_events: shape({}, { from: labels, to: labels, from_which: which, to_which: which }, [
		'from',
		'to',
	]),
	crop_match: shape({ pattern: text }, { which }),
	crop_between: period,
	keep_cases: conditions,
	drop_cases: conditions,
};

export function parseChain(json: unknown): Chain {
	if (!Array.isArray(json)) throw new ChainError('a chain is a list of steps');
	if (json.length > 1000) throw new ChainError('a chain has at most 1,000 steps');
	json.forEach((step: unknown, i) => {
		const keys = isObject(step) ? Object.keys(step) : [];
		if (keys.length !== 1) fail(i + 1, 'step', 'must be an object with one key');
		const check = Object.hasOwn(stepChecks, keys[0]!)
			? stepChecks[keys[0]!]!
			: fail(i + 1, keys[0]!, 'no such step');
		check((step as ChainJson[number])[keys[0]!], i + 1, keys[0]!);
	});
	return json as Chain;
}

const spanForm = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,6})?)S)?)?$/;

/** Seconds of an ISO 8601 duration; NaN if it is not one. */
export function parseDuration(iso: string): number {
	const found = spanForm.exec(iso);
	if (!found || !/\d[WDHMS]$/.test(iso)) return NaN;
	const units = [7 * 86400, 86400, 3600, 60, 1];
	return units.reduce((seconds, unit, i) => seconds + unit * Number(found[i + 1] ?? 0), 0);
}

const instantForm = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)$/;

/** Seconds since 1970 of an ISO 8601 time with an offset; NaN if it is not one. */
export function parseInstant(iso: string): number {
	const found = instantForm.exec(iso);
	if (!found) return NaN;
	const [, day, minute, second = '00', fraction = '', zone = 'Z'] = found;
	const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
	return Date.parse(`${day}T${minute}:${second}${offset}`) / 1000 + Number(fraction || 0);
}
