// The map as SVG. Two drawings lie over each other under one transform: all that stands
// still, and what moves, so that a drag paints no more than a node and its edges.

import { svg, fill } from '../ui/dom';
import { wayOf, type Way } from './geometry';
import { spreadLabels } from './labels';
import type { Scene, SceneEdge, SceneNode } from './scene';

export interface DrawnEdge {
	readonly edge: SceneEdge;
	readonly group: SVGGElement;
	way: Way;
}

export interface View { x: number; y: number; k: number }

const LEAST_ZOOM = 0.04;
const MOST_ZOOM = 4;

export class MapView {
	readonly element: HTMLDivElement;
	private still = layer();
	private moving = layer();
	private scene: Scene = { nodes: [], edges: [], nodeOf: new Map() };
	readonly nodes = new Map<string, SVGGElement>();
	readonly edges = new Map<string, DrawnEdge>();
	view: View = { x: 0, y: 0, k: 1 };

	constructor(element: HTMLDivElement) {
		this.element = element;
		element.append(this.still.svg, this.moving.svg);
	}

	draw(scene: Scene, describe: (of: SceneNode | SceneEdge) => string): void {
		const hadFocus = this.element.contains(document.activeElement) ? document.activeElement?.getAttribute('data-key') : null;
		this.scene = scene;
		this.nodes.clear();
		this.edges.clear();
		for (const edge of scene.edges) this.edges.set(edge.key, drawEdge(edge, describe(edge)));
		spreadLabels(scene.nodes, [...this.edges.values()]);
		for (const { group, way } of this.edges.values()) placeEdge(group, way);
		for (const node of scene.nodes) this.nodes.set(node.key, drawNode(node, describe(node)));
		fill(this.moving.edges);
		fill(this.moving.nodes);
		// The most frequent last, so on top.
		fill(this.still.edges, [...this.edges.values()].reverse().map((d) => d.group));
		fill(this.still.nodes, [...this.nodes.values()]);
		if (hadFocus !== null && hadFocus !== undefined) this.focus(hadFocus);
	}

	/** Marks what is selected and what search finds. */
	mark(isSelected: (of: SceneNode | SceneEdge) => boolean, isFound: (node: SceneNode) => boolean): void {
		for (const node of this.scene.nodes) {
			const group = this.nodes.get(node.key)!;
			group.classList.toggle('is-selected', isSelected(node));
			group.classList.toggle('is-found', isFound(node));
		}
		for (const { edge, group } of this.edges.values()) group.classList.toggle('is-selected', isSelected(edge));
	}

	/** Hands what touches a node to the drawing of what moves; release() gives it back. */
	lift(node: SceneNode): SceneEdge[] {
		const touching = this.scene.edges.filter((edge) => edge.source === node || edge.target === node);
		this.moving.edges.append(...touching.map((edge) => this.edges.get(edge.key)!.group));
		this.moving.nodes.append(this.nodes.get(node.key)!);
		this.element.classList.add('is-dragging');
		return touching;
	}

	release(): void {
		this.still.edges.append(...this.moving.edges.childNodes);
		this.still.nodes.append(...this.moving.nodes.childNodes);
		this.element.classList.remove('is-dragging');
	}

	/** Moves a node, and its edges follow. */
	move(node: SceneNode, edges: readonly SceneEdge[]): void {
		this.nodes.get(node.key)!.setAttribute('transform', `translate(${node.x} ${node.y})`);
		for (const edge of edges) {
			edge.points = null;
			const drawn = this.edges.get(edge.key)!;
			drawn.way = wayOf(edge);
			placeEdge(drawn.group, drawn.way);
		}
	}

