-- map: a whole log in the page: which cases, and what is told of all of them
--
-- All is read from the tables that readers of a log may read, so times come as
-- the clock showed them. See report_twice() for the hour that it shows twice.
-- Attributes of cases may have any name, also that of a variable: columns are
-- told with their table, so a name alone is a variable.

-- Seconds as ticks; exact as long as they are below 2^53.
CREATE FUNCTION report_ticks(seconds float8, ticks integer) RETURNS bigint LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN pg_catalog.round(seconds OPERATOR(pg_catalog.*) ticks)::bigint;
COMMENT ON FUNCTION report_ticks(float8, integer) IS 'internal: seconds in the unit of a page';

-- The offsets of a zone from UTC, and from when on each holds; changes to the minute.
CREATE FUNCTION report_offsets(zone text, first_at timestamptz, last_at timestamptz, OUT from_at timestamptz, OUT seconds integer) RETURNS SETOF record LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
	WITH days AS (
		SELECT day, extract(epoch FROM (day AT TIME ZONE zone) - (day AT TIME ZONE 'UTC'))::integer AS seconds
		FROM generate_series(date_trunc('day', first_at, 'UTC'), last_at + interval '24 hours', '24 hours') day)
	(SELECT day, seconds FROM days ORDER BY day LIMIT 1)
	UNION ALL
	SELECT (SELECT min(minute) FROM generate_series(before, day, '1 minute') minute
			WHERE extract(epoch FROM (minute AT TIME ZONE zone) - (minute AT TIME ZONE 'UTC')) = seconds), seconds
	FROM (SELECT day, seconds, lag(day) OVER w AS before, lag(seconds) OVER w AS seconds_before FROM days WINDOW w AS (ORDER BY day)) d
	WHERE seconds <> seconds_before
	ORDER BY 1
$$;
COMMENT ON FUNCTION report_offsets(text, timestamptz, timestamptz) IS 'internal: the offsets of a time zone';

-- The times that the clock of a zone shows twice.
CREATE FUNCTION report_folds(zone text, first_at timestamptz, last_at timestamptz) RETURNS tsmultirange LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(range_agg(tsrange((from_at AT TIME ZONE 'UTC') + make_interval(secs => seconds), (from_at AT TIME ZONE 'UTC') + make_interval(secs => before))), '{}')
	FROM (SELECT from_at, seconds, lag(seconds) OVER (ORDER BY from_at) AS before FROM ticket_mining.report_offsets(zone, first_at, last_at)) o
	WHERE seconds < before
$$;
COMMENT ON FUNCTION report_folds(text, timestamptz, timestamptz) IS 'internal: the times that the clock of a zone shows twice';

-- The seconds from an event to the next. Where masked events stood between them,
-- the log has no such figure, but their times.
CREATE FUNCTION report_gap(seconds_to_next float8, at timestamp, next_at timestamp, zone text) RETURNS float8 LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 5
RETURN coalesce(seconds_to_next, log_seconds((next_at AT TIME ZONE zone) - (at AT TIME ZONE zone)));
COMMENT ON FUNCTION report_gap(float8, timestamp, timestamp, text) IS 'internal: the seconds from an event to the next';

