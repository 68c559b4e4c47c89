// Widths of text and lines that fit.

import { pieces } from '../ui/label';

let context: CanvasRenderingContext2D | null = null;
const known = new Map<string, number>();

export const nodeFont =
	'600 12.5px "Segoe UI", system-ui, -apple-system, "Helvetica Neue", Arial, sans-serif';
export const smallFont =
	'11px "Segoe UI", system-ui, -apple-system, "Helvetica Neue", Arial, sans-serif';

export function textWidth(text: string, font: string): number {
	const key = font + text;
	let width = known.get(key);
	if (width === undefined) {
		context ??= document.createElement('canvas').getContext('2d')!;
		context.font = font;
		known.set(key, (width = context.measureText(text).width));
	}
	return width;
}

/** Breaks into lines of a width: at blanks, and with a hyphen in words that are wider. */
export function wrap(text: string, most: number, font: string): string[] {
	const fits = (line: string) => textWidth(line, font) <= most;
	const lines: string[] = [];
	for (const word of text.split(' ')) {
		const line = lines.at(-1);
		if (line !== undefined && fits(`${line} ${word}`)) lines[lines.length - 1] += ` ${word}`;
		else lines.push(...(fits(word) ? [word] : broken(word, fits)));
	}
	return lines;
}

function broken(word: string, fits: (line: string) => boolean): string[] {
	const lines = [''];
	for (const piece of pieces(word)) {
		const line = lines.at(-1)!;
		if (!line || fits(`${line}${piece}-`)) lines[lines.length - 1] = line + piece;
		else lines.splice(-1, 1, `${line}-`, piece);
	}
	return lines;
}
