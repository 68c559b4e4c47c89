// Where nodes stand: layers from start to end, by dagre; the reader's own places come before.

import { Graph, layout as dagreLayout } from '@dagrejs/dagre';
import type { Positions } from '../data';
import type { Point, Scene, SceneEdge, SceneNode } from './scene';

interface Placed {
	readonly nodes: ReadonlyMap<string, Point>;
	readonly edges: ReadonlyMap<
		string,
		{ readonly edge: SceneEdge; readonly points: readonly Point[]; readonly label: Point }
	>;
}

/**
 * Edges beyond so many, the least frequent ones, do not shape the layout: its time grows faster
 * than their number.
 */
const MOST_EDGES = 160;
const MANY_NODES = 60;

/** What a label may need when another measure is chosen. */
const LABEL_ROOM = 84;

export class Layout {
	private placed: Placed = { nodes: new Map(), edges: new Map() };

	/** Whether some node of a scene has no place yet. */
	lacks(scene: Scene): boolean {
		return scene.nodes.some((node) => !this.placed.nodes.has(node.key));
	}

	/** aspect: width to height of the room there is. */
	compute(scene: Scene, aspect: number): void {
		this.placed = stretch(place(scene), aspect);
	}

	/**
	 * Sets the places of a scene's nodes, and the ways of edges between nodes that were not moved.
	 */
	apply(scene: Scene, moved: Positions): void {
		for (const node of scene.nodes) {
			const own = Object.hasOwn(moved, node.key) ? moved[node.key]! : null;
			const at = own ? { x: own[0], y: own[1] } : this.placed.nodes.get(node.key)!;
			node.x = at.x;
			node.y = at.y;
		}
		for (const edge of scene.edges) this.applyEdge(edge, moved);
	}

	private applyEdge(edge: SceneEdge, moved: Positions): void {
		const way = this.placed.edges.get(edge.key);
		const isMoved =
			Object.hasOwn(moved, edge.source.key) || Object.hasOwn(moved, edge.target.key);
		edge.points = way && !isMoved ? way.points : null;
		if (way && !isMoved) edge.label = way.label;
	}
}

/** Nodes from the start, and edges by rank: what leads back towards the start goes upwards. */
function place(scene: Scene): Placed {
	const many = scene.nodes.length > MANY_NODES;
	const graph = new Graph();
	graph.setGraph({
		rankdir: 'TB',
		nodesep: 24,
		ranksep: many ? 34 : 24,
		edgesep: 10,
		marginx: 20,
		marginy: 20,
	});
	graph.setDefaultEdgeLabel(() => ({}));
	// By number: labels could hold what the library joins its keys with.
	const number = new Map(scene.nodes.map((node, i) => [node, String(i)]));
	for (const node of scene.nodes)
		graph.setNode(number.get(node)!, { width: node.width, height: node.height });
	const edges = shaping(scene);
	const ends = (edge: SceneEdge) => [number.get(edge.source)!, number.get(edge.target)!] as const;
	for (const edge of edges) {
		const label = many
			? {}
			: { width: Math.max(edge.textWidth, LABEL_ROOM), height: 18, labelpos: 'c' as const };
		graph.setEdge(...ends(edge), { weight: Math.ceil(edge.width * edge.width), ...label });
	}
	dagreLayout(graph);
	return {
		nodes: new Map(scene.nodes.map((node, i) => [node.key, point(graph.node(String(i)))])),
		edges: new Map(
			edges.map((edge) => [edge.key, { edge, ...way(graph.edge(...ends(edge))) }]),
		),
	};
}

function point(at: { x?: number; y?: number }): Point {
	return { x: at.x ?? 0, y: at.y ?? 0 };
}

function way(label: { points?: Point[]; x?: number; y?: number }): {
	points: readonly Point[];
	label: Point;
} {
	const points = label.points ?? [];
	return { points, label: label.x === undefined ? points[points.length >> 1]! : point(label) };
}

/** The edges that shape the layout: the first by rank, and one at least for every node. */
function shaping(scene: Scene): readonly SceneEdge[] {
	const most = Math.max(MOST_EDGES, scene.nodes.length);
	if (scene.edges.length <= most) return scene.edges;
	const reached = new Set<string>();
	return scene.edges.filter((edge) => {
		const isNew = !reached.has(edge.target.key) || !reached.has(edge.source.key);
		if (edge.rank >= most && !isNew) return false;
		reached.add(edge.source.key).add(edge.target.key);
		return true;
	});
}

const MOST_STRETCH = 1.8;

/** A layout that is wider than the room gets its layers further apart, up to a limit. */
function stretch(placed: Placed, aspect: number): Placed {
	const all = [
		...placed.nodes.values(),
		...[...placed.edges.values()].flatMap((edge) => edge.points),
	];
	const size = (of: (at: Point) => number) =>
		Math.max(...all.map(of), 1) - Math.min(...all.map(of), 0);
	const factor = Math.min(
		MOST_STRETCH,
		Math.max(1, size((at) => at.x) / aspect / size((at) => at.y)),
	);
	const lower = ({ x, y }: Point) => ({ x, y: y * factor });
	// The ends of a way stay at the borders of its nodes.
	const at = (node: SceneNode, { x, y }: Point) => ({
		x,
		y: y + placed.nodes.get(node.key)!.y * (factor - 1),
	});
	return {
		nodes: new Map([...placed.nodes].map(([key, point]) => [key, lower(point)])),
		edges: new Map(
			[...placed.edges].map(([key, { edge, points, label }]) => {
				const ends = (point: Point, i: number) =>
					i === 0
						? at(edge.source, point)
						: i === points.length - 1
							? at(edge.target, point)
							: lower(point);
				return [key, { edge, points: points.map(ends), label: lower(label) }];
			}),
		),
	};
}
