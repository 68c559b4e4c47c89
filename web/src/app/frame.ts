// What pages of both forms have: head line, theme, language, print, help.

import { button, fill, h } from '../ui/dom';
import { say, type Word } from '../ui/words';
import type { Storage } from './storage';
import type { Store } from './state';

type Theme = 'light' | 'dark';
const isTheme = (value: unknown): value is Theme => value === 'light' || value === 'dark';

export class Frame {
	readonly bar = h('header', { class: 'bar' });
	private help = h('dialog', { class: 'help' });

	constructor(
		private store: Store,
		private storage: Storage,
		private title: string,
	) {
		const theme = storage.get('theme', isTheme);
		if (theme) document.documentElement.dataset['theme'] = theme;
		document.body.append(this.help);
	}

	update(scope: HTMLElement, ...tools: (HTMLElement | null)[]): void {
		const { language } = this.store.state;
		document.documentElement.lang = language;
		fill(
			this.bar,
			h('a', { class: 'skip', href: '#map' }, say('skip_to_map')),
			h('div', { class: 'bar-title' }, h('h1', {}, this.title), scope),
			h(
				'div',
				{ class: 'bar-tools' },
				tools,
				button(
					say('language'),
					() => this.store.update({ language: language === 'da' ? 'en' : 'da' }),
					{ 'data-key': 'language', lang: language === 'da' ? 'en' : 'da' },
				),
				button('◐', () => this.changeTheme(), {
					title: say('theme'),
					'aria-label': say('theme'),
					'data-key': 'theme',
				}),
				button(say('print'), () => print(), { 'data-key': 'print' }),
				button('?', () => this.showHelp(), {
					title: say('help'),
					'aria-label': say('help'),
					'data-key': 'help',
				}),
			),
		);
	}

	private changeTheme(): void {
		const isDark =
			getComputedStyle(document.documentElement).getPropertyValue('--is-dark').trim() === '1';
		const theme: Theme = isDark ? 'light' : 'dark';
		document.documentElement.dataset['theme'] = theme;
		this.storage.set('theme', theme);
	}

	private showHelp(): void {
		const keys: readonly [string, Word][] = [
			['← ↑ → ↓', 'key_arrows'],
			['Enter', 'key_enter'],
			['Shift + ← ↑ → ↓', 'key_move'],
			['e, Shift + e', 'key_edges'],
			['+  −  0', 'key_zoom'],
			['/', 'key_search'],
			['Esc', 'key_escape'],
			['Alt + ↑ ↓', 'key_chain'],
		];
		this.help.setAttribute('aria-label', say('help_title'));
		fill(
			this.help,
			h('h2', {}, say('help_title')),
			h('p', {}, say('help_map')),
			h('p', {}, say('help_chain')),
			h('h3', {}, say('help_keys')),
			h(
				'dl',
				{},
				keys.map(([key, word]) =>
					h('div', {}, h('dt', {}, h('kbd', {}, key)), h('dd', {}, say(word))),
				),
			),
			button(say('close'), () => this.help.close(), { class: 'primary' }),
		);
		this.help.showModal();
	}
}
