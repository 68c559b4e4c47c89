// The process map: nodes and edges of a graph in the order of their ranks, and what two
// shares leave of them. The definition is that of src/map/map.h, which text maps follow, too.

import type { Graph } from './graph';
import { Heap } from './heap';
import { compareLabels } from './order';

/** Node 0 is the start, then come the activities by label, then the end and "still open". */
export interface ProcessMap {
	readonly graph: Graph;
	/** Per node: the activity's index; -1 for start, end and "still open". */
	readonly activityOf: readonly number[];
	/** By rank. */
	readonly edges: readonly MapEdge[];
	/** Activity nodes by rank. */
	readonly ranked: readonly number[];
	readonly end: number;
	readonly open: number;
	/** From the start, and to the end and "still open": the best ways, whatever is shown. */
	readonly trees: readonly [Tree, Tree];
}

export interface MapEdge {
	readonly source: number;
	readonly target: number;
	readonly frequency: number;
	readonly caseFrequency: number;
	readonly maxPerCase: number;
	/** Index in the graph; -1 for edges from the start, to the end and to "still open". */
	readonly edge: number;
}

/** What is shown: nodes (1 or 0), and edges by their index in the map. */
export interface Shown {
	readonly nodes: Uint8Array;
	readonly edges: Uint8Array;
	readonly activities: number;
	readonly paths: number;
	/** Edges between shown nodes: what the share of paths is of. */
	readonly candidates: number;
}

export const START = 0;

export function buildMap(graph: Graph, labels: readonly string[]): ProcessMap {
	const { activities } = graph;
	const known: number[] = [];
	for (let a = 0; a < activities.frequency.length; a++)
		if (activities.frequency[a]) known.push(a);
	known.sort((a, b) => compareLabels(labels[a]!, labels[b]!));
	const activityOf = [-1, ...known, -1, -1];
	const nodeOf = new Map(known.map((a, i) => [a, i + 1]));
	const end = known.length + 1;
	const ranked = known
		.map((_, i) => i + 1)
		.sort((p, q) => {
			const [a, b] = [activityOf[p]!, activityOf[q]!];
			return (
				activities.caseFrequency[b]! - activities.caseFrequency[a]! ||
				activities.frequency[b]! - activities.frequency[a]! ||
				p - q
			);
		});
	const edges = rankEdges(graph, nodeOf, end);
	const trees = [
		growTree(activityOf, edges, [START], 'source', 'target'),
		growTree(activityOf, edges, [end, end + 1], 'target', 'source'),
	] as const;
	return { graph, activityOf, edges, ranked, end, open: end + 1, trees };
}

function rankEdges(graph: Graph, nodeOf: Map<number, number>, end: number): MapEdge[] {
	const { activities, edges } = graph;
	const found: MapEdge[] = [];
	for (let k = 0; k < edges.count; k++) {
		found.push({
			source: nodeOf.get(edges.source[k]!)!,
			target: nodeOf.get(edges.target[k]!)!,
			edge: k,
			frequency: edges.frequency[k]!,
			caseFrequency: edges.caseFrequency[k]!,
			maxPerCase: edges.maxPerCase[k]!,
		});
	}
	const add = (source: number, target: number, cases: number) => {
		if (cases)
			found.push({
				source,
				target,
				frequency: cases,
				caseFrequency: cases,
				maxPerCase: 1,
				edge: -1,
			});
	};
	for (const [a, node] of nodeOf) {
		add(START, node, activities.starts[a]!);
		add(node, end, activities.ends[a]!);
		add(node, end + 1, activities.open[a]!);
	}
	return found.sort(
		(a, b) =>
			b.caseFrequency - a.caseFrequency ||
			b.frequency - a.frequency ||
			a.source - b.source ||
			a.target - b.target,
	);
}

function shareCount(share: number, n: number): number {
	return Math.ceil(share * n - 1e-9);
}

