// What the reader has chosen. It changes by update() alone, which notifies its watchers.

import type { Language, Positions } from '../data';
import type { Chain } from '../chain/grammar';
import type { Clock } from '../mine/graph';
import type { CohortKind } from '../mine/cohort';

export type Measure = 'median' | 'mean' | 'p90' | 'total';
export type Unit = 'cases' | 'events';
export type PanelName =
	| 'details'
	| 'variants'
	| 'partners'
	| 'landing'
	| 'reopened'
	| 'holders'
	| 'correspondence'
	| 'compare'
	| 'lookup'
	| 'quality';

/** An activity, or an edge between two of "start", "end", "open" and activities' indices. */
export type Selected =
	{ readonly node: NodeName } | { readonly source: NodeName; readonly target: NodeName } | null;
export type NodeName = number | 'start' | 'end' | 'open';

export interface State {
	readonly language: Language;
	readonly cohort: CohortKind;
	/** First and last month; null for all. */
	readonly months: readonly [number, number] | null;
	/** Chosen codes by name of dimension. */
	readonly slices: ReadonlyMap<string, ReadonlySet<number>>;
	readonly chain: Chain;
	/** Keys of picked variants; empty for all. */
	readonly picked: ReadonlySet<string>;
	readonly unit: Unit;
	readonly measure: Measure;
	readonly clock: Clock;
	/**
	 * Shares of the sliders, 0 to 1; null until the reader sets one: what can be taken in at once.
	 */
	readonly activities: number | null;
	readonly paths: number | null;
	/** Where the reader put nodes, by activity. */
	readonly moved: Positions;
	readonly selected: Selected;
	readonly panel: PanelName;
	readonly search: string;
	/** The case that has been looked up. */
	readonly lookup: number | null;
	readonly compare: readonly [readonly [number, number], readonly [number, number]] | null;
}

type Watcher = (state: State, before: State) => void;

export class Store {
	private watchers: Watcher[] = [];

	constructor(private current: State) {}

	get state(): State {
		return this.current;
	}

	watch(watcher: Watcher): void {
		this.watchers.push(watcher);
	}

	update(change: Partial<State>): void {
		const before = this.current;
		this.current = { ...before, ...change };
		for (const watcher of this.watchers) watcher(this.current, before);
	}
}

export function initialState(language: Language, rest: Partial<State>): State {
	return {
		language,
		cohort: 'created',
		months: null,
		slices: new Map(),
		chain: [],
		picked: new Set(),
		unit: 'cases',
		measure: 'median',
		clock: 'elapsed',
		activities: null,
		paths: null,
		moved: {},
		selected: null,
		panel: 'details',
		search: '',
		lookup: null,
		compare: null,
		...rest,
	};
}

/** Whether a state leaves all cases and events. */
export function isAll(state: State): boolean {
	return !state.months && !state.slices.size && !state.chain.length && !state.picked.size;
}

/** Whether two states leave the same cases and events. */
export function sameTraces(a: State, b: State): boolean {
	return (
		a.cohort === b.cohort &&
		a.months === b.months &&
		a.slices === b.slices &&
		a.chain === b.chain &&
		a.picked === b.picked
	);
}
