// Matching of patterns in traces, with the meaning of trace_pattern (src/pattern/pattern.h).
// A program of choices is followed in the order of preference; what has failed once at a place
// is not tried there again, so no pattern can be made to explode.

import type { Log } from '../mine/log';
import type { Traces } from '../mine/traces';
import { parsePattern, type PatternNode } from './pattern_text';

/** First event, and the one after the last; positions in the arrays of the traces. */
export type Match = [from: number, to: number];

export interface Pattern {
	test(traces: Traces, i: number): boolean;
	/** From left to right, without overlap. */
	all(traces: Traces, i: number): Match[];
}

type Instruction =
	| { op: 'take'; set: Uint8Array; depth: number }
	| { op: 'split'; first: number; second: number }
	| { op: 'jump'; to: number }
	| { op: 'gap' | 'turn'; depth: number }
	| { op: 'begin' | 'end' | 'open' | 'match' }
	| { op: 'close'; fits: (ticks: number) => boolean };

export function compilePattern(log: Log, text: string): Pattern {
	const program = new Compiler(log).compile(parsePattern(text));
	return {
		test: (traces, i) => new Search(program, traces, i).next(traces.from[i]!) !== null,
		all: (traces, i) => {
			const found: Match[] = [];
			for (let at = traces.from[i]!; ;) {
				const match = new Search(program, traces, i).next(at);
				if (!match) return found;
				found.push(match);
				at = match[1];
			}
		},
	};
}

/**
 * Turns beyond the least number of a repetition take at least one event each. Of those that lie in
 * each other, the outer ones have taken one if an inner one has; so it is enough to know how many
 * have.
 */
class Compiler {
	private program: Instruction[] = [];
	/** How many such turns the next instruction is in. */
	private depth = 0;

	constructor(private log: Log) {}

	compile(root: PatternNode): readonly Instruction[] {
		this.node(root);
		this.program.push({ op: 'match' });
		return this.program;
	}

	private node(node: PatternNode): void {
		switch (node.kind) {
			case 'event':
			case 'other':
				return this.take(node.labels, node.kind === 'event');
			case 'sequence':
				return node.parts.forEach((part) => this.node(part));
			case 'choice':
				return this.choice(node.parts);
			case 'repeat':
				return this.repeat(node.part, node.least, node.most);
			case 'bound':
				return this.bound(node);
			case 'gap':
				this.program.push({ op: 'gap', depth: this.depth });
				return;
			default:
				this.program.push({ op: node.kind });
		}
	}

	private take(labels: readonly string[], isIn: boolean): void {
		const wanted = new Set(labels);
		this.program.push({
			op: 'take',
			set: Uint8Array.from(this.log.data.activities.activity, (name) =>
				wanted.has(name) === isIn ? 1 : 0,
			),
			depth: this.depth,
		});
	}

	private choice(parts: readonly PatternNode[]): void {
		const jumps: { op: 'jump'; to: number }[] = [];
		parts.forEach((part, k) => {
			const split = { op: 'split' as const, first: this.program.length + 1, second: 0 };
			const isLast = k === parts.length - 1;
			if (!isLast) this.program.push(split);
			this.node(part);
			if (isLast) return;
			const jump = { op: 'jump' as const, to: 0 };
			this.program.push(jump);
			jumps.push(jump);
			split.second = this.program.length;
		});
		for (const jump of jumps) jump.to = this.program.length;
	}

	private repeat(part: PatternNode, least: number, most: number): void {
		for (let k = 0; k < least; k++) this.node(part);
		const loop = this.program.length;
		const turns = most === Infinity ? 1 : most - least;
		const splits: { op: 'split'; first: number; second: number }[] = [];
		for (let k = 0; k < turns; k++) {
			const split = { op: 'split' as const, first: this.program.length + 1, second: 0 };
			this.program.push(split);
			splits.push(split);
			this.depth++;
			this.node(part);
			this.program.push({ op: 'turn', depth: this.depth });
			this.depth--;
		}
		if (most === Infinity) this.program.push({ op: 'jump', to: loop });
		for (const split of splits) split.second = this.program.length;
	}

