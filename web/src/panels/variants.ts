// Variants: a row of chevrons each, with cases, share, cumulative share, median duration.
// Picked ones are all that the map shows.

import type { LogContext } from '../app/context';
import { medianLength, type Variant } from '../mine/variants';
import { figure } from '../ui/cases';
import { button, h } from '../ui/dom';
import {
	cases as sayCases,
	duration,
	events as sayEvents,
	number,
	percent,
	variants as sayVariants,
} from '../ui/format';
import { cut, namesOf, sayLabel, SHORT } from '../ui/label';
import { say } from '../ui/words';

const FIRST = 25;
const MOST_CHEVRONS = 40;

export class VariantsPanel {
	private limit = FIRST;

	render(context: LogContext): HTMLElement {
		const { store } = context;
		const mined = context.mined();
		const all = mined.variants;
		const whole = mined.chained.cases.length;
		let upTo = 0;
		const rows = all
			.slice(0, this.limit)
			.map((variant, k) =>
				this.row(context, variant, k + 1, whole, (upTo += variant.traces.length)),
			);
		return h(
			'div',
			{ class: 'panel-body variants' },
			h(
				'div',
				{ class: 'title-row' },
				h('h2', {}, sayVariants(all.length)),
				mined.picked.length > 0 &&
					h(
						'span',
						{ class: 'chosen' },
						say('picked_n', number(mined.picked.length)),
						' ',
						button(say('clear'), () => store.update({ picked: new Set() }), {
							class: 'quiet',
							'data-key': 'clear picked',
						}),
					),
			),
			h('ol', {}, rows),
			this.limit < all.length &&
				button(
					say('show_more'),
					() => {
						this.limit += 100;
						store.update({});
					},
					{ class: 'quiet', 'data-key': 'more variants' },
				),
		);
	}

	private row(
		context: LogContext,
		variant: Variant,
		rank: number,
		whole: number,
		upTo: number,
	): HTMLElement {
		const { model, store } = context;
		const mined = context.mined();
		const { picked, clock } = store.state;
		const cases = variant.traces.map((i) => mined.chained.cases[i]!);
		const business = clock === 'business';
		const name = variant.activities
			.map((a) => (a < 0 ? '‹…›' : sayLabel(model.data.activities.label[a]!)))
			.join(' → ');
		const toggle = () => {
			const next = new Set(picked);
			if (!next.delete(variant.key)) next.add(variant.key);
			store.update({ picked: next });
		};
		const length = duration(
			model.seconds(medianLength(mined.chained, variant.traces, business)),
			model.day(business),
		);
		return h(
			'li',
			{ class: picked.has(variant.key) ? 'is-chosen' : '' },
			h(
				'label',
				{
					class: 'variant-head',
					title: variant.id ? `${say('variants')}: ${variant.id}` : '',
				},
				h('input', {
					type: 'checkbox',
					checked: picked.has(variant.key),
					onchange: toggle,
					'aria-label': `${say('pick')}: ${rank}. ${cut(name, 300)}`,
					'data-key': `pick ${variant.key}`,
				}),
				h(
					'span',
					{ class: 'share-bar', 'aria-hidden': 'true' },
					h('i', { style: { width: `${(100 * variant.traces.length) / whole}%` } }),
				),
				h('b', {}, percent(variant.traces.length, whole)),
				h('small', {}, `${say('cumulative')} ${percent(upTo, whole)}`),
			),
			h(
				'span',
				{ class: 'variant-figures' },
				figure(context, `${rank}. ${cut(name, 120)}`, cases, sayCases(cases.length)),
				h(
					'small',
					{},
					` · ${say('median_length').toLowerCase()} ${length} · ${sayEvents(variant.activities.filter((a) => a >= 0).length)}`,
				),
			),
			chevrons(context, variant, name),
		);
	}
}

function chevrons({ names, model }: LogContext, variant: Variant, name: string): HTMLElement {
	const shown = variant.activities.slice(0, MOST_CHEVRONS);
	const short = namesOf(model.data.activities.label, SHORT);
	return h(
		'div',
		{ class: 'chevrons', role: 'img', 'aria-label': cut(name, 500) },
		shown.map((a) => {
			if (a < 0) return h('span', { class: 'gap' }, '…');
			const label = model.data.activities.label[a]!;
			return h(
				'span',
				{
					class: 'chevron',
					title: sayLabel(label),
					variables: { '--colour': names.colour[a]! },
				},
				short.get(label)!,
			);
		}),
		shown.length < variant.activities.length &&
			h('span', { class: 'gap' }, `+${variant.activities.length - shown.length}`),
	);
}
