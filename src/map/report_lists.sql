-- map: what belongs to the cases in the page: lists end to end, in the order of the cases

-- How many rows of a mined table each case has.
CREATE FUNCTION report_counts(log name, cases bigint[], mined_table text) RETURNS json LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	counts json;
BEGIN
	EXECUTE format('SELECT ticket_mining.page_array(array_agg(coalesce(m.count, 0) ORDER BY k.n))
		FROM unnest($1) WITH ORDINALITY k (case_key, n)
		LEFT JOIN (SELECT case_key, count(*) AS count FROM %I.%I GROUP BY case_key) m USING (case_key)', log, mined_table)
		INTO counts USING cases;
	RETURN counts;
END $$;
COMMENT ON FUNCTION report_counts(name, bigint[], text) IS 'internal: how many rows of a mined table each case has';

CREATE FUNCTION report_events(log name, cases bigint[], zone text, hours business_calendar, ticks integer) RETURNS json LANGUAGE plpgsql
	STABLE COST 100000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (SELECT json_build_object('since', page_array(array_agg(coalesce(report_ticks(s.since, ticks), 0) ORDER BY s.n, s.event_no)),
				'business_since', CASE WHEN hours IS NOT NULL THEN page_array(array_agg(coalesce(report_ticks(s.business_since, ticks), 0) ORDER BY s.n, s.event_no)) END)
			FROM (SELECT k.n, e.event_no, report_gap(lag(e.seconds_to_next) OVER w, lag(e.at) OVER w, e.at, zone) AS since,
						 coalesce(lag(e.business_seconds_to_next) OVER w, log_seconds(business_duration(hours, lag(e.at) OVER w AT TIME ZONE zone, e.at AT TIME ZONE zone))) AS business_since
				  FROM unnest(cases) WITH ORDINALITY k (case_key, n) JOIN events e USING (case_key)
				  WINDOW w AS (PARTITION BY k.n ORDER BY e.event_no)) s);
END $$;
COMMENT ON FUNCTION report_events(name, bigint[], text, business_calendar, integer) IS 'internal: the events of cases as JSON';

CREATE FUNCTION report_reopenings(log name, cases bigint[], began timestamptz[], zone text, folds tsmultirange, ticks integer) RETURNS json LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (
		WITH twice AS MATERIALIZED (SELECT * FROM report_twice(log, zone, folds)),
		activity AS MATERIALIZED (SELECT * FROM report_numbers(log, 'activities', 'activity'))
		SELECT json_build_object('count', report_counts(log, cases, 'reopenings'),
			'done_at', page_array(array_agg(report_ticks(coalesce(t1.after, log_seconds((r.done_at AT TIME ZONE zone) - k.began)), ticks) ORDER BY k.n, r.reopening_no)),
			'done_as', page_array(array_agg(d.number ORDER BY k.n, r.reopening_no)),
			'reopened_at', page_array(array_agg(report_ticks(coalesce(t2.after, log_seconds((r.reopened_at AT TIME ZONE zone) - k.began)), ticks) ORDER BY k.n, r.reopening_no)),
			'reopened_as', page_array(array_agg(o.number ORDER BY k.n, r.reopening_no)),
			'done_again_at', page_array(array_agg(report_ticks(coalesce(t3.after, log_seconds((r.done_again_at AT TIME ZONE zone) - k.began)), ticks) ORDER BY k.n, r.reopening_no)),
			'done_again_as', page_array(array_agg(CASE WHEN r.done_again_at IS NULL THEN -1 ELSE a.number END ORDER BY k.n, r.reopening_no)),
			'outcome', page_array(array_agg(r.outcome ORDER BY k.n, r.reopening_no)))
		FROM unnest(cases, began) WITH ORDINALITY k (case_key, began, n)
		JOIN reopenings r USING (case_key)
		JOIN activity d ON d.label = r.done_as
		JOIN activity o ON o.label = r.reopened_as
		LEFT JOIN activity a ON a.label = r.done_again_as
		LEFT JOIN twice t1 ON t1.case_key = r.case_key AND t1.at = r.done_at
		LEFT JOIN twice t2 ON t2.case_key = r.case_key AND t2.at = r.reopened_at
		LEFT JOIN twice t3 ON t3.case_key = r.case_key AND t3.at = r.done_again_at);
END $$;
COMMENT ON FUNCTION report_reopenings(name, bigint[], timestamptz[], text, tsmultirange, integer) IS 'internal: the reopenings of cases as JSON';

-- Teams may have calendars of their own in a log that has none.
CREATE FUNCTION report_team_visits(log name, cases bigint[], began timestamptz[], zone text, ticks integer) RETURNS json LANGUAGE plpgsql
	STABLE COST 100000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	is_business boolean;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	is_business := EXISTS (SELECT FROM team_visits v WHERE v.business_elapsed_seconds IS NOT NULL);
	RETURN (SELECT json_build_object('count', report_counts(log, cases, 'team_visits'),
				'team', page_array(array_agg(t.number ORDER BY k.n, v.visit_no)),
				'from_at', page_array(array_agg(report_ticks(log_seconds((v.from_at AT TIME ZONE zone) - k.began), ticks) ORDER BY k.n, v.visit_no)),
				'to_at', page_array(array_agg(report_ticks(log_seconds((v.to_at AT TIME ZONE zone) - k.began), ticks) ORDER BY k.n, v.visit_no)),
				'outcome', page_array(array_agg(v.outcome ORDER BY k.n, v.visit_no)),
				'elapsed', page_array(array_agg(report_ticks(v.elapsed_seconds, ticks) ORDER BY k.n, v.visit_no)),
				'own', page_array(array_agg(report_ticks(v.own_seconds, ticks) ORDER BY k.n, v.visit_no)),
				'business_elapsed', CASE WHEN is_business THEN page_array(array_agg(report_ticks(v.business_elapsed_seconds, ticks) ORDER BY k.n, v.visit_no)) END,
				'business_own', CASE WHEN is_business THEN page_array(array_agg(report_ticks(v.business_own_seconds, ticks) ORDER BY k.n, v.visit_no)) END)
			FROM unnest(cases, began) WITH ORDINALITY k (case_key, began, n)
			JOIN team_visits v USING (case_key)
			JOIN report_numbers(log, 'teams', 'team') t ON t.label = v.team);
END $$;
COMMENT ON FUNCTION report_team_visits(name, bigint[], timestamptz[], text, integer) IS 'internal: the team visits of cases as JSON';

-- The mined table leaves out the lengths of cases that are cut off, for no sum may count them.
CREATE FUNCTION report_holds(log name, cases bigint[], zone text, hours business_calendar, ticks integer) RETURNS json LANGUAGE plpgsql
	STABLE COST 100000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (SELECT json_build_object('count', report_counts(log, cases, 'segment_visits'),
				'segment', page_array(array_agg(h.number ORDER BY h.n, h.visit_no)),
				'duration', page_array(array_agg(report_ticks(coalesce(h.seconds, log_seconds(h.until - h.since)), ticks) ORDER BY h.n, h.visit_no)),
				'business_duration', CASE WHEN hours IS NOT NULL THEN page_array(array_agg(report_ticks(
					CASE WHEN h.seconds IS NULL THEN log_seconds(business_duration(hours, h.since, h.until)) ELSE h.business_seconds END, ticks) ORDER BY h.n, h.visit_no)) END)
			FROM (SELECT k.n, v.visit_no, s.number, v.seconds, v.business_seconds, v.from_at AT TIME ZONE zone AS since, v.to_at AT TIME ZONE zone AS until
				  FROM unnest(cases) WITH ORDINALITY k (case_key, n)
				  JOIN segment_visits v USING (case_key)
				  JOIN report_numbers(log, 'segments', 'segment') s ON s.label = v.segment) h);
END $$;
COMMENT ON FUNCTION report_holds(name, bigint[], text, business_calendar, integer) IS 'internal: who held cases, as JSON';

CREATE FUNCTION report_messages(log name, cases bigint[], began timestamptz[], zone text, ticks integer) RETURNS json LANGUAGE plpgsql
	STABLE COST 100000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (SELECT json_build_object('count', report_counts(log, cases, 'messages'),
				'at', page_array(array_agg(report_ticks(log_seconds((m.at AT TIME ZONE zone) - k.began), ticks) ORDER BY k.n, m.message_no)),
				'direction', page_array(array_agg(coalesce(array_position('{in,out,internal,auto}', m.direction) - 1, 4) ORDER BY k.n, m.message_no)))
			FROM unnest(cases, began) WITH ORDINALITY k (case_key, began, n)
			JOIN messages m USING (case_key));
END $$;
COMMENT ON FUNCTION report_messages(name, bigint[], timestamptz[], text, integer) IS 'internal: the messages of cases as JSON';
