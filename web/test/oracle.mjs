// What the page must show, computed from raw histories in the plainest way: lists and maps,
// no typed arrays, no code of the page. A trace is a list of events [activity, at] and of
// breaks, null; a case is { story, trace }.

import { AS_OF, businessUntil, facts, reopenings } from './desk.mjs';

export const whole = (stories) => stories.map((story) => ({ story, trace: story.events }));

// --- Slicers ---------------------------------------------------------------

const monthOf = (at) => new Date((at + 3600) * 1000).toISOString().slice(0, 7);

function nextMonth(month) {
	const [year, number] = month.split('-').map(Number);
	return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
}

function openMonths(fact) {
	const found = new Set();
	const spans = [[fact.created, fact.firstResolved ?? AS_OF], ...reopenings(fact).map((r) => [r.reopened_at, r.done_again_at ?? AS_OF])];
	for (const [from, to] of spans) {
		if (to <= from) continue;
		for (let month = monthOf(from); month <= monthOf(to - 1); month = nextMonth(month)) found.add(month);
	}
	return found;
}

/** Months of a case in a cohort, as 2023-01. */
export function months(story, cohort) {
	const fact = facts(story);
	switch (cohort) {
		case 'created': return new Set([monthOf(fact.created)]);
		case 'resolved': return new Set(fact.runs.map((run) => monthOf(run.at)));
		case 'closed': return new Set(fact.states.filter(([a], i) => a === 'Lukket' && fact.states[i - 1]?.[0] !== 'Lukket').map(([, at]) => monthOf(at)));
		default: return new Set([...story.events.map(([, at]) => monthOf(at)), ...openMonths(fact)]);
	}
}

// --- Chains ----------------------------------------------------------------

const names = (trace) => trace.filter(Boolean).map(([a]) => a);
const seconds = (iso) => {
	const [, days = 0, hours = 0, whole = 0] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)S)?)?$/.exec(iso);
	return Number(days) * 86400 + Number(hours) * 3600 + Number(whole);
};
const within = ({ from_at, to_at }, at) => (from_at === undefined || at >= Date.parse(from_at) / 1000) && (to_at === undefined || at < Date.parse(to_at) / 1000);
const bounds = {
	over: (value, limit) => value > limit, under: (value, limit) => value < limit,
	at_least: (value, limit) => value >= limit, at_most: (value, limit) => value <= limit,
};

function pairs(trace) {
	return trace.flatMap((event, i) => (i && event && trace[i - 1] ? [[trace[i - 1], event]] : []));
}

function holds(kase, name, value) {
	const { trace } = kase;
	const events = trace.filter(Boolean);
	const [first, last] = [events[0][1], events.at(-1)[1]];
	const bounded = /^(duration|length)_(\w+)$/.exec(name);
	if (bounded) return bounded[1] === 'length' ? bounds[bounded[2]](events.length, value) : bounds[bounded[2]](last - first, seconds(value));
	switch (name) {
		case 'has': return value.every((a) => names(trace).includes(a));
		case 'has_any': return value.some((a) => names(trace).includes(a));
		case 'starts_with': return trace[0] !== null && value.includes(trace[0][0]);
		case 'ends_with': return trace.at(-1) !== null && value.includes(trace.at(-1)[0]);
		case 'edge': return pairs(trace).some(([a, b]) => a[0] === value.source && b[0] === value.target
			&& Object.keys(bounds).every((bound) => value[bound] === undefined || bounds[bound](b[1] - a[1], seconds(value[bound]))));
		case 'starts_in': return within(value, first);
		case 'ends_in': return within(value, last);
		case 'contained_in': return within(value, first) && within(value, last);
		case 'intersects': return (value.to_at === undefined || first < Date.parse(value.to_at) / 1000) && (value.from_at === undefined || last >= Date.parse(value.from_at) / 1000);
		case 'attribute': return Object.entries(value).every(([key, list]) => list.includes(key === 'case_no' ? kase.story.no : kase.story[key]));
		default: throw new Error(name);
	}
}

/** Breaks in a row are one. */
const tidy = (trace) => trace.filter((event, i) => event !== null || i === 0 || trace[i - 1] !== null);

function piece(trace, from, to) {
	if (from < 0 || to < from) return [];
	// What lies before the first and behind the last of all events goes with neither.
	const isFirst = trace.slice(0, from).every((event) => event === null);
	const isLast = trace.slice(to + 1).every((event) => event === null);
	return trace.slice(isFirst ? 0 : from, isLast ? trace.length : to + 1);
}

function crop(trace, { from, to, from_which = 'first', to_which = 'last' }) {
	const isIn = (list) => (event) => event !== null && list.includes(event[0]);
	const begin = !from ? trace.findIndex(Boolean) : from_which === 'first' ? trace.findIndex(isIn(from)) : trace.findLastIndex(isIn(from));
	if (begin < 0) return [];
	const rest = trace.slice(begin);
	const end = !to ? rest.findLastIndex(Boolean) : to_which === 'first' ? rest.findIndex(isIn(to)) : rest.findLastIndex(isIn(to));
	return end < 0 ? [] : piece(trace, begin, begin + end);
}

