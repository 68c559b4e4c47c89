// All that is mined from a log under the reader's choices; each part when it is first asked
// for, and once.

import type { LogData } from '../data';
import { applyChain, type Left } from '../chain/evaluate';
import { LocalTime } from '../mine/calendar_time';
import { cohortKinds, cohortMonths, type CohortKind, type CodeLists } from '../mine/cohort';
import { dimensions, type Dimension } from '../mine/dimensions';
import { mineGraph, type Graph } from '../mine/graph';
import { readLog, type Log } from '../mine/log';
import { buildMap, type ProcessMap } from '../mine/process_map';
import { applySlices, type Slice, type Sliced } from '../mine/slices';
import { countEvents, keepTraces, wholeTraces, type Traces } from '../mine/traces';
import { mineVariants, type Variant } from '../mine/variants';
import { correspondence, turnLimit } from '../questions/correspondence';
import { holders, type Which } from '../questions/holders';
import { landing } from '../questions/landing';
import { partners } from '../questions/partners';
import { reopenings } from '../questions/reopenings';
import type { DayLength } from '../ui/format';
import { calendarDay } from '../ui/format';
import { isAll, sameTraces, type State } from './state';

/** Mined from the log whatever is chosen. */
export class LogModel {
	readonly log: Log;
	readonly time: LocalTime;
	readonly dimensions: readonly Dimension[];
	readonly whole: Traces;
	readonly turnLimit: number;
	private months = new Map<CohortKind, CodeLists>();
	private current: Mined | null = null;
	private currentState: State | null = null;
	/** Mined from all cases, to which readers come back again and again. */
	private all: { readonly mined: Mined; readonly cohort: CohortKind } | null = null;

	constructor(readonly data: LogData) {
		this.log = readLog(data);
		this.time = new LocalTime(data);
		this.dimensions = dimensions(this.log);
		this.whole = wholeTraces(this.log);
		this.turnLimit = turnLimit(this.log);
	}

	cohortMonths(kind: CohortKind): CodeLists {
		let lists = this.months.get(kind);
		if (!lists) this.months.set(kind, (lists = cohortMonths(this.log, this.time, kind)));
		return lists;
	}

	/** First and last month that any cohort knows; null of an empty log. */
	monthRange(): readonly [number, number] | null {
		if (!this.log.size) return null;
		let [low, high] = [Infinity, -Infinity];
		for (const kind of cohortKinds) {
			for (const month of this.cohortMonths(kind).codes) {
				if (month < low) low = month;
				if (month > high) high = month;
			}
		}
		return [low, high];
	}

	mined(state: State): Mined {
		if (!this.current || !this.currentState || !sameTraces(state, this.currentState))
			this.current = isAll(state) ? this.minedAll(state) : new Mined(this, state);
		this.currentState = state;
		return this.current;
	}

	private minedAll(state: State): Mined {
		if (this.all?.cohort !== state.cohort)
			this.all = { mined: new Mined(this, state), cohort: state.cohort };
		return this.all.mined;
	}

	/** Seconds of ticks. */
	seconds(ticks: number): number {
		return ticks / this.data.ticks_per_second;
	}

	day(business: boolean): DayLength {
		const { calendar } = this.data;
		return business && calendar
			? { seconds: calendar.workday_seconds, isWork: true }
			: calendarDay;
	}

	url(c: number): string | null {
		const { case_url, cases } = this.data;
		const id = cases.id ?? cases.no;
		return (
			case_url &&
			case_url
				.replaceAll('{case_no}', () => urlPart(cases.no[c]!))
				.replaceAll('{case_id}', () => urlPart(id[c]!))
		);
	}
}

function urlPart(text: string): string {
	return encodeURIComponent(text).replace(
		/[!'()*]/g,
		(c) => '%' + c.charCodeAt(0).toString(16).toUpperCase(),
	);
}

/** Mined under choices. */
export class Mined {
	readonly sliced: Sliced;
	/** Cases and events of the slice, before the chain. */
	readonly before: Left;
	readonly left: readonly Left[];
	/** After slices and chain. */
	readonly chained: Traces;
	private known: Record<string, unknown> = {};

	constructor(
		private model: LogModel,
		private state: State,
	) {
		this.sliced = applySlices(model.log.size, this.slices());
		const { passes } = this.sliced;
		const slice = keepTraces(model.whole, (i) => passes[i]!);
		this.before = { cases: slice.cases.length, events: countEvents(slice) };
		const outcome = applyChain(model.log, slice, state.chain);
		this.left = outcome.left;
		this.chained = outcome.traces;
	}

	/** The months come first, then the dimensions in their order. */
	private slices(): Slice[] {
		const { model, state } = this;
		const months =
			state.months &&
			new Set(
				Array.from(
					{ length: state.months[1] - state.months[0] + 1 },
					(_, i) => state.months![0] + i,
				),
			);
		return [
			{ lists: model.cohortMonths(state.cohort), chosen: months },
			...model.dimensions.map((dimension) => ({
				lists: dimension,
				chosen: state.slices.get(dimension.name) ?? null,
			})),
		];
	}

	private once<T>(name: string, make: () => T): T {
		return (this.known[name] ??= make()) as T;
	}

	/** All variants, also those that are not picked. */
	get variants(): readonly Variant[] {
		return this.once('variants', () => mineVariants(this.model.log, this.chained));
	}

	/** Those that are picked and still there: filters of events may have made others of them. */
	get picked(): readonly Variant[] {
		const { picked } = this.state;
		return this.once('picked', () =>
			picked.size ? this.variants.filter((v) => picked.has(v.key)) : [],
		);
	}

	/** What the map and the questions are about: only the picked variants, if there are any. */
	get traces(): Traces {
		return this.once('traces', () => {
			if (!this.picked.length) return this.chained;
			const kept = new Set(this.picked.flatMap((v) => v.traces));
			return keepTraces(this.chained, (i) => kept.has(i));
		});
	}

	get graph(): Graph {
		return this.once('graph', () => mineGraph(this.model.log, this.traces));
	}

	get map(): ProcessMap {
		return this.once('map', () => buildMap(this.graph, this.model.data.activities.label));
	}

	get partners() {
		return this.once('partners', () => partners(this.model.log, this.traces.cases));
	}

	get landing() {
		return this.once('landing', () =>
			landing(this.model.log, this.model.time, this.traces.cases),
		);
	}

	get reopenings() {
		return this.once('reopenings', () =>
			reopenings(this.model.log, this.model.time, this.traces.cases),
		);
	}

	get correspondence() {
		return this.once('correspondence', () =>
			correspondence(this.model.log, this.traces.cases, this.model.turnLimit),
		);
	}

	holders(which: Which, business: boolean) {
		return this.once(`holders ${which} ${business}`, () =>
			holders(this.model.log, this.traces.cases, which, business),
		);
	}
}
