// The data contract: what SQL writes into the page, and all that the page reads.
//
// The template has one element, <script type="application/json" id="data">, whose
// content is the placeholder @DATA@; SQL puts one JSON value of type Data there, with
// < > & and U+2028, U+2029 as \u escapes. Two forms: a graph alone
// (process_map_html) and a whole log (report_html).
//
// Compact: labels stand once, in dictionaries; everything else is arrays of numbers that
// refer to them. A column of cases has a value a case. Lists that belong to a case
// (events, reopenings, visits, holds, messages) lie end to end, in the order of the
// cases; `count` says how many each case has.
//
// Times: an instant is an integer, ticks since 1970-01-01 UTC. ticks_per_second is 1, 1000
// or 1000000: the least that holds every time of the log exactly. "after" a time is
// a number of ticks since the case was created (its first event). Durations of business
// time are in ticks, too. null where there is no value; -1 for "no entry" of a dictionary.

export type Data = GraphData | LogData;

export type Language = 'da' | 'en';
export type Kind = 'open' | 'resolved' | 'closed' | 'note';
export type Role = 'ours' | 'partner' | 'intake' | 'unknown' | 'none';

interface Head {
	version: 1;
	title: string;
	/** Language to begin with; the reader can change it. */
	language: Language;
	/** Saved places of activities, as the page exports them; null for none. */
	positions: Positions | null;
}

/**
 * Centres of nodes, by activity (its name, not its label), in pixels; those of start, end and
 * "still open" by start, end and open behind a U+0001.
 */
export type Positions = Record<string, [x: number, y: number]>;

// ---------------------------------------------------------------------------
// A graph alone

export interface GraphData extends Head {
	form: 'graph';
	cases: number;
	events: number;
	/** Text of the calendar whose hours the durations are in; null for elapsed time. */
	calendar: string | null;
	activities: GraphActivities;
	edges: GraphEdges;
}

/** dfg_activities(), a value an activity. */
export interface GraphActivities {
	activity: string[];
	frequency: number[];
	case_frequency: number[];
	max_per_case: number[];
	starts: number[];
	ends: number[];
}

/**
 * dfg_edges(), a value an edge; source and target are indices of activities, durations in seconds.
 */
export interface GraphEdges {
	source: number[];
	target: number[];
	frequency: number[];
	case_frequency: number[];
	max_per_case: number[];
	total: number[];
	min: number[];
	max: number[];
	mean: number[];
	stddev: (number | null)[];
	median: number[];
	p90: number[];
	p95: number[];
}

// ---------------------------------------------------------------------------
// A whole log

export interface LogData extends Head {
	form: 'log';
	/** Name of the log. */
	log: string;
	/** All figures are as of this instant. */
	as_of: number;
	ticks_per_second: 1 | 1000 | 1000000;
	time_zone: TimeZone;
	calendar: Calendar | null;
	/** Which cases SQL was asked for; null for all of the log. */
	cohort: Cohort | null;
	/** How many of these cases are in the page. */
	sample: Sample;
	/**
	 * Template of a case's url with {case_no} and {case_id}, as in settings.case_url; null for
	 * none.
	 */
	case_url: string | null;

	/** Dictionaries. Activities include those that only the maps know. */
	activities: Activities;
	/** Teams, with `none` for no team. */
	teams: Teams;
	segments: Segments;
	variants: Variants;

	cases: Cases;
	events: Events;
	reopenings: Reopenings;
	team_visits: TeamVisits;
	holds: Holds;
	messages: Messages;

	quality: Quality[];
	/**
	 * Filter chain to begin with, as trace_filter() takes it; [] for none. As a text, for its
	 * numbers may be wider than those of JSON in JavaScript.
	 */
	chain: string;
}

export type ChainJson = Record<string, unknown>[];

export interface TimeZone {
	name: string;
	/** The offset from UTC in seconds, and from which instant (ticks) it holds; ascending,
	 *  the first covers the earliest time of the log. So the page needs no zone files. */
	from: number[];
	offset: number[];
}

export interface Calendar {
	/** Its text form. */
	text: string;
	/** Seconds of business time of its most common working day: the unit of "working days". */
	workday_seconds: number;
}

export interface Cohort {
	kind: 'created' | 'resolved' | 'closed' | 'active';
	/** Half-open, instants. null: without end. */
	from_at: number | null;
	to_at: number | null;
}

