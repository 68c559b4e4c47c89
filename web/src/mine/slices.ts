// Slicers: cases that have one of the chosen codes in every dimension; and for each
// dimension how many cases each code has, given what is chosen in the others.

import type { CodeLists } from './cohort';

export interface Slice {
	readonly lists: CodeLists;
	/** Null: all. */
	readonly chosen: ReadonlySet<number> | null;
}

export interface Sliced {
	/** 1: the case is in all slices. */
	readonly passes: Uint8Array;
	/** Per slice, how many cases have each code, by the other slices. */
	readonly counts: readonly Int32Array[];
}

export function applySlices(size: number, slices: readonly Slice[]): Sliced {
	const fails = new Uint8Array(size);
	const failsOf = slices.map((slice) => failing(size, slice));
	for (const failing of failsOf)
		if (failing) for (let c = 0; c < size; c++) fails[c]! += failing[c]!;
	return {
		passes: fails.map((n) => (n ? 0 : 1)),
		counts: slices.map((slice, k) =>
			countCodes(slice.lists, (c) => fails[c]! === (failsOf[k]?.[c] ?? 0)),
		),
	};
}

function failing(size: number, { lists, chosen }: Slice): Uint8Array | null {
	if (!chosen) return null;
	const fails = new Uint8Array(size);
	const isChosen = new Uint8Array(lists.size);
	for (const code of chosen) isChosen[code] = 1;
	for (let c = 0; c < size; c++) {
		let fail = 1;
		for (let k = lists.of[c]!; k < lists.of[c + 1]!; k++)
			if (isChosen[lists.codes[k]!]) fail = 0;
		fails[c] = fail;
	}
	return fails;
}

function countCodes(lists: CodeLists, isIn: (c: number) => boolean): Int32Array {
	const counts = new Int32Array(lists.size);
	for (let c = 0; c + 1 < lists.of.length; c++) {
		if (!isIn(c)) continue;
		for (let k = lists.of[c]!; k < lists.of[c + 1]!; k++) counts[lists.codes[k]!]!++;
	}
	return counts;
}
