-- map: what belongs to the cases in the page: lists end to end, in the order of the cases

-- How many rows of a mined table each case has.
CREATE FUNCTION report_counts(log name, cases bigint[], mined_table text, OUT counts json)
	LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT page_array(array_agg(coalesce(m.rows, 0) ORDER BY k.n))
		FROM unnest($1) WITH ORDINALITY k (case_key, n)
		LEFT JOIN (SELECT case_key, count(*) FROM @schema.%I GROUP BY case_key) m (case_key, rows)
		USING (case_key)
	$q$, mined_table) INTO counts USING cases;
END $$;
COMMENT ON FUNCTION report_counts(name, bigint[], text)
	IS 'internal: how many rows of a mined table each case has';

CREATE FUNCTION report_events(log name, cases bigint[], zone text, hours business_calendar,
		ticks integer, OUT events json) LANGUAGE plpgsql
	STABLE COST 100000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		WITH event AS (
			SELECT k.n, e.event_no, e.at, lag(e.at) OVER w AS at_before,
				   lag(e.seconds_to_next) OVER w AS seconds,
				   lag(e.business_seconds_to_next) OVER w AS business_seconds
			FROM unnest($1) WITH ORDINALITY k (case_key, n) JOIN @schema.events e USING (case_key)
			WINDOW w AS (PARTITION BY k.n ORDER BY e.event_no)),
		told AS (
			SELECT n, event_no, report_ticks(report_gap(seconds, at_before, at, $2), $4) AS since,
				   report_ticks(coalesce(business_seconds, log_seconds(business_duration($3,
					at_before AT TIME ZONE $2, at AT TIME ZONE $2))), $4) AS business_since
			FROM event)
		SELECT json_build_object(
			'since', page_array(array_agg(coalesce(since, 0) ORDER BY n, event_no)),
			'business_since', CASE WHEN $3 IS NOT NULL THEN
				page_array(array_agg(coalesce(business_since, 0) ORDER BY n, event_no)) END)
		FROM told
	$q$) INTO events USING cases, zone, hours, ticks;
END $$;
COMMENT ON FUNCTION report_events(name, bigint[], text, business_calendar, integer)
	IS 'internal: the events of cases as JSON';

CREATE FUNCTION report_reopenings(log name, cases bigint[], began timestamptz[], zone text,
		folds tsmultirange, ticks integer, OUT reopenings json) LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		WITH twice AS MATERIALIZED (SELECT * FROM report_twice($1, $4, $5)),
		activity AS MATERIALIZED (SELECT * FROM report_numbers($1, 'activities', 'activity')),
		told AS (
			SELECT k.n, r.reopening_no AS no, r.outcome,
				   coalesce(t1.after, report_since(k.began, r.done_at, $4)) AS done_at,
				   coalesce(t2.after, report_since(k.began, r.reopened_at, $4)) AS reopened_at,
				   coalesce(t3.after, report_since(k.began, r.done_again_at, $4)) AS done_again_at,
				   d.number AS done_as, o.number AS reopened_as,
				   CASE WHEN r.done_again_at IS NULL THEN -1 ELSE a.number END AS done_again_as
			FROM unnest($2, $3) WITH ORDINALITY k (case_key, began, n)
			JOIN @schema.reopenings r USING (case_key)
			JOIN activity d ON d.label = r.done_as
			JOIN activity o ON o.label = r.reopened_as
			LEFT JOIN activity a ON a.label = r.done_again_as
			LEFT JOIN twice t1 ON t1.case_key = r.case_key AND t1.at = r.done_at
			LEFT JOIN twice t2 ON t2.case_key = r.case_key AND t2.at = r.reopened_at
			LEFT JOIN twice t3 ON t3.case_key = r.case_key AND t3.at = r.done_again_at)
		SELECT json_build_object('count', report_counts($1, $2, 'reopenings'),
			'done_at', page_array(array_agg(report_ticks(done_at, $6) ORDER BY n, no)),
			'done_as', page_array(array_agg(done_as ORDER BY n, no)),
			'reopened_at', page_array(array_agg(report_ticks(reopened_at, $6) ORDER BY n, no)),
			'reopened_as', page_array(array_agg(reopened_as ORDER BY n, no)),
			'done_again_at', page_array(array_agg(report_ticks(done_again_at, $6) ORDER BY n, no)),
			'done_again_as', page_array(array_agg(done_again_as ORDER BY n, no)),
			'outcome', page_array(array_agg(outcome ORDER BY n, no)))
		FROM told
	$q$) INTO reopenings USING log, cases, began, zone, folds, ticks;
END $$;
COMMENT ON FUNCTION report_reopenings(name, bigint[], timestamptz[], text, tsmultirange, integer)
	IS 'internal: the reopenings of cases as JSON';

