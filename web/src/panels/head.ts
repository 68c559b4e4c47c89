// The head: what this is, as of when, and how much; and the five figures.

import type { LogContext } from '../app/context';
import type { PanelName } from '../app/state';
import { h } from '../ui/dom';
import { cases as sayCases, date, dateTime, duration, number, percent } from '../ui/format';
import { sayLabel } from '../ui/label';
import { say } from '../ui/words';

/** As of when, which cases, which period. */
export function scope(context: LogContext): HTMLElement {
	const { model } = context;
	const { data, time, log } = model;
	const parts = [say('as_of', dateTime(time.wall(data.as_of))), cohortText(context)];
	if (log.size) {
		const oldest = log.created.reduce((least, at) => Math.min(least, at), Infinity);
		const newest = log.created.reduce((most, at) => Math.max(most, at), -Infinity);
		parts.push(say('created_between', date(time.wall(oldest)), date(time.wall(newest))));
	}
	if (data.sample.cases > log.size)
		parts.push(say('sample', number(log.size), number(data.sample.cases)));
	return h(
		'p',
		{ class: 'scope' },
		parts.map((part) => h('span', {}, part)),
	);
}

function cohortText({ model }: LogContext): string {
	const { cohort } = model.data;
	if (!cohort) return say('cohort_all');
	const day = (at: number | null) => (at === null ? '…' : date(model.time.wall(at)));
	const last = cohort.to_at === null ? null : cohort.to_at - 1;
	return `${say(`cohort_${cohort.kind}`)} ${day(cohort.from_at)} – ${day(last)}`;
}

/** Says so where a log with cases has no activity that is done, and what to do. */
export function nothingDone({ model }: LogContext): HTMLElement | null {
	if (!model.log.size || model.log.knowsDone) return null;
	return h(
		'p',
		{ class: 'warning', role: 'note' },
		h('strong', {}, `${say('nothing_done')}.`),
		' ',
		say('nothing_done_hint', sayLabel(model.data.log)),
	);
}

interface Headline {
	readonly panel: PanelName;
	readonly title: string;
	readonly value: string;
	readonly note: string;
}

function headlines(context: LogContext): Headline[] {
	const { model, store } = context;
	const mined = context.mined();
	const business = store.state.clock === 'business' && model.data.calendar !== null;
	const span = (ticks: number) => duration(model.seconds(ticks), model.day(business));
	const [q1, q2, q3, q4, q5] = [
		mined.partners.all,
		mined.landing,
		mined.reopenings,
		mined.holders('done', business),
		mined.correspondence,
	];
	const own = business ? q1.businessOwn : q1.own;
	const right = q2.by.direct.length + q2.by.forwarded.length;
	const again = q3.outcomes.answered_again.cases.length;
	const ofDone = ({ value, note, ...headline }: Headline): Headline =>
		model.log.knowsDone
			? { value, note, ...headline }
			: { ...headline, value: '–', note: say('nothing_done') };
	return [
		{
			panel: 'partners',
			title: say('q_partners'),
			value: span(own.median),
			note: say('kpi_partners', number(own.count)),
		},
		ofDone({
			panel: 'landing',
			title: say('q_landing'),
			value: percent(right, q2.base.length),
			note: say('kpi_landing', number(q2.base.length)),
		}),
		ofDone({
			panel: 'reopened',
			title: say('q_reopened'),
			value: number(again),
			note: say(
				'kpi_reopened',
				percent(again, q3.resolved.length),
				number(q3.resolved.length),
			),
		}),
		ofDone({
			panel: 'holders',
			title: say('q_holders'),
			value: span(q4.real.median),
			note: say('kpi_holders', number(q4.base.length)),
		}),
		{
			panel: 'correspondence',
			title: say('q_correspondence'),
			value: number(q5.many.length),
			note: say('kpi_correspondence', q5.limit, number(q5.base.length)),
		},
	];
}

export function figures(context: LogContext): HTMLElement[] {
	const { store } = context;
	const { traces } = context.mined();
	const { size, knowsDone } = context.model.log;
	const open = traces.cases.reduce((sum, c) => sum + context.model.log.isOpen[c]!, 0);
	const whole = h(
		'div',
		{ class: 'kpi kpi-cases' },
		h('span', { class: 'kpi-title' }, say('all_cases')),
		h('span', { class: 'kpi-value' }, number(traces.cases.length)),
		h(
			'span',
			{ class: 'kpi-note' },
			[
				traces.cases.length < size && say('of_n', sayCases(size)),
				knowsDone && say('open_now', number(open)),
			]
				.filter(Boolean)
				.join(' · '),
		),
	);
	return [
		whole,
		...headlines(context).map(({ panel, title, value, note }) =>
			h(
				'button',
				{
					type: 'button',
					class: 'kpi',
					'aria-pressed': String(store.state.panel === panel),
					'data-key': `kpi ${panel}`,
					onclick: () => store.update({ panel }),
				},
				h('span', { class: 'kpi-title' }, title),
				h('span', { class: 'kpi-value' }, value),
				h('span', { class: 'kpi-note', title: note }, note),
			),
		),
	];
}
