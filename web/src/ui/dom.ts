// Elements. Text goes in as text nodes only, so nothing in the data can become markup.

import { say } from './words';

type Child = Node | string | number | null | undefined | false;
type Properties = Record<string, unknown>;

function build(
	element: Element,
	properties: Properties,
	children: readonly (Child | readonly Child[])[],
): void {
	for (const [name, value] of Object.entries(properties)) setProperty(element, name, value);
	for (const child of children.flat()) {
		if (child === null || child === undefined || child === false) continue;
		element.append(child instanceof Node ? child : String(child));
	}
}

function setProperty(element: Element, name: string, value: unknown): void {
	if (value === null || value === undefined || value === false) return;
	if (name.startsWith('on')) element.addEventListener(name.slice(2), value as EventListener);
	else if (name === 'style') Object.assign((element as HTMLElement).style, value);
	else if (name === 'variables')
		for (const [key, v] of Object.entries(value as Record<string, string>))
			(element as HTMLElement).style.setProperty(key, v);
	else if (name === 'value') (element as HTMLInputElement).value = String(value);
	else if (name === 'checked' || name === 'disabled' || name === 'selected')
		(element as unknown as Record<string, boolean>)[name] = true;
	else element.setAttribute(name, value === true ? '' : String(value));
}

export function h<K extends keyof HTMLElementTagNameMap>(
	tag: K,
	properties: Properties = {},
	...children: (Child | readonly Child[])[]
): HTMLElementTagNameMap[K] {
	const element = document.createElement(tag);
	build(element, properties, children);
	return element;
}

export function svg<K extends keyof SVGElementTagNameMap>(
	tag: K,
	properties: Properties = {},
	...children: (Child | readonly Child[])[]
): SVGElementTagNameMap[K] {
	const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
	build(element, properties, children);
	return element;
}

/** Replaces what is in a container; the element in focus gets it back, found by its data-key. */
export function fill(container: Element, ...children: (Child | readonly Child[])[]): void {
	const focused = document.activeElement;
	const key = focused && container.contains(focused) ? focused.getAttribute('data-key') : null;
	container.replaceChildren();
	build(container, {}, children);
	if (key !== null) queueMicrotask(() => refocus(container, key));
}

/**
 * When all is in its place, for the focus makes the browser lay out the page; and if nothing else
 * has it by then.
 */
function refocus(container: Element, key: string): void {
	if (document.activeElement !== document.body) return;
	container
		.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)
		?.focus({ preventScroll: true });
}

export function button(
	label: Child,
	action: (event: Event) => void,
	properties: Properties = {},
): HTMLButtonElement {
	return h('button', { type: 'button', onclick: action, ...properties }, label);
}

/** A select element; entries are [value, label]. */
export function select(
	label: string,
	entries: readonly (readonly [value: string, label: string])[],
	value: string,
	change: (value: string) => void,
	properties: Properties = {},
): HTMLSelectElement {
	const options = entries.map(([v, text]) =>
		h('option', { value: v, selected: v === value }, text),
	);
	return h(
		'select',
		{
			'aria-label': label,
			title: label,
			onchange: (event: Event) => change((event.target as HTMLSelectElement).value),
			...properties,
		},
		options,
	);
}

/** Only links to http and https are links. */
export function link(url: string | null, text: string, properties: Properties = {}): HTMLElement {
	const isSafe = url !== null && /^https?:\/\/[^\s"'<>]+$/i.test(url);
	return isSafe
		? h('a', { href: url, target: '_blank', rel: 'noopener noreferrer', ...properties }, text)
		: h('span', properties, text);
}

export function download(name: string, content: BlobPart, type: string): void {
	const url = URL.createObjectURL(new Blob([content], { type }));
	const anchor = h('a', { href: url, download: name });
	document.body.append(anchor);
	anchor.click();
	anchor.remove();
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

let announcer: HTMLElement | null = null;

/** Announces it to screen readers, and shows it for a moment. */
export function announce(text: string): void {
	announcer ??= document.body.appendChild(
		h('div', { class: 'announcer', role: 'status', 'aria-live': 'polite' }),
	);
	announcer.textContent = text;
	announcer.classList.add('is-shown');
	setTimeout(() => announcer?.classList.remove('is-shown'), 2500);
}

export async function copyText(text: string): Promise<void> {
	try {
		await navigator.clipboard.writeText(text);
	} catch {
		copyBySelection(text);
	}
	announce(say('copied'));
}

/** For pages opened from a file, which may lack the clipboard. */
function copyBySelection(text: string): void {
	const area = h('textarea', { value: text, class: 'visually-hidden', 'aria-hidden': 'true' });
	document.body.append(area);
	area.select();
	document.execCommand('copy');
	area.remove();
}