function between(trace, period) {
	const inside = trace.map((event) => event !== null && within(period, event[1]));
	return inside.includes(true) ? piece(trace, inside.indexOf(true), inside.lastIndexOf(true)) : [];
}

function stepOf(trace, name, value) {
	switch (name) {
		case 'keep_events': return trace.filter((event) => event === null || value.includes(event[0]));
		case 'drop_events': return trace.filter((event) => event === null || !value.includes(event[0]));
		case 'mask_events': return trace.map((event) => (event && value.includes(event[0]) ? null : event));
		case 'crop_events': return crop(trace, value);
		case 'crop_between': return between(trace, value);
		default: throw new Error(name);
	}
}

export function applyChain(cases, chain) {
	const left = [];
	for (const step of chain) {
		const [[name, value]] = Object.entries(step);
		if (name.endsWith('_cases')) cases = cases.filter((kase) => Object.entries(value).every(([key, v]) => holds(kase, key, v)) === (name === 'keep_cases'));
		else cases = cases.map((kase) => ({ ...kase, trace: tidy(stepOf(kase.trace, name, value)) })).filter((kase) => kase.trace.some(Boolean));
		left.push({ cases: cases.length, events: cases.reduce((n, kase) => n + kase.trace.filter(Boolean).length, 0) });
	}
	return { cases, left };
}

// --- Graph -----------------------------------------------------------------

const median = (values, share = 0.5) => {
	const sorted = [...values].sort((a, b) => a - b);
	const place = share * (sorted.length - 1);
	const low = sorted[Math.floor(place)];
	return low + (sorted[Math.ceil(place)] - low) * (place - Math.floor(place));
};
export const quantile = median;

/** Edges by "source → target": cases (numbers), times, durations. */
export function graph(cases) {
	const edges = new Map();
	const add = (source, target, no, duration, business) => {
		const key = `${source} → ${target}`;
		if (!edges.has(key)) edges.set(key, { cases: new Set(), times: 0, durations: [], business: [] });
		const edge = edges.get(key);
		edge.cases.add(no);
		edge.times++;
		edge.durations.push(duration);
		edge.business.push(business);
	};
	for (const { story, trace } of cases) {
		if (trace[0]) add('Start', trace[0][0], story.no);
		for (const [a, b] of pairs(trace)) add(a[0], b[0], story.no, b[1] - a[1], businessUntil(b[1]) - businessUntil(a[1]));
		if (trace.at(-1)) add(trace.at(-1)[0], facts(story).isOpen ? 'Stadig åben' : 'Slut', story.no);
	}
	return edges;
}

// --- What is shown by two shares (src/map/map.h), by brute force ------------

const compare = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Labels of the shown nodes and edges. */
export function shown(edges, activities, activityShare, pathShare) {
	const nodes = ['Start', ...activities.map((a) => a.label).sort(compare), 'Slut', 'Stadig åben'];
	const order = new Map(nodes.map((label, i) => [label, i]));
	const ranked = [...edges].map(([key, e]) => ({ key, ends: key.split(' → '), cases: e.cases.size, times: e.times }))
		.sort((a, b) => b.cases - a.cases || b.times - a.times || order.get(a.ends[0]) - order.get(b.ends[0]) || order.get(a.ends[1]) - order.get(b.ends[1]));
	const count = (share, n) => Math.ceil(share * n - 1e-9);
	const chosen = [...activities].sort((a, b) => b.cases - a.cases || b.times - a.times || compare(a.label, b.label))
		.slice(0, Math.max(1, count(activityShare, activities.length))).map((a) => a.label);
	const kept = new Set();
	const visible = new Set(chosen);
	for (const [roots, near, far] of [[['Start'], 0, 1], [['Slut', 'Stadig åben'], 1, 0]]) {
		const inTree = new Map(roots.map((root) => [root, null]));
		const isActivity = (label) => !['Start', 'Slut', 'Stadig åben'].includes(label);
		for (;;) {
			const next = ranked.find((e) => inTree.has(e.ends[near]) && !inTree.has(e.ends[far]) && isActivity(e.ends[far]));
			if (!next) break;
			inTree.set(next.ends[far], next);
		}
		for (const label of chosen) {
			for (let at = label; inTree.get(at); at = inTree.get(at).ends[near]) {
				visible.add(at);
				kept.add(inTree.get(at).key);
			}
		}
	}
	for (const end of ['Slut', 'Stadig åben']) {
		const first = ranked.find(({ ends }) => ends[1] === end && visible.has(ends[0]));
		if (first) kept.add(first.key);
	}
	const candidates = ranked.filter((e) => e.ends.every((end) => visible.has(end) || ['Start', 'Slut', 'Stadig åben'].includes(end)));
	for (const edge of candidates.slice(0, count(pathShare, candidates.length))) kept.add(edge.key);
	return { activities: visible, edges: kept };
}