-- Teams may have calendars of their own in a log that has none.
CREATE FUNCTION report_team_visits(log name, cases bigint[], began timestamptz[], zone text,
		ticks integer, OUT visits json) LANGUAGE plpgsql
	STABLE COST 100000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		WITH told AS (
			SELECT k.n, v.visit_no AS no, t.number AS team, v.outcome,
				   report_ticks(report_since(k.began, v.from_at, $4), $5) AS from_at,
				   report_ticks(report_since(k.began, v.to_at, $4), $5) AS to_at,
				   report_ticks(v.elapsed_seconds, $5) AS elapsed,
				   report_ticks(v.own_seconds, $5) AS own,
				   report_ticks(v.business_elapsed_seconds, $5) AS business_elapsed,
				   report_ticks(v.business_own_seconds, $5) AS business_own
			FROM unnest($2, $3) WITH ORDINALITY k (case_key, began, n)
			JOIN @schema.team_visits v USING (case_key)
			JOIN report_numbers($1, 'teams', 'team') t ON t.label = v.team),
		log AS (
			SELECT EXISTS (SELECT FROM @schema.team_visits
				WHERE business_elapsed_seconds IS NOT NULL) AS has_business)
		SELECT json_build_object('count', report_counts($1, $2, 'team_visits'),
			'team', page_array(array_agg(team ORDER BY n, no)),
			'from_at', page_array(array_agg(from_at ORDER BY n, no)),
			'to_at', page_array(array_agg(to_at ORDER BY n, no)),
			'outcome', page_array(array_agg(outcome ORDER BY n, no)),
			'elapsed', page_array(array_agg(elapsed ORDER BY n, no)),
			'own', page_array(array_agg(own ORDER BY n, no)),
			'business_elapsed', CASE WHEN (SELECT has_business FROM log)
				THEN page_array(array_agg(business_elapsed ORDER BY n, no)) END,
			'business_own', CASE WHEN (SELECT has_business FROM log)
				THEN page_array(array_agg(business_own ORDER BY n, no)) END)
		FROM told
	$q$) INTO visits USING log, cases, began, zone, ticks;
END $$;
COMMENT ON FUNCTION report_team_visits(name, bigint[], timestamptz[], text, integer)
	IS 'internal: the team visits of cases as JSON';

-- The mined table leaves out the lengths of cases that are cut off, for no sum may
-- count them.
CREATE FUNCTION report_holds(log name, cases bigint[], zone text, hours business_calendar,
		ticks integer, OUT holds json) LANGUAGE plpgsql
	STABLE COST 100000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		WITH hold AS (
			SELECT k.n, v.visit_no AS no, s.number AS segment, v.seconds, v.business_seconds,
				   v.from_at AT TIME ZONE $3 AS since, v.to_at AT TIME ZONE $3 AS until
			FROM unnest($2) WITH ORDINALITY k (case_key, n)
			JOIN @schema.segment_visits v USING (case_key)
			JOIN report_numbers($1, 'segments', 'segment') s ON s.label = v.segment),
		told AS (
			SELECT n, no, segment,
				   report_ticks(coalesce(seconds, log_seconds(until - since)), $5) AS duration,
				   report_ticks(CASE WHEN seconds IS NULL
					THEN log_seconds(business_duration($4, since, until))
					ELSE business_seconds END, $5) AS business_duration
			FROM hold)
		SELECT json_build_object('count', report_counts($1, $2, 'segment_visits'),
			'segment', page_array(array_agg(segment ORDER BY n, no)),
			'duration', page_array(array_agg(duration ORDER BY n, no)),
			'business_duration', CASE WHEN $4 IS NOT NULL
				THEN page_array(array_agg(business_duration ORDER BY n, no)) END)
		FROM told
	$q$) INTO holds USING log, cases, zone, hours, ticks;
END $$;
COMMENT ON FUNCTION report_holds(name, bigint[], text, business_calendar, integer)
	IS 'internal: who held cases, as JSON';

CREATE FUNCTION report_messages(log name, cases bigint[], began timestamptz[], zone text,
		ticks integer, OUT messages json) LANGUAGE plpgsql
	STABLE COST 100000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		WITH told AS (
			SELECT k.n, m.message_no AS no,
				   report_ticks(report_since(k.began, m.at, $4), $5) AS at,
				   coalesce(array_position('{in,out,internal,auto}', m.direction) - 1, 4)
					AS direction
			FROM unnest($2, $3) WITH ORDINALITY k (case_key, began, n)
			JOIN @schema.messages m USING (case_key))
		SELECT json_build_object('count', report_counts($1, $2, 'messages'),
			'at', page_array(array_agg(at ORDER BY n, no)),
			'direction', page_array(array_agg(direction ORDER BY n, no)))
		FROM told
	$q$) INTO messages USING log, cases, began, zone, ticks;
END $$;
COMMENT ON FUNCTION report_messages(name, bigint[], timestamptz[], text, integer)
	IS 'internal: the messages of cases as JSON';
