// Local time by the offsets that the data brings, without zone files.

import type { LogData } from '../data';

const DAY = 86_400_000;

function wallOfMonth(month: number): number {
	return Date.UTC(Math.floor(month / 12), month % 12, 1);
}

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
		const wall = wallOfMonth(month);
		const own = this.offsets(wall)[0]!;
		const two = (value: number) => String(value).padStart(2, '0');
		const minutes = Math.round(Math.abs(own) / 60);
		return `${new Date(wall).toISOString().slice(0, 19)}${own < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
	}

	/**
	 * The instant at which a month begins, as SQL has it: by a clock that shows the time twice, the
	 * second.
	 */
	monthBegins(month: number): number {
		const wall = wallOfMonth(month);
		return (wall / 1000 - this.offsets(wall).at(-1)!) * this.data.ticks_per_second;
	}

	/** The offsets by which the clock shows a time; where it skips it, that of before. */
	private offsets(wall: number): number[] {
		const { from, offset } = this.data.time_zone;
		const ticks = (k: number) => (wall / 1000 - offset[k]!) * this.data.ticks_per_second;
		const begun = offset.flatMap((_, k) => (k === 0 || from[k]! <= ticks(k) ? [k] : []));
		const shown = begun.filter((k) => k + 1 === from.length || ticks(k) < from[k + 1]!);
		return (shown.length ? shown : begun.slice(-1)).map((k) => offset[k]!);
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
