// Labels of edges keep clear of each other and of nodes: one that the layout made no room for
// slides along its way to the first place that is free.

import type { Point, SceneNode } from './scene';
import type { RoutedEdge } from './elements';

interface Box {
	readonly left: number;
	readonly top: number;
	readonly right: number;
	readonly bottom: number;
}

/** More, by rank, are not worth it: nobody reads them all at once. */
const MOST = 400;
const HEIGHT = 15;

export function spreadLabels(nodes: readonly SceneNode[], all: readonly RoutedEdge[]): void {
	const edges = all.slice(0, MOST);
	const taken = nodes.map((node) => box(node, node.width, node.height));
	const free = edges.filter(({ way }) => way.places);
	for (const { edge, way } of edges)
		if (!way.places) taken.push(box(way.label, edge.textWidth, HEIGHT));
	for (const { edge, way } of free) {
		const places = way.places!();
		const boxes = places.map((place) => box(place, edge.textWidth, HEIGHT));
		const best = boxes.findIndex((b) => !taken.some((t) => overlaps(b, t)));
		way.label = places[Math.max(best, 0)]!;
		taken.push(boxes[Math.max(best, 0)]!);
	}
}

function box(at: Point, width: number, height: number): Box {
	return {
		left: at.x - width / 2,
		right: at.x + width / 2,
		top: at.y - height / 2,
		bottom: at.y + height / 2,
	};
}

function overlaps(a: Box, b: Box): boolean {
	return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
