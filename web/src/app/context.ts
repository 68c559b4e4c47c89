// What the parts of the page share.

import type { Names } from '../map/scene';
import type { ProcessMap } from '../mine/process_map';
import type { LogModel, Mined } from './model';
import type { State, Store } from './state';

export interface Context {
	readonly store: Store;
	readonly names: Names;
	/** Whether durations are known in elapsed and in business time. */
	readonly clocks: readonly State['clock'][];
	processMap(): ProcessMap;
}

export interface LogContext extends Context {
	readonly model: LogModel;
	mined(): Mined;
	/** Lists the cases behind a number. */
	list(label: string, cases: ArrayLike<number>): void;
}
