// The five questions: each a panel with the figure, its base, a small chart, and the cases
// behind every number.

import type { LogContext } from '../app/context';
import { segmentColour } from '../map/look';
import { landings, type LandingFigures } from '../questions/landing';
import { visitOutcomes, type PartnerFigures, type Spread } from '../questions/partners';
import { reopeningOutcomes } from '../questions/reopenings';
import type { HolderFigures } from '../questions/holders';
import { caseLinks, figure } from '../ui/cases';
import { columns, legend, stackedBar, swatch, type Part } from '../ui/charts';
import { button, h, link } from '../ui/dom';
import {
	cases as sayCases,
	duration,
	month,
	number,
	percent,
	visits as sayVisits,
} from '../ui/format';
import { sayLabel, sayName } from '../ui/label';
import { say, type Word } from '../ui/words';
import { note, outcomeColours, panel, section, table } from './parts';

const isBusiness = ({ model, store }: LogContext) =>
	store.state.clock === 'business' && model.data.calendar !== null;

/** Ticks as a duration in the reader's form, of the chosen clock. */
function span(context: LogContext, ticks: number, business = isBusiness(context)): string {
	return duration(context.model.seconds(ticks), context.model.day(business));
}

/** A question that only cases with an end can answer, in a log that has none: why. */
function unanswered(
	{ model }: LogContext,
	question: string,
	...parts: (HTMLElement | null | false)[]
): HTMLElement {
	return panel(
		question,
		'–',
		say('nothing_done'),
		note(say('nothing_done_hint', sayLabel(model.data.log))),
		...parts,
	);
}

// --- Q1 -------------------------------------------------------------------

export function partnersPanel(context: LogContext): HTMLElement {
	const found = context.mined().partners;
	const { all } = found;
	const business = isBusiness(context);
	const own = (f: PartnerFigures) => (business ? f.businessOwn : f.own);
	if (!all.visits) return panel(say('partners_question'), '–', say('no_partners'));
	const label = (f: PartnerFigures) =>
		f.team < 0 ? say('all_partners') : sayLabel(context.model.data.teams.label[f.team]!);
	return panel(
		say('partners_question'),
		span(context, own(all).median),
		`${say('kpi_partners', number(own(all).count))} (${say(context.store.state.clock)})`,
		legend(
			visitOutcomes.map((outcome) => ({
				label: say(`outcome_${outcome}`),
				value: 0,
				colour: outcomeColours[outcome],
			})),
		),
		h(
			'div',
			{ class: 'partner-list' },
			[all, ...found.teams()].map((f) =>
				h(
					'section',
					{ class: f.team < 0 ? 'is-total' : '' },
					h(
						'h3',
						{},
						label(f),
						h('small', {}, ` ${sayVisits(f.visits)} · `),
						figure(context, label(f), f.cases, sayCases(f.cases.length)),
					),
					stackedBar(
						visitOutcomes.map((outcome): Part => ({
							label: say(`outcome_${outcome}`),
							value: f.outcomes[outcome].visits,
							colour: outcomeColours[outcome],
							click: () =>
								context.list(
									`${label(f)}, ${say(`outcome_${outcome}`)}`,
									f.outcomes[outcome].cases,
								),
						})),
					),
					ownTimes(context, f),
				),
			),
		),
		note(say('own_time_note')),
		!context.model.log.knowsDone && note(`${say('nothing_done')}.`),
	);
}

/** Own time in both clocks, and the age of what is open. */
function ownTimes(context: LogContext, f: PartnerFigures): HTMLElement {
	const line = (name: string, { median, p90, count }: Spread, business: boolean) =>
		count > 0 &&
		h(
			'div',
			{},
			h('dt', {}, name),
			h(
				'dd',
				{},
				`${say('median')} ${span(context, median, business)} · ${say('p90')} ${span(context, p90, business)}`,
			),
		);
	return h(
		'dl',
		{ class: 'own-times' },
		line(`${say('own_time')}, ${say('elapsed')}`, f.own, false),
		line(`${say('own_time')}, ${say('business')}`, f.businessOwn, true),
		context.model.log.knowsDone && line(say('age'), f.age, false),
	);
}

// --- Q2 -------------------------------------------------------------------

