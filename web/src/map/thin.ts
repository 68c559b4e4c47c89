// The less frequent edges of a map that shows many: drawn together, many to a path, for an
// element takes time whatever it draws. Their labels are there where they can be read.

import { svg } from '../ui/dom';
import { colourClass, makeLabel, type RoutedEdge } from './elements';
import { distance, flatten } from './geometry';
import type { SceneEdge } from './scene';

/** How many edges, the most frequent, have elements of their own: all of a map one can read. */
export function ownCount(edges: number): number {
	return edges <= 120 ? edges : 40;
}

/** Larger paths take longer to paint where they are only seen in part. */
const MOST_IN_PATH = 40;

export interface Box {
	readonly left: number;
	readonly top: number;
	readonly right: number;
	readonly bottom: number;
}

export class ThinEdges {
	readonly lines = svg('g', { class: 'thin', 'aria-hidden': 'true' });
	readonly labels = svg('g', { class: 'thin-labels', 'aria-hidden': 'true' });
	private edges = new Map<string, RoutedEdge>();
	private told = new Map<string, SVGGElement>();
	private points = new Map<RoutedEdge, Float32Array>();

	/** The most frequent first. */
	draw(edges: readonly RoutedEdge[]): void {
		this.edges = new Map(edges.map((routed) => [routed.edge.key, routed]));
		this.points.clear();
		this.told.clear();
		this.labels.replaceChildren();
		this.drawLines();
	}

	private drawLines(): void {
		this.lines.replaceChildren(...bundles([...this.edges.values()]).flatMap(bundle));
	}

	get(key: string): RoutedEdge | undefined {
		return this.edges.get(key);
	}

	/** Edges that are drawn elsewhere from now on. */
	leave(edges: readonly SceneEdge[]): void {
		for (const { key } of edges) {
			this.edges.delete(key);
			this.hush(key);
		}
		this.drawLines();
	}

	/** The nearest edge within reach of a place. */
	find(x: number, y: number, reach: number): SceneEdge | null {
		let best: SceneEdge | null = null;
		for (const routed of this.edges.values()) {
			const far = distance(this.pointsOf(routed), x, y);
			if (far < reach) [best, reach] = [routed.edge, far];
		}
		return best;
	}

	private pointsOf(routed: RoutedEdge): Float32Array {
		let points = this.points.get(routed);
		if (!points) this.points.set(routed, (points = flatten(routed.way.path)));
		return points;
	}

	/** Puts labels where they can be read; null: nowhere. */
	tell(box: Box | null): void {
		for (const [key, { edge, way }] of this.edges) {
			const isTold = box !== null && isIn(way.label, box);
			if (isTold === this.told.has(key)) continue;
			if (isTold) this.told.set(key, this.labels.appendChild(makeLabel(edge, way)));
			else this.hush(key);
		}
	}

	private hush(key: string): void {
		this.told.get(key)?.remove();
		this.told.delete(key);
	}
}

function isIn({ x, y }: { x: number; y: number }, box: Box): boolean {
	return x > box.left && x < box.right && y > box.top && y < box.bottom;
}

/** Edges that look alike, the most frequent ones last, so on top. */
function bundles(edges: readonly RoutedEdge[]): RoutedEdge[][] {
	const all: RoutedEdge[][] = [];
	const open = new Map<string, RoutedEdge[]>();
	for (let k = edges.length - 1; k >= 0; k--) {
		const look = `${colourClass(edges[k]!.edge)} ${edges[k]!.edge.width}`;
		let alike = open.get(look);
		if (!alike || alike.length === MOST_IN_PATH) {
			all.push((alike = []));
			open.set(look, alike);
		}
		alike.push(edges[k]!);
	}
	return all;
}

function bundle(alike: readonly RoutedEdge[]): SVGPathElement[] {
	const { edge } = alike[0]!;
	const path = (part: 'path' | 'head') => alike.map(({ way }) => way[part]).join('');
	return [
		svg('path', {
			class: `line ${colourClass(edge)}`,
			d: path('path'),
			'stroke-width': edge.width,
		}),
		svg('path', { class: `head ${colourClass(edge)}`, d: path('head') }),
	];
}
