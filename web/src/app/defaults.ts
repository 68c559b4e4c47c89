// How much of a map is shown as long as the reader has not said so: what is seen at once.

import { simplify, type ProcessMap } from '../mine/process_map';
import type { State } from './state';

const FIRST_ACTIVITIES = 16;
const FIRST_PATHS = 26;

/** With rare paths a few activities bring many others along, to be on a way from start to end. */
const MOST_AT_FIRST = 40;

export interface Shares {
	readonly activities: number;
	readonly paths: number;
}

export function shares(map: ProcessMap, state: State): Shares {
	const activities = state.activities ?? firstActivities(map);
	return { activities, paths: state.paths ?? firstPaths(map, activities) };
}

function firstActivities(map: ProcessMap): number {
	const share = (count: number) =>
		map.ranked.length ? Math.min(1, Math.floor((100 * count) / map.ranked.length) / 100) : 1;
	let count = FIRST_ACTIVITIES;
	while (count > 1 && simplify(map, share(count), 0).activities > MOST_AT_FIRST) count /= 2;
	return share(count);
}

/** The greatest share, in steps of a hundredth, that shows no more paths than are seen at once. */
function firstPaths(map: ProcessMap, activities: number): number {
	let [low, high] = [0, 100];
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		if (simplify(map, activities, middle / 100).paths <= FIRST_PATHS) low = middle;
		else high = middle - 1;
	}
	return low / 100;
}
