// Slicers: months by cohort, and a list of values with counts for each dimension.

import type { LogContext } from '../app/context';
import { cohortKinds, type CohortKind } from '../mine/cohort';
import type { Dimension } from '../mine/dimensions';
import { columns } from '../ui/charts';
import { button, fill, h, select } from '../ui/dom';
import { cases as sayCases, month, number, numberOfText } from '../ui/format';
import { NAME, namesOf, sayLabel } from '../ui/label';
import { isWord, say } from '../ui/words';

const FIRST = 6;

export class SlicersPanel {
	readonly element = h('section', { class: 'slicers' });
	private opened = new Set<string>();
	private longer = new Set<string>();
	private anchor: number | null = null;

	constructor(private context: LogContext) {
		context.model.dimensions
			.slice(0, 4)
			.forEach((dimension) => this.opened.add(dimension.name));
	}

	update(): void {
		const { model, store } = this.context;
		const { months, slices } = store.state;
		const isAny = months !== null || slices.size > 0;
		fill(
			this.element,
			h(
				'div',
				{ class: 'title-row' },
				h('h2', {}, say('slicers')),
				isAny &&
					button(say('clear'), () => store.update({ months: null, slices: new Map() }), {
						class: 'quiet',
						'data-key': 'clear slices',
					}),
			),
			this.months(),
			model.dimensions.map((dimension, k) => this.dimension(dimension, k)),
		);
	}

	private months(): HTMLElement | null {
		const { model, store } = this.context;
		const { cohort, months } = store.state;
		const range = model.monthRange();
		if (!range) return null;
		const counts = this.context.mined().sliced.counts[0]!;
		const all = Array.from({ length: range[1] - range[0] + 1 }, (_, i) => range[0] + i);
		const bars = all.map((m) => ({
			label: month(m, 'narrow'),
			value: counts[m] ?? 0,
			title: `${month(m, 'long')}: ${sayCases(counts[m] ?? 0)}`,
			key: `month ${m}`,
			isChosen: months ? m >= months[0] && m <= months[1] : true,
			click: (event: MouseEvent) => this.chooseMonth(m, event.shiftKey),
		}));
		return h(
			'div',
			{ class: 'dimension' },
			h(
				'div',
				{ class: 'dimension-head' },
				select(
					say('cohort'),
					cohortKinds.map((kind) => [kind, say(`cohort_${kind}`)]),
					cohort,
					(kind) => store.update({ cohort: kind as CohortKind }),
					{ 'data-key': 'cohort' },
				),
				h(
					'span',
					{ class: 'chosen' },
					months
						? months[0] === months[1]
							? month(months[0])
							: `${month(months[0])} – ${month(months[1])}`
						: say('all'),
				),
				months &&
					button('×', () => store.update({ months: null }), {
						class: 'close',
						title: say('clear'),
						'aria-label': say('clear'),
						'data-key': 'clear months',
					}),
			),
			columns(bars, { class: 'months' }),
		);
	}

	/** One month; with Shift, all up to the one chosen before; again, none. */
	private chooseMonth(m: number, isRange: boolean): void {
		const { store } = this.context;
		const { months } = store.state;
		const from = isRange && this.anchor !== null ? this.anchor : m;
		if (!isRange) this.anchor = m;
		const next = [Math.min(from, m), Math.max(from, m)] as const;
		store.update({
			months: !isRange && months && months[0] === m && months[1] === m ? null : next,
		});
	}

