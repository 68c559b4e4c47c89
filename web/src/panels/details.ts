// What is selected on the map, in all figures; without a selection, all paths as a table.

import type { Context, LogContext } from '../app/context';
import { casesOf, conditionOf, findEdge, sameSelection } from '../app/selection';
import type { NodeName, Selected } from '../app/state';
import { nodeName } from '../map/scene';
import type { ProcessMap } from '../mine/process_map';
import type { Statistics } from '../mine/statistics';
import { caseLinks, figure } from '../ui/cases';
import { button, h } from '../ui/dom';
import { duration, number, percent } from '../ui/format';
import { NAME, namesOf, sayLabel, sayName } from '../ui/label';
import { say } from '../ui/words';

export function details(context: Context | LogContext): HTMLElement {
	const { selected } = context.store.state;
	const log = 'model' in context ? context : null;
	if (!selected) return overview(context);
	const body =
		'node' in selected
			? nodeDetails(context, selected.node)
			: edgeDetails(context, selected.source, selected.target);
	return h(
		'div',
		{ class: 'panel-body' },
		h(
			'div',
			{ class: 'title-row' },
			h('h2', {}, title(context, selected)),
			button('×', () => context.store.update({ selected: null }), {
				class: 'close',
				title: say('close'),
				'aria-label': say('close'),
			}),
		),
		body,
		log && withCases(log, selected),
		'node' in selected && neighbours(context, selected.node),
	);
}

function nameOfNode({ names }: Context, node: NodeName, tell = sayLabel): string {
	if (typeof node === 'number') return tell(names.label[node]!);
	return say(node === 'open' ? 'still_open' : node);
}

function title(context: Context, selected: NonNullable<Selected>): string {
	return 'node' in selected
		? nameOfNode(context, selected.node)
		: `${nameOfNode(context, selected.source)} → ${nameOfNode(context, selected.target)}`;
}

type Row = readonly [label: string, value: string | HTMLElement, note?: string];

function facts(rows: readonly Row[]): HTMLElement {
	return h(
		'dl',
		{ class: 'facts' },
		rows.map(([label, value, note]) =>
			h('div', {}, h('dt', {}, label), h('dd', {}, value, note && h('small', {}, note))),
		),
	);
}

function nodeDetails(context: Context, node: NodeName): HTMLElement {
	const { graph } = context.processMap();
	if (typeof node !== 'number')
		return facts([[say('case_frequency'), number(terminalCases(context.processMap(), node))]]);
	const a = graph.activities;
	const rows: Row[] = [
		[
			say('case_frequency'),
			number(a.caseFrequency[node]!),
			say('share_of', percent(a.caseFrequency[node]!, graph.cases), number(graph.cases)),
		],
		[say('frequency'), number(a.frequency[node]!)],
		[say('max_per_case'), number(a.maxPerCase[node]!)],
		[say('starts'), number(a.starts[node]!)],
		[say('ends'), number(a.ends[node]!)],
	];
	if (a.open[node]) rows.push([say('open_here'), number(a.open[node]!)]);
	return h('div', {}, facts(rows), 'model' in context && mapRows(context as LogContext, node));
}

/** What the maps of the log say of an activity. */
function mapRows({ model }: LogContext, node: number): HTMLElement {
	const { activities, segments } = model.data;
	const kind =
		say(`kind_${activities.kind[node]!}`) +
		(activities.answers[node] ? `, ${say('answers')}` : '');
	return facts([
		[say('kind'), kind],
		[say('segment'), sayName('seg_', segments.segment[activities.segment[node]!] ?? 'unknown')],
	]);
}

function terminalCases(map: ProcessMap, node: NodeName): number {
	const { starts, ends, open } = map.graph.activities;
	return ((node === 'start' ? starts : node === 'end' ? ends : open) as Int32Array).reduce(
		(sum, n) => sum + n,
		0,
	);
}

function edgeDetails(context: Context, source: NodeName, target: NodeName): HTMLElement {
	const map = context.processMap();
	const index = findEdge(map, { source, target });
	if (index < 0) return facts([[say('case_frequency'), number(0)]]);
	const edge = map.edges[index]!;
	const rows: Row[] = [
		[
			say('case_frequency'),
			number(edge.caseFrequency),
			say('share_of', percent(edge.caseFrequency, map.graph.cases), number(map.graph.cases)),
		],
	];
	if (edge.edge >= 0)
		rows.push(
			[say('frequency'), number(edge.frequency)],
			[say('max_per_case'), number(edge.maxPerCase)],
		);
	return h('div', {}, facts(rows), edge.edge >= 0 && durations(context, edge.edge));
}

const told: readonly (keyof Statistics & ('median' | 'mean' | 'p90' | 'min' | 'max' | 'total'))[] =
	['median', 'mean', 'p90', 'min', 'max', 'total'];

