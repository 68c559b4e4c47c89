// Patterns against a matcher by structural recursion over all that a part can match, on random
// patterns and traces with breaks; against known answers; and against patterns made to explode.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { random } from './desk.mjs';
import { load } from './load.mjs';

const page = await load('chain/pattern', 'chain/pattern_text', 'chain/grammar');
const names = ['A', 'B', 'C', 'D', 'Løst m. mail'];
const log = { data: { activities: { activity: names }, ticks_per_second: 1 } };

function tracesOf(cases) {
	const all = cases.flatMap(({ events }) => events);
	let n = 0;
	const from = cases.map(({ events }) => (n += events.length) - events.length);
	return {
		cases: Int32Array.from(cases.keys()), from: Int32Array.from(from), to: Int32Array.from(cases, ({ events }, i) => from[i] + events.length),
		activity: Uint16Array.from(all, ([a]) => names.indexOf(a)), at: Float64Array.from(all, ([, at]) => at), business: null,
		gap: Uint8Array.from(cases.flatMap(({ events, breaks }) => events.map((_, i) => (breaks.has(i) ? 1 : 0)))),
		gapAtEnd: Uint8Array.from(cases, ({ events, breaks }) => (breaks.has(events.length) ? 1 : 0)), isWhole: false,
	};
}

// --- The oracle: places [event, may a break stand before it] behind a node, preferred first --

const relations = { '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>': (a, b) => a > b, '>=': (a, b) => a >= b };

function* ends(node, at, open, trace) {
	const { events, breaks } = trace;
	switch (node.kind) {
		case 'event': case 'other':
			if (at < events.length && (open || !breaks.has(at)) && node.labels.includes(events[at][0]) === (node.kind === 'event')) yield [at + 1, false];
			return;
		case 'begin': if (at === 0 && !breaks.has(0)) yield [at, open]; return;
		case 'end': if (at === events.length && !breaks.has(at)) yield [at, open]; return;
		case 'gap': for (let later = at; later <= events.length; later++) yield [later, true]; return;
		case 'sequence': yield* sequence(node.parts, at, open, trace); return;
		case 'choice': for (const part of node.parts) yield* ends(part, at, open, trace); return;
		case 'repeat': yield* repeat(node, at, open, trace); return;
		case 'bound':
			for (const place of ends(node.part, at, open, trace)) {
				const elapsed = place[0] > at ? events[place[0] - 1][1] - events[at][1] : 0;
				if (relations[node.relation](elapsed, node.seconds)) yield place;
			}
	}
}

function* sequence(parts, at, open, trace) {
	if (!parts.length) yield [at, open];
	else for (const place of ends(parts[0], at, open, trace)) yield* sequence(parts.slice(1), ...place, trace);
}

function* repeat({ part, least, most }, at, open, trace) {
	const fewer = { kind: 'repeat', part, least: Math.max(least - 1, 0), most: most - 1 };
	if (most > 0) for (const place of ends(part, at, open, trace)) if (least > 0 || place[0] > at) yield* repeat(fewer, ...place, trace);
	if (least === 0) yield [at, open];
}

function matches(node, trace) {
	const found = [];
	for (let at = 0; at < trace.events.length; ) {
		let end = null;
		for (const [to] of ends(node, at, true, trace)) if (to > at) { end = to; break; }
		if (end !== null) found.push([at, end]);
		at = end ?? at + 1;
	}
	return found;
}

// --- Random patterns as text -------------------------------------------------

const pick = (dice, list) => list[Math.floor(dice() * list.length)];
const label = (dice) => pick(dice, ['A', 'B', 'C', 'D', '"Løst m. mail"', "'Løst m. mail'"]);

