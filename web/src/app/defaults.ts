// How much of a map is shown at first: as much as a reader takes in at once.

import { simplify, type ProcessMap } from '../mine/process_map';
import type { State } from './state';

const FIRST_ACTIVITIES = 16;
const FIRST_PATHS = 26;

export function defaultShares(map: ProcessMap): Pick<State, 'activities' | 'paths'> {
	const activities = map.ranked.length ? Math.min(1, Math.floor((100 * FIRST_ACTIVITIES) / map.ranked.length) / 100) : 1;
	let paths = 1;
	while (paths > 0 && map.ranked.length && simplify(map, activities, paths).paths > FIRST_PATHS) paths = Math.max(0, Math.round(100 * paths - 2) / 100);
	return { activities, paths };
}
