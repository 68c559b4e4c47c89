// What thickness and colour mean.

import type { State } from '../app/state';
import { h } from '../ui/dom';
import { number, shortDuration } from '../ui/format';
import { say } from '../ui/words';
import { classCount, classLimits } from './look';

/** The classes are those of text maps: business time in hours, and no working days. */
export function legend(state: State): HTMLElement[] {
	const limits = classLimits(state.clock);
	const hours = (seconds: number) =>
		state.clock === 'business'
			? `${number(seconds / 3600)}\u00a0${say('hour')}`
			: shortDuration(seconds).replace(/[,.]0/, '');
	const names = Array.from({ length: classCount }, (_, i) =>
		i === 0
			? `< ${hours(limits[0]!)}`
			: i === classCount - 1
				? `≥ ${hours(limits[i - 1]!)}`
				: `< ${hours(limits[i]!)}`,
	);
	return [
		h(
			'div',
			{},
			h('div', {}, say('legend_width', say(state.unit))),
			h('div', {}, say('legend_colour', say(state.measure), say(state.clock))),
		),
		h(
			'div',
			{ class: 'classes' },
			names.map((name, i) => h('span', { class: `class d${i}` }, h('i'), name)),
		),
	];
}
