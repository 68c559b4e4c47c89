// The tip under the pointer.

import { h } from '../ui/dom';

export class Tip {
	private element = h('div', { class: 'tip', role: 'presentation' });

	constructor(private canvas: HTMLElement) {
		canvas.append(this.element);
	}

	show(text: string | null, event: PointerEvent): void {
		this.element.classList.toggle('is-shown', text !== null);
		if (text === null) return;
		const box = this.canvas.getBoundingClientRect();
		this.element.textContent = text;
		const x = Math.min(event.clientX - box.left + 14, box.width - this.element.offsetWidth - 8);
		const below = event.clientY - box.top + 18;
		const y =
			below + this.element.offsetHeight > box.height
				? below - this.element.offsetHeight - 30
				: below;
		this.element.style.transform = `translate(${Math.max(4, x)}px,${y}px)`;
	}
}
