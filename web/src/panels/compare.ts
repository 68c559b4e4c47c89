// Two periods side by side, of the cases that are left: the figures, and the paths that
// changed most. Groups under ten cases are greyed.

import type { LogContext } from '../app/context';
import { mineGraph, type Graph } from '../mine/graph';
import { keepTraces, type Traces } from '../mine/traces';
import { holders } from '../questions/holders';
import { landing } from '../questions/landing';
import { partners } from '../questions/partners';
import { reopenings } from '../questions/reopenings';
import { h, select } from '../ui/dom';
import { duration, month, number, percent } from '../ui/format';
import { sayLabel } from '../ui/label';
import { say } from '../ui/words';
import { note, section, table } from './parts';

type Period = readonly [number, number];
const FEW = 10;

export function comparePanel(context: LogContext): HTMLElement {
	const { model, store } = context;
	const range = model.monthRange();
	if (!range) return h('div', { class: 'panel-body' }, note(say('empty_log')));
	const periods = store.state.compare ?? lastTwo(range);
	const traces = periods.map((period) => within(context, period));
	const set = (which: 0 | 1, end: 0 | 1) => (value: string) => {
		const next = periods.map((p) => [...p]) as [[number, number], [number, number]];
		next[which][end] = Number(value);
		if (next[which][0] > next[which][1]) next[which][1 - end] = Number(value);
		store.update({ compare: next });
	};
	return h(
		'div',
		{ class: 'panel-body' },
		h('h2', {}, say('compare')),
		note(`${say('compare_intro')} (${say(`cohort_${store.state.cohort}`)})`),
		h(
			'div',
			{ class: 'periods' },
			([0, 1] as const).map((which) =>
				h(
					'fieldset',
					{},
					h('legend', {}, say(which ? 'period_b' : 'period_a')),
					([0, 1] as const).map((end) =>
						select(
							`${say(which ? 'period_b' : 'period_a')} ${say(end ? 'to_month' : 'from_month')}`,
							months(range),
							String(periods[which][end]),
							set(which, end),
							{ 'data-key': `compare ${which} ${end}` },
						),
					),
				),
			),
		),
		figuresTable(context, traces as [Traces, Traces]),
		section(say('biggest_changes'), pathsTable(context, traces as [Traces, Traces])),
	);
}

/** The last half-year, or half of all months, and as many months before. */
function lastTwo([first, last]: Period): readonly [Period, Period] {
	const length = Math.max(1, Math.min(6, Math.floor((last - first + 1) / 2)));
	const begin = last - length + 1;
	return [
		[Math.max(first, begin - length), Math.max(first, begin - 1)],
		[begin, last],
	];
}

function months([first, last]: Period): [string, string][] {
	return Array.from({ length: last - first + 1 }, (_, i) => [
		String(first + i),
		month(first + i),
	]);
}

function within(context: LogContext, [from, to]: Period): Traces {
	const lists = context.model.cohortMonths(context.store.state.cohort);
	const { traces } = context.mined();
	return keepTraces(traces, (i) => {
		const c = traces.cases[i]!;
		for (let k = lists.of[c]!; k < lists.of[c + 1]!; k++)
			if (lists.codes[k]! >= from && lists.codes[k]! <= to) return true;
		return false;
	});
}

interface Line {
	readonly label: string;
	readonly values: readonly number[];
	readonly bases: readonly number[];
	readonly show: (value: number) => string;
	/** Of a difference; as show, if it is not said. */
	readonly showDifference?: (value: number) => string;
}

function figuresTable(context: LogContext, traces: readonly [Traces, Traces]): HTMLElement {
	const lines = compareLines(context, traces);
	return table(
		[say('figure'), say('period_a'), say('period_b'), say('difference')],
		lines.map(({ label, values: [a, b], show, showDifference = show }) => [
			label,
			show(a!),
			show(b!),
			Number.isNaN(a! - b!)
				? '–'
				: (b! > a! ? '+' : b! < a! ? '−' : '') + showDifference(Math.abs(b! - a!)),
		]),
		{ grey: (k) => Math.min(...lines[k]!.bases) < FEW, class: 'compare' },
	);
}