export function simplify(map: ProcessMap, activities: number, paths: number): Shown {
	const nodes = new Uint8Array(map.activityOf.length);
	const edges = new Uint8Array(map.edges.length);
	const chosen = map.ranked.slice(0, Math.max(1, shareCount(activities, map.ranked.length)));
	for (const node of chosen) nodes[node] = 1;
	const show = (node: number, edge: number) => {
		nodes[node] = 1;
		edges[edge] = 1;
	};
	nodes[START] = nodes[map.end] = nodes[map.open] = 1;
	for (const tree of map.trees) walk(chosen, tree, show);
	for (const end of [map.end, map.open]) showFirst(map, end, nodes, edges);
	const candidates: number[] = [];
	map.edges.forEach((edge, k) => {
		if (nodes[edge.source] && nodes[edge.target]) candidates.push(k);
	});
	for (const k of candidates.slice(0, shareCount(paths, candidates.length))) edges[k] = 1;
	hideLoneEnds(map, nodes, edges);
	return {
		nodes,
		edges,
		activities: countActivities(map, nodes),
		paths: count(edges),
		candidates: candidates.length,
	};
}

/** The first edge by rank from a shown activity to an end of cases. */
function showFirst(map: ProcessMap, end: number, nodes: Uint8Array, edges: Uint8Array): void {
	const first = map.edges.findIndex((edge) => edge.target === end && nodes[edge.source]);
	if (first >= 0) edges[first] = 1;
}

function countActivities(map: ProcessMap, nodes: Uint8Array): number {
	return nodes.reduce((n, shown, node) => n + (shown && map.activityOf[node]! >= 0 ? 1 : 0), 0);
}

function count(flags: Uint8Array): number {
	return flags.reduce((n, flag) => n + flag, 0);
}

/** A start, end or "still open" to which no shown edge goes is not drawn. */
function hideLoneEnds(map: ProcessMap, nodes: Uint8Array, edges: Uint8Array): void {
	const used = new Set<number>();
	map.edges.forEach((edge, k) => {
		if (edges[k]) used.add(edge.source).add(edge.target);
	});
	for (const node of [START, map.end, map.open]) if (!used.has(node)) nodes[node] = 0;
}

export interface Tree {
	/**
	 * Per node: the edge by which it joined, and the node at its other end; -1 for roots and what
	 * is not reached.
	 */
	readonly edge: Int32Array;
	readonly parent: Int32Array;
}

/** Grows a tree from its roots by the edge of best rank that leads out of it. */
function growTree(
	activityOf: readonly number[],
	edges: readonly MapEdge[],
	roots: readonly number[],
	near: 'source' | 'target',
	far: 'source' | 'target',
): Tree {
	const size = activityOf.length;
	const outgoing: number[][] = Array.from({ length: size }, () => []);
	edges.forEach((edge, k) => outgoing[edge[near]]!.push(k));
	const tree = { edge: new Int32Array(size).fill(-1), parent: new Int32Array(size).fill(-1) };
	const isIn = new Uint8Array(size);
	const heap = new Heap();
	const join = (node: number) => {
		isIn[node] = 1;
		for (const k of outgoing[node]!) heap.push(k);
	};
	roots.forEach(join);
	for (let k = heap.pop(); k !== undefined; k = heap.pop()) {
		const { [near]: from, [far]: to } = edges[k]!;
		if (isIn[to] || activityOf[to]! < 0) continue;
		tree.edge[to] = k;
		tree.parent[to] = from;
		join(to);
	}
	return tree;
}

function walk(
	chosen: readonly number[],
	tree: Tree,
	show: (node: number, edge: number) => void,
): void {
	for (const node of chosen) {
		for (let at = node; tree.edge[at]! >= 0; at = tree.parent[at]!) {
			show(at, tree.edge[at]!);
			show(tree.parent[at]!, tree.edge[at]!);
		}
	}
}
