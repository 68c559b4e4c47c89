-- map: a whole log in the page: which cases, and what the page says of all of them
--
-- Everything is read from the tables that readers of a log may read, so times come as
-- the clock showed them. See report_twice() for the hour that it shows twice.
-- Attributes of cases may have any name: their columns are named with their table.

-- Seconds as ticks; exact as long as they are below 2^53.
CREATE FUNCTION report_ticks(seconds float8, ticks integer) RETURNS bigint LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN pg_catalog.round(seconds OPERATOR(pg_catalog.*) ticks)::bigint;
COMMENT ON FUNCTION report_ticks(float8, integer) IS 'internal: seconds in the unit of a page';

CREATE FUNCTION report_instant(at timestamptz, ticks integer) RETURNS bigint LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN report_ticks(extract(epoch FROM at)::float8, ticks);
COMMENT ON FUNCTION report_instant(timestamptz, integer)
	IS 'internal: an instant in the unit of a page';

-- The seconds from an instant to what the clock of a zone showed.
CREATE FUNCTION report_since(began timestamptz, at timestamp, zone text) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 5
RETURN log_seconds((at AT TIME ZONE zone) - began);
COMMENT ON FUNCTION report_since(timestamptz, timestamp, text)
	IS 'internal: the seconds from an instant to a local time';

-- ---- the hour that the clock shows twice ------------------------------------------

-- The offsets of a zone from UTC, and from when on each holds; changes to the minute.
CREATE FUNCTION report_offsets(zone text, first_at timestamptz, last_at timestamptz,
		OUT from_at timestamptz, OUT seconds integer) RETURNS SETOF record LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
	WITH days AS (
		SELECT day, extract(epoch FROM (day AT TIME ZONE zone) - (day AT TIME ZONE 'UTC'))::integer
			AS seconds
		FROM generate_series(date_trunc('day', first_at, 'UTC'),
			last_at + interval '24 hours', '24 hours') day),
	changed AS (
		SELECT day, seconds, lag(day) OVER w AS before, lag(seconds) OVER w AS seconds_before
		FROM days WINDOW w AS (ORDER BY day))
	(SELECT day, seconds FROM days ORDER BY day LIMIT 1)
	UNION ALL
	SELECT (SELECT min(minute) FROM generate_series(before, day, '1 minute') minute
			WHERE extract(epoch FROM (minute AT TIME ZONE zone) - (minute AT TIME ZONE 'UTC'))
				= seconds), seconds
	FROM changed WHERE seconds <> seconds_before
	ORDER BY 1
$$;
COMMENT ON FUNCTION report_offsets(text, timestamptz, timestamptz)
	IS 'internal: the offsets of a time zone';

-- The times that the clock of a zone shows twice.
CREATE FUNCTION report_folds(zone text, first_at timestamptz, last_at timestamptz)
	RETURNS tsmultirange LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(range_agg(tsrange(utc + make_interval(secs => seconds),
		utc + make_interval(secs => seconds_before))), '{}')
	FROM (SELECT from_at AT TIME ZONE 'UTC' AS utc, seconds,
				 lag(seconds) OVER (ORDER BY from_at) AS seconds_before
		  FROM ticket_mining.report_offsets(zone, first_at, last_at)) o
	WHERE seconds < seconds_before
$$;
COMMENT ON FUNCTION report_folds(text, timestamptz, timestamptz)
	IS 'internal: the times that the clock of a zone shows twice';

-- The seconds from an event to the next. Where masked events stood between them,
-- the log has no such figure, but their times.
CREATE FUNCTION report_gap(seconds_to_next float8, at timestamp, next_at timestamp, zone text)
	RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 5
RETURN coalesce(seconds_to_next, report_since(at AT TIME ZONE zone, next_at, zone));
COMMENT ON FUNCTION report_gap(float8, timestamp, timestamp, text)
	IS 'internal: the seconds from an event to the next';