	look(view: View): void {
		this.view = { ...view, k: Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, view.k)) };
		const { x, y, k } = this.view;
		for (const { svg: drawing } of [this.still, this.moving]) drawing.style.transform = `translate(${x}px,${y}px) scale(${k})`;
		this.element.classList.toggle('is-far', k < 0.42);
	}

	zoomAt(factor: number, px = this.element.clientWidth / 2, py = this.element.clientHeight / 2): void {
		const { x, y, k } = this.view;
		const next = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, k * factor));
		this.look({ x: px - ((px - x) * next) / k, y: py - ((py - y) * next) / k, k: next });
	}

	/** Shows the whole map, not larger than it is by itself. */
	fit(): void {
		const box = this.bounds();
		const [width, height] = [this.element.clientWidth, this.element.clientHeight];
		const k = Math.min(1.15, width / (box.width + 48), height / (box.height + 48));
		this.look({ k, x: (width - box.width * k) / 2 - box.x * k, y: Math.max(24, (height - box.height * k) / 2) - box.y * k });
	}

	bounds(): { x: number; y: number; width: number; height: number } {
		let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
		const reach = (x: number, y: number, w: number, h: number) => {
			[left, top] = [Math.min(left, x - w / 2), Math.min(top, y - h / 2)];
			[right, bottom] = [Math.max(right, x + w / 2), Math.max(bottom, y + h / 2)];
		};
		for (const node of this.scene.nodes) reach(node.x, node.y, node.width, node.height);
		for (const { edge, way } of this.edges.values()) {
			reach(way.label.x, way.label.y, edge.textWidth, 16);
			for (const point of edge.points ?? []) reach(point.x, point.y, 8, 8);
		}
		return left > right ? { x: 0, y: 0, width: 1, height: 1 } : { x: left, y: top, width: right - left, height: bottom - top };
	}

	/** Brings a node into sight, and the focus to it. */
	focus(key: string): void {
		(this.nodes.get(key) ?? this.edges.get(key)?.group)?.focus({ preventScroll: true });
	}

	reveal(node: SceneNode): void {
		const { x, y, k } = this.view;
		const [px, py] = [node.x * k + x, node.y * k + y];
		const [width, height] = [this.element.clientWidth, this.element.clientHeight];
		const into = (p: number, size: number) => (p < 80 ? 80 - p : p > size - 80 ? size - 80 - p : 0);
		this.look({ x: x + into(px, width), y: y + into(py, height), k });
	}
}

interface Layer { svg: SVGSVGElement; edges: SVGGElement; nodes: SVGGElement }

function layer(): Layer {
	const edges = svg('g', { class: 'edges' });
	const nodes = svg('g', { class: 'nodes' });
	return { svg: svg('svg', { class: 'drawing', width: 1, height: 1, role: 'presentation' }, edges, nodes), edges, nodes };
}

function drawNode(node: SceneNode, description: string): SVGGElement {
	const isActivity = typeof node.name === 'number';
	const [left, top] = [-node.width / 2, -node.height / 2];
	const text = node.lines.map((line, i) => svg('text', { class: 'label', x: isActivity ? 3 : 0, y: top + 18 + 16 * i }, line));
	return svg('g', {
		class: `node ${isActivity ? 'activity' : `terminal ${node.name}`}`, transform: `translate(${node.x} ${node.y})`,
		tabindex: -1, role: 'button', 'aria-label': description, 'data-key': node.key,
		variables: { '--weight': `${Math.round(4 + 24 * node.weight)}%` },
	},
	svg('rect', { class: 'body', x: left, y: top, width: node.width, height: node.height, rx: isActivity ? 5 : node.height / 2 }),
	isActivity && svg('rect', { class: 'stripe', x: left + 1, y: top + 6, width: 3.5, height: node.height - 12, rx: 1.75, fill: node.colour }),
	text,
	svg('text', { class: 'figure', x: isActivity ? 3 : 0, y: top + 17 + 16 * node.lines.length }, node.figure));
}

function drawEdge(edge: SceneEdge, description: string): DrawnEdge {
	const way = wayOf(edge);
	const [count, duration] = edge.text;
	const group = svg('g', {
		class: `edge d${edge.duration < 0 ? 'n' : edge.duration}`, tabindex: -1, role: 'button', 'aria-label': description, 'data-key': edge.key,
	},
	svg('path', { class: 'hit' }), svg('path', { class: 'line', 'stroke-width': edge.width }), svg('path', { class: 'head' }),
	svg('rect', { class: 'ground', x: -edge.textWidth / 2, y: -8, width: edge.textWidth, height: 16, rx: 3 }), svg('text', { class: 'both', y: 4 }, svg('tspan', { class: 'count' }, count), duration && ' · ', duration && svg('tspan', { class: 'duration' }, duration)));
	return { edge, group, way };
}

function placeEdge(group: SVGGElement, way: Way): void {
	const [hit, line, head, ground, text] = group.children as unknown as SVGElement[] as [SVGElement, SVGElement, SVGElement, SVGElement, SVGElement];
	hit.setAttribute('d', way.path);
	line.setAttribute('d', way.path);
	head.setAttribute('d', way.head);
	const place = `translate(${Math.round(way.label.x)} ${Math.round(way.label.y)})`;
	ground.setAttribute('transform', place);
	text.setAttribute('transform', place);
}
