// The map as SVG. Two drawings lie over each other under one transform: all that stands
// still, and what moves, so that a drag paints no more than a node and its edges.

import { svg } from '../ui/dom';
import { isSameShape, makeEdge, makeNode, placeEdge, showEdge, showNode, type DrawnEdge } from './elements';
import { wayOf } from './geometry';
import { spreadLabels } from './labels';
import type { Scene, SceneEdge, SceneNode } from './scene';

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

	/** Draws a scene; what was drawn before is kept and changed, for making elements is what takes time. */
	draw(scene: Scene, describe: (of: SceneNode | SceneEdge) => string): void {
		this.scene = scene;
		this.drawEdges(scene, describe);
		this.drawNodes(scene, describe);
	}

	private drawEdges(scene: Scene, describe: (edge: SceneEdge) => string): void {
		const before = new Map(this.edges);
		this.edges.clear();
		const added: DrawnEdge[] = [];
		for (const edge of scene.edges) {
			const old = before.get(edge.key);
			before.delete(edge.key);
			const drawn = { ...(old ?? makeEdge(edge)), edge, way: wayOf(edge) };
			this.edges.set(edge.key, drawn);
			if (!old) added.push(drawn);
		}
		for (const { group, label } of before.values()) {
			group.remove();
			label.remove();
		}
		spreadLabels(scene.nodes, [...this.edges.values()]);
		for (const drawn of this.edges.values()) showEdge(drawn, describe(drawn.edge));
		// The most frequent last, so on top.
		added.reverse();
		this.still.edges.append(...added.map(({ group }) => group));
		this.still.labels.append(...added.map(({ label }) => label));
	}

	private drawNodes(scene: Scene, describe: (node: SceneNode) => string): void {
		const before = new Map(this.nodes);
		this.nodes.clear();
		for (const node of scene.nodes) {
			const old = before.get(node.key);
			const group = old && isSameShape(old, node) ? old : makeNode(node);
			if (group === old) before.delete(node.key);
			showNode(group, node, describe(node));
			this.nodes.set(node.key, group);
			if (group !== old) this.still.nodes.append(group);
		}
		for (const group of before.values()) group.remove();
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
		const drawn = touching.map((edge) => this.edges.get(edge.key)!);
		this.moving.edges.append(...drawn.map(({ group }) => group));
		this.moving.labels.append(...drawn.map(({ label }) => label));
		this.moving.nodes.append(this.nodes.get(node.key)!);
		this.element.classList.add('is-dragging');
		return touching;
	}

	release(): void {
		for (const name of ['edges', 'labels', 'nodes'] as const) this.still[name].append(...this.moving[name].childNodes);
		this.element.classList.remove('is-dragging');
	}

	/** Moves a node, and its edges follow. */
	move(node: SceneNode, edges: readonly SceneEdge[]): void {
		this.nodes.get(node.key)!.setAttribute('transform', `translate(${node.x} ${node.y})`);
		for (const edge of edges) {
			edge.points = null;
			const drawn = this.edges.get(edge.key)!;
			drawn.way = wayOf(edge);
			placeEdge(drawn, drawn.way);
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

	/** A copy of the drawing that scales to the room it is put into. */
	picture(): SVGSVGElement {
		const { x, y, width, height } = this.bounds();
		const copies = [...this.still.svg.children].map((group) => group.cloneNode(true) as SVGElement);
		for (const copy of copies) for (const element of copy.children) for (const name of ['data-key', 'tabindex', 'role', 'aria-label']) element.removeAttribute(name);
		return svg('svg', { viewBox: `${x - 8} ${y - 8} ${width + 16} ${height + 16}`, role: 'img' }, copies);
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

interface Layer { svg: SVGSVGElement; edges: SVGGElement; labels: SVGGElement; nodes: SVGGElement }

function layer(): Layer {
	const [edges, labels, nodes] = ['edges', 'labels', 'nodes'].map((name) => svg('g', { class: name })) as [SVGGElement, SVGGElement, SVGGElement];
	return { svg: svg('svg', { class: 'drawing', width: 1, height: 1, role: 'presentation' }, edges, labels, nodes), edges, labels, nodes };
}
