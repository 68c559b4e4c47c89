// The elements of nodes and edges: made once, and shown with other figures as often as needed.

import { svg } from '../ui/dom';
import type { Way } from './geometry';
import type { SceneEdge, SceneNode } from './scene';

export interface RoutedEdge {
	readonly edge: SceneEdge;
	way: Way;
}

export interface DrawnEdge extends RoutedEdge {
	readonly group: SVGGElement;
	/** Its figures; on a layer of their own, above all edges. */
	readonly label: SVGGElement;
}

export function makeNode(node: SceneNode): SVGGElement {
	const isActivity = typeof node.name === 'number';
	const [left, top, middle] = [-node.width / 2, -node.height / 2, isActivity ? 3 : 0];
	// Blanks between the texts, for screen readers, which read them as one.
	const label = node.lines.flatMap((line, i) => [
		svg('text', { class: 'label', x: middle, y: top + 18 + 16 * i }, line),
		' ',
	]);
	return svg(
		'g',
		{
			class: `node ${isActivity ? 'activity' : `terminal ${node.name}`}`,
			tabindex: -1,
			role: 'button',
			'data-key': node.key,
			'data-shape': shapeOf(node),
		},
		svg('rect', {
			class: 'body',
			x: left,
			y: top,
			width: node.width,
			height: node.height,
			rx: isActivity ? 5 : node.height / 2,
		}),
		isActivity &&
			svg('rect', {
				class: 'stripe',
				x: left + 1,
				y: top + 6,
				width: 3.5,
				height: node.height - 12,
				rx: 1.75,
				fill: node.colour,
			}),
		label,
		svg('text', { class: 'figure', x: middle, y: top + 17 + 16 * node.lines.length }),
	);
}

function shapeOf(node: SceneNode): string {
	return `${node.width} ${node.lines.join('\n')}`;
}

/** Whether an element that is there can show a node: its label and its size are as they were. */
export function isSameShape(group: SVGGElement, node: SceneNode): boolean {
	return group.getAttribute('data-shape') === shapeOf(node);
}

export function showNode(group: SVGGElement, node: SceneNode, description: string): void {
	set(group, 'transform', `translate(${node.x} ${node.y})`);
	set(group, 'aria-label', description);
	group.style.setProperty('--weight', `${Math.round(4 + 24 * node.weight)}%`);
	setText(group.lastElementChild!, node.figure);
}

export function makeEdge(edge: SceneEdge): Pick<DrawnEdge, 'group' | 'label'> {
	return {
		group: svg(
			'g',
			{ tabindex: -1, role: 'button', 'data-key': edge.key },
			svg('path', { class: 'hit' }),
			svg('path', { class: 'line' }),
			svg('path', { class: 'head' }),
		),
		label: emptyLabel(edge),
	};
}

function emptyLabel(edge: SceneEdge): SVGGElement {
	return svg(
		'g',
		{ 'data-key': edge.key, 'aria-hidden': 'true' },
		svg('rect', { y: -8, height: 16, rx: 3 }),
		svg(
			'text',
			{ y: 4 },
			svg('tspan', { class: 'count' }),
			svg('tspan'),
			svg('tspan', { class: 'duration' }),
		),
	);
}

/** A label alone. */
export function makeLabel(edge: SceneEdge, way: Way): SVGGElement {
	const label = emptyLabel(edge);
	showLabel(label, edge, way);
	return label;
}

/** The class of an edge's colour. */
export function colourClass({ duration }: SceneEdge): string {
	return `d${duration < 0 ? 'n' : duration}`;
}

export function showEdge({ edge, group, label, way }: DrawnEdge, description: string): void {
	set(group, 'class', `edge ${colourClass(edge)}`);
	set(group, 'aria-label', description);
	set(group.children[1]!, 'stroke-width', String(edge.width));
	placeLine(group, way);
	showLabel(label, edge, way);
}

function showLabel(label: SVGGElement, edge: SceneEdge, way: Way): void {
	const [ground, text] = label.children as unknown as [SVGElement, SVGElement];
	const [count, duration] = edge.text;
	set(label, 'class', `edge-label ${colourClass(edge)}`);
	set(ground, 'x', String(-edge.textWidth / 2));
	set(ground, 'width', String(edge.textWidth));
	[count, duration && ' · ', duration].forEach((part, i) => setText(text.children[i]!, part));
	placeLabel(label, way);
}

export function placeEdge({ group, label }: Pick<DrawnEdge, 'group' | 'label'>, way: Way): void {
	placeLine(group, way);
	placeLabel(label, way);
}

function placeLine(group: SVGGElement, way: Way): void {
	const [hit, line, head] = group.children as unknown as [SVGElement, SVGElement, SVGElement];
	set(hit, 'd', way.path);
	set(line, 'd', way.path);
	set(head, 'd', way.head);
}

function placeLabel(label: SVGGElement, way: Way): void {
	set(label, 'transform', `translate(${Math.round(way.label.x)} ${Math.round(way.label.y)})`);
}

/** Only changes cost anything. */
function set(element: Element, name: string, value: string): void {
	if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function setText(element: Element, text: string): void {
	if (element.textContent !== text) element.textContent = text;
}
