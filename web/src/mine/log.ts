// The log in typed arrays: what all mining reads. Instants and durations are in ticks.

import type { LogData } from '../data';

export interface Log {
	readonly data: LogData;
	readonly size: number;
	readonly activities: number;
	/** Per case. Instants are absolute; NaN where there is none. */
	readonly created: Float64Array;
	readonly firstResolved: Float64Array;
	readonly resolved: Float64Array;
	readonly closed: Float64Array;
	readonly ended: Float64Array;
	/** 0 for all cases where it is not known. */
	readonly isOpen: Uint8Array;
	readonly isCutOff: Uint8Array;
	/** Per case and one more: where its events begin. */
	readonly eventsOf: Int32Array;
	readonly activity: Int32Array;
	readonly at: Float64Array;
	/** Business time since the case was created; null without a calendar. */
	readonly business: Float64Array | null;
	/** 1: a break stands before the event. */
	readonly gap: Uint8Array;
	/** Per case, 1: a break stands after its last event. */
	readonly gapAtEnd: Uint8Array;
	readonly reopeningsOf: Int32Array;
	readonly visitsOf: Int32Array;
	readonly holdsOf: Int32Array;
	readonly messagesOf: Int32Array;
	readonly messages: MessageCounts;
	readonly isDone: Uint8Array;
	readonly isNote: Uint8Array;
	/**
	 * Whether any activity is one of done cases. Where none is, nothing can be said of open ones.
	 */
	readonly knowsDone: boolean;
}

export interface MessageCounts {
	readonly in: Int32Array;
	readonly out: Int32Array;
	readonly turns: Int32Array;
}

export function readLog(data: LogData): Log {
	const size = data.cases.no.length;
	const created = Float64Array.from(data.cases.created);
	const variants = variantOffsets(data);
	const resolved = instants(data.cases.resolved, created);
	const kinds = data.activities.kind;
	const isDone = Uint8Array.from(kinds, (kind) =>
		kind === 'resolved' || kind === 'closed' ? 1 : 0,
	);
	const knowsDone = isDone.includes(1);
	const isOpen = Uint8Array.from(data.cases.is_open, (flag) => (knowsDone ? flag : 0));
	const messagesOf = offsets(data.messages.count);
	return {
		data,
		size,
		activities: kinds.length,
		created,
		firstResolved: instants(data.cases.first_resolved, created),
		resolved,
		closed: instants(data.cases.closed, created),
		ended: resolved.map((at, c) => (isOpen[c] ? data.as_of : at)),
		isOpen,
		isCutOff: Uint8Array.from(data.cases.is_cut_off),
		...readEvents(data, created, variants),
		reopeningsOf: offsets(data.reopenings.count),
		visitsOf: offsets(data.team_visits.count),
		holdsOf: offsets(data.holds.count),
		messagesOf,
		messages: countMessages(data, messagesOf),
		isDone,
		isNote: Uint8Array.from(kinds, (kind) => (kind === 'note' ? 1 : 0)),
		knowsDone,
	};
}

/** Where the list of each case begins, and after the last one where all end. */
export function offsets(count: readonly number[]): Int32Array {
	const begin = new Int32Array(count.length + 1);
	for (let i = 0; i < count.length; i++) begin[i + 1] = begin[i]! + count[i]!;
	return begin;
}

function instants(after: readonly (number | null)[], created: Float64Array): Float64Array {
	return Float64Array.from(after, (ticks, c) => (ticks === null ? NaN : created[c]! + ticks));
}

function variantOffsets(data: LogData): Int32Array {
	return offsets(data.variants.length);
}

type EventArrays = Pick<Log, 'eventsOf' | 'activity' | 'at' | 'business' | 'gap' | 'gapAtEnd'>;

/** Writes out the variant of each case, with the time of each event. */
function readEvents(data: LogData, created: Float64Array, variants: Int32Array): EventArrays {
	const { since, business_since } = data.events;
	const entries = data.variants.activities;
	const size = created.length;
	const events: EventArrays = {
		eventsOf: new Int32Array(size + 1),
		activity: new Int32Array(since.length),
		at: new Float64Array(since.length),
		business: business_since && new Float64Array(since.length),
		gap: new Uint8Array(since.length),
		gapAtEnd: new Uint8Array(size),
	};
	let e = 0;
	for (let c = 0; c < size; c++) {
		const variant = data.cases.variant[c]!;
		let at = created[c]!;
		let worked = 0;
		let gap = 0;
		for (let i = variants[variant]!; i < variants[variant + 1]!; i++) {
			if (entries[i]! < 0) {
				gap = 1;
				continue;
			}
			at += since[e]!;
			if (events.business) events.business[e] = worked += business_since![e]!;
			events.activity[e] = entries[i]!;
			events.at[e] = at;
			events.gap[e] = gap;
			gap = 0;
			e++;
		}
		events.gapAtEnd[c] = gap;
		events.eventsOf[c + 1] = e;
	}
	return events;
}

/** Messages from and to the user, and changes of direction between them. */
function countMessages(data: LogData, of: Int32Array): MessageCounts {
	const size = of.length - 1;
	const counts = {
		in: new Int32Array(size),
		out: new Int32Array(size),
		turns: new Int32Array(size),
	};
	for (let c = 0; c < size; c++) {
		let last = -1;
		for (let m = of[c]!; m < of[c + 1]!; m++) {
			const direction = data.messages.direction[m]!;
			if (direction > 1) continue;
			(direction ? counts.out : counts.in)[c]!++;
			if (last >= 0 && last !== direction) counts.turns[c]!++;
			last = direction;
		}
	}
	return counts;
}
