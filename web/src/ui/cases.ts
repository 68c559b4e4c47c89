// The cases behind a number: as links, copied, as CSV for a Danish Excel, or as a filter.

import type { LogContext } from '../app/context';
import type { Attribute } from '../data';
import { button, copyText, download, h, link } from './dom';
import { cases as sayCases, date, dateTime, number } from './format';
import { sayLabel } from './label';
import { say } from './words';

/** A number that lists its cases when it is clicked. */
export function figure(
	context: LogContext,
	label: string,
	cases: ArrayLike<number>,
	text = number(cases.length),
): HTMLElement {
	if (!cases.length) return h('span', { class: 'figure-none' }, text);
	return button(text, () => context.list(label, cases), {
		class: 'figure',
		title: say('list_of', label, sayCases(cases.length)),
		'data-key': `figure ${label} ${text}`,
	});
}

const FIRST = 60;

export function caseLinks(
	context: LogContext,
	cases: ArrayLike<number>,
	most = FIRST,
): HTMLElement {
	const { model, store } = context;
	const list = h('ul', { class: 'ids' });
	const add = (from: number, to: number) => {
		for (let k = from; k < Math.min(to, cases.length); k++) {
			const c = cases[k]!;
			const when = date(model.time.wall(model.log.created[c]!));
			const look = button('⌕', () => store.update({ panel: 'lookup', lookup: c }), {
				class: 'look',
				title: say('lookup'),
				'aria-label': `${say('lookup')}: ${sayLabel(model.data.cases.no[c]!)}`,
			});
			list.append(
				h(
					'li',
					{},
					link(model.url(c), sayLabel(model.data.cases.no[c]!), {
						title: `${say('open_case')} · ${when}`,
					}),
					look,
				),
			);
		}
		if (to < cases.length) {
			const more = button(
				say('and_n_more', number(cases.length - to)),
				() => {
					last.remove();
					add(to, to + 500);
				},
				{ class: 'quiet' },
			);
			const last = list.appendChild(h('li', { class: 'more' }, more));
		}
	};
	add(0, most);
	return list;
}

export function caseActions(
	context: LogContext,
	label: string,
	cases: ArrayLike<number>,
): HTMLElement {
	const { model, store } = context;
	const numbers = () => Array.from(cases, (c) => model.data.cases.no[c]!);
	const only = () =>
		store.update({
			chain: [
				...store.state.chain,
				named({ keep_cases: { attribute: { case_no: numbers() } } }, label),
			],
			panel: store.state.panel,
		});
	return h(
		'div',
		{ class: 'actions' },
		button(say('only_these'), only, { class: 'primary' }),
		button(say('copy_ids'), () => void copyText(numbers().join('\n'))),
		button(say('csv'), () =>
			download(`${fileName(label)}.csv`, csv(context, cases), 'text/csv;charset=utf-8'),
		),
	);
}

const stepLabels = new WeakMap<object, string>();

/** Remembers what the cases of a step are. */
function named<T extends object>(step: T, label: string): T {
	stepLabels.set(step, label);
	return step;
}

export function nameOf(step: object): string | undefined {
	return stepLabels.get(step);
}

export function fileName(label: string): string {
	return (
		label
			.replace(/[^\p{L}\p{N}]+/gu, '-')
			.replace(/^-+|-+$/g, '')
			.slice(0, 60) || 'cases'
	);
}

/**
 * With a byte-order mark and semicolons; what a spreadsheet would take for a formula is quoted as
 * text.
 */
export function csv(context: LogContext, cases: ArrayLike<number>): string {
	const { model } = context;
	const { cases: table, teams } = model.data;
	const head = [
		say('case'),
		say('created'),
		say('resolved'),
		say('state'),
		say('team_word'),
		...table.attributes.map((a) => a.name),
		'url',
	];
	const states = model.dimensions.find(
		({ name, isAttribute }) => name === 'state' && !isAttribute,
	);
	const rows = Array.from(cases, (c) => [
		table.no[c]!,
		dateTime(model.time.wall(model.log.created[c]!)),
		Number.isNaN(model.log.resolved[c]!)
			? ''
			: dateTime(model.time.wall(model.log.resolved[c]!)),
		states
			? say(
					`state_${states.values[states.codes[states.of[c]!]!] as 'open' | 'resolved' | 'closed'}`,
				)
			: '',
		teams.label[table.current_team[c]!]!,
		...table.attributes.map((a) =>
			a.value[c]! < 0 ? '' : shownValue(a, a.values[a.value[c]!]!),
		),
		model.url(c) ?? '',
	]);
	return (
		'\ufeff' + [head, ...rows].map((row) => row.map(csvCell).join(';')).join('\r\n') + '\r\n'
	);
}

/** Day and clock of a time with a blank between, as people and spreadsheets read them. */
export function shownValue({ type }: Attribute, value: string): string {
	return type === 'time' ? value.replace('T', ' ') : value;
}

export function csvCell(value: string): string {
	const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
	return /[;"\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
