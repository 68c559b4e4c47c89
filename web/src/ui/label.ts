// Labels as they are shown, so that two that differ look different: by the rules of
// src/map/map_labels.h. What stands in ‹ › or is ␣ belongs to the page, all else to the data.

import { compareLabels } from '../mine/order';
import { isWord, language, say } from './words';

/** What is shown by its code, but for the blank. */
const HIDDEN =
	'(?! )[\\p{Cc}\\p{Cf}\\p{Co}\\p{Cs}\\p{Z}\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}\\u2800\\ufffc‹␣]';
const BLANKS = ' {2,}|^ | $';
const marked = new RegExp(`${BLANKS}|${HIDDEN}`, 'gu');
/**
 * In a label that is not in Unicode's normal form C: another one that looks the same may be in it.
 */
const markedBeyondAscii = new RegExp(`${BLANKS}|${HIDDEN}|[^\\0-\\x7f]`, 'gu');

/** A label, or any other text of the data. */
export function sayLabel(label: string): string {
	if (label === '') return `‹${say('empty')}›`;
	// Elsewhere it means that there is no value.
	if (label === '–') return mark(label);
	return label.replace(label === label.normalize() ? marked : markedBeyondAscii, mark);
}

/** The word of a name that comes from the data, or the name itself. */
export function sayName(prefix: string, name: string): string {
	const word = prefix + name;
	return isWord(word) ? say(word) : sayLabel(name);
}

function mark(found: string): string {
	if (found[0] === ' ') return '␣'.repeat(found.length);
	return `‹U+${found.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}›`;
}

/** JSON in which what cannot be seen stands by its code. */
export function visibleJson(json: string): string {
	return json.replace(new RegExp(`(?![\n‹␣])${HIDDEN}`, 'gu'), (found) =>
		Array.from(
			{ length: found.length },
			(_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`,
		).join(''),
	);
}

/** Characters, and marks as a whole. */
export function pieces(text: string): string[] {
	return text.match(/‹[^›]*›|./gsu) ?? [];
}

const size = (text: string) => [...text].length;

/** A text of at most so many characters: what is longer loses its middle. */
export function cut(text: string, most: number): string {
	const total = size(text);
	if (total <= most) return text;
	const before = Math.floor(((most - 1) * 2) / 3);
	let [count, head, tail] = [0, '', ''];
	for (const piece of pieces(text)) {
		const isBehind = total - count <= most - 1 - before;
		count += size(piece);
		if (isBehind) tail += piece;
		else if (count <= before) head += piece;
	}
	return `${head}…${tail}`;
}

/** Where there is more room, and less. */
export const NAME = 60;
export const SHORT = 26;
/** What is said of a fault. */
export const FAULT = 200;

const named = new WeakMap<readonly string[], Map<string, ReadonlyMap<string, string>>>();

/** Names for labels: cut, and told apart by numbers where they would look alike. */
export function namesOf(labels: readonly string[], most: number): ReadonlyMap<string, string> {
	let known = named.get(labels);
	if (!known) named.set(labels, (known = new Map()));
	const key = `${language()} ${most}`;
	let names = known.get(key);
	if (!names) known.set(key, (names = nameLabels(labels, most)));
	return names;
}

function nameLabels(labels: readonly string[], most: number): ReadonlyMap<string, string> {
	const sorted = [...new Set(labels)].sort(compareLabels);
	const names = sorted.map((label) => cut(sayLabel(label), most));
	const uses = new Map<string, number>();
	for (const name of names) uses.set(name, (uses.get(name) ?? 0) + 1);
	let number = 0;
	return new Map(
		sorted.map((label, i) => [
			label,
			uses.get(names[i]!)! > 1 ? `${names[i]}‹${++number}›` : names[i]!,
		]),
	);
}