function durations({ processMap, names, clocks }: Context, edge: number): HTMLElement {
	const statistics = clocks.map((clock) => processMap().graph.statistics(edge, clock));
	return h(
		'table',
		{ class: 'figures' },
		h(
			'thead',
			{},
			h(
				'tr',
				{},
				h('th', { scope: 'col' }, say('duration')),
				clocks.map((clock) => h('th', { scope: 'col', class: 'num' }, say(clock))),
			),
		),
		h(
			'tbody',
			{},
			told.map((name) =>
				h(
					'tr',
					{},
					h('th', { scope: 'row' }, say(name)),
					statistics.map((s, k) =>
						h(
							'td',
							{ class: 'num' },
							duration(names.seconds(s[name]), names.day(clocks[k] === 'business')),
						),
					),
				),
			),
		),
	);
}

function withCases(context: LogContext, selected: NonNullable<Selected>): HTMLElement {
	const { model, store } = context;
	const cases = casesOf(model.log, context.mined().traces, selected);
	const condition = conditionOf(model.data.activities.activity, selected);
	const filter = (key: 'keep_cases' | 'drop_cases') => () =>
		store.update({
			chain: [...store.state.chain, { [key]: condition } as never],
			selected: null,
		});
	return h(
		'div',
		{},
		condition &&
			h(
				'div',
				{ class: 'actions' },
				button(say('with_this'), filter('keep_cases'), { class: 'primary' }),
				button(say('without_this'), filter('drop_cases')),
			),
		h('h3', {}, say('newest'), ' ', figure(context, title(context, selected), cases)),
		caseLinks(context, cases, 12),
	);
}

function neighbours(context: Context, node: NodeName): HTMLElement {
	const map = context.processMap();
	const of = (end: 'source' | 'target') =>
		map.edges
			.map((edge, k) => [edge, k] as const)
			.filter(([edge]) => nodeName(map, edge[end]) === node)
			.slice(0, 8);
	const [outgoing, incoming] = [of('source'), of('target')];
	return h(
		'div',
		{},
		incoming.length > 0 && h('h3', {}, say('incoming')),
		incoming.length > 0 &&
			pathTable(
				context,
				incoming.map(([, k]) => k),
				(k, tell) => nameOfNode(context, nodeName(map, map.edges[k]!.source), tell),
			),
		outgoing.length > 0 && h('h3', {}, say('outgoing')),
		outgoing.length > 0 &&
			pathTable(
				context,
				outgoing.map(([, k]) => k),
				(k, tell) => nameOfNode(context, nodeName(map, map.edges[k]!.target), tell),
			),
	);
}

const FIRST_PATHS = 60;

function overview(context: Context): HTMLElement {
	const map = context.processMap();
	const wanted = context.store.state.search.trim().toLocaleLowerCase();
	const name: Telling = (k, tell) =>
		`${nameOfNode(context, nodeName(map, map.edges[k]!.source), tell)} → ${nameOfNode(context, nodeName(map, map.edges[k]!.target), tell)}`;
	const all = map.edges
		.map((_, k) => k)
		.filter((k) => !wanted || name(k).toLocaleLowerCase().includes(wanted));
	return h(
		'div',
		{ class: 'panel-body' },
		h('p', { class: 'hint' }, say('details_hint')),
		h(
			'h3',
			{},
			say('all_paths'),
			' ',
			h(
				'small',
				{},
				say('n_of_m', number(Math.min(all.length, FIRST_PATHS)), number(map.edges.length)),
			),
		),
		pathTable(context, all.slice(0, FIRST_PATHS), name),
	);
}

/** What an edge of the map is called, its labels worded in one way or another. */
type Telling = (k: number, tell?: (label: string) => string) => string;

/** A line for each path: cases, times, the chosen duration. */
function pathTable(context: Context, edges: readonly number[], name: Telling): HTMLElement {
	const { store, names } = context;
	const map = context.processMap();
	const { measure, clock, selected } = store.state;
	const short = namesOf(names.label, NAME);
	return h(
		'table',
		{ class: 'figures paths' },
		h(
			'thead',
			{},
			h(
				'tr',
				{},
				h('th', { scope: 'col' }, say('path')),
				h('th', { scope: 'col', class: 'num' }, say('case_frequency')),
				h('th', { scope: 'col', class: 'num' }, say('frequency')),
				h('th', { scope: 'col', class: 'num' }, say(measure)),
			),
		),
		h(
			'tbody',
			{},
			edges.map((k) => {
				const edge = map.edges[k]!;
				const ends = {
					source: nodeName(map, edge.source),
					target: nodeName(map, edge.target),
				};
				const seconds =
					edge.edge < 0
						? NaN
						: names.seconds(map.graph.statistics(edge.edge, clock)[measure]);
				const [text, whole] = [name(k, (label) => short.get(label)!), name(k)];
				return h(
					'tr',
					{ class: sameSelection(selected, ends) ? 'is-chosen' : '' },
					h(
						'th',
						{ scope: 'row' },
						button(text, () => store.update({ selected: ends }), {
							class: 'text',
							title: text === whole ? null : whole,
							'data-key': `path ${String(ends.source)} ${String(ends.target)}`,
						}),
					),
					h('td', { class: 'num' }, number(edge.caseFrequency)),
					h('td', { class: 'num' }, edge.edge < 0 ? '' : number(edge.frequency)),
					h(
						'td',
						{ class: 'num' },
						edge.edge < 0 ? '' : duration(seconds, names.day(clock === 'business')),
					),
				);
			}),
		),
	);
}
