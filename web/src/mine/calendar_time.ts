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

	/** The instant at which a month begins, in ISO 8601 with its offset. */
	monthStart(month: number): string {
		const wall = Date.UTC(Math.floor(month / 12), month % 12, 1);
		const { offset } = this.data.time_zone;
		// The offset by which the clock shows that time; where the clock skips it, that of before.
		const own = offset.find((o) => this.wall((wall / 1000 - o) * this.data.ticks_per_second) === wall) ?? offset[0] ?? 0;
		const two = (value: number) => String(value).padStart(2, '0');
		const minutes = Math.round(Math.abs(own) / 60);
		return `${new Date(wall).toISOString().slice(0, 19)}${own < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
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
