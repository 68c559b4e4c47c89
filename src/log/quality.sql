-- log: what is left out or looks odd

CREATE FUNCTION log_write_quality(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, 'DELETE FROM @schema.quality');
	EXECUTE run_sql(log, $q$
		INSERT INTO @schema.quality (line, finding, subject, number, unit, base, meaning)
		SELECT row_number() OVER (ORDER BY q.part, q.subject COLLATE "C"), q.finding, q.subject,
			q.number, q.unit, q.base, q.meaning
		FROM (SELECT * FROM log_count_cases($1)
			  UNION ALL SELECT * FROM log_count_left_out($1)
			  UNION ALL SELECT * FROM log_count_unmatched($1)
			  UNION ALL SELECT * FROM log_count_names($1)
			  UNION ALL SELECT * FROM log_count_unknown_values($1)
			  UNION ALL SELECT * FROM log_count_oddities($1)
			  UNION ALL SELECT * FROM log_count_labels($1)) q$q$) USING log;
END $$;
COMMENT ON FUNCTION log_write_quality(name) IS 'internal: writes the quality report of a log';

-- The bases of the cohorts.
CREATE FUNCTION log_count_cases(log name, OUT part integer, OUT finding text, OUT subject text,
		OUT number bigint, OUT unit text, OUT base bigint, OUT meaning text)
	RETURNS SETOF record LANGUAGE plpgsql
	COST 1000 ROWS 10 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE run_sql(log, $q$
		SELECT v.part, v.finding, '', v.number, 'cases', v.base, v.meaning
		FROM (SELECT count(*) AS cases, coalesce(sum(c.is_resolved), 0) AS resolved,
				count(c.closed_at) AS closed, coalesce(sum(c.is_open), 0) AS open,
				coalesce(sum(c.is_cut_off), 0) AS cut_off,
				count(*) FILTER (WHERE %s) AS rounded,
				NOT EXISTS (SELECT FROM @schema.activities a
					WHERE a.is_done = 1 AND a.event_count > 0) AS knows_no_done
			  FROM @schema.cases c) n
		CROSS JOIN LATERAL (VALUES
			(1, 'cases', n.cases, NULL, 'The base of whatever counts cases', true),
			(2, 'cases resolved', n.resolved, n.cases,
				'The base of landing and of reopened cases', true),
			(3, 'cases closed', n.closed, n.cases, 'Came into an activity of kind closed', true),
			(4, 'cases open', n.open, n.cases,
				'Not done as of the refresh; their durations go on', true),
			(5, 'no activity is done', n.cases, n.cases, 'Nothing can be said of resolutions,'
				' reopenings and the backlog, until activity_map says of what kind activities are:'
				' resolved or closed', n.knows_no_done AND n.cases > 0),
			(6, 'cases cut off', n.cut_off, n.cases,
				'Counted, but left out of durations and landing', true),
			(7, 'case ids beyond 2^53', n.rounded, n.cases, 'Tools in JavaScript round such'
				' numbers: let them read case_no, which is text', n.rounded > 0)
			) v (part, finding, number, base, meaning, holds)
		WHERE v.holds$q$,
		CASE log_id_type(log) WHEN 'bigint' THEN 'abs(c.case_id::numeric) > 9007199254740992'
			ELSE 'false' END);
END $$;
COMMENT ON FUNCTION log_count_cases(name) IS 'internal: counts the cases of a log';

-- What was read and left out.
CREATE FUNCTION log_count_left_out(log name, OUT part integer, OUT finding text, OUT subject text,
		OUT number bigint, OUT unit text, OUT base bigint, OUT meaning text)
	RETURNS SETOF record LANGUAGE plpgsql
	COST 1000 ROWS 10 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE run_sql(log, $q$
		SELECT r.part, 'events ' || r.reason, '', coalesce(o.number, 0), 'events', n.events_read,
			r.meaning || coalesce('. Cases, up to five: ' || o.cases, '')
		FROM @run.reading n
		CROSS JOIN (VALUES
			(21, 'no case', 'Left out: no case_id'),
			(22, 'no activity', 'Left out: no activity'),
			(23, 'no time', 'Left out: no time'),
			(24, 'infinite time', 'Left out: the time is infinite'),
			(25, 'too early', CASE WHEN $2 = $3 THEN 'Left out: before earliest_date of the'
				' settings, as times that are written for none are' ELSE format('Left out: before'
				' %%s, the first whole year that all calendars know', $2) END),
			(26, 'too late', 'Left out: later than days_ahead of the settings after as_of, as times'
				' that are written for none are'),
			(27, 'after as_of', 'Left out of this refresh; a later one will have them'),
			(28, 'filtered out', 'Left out of a derived log, those of cases that are left out'
				' included')) r (part, reason, meaning)
		LEFT JOIN @run.left_out o USING (reason)
		WHERE r.reason <> 'filtered out' OR $1
		UNION ALL
		SELECT v.part, v.relation || ' left out', '',
			(n.rejected ->> (v.relation || ' left out'))::bigint, v.relation, NULL, v.meaning
		FROM @run.reading n
		CROSS JOIN (VALUES
			(31, 'assignments', 'No case, a case without events, no time, or one at which events'
				' are left out, too'),
			(32, 'messages', 'Likewise, or no direction')) v (part, relation, meaning)$q$)
		USING log_setting(log, 'from_log') IS NOT NULL, log_earliest_date(log),
			log_setting(log, 'earliest_date')::date;