function compareLines(context: LogContext, traces: readonly [Traces, Traces]): Line[] {
	const { model, store } = context;
	const business = store.state.clock === 'business' && model.data.calendar !== null;
	const span = (ticks: number) => duration(model.seconds(ticks), model.day(business));
	const share = {
		show: (value: number) => percent(value, 1),
		showDifference: (value: number) => `${number(100 * value, 1)}\u00a0${say('points')}`,
	};
	const of = <T>(make: (t: Traces) => T) => traces.map(make);
	const q1 = of((t) => partners(model.log, t.cases).all);
	const q2 = of((t) => landing(model.log, model.time, t.cases));
	const q3 = of((t) => reopenings(model.log, model.time, t.cases));
	const q4 = of((t) => holders(model.log, t.cases, 'done', business));
	const user = model.data.segments.segment.indexOf('user');
	const all = traces.map((t) => t.cases.length);
	return [
		{ label: say('cases'), values: all, bases: all, show: number },
		{
			label: `${say('q_partners')}: ${say('own_time').toLowerCase()}`,
			values: q1.map((f) => (business ? f.businessOwn : f.own).median),
			bases: q1.map((f) => f.own.count),
			show: span,
		},
		{
			label: say('q_landing'),
			values: q2.map((f) => (f.by.direct.length + f.by.forwarded.length) / f.base.length),
			bases: q2.map((f) => f.base.length),
			...share,
		},
		{
			label: say('handed_over'),
			values: q2.map((f, k) => f.handedOver.length / all[k]!),
			bases: all,
			...share,
		},
		{
			label: say('reopened_all'),
			values: q3.map((f) => f.reopened.length / f.resolved.length),
			bases: q3.map((f) => f.resolved.length),
			...share,
		},
		{
			label: say('q_reopened'),
			values: q3.map((f) => f.outcomes.answered_again.cases.length / f.resolved.length),
			bases: q3.map((f) => f.resolved.length),
			...share,
		},
		{
			label: `${say('q_holders')}: ${say('median')}`,
			values: q4.map((f) => f.real.median),
			bases: q4.map((f) => f.base.length),
			show: span,
		},
		{
			label: say('user_share'),
			values: q4.map(
				(f) =>
					(f.holders.find((holder) => holder.segment === user)?.time.total ?? 0) /
					f.total.total,
			),
			bases: q4.map((f) => f.base.length),
			...share,
		},
	];
}

/** Case frequencies in 100 cases of each period, and medians. */
function pathsTable(context: LogContext, traces: readonly [Traces, Traces]): HTMLElement {
	const { model, names, store } = context;
	const { clock } = store.state;
	const graphs = traces.map((t) => mineGraph(model.log, t)) as [Graph, Graph];
	const changes = changedPaths(graphs).slice(0, 12);
	const middle = (graph: Graph, edge: number) =>
		edge < 0
			? '–'
			: duration(
					names.seconds(graph.statistics(edge, clock).median),
					names.day(clock === 'business'),
				);
	return table(
		[say('path'), `A ${say('per_100_cases').toLowerCase()}`, 'B', `A ${say('median')}`, 'B'],
		changes.map((change) => [
			`${sayLabel(names.label[change.source]!)} → ${sayLabel(names.label[change.target]!)}`,
			number(change.rates[0], 1),
			number(change.rates[1], 1),
			middle(graphs[0], change.edges[0]),
			middle(graphs[1], change.edges[1]),
		]),
		{ grey: (k) => changes[k]!.cases < FEW, class: 'compare' },
	);
}

interface Change {
	source: number;
	target: number;
	edges: [number, number];
	rates: [number, number];
	cases: number;
}

function changedPaths(graphs: readonly [Graph, Graph]): Change[] {
	const seen = new Map<string, Change>();
	for (const graph of graphs) {
		for (let k = 0; k < graph.edges.count; k++) {
			const [source, target] = [graph.edges.source[k]!, graph.edges.target[k]!];
			const edges = graphs.map((g) => g.find(source, target)) as [number, number];
			const cases = graphs.map((g, i) =>
				edges[i]! < 0 ? 0 : g.edges.caseFrequency[edges[i]!]!,
			);
			const rates = graphs.map((g, i) => (g.cases ? (100 * cases[i]!) / g.cases : 0)) as [
				number,
				number,
			];
			seen.set(`${source} ${target}`, {
				source,
				target,
				edges,
				rates,
				cases: Math.max(...cases),
			});
		}
	}
	return [...seen.values()].sort(
		(a, b) =>
			Math.abs(b.rates[1] - b.rates[0]) - Math.abs(a.rates[1] - a.rates[0]) ||
			a.source - b.source ||
			a.target - b.target,
	);
}
