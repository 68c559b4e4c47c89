// A log of many paths, deterministic; by itself of the size that the page must stay fluid
// with: 200 activities, 5,000 edges, 2,000 variants, 20,000 cases.

import { logData, histories, random } from '../test/desk.mjs';

export function bigLog(size = { activities: 200, edges: 5000, variants: 2000, cases: 20000 }) {
	const dice = random(8);
	const data = logData(histories(1, 1));
	const edges = makeEdges(dice, size);
	const variants = makeVariants(dice, edges, size);
	const label = (a) => `Aktivitet ${String(a + 1).padStart(3, '0')}`;
	const names = Array.from({ length: size.activities }, (_, a) => label(a));
	data.activities = { activity: names, label: names, kind: names.map((_, a) => (a === size.activities - 1 ? 'closed' : 'open')), answers: names.map(() => 0), is_start: names.map((_, a) => (a ? 0 : 1)), segment: names.map((_, a) => a % 4) };
	data.variants = { variant: variants.map((_, v) => String(v)), length: variants.map((v) => v.length), activities: variants.flat() };
	fillCases(data, dice, variants, size);
	return data;
}

/** Each activity has edges to others, near ones most of all. */
function makeEdges(dice, size) {
	const edges = Array.from({ length: size.activities }, () => new Set());
	for (let a = 0; a + 1 < size.activities; a++) edges[a].add(a + 1);
	let count = size.activities - 1;
	while (count < size.edges) {
		const a = Math.floor(dice() * (size.activities - 1));
		const b = Math.max(1, Math.min(size.activities - 1, a + Math.round((dice() - 0.4) * 80)));
		if (edges[a].has(b)) continue;
		edges[a].add(b);
		count++;
	}
	return edges.map((set) => [...set]);
}

/** Walks from the first activity to the last that together take every edge. */
function makeVariants(dice, edges, size) {
	const last = size.activities - 1;
	const unused = edges.map((list) => [...list]);
	return Array.from({ length: size.variants }, () => {
		const walk = [0];
		for (let at = 0; at !== last && walk.length < 24; walk.push(at)) at = unused[at].length ? unused[at].pop() : edges[at][Math.floor(dice() * edges[at].length)];
		if (walk.at(-1) !== last) walk.push(last);
		return walk;
	});
}

function fillCases(data, dice, variants, size) {
	const { cases: first, events, reopenings, team_visits, holds, messages } = data;
	for (const table of [first, events, reopenings, team_visits, holds, messages]) for (const name of Object.keys(table)) if (Array.isArray(table[name]) && name !== 'attributes') table[name] = [];
	const names = ['category', 'priority', 'channel', 'department'];
	first.attributes = names.map((name, k) => ({ name, type: 'text', values: Array.from({ length: 6 + 4 * k }, (_, v) => `${name} ${v}`), value: [] }));
	const created = Array.from({ length: size.cases }, () => data.as_of - Math.floor(dice() * 360 * 86400) - 86400).sort((a, b) => b - a);
	for (let c = 0; c < size.cases; c++) addCase(data, dice, variants, c, created[c]);
	data.sample = { cases: size.cases, limit: size.cases };
}

function addCase(data, dice, variants, c, created) {
	const { cases, events, team_visits, holds, messages, reopenings } = data;
	const variant = c < variants.length ? c : Math.floor(variants.length * dice() ** 3);
	const steps = variants[variant].map((_, i) => (i ? Math.floor(600 + dice() ** 4 * 400000) : 0));
	const length = steps.reduce((a, b) => a + b, 0);
	const row = { no: `T${100000 + c}`, variant, created, first_resolved: length, resolved: length, closed: length, is_open: 0, is_cut_off: 0, repeat_answers: 0,
		first_team: 1, resolving_team: 5 + c % 4, current_team: 5 + c % 4, handovers: 1, landing: c % 9 ? 'forwarded' : 'rerouted', is_returned_by_partner: 0, is_ping_pong: 0 };
	for (const [name, value] of Object.entries(row)) cases[name].push(value);
	for (const attribute of cases.attributes) attribute.value.push(Math.floor(attribute.values.length * dice() ** 2));
	for (const step of steps) {
		events.since.push(step);
		events.business_since.push(Math.floor(step / 4));
	}
	const half = Math.floor(length / 2);
	team_visits.count.push(2);
	for (const [team, from, to, outcome] of [[1, 0, half, 'passed_on'], [5 + c % 4, half, length, 'closed']]) {
		const visit = { team, from_at: from, to_at: to, outcome, elapsed: to - from, own: to - from, business_elapsed: Math.floor((to - from) / 4), business_own: Math.floor((to - from) / 4) };
		for (const [name, value] of Object.entries(visit)) team_visits[name].push(value);
	}
	holds.count.push(2);
	for (const [segment, duration] of [[0, half], [2, length - half]]) {
		holds.segment.push(segment);
		holds.duration.push(duration);
		holds.business_duration.push(Math.floor(duration / 4));
	}
	messages.count.push(c % 5);
	for (let m = 0; m < c % 5; m++) {
		messages.at.push(m * 1000);
		messages.direction.push(m % 2);
	}
	reopenings.count.push(0);
}