-- Events at times that the clock shows twice: how long after the first event of
-- their case they were, which follows exactly from the seconds between events.
CREATE FUNCTION report_twice(log name, zone text, folds tsmultirange,
		OUT case_key bigint, OUT at timestamp, OUT after float8) RETURNS SETOF record
	LANGUAGE plpgsql
	STABLE COST 1000 ROWS 1 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE run_sql(log, $q$
		WITH event AS (
			SELECT case_key, event_no, at,
				   report_gap(seconds_to_next, at, lead(at) OVER w, $1) AS gap
			FROM @schema.events
			WHERE case_key IN (SELECT case_key FROM @schema.events WHERE at <@ $2)
			WINDOW w AS (PARTITION BY case_key ORDER BY event_no)),
		placed AS (
			SELECT case_key, at, coalesce(sum(gap) OVER w, 0) AS after
			FROM event
			WINDOW w AS (PARTITION BY case_key ORDER BY event_no
						 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
		SELECT case_key, at, min(after) FROM placed WHERE at <@ $2 GROUP BY case_key, at
	$q$) USING zone, folds;
END $$;
COMMENT ON FUNCTION report_twice(name, text, tsmultirange)
	IS 'internal: events in the hour that the clock shows twice';

-- When a case began that did so at a time that the clock shows twice: what is
-- known of a later event decides which of the two it was; where nothing does, the second.
CREATE FUNCTION report_began(log name, "case" bigint, zone text, folds tsmultirange,
		OUT began timestamptz) LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		WITH event AS (
			SELECT event_no, at,
				   report_gap(seconds_to_next, at, lead(at) OVER (ORDER BY event_no), $2) AS gap
			FROM @schema.events WHERE case_key = $1),
		placed AS (
			SELECT event_no, at, coalesce(sum(gap) OVER w, 0) AS after
			FROM event
			WINDOW w AS (ORDER BY event_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
		SELECT (at AT TIME ZONE $2) - make_interval(secs => after)
		FROM placed ORDER BY at <@ $3, event_no LIMIT 1
	$q$) INTO began USING "case", zone, folds;
END $$;
COMMENT ON FUNCTION report_began(name, bigint, text, tsmultirange)
	IS 'internal: when a case began in the hour that the clock shows twice';

-- ---- the cases --------------------------------------------------------------------

CREATE FUNCTION report_check_cohort(cohort text, from_date date, to_date date, max_cases integer)
	RETURNS void LANGUAGE plpgsql
	IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF cohort NOT IN ('created', 'resolved', 'closed', 'active') THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('no cohort "%s"', cohort),
			HINT = 'Cohorts are created, resolved, closed and active.';
	ELSIF cohort IS NULL AND (from_date IS NOT NULL OR to_date IS NOT NULL) THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = 'a period needs a cohort',
			HINT = 'Say whether cases count that were created, resolved, closed or active in it.';
	ELSIF to_date <= from_date THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('the period ends on %s, before it begins on %s', to_date, from_date),
			HINT = 'to_date is the first day that is not in it.';
	ELSIF NOT isfinite(from_date) OR NOT isfinite(to_date) THEN
		RAISE EXCEPTION USING ERRCODE = 'datetime_field_overflow',
			MESSAGE = 'a period cannot be infinite', HINT = 'Leave the date out.';
	ELSIF least(from_date, to_date) < '0001-01-01'
		OR greatest(from_date, to_date) > '9999-12-31' THEN
		RAISE EXCEPTION USING ERRCODE = 'datetime_field_overflow',
			MESSAGE = 'a period lies in the years 1 to 9999', HINT = 'Leave the date out.';
	ELSIF max_cases IS NULL OR max_cases < 1 OR max_cases > 1000000 THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('max_cases must be from 1 to 1000000, not %s', max_cases);
	END IF;
END $$;
COMMENT ON FUNCTION report_check_cohort(text, date, date, integer)
	IS 'internal: refuses cohorts that are none';

-- The cases of a cohort, as a query over $1 and $2, its first day and the one after the
-- last: created, resolved or closed at some time in the period, or active in it: with
-- an event in it, or not done when it began. Without a cohort, all.
CREATE FUNCTION report_cohort_query(cohort text) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN CASE cohort
	WHEN 'created' THEN $q$
		SELECT c.case_key FROM @schema.cases c WHERE c.created_date >= $1 AND c.created_date < $2
	$q$ WHEN 'resolved' THEN $q$
		SELECT c.case_key FROM @schema.cases c
		WHERE c.first_resolved_date >= $1 AND c.first_resolved_date < $2
		OR c.resolved_date >= $1 AND c.resolved_date < $2
		UNION
		SELECT case_key FROM @schema.reopenings
		WHERE done_date >= $1 AND done_date < $2 OR done_again_at >= $1 AND done_again_at < $2
	$q$ WHEN 'closed' THEN $q$
		SELECT DISTINCT case_key
		FROM (SELECT case_key, event_date, kind, lag(kind) OVER w AS kind_before
			  FROM @schema.events JOIN @schema.activities USING (activity) WHERE is_note = 0
			  WINDOW w AS (PARTITION BY case_key ORDER BY event_no)) e
		WHERE kind = 'closed' AND kind_before IS DISTINCT FROM 'closed'
		AND event_date >= $1 AND event_date < $2
	$q$ WHEN 'active' THEN $q$
		SELECT case_key FROM @schema.events WHERE event_date >= $1 AND event_date < $2
		UNION
		SELECT c.case_key
		FROM @schema.cases c
		LEFT JOIN (SELECT DISTINCT ON (case_key) case_key, is_done
				   FROM @schema.events JOIN @schema.activities USING (activity)
				   WHERE is_note = 0 AND event_date < $1
				   ORDER BY case_key, event_no DESC) s USING (case_key)
		WHERE c.created_date < $1 AND s.is_done IS DISTINCT FROM 1
		AND $1 < (SELECT as_of FROM @schema.status)
	$q$ ELSE $q$
		SELECT c.case_key FROM @schema.cases c
	$q$ END;
COMMENT ON FUNCTION report_cohort_query(text) IS 'internal: the query for the cases of a cohort';

CREATE FUNCTION report_cohort(log name, cohort text, from_date date, to_date date)
	RETURNS SETOF bigint LANGUAGE plpgsql
	STABLE COST 10000 ROWS 10000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE run_sql(log, report_cohort_query(cohort))
		USING coalesce(from_date, '-infinity'), coalesce(to_date, 'infinity');
END $$;
COMMENT ON FUNCTION report_cohort(name, text, date, date) IS 'internal: the cases of a cohort';

-- The cases of a page, newest first, and when they began. Of more than there is
-- room for, a sample that depends on their ids alone.
CREATE FUNCTION report_chosen(log name, cohort_cases bigint[], max_cases integer, zone text,
		folds tsmultirange, OUT cases bigint[], OUT began timestamptz[]) LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		WITH chosen AS (
			SELECT c.case_key, c.case_id::text AS id, c.created_at
			FROM unnest($2) k (case_key) JOIN @schema.cases c USING (case_key)
			ORDER BY CASE WHEN cardinality($2) > $3
					 THEN sha256(convert_to(c.case_id::text, 'UTF8')) END, c.case_key
			LIMIT $3),
		placed AS (
			SELECT case_key, id, CASE WHEN created_at <@ $5 THEN report_began($1, case_key, $4, $5)
				   ELSE created_at AT TIME ZONE $4 END AS began
			FROM chosen)
		SELECT array_agg(case_key ORDER BY began DESC, length(id) DESC, id COLLATE "C" DESC),
			   array_agg(began ORDER BY began DESC, length(id) DESC, id COLLATE "C" DESC)
		FROM placed
	$q$) INTO cases, began USING log, cohort_cases, max_cases, zone, folds;
END $$;
COMMENT ON FUNCTION report_chosen(name, bigint[], integer, text, tsmultirange)
	IS 'internal: the cases of a page, newest first';

-- ---- what is known of the log -----------------------------------------------------

-- A page holds everything that readers of a log may read.
CREATE FUNCTION report_check_rights(log name) RETURNS void LANGUAGE plpgsql
	STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	hidden text := (SELECT min(name)
		FROM (SELECT table_name FROM ticket_mining.mined_tables WHERE is_for_readers
			  UNION ALL VALUES ('status')) t (name)
		WHERE NOT has_table_privilege(format('%I.%I', log, name), 'SELECT'));
BEGIN
	IF hidden IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('permission denied for table "%s" of log "%s"', hidden, log),
			HINT = format('Its owner lets you read it: CALL ticket_mining.grant_reader(%L, %L).',
				log, current_user);
	END IF;
END $$;
COMMENT ON FUNCTION report_check_rights(name) IS 'internal: refuses roles that may not read a log';

-- What is known of a log: its last refresh, zone, hours, and the days that it touches;
-- refuses one that has none.
CREATE FUNCTION report_known(log name, OUT as_of timestamptz, OUT zone text,
		OUT hours business_calendar, OUT case_url text, OUT first_at timestamptz,
		OUT last_at timestamptz) LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	SELECT k.as_of, k.zone, k.hours, k.case_url INTO as_of, zone, hours, case_url
	FROM log_known(log) k;
	EXECUTE run_sql(log, $q$
		SELECT (min(d.date) - 1)::timestamp AT TIME ZONE $1,
			(max(d.date) + 1)::timestamp AT TIME ZONE $1
		FROM @schema.dates d
	$q$) INTO first_at, last_at USING zone;
	IF as_of IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('log "%s" was never refreshed', log),
			HINT = format('CALL ticket_mining.refresh(%L) fills it.', log);
	END IF;
END $$;
COMMENT ON FUNCTION report_known(name) IS 'internal: what is known of a log';

-- The least ticks a second by which all times of the cases are integers.
CREATE FUNCTION report_ticks_per_second(log name, cases bigint[], OUT ticks integer)
	LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT max(CASE WHEN at = at::timestamp(0) THEN 1 WHEN at = at::timestamp(3) THEN 1000
				   ELSE 1000000 END)
		FROM (SELECT as_of FROM @schema.status
			  UNION ALL SELECT at FROM @schema.events WHERE case_key = ANY ($1)
			  UNION ALL SELECT from_at FROM @schema.team_visits WHERE case_key = ANY ($1)
			  UNION ALL SELECT at FROM @schema.messages WHERE case_key = ANY ($1)) t (at)
	$q$) INTO ticks USING cases;
END $$;
COMMENT ON FUNCTION report_ticks_per_second(name, bigint[])
	IS 'internal: the unit of the times in a page';

CREATE FUNCTION report_zone(zone text, first_at timestamptz, last_at timestamptz, ticks integer)
	RETURNS json LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
	SELECT json_build_object('name', zone,
		'from', page_array(array_agg(report_instant(from_at, ticks) ORDER BY from_at)),
		'offset', page_array(array_agg(seconds ORDER BY from_at)))
	FROM report_offsets(zone, first_at, last_at)
$$;
COMMENT ON FUNCTION report_zone(text, timestamptz, timestamptz, integer)
	IS 'internal: a time zone as JSON';

-- The most frequent length of a working day.
CREATE FUNCTION report_workday(log name, zone text, hours business_calendar, OUT seconds float8)
	LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT seconds
		FROM (SELECT log_seconds(business_duration($2, date::timestamp AT TIME ZONE $1,
				(date + 1)::timestamp AT TIME ZONE $1)) FROM @schema.dates) d (seconds)
		WHERE seconds > 0 GROUP BY seconds ORDER BY count(*) DESC, seconds DESC LIMIT 1
	$q$) INTO seconds USING zone, hours;
