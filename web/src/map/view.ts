// The map as SVG. Two drawings lie over each other under one transform: all that stands
// still, and what moves, so that a drag paints no more than a node and its edges.

import { svg } from '../ui/dom';
import {
	isSameShape,
	makeEdge,
	makeNode,
	placeEdge,
	showEdge,
	showNode,
	type DrawnEdge,
	type RoutedEdge,
} from './elements';
import { wayOf } from './geometry';
import { spreadLabels } from './labels';
import type { Scene, SceneEdge, SceneNode } from './scene';
import { ownCount, ThinEdges, type Box } from './thin';

export interface View {
	x: number;
	y: number;
	k: number;
}

const LEAST_ZOOM = 0.04;
const MOST_ZOOM = 4;

/** From further away no label can be read. */
const LEAST_READABLE = 0.42;

/** How near the pointer must come to a line: in pixels, and in the map's measure. */
const REACH = 5;
const MOST_REACH = 7.5;

type Describe = (of: SceneNode | SceneEdge) => string;

export class MapView {
	readonly element: HTMLDivElement;
	private still = layer();
	private moving = layer();
	private scene: Scene = { nodes: [], edges: [], nodeOf: new Map() };
	readonly nodes = new Map<string, SVGGElement>();
	/** Those with elements of their own. */
	readonly edges = new Map<string, DrawnEdge>();
	private thin = new ThinEdges();
	private describe: Describe = () => '';
	private marks: readonly [
		isSelected: (of: SceneNode | SceneEdge) => boolean,
		isFound: (node: SceneNode) => boolean,
	] = [() => false, () => false];
	view: View = { x: 0, y: 0, k: 1 };
	/** Of the element, as of the last time it changed: to ask for it would lay out the page. */
	size = { width: 0, height: 0 };

	constructor(element: HTMLDivElement) {
		this.element = element;
		element.append(this.still.svg, this.moving.svg);
		this.still.edges.before(this.thin.lines);
		this.still.labels.before(this.thin.labels);
		new ResizeObserver(() => {
			this.measure();
			this.tellThin();
		}).observe(element);
	}

	measure(): void {
		this.size = { width: this.element.clientWidth, height: this.element.clientHeight };
	}

	/** Draws a scene; what was drawn before is kept and changed: making elements takes the time. */
	draw(scene: Scene, describe: Describe, mostOwn = ownCount(scene.edges.length)): void {
		this.scene = scene;
		this.describe = describe;
		const routed = scene.edges.map((edge): RoutedEdge => ({ edge, way: wayOf(edge) }));
		spreadLabels(scene.nodes, routed);
		const focused = document.activeElement?.getAttribute('data-key');
		const isOwn = ({ edge }: RoutedEdge) => edge.rank < mostOwn || edge.key === focused;
		this.drawEdges(routed.filter(isOwn));
		this.thin.draw(routed.filter((one) => !isOwn(one)));
		this.drawNodes(scene, describe);
		this.tellThin();
	}

	private drawEdges(edges: readonly RoutedEdge[]): void {
		const before = new Map(this.edges);
		this.edges.clear();
		const added: DrawnEdge[] = [];
		for (const routed of edges) {
			const old = before.get(routed.edge.key);
			before.delete(routed.edge.key);
			const drawn = { ...(old ?? makeEdge(routed.edge)), ...routed };
			this.edges.set(routed.edge.key, drawn);
			showEdge(drawn, this.describe(routed.edge));
			if (!old) added.push(drawn);
		}
		for (const { group, label } of before.values()) {
			group.remove();
			label.remove();
		}
		// The most frequent last, so on top.
		this.add(added.reverse());
	}

	private add(edges: readonly DrawnEdge[]): void {
		this.still.edges.append(...edges.map(({ group }) => group));
		this.still.labels.append(...edges.map(({ label }) => label));
	}

	/** Gives edges elements of their own, where they have none. */
	own(edges: readonly SceneEdge[]): DrawnEdge[] {
		const added = edges
			.filter((edge) => !this.edges.has(edge.key))
			.map((edge) => ({ ...makeEdge(edge), edge, way: this.thin.get(edge.key)!.way }));
		for (const drawn of added) {
			showEdge(drawn, this.describe(drawn.edge));
			this.edges.set(drawn.edge.key, drawn);
		}
		if (added.length) this.thin.leave(added.map(({ edge }) => edge));
		this.add(added);
		return edges.map((edge) => this.edges.get(edge.key)!);
	}

	/** The edge of an element, or near a point of the window. */
	edgeAt(key: string | null, at: { clientX: number; clientY: number }): SceneEdge | null {
		if (key !== null) return this.edges.get(key)?.edge ?? this.thin.get(key)?.edge ?? null;
		const box = this.element.getBoundingClientRect();
		const { x, y, k } = this.view;
		return this.thin.find(
			(at.clientX - box.left - x) / k,
			(at.clientY - box.top - y) / k,
			Math.min(REACH / k, MOST_REACH),
		);
	}

