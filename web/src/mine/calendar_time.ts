// Local time by the offsets that the data brings, without zone files.

import type { LogData } from '../data';

const DAY = 86_400_000;

/** Months count from year 0: 12 * year + month (0 to 11). */
export class LocalTime {
	/** Of days that were asked for. */
	private months = new Map<number, number>();

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
		const day = Math.floor(this.wall(ticks) / DAY);
		let month = this.months.get(day);
		if (month === undefined) {
			const date = new Date(day * DAY);
			this.months.set(day, (month = 12 * date.getUTCFullYear() + date.getUTCMonth()));
		}
		return month;
	}
}