END $$;
COMMENT ON FUNCTION report_workday(name, text, business_calendar)
	IS 'internal: the length of the most common working day';

CREATE FUNCTION report_calendar(log name, zone text, hours business_calendar) RETURNS json
	LANGUAGE sql STABLE COST 1000
RETURN CASE WHEN hours IS NOT NULL THEN
	json_build_object('text', hours::text, 'workday_seconds', report_workday(log, zone, hours)) END;
COMMENT ON FUNCTION report_calendar(name, text, business_calendar)
	IS 'internal: the calendar of a log as JSON';

CREATE FUNCTION report_period(cohort text, from_date date, to_date date, zone text, ticks integer)
	RETURNS json LANGUAGE sql STABLE PARALLEL SAFE COST 10
RETURN CASE WHEN cohort IS NOT NULL THEN json_build_object('kind', cohort,
	'from_at', report_instant(from_date::timestamp AT TIME ZONE zone, ticks),
	'to_at', report_instant(to_date::timestamp AT TIME ZONE zone, ticks)) END;
COMMENT ON FUNCTION report_period(text, date, date, text, integer) IS 'internal: a cohort as JSON';

CREATE FUNCTION report_quality(log name, OUT quality json) LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT coalesce(json_agg(json_build_object('finding', finding, 'subject', subject,
			'number', number, 'unit', unit, 'base', base, 'meaning', meaning) ORDER BY line), '[]')
		FROM @schema.quality
	$q$) INTO quality;
