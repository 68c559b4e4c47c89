// The map by keyboard: one stop of the tab key; arrows go from node to node, Shift and an
// arrow moves the node, e goes through its edges, Enter selects.

import type { Scene, SceneEdge, SceneNode } from './scene';
import type { MapView } from './view';

export interface KeyActions {
	scene(): Scene;
	select(of: SceneNode | SceneEdge | null): void;
	moved(node: SceneNode): void;
	fit(): void;
}

const directions: Record<string, readonly [number, number]> = {
	ArrowLeft: [-1, 0],
	ArrowRight: [1, 0],
	ArrowUp: [0, -1],
	ArrowDown: [0, 1],
};

export function listenToKeys(view: MapView, actions: KeyActions): void {
	view.element.addEventListener('keydown', (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		if (handle(view, actions, event)) event.preventDefault();
	});
	view.element.addEventListener('focus', () => {
		const first = actions.scene().nodes[0];
		if (first) goTo(view, first);
	});
}

function handle(view: MapView, actions: KeyActions, event: KeyboardEvent): boolean {
	const key = document.activeElement?.getAttribute('data-key') ?? null;
	const node = actions.scene().nodes.find((n) => n.key === key) ?? null;
	const edge = key === null ? null : (view.edges.get(key)?.edge ?? null);
	const direction = directions[event.key];
	if (direction)
		return arrow(view, actions, node ?? edge?.source ?? null, direction, event.shiftKey);
	switch (event.key) {
		case '+':
		case '=':
			view.zoomAt(1.25);
			return true;
		case '-':
			view.zoomAt(0.8);
			return true;
		case '0':
			actions.fit();
			return true;
		case 'Enter':
		case ' ':
			actions.select(node ?? edge);
			return true;
		case 'e':
		case 'E':
			return nextEdge(view, actions, node, edge, event.shiftKey);
		case 'Escape':
			actions.select(null);
			if (edge) goTo(view, edge.source);
			return true;
		default:
			return false;
	}
}

function arrow(
	view: MapView,
	actions: KeyActions,
	from: SceneNode | null,
	[dx, dy]: readonly [number, number],
	isMove: boolean,
): boolean {
	if (from && isMove) {
		from.x += 10 * dx;
		from.y += 10 * dy;
		view.move(
			from,
			actions.scene().edges.filter((edge) => edge.source === from || edge.target === from),
		);
		actions.moved(from);
		view.focus(from);
		return true;
	}
	const next = from ? nearest(actions.scene().nodes, from, dx, dy) : actions.scene().nodes[0];
	if (next) goTo(view, next);
	return true;
}

/** The node that lies best in a direction: near, and little to the side. */
function nearest(
	nodes: readonly SceneNode[],
	from: SceneNode,
	dx: number,
	dy: number,
): SceneNode | undefined {
	let best: SceneNode | undefined;
	let least = Infinity;
	for (const node of nodes) {
		const [ahead, aside] = dx
			? [(node.x - from.x) * dx, Math.abs(node.y - from.y)]
			: [(node.y - from.y) * dy, Math.abs(node.x - from.x)];
		if (node === from || ahead < 8) continue;
		const cost = ahead + 2 * aside;
		if (cost < least) [best, least] = [node, cost];
	}
	return best;
}

function goTo(view: MapView, node: SceneNode): void {
	view.reveal(node);
	view.focus(node);
}

function nextEdge(
	view: MapView,
	actions: KeyActions,
	node: SceneNode | null,
	edge: SceneEdge | null,
	backwards: boolean,
): boolean {
	const from = node ?? edge?.source;
	if (!from) return false;
	const edges = actions.scene().edges.filter((e) => e.source === from);
	if (!edges.length) return true;
	const now = edge ? edges.indexOf(edge) : backwards ? 0 : -1;
	view.focus(edges[(now + (backwards ? edges.length - 1 : 1)) % edges.length]!);
	return true;
}