	private tellThin(): void {
		const { x, y, k } = this.view;
		const { width, height } = this.size;
		const box: Box = {
			left: -x / k,
			top: -y / k,
			right: (width - x) / k,
			bottom: (height - y) / k,
		};
		this.thin.tell(k < LEAST_READABLE ? null : box);
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
	mark(...marks: MapView['marks']): void {
		this.marks = marks;
		const [isSelected, isFound] = marks;
		for (const node of this.scene.nodes) {
			const group = this.nodes.get(node.key)!;
			group.classList.toggle('is-selected', isSelected(node));
			group.classList.toggle('is-found', isFound(node));
		}
		this.own(this.scene.edges.filter(isSelected));
		for (const { edge, group } of this.edges.values())
			group.classList.toggle('is-selected', isSelected(edge));
	}

	/** Hands what touches a node to the drawing of what moves; release() gives it back. */
	lift(node: SceneNode): SceneEdge[] {
		const touching = this.scene.edges.filter(
			(edge) => edge.source === node || edge.target === node,
		);
		const drawn = this.own(touching);
		this.moving.edges.append(...drawn.map(({ group }) => group));
		this.moving.labels.append(...drawn.map(({ label }) => label));
		this.moving.nodes.append(this.nodes.get(node.key)!);
		this.element.classList.add('is-dragging');
		return touching;
	}

	release(): void {
		for (const name of ['edges', 'labels', 'nodes'] as const)
			this.still[name].append(...this.moving[name].childNodes);
		this.element.classList.remove('is-dragging');
	}

	/** Moves a node, and its edges follow. */
	move(node: SceneNode, edges: readonly SceneEdge[]): void {
		const drawn = this.own(edges);
		this.nodes.get(node.key)!.setAttribute('transform', `translate(${node.x} ${node.y})`);
		for (const one of drawn) {
			one.edge.points = null;
			one.way = wayOf(one.edge);
			placeEdge(one, one.way);
		}
	}

	look(view: View): void {
		this.view = { ...view, k: Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, view.k)) };
		const { x, y, k } = this.view;
		for (const { svg: drawing } of [this.still, this.moving])
			drawing.style.transform = `translate(${x}px,${y}px) scale(${k})`;
		this.element.classList.toggle('is-far', k < LEAST_READABLE);
		this.tellThin();
	}

	zoomAt(factor: number, px = this.size.width / 2, py = this.size.height / 2): void {
		const { x, y, k } = this.view;
		const next = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, k * factor));
		this.look({ x: px - ((px - x) * next) / k, y: py - ((py - y) * next) / k, k: next });
	}

	/** Shows the whole map, not larger than it is by itself. */
	fit(): void {
		const box = this.bounds();
		const { width, height } = this.size;
		const k = Math.min(1.15, width / (box.width + 48), height / (box.height + 48));
		this.look({
			k,
			x: (width - box.width * k) / 2 - box.x * k,
			y: Math.max(24, (height - box.height * k) / 2) - box.y * k,
		});
	}

	bounds(): { x: number; y: number; width: number; height: number } {
		let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
		const reach = (x: number, y: number, w: number, h: number) => {
			[left, top] = [Math.min(left, x - w / 2), Math.min(top, y - h / 2)];
			[right, bottom] = [Math.max(right, x + w / 2), Math.max(bottom, y + h / 2)];
		};
		for (const node of this.scene.nodes) reach(node.x, node.y, node.width, node.height);
		for (const edge of this.scene.edges) {
			const { label } = (this.edges.get(edge.key) ?? this.thin.get(edge.key)!).way;
			reach(label.x, label.y, edge.textWidth, 16);
			for (const point of edge.points ?? []) reach(point.x, point.y, 8, 8);
		}
		return left > right
			? { x: 0, y: 0, width: 1, height: 1 }
			: { x: left, y: top, width: right - left, height: bottom - top };
	}

	/** Does something while all edges have elements and labels of their own. */
	whole<T>(action: () => T): T {
		this.draw(this.scene, this.describe, Infinity);
		const result = action();
		this.draw(this.scene, this.describe);
		this.mark(...this.marks);
		return result;
	}

	/** A copy of the drawing that scales to the room it is put into. */
	picture(): SVGSVGElement {
		return this.whole(() => this.copy());
	}

	private copy(): SVGSVGElement {
		const { x, y, width, height } = this.bounds();
		const copies = [...this.still.svg.children].map(
			(group) => group.cloneNode(true) as SVGElement,
		);
		for (const copy of copies)
			for (const element of copy.children)
				for (const name of ['data-key', 'tabindex', 'role', 'aria-label'])
					element.removeAttribute(name);
		return svg(
			'svg',
			{ viewBox: `${x - 8} ${y - 8} ${width + 16} ${height + 16}`, role: 'img' },
			copies,
		);
	}

	/** Brings a node into sight, and the focus to it. */
	focus(of: SceneNode | SceneEdge): void {
		const element = 'source' in of ? this.own([of])[0]!.group : this.nodes.get(of.key)!;
		element.focus({ preventScroll: true });
	}

	reveal(node: SceneNode): void {
		const { x, y, k } = this.view;
		const [px, py] = [node.x * k + x, node.y * k + y];
		const { width, height } = this.size;
		const into = (p: number, size: number) =>
			p < 80 ? 80 - p : p > size - 80 ? size - 80 - p : 0;
		this.look({ x: x + into(px, width), y: y + into(py, height), k });
	}
}

interface Layer {
	svg: SVGSVGElement;
	edges: SVGGElement;
	labels: SVGGElement;
	nodes: SVGGElement;
}

function layer(): Layer {
	const [edges, labels, nodes] = ['edges', 'labels', 'nodes'].map((name) =>
		svg('g', { class: name }),
	) as [SVGGElement, SVGGElement, SVGGElement];
	return {
		svg: svg(
			'svg',
			{ class: 'drawing', width: 1, height: 1, role: 'presentation' },
			edges,
			labels,
			nodes,
		),
		edges,
		labels,
		nodes,
	};
}