END $$;
COMMENT ON FUNCTION log_count_left_out(name) IS
'internal: counts what a refresh read and left out';

-- Ids that some relation has and another one lacks.
CREATE FUNCTION log_count_unmatched(log name, OUT part integer, OUT finding text,
		OUT subject text, OUT number bigint, OUT unit text, OUT base bigint, OUT meaning text)
	RETURNS SETOF record LANGUAGE plpgsql
	COST 1000 ROWS 5 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE run_sql(log, $q$
		WITH unmatched AS (
			SELECT u.part, sum(u.number)::bigint AS number,
				string_agg(log_example(u.case_id), ', ' ORDER BY u.no) FILTER (WHERE u.no <= 5)
					AS cases
			FROM (SELECT v.part, v.number, f.case_id,
					row_number() OVER (PARTITION BY v.part ORDER BY f.case_id) AS no
				  FROM @run.fresh f
				  CROSS JOIN LATERAL (VALUES
					(11, 1, f.is_in_cases AND f.trace IS NULL),
					(12, 1, NOT f.is_in_cases AND f.trace IS NOT NULL AND $1),
					(13, f.assignments_read, f.trace IS NULL AND f.assignments_read > 0),
					(14, f.messages_read, f.trace IS NULL AND f.messages_read > 0)
					) v (part, number, holds)
				  WHERE f.case_id IS NOT NULL AND (f.trace IS NULL OR $1 AND NOT f.is_in_cases)
				  AND v.holds AND NOT $2) u
			GROUP BY u.part)
		SELECT v.part, v.finding, '', coalesce(u.number, 0), v.unit,
			CASE v.part WHEN 12 THEN (SELECT count(*) FROM @schema.cases) END,
			v.meaning || coalesce('. Cases, up to five: ' || u.cases, '')
		FROM (VALUES
			(11, 'cases without events', 'cases', 'Rows of the relation of the cases that are not'
				' mined'),
			(12, 'cases without a row', 'cases', 'Mined, but without attributes: the relation of'
				' the cases does not have them'),
			(13, 'assignments without events', 'assignments', 'Left out: no event has their case'),
			(14, 'messages without events', 'messages', 'Left out: no event has their case')
			) v (part, finding, unit, meaning)
		LEFT JOIN unmatched u USING (part)
		UNION ALL
		SELECT 10, 'cases without an id', '', count(*) FILTER (WHERE f.case_id IS NULL
			AND f.is_in_cases), 'cases', NULL, 'Rows of the relation of the cases that are left'
			' out: no case_id'
		FROM @run.fresh f HAVING $1
		UNION ALL
		SELECT 15, 'cases filtered out', '', count(*) FILTER (WHERE f.trace IS NULL), 'cases',
			count(*), 'Left out of a derived log; explain_filter() says by which step'
		FROM @run.fresh f HAVING $2$q$)
		USING log_setting(log, 'cases') IS NOT NULL, log_setting(log, 'from_log') IS NOT NULL;
END $$;
COMMENT ON FUNCTION log_count_unmatched(name) IS
'internal: counts the ids that one relation of a log has and another one lacks';

