// A made-up service desk: raw histories from a seed, and the page's data made of
// them. What the page shows is checked against the raw histories, which share no
// code with it. Times are whole seconds, local time is UTC+1.

export const DAY = 86400;
const HOUR = 3600;
const OFFSET = 3600;
export const AS_OF = Date.UTC(2024, 0, 1) / 1000 - OFFSET;

export const ACTIVITIES = [
	['Ny', 'open', 0, 1, 'us'], ['Tildelt', 'open', 0, 0, 'us'], ['I gang', 'open', 0, 0, 'us'],
	['Afventer bruger', 'open', 0, 0, 'user'], ['Svar modtaget', 'open', 0, 0, 'us'],
	['Afventer leverandør', 'open', 0, 0, 'blocked'], ['Afventer pakke', 'open', 0, 0, 'blocked'],
	['Planlagt', 'open', 0, 0, 'us'], ['Løst', 'resolved', 0, 0, 'stopped'],
	['Løst m. mail', 'resolved', 1, 0, 'stopped'], ['Lukket', 'closed', 0, 0, 'stopped'],
	['Genåbnet', 'open', 0, 0, 'us'], ['Note', 'note', 0, 0, 'unknown']];
export const TEAMS = [['none', 'none'], ['IT-Servicedesk', 'intake'], ['Klient og udstyr', 'ours'],
	['Netværk og server', 'ours'], ['Brugeradministration', 'ours'], ['Digitalisering', 'partner'],
	['Leverandør: fagsystemer', 'partner'], ['Leverandør: print', 'partner'], ['Leverandør: telefoni', 'partner']];
export const SEGMENTS = [['us', 0], ['partner', 0], ['user', 1], ['blocked', 1], ['stopped', 1], ['unknown', 0]];
const CATEGORIES = ['Adgang og kodeord', 'PC og tilbehør', 'Fagsystem', 'E-mail og kalender', 'Netværk', 'Udskrivning', 'Telefoni', 'Bestilling'];
const PRIORITIES = ['Normal', 'Lav', 'Høj', 'Kritisk'];
const CHANNELS = ['Mail', 'Selvbetjening', 'Telefon'];
const DEPARTMENTS = ['Ældre og Sundhed', 'Børn og Skole', 'Teknik og Miljø', 'Økonomi og HR', 'Borgerservice', 'Jobcenter'];

