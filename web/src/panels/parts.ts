// Parts that the panels of questions share.

import { h } from '../ui/dom';

type Cell = string | number | HTMLElement | null | false;

export function panel(
	question: string,
	headline: HTMLElement | string,
	base: string,
	...parts: (HTMLElement | null | false)[]
): HTMLElement {
	return h(
		'div',
		{ class: 'panel-body question' },
		h('h2', {}, question),
		h('p', { class: 'headline' }, h('strong', {}, headline), ' ', h('span', {}, base)),
		parts,
	);
}

/** The first column is text, the others are numbers. */
export function table(
	head: readonly string[],
	rows: readonly (readonly Cell[])[],
	options: { class?: string; grey?: (row: number) => boolean } = {},
): HTMLElement {
	return h(
		'table',
		{ class: `figures ${options.class ?? ''}` },
		h(
			'thead',
			{},
			h(
				'tr',
				{},
				head.map((text, i) => h('th', { scope: 'col', class: i ? 'num' : '' }, text)),
			),
		),
		h(
			'tbody',
			{},
			rows.map((row, k) =>
				h(
					'tr',
					{ class: options.grey?.(k) ? 'is-grey' : '' },
					row.map((cell, i) =>
						i ? h('td', { class: 'num' }, cell) : h('th', { scope: 'row' }, cell),
					),
				),
			),
		),
	);
}

export function note(text: string): HTMLElement {
	return h('p', { class: 'note' }, text);
}

export function section(title: string, ...parts: (HTMLElement | null | false)[]): HTMLElement {
	return h('section', {}, h('h3', {}, title), parts);
}

export const outcomeColours = {
	resolved: '#2c8a74',
	closed: '#63b09d',
	passed_on: '#8a57a8',
	returned: '#d08a1d',
	open: '#9aa3ad',
	direct: '#2c8a74',
	forwarded: '#63b09d',
	rerouted: '#d08a1d',
	answered_again: '#b0563a',
	first_answer: '#2f6fb7',
	silent: '#9aa3ad',
} as const;