-- Numbers of cases by which nobody finds one case.
CREATE FUNCTION log_count_names(log name, OUT part integer, OUT finding text, OUT subject text,
		OUT number bigint, OUT unit text, OUT base bigint, OUT meaning text)
	RETURNS SETOF record LANGUAGE plpgsql
	COST 1000 ROWS 2 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE run_sql(log, $q$
		SELECT v.part, v.finding, '', sum(v.cases)::bigint, 'cases',
			(SELECT count(*) FROM @schema.cases), v.meaning
				|| string_agg(v.example, ', ' ORDER BY v.no) FILTER (WHERE v.no <= 5)
		FROM (SELECT n.cases, f.part, f.finding, f.meaning, f.example,
				row_number() OVER (PARTITION BY f.part ORDER BY n.first_id) AS no
			  FROM (SELECT c.case_no, count(*) AS cases, min(c.case_id) AS first_id
					FROM @schema.cases c GROUP BY c.case_no
					HAVING count(*) > 1 OR btrim(c.case_no) = '') n
			  CROSS JOIN LATERAL (VALUES
				(8, 'case numbers shared', 'Cases that have the number of another one: only their'
					' ids tell them apart. Numbers, up to five: ', quote_literal(n.case_no),
					btrim(n.case_no) <> ''),
				(9, 'case numbers empty', 'Only their ids tell them apart. Cases, up to five: ',
					log_example(n.first_id), btrim(n.case_no) = '')
				) f (part, finding, meaning, example, holds)
			  WHERE f.holds) v
		GROUP BY v.part, v.finding, v.meaning$q$);
END $$;
COMMENT ON FUNCTION log_count_names(name) IS
'internal: counts numbers of cases that name no case, or several';

-- Attributes whose time means no time, and numbers that are not what the source says.
CREATE FUNCTION log_count_unknown_values(log name, OUT part integer, OUT finding text,
		OUT subject text, OUT number bigint, OUT unit text, OUT base bigint, OUT meaning text)
	RETURNS SETOF record LANGUAGE plpgsql
	COST 1000 ROWS 5 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE run_sql(log, $q$
		SELECT f.part, f.finding, n.attribute, n.number, 'cases',
			(SELECT count(*) FROM @schema.cases), f.meaning || n.cases
		FROM (SELECT v.part, v.attribute, count(*) AS number, '. Cases, up to five: '
					|| string_agg(log_example(v.case_id), ', ' ORDER BY v.no)
						FILTER (WHERE v.no <= 5) AS cases
			  FROM (SELECT a.part, a.attribute, f.case_id,
						row_number() OVER (PARTITION BY a.part, a.attribute
							ORDER BY f.case_id) AS no
					FROM @run.fresh f
					CROSS JOIN LATERAL (
						SELECT CASE b.type WHEN 'float8' THEN 17 ELSE 16 END, b.column_name
						FROM unnest(f.unknown_values) u (attribute)
						JOIN @run.attributes b ON b.column_name = u.attribute
						UNION ALL
						SELECT 18, r FROM unnest(f.rounded_numbers) r) a (part, attribute)
					WHERE f.trace IS NOT NULL AND f.case_id IS NOT NULL) v
			  GROUP BY v.part, v.attribute) n
		JOIN (VALUES
			(16, 'times for none', 'NULL here: in the ticket system it is a day that is written for'
				' none (1 January of 1, 1753 or 1900, 31 December of 9999), infinite, or not in the'
				' years 1 to 9999'),
			(17, 'numbers too large', 'NULL here: beyond 1.8e308, which no number of a client is'),
			(18, 'numbers rounded', 'Beyond 2^53 a number has no room for all digits, and two may'
				' become one: cast it to text in a view')) f (part, finding, meaning)
		USING (part)$q$);
END $$;
COMMENT ON FUNCTION log_count_unknown_values(name) IS
'internal: counts attributes that are times for none, or numbers that are not kept';