/** mulberry32 */
export function random(seed) {
	let a = seed >>> 0;
	return () => {
		a = (a + 0x6d2b79f5) >>> 0;
		let t = a;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

// --- Raw histories ---------------------------------------------------------

/** Working hours Mo-Fr 08-16, local. */
function toWork(at) {
	for (;;) {
		const local = at + OFFSET;
		const day = Math.floor(local / DAY);
		const weekday = (day + 3) % 7;
		const second = local - day * DAY;
		if (weekday < 5 && second < 16 * HOUR) return Math.max(at, day * DAY + 8 * HOUR - OFFSET);
		at = (day + 1) * DAY + 8 * HOUR - OFFSET;
	}
}

/** Business seconds from the epoch to an instant. */
export function businessUntil(at) {
	const local = at + OFFSET;
	const day = Math.floor(local / DAY);
	// Day 0 of the epoch is a Thursday; weeks are counted from the Monday before.
	const shifted = day + 3;
	const whole = Math.floor(shifted / 7) * 5 + Math.min(shifted % 7, 5);
	const open = shifted % 7 < 5 ? Math.min(Math.max(local - day * DAY - 8 * HOUR, 0), 8 * HOUR) : 0;
	return whole * 8 * HOUR + open;
}

class Story {
	constructor(dice, at) {
		Object.assign(this, { dice, at, created: at, events: [], teams: [], messages: [] });
	}
	wait(scale) { this.at = toWork(this.at + Math.ceil(scale * Math.pow(this.dice(), 3) * 4 + 60)); }
	status(activity) { this.events.push([activity, this.at]); }
	team(team) { this.teams.push([team, this.at]); }
	message(direction) { this.messages.push([direction, this.at]); }
	may(chance) { return this.dice() < chance; }
	pick(list) { return list[Math.floor(this.dice() * list.length)]; }
}

function waitForUser(s) {
	s.message(1);
	s.status('Afventer bruger');
	s.wait(2 * DAY);
	if (s.may(0.9)) { s.message(0); s.status('Svar modtaget'); s.wait(4 * HOUR); }
	if (s.may(0.4)) waitForUser(s);
}

function work(s) {
	s.status('I gang');
	s.wait(4 * HOUR);
	if (s.may(0.2)) { s.status('Note'); s.wait(HOUR); }
	if (s.may(0.3)) waitForUser(s);
	if (s.may(0.08)) { s.status('Afventer leverandør'); s.wait(6 * DAY); s.status('I gang'); s.wait(2 * HOUR); }
	if (s.may(0.06)) { s.status('Afventer pakke'); s.wait(5 * DAY); s.status('I gang'); s.wait(HOUR); }
	if (s.may(0.05)) { s.status('Planlagt'); s.wait(3 * DAY); s.status('I gang'); s.wait(HOUR); }
}

function solve(s, reopenings) {
	const mail = s.may(0.75);
	s.status(mail ? 'Løst m. mail' : 'Løst');
	if (mail) s.message(1);
	if (s.may(0.09 / (1 + reopenings)) && reopenings < 3) {
		s.wait(2 * DAY);
		s.message(0);
		s.status('Genåbnet');
		s.wait(6 * HOUR);
		if (s.may(0.5)) work(s);
		if (s.may(0.9)) solve(s, reopenings + 1);
	} else if (s.may(0.95)) {
		s.at += 10 * DAY;
		s.status('Lukket');
	}
}

function route(s, solver) {
	s.wait(2 * HOUR);
	s.status('Tildelt');
	if (s.may(0.1)) { s.team(s.pick(TEAMS.slice(2))[0]); s.wait(DAY); if (s.may(0.6)) { s.team('IT-Servicedesk'); s.wait(HOUR); } }
	s.team(solver);
	s.wait(solver.startsWith('Leverandør') ? 3 * DAY : 6 * HOUR);
	if (s.may(0.1)) { s.team('IT-Servicedesk'); s.wait(HOUR); if (s.may(0.5)) { s.team(solver); s.wait(DAY); } }
}

function tell(number, dice) {
	const at = toWork(Date.UTC(2023, 0, 1) / 1000 + Math.floor(dice() * 364.5 * DAY));
	const s = new Story(dice, at);
	const category = Math.floor(dice() * CATEGORIES.length);
	if (!s.may(0.01)) s.status('Ny');
	else s.status('I gang');
	if (!s.may(0.02)) s.team('IT-Servicedesk');
	if (s.may(0.7)) { s.message(0); s.message(3); }
	if (s.may(0.35)) { s.wait(HOUR); } else route(s, TEAMS[1 + (category + (s.may(0.2) ? 3 : 0)) % 8][0]);
	if (!s.may(0.15)) work(s);
	if (s.may(0.97)) solve(s, 0);
	const before = ([, when]) => when < AS_OF;
	return {
		no: `T${100000 + number}`, category: CATEGORIES[category], priority: PRIORITIES[Math.floor(dice() ** 2 * 4)],
		channel: s.pick(CHANNELS), department: s.may(0.03) ? null : s.pick(DEPARTMENTS),
		events: s.events.filter(before), teams: s.teams.filter(before), messages: s.messages.filter(before),
	};
}

export function histories(count, seed = 4711) {
	const dice = random(seed);
	const told = Array.from({ length: count }, (_, i) => tell(i, dice));
	return told.filter((t) => t.events.length).sort((a, b) => b.events[0][1] - a.events[0][1] || (a.no < b.no ? 1 : -1));
}

// --- The page's data -------------------------------------------------------

const KIND = new Map(ACTIVITIES.map((a) => [a[0], a[1]]));
const ANSWERS = new Map(ACTIVITIES.map((a) => [a[0], a[2]]));
const SEGMENT = new Map(ACTIVITIES.map((a) => [a[0], a[4]]));
const ROLE = new Map(TEAMS);
const EXCLUDED = new Map(SEGMENTS);
const isDone = (activity) => KIND.get(activity) === 'resolved' || KIND.get(activity) === 'closed';

/** Facts of a case by their definitions, from its raw history. */
export function facts(history) {
	const states = history.events.filter(([a]) => KIND.get(a) !== 'note');
	const resolutions = [];
	const runs = [];
	states.forEach(([a, at], i) => {
		if (!isDone(a)) return;
		if (i === 0 || !isDone(states[i - 1][0])) { resolutions.push(at); runs.push({ at, as: a, answers: 0, end: i }); }
		const run = runs[runs.length - 1];
		run.answers += ANSWERS.get(a);
		run.end = i;
	});
	const last = states.at(-1)?.[0];
	const isOpen = !(last && isDone(last));
	return {
		states, runs, isOpen, created: history.events[0][1],
		isCutOff: states.length > 0 && states[0][0] !== 'Ny',
		firstResolved: resolutions[0] ?? null, resolved: resolutions.at(-1) ?? null,
		closed: states.filter(([a], i) => KIND.get(a) === 'closed' && (i === 0 || KIND.get(states[i - 1][0]) !== 'closed')).at(-1)?.[1] ?? null,
		endedAt: isOpen ? AS_OF : resolutions.at(-1),
	};
}

export function reopenings(fact) {
	const found = [];
	let answered = 0;
	fact.runs.forEach((run, i) => {
		answered += run.answers;
		const after = fact.states[run.end + 1];
		if (!after) return;
		const next = fact.runs[i + 1];
		const outcome = !next ? 'open' : !next.answers ? 'silent' : answered ? 'answered_again' : 'first_answer';
		found.push({ done_at: run.at, done_as: run.as, reopened_at: after[1], reopened_as: after[0],
			done_again_at: next?.at ?? null, done_again_as: next?.as ?? null, outcome });
	});
	return found;
}

/** Visits, the same team again collapsed. */
function visits(history) {
	const found = [];
	for (const [team, at] of history.teams) if (found.at(-1)?.team !== team) found.push({ team, from: at });
	return found;
}

/** Pieces of (status, team), cut at the end of the case. */
function pieces(history, fact) {
	const marks = [...new Set([...fact.states.map((s) => s[1]), ...history.teams.map((t) => t[1]), fact.endedAt, AS_OF])].sort((a, b) => a - b);
	const found = [];
	for (let i = 0; i + 1 < marks.length; i++) {
		const [from, to] = [marks[i], marks[i + 1]];
		const status = fact.states.filter((s) => s[1] <= from).at(-1)?.[0];
		if (!status) continue;
		const team = history.teams.filter((t) => t[1] <= from).at(-1)?.[0];
		const segment = SEGMENT.get(status) === 'us' && ROLE.get(team) === 'partner' ? 'partner' : SEGMENT.get(status);
		found.push({ from, to, status, segment, counts: from < fact.endedAt });
	}
	return found;
}

const business = (from, to) => businessUntil(to) - businessUntil(from);

function holds(found) {
	const result = [];
	for (const p of found.filter((q) => q.counts)) {
		const last = result.at(-1);
		if (last?.segment === p.segment) last.to = p.to;
		else result.push({ segment: p.segment, from: p.from, to: p.to });
	}
	return result;
}

function clocked(history, fact, found) {
	const stays = visits(history);
	return stays.map((visit, i) => {
		const runsOn = i === stays.length - 1 && fact.isOpen;
		const to = stays[i + 1]?.from ?? (fact.isOpen ? AS_OF : Math.max(fact.endedAt, visit.from));
		const own = found.filter((p) => p.counts && !isDone(p.status) && p.to > visit.from && p.from < to);
		const sum = (list, measure) => list.reduce((s, p) => s + measure(Math.max(p.from, visit.from), Math.min(p.to, to)), 0);
		const elapsed = (a, b) => b - a;
		const real = own.filter((p) => !EXCLUDED.get(p.segment));
		const until = stays[i + 1]?.from ?? AS_OF;
		const status = fact.states.filter((s) => s[1] < until).at(-1)?.[0];
		const next = stays.slice(i + 1).find((v) => v.team !== 'none' && v.team !== visit.team);
		const before = stays.slice(0, i).map((v) => v.team);
		const outcome = status && KIND.get(status) === 'resolved' ? 'resolved' : status && KIND.get(status) === 'closed' ? 'closed'
			: next ? (before.includes(next.team) ? 'returned' : 'passed_on') : 'open';
		const cut = fact.isCutOff;
		return { team: visit.team, from: visit.from, to: runsOn ? null : to, outcome,
			elapsed: cut ? null : sum(own, elapsed), own: cut ? null : sum(real, elapsed),
			business_elapsed: cut ? null : sum(own, business), business_own: cut ? null : sum(real, business) };
	});
}

function teamFacts(history, fact) {
	const real = visits(history).filter((v) => v.team !== 'none').filter((v, i, all) => i === 0 || all[i - 1].team !== v.team);
	const by = fact.firstResolved === null ? [] : real.filter((v) => v.from <= fact.firstResolved);
	const steps = by.length - 1;
	const landing = fact.isCutOff || !by.length ? null : steps === 0 ? 'direct'
		: steps === 1 && ROLE.get(by[0].team) === 'intake' ? 'forwarded' : 'rerouted';
	const returned = real.some((v, i) => i > 0 && ROLE.get(real[i - 1].team) === 'partner' && ['ours', 'intake'].includes(ROLE.get(v.team))
		&& real.slice(0, i).some((w) => w.team === v.team));
	return { first: real[0]?.team ?? 'none', resolving: by.at(-1)?.team ?? 'none', current: visits(history).at(-1)?.team ?? 'none',
		handovers: Math.max(real.length - 1, 0), landing, returned, pingPong: real.some((v, i) => i > 1 && real[i - 2].team === v.team) };
}

function attribute(name, values) {
	const known = [...new Set(values.filter((v) => v !== null))];
	return { name, type: 'text', values: known, value: values.map((v) => (v === null ? -1 : known.indexOf(v))) };
}

const index = (list) => new Map(list.map((entry, i) => [entry[0], i]));

export function logData(told, extra = {}) {
	const [activityNo, teamNo, segmentNo] = [index(ACTIVITIES), index(TEAMS), index(SEGMENTS)];
	const data = {
		version: 1, form: 'log', title: 'Servicedesk 2023', language: 'da', positions: null, log: 'support', as_of: AS_OF, ticks_per_second: 1,
		time_zone: { name: 'Europe/Copenhagen', from: [-1e9], offset: [OFFSET] },
		calendar: { text: 'Europe/Copenhagen; Mo-Fr 08:00-16:00', workday_seconds: 8 * HOUR },
		cohort: null, sample: { cases: told.length, limit: 20000 }, case_url: 'https://desk.example/ticket/{case_no}',
		activities: { activity: ACTIVITIES.map((a) => a[0]), label: ACTIVITIES.map((a) => a[0]), kind: ACTIVITIES.map((a) => a[1]),
			answers: ACTIVITIES.map((a) => a[2]), is_start: ACTIVITIES.map((a) => a[3]), segment: ACTIVITIES.map((a) => segmentNo.get(a[4])) },
		teams: { team: TEAMS.map((t) => t[0]), label: TEAMS.map((t) => t[0]), role: TEAMS.map((t) => t[1]) },
		segments: { segment: SEGMENTS.map((s) => s[0]), is_excluded: SEGMENTS.map((s) => s[1]) },
		variants: { variant: [], length: [], activities: [] },
		cases: { no: [], id: null, id_type: 'string', variant: [], created: [], first_resolved: [], resolved: [], closed: [], is_open: [], is_cut_off: [], repeat_answers: [],
			first_team: [], resolving_team: [], current_team: [], handovers: [], landing: [], is_returned_by_partner: [], is_ping_pong: [],
			attributes: ['category', 'priority', 'channel', 'department'].map((name) => attribute(name, told.map((t) => t[name]))) },
		events: { since: [], business_since: [] },
		reopenings: { count: [], done_at: [], done_as: [], reopened_at: [], reopened_as: [], done_again_at: [], done_again_as: [], outcome: [] },
		team_visits: { count: [], team: [], from_at: [], to_at: [], outcome: [], elapsed: [], own: [], business_elapsed: [], business_own: [] },
		holds: { count: [], segment: [], duration: [], business_duration: [] },
		messages: { count: [], at: [], direction: [] },
		quality: [
			{ finding: 'cases', subject: '', number: told.length, unit: 'cases', base: null, meaning: 'The base of whatever counts cases' },
			{ finding: 'events no time', subject: '', number: 3, unit: 'events', base: 90000, meaning: 'Left out: no time' },
			{ finding: 'activity not mapped', subject: 'Note', number: 12, unit: 'cases', base: told.length, meaning: 'Its segment is unknown' }],
		chain: '[]', ...extra,
	};
	const variantNo = new Map();
	for (const t of told) addCase(data, t, { activityNo, teamNo, segmentNo, variantNo });
	return data;
}

function addCase(data, told, { activityNo, teamNo, segmentNo, variantNo }) {
	const fact = facts(told);
	const since = (at) => (at === null ? null : at - fact.created);
	const key = told.events.map(([a]) => activityNo.get(a)).join();
	if (!variantNo.has(key)) {
		variantNo.set(key, variantNo.size);
		data.variants.variant.push(String(1000 + variantNo.size));
		data.variants.length.push(told.events.length);
		data.variants.activities.push(...told.events.map(([a]) => activityNo.get(a)));
	}
	const c = data.cases;
	const team = teamFacts(told, fact);
	c.no.push(told.no);
	c.variant.push(variantNo.get(key));
	c.created.push(fact.created);
	c.first_resolved.push(since(fact.firstResolved));
	c.resolved.push(since(fact.resolved));
	c.closed.push(since(fact.closed));
	c.is_open.push(+fact.isOpen);
	c.is_cut_off.push(+fact.isCutOff);
	c.repeat_answers.push(fact.runs.reduce((s, r) => s + Math.max(r.answers - 1, 0), 0));
	c.first_team.push(teamNo.get(team.first));
	c.resolving_team.push(teamNo.get(team.resolving));
	c.current_team.push(teamNo.get(team.current));
	c.handovers.push(team.handovers);
	c.landing.push(team.landing);
	c.is_returned_by_partner.push(+team.returned);
	c.is_ping_pong.push(+team.pingPong);
	told.events.forEach(([, at], i) => {
		const before = i ? told.events[i - 1][1] : at;
		data.events.since.push(at - before);
		data.events.business_since.push(business(before, at));
	});
	addLists(data, told, fact, since, { activityNo, teamNo, segmentNo });
}

function addLists(data, told, fact, since, { activityNo, teamNo, segmentNo }) {
	const found = reopenings(fact);
	data.reopenings.count.push(found.length);
	for (const r of found) {
		for (const name of ['done_at', 'reopened_at', 'done_again_at']) data.reopenings[name].push(since(r[name]));
		for (const name of ['done_as', 'reopened_as', 'done_again_as']) data.reopenings[name].push(activityNo.get(r[name]) ?? -1);
		data.reopenings.outcome.push(r.outcome);
	}
	const parts = pieces(told, fact);
	const stays = clocked(told, fact, parts);
	const v = data.team_visits;
	v.count.push(stays.length);
	for (const s of stays) {
		v.team.push(teamNo.get(s.team));
		v.from_at.push(since(s.from));
		v.to_at.push(since(s.to));
		for (const name of ['outcome', 'elapsed', 'own', 'business_elapsed', 'business_own']) v[name].push(s[name]);
	}
	const held = holds(parts);
	data.holds.count.push(held.length);
	for (const h of held) {
		data.holds.segment.push(segmentNo.get(h.segment));
		data.holds.duration.push(h.to - h.from);
		data.holds.business_duration.push(business(h.from, h.to));
	}
	data.messages.count.push(told.messages.length);
	for (const [direction, at] of told.messages) {
		data.messages.direction.push(direction);
		data.messages.at.push(since(at));
	}
}