	private bound({ part, relation, seconds }: Extract<PatternNode, { kind: 'bound' }>): void {
		const limit = seconds * this.log.data.ticks_per_second;
		const relations = {
			'<': (t: number) => t < limit,
			'<=': (t: number) => t <= limit,
			'>': (t: number) => t > limit,
			'>=': (t: number) => t >= limit,
		};
		this.program.push({ op: 'open' });
		this.node(part);
		this.program.push({ op: 'close', fits: relations[relation] });
	}
}

/**
 * A place in the search: instruction, event, whether a break may stand before it, where the time
 * bound's group began, and how many turns have taken an event.
 */
type Place = readonly [pc: number, at: number, isOpen: boolean, group: number, taken: number];

/** The search in one trace, from one event after the other. */
class Search {
	private tried = new Set<number>();
	private readonly first: number;
	private readonly end: number;

	constructor(
		private program: readonly Instruction[],
		private traces: Traces,
		private i: number,
	) {
		this.first = traces.from[i]!;
		this.end = traces.to[i]!;
	}

	/** The first match that begins at an event or after it. */
	next(from: number): Match | null {
		for (let start = from; start < this.end; start++) {
			const to = this.run(start);
			if (to > start) return [start, to];
		}
		return null;
	}

	private run(start: number): number {
		const stack: Place[] = [[0, start, true, -1, 0]];
		for (let place = stack.pop(); place; place = stack.pop()) {
			if (!this.isNew(place)) continue;
			const [pc, at] = place;
			if (this.program[pc]!.op !== 'match') this.step(place, stack);
			else if (at > start) return at;
		}
		return -1;
	}

	/** What has failed for one beginning fails for later ones, too. */
	private isNew([pc, at, isOpen, group, taken]: Place): boolean {
		const size = this.end - this.first + 2;
		const where =
			(pc * size + at - this.first) * size + (group < 0 ? 0 : group - this.first + 1);
		const key = (where * 128 + taken) * 2 + (isOpen ? 1 : 0);
		if (this.tried.has(key)) return false;
		this.tried.add(key);
		return true;
	}

	/** Pushes where it goes on; what is preferred comes last, to be taken first. */
	private step([pc, at, isOpen, group, taken]: Place, stack: Place[]): void {
		const { traces } = this;
		const instruction = this.program[pc]!;
		const goOn = () => stack.push([pc + 1, at, isOpen, group, taken]);
		switch (instruction.op) {
			case 'take':
				if (
					at < this.end &&
					(isOpen || !traces.gap[at]) &&
					instruction.set[traces.activity[at]!]
				)
					stack.push([pc + 1, at + 1, false, group, instruction.depth]);
				break;
			case 'split':
				stack.push(
					[instruction.second, at, isOpen, group, taken],
					[instruction.first, at, isOpen, group, taken],
				);
				break;
			case 'jump':
				stack.push([instruction.to, at, isOpen, group, taken]);
				break;
			case 'begin':
				if (at === this.first && !traces.gap[at]) goOn();
				break;
			case 'end':
				if (at === this.end && !traces.gapAtEnd[this.i]) goOn();
				break;
			// The nearest event first: going on here is preferred to one event more.
			case 'gap':
				if (at < this.end) stack.push([pc, at + 1, true, group, instruction.depth]);
				stack.push([pc + 1, at, true, group, taken]);
				break;
			case 'turn':
				if (taken >= instruction.depth)
					stack.push([pc + 1, at, isOpen, group, instruction.depth - 1]);
				break;
			case 'open':
				stack.push([pc + 1, at, isOpen, at, taken]);
				break;
			case 'close':
				if (instruction.fits(at > group ? traces.at[at - 1]! - traces.at[group]! : 0))
					stack.push([pc + 1, at, isOpen, -1, taken]);
				break;
		}
	}
}