export function landingPanel(context: LogContext): HTMLElement {
	const f = context.mined().landing;
	if (!context.model.log.knowsDone)
		return unanswered(context, say('landing_question'), handedOver(context, f, []));
	const [months, teams] = [f.months(), f.teams()];
	const right = f.by.direct.length + f.by.forwarded.length;
	return panel(
		say('landing_question'),
		percent(right, f.base.length),
		say('kpi_landing', number(f.base.length)),
		stackedBar(
			landings.map((kind): Part => ({
				label: say(kind),
				value: f.by[kind].length,
				colour: outcomeColours[kind],
				click: () => context.list(say(kind), f.by[kind]),
			})),
		),
		table(
			[say('outcome'), say('cases'), say('share')],
			landings.map((kind) => [
				h(
					'span',
					{},
					swatch({ colour: outcomeColours[kind] }),
					say(kind),
					h('small', { class: 'block' }, say(`${kind}_meaning`)),
				),
				figure(context, say(kind), f.by[kind]),
				percent(f.by[kind].length, f.base.length),
			]),
		),
		handedOver(context, f, [
			[say('left_out'), figure(context, say('left_out'), f.leftOut), ''],
		]),
		months.length > 1 &&
			section(
				say('by_month_resolved'),
				columns(
					months.map((m) => ({
						label: month(m.month, 'narrow'),
						value: m.right / m.base,
						isGrey: m.base < 10,
						title: `${month(m.month)}: ${percent(m.right, m.base)} ${say('of_n', number(m.base))}`,
						click: () =>
							context.list(`${say('q_landing')}, ${month(m.month)}`, m.cases),
					})),
					{ most: 1, format: () => '100\u202f%' },
				),
			),
		section(
			say('by_first_team'),
			table(
				[say('team_word'), say('base'), say('right_share'), say('rerouted')],
				teams.map((t) => [
					teamName(context, t.team),
					number(t.base),
					percent(t.right, t.base),
					figure(context, `${teamName(context, t.team)}, ${say('rerouted')}`, t.rerouted),
				]),
				{ grey: (k) => teams[k]!.base < 10 },
			),
		),
	);
}

/** Of the cases that changed team; and other lines of that table. */
function handedOver(
	context: LogContext,
	f: LandingFigures,
	others: readonly (readonly (string | HTMLElement)[])[],
): HTMLElement {
	const line = (name: Word, cases: readonly number[]) => [
		say(name),
		figure(context, say(name), cases),
		percent(cases.length, f.handedOver.length),
	];
	return h(
		'div',
		{},
		table(
			[say('figure'), say('cases'), say('share')],
			[
				line('returned_by_partner', f.returnedByPartner),
				line('ping_pong', f.pingPong),
				...others,
			],
		),
		note(`${say('share')}: ${say('of_handed_over', number(f.handedOver.length))}`),
	);
}

function teamName({ model }: LogContext, team: number): string {
	return model.data.teams.role[team] === 'none'
		? say('no_team')
		: sayLabel(model.data.teams.label[team]!);
}

// --- Q3 -------------------------------------------------------------------

export function reopenedPanel(context: LogContext): HTMLElement {
	const f = context.mined().reopenings;
	if (!context.model.log.knowsDone) return unanswered(context, say('reopened_question'));
	const months = f.months();
	const again = f.outcomes.answered_again.cases;
	return panel(
		say('reopened_question'),
		figure(context, say('answered_again'), again),
		`${say('of_n', sayCases(f.resolved.length))} ${say('resolved').toLowerCase()} (${percent(again.length, f.resolved.length)})`,
		table(
			[say('outcome'), say('times'), say('cases'), say('share')],
			[
				...reopeningOutcomes.map((outcome) => [
					h(
						'span',
						{},
						swatch({ colour: outcomeColours[outcome] }),
						say(outcome),
						h('small', { class: 'block' }, say(`${outcome}_meaning`)),
					),
					number(f.outcomes[outcome].times),
					figure(context, say(outcome), f.outcomes[outcome].cases),
					percent(f.outcomes[outcome].cases.length, f.resolved.length),
				]),
				[
					say('reopened_all'),
					number(reopeningOutcomes.reduce((sum, o) => sum + f.outcomes[o].times, 0)),
					figure(context, say('reopened_all'), f.reopened),
					percent(f.reopened.length, f.resolved.length),
				],
				[
					say('repeat_answers'),
					'',
					figure(context, say('repeat_answers'), f.repeatAnswers),
					'',
				],
			],
		),
		note(say('a_case_in_several')),
		months.length > 0 &&
			section(
				say('within_30'),
				columns(
					months.map((m) => ({
						label: month(m.month, 'narrow'),
						value: m.base ? m.within30.length / m.base : 0,
						isHatched: !m.isFinal,
						isGrey: m.base < 10,
						title: `${month(m.month)}: ${number(m.within30.length)} ${say('of_n', number(m.base))} (${percent(m.within30.length, m.base)})`,
						click: () =>
							context.list(`${say('reopened_all')}, ${month(m.month)}`, m.within30),
					})),
					{ format: (value) => percent(value, 1) },
				),
			),
		note(say('not_final')),
	);
}

