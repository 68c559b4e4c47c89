// The scene: nodes and edges to draw, with their texts and sizes, from a process map and what
// is shown of it.

import type { NodeName, State } from '../app/state';
import type { Statistics } from '../mine/statistics';
import { START, type ProcessMap, type Shown } from '../mine/process_map';
import { number, shortDuration, type DayLength } from '../ui/format';
import { NAME, namesOf } from '../ui/label';
import { say } from '../ui/words';
import { durationClass, thickness } from './look';
import { nodeFont, smallFont, textWidth, wrap } from './text';

export interface SceneNode {
	readonly name: NodeName;
	/** Of saved positions: the activity, or start, end, open behind a U+0001. */
	readonly key: string;
	readonly label: string;
	readonly lines: readonly string[];
	readonly figure: string;
	/** The figure as a number. */
	readonly count: number;
	readonly width: number;
	readonly height: number;
	/** Share of the most frequent activity, 0 to 1. */
	readonly weight: number;
	readonly colour: string;
	x: number;
	y: number;
}

export interface SceneEdge {
	readonly key: string;
	readonly source: SceneNode;
	readonly target: SceneNode;
	/** Index in the process map. */
	readonly index: number;
	readonly width: number;
	/** Class of the duration; -1 without one. */
	readonly duration: number;
	readonly text: readonly [count: string, duration: string];
	readonly textWidth: number;
	/** Rank among the shown ones. */
	readonly rank: number;
	points: readonly Point[] | null;
	label: Point;
}

export interface Point {
	x: number;
	y: number;
}

export interface Scene {
	readonly nodes: readonly SceneNode[];
	readonly edges: readonly SceneEdge[];
	readonly nodeOf: ReadonlyMap<NodeName, SceneNode>;
}

export interface Names {
	/** By activity of the log: its name, its label, its colour. */
	readonly activity: readonly string[];
	readonly label: readonly string[];
	readonly colour: readonly string[];
	seconds(ticks: number): number;
	day(business: boolean): DayLength;
}

export function nodeName(map: ProcessMap, node: number): NodeName {
	if (node === START) return 'start';
	if (node === map.end) return 'end';
	return node === map.open ? 'open' : map.activityOf[node]!;
}

export function buildScene(map: ProcessMap, shown: Shown, names: Names, state: State): Scene {
	const nodes = new Map<number, SceneNode>();
	const most = Math.max(1, ...map.ranked.map((node) => nodeCount(map, node, state)));
	shown.nodes.forEach((isShown, node) => {
		if (isShown) nodes.set(node, makeNode(map, node, names, state, most));
	});
	const edges: SceneEdge[] = [];
	const widest = mostFrequent(map, shown, state);
	shown.edges.forEach((isShown, k) => {
		if (isShown) edges.push(makeEdge(map, k, nodes, names, state, widest, edges.length));
	});
	return {
		nodes: [...nodes.values()],
		edges,
		nodeOf: new Map([...nodes.values()].map((node) => [node.name, node])),
	};
}

function mostFrequent(map: ProcessMap, shown: Shown, state: State): number {
	let most = 1;
	map.edges.forEach((edge, k) => {
		if (shown.edges[k])
			most = Math.max(most, state.unit === 'cases' ? edge.caseFrequency : edge.frequency);
	});
	return most;
}

/** How many cases or events a node has; of start, end and "still open" cases. */
function nodeCount(map: ProcessMap, node: number, state: State): number {
	const { activities } = map.graph;
	const a = map.activityOf[node]!;
	if (a >= 0)
		return (state.unit === 'cases' ? activities.caseFrequency : activities.frequency)[a]!;
	const counts =
		node === START ? activities.starts : node === map.end ? activities.ends : activities.open;
	return (counts as Int32Array).reduce((sum, n) => sum + n, 0);
}

const WIDEST = 168;

function makeNode(
	map: ProcessMap,
	node: number,
	names: Names,
	state: State,
	most: number,
): SceneNode {
	const name = nodeName(map, node);
	const a = map.activityOf[node]!;
	const label =
		typeof name === 'number' ? names.label[a]! : say(name === 'open' ? 'still_open' : name);
	const count = nodeCount(map, node, state);
	const lines = wrap(
		typeof name === 'number' ? namesOf(names.label, NAME).get(label)! : label,
		WIDEST,
		nodeFont,
	);
	const figure = number(count);
	const width =
		Math.ceil(
			Math.max(
				...lines.map((line) => textWidth(line, nodeFont)),
				textWidth(figure, smallFont),
				44,
			),
		) + 30;
	return {
		count,
		name,
		key: typeof name === 'number' ? names.activity[a]! : `\u0001${name}`,
		label,
		lines,
		figure,
		width,
		height: 16 * lines.length + 26,
		weight: a >= 0 ? count / most : 0,
		colour: a >= 0 ? names.colour[a]! : '',
		x: 0,
		y: 0,
	};
}

function makeEdge(
	map: ProcessMap,
	k: number,
	nodes: Map<number, SceneNode>,
	names: Names,
	state: State,
	most: number,
	rank: number,
): SceneEdge {
	const edge = map.edges[k]!;
	const count = state.unit === 'cases' ? edge.caseFrequency : edge.frequency;
	const seconds =
		edge.edge < 0
			? NaN
			: names.seconds(pick(map.graph.statistics(edge.edge, state.clock), state));
	return new CountedEdge(
		nodes.get(edge.source)!,
		nodes.get(edge.target)!,
		k,
		thickness(count, most),
		Number.isNaN(seconds) ? -1 : durationClass(seconds, state.clock),
		rank,
		count,
		seconds,
		names.day(state.clock === 'business'),
	);
}

/** Its texts are made when they are first asked for: of thousands of edges few are read. */
class CountedEdge implements SceneEdge {
	readonly key: string;
	points: readonly Point[] | null = null;
	label: Point = { x: 0, y: 0 };
	private told: SceneEdge['text'] | null = null;

	constructor(
		readonly source: SceneNode,
		readonly target: SceneNode,
		readonly index: number,
		readonly width: number,
		readonly duration: number,
		readonly rank: number,
		private count: number,
		private seconds: number,
		private day: DayLength,
	) {
		this.key = `${source.key}\u0002${target.key}`;
	}

	get text(): SceneEdge['text'] {
		return (this.told ??= [
			number(this.count),
			Number.isNaN(this.seconds) ? '' : shortDuration(this.seconds, this.day),
		]);
	}

	get textWidth(): number {
		return Math.ceil(textWidth(edgeText(this.text), smallFont)) + 8;
	}
}

export function pick(statistics: Statistics, state: Pick<State, 'measure'>): number {
	return statistics[state.measure];
}

export function edgeText(text: readonly [string, string]): string {
	return text[1] ? `${text[0]} · ${text[1]}` : text[0];
}
