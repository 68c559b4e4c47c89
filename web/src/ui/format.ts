// Numbers, times and durations in the reader's form.

import { language, say } from './words';

const locale = () => (language() === 'da' ? 'da-DK' : 'en-GB');

const formats = new Map<string, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();

function numberFormat(digits: number): Intl.NumberFormat {
	const key = locale() + digits;
	let format = formats.get(key);
	if (!format)
		formats.set(
			key,
			(format = new Intl.NumberFormat(locale(), {
				minimumFractionDigits: digits,
				maximumFractionDigits: digits,
			})),
		);
	return format;
}

/** Making one takes longer than using it. */
function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	const key = locale() + JSON.stringify(options);
	let format = dateFormats.get(key);
	if (!format)
		dateFormats.set(
			key,
			(format = new Intl.DateTimeFormat(locale(), { ...options, timeZone: 'UTC' })),
		);
	return format;
}

export function number(value: number, digits = 0): string {
	return Number.isNaN(value) ? '–' : numberFormat(digits).format(value);
}

/** A number with all the digits that its text has. */
export function numberOfText(text: string): string {
	const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
	if (!found) return text;
	const [, sign, whole, fraction] = found;
	return `${sign ? '-' : ''}${numberFormat(0).format(BigInt(whole!))}${fraction === undefined ? '' : (language() === 'da' ? ',' : '.') + fraction}`;
}

/** A share as a percentage; one digit below ten. */
export function percent(part: number, whole: number): string {
	if (!whole) return '–';
	const value = (100 * part) / whole;
	const digits = value > 0 && value < 9.95 ? 1 : 0;
	return `${number(value, digits)}\u202f%`;
}

function counted(thing: 'case' | 'event' | 'variant' | 'visit', count: number): string {
	return count === 1 ? say(`one_${thing}`) : say(`n_${thing}s`, number(count));
}

export function cases(count: number): string {
	return counted('case', count);
}

export function events(count: number): string {
	return counted('event', count);
}

export function variants(count: number): string {
	return counted('variant', count);
}

export function visits(count: number): string {
	return counted('visit', count);
}

/** Wall clock milliseconds, whose UTC fields are the local ones. */
export function dateTime(wall: number): string {
	return `${date(wall)} ${two(new Date(wall).getUTCHours())}${language() === 'da' ? '.' : ':'}${two(new Date(wall).getUTCMinutes())}`;
}

export function date(wall: number): string {
	return dateFormat({ day: 'numeric', month: 'short', year: 'numeric' }).format(wall);
}

/** Months count from year 0. */
export function month(index: number, style: 'short' | 'long' | 'narrow' = 'short'): string {
	const at = Date.UTC(Math.floor(index / 12), index % 12, 1);
	const year = style === 'narrow' ? {} : { year: 'numeric' as const };
	return dateFormat({ month: style, ...year }).format(at);
}

const two = (value: number) => String(value).padStart(2, '0');

/** How to word a duration: how many seconds its days have, and what they are called. */
export interface DayLength {
	readonly seconds: number;
	readonly isWork: boolean;
}

export const calendarDay: DayLength = { seconds: 86400, isWork: false };

/**
 * In its two greatest units, rounded half up to the smaller of the two, which is left out where it
 * is 0.
 */
export function duration(seconds: number, day: DayLength = calendarDay): string {
	if (Number.isNaN(seconds)) return '–';
	const sign = seconds < 0 ? '−' : '';
	const length = Math.abs(seconds);
	const [hour, minute] = [3600, 60];
	let told: [number, number, string, string];
	const [h, d] = [say('hour'), dayUnit(day)];
	if (roundTo(length, 1) < hour) told = [minute, 1, 'min', 's'];
	else if (roundTo(length, minute) < day.seconds) told = [hour, minute, h, 'min'];
	else told = [day.seconds, hour, d, h];
	return sign + twoUnits(length, ...told);
}

function dayUnit(day: DayLength): string {
	if (!day.isWork) return 'd';
	return language() === 'da' ? 'arb.d' : 'wd';
}

function roundTo(seconds: number, unit: number): number {
	return Math.floor(seconds / unit + 0.5) * unit;
}

/**
 * A great unit that is not a multiple of the small one (a working day of 7 h 24 min) takes the
 * small one's rest as it is.
 */
function twoUnits(
	seconds: number,
	great: number,
	small: number,
	greatName: string,
	smallName: string,
): string {
	let whole = Math.floor(seconds / great);
	let rest = Math.floor((seconds - whole * great) / small + 0.5);
	if (rest * small >= great) [whole, rest] = [whole + 1, 0];
	if (!whole) return `${number(rest)}\u00a0${smallName}`;
	return (
		`${number(whole)}\u00a0${greatName}` + (rest ? ` ${number(rest)}\u00a0${smallName}` : '')
	);
}

/** In one unit with at most one decimal, where there is little room. */
export function shortDuration(seconds: number, day: DayLength = calendarDay): string {
	if (Number.isNaN(seconds)) return '–';
	const units: [number, string][] = [
		[day.seconds, dayUnit(day)],
		[3600, say('hour')],
		[60, 'min'],
		[1, 's'],
	];
	const [unit, name] =
		units.find(([size], i) => i === 3 || Math.abs(seconds) >= size * (i === 2 ? 1 : 0.9995)) ??
		units[3]!;
	const value = seconds / unit;
	return `${number(value, unit > 60 && Math.abs(value) < 9.95 ? 1 : 0)}\u00a0${name}`;
}
