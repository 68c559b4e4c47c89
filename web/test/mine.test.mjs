// Mining in the browser's code against plain computation on the raw histories: graphs,
// chains in random order, slices, cohorts, variants, what two shares show.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACTIVITIES, facts, histories, logData, random, reopenings } from './desk.mjs';
import { load } from './load.mjs';
import * as oracle from './oracle.mjs';
import { randomChain } from './random_chains.mjs';

const page = await load('mine/log', 'mine/traces', 'mine/graph', 'mine/variants', 'mine/process_map', 'mine/cohort', 'mine/calendar_time', 'chain/evaluate', 'chain/grammar', 'chain/check', 'chain/exact', 'chain/slices', 'questions/reopenings', 'app/model', 'app/state');
const stories = histories(700, 99);
const data = logData(stories);
const log = page.readLog(data);
const activity = data.activities.label;

/** Edges as the oracle names them. */
function edgesOf(graph) {
	const found = new Map();
	const set = (key, cases, times, index) => cases && found.set(key, { cases, times, index });
	const { edges, activities } = graph;
	for (let k = 0; k < edges.count; k++) set(`${activity[edges.source[k]]} → ${activity[edges.target[k]]}`, edges.caseFrequency[k], edges.frequency[k], k);
	activity.forEach((label, a) => {
		set(`Start → ${label}`, activities.starts[a], activities.starts[a], -1);
		set(`${label} → Slut`, activities.ends[a], activities.ends[a], -1);
		set(`${label} → Stadig åben`, activities.open[a], activities.open[a], -1);
	});
	return found;
}

function assertSameGraph(graph, cases, of) {
	const expected = oracle.graph(cases);
	const found = edgesOf(graph);
	assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort(), of);
	for (const [key, edge] of expected) {
		assert.equal(found.get(key).cases, edge.cases.size, `${of}: cases of ${key}`);
		assert.equal(found.get(key).times, edge.times, `${of}: times of ${key}`);
		if (found.get(key).index < 0) continue;
		for (const [clock, durations] of [['elapsed', edge.durations], ['business', edge.business]]) {
			const s = graph.statistics(found.get(key).index, clock);
			assert.equal(s.total, durations.reduce((a, b) => a + b, 0), `${of}: total of ${key}`);
			for (const [name, share] of [['min', 0], ['median', 0.5], ['p90', 0.9], ['max', 1]]) {
				assert.ok(Math.abs(s[name] - oracle.quantile(durations, share)) < 1e-6, `${of}: ${clock} ${name} of ${key}`);
			}
		}
	}
}

test('the graph of the whole log', () => {
	assertSameGraph(page.mineGraph(log, page.wholeTraces(log)), oracle.whole(stories), 'whole log');
});

test('random chains leave the same cases, events and graphs, step by step', () => {
	const dice = random(7);
	for (let n = 0; n < 150; n++) {
		const chain = randomChain(dice, stories);
		page.parseChain(chain);
		const expected = oracle.applyChain(oracle.whole(stories), chain);
		const { traces, left } = page.applyChain(log, page.wholeTraces(log), chain);
		const of = JSON.stringify(chain);
		assert.deepEqual(left, expected.left, of);
		assert.deepEqual(Array.from(traces.cases, (c) => data.cases.no[c]), expected.cases.map(({ story }) => story.no), of);
		assertSameGraph(page.mineGraph(log, traces), expected.cases, of);
	}
});

test('variants are the sequences, with breaks, and add up', () => {
	const dice = random(11);
	for (let n = 0; n < 40; n++) {
		const chain = n ? randomChain(dice, stories) : [];
		const { cases } = oracle.applyChain(oracle.whole(stories), chain);
		const { traces } = page.applyChain(log, page.wholeTraces(log), chain);
		const expected = new Map();
		for (const { trace } of cases) {
			const key = trace.map((event) => (event ? event[0] : '|')).join('>');
			expected.set(key, (expected.get(key) ?? 0) + 1);
		}
		const variants = page.mineVariants(log, traces);
		const found = new Map(variants.map((v) => [v.activities.map((a) => (a < 0 ? '|' : activity[a])).join('>'), v.traces.length]));
		assert.deepEqual([...found].sort(), [...expected].sort(), JSON.stringify(chain));
		assert.ok(variants.every((v, i) => !i || v.traces.length <= variants[i - 1].traces.length));
	}
});

