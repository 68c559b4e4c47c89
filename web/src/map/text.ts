// Widths of text and lines that fit.

let context: CanvasRenderingContext2D | null = null;
const known = new Map<string, number>();

export const nodeFont = '600 12.5px "Segoe UI", system-ui, -apple-system, "Helvetica Neue", Arial, sans-serif';
export const smallFont = '11px "Segoe UI", system-ui, -apple-system, "Helvetica Neue", Arial, sans-serif';

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

/** Controls and marks of direction would garble their neighbours; line breaks are blanks. */
export function plain(text: string): string {
	return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').replace(/[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g, '').trim() || '–';
}

/** Breaks into at most two lines of a width; what is longer ends in an ellipsis. */
export function twoLines(text: string, most: number, font: string): string[] {
	const clean = plain(text).slice(0, 200);
	if (textWidth(clean, font) <= most) return [clean];
	const words = clean.split(' ');
	let first = words.shift()!;
	while (words.length && textWidth(`${first} ${words[0]}`, font) <= most) first += ` ${words.shift()}`;
	if (!words.length) return [cut(first, most, font)];
	return [cut(first, most, font), cut(words.join(' '), most, font)];
}

function cut(text: string, most: number, font: string): string {
	if (textWidth(text, font) <= most) return text;
	let [low, high] = [1, text.length];
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		if (textWidth(text.slice(0, middle) + '…', font) <= most) low = middle;
		else high = middle - 1;
	}
	return text.slice(0, low) + '…';
}
