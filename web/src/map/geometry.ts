// Ways of edges: along the layout's points, or where nodes have been moved, curves from
// border to border.

import type { Point, SceneEdge, SceneNode } from './scene';

/** A way as an SVG path, its arrow head, and the middle for the label. */
export interface Way {
	readonly path: string;
	readonly head: string;
	label: Point;
	/** Where else on the way the label could stand; none where the layout has made room for it. */
	readonly places?: () => readonly Point[];
}

export function wayOf(edge: SceneEdge): Way {
	if (edge.source === edge.target) return loop(edge);
	return edge.points ? along(edge) : between(edge);
}

const r = (value: number) => Math.round(value * 10) / 10;
const at = (p: Point) => `${r(p.x)},${r(p.y)}`;

function headSize(edge: SceneEdge): number {
	return 6 + edge.width * 0.9;
}

/** A triangle whose point is at the end of the way, and where the line ends before it. */
function head(tip: Point, from: Point, size: number): { shape: string; foot: Point } {
	const length = Math.hypot(tip.x - from.x, tip.y - from.y) || 1;
	const [dx, dy] = [(tip.x - from.x) / length, (tip.y - from.y) / length];
	const foot = { x: tip.x - dx * size, y: tip.y - dy * size };
	const half = size * 0.48;
	return {
		shape: `M${at(tip)}L${at({ x: foot.x - dy * half, y: foot.y + dx * half })}L${at({ x: foot.x + dy * half, y: foot.y - dx * half })}Z`,
		foot,
	};
}

/** Through the layout's points as a uniform cubic B-spline between the outer ones. */
function along(edge: SceneEdge): Way {
	const points = edge.points!;
	const last = points.length - 1;
	const { shape, foot } = head(points[last]!, points[Math.max(0, last - 1)]!, headSize(edge));
	return { path: spline([...points.slice(0, last), foot]), head: shape, label: edge.label };
}

function spline(p: readonly Point[]): string {
	const [first, end] = [p[0]!, p[p.length - 1]!];
	if (p.length < 3) return `M${at(first)}L${at(end)}`;
	let path = `M${at(first)}L${at(mix(first, p[1]!, 1 / 6))}`;
	for (let i = 1; i < p.length; i++) {
		const [a, b, c] = [p[i - 1]!, p[i]!, p[i + 1]];
		const stop = c ? { x: (a.x + 4 * b.x + c.x) / 6, y: (a.y + 4 * b.y + c.y) / 6 } : b;
		path += `C${at(mix(a, b, 1 / 3))} ${at(mix(a, b, 2 / 3))} ${at(stop)}`;
	}
	return path;
}

function mix(a: Point, b: Point, ofB: number): Point {
	return { x: a.x + (b.x - a.x) * ofB, y: a.y + (b.y - a.y) * ofB };
}

function loop(edge: SceneEdge): Way {
	const { source: node } = edge;
	const right = node.x + node.width / 2;
	const [from, tip] = [
		{ x: right, y: node.y - 9 },
		{ x: right, y: node.y + 9 },
	];
	const { shape, foot } = head(tip, { x: tip.x + 20, y: tip.y + 6 }, headSize(edge));
	return {
		path: `M${at(from)}C${at({ x: right + 34, y: node.y - 26 })} ${at({ x: right + 34, y: node.y + 24 })} ${at(foot)}`,
		head: shape,
		label: { x: right + 30 + edge.textWidth / 2, y: node.y },
	};
}

/** Downwards from bottom to top; upwards and sideways in a bow, to keep both directions apart. */
function between(edge: SceneEdge): Way {
	const { source, target } = edge;
	const down = target.y - target.height / 2 - (source.y + source.height / 2);
	return down > 24 ? downwards(edge, down) : bow(edge);
}

