// The chain of filters: its steps in their order, each with what it leaves; dragged into
// another order, or moved by Alt and an arrow.

import type { LogContext } from '../app/context';
import { button, copyText, fill, h } from '../ui/dom';
import { cases, events, number } from '../ui/format';
import { cut, FAULT } from '../ui/label';
import { say } from '../ui/words';
import { readChain } from './check';
import { describeStep } from './describe';
import type { Left } from './evaluate';
import { parseExact, stringifyExact } from './exact';
import { slicesToSteps } from './slices';
import { filterForm } from './form';
import { ChainError, type Chain } from './grammar';

export class ChainPanel {
	readonly element = h('section', { class: 'chain' });
	private editor: 'none' | 'form' | 'json' = 'none';

	constructor(private context: LogContext) {}

	update(): void {
		const { chain } = this.context.store.state;
		fill(
			this.element,
			h(
				'div',
				{ class: 'title-row' },
				h('h2', {}, say('chain')),
				chain.length > 0 &&
					button(say('clear'), () => this.set([]), {
						class: 'quiet',
						'data-key': 'clear chain',
					}),
			),
			chain.length ? this.steps(chain) : h('p', { class: 'hint' }, say('chain_empty')),
			h(
				'div',
				{ class: 'actions' },
				button(say('add_filter'), () => this.edit('form'), {
					'aria-expanded': String(this.editor === 'form'),
					'data-key': 'add filter',
				}),
				button(say('chain_json'), () => this.edit('json'), {
					'aria-expanded': String(this.editor === 'json'),
					'data-key': 'chain json',
				}),
			),
			this.editor === 'form' &&
				filterForm(
					this.context,
					(step) => this.set([...chain, step]),
					() => this.edit('none'),
				),
			this.editor === 'json' && this.jsonEditor(chain),
		);
	}

	private edit(editor: 'none' | 'form' | 'json'): void {
		this.editor = this.editor === editor ? 'none' : editor;
		this.update();
	}

	private set(chain: Chain): void {
		this.editor = 'none';
		this.context.store.update({ chain });
	}

	private steps(chain: Chain): HTMLElement {
		const mined = this.context.mined();
		const list = h('ol', { class: 'steps' });
		let before = mined.before.cases;
		list.append(
			h(
				'li',
				{ class: 'before' },
				h('span', {}, say('chain_before')),
				h('small', {}, leftOver(mined.before)),
			),
		);
		chain.forEach((step, i) => {
			const left = mined.left[i]!;
			list.append(
				this.step(
					chain,
					i,
					describeStep(this.context, step),
					leftOver(left),
					before - left.cases,
				),
			);
			before = left.cases;
		});
		return list;
	}

	private step(chain: Chain, i: number, text: string, left: string, lost: number): HTMLElement {
		const row = h(
			'li',
			{
				class: 'step',
				draggable: 'true',
				tabindex: 0,
				'data-key': `step ${i}`,
				title: `${text}\n${say('drag_step')}`,
				'aria-label': `${i + 1}. ${text}. ${left}`,
				onkeydown: (event: KeyboardEvent) => this.key(event, chain, i),
				ondragstart: (event: DragEvent) => {
					event.dataTransfer?.setData('text/plain', String(i));
					row.classList.add('is-dragged');
				},
				ondragend: () => row.classList.remove('is-dragged'),
				ondragover: (event: DragEvent) => {
					event.preventDefault();
					row.classList.add('is-target');
				},
				ondragleave: () => row.classList.remove('is-target'),
				ondrop: (event: DragEvent) => {
					event.preventDefault();
					const from = Number(event.dataTransfer?.getData('text/plain') || NaN);
					row.classList.remove('is-target');
					if (chain[from]) this.move(chain, from, i);
				},
			},
			h('span', { class: 'grip', 'aria-hidden': 'true' }, '⋮⋮'),
			h(
				'span',
				{ class: 'step-text' },
				text,
				h('small', {}, left, lost > 0 && h('em', {}, ` ${say('lost', number(lost))}`)),
			),
			h(
				'span',
				{ class: 'step-actions' },
				i > 0 &&
					button('↑', () => this.move(chain, i, i - 1), {
						title: say('move_up'),
						'aria-label': `${say('move_up')}: ${text}`,
						'data-key': `up ${i}`,
					}),
				i + 1 < chain.length &&
					button('↓', () => this.move(chain, i, i + 1), {
						title: say('move_down'),
						'aria-label': `${say('move_down')}: ${text}`,
						'data-key': `down ${i}`,
					}),
				button('×', () => this.set(chain.filter((_, k) => k !== i)), {
					title: say('remove'),
					'aria-label': `${say('remove')}: ${text}`,
					'data-key': `remove ${i}`,
				}),
			),
		);
		return row;
	}

	private key(event: KeyboardEvent, chain: Chain, i: number): void {
		if (event.target !== event.currentTarget) return;
		const to = event.altKey
			? event.key === 'ArrowUp'
				? i - 1
				: event.key === 'ArrowDown'
					? i + 1
					: -1
			: -1;
		if (event.key === 'Delete') this.set(chain.filter((_, k) => k !== i));
		else if (chain[to]) this.move(chain, i, to);
		else return;
		event.preventDefault();
	}

	private move(chain: Chain, from: number, to: number): void {
		const next = [...chain];
		next.splice(to, 0, ...next.splice(from, 1));
		this.set(next);
		this.element.querySelector<HTMLElement>(`[data-key="step ${to}"]`)?.focus();
	}

	/** Makes the slices the first steps, so that the JSON is all that is chosen. */
	private slicesButton(): HTMLElement | null {
		const { model, store } = this.context;
		const change = slicesToSteps(model, store.state);
		return (
			change &&
			button(say('slices_to_steps'), () => store.update(change), {
				'data-key': 'slices to steps',
			})
		);
	}

	private jsonEditor(chain: Chain): HTMLElement {
		const area = h('textarea', {
			rows: 8,
			spellcheck: 'false',
			'aria-label': say('chain_json'),
			value: stringifyExact(chain),
		});
		const fault = h('p', { class: 'fault', role: 'alert' });
		const apply = () => {
			try {
				this.set(readChain(this.context.model.log, parseExact(area.value)));
			} catch (error) {
				if (!(error instanceof ChainError || error instanceof SyntaxError)) throw error;
				fault.textContent = say('bad_json', cut(error.message, FAULT));
			}
		};
		return h(
			'div',
			{ class: 'editor' },
			area,
			fault,
			h(
				'div',
				{ class: 'actions' },
				button(say('apply'), apply, { class: 'primary' }),
				button(say('copy'), () => void copyText(area.value)),
				this.slicesButton(),
			),
		);
	}
}

function leftOver(left: Left): string {
	return `${cases(left.cases)} · ${events(left.events)}`;
}
