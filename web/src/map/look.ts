// How the map looks: what stands on nodes and edges, thickness, colours. Thickness and
// classes of durations are those of src/map/map.h, so that maps can be compared.

import type { Clock } from '../mine/graph';

const HOUR = 3600;
const limits: Record<Clock, readonly number[]> = {
	elapsed: [HOUR, 24 * HOUR, 7 * 24 * HOUR, 28 * 24 * HOUR],
	business: [HOUR, 8 * HOUR, 40 * HOUR, 160 * HOUR],
};

export const classCount = 5;

/** Class of a duration in seconds, from 0. */
export function durationClass(seconds: number, clock: Clock): number {
	const found = limits[clock].findIndex((limit) => seconds < limit);
	return found < 0 ? classCount - 1 : found;
}

export function classLimits(clock: Clock): readonly number[] {
	return limits[clock];
}

/** Width of an edge, where the most frequent one has most. */
export function thickness(frequency: number, most: number): number {
	return Math.floor((1 + (7 * frequency) / most) * 10 + 0.5) / 10;
}

/** Who holds a case in an activity: its colour, by the segments that most logs have. */
const segmentColours: Record<string, string> = {
	us: '#2f6fb7',
	partner: '#8a57a8',
	user: '#d08a1d',
	blocked: '#b0563a',
	stopped: '#2c8a74',
	unknown: '#7c8693',
};
const otherColours = ['#5c7f2c', '#a34f74', '#4a8a9c', '#8c7a3d'];

export function segmentColour(segments: readonly string[], index: number): string {
	const known = segmentColours[segments[index] ?? 'unknown'];
	return known ?? otherColours[index % otherColours.length]!;
}

/** Shades of a segment's colour, so that its activities differ: lighter and darker in turn. */
function shade(colour: string, step: number): string {
	const amount = [0, 0.28, -0.22, 0.48, -0.4][step % 5]!;
	const channels = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
	const mixed = channels.map((c) =>
		Math.round(amount > 0 ? c + (255 - c) * amount : c * (1 + amount)),
	);
	return '#' + mixed.map((c) => c.toString(16).padStart(2, '0')).join('');
}

/** A colour for each activity: that of its segment, in a shade of its own. */
export function activityColours(
	segments: readonly string[],
	segmentOf: readonly number[],
): string[] {
	const used = new Map<number, number>();
	return segmentOf.map((segment) => {
		const step = used.get(segment) ?? 0;
		used.set(segment, step + 1);
		return shade(segmentColour(segments, segment), step);
	});
}
