// Numbers of chains, as exact as SQL has them: one that a number of JavaScript cannot hold
// keeps its digits, from the text of the chain to the comparison and back.

import { visibleJson } from '../ui/label';

export class Digits {
	constructor(private text: string) {}

	toString(): string {
		return this.text;
	}
}

/** In one form, so that equal numbers have equal texts; null for what is not a number. */
export function decimal(text: string): string | null {
	const found = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text);
	const all = found && found[2]! + found[3]!;
	if (!all) return null;
	const digits = all.replace(/^0+/, '');
	const short = digits.replace(/0+$/, '');
	if (!short) return '0';
	const exponent =
		BigInt(found[4] ?? 0) - BigInt(found[3]!.length) + BigInt(digits.length - short.length);
	return `${found[1] === '-' ? '-' : ''}${short}e${exponent}`;
}

export function exact(text: string): number | Digits {
	return decimal(String(Number(text))) === decimal(text) ? Number(text) : new Digits(text);
}

/** Stands before digits in a string of JSON; no string of jsonb contains it. */
const SIGN = '\\u0000';
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export function parseExact(json: string): unknown {
	const value: unknown = JSON.parse(json);
	const signed = json.replace(TOKENS, (token) =>
		token[0] !== '"' && exact(token) instanceof Digits ? `"${SIGN}${token}"` : token,
	);
	return signed === json
		? value
		: JSON.parse(signed, (_, v: unknown) =>
				typeof v === 'string' && v[0] === '\0' ? new Digits(v.slice(1)) : v,
			);
}

export function stringifyExact(value: unknown): string {
	const signed = JSON.stringify(
		value,
		(_, v: unknown) => (v instanceof Digits ? `\0${v}` : v),
		1,
	);
	return visibleJson(signed.replace(/"\\u0000([^"]*)"/g, '$1'));
}