function downwards(edge: SceneEdge, down: number): Way {
	const { source, target } = edge;
	const drift = (target.x - source.x) / (Math.abs(target.x - source.x) + 160);
	const from = { x: source.x + drift * source.width * 0.4, y: source.y + source.height / 2 };
	const tip = { x: target.x - drift * target.width * 0.4, y: target.y - target.height / 2 };
	const pull = Math.min(down * 0.5, 140);
	const [first, second] = [
		{ x: from.x, y: from.y + pull },
		{ x: tip.x, y: tip.y - pull },
	];
	return curve(edge, from, first, second, tip);
}

function bow(edge: SceneEdge): Way {
	const { source, target } = edge;
	const side = target.x >= source.x ? 1 : -1;
	const far = Math.abs(target.x - source.x) > (source.width + target.width) / 2 + 10;
	// Of nodes above each other both ends are on the same side; else they face each other.
	const from =
		far && target.y > source.y - 20
			? edgePoint(source, side, 0.2)
			: edgePoint(source, far ? side : 1, -0.2);
	const tip = edgePoint(target, far ? -side : 1, 0.2);
	const reach = far
		? Math.min(Math.abs(tip.x - from.x) * 0.5, 120)
		: 50 + Math.min(Math.abs(target.y - source.y) * 0.2, 120);
	const first = { x: from.x + (from.x > source.x ? reach : -reach), y: from.y };
	const second = { x: tip.x + (tip.x > target.x ? reach : -reach), y: tip.y };
	return curve(edge, from, first, second, tip);
}

function edgePoint(node: SceneNode, side: number, drop: number): Point {
	return { x: node.x + (side * node.width) / 2, y: node.y + node.height * drop };
}

function curve(edge: SceneEdge, from: Point, first: Point, second: Point, tip: Point): Way {
	const { shape, foot } = head(tip, second, headSize(edge));
	const place = (t: number) => bezier(from, first, second, tip, t);
	return {
		path: `M${at(from)}C${at(first)} ${at(second)} ${at(foot)}`,
		head: shape,
		label: place(labelShares[0]!),
		places: () => labelShares.map(place),
	};
}

/** Where on a way a label may stand: best in the middle. */
const labelShares = [0.5, 0.36, 0.64, 0.24, 0.76];

function bezier(a: Point, b: Point, c: Point, d: Point, t: number): Point {
	const s = 1 - t;
	const [wa, wb, wc, wd] = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
	return {
		x: wa * a.x + wb * b.x + wc * c.x + wd * d.x,
		y: wa * a.y + wb * b.y + wc * c.y + wd * d.y,
	};
}

const PIECES = 8;

/** A path of lines and cubic curves in straight pieces: x and y in turn. */
export function flatten(path: string): Float32Array {
	const found: number[] = [];
	for (const [, command, numbers] of path.matchAll(/([MLC])([^MLC]*)/g)) {
		const n = numbers!.split(/[ ,]/).map(Number);
		if (command === 'C') addCurve(found, n);
		else found.push(n[0]!, n[1]!);
	}
	return Float32Array.from(found);
}

function addCurve(found: number[], n: readonly number[]): void {
	const [a, b, c, d] = [
		[found[found.length - 2]!, found[found.length - 1]!],
		n.slice(0, 2),
		n.slice(2, 4),
		n.slice(4),
	].map(([x, y]) => ({ x: x!, y: y! })) as [Point, Point, Point, Point];
	for (let k = 1; k <= PIECES; k++) {
		const { x, y } = bezier(a, b, c, d, k / PIECES);
		found.push(x, y);
	}
}

/** How far a place is from a line of straight pieces. */
export function distance(points: Float32Array, x: number, y: number): number {
	let least = Infinity;
	for (let k = 0; k + 3 < points.length; k += 2) {
		const [ax, ay] = [points[k]!, points[k + 1]!];
		const [dx, dy] = [points[k + 2]! - ax, points[k + 3]! - ay];
		const along = Math.max(
			0,
			Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)),
		);
		least = Math.min(least, Math.hypot(x - ax - along * dx, y - ay - along * dy));
	}
	return least;
}