test('what two shares show is what the definition says, and nothing shown hangs in the air', () => {
	const dice = random(13);
	for (let n = 0; n < 120; n++) {
		const chain = n % 3 ? [] : randomChain(dice, stories).filter((step) => !('mask_events' in step));
		const cases = oracle.applyChain(oracle.whole(stories), chain).cases.filter(() => n % 2 || dice() < 0.1);
		const kept = new Set(cases.map(({ story }) => story.no));
		const chained = page.applyChain(log, page.wholeTraces(log), chain).traces;
		const traces = page.keepTraces(chained, (i) => kept.has(data.cases.no[chained.cases[i]]));
		if (!cases.length) continue;
		const [activities, paths] = n < 4 ? [n & 1, n >> 1] : [dice(), dice() ** 2];
		const graph = page.mineGraph(log, traces);
		const map = page.buildMap(graph, activity);
		const found = page.simplify(map, activities, paths);
		const label = (node) => (node === 0 ? 'Start' : node === map.end ? 'Slut' : node === map.open ? 'Stadig åben' : activity[map.activityOf[node]]);
		const edges = map.edges.filter((_, k) => found.edges[k]).map((e) => `${label(e.source)} → ${label(e.target)}`);
		const figures = activity.map((name, a) => ({ label: name, cases: graph.activities.caseFrequency[a], times: graph.activities.frequency[a] })).filter((a) => a.times);
		const expected = oracle.shown(oracle.graph(cases), figures, activities, paths);
		assert.deepEqual(edges.sort(), [...expected.edges].sort());
		const shownActivities = [...found.nodes.keys()].filter((node) => found.nodes[node] && map.activityOf[node] >= 0).map(label);
		assert.deepEqual(shownActivities.sort(), [...expected.activities].sort());
		assertConnected(edges, shownActivities);
		for (const [end, cases] of [[map.end, graph.activities.ends], [map.open, graph.activities.open]]) {
			assert.equal(found.nodes[end] === 1, activity.some((name, a) => cases[a] && shownActivities.includes(name)), label(end));
		}
	}
});

function assertConnected(edges, activities) {
	const reach = (roots, near, far) => {
		const found = new Set(roots);
		for (let size = -1; size < found.size; ) {
			size = found.size;
			for (const edge of edges) if (found.has(edge.split(' → ')[near])) found.add(edge.split(' → ')[far]);
		}
		return found;
	};
	const [fromStart, toEnd] = [reach(['Start'], 0, 1), reach(['Slut', 'Stadig åben'], 1, 0)];
	for (const label of activities) assert.ok(fromStart.has(label) && toEnd.has(label), label);
}

test('months of cohorts', () => {
	const time = new page.LocalTime(data);
	for (const cohort of page.cohortKinds) {
		const { of, codes } = page.cohortMonths(log, time, cohort);
		stories.forEach((story, c) => {
			const found = Array.from(codes.subarray(of[c], of[c + 1]), (m) => `${Math.floor(m / 12)}-${String((m % 12) + 1).padStart(2, '0')}`);
			assert.deepEqual(found.sort(), [...oracle.months(story, cohort)].sort(), `${cohort} of ${story.no}`);
		});
	}
});

test('conditions on columns of the cases, and on their teams', () => {
	const left = (attribute) => Array.from(page.applyChain(log, page.wholeTraces(log), page.readChain(log, [{ keep_cases: { attribute } }])).traces.cases, (c) => data.cases.no[c]);
	const expected = (holds) => stories.filter((story) => holds(story, facts(story))).map((story) => story.no);
	assert.deepEqual(left({ is_open: [true] }), expected((_, fact) => fact.isOpen));
	assert.deepEqual(left({ is_open: [0], is_cut_off: [1] }), expected((_, fact) => !fact.isOpen && fact.isCutOff));
	assert.deepEqual(left({ teams: ['Digitalisering', 'x'] }), expected((story) => story.teams.some(([team]) => team === 'Digitalisering')));
	assert.deepEqual(left({ status: ['Lukket'] }), expected((_, fact) => fact.states.at(-1)?.[0] === 'Lukket'));
	assert.deepEqual(left({ is_answered_again: [1] }), expected((_, fact) => reopenings(fact).some((r) => r.outcome === 'answered_again')));
	assert.deepEqual(left({ case_id: [stories[3].no, 17, null] }), [stories[3].no]);
	assert.throws(() => left({ agent: ['x'] }), /no attribute "agent"/);
	assert.throws(() => page.readChain(log, [{ drop_cases: { matches: 'A (' } }]), /pattern, at character/);
});

test('numbers of chains keep all their digits, and are no texts', () => {
	const values = ['9007199254740992', '9007199254740993', '0.1', '0.10000000000000000001', '1e+300', 'NaN', '-5'];
	const serial = { name: 'serial', type: 'number', values, value: stories.map((_, c) => (c % 8) - 1) };
	const wide = (id_type) => page.readLog({ ...data, cases: { ...data.cases, attributes: [serial], id: stories.map((_, c) => String(9007199254740990n + BigInt(c))), id_type } });
	const left = (of, text) => Array.from(page.applyChain(of, page.wholeTraces(of), page.readChain(of, page.parseExact(text))).traces.cases);
	const by = (name, list) => `[{"keep_cases": {"attribute": {"${name}": [${list}]}}}]`;
	const [numbers, texts] = [wide('number'), wide('string')];
	assert.deepEqual(left(numbers, by('case_id', '9007199254740993, 9007199254740995.0, "9007199254740994"')), [3, 5]);
	assert.deepEqual(left(texts, by('case_id', '9007199254740993, "9007199254740994"')), [4]);
	const having = (...codes) => stories.map((_, c) => c).filter((c) => codes.includes((c % 8) - 1));
	for (const [list, ...codes] of [['9007199254740993', 1], ['9007199254740992.0', 0], ['0.1', 2], ['0.10000000000000000001', 3], ['1E300', 4], ['"NaN", null', 5, -1], ['-5.0e0', 6], ['"-5"']]) {
		assert.deepEqual(left(numbers, by('serial', list)), having(...codes), list);
	}
	const text = by('serial', '9007199254740993, 0.10000000000000000001, 12, "9007199254740993\\u200b"').replaceAll(' ', '');
	assert.equal(page.stringifyExact(page.parseExact(text)).replace(/\s/g, ''), text);
	const model = new page.LogModel(numbers.data);
	const steps = page.slicesToSteps(model, { ...page.initialState('en', {}), slices: new Map([['serial', new Set([1, 3])]]) });
	assert.equal(page.stringifyExact(steps.chain).replace(/\s/g, ''), by('serial', '9007199254740993,0.10000000000000000001').replaceAll(' ', ''));
	for (const wrong of ['[{"drop_events": [00000000000000000000012]}]', '[99999999999999999999x]', '[{"keep_cases": {"length_over": 99999999999999999999}}]', '[{"keep_cases": {"length_over": -1}}]']) assert.throws(() => left(numbers, wrong), wrong);
});