-- What looks odd in the histories.
CREATE FUNCTION log_count_oddities(log name, OUT part integer, OUT finding text, OUT subject text,
		OUT number bigint, OUT unit text, OUT base bigint, OUT meaning text)
	RETURNS SETOF record LANGUAGE plpgsql
	COST 1000 ROWS 10 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE run_sql(log, $q$
		WITH written AS (
			SELECT count(*) AS messages, coalesce(sum(m.is_out), 0) AS messages_out,
				count(*) FILTER (WHERE m.direction NOT IN ('in', 'out', 'internal',
					'auto')) AS no_direction,
				coalesce(sum(m.is_long_wait), 0) AS long_waits,
				count(DISTINCT CASE m.is_long_wait WHEN 1 THEN m.case_key END) AS long_wait_cases
			FROM @schema.messages m),
		counted AS (
			SELECT count(*) AS cases, coalesce(sum(trace_length(t.trace)), 0) AS events,
				coalesce(sum(t.tied_events), 0) AS tied,
				coalesce(sum(t.duplicate_events), 0) AS duplicates,
				coalesce(sum(trace_length(t.assignments)), 0) AS assignments,
				(SELECT count(*) FROM @schema.team_visits) AS visits,
				(SELECT coalesce(sum(e.frequency), 0)::bigint
				 FROM @schema.edge_stats e JOIN @schema.activities a ON a.activity = e.source
				 WHERE e.clock = 'elapsed' AND e.source = e.target
				 AND a.kind <> 'note') AS unchanged
			FROM @schema.traces t)
		SELECT v.part, v.finding, '', v.number, v.unit, v.base, v.meaning
		FROM written w, counted c, LATERAL (VALUES
			(41, 'events tied', c.tied, 'events', c.events,
				'Of one case and time, with no seq to tell their order: it is that of the labels'),
			(42, 'events duplicate', c.duplicates, 'events', c.events,
				'Repeat another one exactly; they count'),
			(43, 'events without change', c.unchanged, 'events', c.events,
				'The activity that the case was in already; notes aside'),
			(44, 'assignments without change', c.assignments - c.visits, 'assignments',
				c.assignments, 'The team that had the case already'),
			(45, 'messages of no direction', w.no_direction, 'messages', w.messages,
				'Neither in, out, internal nor auto; they count as neither in nor out'),
			(46, 'long waits with us', w.long_waits, 'messages', w.messages_out, 'Out, and then'
				' nothing for 7 days while the status said us: that the user has it was hardly'
				' registered'),
			(47, 'cases with long waits', w.long_wait_cases, 'cases', c.cases,
				'Cases with such a message')) v (part, finding, number, unit, base, meaning)$q$);
END $$;
COMMENT ON FUNCTION log_count_oddities(name) IS 'internal: counts what looks odd in a log';

-- Labels that the maps do not know, rows of the maps that no label has, and labels that
-- people would take for one.
CREATE FUNCTION log_count_labels(log name, OUT part integer, OUT finding text, OUT subject text,
		OUT number bigint, OUT unit text, OUT base bigint, OUT meaning text)
	RETURNS SETOF record LANGUAGE plpgsql
	COST 1000 ROWS 20 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE run_sql(log, $q$
		SELECT 51, 'activity not mapped', a.activity, a.case_count, 'cases',
			(SELECT count(*) FROM @schema.cases),
			'Its segment is unknown: say in activity_map who holds a case that is in it'
		FROM @schema.activities a
		WHERE a.segment = 'unknown' AND a.kind IN ('open', 'resolved', 'closed')
			AND a.case_count > 0
		UNION ALL
		SELECT 52, 'cases with unknown time', '', count(*), 'cases',
			(SELECT count(*) FROM @schema.cases),
			'Their real case time rests on activities that are not mapped'
		FROM @schema.cases c WHERE c.unknown_seconds > 0
		UNION ALL
		SELECT 53, 'team not mapped', t.team, v.cases, 'cases',
			(SELECT count(*) FROM @schema.cases),
			'Its role is unknown: say in team_map whether it is ours, a partner or intake'
		FROM @schema.teams t, LATERAL (SELECT count(DISTINCT v.case_key) AS cases
			FROM @schema.team_visits v WHERE v.team = t.team) v
		WHERE t.role = 'unknown' AND v.cases > 0
		UNION ALL
		SELECT 54, 'map row without events', a ->> 'activity', 1, 'map rows', NULL,
			'No event has this activity'
		FROM @run.followed, jsonb_array_elements(config -> 'activities') a
		WHERE coalesce(a ->> 'merge_into', a ->> 'activity') = a ->> 'activity'
			AND NOT EXISTS (SELECT FROM @schema.activities s
				WHERE s.activity = a ->> 'activity' AND s.event_count > 0)
		UNION ALL
		SELECT 55, 'map row without assignments', t ->> 'team', 1, 'map rows', NULL,
			'No assignment has this team'
		FROM @run.followed, jsonb_array_elements(config -> 'teams') t
		WHERE (SELECT 1 FROM @schema.team_visits v WHERE v.team = t ->> 'team' LIMIT 1) IS NULL
		UNION ALL
		SELECT 56, 'labels nearly equal', string_agg(quote_literal(l.label), ', '
				ORDER BY l.label COLLATE "C"), count(*), 'labels', NULL, format('%%s that differ in'
			' blanks, in capital letters or in how their letters are encoded: if they are one,'
			' merge them', l.what)
		FROM (SELECT 'Activities' AS what, a.activity AS label FROM @schema.activities a
			  WHERE a.event_count > 0
			  UNION ALL
			  SELECT 'Teams', t.team FROM @schema.teams t WHERE t.role <> 'none') l
		GROUP BY l.what, log_folded_label(l.label) HAVING count(*) > 1$q$);
END $$;
COMMENT ON FUNCTION log_count_labels(name) IS
'internal: counts the labels that are not mapped, or nearly equal';
