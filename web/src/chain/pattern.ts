// Patterns over activities: not in this page yet.

import type { Log } from '../mine/log';
import type { Traces } from '../mine/traces';
import { ChainError } from './grammar';

/** First event, and the one behind the last. */
export type Match = [from: number, to: number];

export interface Pattern {
	test(traces: Traces, i: number): boolean;
	all(traces: Traces, i: number): Match[];
}

export function compilePattern(_log: Log, text: string): Pattern {
	throw new ChainError(`pattern ${text}: not supported`);
}

/** Finds faults in patterns before a chain is taken. */
export function compilePatterns(_log: Log, _chain: unknown): void {}
