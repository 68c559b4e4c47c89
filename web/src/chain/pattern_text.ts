// The text of patterns over activities, as trace_pattern reads it, into a tree.

import { ChainError } from './grammar';

export type PatternNode =
	| { kind: 'event' | 'other'; labels: string[] }
	| { kind: 'begin' | 'end' | 'gap' }
	| { kind: 'sequence' | 'choice'; parts: PatternNode[] }
	| { kind: 'repeat'; part: PatternNode; least: number; most: number }
	| { kind: 'bound'; part: PatternNode; relation: '<' | '<=' | '>' | '>='; seconds: number };

const MOST_STEPS = 1000;
const MOST_DEPTH = 100;
const BARE = /[\w\u0080-\u{10ffff}]+(?:-[\w\u0080-\u{10ffff}]+)*/uy;
const UNITS: readonly [string, number][] = [
	['week', 604800],
	['day', 86400],
	['hour', 3600],
	['minute', 60],
	['second', 1],
];

export function parsePattern(text: string): PatternNode {
	return new Parser(text).whole();
}

class Parser {
	private at = 0;
	private depth = 0;

	constructor(private text: string) {}

	whole(): PatternNode {
		const root = this.choice();
		if (this.at < this.text.length) this.fail('nothing is open that this could close');
		if (countSteps(root) > MOST_STEPS) this.fail(`more than ${MOST_STEPS} steps`);
		return root;
	}

	private fail(what: string): never {
		throw new ChainError(`pattern, at character ${this.at + 1}: ${what}`);
	}

	private space(): void {
		while (/[ \t\r\n\f\v]/.test(this.text[this.at] ?? '')) this.at++;
	}

	private accept(token: string): boolean {
		if (!this.text.startsWith(token, this.at)) return false;
		this.at += token.length;
		return true;
	}

	private expect(token: string): void {
		this.space();
		if (!this.accept(token)) this.fail(`expected "${token}"`);
	}

	private choice(): PatternNode {
		const parts = [this.sequence()];
		while (this.accept('|')) parts.push(this.sequence());
		return parts.length > 1 ? { kind: 'choice', parts } : parts[0]!;
	}

	private sequence(): PatternNode {
		const parts: PatternNode[] = [];
		this.space();
		for (let more = true; more;) {
			parts.push(this.piece());
			this.space();
			more = this.at < this.text.length && !/[|)]/.test(this.text[this.at]!);
			if (this.accept('~>')) parts.push({ kind: 'gap' });
			else this.accept('->');
			this.space();
		}
		return parts.length > 1 ? { kind: 'sequence', parts } : parts[0]!;
	}

	private piece(): PatternNode {
		const atom = this.atom();
		this.space();
		if (this.accept('*')) return { kind: 'repeat', part: atom, least: 0, most: Infinity };
		if (this.accept('+')) return { kind: 'repeat', part: atom, least: 1, most: Infinity };
		if (this.accept('?')) return { kind: 'repeat', part: atom, least: 0, most: 1 };
		if (/^\{\s*[<>]/.test(this.text.slice(this.at)))
			this.fail('a time bound stands right behind the ) of its group');
		return this.accept('{') ? this.counts(atom) : atom;
	}

	private atom(): PatternNode {
		if (this.accept('(')) return this.group();
		if (this.accept('[')) return this.set();
		if (this.accept('.')) return { kind: 'other', labels: [] };
		if (this.accept('^')) return { kind: 'begin' };
		if (this.accept('$')) return { kind: 'end' };
		if (/[*+?{]/.test(this.text[this.at] ?? ''))
			this.fail('nothing stands here that could be repeated');
		return { kind: 'event', labels: [this.activity()] };
	}

	private activity(): string {
		const quote = this.text[this.at];
		if (quote === '"' || quote === "'") return this.quoted(quote);
		BARE.lastIndex = this.at;
		const found = BARE.exec(this.text);
		if (!found) this.fail('expected an activity; most special characters need quotes');
		this.at += found[0].length;
		return found[0];
	}

	private quoted(quote: string): string {
		let label = '';
		for (this.at++; this.text[this.at] !== quote; this.at++) {
			if (this.text[this.at] === '\\') this.at++;
			if (this.at >= this.text.length) this.fail('a quote is not closed');
			label += this.text[this.at]!;
		}
		this.at++;
		return label;
	}

	private set(): PatternNode {
		const labels: string[] = [];
		this.space();
		const kind = this.accept('^') ? 'other' : 'event';
		do {
			this.space();
			labels.push(this.activity());
			this.space();
		} while (!this.accept(']'));
		return { kind, labels };
	}

	private group(): PatternNode {
		if (++this.depth > MOST_DEPTH) this.fail(`more than ${MOST_DEPTH} levels of nesting`);
		const part = this.choice();
		this.depth--;
		this.expect(')');
		this.space();
		const bound = /^\{\s*(<=?|>=?)\s*/.exec(this.text.slice(this.at));
		if (!bound) return part;
		if (hasBound(part)) this.fail('a time bound is inside another one');
		this.at += bound[0].length;
		return { kind: 'bound', part, relation: bound[1] as '<', seconds: this.duration() };
	}

	private duration(): number {
		let seconds = 0;
		do {
			const found = /^(\d+(?:\.\d{1,6})?)\s*(week|day|hour|minute|second)s?\s*/.exec(
				this.text.slice(this.at),
			);
			if (!found) this.fail('expected weeks, days, hours, minutes or seconds');
			if (found[1]!.includes('.') && found[2] !== 'second')
				this.fail('only seconds have a fraction');
			seconds += Number(found[1]) * UNITS.find(([name]) => name === found[2])![1];
			this.at += found[0].length;
		} while (/\d/.test(this.text[this.at] ?? ''));
		this.expect('}');
		return seconds;
	}

	private counts(part: PatternNode): PatternNode {
		const found = /^\s*(\d+)\s*(,\s*(\d*)\s*)?\}/.exec(this.text.slice(this.at));
		if (!found) this.fail('expected m}, m,} or m,n}');
		const least = Number(found[1]);
		const most = found[2] === undefined ? least : found[3] ? Number(found[3]) : Infinity;
		if (most === 0) this.fail('repeated at most zero times');
		if (least > most) this.fail('the least number of repetitions is above the most');
		if (least > MOST_STEPS || (most !== Infinity && most > MOST_STEPS))
			this.fail(`more than ${MOST_STEPS} steps`);
		this.at += found[0].length;
		return { kind: 'repeat', part, least, most };
	}
}

function hasBound(node: PatternNode): boolean {
	return (
		node.kind === 'bound' ||
		('parts' in node ? node.parts.some(hasBound) : 'part' in node && hasBound(node.part))
	);
}

function countSteps(node: PatternNode): number {
	if ('labels' in node) return Math.max(1, node.labels.length);
	if ('parts' in node) return node.parts.reduce((sum, part) => sum + countSteps(part), 0);
	if (node.kind === 'repeat')
		return (
			1 + countSteps(node.part) * Math.max(node.least, node.most === Infinity ? 1 : node.most)
		);
	return node.kind === 'bound' ? 1 + countSteps(node.part) : 1;
}