export interface Sample {
	/** Cases that the cohort has; more than the page has if the limit cut them. */
	cases: number;
	/** The limit of cases in a page. */
	limit: number;
}

export interface Activities {
	activity: string[];
	/** How to show it. */
	label: string[];
	kind: Kind[];
	answers: (0 | 1)[];
	is_start: (0 | 1)[];
	/** Index of segments. */
	segment: number[];
}

export interface Teams {
	team: string[];
	label: string[];
	role: Role[];
}

export interface Segments {
	segment: string[];
	is_excluded: (0 | 1)[];
}

/** Sequences of activities, each once. */
export interface Variants {
	/** trace_variant() as text, for it is wider than a JSON number. */
	variant: string[];
	/** Entries of each in `activities`. */
	length: number[];
	/** Indices of activities, end to end; -1 is a break: masked events stood there, no
	 *  edge goes across, and no entry in `events` belongs to it. */
	activities: number[];
}

/**
 * One value a case. Order: newest first, by created, then id, so that whoever reads the first n has
 * the newest.
 */
export interface Cases {
	/** The case as people call it. */
	no: string[];
	/** The case as the system identifies it, as text; null where all are equal to no. */
	id: string[] | null;
	/** What ids are in JSON, and so in chains; null of no cases. */
	id_type: 'number' | 'string' | null;
	/** Index of variants. */
	variant: number[];
	created: number[];
	/** After created; null without a resolution. */
	first_resolved: (number | null)[];
	resolved: (number | null)[];
	closed: (number | null)[];
	is_open: (0 | 1)[];
	is_cut_off: (0 | 1)[];
	/** trace_repeat_count(): answers beyond the first of each done run. */
	repeat_answers: number[];
	/** Indices of teams; that of `none` where no team had it. */
	first_team: number[];
	resolving_team: number[];
	current_team: number[];
	handovers: number[];
	landing: ('direct' | 'forwarded' | 'rerouted' | null)[];
	is_returned_by_partner: (0 | 1)[];
	is_ping_pong: (0 | 1)[];
	/** The attributes of the log's cases; without names of end users or agents unless asked for. */
	attributes: Attribute[];
}

export interface Attribute {
	name: string;
	/**
	 * text, date and time (ISO, without zone: what the clock showed) are as they are; number and
	 * boolean (true, false) are shown in the reader's form. Slices of times are days.
	 */
	type: 'text' | 'number' | 'date' | 'time' | 'boolean';
	/** Each value once. */
	values: string[];
	/** Index of values a case; -1 where it is NULL. */
	value: number[];
}

/** One entry an event, in the order of the variant of the case, breaks left out. */
export interface Events {
	/** Ticks since the event before; 0 for the first of a case. */
	since: number[];
	/** The same in business time; null without a calendar. */
	business_since: number[] | null;
}

export interface Reopenings {
	count: number[];
	/** After created. */
	done_at: number[];
	/** Indices of activities. */
	done_as: number[];
	reopened_at: number[];
	reopened_as: number[];
	done_again_at: (number | null)[];
	/** -1 where it is not done again. */
	done_again_as: number[];
	outcome: ('answered_again' | 'first_answer' | 'silent' | 'open')[];
}

/** Mined table team_visits. Durations are null where the case is cut off. */
export interface TeamVisits {
	count: number[];
	team: number[];
	/** After created; may be negative: a team may have the case before its first event. */
	from_at: number[];
	/** null while it is running. */
	to_at: (number | null)[];
	outcome: ('resolved' | 'closed' | 'returned' | 'passed_on' | 'open')[];
	elapsed: (number | null)[];
	own: (number | null)[];
	/** null without a calendar. */
	business_elapsed: (number | null)[] | null;
	business_own: (number | null)[] | null;
}

/** Mined table segment_visits: who held the case, from created on, without gaps. Cut-off cases
 *  have theirs, too (for their timeline); no sum counts them. */
export interface Holds {
	count: number[];
	segment: number[];
	duration: number[];
	business_duration: number[] | null;
}

export interface Messages {
	count: number[];
	/** After created; may be negative. */
	at: number[];
	/** 0 in, 1 out, 2 internal, 3 auto, 4 anything else. */
	direction: (0 | 1 | 2 | 3 | 4)[];
}

export interface Quality {
	finding: string;
	subject: string;
	number: number;
	unit: string;
	base: number | null;
	meaning: string;
}
