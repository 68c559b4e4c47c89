// What thickness and colour mean.

import type { State } from '../app/state';
import { h } from '../ui/dom';
import { shortDuration } from '../ui/format';
import { say } from '../ui/words';
import { classCount, classLimits } from './look';

/** The classes are of hours, as on text maps, so hours are told and no working days. */
export function legend(state: State): HTMLElement[] {
	const limits = classLimits(state.clock);
	const hours = (seconds: number) => shortDuration(seconds).replace(/[,.]0/, '');
	const names = Array.from({ length: classCount }, (_, i) => (i === 0 ? `< ${hours(limits[0]!)}` : i === classCount - 1 ? `≥ ${hours(limits[i - 1]!)}` : `< ${hours(limits[i]!)}`));
	return [
		h('div', {}, h('div', {}, say('legend_width', say(state.unit))), h('div', {}, say('legend_colour', say(state.measure), say(state.clock)))),
		h('div', { class: 'classes' }, names.map((name, i) => h('span', { class: `class d${i}` }, h('i'), name))),
	];
}