function randomText(dice, depth, bounds) {
	const inner = (b = bounds) => randomText(dice, depth - 1, b);
	const kind = depth ? pick(dice, ['event', 'sequence', 'sequence', 'choice', 'repeat', 'bound']) : 'event';
	switch (kind) {
		case 'sequence': return `${dice() < 0.08 ? '^ ' : ''}(${inner()})${pick(dice, [' ', ' -> ', ' ~> '])}(${inner()})${dice() < 0.08 ? ' $' : ''}`;
		case 'choice': return `(${inner()} | ${inner()})`;
		case 'repeat': return `(${inner()})${pick(dice, ['*', '+', '?', '{2}', '{1,2}', '{2,}', '{0,3}'])}`;
		case 'bound': return bounds ? `(${inner(false)}){${pick(dice, ['<', '<=', '>', '>='])} ${pick(dice, ['0 seconds', '1 hour', '2 hours 30 minutes', '1 day'])}}` : inner();
		default: return pick(dice, [label(dice), label(dice), '.', `[${label(dice)} ${label(dice)}]`, `[^${label(dice)}]`]);
	}
}

function randomTrace(dice) {
	const size = 1 + Math.floor(dice() * 8);
	let at = 0;
	const events = Array.from({ length: size }, () => [pick(dice, names), (at += pick(dice, [0, 0, 3600, 7200, 90000]))]);
	const breaks = new Set(dice() < 0.3 ? Array.from({ length: 2 }, () => Math.floor(dice() * (size + 1))) : []);
	return { events, breaks };
}

test('random patterns match where the oracle says', () => {
	const dice = random(31);
	let found = 0;
	for (let n = 0; n < 4000; n++) {
		const text = randomText(dice, 3, true);
		const cases = Array.from({ length: 3 }, () => randomTrace(dice));
		const [tree, compiled, traces] = [page.parsePattern(text), page.compilePattern(log, text), tracesOf(cases)];
		cases.forEach((trace, i) => {
			const expected = matches(tree, trace);
			const place = traces.from[i];
			assert.deepEqual(compiled.all(traces, i).map(([a, b]) => [a - place, b - place]), expected, `${text} in ${JSON.stringify(trace.events)} ${[...trace.breaks]}`);
			assert.equal(compiled.test(traces, i), expected.length > 0, text);
			found += expected.length;
		});
	}
	assert.ok(found > 3000);
});

test('known answers', () => {
	const trace = (text, hours = 1) => ({ events: text.split('').map((a, i) => [a, i * 3600 * hours]), breaks: new Set() });
	const all = (text, events) => page.compilePattern(log, text).all(tracesOf([trace(events)]), 0);
	assert.deepEqual(all('A B', 'AABAB'), [[1, 3], [3, 5]]);
	assert.deepEqual(all('A ~> B', 'ACCBAB'), [[0, 4], [4, 6]]);
	assert.deepEqual(all('A .* B', 'ACCBAB'), [[0, 6]]);
	assert.deepEqual(all('(A ~> B){< 2 hours}', 'ACCBAB'), [[4, 6]]);
	assert.deepEqual(all('^ . . $', 'AB'), [[0, 2]]);
	assert.deepEqual(all('B*', 'AAA'), []);
});

test('no pattern explodes', () => {
	const events = Array.from({ length: 400 }, (_, i) => ['A', i]);
	const traces = tracesOf([{ events, breaks: new Set() }]);
	const began = performance.now();
	for (const text of ['(A*)* B', '(A | A)* B', '(A? A?){20} B', '((A+)+)+ B', '(A ~> A){> 10 days} B']) assert.equal(page.compilePattern(log, text).test(traces, 0), false, text);
	assert.ok(performance.now() - began < 60_000);
});

test('faults point at the place', () => {
	for (const [text, message] of [['', /character 1: expected an activity/], ['A B)', /character 4: nothing is open/], ['(A', /expected "\)"/], ['A{2,1}', /above the most/], ['*', /repeated/],
		['A{< 1 day}', /right behind the \)/], ['((A){< 1 day}){< 2 days}', /inside another/], ['(A){< 1 fortnight}', /weeks, days/], ['"A', /quote/], ['A{0}', /zero times/], ['(A{500}){3}', /1000 steps/]]) {
		assert.throws(() => page.parsePattern(text), (error) => error instanceof page.ChainError && message.test(error.message), text);
	}
});
