// One case: its facts, who had it, and what happened when.

import type { LogContext } from '../app/context';
import { segmentColour } from '../map/look';
import { historyOf, holdsOfCase, type Moment } from '../mine/history';
import { caseLinks, shownValue } from '../ui/cases';
import { legend, stackedBar, type Part } from '../ui/charts';
import { h, link } from '../ui/dom';
import { dateTime, duration, number, percent } from '../ui/format';
import { sayLabel, sayName } from '../ui/label';
import { say } from '../ui/words';
import { note, section } from './parts';

export function lookupPanel(context: LogContext): HTMLElement {
	const { store, model } = context;
	const { lookup } = store.state;
	const input = h('input', {
		type: 'search',
		class: 'wide',
		placeholder: say('lookup_hint'),
		'aria-label': say('lookup_hint'),
		'data-key': 'lookup',
		value: lookup === null ? '' : model.data.cases.no[lookup]!,
	});
	const result = h('div', {});
	input.addEventListener('input', () => result.replaceChildren(...matches(context, input.value)));
	input.addEventListener('keydown', (event) => {
		if (event.key !== 'Enter') return;
		const found = findCases(context, input.value);
		if (found.length) store.update({ lookup: found[0]! });
	});
	return h(
		'div',
		{ class: 'panel-body' },
		input,
		result,
		lookup !== null && oneCase(context, lookup),
	);
}

/**
 * Cases by number: those that are it, then those that begin with it, then those that contain it.
 */
export function findCases({ model }: LogContext, text: string): number[] {
	const wanted = text.trim().toLocaleLowerCase();
	if (!wanted) return [];
	const { no, id } = model.data.cases;
	const ranked: [number, number][] = [];
	for (let c = 0; c < no.length; c++) {
		const place = no[c]!.toLocaleLowerCase().indexOf(wanted);
		if (place >= 0) ranked.push([no[c]!.length === wanted.length ? 0 : place ? 2 : 1, c]);
		else if (id && id[c]!.toLocaleLowerCase() === wanted) ranked.push([0, c]);
	}
	return ranked.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, c]) => c);
}

function matches(context: LogContext, text: string): Node[] {
	const found = findCases(context, text);
	if (!text.trim()) return [];
	if (!found.length) return [note(say('not_found', sayLabel(text.trim())))];
	return [note(say('found_n', number(found.length))), caseLinks(context, found, 10)];
}

function oneCase(context: LogContext, c: number): HTMLElement {
	const { model } = context;
	const { cases } = model.data;
	return h(
		'article',
		{ class: 'one-case' },
		h(
			'h2',
			{},
			link(model.url(c), sayLabel(cases.no[c]!)),
			cases.id && cases.id[c] !== cases.no[c] && h('small', {}, ` ${sayLabel(cases.id[c]!)}`),
		),
		facts(context, c),
		holderBar(context, c),
		timeline(context, c),
	);
}

function facts({ model }: LogContext, c: number): HTMLElement {
	const { log, time, data } = model;
	const when = (at: number) => (Number.isNaN(at) ? '–' : dateTime(time.wall(at)));
	const attributes = data.cases.attributes
		.filter((a) => a.value[c]! >= 0)
		.map((a): [string, string] => [
			sayLabel(a.name),
			sayLabel(shownValue(a, a.values[a.value[c]!]!)),
		]);
	const rows: [string, string][] = [
		[say('created'), when(log.created[c]!)],
		[say('resolved'), when(log.resolved[c]!)],
		[say('closed'), when(log.closed[c]!)],
		[say('handovers'), number(data.cases.handovers[c]!)],
		[say('turns'), number(log.messages.turns[c]!)],
		...(data.cases.landing[c]
			? [[say('q_landing'), say(data.cases.landing[c]!)] as [string, string]]
			: []),
		...attributes,
	];
	return h(
		'div',
		{},
		log.isCutOff[c] ? note(say('is_cut_off')) : null,
		h(
			'dl',
			{ class: 'facts compact' },
			rows.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
		),
	);
}

function holderBar({ model }: LogContext, c: number): HTMLElement | null {
	const { segments } = model.data;
	const holds = holdsOfCase(model.log, c);
	const whole = holds.reduce((sum, hold) => sum + hold.to - hold.from, 0);
	if (!whole || !model.log.knowsDone) return null;
	const part = (segment: number, ticks: number, title?: string): Part => ({
		label: sayName('seg_', segments.segment[segment]!),
		value: ticks,
		colour: segmentColour(segments.segment, segment),
		isHatched: segments.is_excluded[segment] === 1,
		title:
			title ??
			`${sayName('seg_', segments.segment[segment]!)}: ${duration(model.seconds(ticks))} (${percent(ticks, whole)})`,
	});
	const known = [...new Set(holds.map((hold) => hold.segment))];
	return section(
		`${say('who_held')} · ${duration(model.seconds(whole))}`,
		stackedBar(holds.map((hold) => part(hold.segment, hold.to - hold.from))),
		legend(known.map((segment) => part(segment, 0))),
	);
}

function timeline(context: LogContext, c: number): HTMLElement {
	return h(
		'ol',
		{ class: 'timeline' },
		historyOf(context.model.log, c).map((moment) => timelineRow(context, moment, c)),
	);
}

function timelineRow({ model, names }: LogContext, moment: Moment, c: number): HTMLElement {
	const { segments, teams, activities } = model.data;
	const isStatus = moment.what === 'status';
	const text = isStatus
		? sayLabel(activities.label[moment.entry]!)
		: moment.what === 'message'
			? say(`message_${moment.entry as 0 | 1 | 2 | 3 | 4}`)
			: teams.role[moment.entry] === 'none'
				? say('no_team')
				: sayLabel(teams.label[moment.entry]!);
	const what = moment.isNote
		? say('kind_note')
		: say(isStatus ? 'status' : moment.what === 'team' ? 'team_word' : 'message');
	const colour =
		moment.holder < 0 ? 'transparent' : segmentColour(segments.segment, moment.holder);
	const running =
		model.log.isOpen[c] &&
		Number.isFinite(moment.until) &&
		moment.at + moment.until === model.data.as_of;
	return h(
		'li',
		{
			class: `${moment.what}${moment.isNote ? ' note' : ''}`,
			variables: { '--holder': colour },
		},
		h('time', {}, dateTime(model.time.wall(moment.at))),
		h('span', { class: 'what' }, what),
		h(
			'span',
			{ class: 'entry' },
			isStatus &&
				!moment.isNote &&
				h('i', {
					class: 'swatch',
					style: { backgroundColor: names.colour[moment.entry]! },
				}),
			text,
		),
		h(
			'span',
			{ class: 'until' },
			moment.until > 0
				? duration(model.seconds(moment.until)) +
						(running ? ` · ${say('still_running')}` : '')
				: '',
		),
	);
}
