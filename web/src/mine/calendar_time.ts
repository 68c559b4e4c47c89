// Local time by the offsets that the data brings, without zone files.

import type { LogData } from '../data';

/** Months count from year 0: 12 * year + month (0 to 11). */
export class LocalTime {
	constructor(private data: Pick<LogData, 'time_zone' | 'ticks_per_second'>) {}

	/** Milliseconds whose UTC fields are the local ones. */
	wall(ticks: number): number {
		const { from, offset } = this.data.time_zone;
		let low = 0;
		let high = from.length - 1;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if (from[middle]! <= ticks) low = middle;
			else high = middle - 1;
		}
		return (ticks / this.data.ticks_per_second + (offset[low] ?? 0)) * 1000;
	}

	month(ticks: number): number {
		const date = new Date(this.wall(ticks));
		return 12 * date.getUTCFullYear() + date.getUTCMonth();
	}

	/** Monday first, from 0. */
	weekday(ticks: number): number {
		return (new Date(this.wall(ticks)).getUTCDay() + 6) % 7;
	}
}