	private dimension(dimension: Dimension, k: number): HTMLElement | null {
		const counts = this.context.mined().sliced.counts[k + 1]!;
		const chosen = this.context.store.state.slices.get(dimension.name) ?? null;
		const codes = dimension.values
			.map((_, code) => code)
			.filter((code) => counts[code] || chosen?.has(code));
		codes.sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a - b);
		if (!codes.length) return null;
		const name = dimension.isAttribute
			? sayLabel(dimension.name)
			: isWord(dimension.name)
				? say(dimension.name)
				: dimension.name;
		const isOpen = this.opened.has(dimension.name) || chosen !== null;
		const most = Math.max(...codes.map((code) => counts[code] ?? 0));
		const shown = this.longer.has(dimension.name) ? codes : codes.slice(0, FIRST);
		const head = button(
			h(
				'span',
				{},
				h('span', { class: 'arrow', 'aria-hidden': 'true' }, isOpen ? '▾' : '▸'),
				name,
			),
			() => this.toggle(this.opened, dimension.name),
			{
				class: 'dimension-name',
				'aria-expanded': String(isOpen),
				'data-key': `dimension ${dimension.name}`,
			},
		);
		return h(
			'div',
			{ class: 'dimension' },
			h(
				'div',
				{ class: 'dimension-head' },
				head,
				chosen &&
					button('×', () => this.choose(dimension, null), {
						class: 'close',
						title: say('clear'),
						'aria-label': `${say('clear')}: ${name}`,
						'data-key': `clear ${dimension.name}`,
					}),
			),
			isOpen &&
				h(
					'ul',
					{ class: 'values' },
					shown.map((code) =>
						this.value(dimension, code, counts[code] ?? 0, most, chosen),
					),
				),
			isOpen &&
				codes.length > FIRST &&
				button(
					this.longer.has(dimension.name)
						? say('show_fewer')
						: say('show_all', number(codes.length)),
					() => this.toggle(this.longer, dimension.name),
					{ class: 'quiet', 'data-key': `longer ${dimension.name}` },
				),
		);
	}

	private value(
		dimension: Dimension,
		code: number,
		count: number,
		most: number,
		chosen: ReadonlySet<number> | null,
	): HTMLElement {
		const label = valueLabel(this.context, dimension, code);
		const name = valueLabel(this.context, dimension, code, (value) =>
			namesOf(dimension.values, NAME).get(value)!,
		);
		const isChosen = chosen?.has(code) ?? false;
		const click = () => {
			const next = new Set(chosen ?? []);
			if (!next.delete(code)) next.add(code);
			this.choose(dimension, next.size ? next : null);
		};
		return h(
			'li',
			{},
			button(
				h(
					'span',
					{ class: 'value' },
					h('i', {
						class: 'value-bar',
						style: { width: `${most ? (100 * count) / most : 0}%` },
					}),
					h('span', { class: 'value-label' }, name),
					h('span', { class: 'value-count' }, number(count)),
				),
				click,
				{
					'aria-pressed': String(isChosen),
					class: chosen && !isChosen ? 'is-out' : '',
					title: label,
					'data-key': `value ${dimension.name} ${code}`,
				},
			),
		);
	}

	private choose(dimension: Dimension, codes: ReadonlySet<number> | null): void {
		const { store } = this.context;
		const slices = new Map(store.state.slices);
		if (codes) slices.set(dimension.name, codes);
		else slices.delete(dimension.name);
		store.update({ slices });
	}

	private toggle(set: Set<string>, name: string): void {
		if (!set.delete(name)) set.add(name);
		this.update();
	}
}

/** Values are cut where they are long; their titles have all. */
function valueLabel(
	{ model }: LogContext,
	dimension: Dimension,
	code: number,
	tell = sayLabel,
): string {
	const value = dimension.values[code]!;
	if (dimension.name === 'state' && !dimension.isAttribute)
		return say(`state_${value as 'open' | 'resolved' | 'closed'}`);
	if (
		dimension.name === 'team' &&
		!dimension.isAttribute &&
		model.data.teams.role[code] === 'none'
	)
		return say('no_team');
	if (dimension.hasNone && code === dimension.values.length - 1) return say('no_value');
	if (dimension.type === 'boolean') return say(value === 'true' ? 'yes' : 'no');
	if (dimension.type === 'number') return numberOfText(value);
	return tell(value);
}