END $$;
COMMENT ON FUNCTION report_quality(name) IS 'internal: the quality report of a log as JSON';

-- All arguments are checked first, and here, so that an error needs few lines to say where
-- it was.
CREATE FUNCTION report_html(log name, cohort text DEFAULT NULL,
		from_date date DEFAULT NULL, to_date date DEFAULT NULL, attributes text[] DEFAULT NULL,
		max_cases integer DEFAULT 20000, positions jsonb DEFAULT NULL, language text DEFAULT 'en',
		title text DEFAULT NULL, filter jsonb DEFAULT '[]') RETURNS text LANGUAGE plpgsql
	STABLE COST 1000000
	SET search_path = pg_catalog, ticket_mining, pg_temp SET extra_float_digits = 1 AS $$
DECLARE
	chain jsonb := coalesce(filter, '[]');
	known record;
	zone text;
	hours business_calendar;
	folds tsmultirange;
	cohort_cases bigint[];
	cases bigint[];
	began timestamptz[];
	ticks integer;
BEGIN
	PERFORM page_check(language, positions);
	PERFORM report_check_cohort(cohort, from_date, to_date, max_cases);
	-- Parsed here first, so that an error in the filter comes with a short CONTEXT.
	PERFORM filter_attributes(chain);
	PERFORM log_require_trusted(log);
	PERFORM report_check_rights(log);
	PERFORM report_check_attributes(log, attributes);
	PERFORM log_attributes_expression(log, chain);
	PERFORM log_notice_unknown(log, chain);
	known := report_known(log);
	zone := known.zone;
	hours := known.hours;
	folds := report_folds(zone, known.first_at, known.last_at);
	cohort_cases := array(SELECT report_cohort(log, cohort, from_date, to_date));
	SELECT c.cases, c.began INTO cases, began
	FROM report_chosen(log, cohort_cases, max_cases, zone, folds) c;
	ticks := report_ticks_per_second(log, cases);
	RETURN page_fill(json_build_object(
		'version', 1, 'form', 'log', 'title', coalesce(title, log), 'language', language,
		'positions', positions, 'log', log,
		'as_of', report_instant(known.as_of, ticks), 'ticks_per_second', ticks,
		'time_zone', report_zone(zone, known.first_at, known.last_at, ticks),
		'calendar', report_calendar(log, zone, hours),
		'cohort', report_period(cohort, from_date, to_date, zone, ticks),
		'sample', json_build_object('cases', cardinality(cohort_cases), 'limit', max_cases),
		'case_url', known.case_url,
		'activities', report_activities(log), 'teams', report_teams(log),
		'segments', report_segments(log), 'variants', report_variants(log, cases),
		'cases', report_cases(log, cases, began,
			report_attributes(log, cases, attributes, report_filtered_by(chain)),
			zone, folds, ticks),
		'events', report_events(log, cases, zone, hours, ticks),
		'reopenings', report_reopenings(log, cases, began, zone, folds, ticks),
		'team_visits', report_team_visits(log, cases, began, zone, ticks),
		'holds', report_holds(log, cases, zone, hours, ticks),
		'messages', report_messages(log, cases, began, zone, ticks),
		'quality', report_quality(log), 'chain', chain::text));
END $$;
COMMENT ON FUNCTION report_html(name, text, date, date, text[], integer, jsonb, text, text, jsonb)
	IS 'a log as a page for the browser, all in one file: process map, variants, '
	'the five questions, and the cases behind them';