// --- Q4 -------------------------------------------------------------------

export function holdersPanel(context: LogContext): HTMLElement {
	if (!context.model.log.knowsDone) return unanswered(context, say('holders_question'));
	const business = isBusiness(context);
	const [done, open] = [
		context.mined().holders('done', business),
		context.mined().holders('open', business),
	];
	const { segments } = context.model.data;
	const excluded = segments.segment
		.filter((_, s) => segments.is_excluded[s])
		.map((name) => sayName('seg_', name));
	return panel(
		say('holders_question'),
		span(context, done.real.median),
		`${say('kpi_holders', number(done.base.length))} (${say(context.store.state.clock)})`,
		holderSection(context, say('done_cases'), done),
		open.base.length > 0 && holderSection(context, say('open_cases'), open),
		note(say('real_meaning', excluded.join(', '))),
		done.cutOff + open.cutOff > 0 &&
			note(say('cut_off_note', number(done.cutOff + open.cutOff))),
	);
}

function holderSection(context: LogContext, title: string, f: HolderFigures): HTMLElement {
	const { segment } = context.model.data.segments;
	const name = (s: number) => sayName('seg_', segment[s]!);
	const parts = f.holders.map((holder): Part => ({
		label: name(holder.segment),
		value: holder.time.total,
		colour: segmentColour(segment, holder.segment),
		isHatched: holder.isExcluded,
		title: `${name(holder.segment)}: ${span(context, holder.time.total)} (${percent(holder.time.total, f.total.total)})`,
		click: () => context.list(`${title}, ${name(holder.segment)}`, holder.cases),
	}));
	const rows = f.holders.map((holder, k) => [
		h('span', {}, swatch(parts[k]!), name(holder.segment)),
		figure(context, `${title}, ${name(holder.segment)}`, holder.cases),
		percent(holder.time.total, f.total.total),
		span(context, holder.time.median),
		span(context, holder.time.p90),
	]);
	return section(
		`${title}: ${number(f.base.length)}`,
		stackedBar(parts),
		table(
			[say('holder'), say('with_holder'), say('share_of_time'), say('median'), say('p90')],
			[
				...rows,
				[
					say('whole'),
					figure(context, title, f.base),
					'',
					span(context, f.total.median),
					span(context, f.total.p90),
				],
				[
					say('real_time'),
					'',
					percent(f.real.total, f.total.total),
					span(context, f.real.median),
					span(context, f.real.p90),
				],
			],
		),
	);
}

// --- Q5 -------------------------------------------------------------------

export function correspondencePanel(context: LogContext): HTMLElement {
	const f = context.mined().correspondence;
	const { model, store } = context;
	const { in: received, out: sent, turns } = model.log.messages;
	return panel(
		say('correspondence_question'),
		figure(context, say('q_correspondence'), f.many),
		say('kpi_correspondence', f.limit, number(f.base.length)),
		note(say('turns_note', number(f.median), number(f.p90))),
		section(
			say('turns_histogram'),
			columns(
				f.histogram().map((cases, turn) => ({
					label: turn === f.limit ? `${turn}+` : String(turn),
					value: cases.length,
					title: `${turn === f.limit ? '≥ ' : ''}${turn}: ${sayCases(cases.length)}`,
					click: () =>
						context.list(
							`${say('turns')}: ${turn === f.limit ? '≥ ' : ''}${turn}`,
							cases,
						),
				})),
			),
		),
		section(
			say('most_turns'),
			table(
				[say('case'), say('turns'), say('from_user'), say('to_user')],
				f
					.ranked()
					.slice(0, 15)
					.map((c) => [
						h(
							'span',
							{},
							link(model.url(c), sayLabel(model.data.cases.no[c]!)),
							' ',
							button('⌕', () => store.update({ panel: 'lookup', lookup: c }), {
								class: 'look',
								title: say('lookup'),
								'aria-label': `${say('lookup')}: ${sayLabel(model.data.cases.no[c]!)}`,
							}),
						),
						number(turns[c]!),
						number(received[c]!),
						number(sent[c]!),
					]),
			),
		),
		f.many.length > 0 && caseLinks(context, f.many, 12),
	);
}
