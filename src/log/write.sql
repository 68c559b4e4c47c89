-- log: writing the rows of the changed cases

-- Rows of the cases that changed or have gone, but for those of cases, which keep their key.
CREATE FUNCTION log_delete_stale(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	mined record;
BEGIN
	FOR mined IN
		SELECT t.table_name, t.follows_as_of
		FROM ticket_mining.mined_columns c JOIN ticket_mining.mined_tables t USING (table_name)
		WHERE c.column_name = 'case_key' AND t.table_name <> 'cases'
	LOOP
		EXECUTE ticket_mining.run_sql(log, $q$
			DELETE FROM @schema.%I m USING @run.stale s
			WHERE m.case_key = s.case_key AND ($1 OR NOT s.is_aged)$q$, mined.table_name)
			USING mined.follows_as_of;
	END LOOP;
	EXECUTE ticket_mining.run_sql(log, $q$
		DELETE FROM @schema.cases c USING @run.stale s
		WHERE c.case_key = s.case_key AND s.is_gone$q$);
END $$;
COMMENT ON FUNCTION log_delete_stale(name) IS
'internal: deletes the rows of the cases that changed';

-- All days of the years that the log touches.
CREATE FUNCTION log_write_dates(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting(log, 'time_zone');
	hours ticket_mining.business_calendar := ticket_mining.log_setting(log, 'calendar');
	first date;
	last date := date_trunc('year', moment AT TIME ZONE zone) + interval '1 year -1 day';
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT coalesce(date_trunc('year', r.first_at AT TIME ZONE $1), date_trunc('year', $2))
			FROM @run.reading r$q$) INTO first USING zone, last;
	EXECUTE run_sql(log, $q$
		MERGE INTO @schema.dates d USING (
			SELECT day::date AS date, extract(year FROM day)::integer AS year,
				   extract(quarter FROM day)::integer AS quarter,
				   date_trunc('month', day)::date AS month,
				   extract(month FROM day)::integer AS month_no,
				   ('{January,February,March,April,May,June,July,August,September,October,November,'
					'December}'::text[])[extract(month FROM day)] AS month_en,
				   ('{januar,februar,marts,april,maj,juni,juli,august,september,oktober,november,'
					'december}'::text[])[extract(month FROM day)] AS month_da,
				   extract(isoyear FROM day)::integer AS iso_year,
				   extract(week FROM day)::integer AS iso_week,
				   extract(day FROM day)::integer AS day_of_month,
				   extract(isodow FROM day)::integer AS weekday_no,
				   ('{Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday}'::text[])
					[extract(isodow FROM day)] AS weekday_en,
				   ('{mandag,tirsdag,onsdag,torsdag,fredag,lørdag,søndag}'::text[])
					[extract(isodow FROM day)] AS weekday_da,
				   CASE WHEN $3 IS NULL THEN (extract(isodow FROM day) < 6)::integer
						ELSE (business_duration($3, day AT TIME ZONE $2,
							(day + interval '1 day') AT TIME ZONE $2) > '0')::integer
						END AS is_working_day,
				   ((day + interval '1 day') AT TIME ZONE $2 <= $1)::integer AS is_past,
				   ((date_trunc('month', day) + interval '1 month') AT TIME ZONE $2
					+ interval '720 hours' <= $1)::integer AS is_month_final
			FROM generate_series($4::timestamp, $5::timestamp, '1 day') day) n
		ON d.date = n.date
		WHEN MATCHED AND (d.is_working_day, d.is_past, d.is_month_final)
			IS DISTINCT FROM (n.is_working_day, n.is_past, n.is_month_final) THEN
			UPDATE SET is_working_day = n.is_working_day, is_past = n.is_past,
				is_month_final = n.is_month_final
		WHEN NOT MATCHED THEN
			INSERT (date, year, quarter, month, month_no, month_en, month_da, iso_year, iso_week,
				day_of_month, weekday_no, weekday_en, weekday_da, is_working_day, is_past,
				is_month_final)
			VALUES (n.date, n.year, n.quarter, n.month, n.month_no, n.month_en, n.month_da,
				n.iso_year, n.iso_week, n.day_of_month, n.weekday_no, n.weekday_en, n.weekday_da,
				n.is_working_day, n.is_past, n.is_month_final)$q$)
		USING moment, zone, hours, first, last;
END $$;
COMMENT ON FUNCTION log_write_dates(name, timestamptz) IS 'internal: the days of a log';

CREATE FUNCTION log_write_events(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting(log, 'time_zone');
BEGIN
	EXECUTE run_sql(log, $q$
		INSERT INTO @schema.events (case_key, case_id, event_no, activity, at, event_date, is_note,
			next_activity, seconds_to_next, business_seconds_to_next)
		SELECT h.case_key, h.case_id, h.event_no, h.activity, h.at AT TIME ZONE $1,
			   (h.at AT TIME ZONE $1)::date,
			   (a.kind = 'note')::integer, coalesce(h.next_activity, 'none'),
			   log_seconds(h.duration), log_seconds(h.business_duration)
		FROM @run.happened h JOIN @schema.activities a USING (activity) WHERE NOT h.is_aged$q$)
			USING zone;
	EXECUTE run_sql(log, $q$
		INSERT INTO @schema.case_edges (case_key, case_id, source, target, frequency, total_seconds,
			min_seconds, max_seconds, business_total_seconds)
		SELECT h.case_key, h.case_id, h.activity, h.next_activity, count(*),
			   log_seconds(sum(h.duration)),
			   log_seconds(min(h.duration)), log_seconds(max(h.duration)),
			   log_seconds(sum(h.business_duration))
		FROM @run.happened h WHERE h.next_at IS NOT NULL AND NOT h.is_aged
		GROUP BY h.case_key, h.case_id, h.activity, h.next_activity$q$);
END $$;
COMMENT ON FUNCTION log_write_events(name) IS 'internal: writes events and edges';

CREATE FUNCTION log_write_reopenings(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting(log, 'time_zone');
BEGIN
	EXECUTE run_sql(log, $q$
		INSERT INTO @schema.reopenings (case_key, case_id, reopening_no, outcome, done_at,
			done_date, done_as, reopened_at, reopened_date, reopened_as, done_again_at,
			done_again_as, days_after, is_within_30_days, is_after_message_in, messages_out_between)
		SELECT r.case_key, r.case_id, r.reopening_no, r.outcome, r.done_at AT TIME ZONE $1,
			   (r.done_at AT TIME ZONE $1)::date, r.done_as,
			   r.reopened_at AT TIME ZONE $1, (r.reopened_at AT TIME ZONE $1)::date, r.reopened_as,
			   r.done_again_at AT TIME ZONE $1, coalesce(r.done_again_as, 'none'),
			   log_seconds(r.after) / 86400, (r.after <= interval '30 days')::integer,
			   coalesce(m.is_after_message_in, 0), coalesce(m.messages_out, 0)
		FROM @run.reopened r
		CROSS JOIN LATERAL (
			SELECT max((e.activity = 'in' AND e.at > r.done_at
				   AND e.at <= r.reopened_at)::integer) AS is_after_message_in,
				   count(*) FILTER (WHERE e.activity = 'out' AND e.at >= r.reopened_at
				   AND e.at <= coalesce(r.done_again_at, 'infinity')) AS messages_out
			FROM trace_events(r.messages) e) m
		WHERE NOT r.is_aged$q$) USING zone;
END $$;
COMMENT ON FUNCTION log_write_reopenings(name) IS 'internal: writes reopenings';

CREATE FUNCTION log_write_visits(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting(log, 'time_zone');
BEGIN
	EXECUTE run_sql(log, $q$
		INSERT INTO @schema.segment_visits (case_key, case_id, visit_no, segment, from_at,
			from_date, to_at, is_running, seconds, business_seconds)
		SELECT h.case_key, c.case_id, h.visit_no, h.segment, h.from_at AT TIME ZONE $1,
			   (h.from_at AT TIME ZONE $1)::date,
			   h.to_at AT TIME ZONE $1, (f.is_open = 1 AND h.to_at = f.ended_at)::integer,
			   CASE WHEN f.is_cut_off = 0 THEN log_seconds(h.duration) END,
			   CASE WHEN f.is_cut_off = 0 THEN log_seconds(h.business_duration) END
		FROM @run.holds h JOIN @run.facts f USING (case_key) JOIN @run.changed c
			USING (case_key)$q$) USING zone;
	EXECUTE run_sql(log, $q$
		INSERT INTO @schema.team_visits (case_key, case_id, visit_no, team, from_at, from_date,
			to_at, next_team, outcome, is_running, is_return, is_bounce, elapsed_seconds,
			own_seconds, business_elapsed_seconds, business_own_seconds)
		SELECT v.case_key, v.case_id, v.visit_no, v.team, v.from_at AT TIME ZONE $1,
			   (v.from_at AT TIME ZONE $1)::date,
			   CASE WHEN NOT v.is_last THEN v.to_at
					WHEN f.is_open = 0 THEN greatest(v.from_at, f.ended_at) END AT TIME ZONE $1,
			   coalesce(v.next_team, 'none'),
			   CASE WHEN p.is_done = 1 THEN p.kind
					WHEN v.next_team = ANY (v.teams_before) THEN 'returned'
					WHEN v.next_team IS NOT NULL THEN 'passed_on'
					ELSE 'open' END,
			   (v.is_last AND f.is_open = 1)::integer, v.is_return::integer, v.is_bounce::integer,
			   CASE WHEN f.is_cut_off = 0 THEN log_seconds(k.elapsed) END,
			   CASE WHEN f.is_cut_off = 0 THEN log_seconds(k.own) END,
			   CASE WHEN f.is_cut_off = 0
			   AND k.is_business THEN log_seconds(k.business_elapsed) END,
			   CASE WHEN f.is_cut_off = 0 AND k.is_business THEN log_seconds(k.business_own) END
		FROM (SELECT v.*, lead(v.visit_no) OVER w IS NULL AS is_last,
			  array_agg(v.team) OVER w AS teams_before
			  FROM @run.visited v WINDOW w AS (PARTITION BY v.case_key ORDER BY v.visit_no)) v
		JOIN @run.facts f USING (case_key)
		JOIN @run.clocked k USING (case_key, visit_no)
		LEFT JOIN @run.pieces p ON p.case_key = v.case_key AND p.piece_no = k.last_piece$q$)
			USING zone;
END $$;
COMMENT ON FUNCTION log_write_visits(name) IS 'internal: writes segment and team visits';

CREATE FUNCTION log_write_handovers(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting(log, 'time_zone');
BEGIN
	EXECUTE run_sql(log, $q$
		INSERT INTO @schema.handovers (case_key, case_id, handover_no, source, target, at,
			handover_date, is_return, is_bounce, is_returned_by_partner)
		SELECT h.case_key, h.case_id, h.handover_no, h.source, h.target, h.at AT TIME ZONE $1,
			   (h.at AT TIME ZONE $1)::date,
			   h.is_return, h.is_bounce, h.is_returned_by_partner
		FROM @run.handed h JOIN @run.changed c USING (case_key) WHERE NOT c.is_aged$q$) USING zone;
END $$;
COMMENT ON FUNCTION log_write_handovers(name) IS 'internal: writes handovers';

CREATE FUNCTION log_write_messages(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting(log, 'time_zone');
BEGIN
	EXECUTE run_sql(log, $q$
		INSERT INTO @schema.messages (case_key, case_id, message_no, direction, at, message_date,
			is_in, is_out, is_turn, is_long_wait)
		SELECT w.case_key, w.case_id, w.message_no, w.direction, w.at AT TIME ZONE $1,
			   (w.at AT TIME ZONE $1)::date,
			   (w.direction = 'in')::integer, (w.direction = 'out')::integer,
			   (w.direction IN ('in', 'out') AND w.direction_before IS NOT NULL
					AND w.direction_before <> w.direction)::integer,
			   (l.case_key IS NOT NULL)::integer
		FROM @run.written w LEFT JOIN @run.waited l USING (case_key, message_no)$q$) USING zone;
END $$;
COMMENT ON FUNCTION log_write_messages(name) IS 'internal: writes messages';

-- A case is active in the months of its events, and in those in which it was
-- not done for some time; whether it was so at the end, the interval tells that
-- lasts until then. When the clock is set back, an interval may end before it
-- began, by the clock. In a log that does not know when cases are done, nothing can
-- be said of the months between their events.
CREATE FUNCTION log_write_months(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting(log, 'time_zone');
	knows_done boolean;
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT EXISTS (SELECT FROM @schema.activities a JOIN @schema.events e USING (activity)
					   WHERE a.is_done = 1)$q$) INTO knows_done;
	EXECUTE run_sql(log, $q$
		INSERT INTO @schema.case_months (case_key, case_id, month, is_created, is_resolved,
			is_closed, is_active, is_open_at_end, is_reopened, is_reopened_within_30_days,
			is_answered_again)
		SELECT m.case_key, c.case_id, m.month, max(m.created), max(m.resolved), max(m.closed), 1,
			   CASE WHEN $3 THEN max(m.open_at_end) END,
			   max(m.reopened), max(m.reopened_within_30_days), max(m.answered_again)
		FROM (
			SELECT h.case_key, date_trunc('month', h.at AT TIME ZONE $2)::date AS month,
				   (h.event_no = 1)::integer AS created,
				   coalesce(s.is_done = 1 AND s.was_done IS DISTINCT FROM 1,
				   false)::integer AS resolved,
				   coalesce(s.kind = 'closed' AND s.kind_before IS DISTINCT FROM 'closed',
				   false)::integer AS closed,
				   0 AS open_at_end, 0 AS reopened, 0 AS reopened_within_30_days,
				   0 AS answered_again
			FROM @run.happened h LEFT JOIN @run.states s USING (case_key, event_no)
			UNION ALL
			SELECT o.case_key, month::date, 0, 0, 0, (o.goes_on AND month = o.last_month
				OR o.to_at >= month + interval '1 month')::integer, 0, 0, 0
			FROM (SELECT i.*, date_trunc('month', i.from_at) AS first_month,
						 date_trunc('month', i.to_at - interval '1 microsecond') AS last_month
				  FROM (SELECT n.case_key, n.until = $1 AS goes_on,
				  n.since AT TIME ZONE $2 AS from_at,
							   greatest(n.until AT TIME ZONE $2,
								n.since AT TIME ZONE $2 + interval '1 microsecond') AS to_at
						FROM (SELECT s.case_key, s.at AS since, coalesce(s.next_at, $1) AS until
							  FROM @run.states s WHERE s.is_done = 0
							  UNION ALL
							  SELECT f.case_key, f.created_at, coalesce(f.first_at, $1)
							  FROM @run.facts f) n
						WHERE n.since < n.until AND $3) i) o
			CROSS JOIN LATERAL (
				SELECT o.first_month WHERE o.first_month = o.last_month
				UNION ALL
				SELECT m FROM generate_series(o.first_month, o.last_month, '1 month') m
					WHERE o.first_month < o.last_month) c (month)
			UNION ALL
			SELECT r.case_key, date_trunc('month', r.done_at AT TIME ZONE $2)::date, 0, 0, 0, 0, 1,
				   (r.after <= interval '30 days')::integer, (r.outcome = 'answered_again')::integer
			FROM @run.reopened r) m
		JOIN @run.changed c USING (case_key)
		GROUP BY m.case_key, c.case_id, m.month$q$) USING moment, zone, knows_done;
END $$;
COMMENT ON FUNCTION log_write_months(name, timestamptz) IS
'internal: writes the months of the cases';

-- Cases keep their row and key, so that nothing that refers to them is touched.
CREATE FUNCTION log_write_cases(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	attributes text := ticket_mining.log_each_attribute(log, ', c.%1$I');
	columns text;
	sources text;
	updates text;
BEGIN
	EXECUTE ticket_mining.run_sql(log, $q$
		SELECT string_agg(quote_ident(column_name), ', ' ORDER BY n),
			   string_agg(source, ', ' ORDER BY n),
			   string_agg(format('%%I = %%s', column_name, source), ', ' ORDER BY n)
				   FILTER (WHERE column_name <> 'case_key')
		FROM (SELECT column_no AS n, column_name, format('n.%%I', column_name) AS source
			  FROM ticket_mining.mined_columns WHERE table_name = 'cases'
			  UNION ALL
			  SELECT 1000 + attribute_no, column_name, format('n.%%I', 'attribute ' || attribute_no)
			  FROM @run.attributes) c$q$) INTO columns, sources, updates;
	EXECUTE ticket_mining.run_sql(log, $q$
		MERGE INTO @schema.cases c
		USING (SELECT m.* %s FROM @run.mined m JOIN @run.changed c USING (case_key)) n
		ON c.case_key = n.case_key
		WHEN MATCHED THEN UPDATE SET %s
		WHEN NOT MATCHED THEN INSERT (%s) VALUES (%s)$q$, attributes, updates, columns,
		sources);
END $$;
COMMENT ON FUNCTION log_write_cases(name) IS 'internal: writes cases';

-- The hash that an id of a variant is, or begins with.
CREATE FUNCTION log_variant_hash(variant text) RETURNS bigint LANGUAGE sql
	IMMUTABLE STRICT PARALLEL SAFE
RETURN substring(variant FROM '^-?[0-9]+')::bigint;
COMMENT ON FUNCTION log_variant_hash(text) IS
'internal: the number that trace_variant() gives for the cases of a variant';

-- @run.sequences: the sequences of activities that have the hash of a case that changed, or
-- shared one so far, each by one of its cases; with its id. This is the hash; where sequences
-- of the log share one, which does not happen but to who means it, the hash with a digest:
-- whose an id is depends on no order then, and one that somebody has kept never passes on
-- to another sequence.
CREATE FUNCTION log_find_sequences(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.sequences ON COMMIT DROP AS
		SELECT s.*, s.hash || CASE WHEN count(*) OVER (PARTITION BY s.hash) = 1 THEN ''
			ELSE '-' || left(encode(s.digest, 'hex'), 32) END AS variant
		FROM (SELECT f.hash, f.digest, min(f.before) AS before, min(f.case_key) AS case_key
			  FROM (SELECT m.variant AS hash, sha256(trace_variant_source(c.trace)) AS digest,
						   NULL AS before, c.case_key
					FROM @run.mined m JOIN @run.changed c USING (case_key)
					UNION ALL
					SELECT log_variant_hash(v.variant)::text, sha256(trace_variant_source(e.trace)),
						   v.variant, e.case_key
					FROM @schema.variants v CROSS JOIN LATERAL (
						SELECT t.trace, t.case_key
						FROM @schema.cases c JOIN @schema.traces t USING (case_key)
						WHERE c.variant = v.variant LIMIT 1) e
					WHERE v.variant LIKE '_%%-%%'
					OR v.variant IN (SELECT m.variant FROM @run.mined m)) f
			  GROUP BY f.hash, f.digest) s$q$);
END $$;
COMMENT ON FUNCTION log_find_sequences(name) IS
'internal: the sequences of activities whose ids a refresh has to know';

-- The variants that are new; what they count is summed up later.
CREATE FUNCTION log_write_variants(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	PERFORM log_find_sequences(log);
	EXECUTE run_sql(log, $q$
		INSERT INTO @schema.variants (variant, activities, length, cases, share, cumulative_share,
			rank, example_case_id)
		SELECT n.variant, left(array_to_string(trace_activities(n.trace), ' → '), 32000),
			   trace_length(n.trace), 0, 0, 0, 0, n.case_id
		FROM (SELECT s.variant, coalesce(c.trace, t.trace) AS trace,
					 coalesce(c.case_id, t.case_id) AS case_id
			  FROM @run.sequences s LEFT JOIN @run.changed c USING (case_key)
			  LEFT JOIN @schema.traces t USING (case_key)) n
		WHERE NOT EXISTS (SELECT FROM @schema.variants v WHERE v.variant = n.variant)$q$);
	EXECUTE run_sql(log, $q$
		UPDATE @run.mined m SET variant = s.variant
		FROM @run.sequences s, @run.changed c
		WHERE s.variant <> s.hash AND m.variant = s.hash AND c.case_key = m.case_key
		AND sha256(trace_variant_source(c.trace)) = s.digest$q$);
	EXECUTE run_sql(log, $q$
		UPDATE @schema.cases c SET variant = s.variant FROM @run.sequences s
		WHERE c.variant = s.before AND s.variant <> s.before$q$);
END $$;
COMMENT ON FUNCTION log_write_variants(name) IS
'internal: writes new variants, and new ids of others';

-- @run.rebuilt: the months whose graphs are no longer right.
CREATE FUNCTION log_write_traces(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting(log, 'time_zone');
BEGIN
	EXECUTE run_sql(log, $q$
		INSERT INTO @schema.traces (case_key, case_id, trace, assignments, messages, checksum,
			attributes_checksum, tied_events, duplicate_events, is_open, created_month,
			resolved_month)
		SELECT c.case_key, c.case_id, c.trace, c.assignments, c.messages, c.checksum,
			   c.attributes_checksum, c.tied_events, c.duplicate_events, f.is_open = 1,
			   to_char(f.created_at AT TIME ZONE $1, 'YYYY-MM'),
			   coalesce(to_char(f.first_resolved_at AT TIME ZONE $1, 'YYYY-MM'), 'unresolved')
		FROM @run.changed c JOIN @run.facts f USING (case_key)
		WHERE NOT c.is_aged$q$) USING zone;
	EXECUTE run_sql(log, $q$
		INSERT INTO @run.rebuilt (created_month, resolved_month)
		SELECT t.created_month, t.resolved_month FROM @schema.traces t
		WHERE t.case_key IN (SELECT c.case_key FROM @run.changed c WHERE NOT c.is_aged)$q$);
END $$;
COMMENT ON FUNCTION log_write_traces(name) IS 'internal: writes traces';

-- What others refer to goes first: days, variants, cases.
CREATE FUNCTION log_write(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.rebuilt ON COMMIT DROP AS
		SELECT t.created_month, t.resolved_month FROM @schema.traces t
			WHERE t.case_key IN (SELECT s.case_key FROM @run.stale s WHERE NOT s.is_aged)$q$);
	PERFORM log_delete_stale(log);
	PERFORM log_write_dates(log, moment);
	PERFORM log_write_variants(log);
	PERFORM log_write_cases(log);
	PERFORM log_write_events(log);
	PERFORM log_write_visits(log);
	PERFORM log_write_handovers(log);
	PERFORM log_write_reopenings(log);
	PERFORM log_write_messages(log);
	PERFORM log_write_months(log, moment);
	PERFORM log_write_traces(log);
END $$;
COMMENT ON FUNCTION log_write(name, timestamptz) IS
'internal: writes the rows of the changed cases';