-- Events at times that the clock shows twice: how long after the first event of
-- their case they were, which the seconds between events tell exactly.
CREATE FUNCTION report_twice(log name, zone text, folds tsmultirange, OUT case_key bigint, OUT at timestamp, OUT after float8) RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 1000 ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN QUERY
	SELECT s.case_key, s.at, min(s.after)
	FROM (SELECT g.case_key, g.at, coalesce(sum(g.gap) OVER (PARTITION BY g.case_key ORDER BY g.event_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS after
		  FROM (SELECT e.case_key, e.event_no, e.at, report_gap(e.seconds_to_next, e.at, lead(e.at) OVER (PARTITION BY e.case_key ORDER BY e.event_no), zone) AS gap
				FROM events e WHERE e.case_key IN (SELECT f.case_key FROM events f WHERE f.at <@ folds)) g) s
	WHERE s.at <@ folds
	GROUP BY s.case_key, s.at;
END $$;
COMMENT ON FUNCTION report_twice(name, text, tsmultirange) IS 'internal: events in the hour that the clock shows twice';

-- When a case began that did so at a time that the clock shows twice: what is
-- known of a later event tells which of the two it was; where none does, the second.
CREATE FUNCTION report_began(log name, "case" bigint, zone text, folds tsmultirange) RETURNS timestamptz LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	began timestamptz;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT (s.at AT TIME ZONE zone) - make_interval(secs => s.after) INTO began
	FROM (SELECT g.at, sum(g.gap) OVER (ORDER BY g.event_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS after
		  FROM (SELECT e.event_no, e.at, report_gap(e.seconds_to_next, e.at, lead(e.at) OVER (ORDER BY e.event_no), zone) AS gap
				FROM events e WHERE e.case_key = "case") g) s
	WHERE NOT s.at <@ folds
	LIMIT 1;
	RETURN coalesce(began, (SELECT c.created_at AT TIME ZONE zone FROM cases c WHERE c.case_key = "case"));
END $$;
COMMENT ON FUNCTION report_began(name, bigint, text, tsmultirange) IS 'internal: when a case began in the hour that the clock shows twice';

CREATE FUNCTION report_check_cohort(cohort text, from_date date, to_date date, max_cases integer) RETURNS void LANGUAGE plpgsql
	IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	IF cohort NOT IN ('created', 'resolved', 'closed', 'active') THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('no cohort "%s"', cohort), HINT = 'Cohorts are created, resolved, closed and active.';
	ELSIF cohort IS NULL AND (from_date IS NOT NULL OR to_date IS NOT NULL) THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = 'a period needs a cohort', HINT = 'Say whether cases count that were created, resolved, closed or active in it.';
	ELSIF to_date <= from_date THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('the period ends on %s, before it begins on %s', to_date, from_date), HINT = 'to_date is the first day that is not in it.';
	ELSIF NOT isfinite(from_date) OR NOT isfinite(to_date) THEN
		RAISE EXCEPTION USING ERRCODE = 'datetime_field_overflow', MESSAGE = 'a period cannot be infinite', HINT = 'Leave the date out.';
	ELSIF max_cases IS NULL OR max_cases < 1 OR max_cases > 1000000 THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('max_cases must be from 1 to 1000000, not %s', max_cases);
	END IF;
END $$;
COMMENT ON FUNCTION report_check_cohort(text, date, date, integer) IS 'internal: refuses cohorts that are none';

-- The cases of a cohort: created, resolved or closed at some time in the period, or
-- active in it: with an event in it, or not done when it began.
CREATE FUNCTION report_cohort(log name, cohort text, from_date date, to_date date) RETURNS SETOF bigint LANGUAGE plpgsql
	STABLE COST 10000 ROWS 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	since date := coalesce(from_date, '-infinity');
	until date := coalesce(to_date, 'infinity');
BEGIN
	PERFORM ticket_mining.run_enter(log);
	IF cohort IS NULL THEN
		RETURN QUERY SELECT c.case_key FROM cases c;
	ELSIF cohort = 'created' THEN
		RETURN QUERY SELECT c.case_key FROM cases c WHERE c.created_date >= since AND c.created_date < until;
	ELSIF cohort = 'resolved' THEN
		RETURN QUERY
		SELECT c.case_key FROM cases c WHERE c.first_resolved_date >= since AND c.first_resolved_date < until OR c.resolved_date >= since AND c.resolved_date < until
		UNION
		SELECT r.case_key FROM reopenings r WHERE r.done_date >= since AND r.done_date < until OR r.done_again_at >= since AND r.done_again_at < until;
	ELSIF cohort = 'closed' THEN
		RETURN QUERY
		SELECT DISTINCT e.case_key
		FROM (SELECT e.case_key, e.event_date, a.kind, lag(a.kind) OVER (PARTITION BY e.case_key ORDER BY e.event_no) AS kind_before
			  FROM events e JOIN activities a USING (activity) WHERE e.is_note = 0) e
		WHERE e.kind = 'closed' AND e.kind_before IS DISTINCT FROM 'closed' AND e.event_date >= since AND e.event_date < until;
	ELSE
		RETURN QUERY
		SELECT e.case_key FROM events e WHERE e.event_date >= since AND e.event_date < until
		UNION
		SELECT c.case_key
		FROM cases c
		LEFT JOIN (SELECT DISTINCT ON (e.case_key) e.case_key, a.is_done
				   FROM events e JOIN activities a USING (activity) WHERE e.is_note = 0 AND e.event_date < since
				   ORDER BY e.case_key, e.event_no DESC) s USING (case_key)
		WHERE c.created_date < since AND s.is_done IS DISTINCT FROM 1 AND since < (SELECT t.as_of FROM status t);
	END IF;
END $$;
COMMENT ON FUNCTION report_cohort(name, text, date, date) IS 'internal: the cases of a cohort';

-- The cases of a page, newest first, and when they began. Of more than there is
-- room for, a sample that depends on their ids alone.
CREATE FUNCTION report_chosen(log name, cohort_cases bigint[], max_cases integer, zone text, folds tsmultirange, OUT cases bigint[], OUT began timestamptz[]) LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT array_agg(c.case_key ORDER BY c.began DESC, length(c.id) DESC, c.id COLLATE "C" DESC), array_agg(c.began ORDER BY c.began DESC, length(c.id) DESC, c.id COLLATE "C" DESC)
	INTO cases, began
	FROM (SELECT c.case_key, c.case_id::text AS id,
				 CASE WHEN c.created_at <@ folds THEN report_began(log, c.case_key, zone, folds) ELSE c.created_at AT TIME ZONE zone END AS began
		  FROM unnest(cohort_cases) k (case_key) JOIN cases c USING (case_key)
		  ORDER BY CASE WHEN cardinality(cohort_cases) > max_cases THEN sha256(convert_to(c.case_id::text, 'UTF8')) END, c.case_key
		  LIMIT max_cases) c;
END $$;
COMMENT ON FUNCTION report_chosen(name, bigint[], integer, text, tsmultirange) IS 'internal: the cases of a page, newest first';

-- The least ticks a second by which all times of the cases are integers.
CREATE FUNCTION report_ticks_per_second(log name, cases bigint[]) RETURNS integer LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	finest integer;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT max(CASE WHEN t.at = t.at::timestamp(0) THEN 1 WHEN t.at = t.at::timestamp(3) THEN 1000 ELSE 1000000 END) INTO finest
	FROM (SELECT s.as_of AS at FROM status s
		  UNION ALL SELECT e.at FROM events e WHERE e.case_key = ANY (cases)
		  UNION ALL SELECT v.from_at FROM team_visits v WHERE v.case_key = ANY (cases)
		  UNION ALL SELECT m.at FROM messages m WHERE m.case_key = ANY (cases)) t;
	RETURN finest;
END $$;
COMMENT ON FUNCTION report_ticks_per_second(name, bigint[]) IS 'internal: the unit of the times in a page';

-- The length of a working day: of those there are most of.
CREATE FUNCTION report_workday(log name, zone text, hours business_calendar) RETURNS float8 LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (SELECT d.seconds
			FROM (SELECT log_seconds(business_duration(hours, d.date::timestamp AT TIME ZONE zone, (d.date + 1)::timestamp AT TIME ZONE zone)) AS seconds FROM dates d) d
			WHERE d.seconds > 0 GROUP BY d.seconds ORDER BY count(*) DESC, d.seconds DESC LIMIT 1);
END $$;
COMMENT ON FUNCTION report_workday(name, text, business_calendar) IS 'internal: the length of the most common working day';

CREATE FUNCTION report_zone(zone text, first_at timestamptz, last_at timestamptz, ticks integer) RETURNS json LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT json_build_object('name', zone,
		'from', ticket_mining.page_array(array_agg(ticket_mining.report_ticks(extract(epoch FROM from_at)::float8, ticks) ORDER BY from_at)),
		'offset', ticket_mining.page_array(array_agg(seconds ORDER BY from_at)))
	FROM ticket_mining.report_offsets(zone, first_at, last_at)
$$;
COMMENT ON FUNCTION report_zone(text, timestamptz, timestamptz, integer) IS 'internal: a time zone as JSON';

CREATE FUNCTION report_quality(log name) RETURNS json LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (SELECT coalesce(json_agg(json_build_object('finding', q.finding, 'subject', q.subject, 'number', q.number, 'unit', q.unit, 'base', q.base, 'meaning', q.meaning)
									 ORDER BY q.line), '[]') FROM quality q);
END $$;
COMMENT ON FUNCTION report_quality(name) IS 'internal: the quality report of a log as JSON';

-- What is known of a log: its last refresh, zone, hours; refuses one that has none.
CREATE FUNCTION report_known(log name, OUT as_of timestamptz, OUT zone text, OUT hours text, OUT case_url text, OUT first_at timestamptz, OUT last_at timestamptz) LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.log_require_trusted(log);
	PERFORM ticket_mining.run_enter(log);
	SELECT s.as_of AT TIME ZONE s.time_zone, s.time_zone, s.calendar, s.case_url INTO as_of, zone, hours, case_url FROM status s;
	-- A calendar that the last refresh did not know yet.
	IF EXISTS (SELECT FROM segment_visits v WHERE v.seconds IS NOT NULL AND v.business_seconds IS NULL) THEN
		hours := NULL;
	END IF;
	SELECT (min(d.date) - 1)::timestamp AT TIME ZONE zone, (max(d.date) + 1)::timestamp AT TIME ZONE zone INTO first_at, last_at FROM dates d;
	IF as_of IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('log "%s" was never refreshed', log), HINT = format('CALL ticket_mining.refresh(%L) fills it.', log);
	END IF;
END $$;
COMMENT ON FUNCTION report_known(name) IS 'internal: what is known of a log';

CREATE FUNCTION report_html(log name, cohort text DEFAULT NULL, from_date date DEFAULT NULL, to_date date DEFAULT NULL,
		attributes text[] DEFAULT NULL, max_cases integer DEFAULT 20000, positions jsonb DEFAULT NULL, language text DEFAULT 'en', title text DEFAULT NULL, filter jsonb DEFAULT '[]') RETURNS text LANGUAGE plpgsql
	STABLE COST 1000000 SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
#variable_conflict use_variable
DECLARE
	known record;
	folds tsmultirange;
	cohort_cases bigint[];
	chosen record;
	ticks integer;
BEGIN
	PERFORM ticket_mining.page_check(language, positions), ticket_mining.report_check_cohort(cohort, from_date, to_date, max_cases);
	known := ticket_mining.report_known(log);
	filter := coalesce(filter, '[]');
	PERFORM ticket_mining.log_attributes_expression(log, filter);
	folds := ticket_mining.report_folds(known.zone, known.first_at, known.last_at);
	cohort_cases := array(SELECT ticket_mining.report_cohort(log, cohort, from_date, to_date));
	chosen := ticket_mining.report_chosen(log, cohort_cases, max_cases, known.zone, folds);
	ticks := ticket_mining.report_ticks_per_second(log, chosen.cases);
	RETURN ticket_mining.page_fill(json_build_object(
		'version', 1, 'form', 'log', 'title', coalesce(title, log), 'language', language, 'positions', positions, 'log', log,
		'as_of', ticket_mining.report_ticks(extract(epoch FROM known.as_of)::float8, ticks), 'ticks_per_second', ticks,
		'time_zone', ticket_mining.report_zone(known.zone, known.first_at, known.last_at, ticks),
		'calendar', CASE WHEN known.hours IS NOT NULL THEN json_build_object('text', known.hours,
			'workday_seconds', ticket_mining.report_workday(log, known.zone, known.hours::ticket_mining.business_calendar)) END,
		'cohort', CASE WHEN cohort IS NOT NULL THEN json_build_object('kind', cohort,
			'from_at', ticket_mining.report_ticks(extract(epoch FROM from_date::timestamp AT TIME ZONE known.zone)::float8, ticks),
			'to_at', ticket_mining.report_ticks(extract(epoch FROM to_date::timestamp AT TIME ZONE known.zone)::float8, ticks)) END,
		'sample', json_build_object('cases', cardinality(cohort_cases), 'limit', max_cases),
		'case_url', known.case_url,
		'activities', ticket_mining.report_activities(log), 'teams', ticket_mining.report_teams(log),
		'segments', ticket_mining.report_segments(log), 'variants', ticket_mining.report_variants(log, chosen.cases),
		'cases', ticket_mining.report_cases(log, chosen.cases, chosen.began, attributes, ticket_mining.report_filtered_by(filter), known.zone, folds, ticks),
		'events', ticket_mining.report_events(log, chosen.cases, known.zone, known.hours::ticket_mining.business_calendar, ticks),
		'reopenings', ticket_mining.report_reopenings(log, chosen.cases, chosen.began, known.zone, folds, ticks),
		'team_visits', ticket_mining.report_team_visits(log, chosen.cases, chosen.began, known.zone, ticks),
		'holds', ticket_mining.report_holds(log, chosen.cases, known.zone, known.hours::ticket_mining.business_calendar, ticks),
		'messages', ticket_mining.report_messages(log, chosen.cases, chosen.began, known.zone, ticks),
		'quality', ticket_mining.report_quality(log), 'chain', filter::text));
END $$;
COMMENT ON FUNCTION report_html(name, text, date, date, text[], integer, jsonb, text, text, jsonb) IS 'a log as a page for the browser, all in one file: process map, variants, the five questions, and the cases behind them';
