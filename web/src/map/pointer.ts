// The pointer on the map: nodes are dragged, the background pans, the wheel zooms, a
// click selects, and hovering shows figures.

import type { SceneEdge, SceneNode } from './scene';
import type { MapView } from './view';

export interface PointerActions {
	nodeOf(key: string): SceneNode | undefined;
	select(of: SceneNode | SceneEdge | null): void;
	moved(node: SceneNode): void;
	hover(of: SceneNode | SceneEdge | null, event: PointerEvent): void;
}

/** So many pixels make a drag of what would be a click. */
const SLACK = 4;

export function listenToPointer(view: MapView, actions: PointerActions): void {
	const { element } = view;
	element.addEventListener('pointerdown', (event) => {
		if (event.button !== 0) return;
		const target = targetOf(view, actions, event);
		if (target && 'label' in target && 'name' in target) dragNode(view, actions, target, event);
		else pan(view, event, () => actions.select(target));
	});
	element.addEventListener(
		'wheel',
		(event) => {
			event.preventDefault();
			const box = element.getBoundingClientRect();
			const step = event.deltaMode === 1 ? event.deltaY * 20 : event.deltaY;
			view.zoomAt(
				Math.exp(-Math.max(-120, Math.min(120, step)) * 0.0022),
				event.clientX - box.left,
				event.clientY - box.top,
			);
		},
		{ passive: false },
	);
	element.addEventListener('pointermove', (event) => {
		if (!event.buttons) actions.hover(targetOf(view, actions, event), event);
	});
	element.addEventListener('pointerleave', (event) => actions.hover(null, event));
}

function targetOf(
	view: MapView,
	actions: PointerActions,
	event: PointerEvent,
): SceneNode | SceneEdge | null {
	const key = (event.target as Element).closest('[data-key]')?.getAttribute('data-key') ?? null;
	const node = key === null ? undefined : actions.nodeOf(key);
	if (node) return node;
	const edge = view.edgeAt(key, event);
	// With elements of its own it shows that the pointer is on it.
	if (edge) view.own([edge]);
	return edge;
}

/** Follows the pointer until it is let go; changes come at most once a frame. */
function follow(
	element: HTMLElement,
	start: PointerEvent,
	move: (dx: number, dy: number) => void,
	end: (isClick: boolean) => void,
): void {
	let [dx, dy, frame, isDrag] = [0, 0, 0, false];
	element.setPointerCapture(start.pointerId);
	const onMove = (event: PointerEvent) => {
		[dx, dy] = [event.clientX - start.clientX, event.clientY - start.clientY];
		isDrag ||= Math.hypot(dx, dy) > SLACK;
		if (isDrag && !frame)
			frame = requestAnimationFrame(() => {
				frame = 0;
				move(dx, dy);
			});
	};
	const onEnd = () => {
		element.removeEventListener('pointermove', onMove);
		element.removeEventListener('pointerup', onEnd);
		element.removeEventListener('pointercancel', onEnd);
		cancelAnimationFrame(frame);
		if (isDrag) move(dx, dy);
		end(!isDrag);
	};
	element.addEventListener('pointermove', onMove);
	element.addEventListener('pointerup', onEnd);
	element.addEventListener('pointercancel', onEnd);
}

function dragNode(
	view: MapView,
	actions: PointerActions,
	node: SceneNode,
	start: PointerEvent,
): void {
	const { x, y } = node;
	let edges: SceneEdge[] | null = null;
	follow(
		view.element,
		start,
		(dx, dy) => {
			edges ??= view.lift(node);
			node.x = Math.round(x + dx / view.view.k);
			node.y = Math.round(y + dy / view.view.k);
			view.move(node, edges);
		},
		(isClick) => {
			view.release();
			if (isClick) actions.select(node);
			else actions.moved(node);
		},
	);
}

function pan(view: MapView, start: PointerEvent, click: () => void): void {
	const { x, y, k } = view.view;
	view.element.classList.add('is-panning');
	follow(
		view.element,
		start,
		(dx, dy) => view.look({ x: x + dx, y: y + dy, k }),
		(isClick) => {
			view.element.classList.remove('is-panning');
			if (isClick) click();
		},
	);
}