test('a month is final when 720 hours are over after its end, also where the clock is changed in them', () => {
	const from = ['2022-12-01T00:00Z', '2023-03-26T01:00Z', '2023-10-29T01:00Z'].map((at) => Date.parse(at) / 1000);
	const final = (as_of) => {
		const at = { ...data, as_of: Date.parse(as_of) / 1000, time_zone: { name: 'Europe/Copenhagen', from, offset: [3600, 7200, 3600] } };
		const months = page.reopenings(page.readLog(at), new page.LocalTime(at), Int32Array.from(stories, (_, c) => c)).months();
		return months.filter(({ isFinal }) => isFinal).map(({ month }) => (month % 12) + 1 + 100 * Math.floor(month / 12)).at(-1) % 100;
	};
	const told = { '2023-03-31T00:30+02:00': 1, '2023-03-31T00:59:59+02:00': 1, '2023-03-31T01:00+02:00': 2, '2023-04-30T23:59:59+02:00': 2, '2023-05-01T00:00+02:00': 3, '2023-10-30T22:59:59+01:00': 8, '2023-10-30T23:00+01:00': 9, '2023-11-30T23:59:59+01:00': 9, '2023-12-01T00:00+01:00': 10 };
	for (const [as_of, month] of Object.entries(told)) assert.equal(final(as_of), month, as_of);
});

test('times are sliced by their day, and compared as they are', () => {
	const values = ['2023-03-01T08:00:00', '2023-03-01T09:30:00.5', '2023-03-02T08:00:00'];
	const due = { name: 'due', type: 'time', values, value: stories.map((_, c) => (c % 4) - 1) };
	const model = new page.LogModel({ ...data, cases: { ...data.cases, attributes: [due] } });
	const at = (...times) => stories.filter((_, c) => times.includes(c % 4 ? values[(c % 4) - 1] : null)).map((story) => story.no);
	const left = (state) => Array.from(model.mined({ ...page.initialState('en', {}), ...state }).traces.cases, (c) => data.cases.no[c]);
	assert.deepEqual(model.dimensions.at(-1).values, ['2023-03-01', '2023-03-02', '']);
	const keep = (...times) => ({ chain: [{ keep_cases: { attribute: { due: times } } }] });
	assert.deepEqual(left(keep(values[1], null)), at(values[1], null));
	assert.deepEqual(left(keep('2023-03-01')), []);
	for (const [code, times] of [values.slice(0, 2), values.slice(2), [null]].entries()) {
		const state = { ...page.initialState('en', {}), slices: new Map([['due', new Set([code])]]) };
		assert.deepEqual(left(state), at(...times));
		const { chain } = page.slicesToSteps(model, state);
		assert.deepEqual([chain, left({ chain })], [keep(...times).chain, at(...times)]);
	}
});

test('faults of chains name the step and the key', () => {
	const faults = [
		[{}, /a list of steps/], [[{ keep: [] }], /step 1, keep: no such step/], [[{ drop_events: ['A'] }, { drop_events: [1] }], /step 2, drop_events/],
		[[{ keep_cases: { duration_over: 'P1M' } }], /step 1, duration_over/], [[{ keep_cases: {} }], /step 1, keep_cases/], [[{ keep_cases: { length_over: '3' } }], /length_over/],
		[[{ keep_cases: { starts_in: { from_at: '2023-01-01' } } }], /from_at/], [[{ crop_events: {} }], /"from" or "to"/], [[{ keep_cases: { constructor: 1 } }], /constructor/],
		[[{ drop_events: ['A'], keep_events: ['B'] }], /one key/], [[{ keep_cases: { attribute: { a: 1 } } }], /attribute/], [Array(1001).fill({ drop_events: ['A'] }), /1,000/]];
	for (const [chain, message] of faults) assert.throws(() => page.parseChain(chain), message, JSON.stringify(chain).slice(0, 80));
});

test('all activities of the desk are in its dictionary', () => assert.equal(activity.length, ACTIVITIES.length));
