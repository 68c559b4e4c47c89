// What the figures rest on.

import type { LogContext } from '../app/context';
import type { Quality } from '../data';
import { h } from '../ui/dom';
import { number, percent } from '../ui/format';
import { sayLabel } from '../ui/label';
import { isWord, language, say } from '../ui/words';
import { findings } from './findings';
import { note } from './parts';

export function qualityPanel({ model }: LogContext): HTMLElement {
	const lines = model.data.quality.filter((line, k) => line.number !== 0 || k === 0);
	return h(
		'div',
		{ class: 'panel-body' },
		h('h2', {}, say('quality')),
		note(say('quality_intro')),
		h(
			'table',
			{ class: 'figures quality' },
			h(
				'thead',
				{},
				h(
					'tr',
					{},
					h('th', { scope: 'col' }, say('finding')),
					h('th', { scope: 'col', class: 'num' }, say('number')),
					h('th', { scope: 'col', class: 'num' }, say('share')),
				),
			),
			h(
				'tbody',
				{},
				lines.map((line) =>
					h(
						'tr',
						{},
						h('th', { scope: 'row' }, finding(line)),
						h(
							'td',
							{ class: 'num' },
							number(line.number),
							h('small', { class: 'block' }, unit(line.unit)),
						),
						h(
							'td',
							{ class: 'num' },
							line.base === null ? '' : percent(line.number, line.base),
						),
					),
				),
			),
		),
	);
}

function unit(name: string): string {
	const word = name.replace(' ', '_');
	return isWord(word) ? say(word) : name;
}

function finding(line: Quality): HTMLElement {
	const danish = language() === 'da' ? findings[line.finding] : undefined;
	const [name, meaning] = danish ?? [line.finding, line.meaning];
	return h(
		'span',
		{},
		name,
		line.subject && `: ${sayLabel(line.subject)}`,
		h('small', { class: 'block' }, sayLabel(meaning)),
	);
}
