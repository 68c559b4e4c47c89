// Saving and loading: the map as SVG and PNG, places of nodes as JSON.

import type { Context } from '../app/context';
import type { Positions } from '../data';
import { announce, button, download, h, svg } from '../ui/dom';
import { fileName } from '../ui/cases';
import { say } from '../ui/words';
import type { MapPanel } from './panel';

export function saveMenu(context: Context, panel: MapPanel): HTMLElement {
	const input = h('input', {
		type: 'file',
		accept: '.json,application/json',
		class: 'visually-hidden',
		tabindex: -1,
		'aria-label': say('load_positions'),
		onchange: (event: Event) => void load(context, event),
	});
	const name = () => fileName(document.title);
	const close = (event: Event) =>
		(event.target as HTMLElement).closest('details')?.removeAttribute('open');
	return h(
		'details',
		{
			class: 'menu',
			onkeydown: (event: KeyboardEvent) => event.key === 'Escape' && close(event),
			onfocusout: leave,
			onclick: (event: Event) =>
				(event.target as HTMLElement).tagName === 'BUTTON' && close(event),
		},
		h('summary', { 'data-key': 'save' }, say('more')),
		h(
			'div',
			{ class: 'menu-items' },
			button(say('save_svg'), () =>
				download(`${name()}.svg`, svgText(panel), 'image/svg+xml'),
			),
			button(say('save_png'), () => void savePng(panel, `${name()}.png`)),
			button(say('save_positions'), () =>
				download(
					`${name()}.positions.json`,
					JSON.stringify(positionsOf(panel), null, '\t') + '\n',
					'application/json',
				),
			),
			button(say('load_positions'), () => input.click()),
			input,
		),
	);
}

/** The menu closes when the focus goes elsewhere. */
function leave(event: FocusEvent): void {
	const menu = event.currentTarget as HTMLElement;
	if (event.relatedTarget instanceof Node && !menu.contains(event.relatedTarget))
		menu.removeAttribute('open');
}

function positionsOf(panel: MapPanel): Positions {
	return Object.fromEntries(
		panel.scene.nodes.map((node) => [
			node.key,
			[Math.round(node.x), Math.round(node.y)] as [number, number],
		]),
	);
}

export function isPositions(value: unknown): value is Positions {
	return (
		typeof value === 'object' &&
		value !== null &&
		!Array.isArray(value) &&
		Object.values(value).every(
			(at) =>
				Array.isArray(at) &&
				at.length === 2 &&
				at.every((n) => Number.isFinite(n) && Math.abs(n as number) < 1e6),
		)
	);
}

async function load(context: Context, event: Event): Promise<void> {
	const input = event.target as HTMLInputElement;
	const file = input.files?.[0];
	if (!file) return;
	try {
		const value: unknown = JSON.parse(await file.text());
		if (!isPositions(value)) throw new Error();
		context.store.update({ moved: { ...context.store.state.moved, ...value } });
	} catch {
		announce(say('bad_positions'));
	}
	input.value = '';
}

const drawn = [
	'fill',
	'fill-opacity',
	'stroke',
	'stroke-width',
	'stroke-opacity',
	'stroke-dasharray',
	'stroke-linejoin',
	'paint-order',
	'opacity',
	'font-family',
	'font-size',
	'font-weight',
	'text-anchor',
];

/** The map as a drawing of its own: styles written into its elements, on the page's ground. */
function svgText(panel: MapPanel): string {
	const box = panel.view.bounds();
	const [x, y, width, height] = [box.x - 20, box.y - 20, box.width + 40, box.height + 40].map(
		Math.round,
	);
	const drawing = svg(
		'svg',
		{
			xmlns: 'http://www.w3.org/2000/svg',
			width,
			height,
			viewBox: `${x} ${y} ${width} ${height}`,
		},
		svg('title', {}, document.title),
		svg('rect', {
			x,
			y,
			width,
			height,
			fill: getComputedStyle(panel.view.element).backgroundColor,
		}),
	);
	panel.view.element.classList.add('is-saving');
	panel.view.whole(() => {
		for (const group of panel.view.element.querySelectorAll('svg.drawing > g'))
			drawing.append(withStyles(group));
	});
	panel.view.element.classList.remove('is-saving');
	return new XMLSerializer().serializeToString(drawing);
}

function withStyles(original: Element): Element {
	const copy = original.cloneNode(true) as Element;
	const originals = [original, ...original.querySelectorAll('*')];
	[copy, ...copy.querySelectorAll('*')].forEach((element, i) => {
		const style = getComputedStyle(originals[i]!);
		for (const name of drawn) element.setAttribute(name, style.getPropertyValue(name));
		for (const name of ['class', 'style', 'tabindex', 'role', 'data-key', 'aria-label'])
			element.removeAttribute(name);
	});
	for (const hit of [...copy.querySelectorAll('path[stroke-opacity="0"]')]) hit.remove();
	return copy;
}

const MOST_PIXELS = 60_000_000;

async function savePng(panel: MapPanel, name: string): Promise<void> {
	const url = URL.createObjectURL(new Blob([svgText(panel)], { type: 'image/svg+xml' }));
	try {
		const image = new Image();
		image.src = url;
		await image.decode();
		const scale = Math.min(2, Math.sqrt(MOST_PIXELS / (image.width * image.height)));
		const canvas = h('canvas', {
			width: Math.round(image.width * scale),
			height: Math.round(image.height * scale),
		});
		canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
		const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
		if (blob) download(name, blob, 'image/png');
	} finally {
		URL.revokeObjectURL(url);
	}
}
