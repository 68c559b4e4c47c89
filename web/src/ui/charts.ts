// Small charts of elements with widths and heights; every part that stands for cases can be
// clicked.

import { h } from './dom';
import { number, percent } from './format';

export interface Part {
	readonly label: string;
	readonly value: number;
	readonly colour: string;
	readonly isHatched?: boolean;
	readonly title?: string;
	readonly click?: (() => void) | undefined;
}

/** One bar whose parts add up to the whole. */
export function stackedBar(parts: readonly Part[]): HTMLElement {
	const whole = parts.reduce((sum, part) => sum + part.value, 0);
	return h(
		'div',
		{ class: 'stacked', role: 'group' },
		parts
			.filter((part) => part.value > 0)
			.map((part) => {
				const text =
					part.title ??
					`${part.label}: ${number(part.value)} (${percent(part.value, whole)})`;
				const properties = {
					class: `part${part.isHatched ? ' is-hatched' : ''}`,
					title: text,
					'aria-label': text,
					style: {
						width: `${(100 * part.value) / whole}%`,
						backgroundColor: part.colour,
					},
				};
				return part.click
					? h('button', { type: 'button', onclick: part.click, ...properties })
					: h('div', { role: 'img', ...properties });
			}),
	);
}

export function legend(parts: readonly Part[]): HTMLElement {
	return h(
		'ul',
		{ class: 'legend' },
		parts.map((part) => h('li', {}, swatch(part), part.label)),
	);
}

export function swatch(part: Pick<Part, 'colour' | 'isHatched'>): HTMLElement {
	return h('i', {
		class: `swatch${part.isHatched ? ' is-hatched' : ''}`,
		style: { backgroundColor: part.colour },
	});
}

export interface Column {
	readonly label: string;
	readonly value: number;
	readonly title: string;
	readonly isChosen?: boolean;
	readonly isHatched?: boolean;
	readonly isGrey?: boolean;
	readonly click?: (event: MouseEvent) => void;
	readonly key?: string;
}

/**
 * Upright bars, with a scale that begins at 0. Grey ones, which rest on few cases, do not stretch
 * it.
 */
export function columns(
	bars: readonly Column[],
	options: { most?: number; format?: (value: number) => string; class?: string } = {},
): HTMLElement {
	const most =
		options.most ?? Math.max(...bars.filter((bar) => !bar.isGrey).map((bar) => bar.value), 0);
	const every = Math.ceil(bars.length / 13);
	return h(
		'div',
		{ class: `columns ${options.class ?? ''}` },
		h('span', { class: 'scale' }, (options.format ?? number)(most)),
		h(
			'div',
			{ class: 'bars' },
			bars.map((bar, i) => {
				const state = `${bar.isChosen === false ? ' is-out' : ''}${bar.isHatched ? ' is-hatched' : ''}${bar.isGrey ? ' is-grey' : ''}`;
				const column = h('span', {
					class: 'fill',
					style: {
						height: `${most ? Math.min(100, Math.max((100 * bar.value) / most, bar.value ? 2 : 0)) : 0}%`,
					},
				});
				const properties = {
					class: `column${state}`,
					title: bar.title,
					'aria-label': bar.title,
					'data-key': bar.key ?? null,
				};
				const body = [
					h('span', { class: 'room' }, column),
					h('span', { class: 'name', 'aria-hidden': 'true' }, i % every ? '' : bar.label),
				];
				return bar.click
					? h(
							'button',
							{
								type: 'button',
								onclick: bar.click,
								'aria-pressed':
									bar.isChosen === undefined ? null : String(bar.isChosen),
								...properties,
							},
							body,
						)
					: h('div', { role: 'img', ...properties }, body);
			}),
		),
	);
}
