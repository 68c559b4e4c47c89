-- log: finding the cases that changed, and counting what was left out

-- The labels whose rows in a map differ, in more than how they are shown.
CREATE FUNCTION log_edited_labels(old jsonb, new jsonb, key text) RETURNS text[] LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(array_agg(coalesce(a.value, b.value) ->> key), '{}')
	FROM jsonb_array_elements(old) a
	FULL JOIN jsonb_array_elements(new) b ON a.value ->> key = b.value ->> key
	WHERE a.value - 'label' IS DISTINCT FROM b.value - 'label'
$$;
COMMENT ON FUNCTION log_edited_labels(jsonb, jsonb, text) IS
'internal: the labels whose rows in a map differ';

-- The activities of a map that are not merged into another one.
CREATE FUNCTION log_own_activities(config jsonb, OUT activity text, OUT label text, OUT kind text,
		OUT answers boolean, OUT is_start boolean, OUT segment text)
	RETURNS SETOF record LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 100 ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
	SELECT a.activity, a.label, a.kind, a.answers, a.is_start, a.segment
	FROM jsonb_to_recordset(config -> 'activities') a (activity text, label text, kind text,
		answers boolean, is_start boolean, segment text, merge_into text)
	WHERE coalesce(a.merge_into, a.activity) = a.activity
$$;
COMMENT ON FUNCTION log_own_activities(jsonb) IS
'internal: the activities of a map that are not merged away';

-- Whether any case can be cut off: some activity is marked as the start.
CREATE FUNCTION log_knows_starts(config jsonb) RETURNS boolean LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(bool_or(a.is_start), false) FROM ticket_mining.log_own_activities(config) a
$$;
COMMENT ON FUNCTION log_knows_starts(jsonb) IS
'internal: whether some activity is marked as the start';

-- Whether something is now known of all cases that was not known before, or the other
-- way round: whether any event of the log is one by which a case is done.
CREATE FUNCTION log_begins_to_know(log name, config jsonb) RETURNS boolean LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	done text[] := array(SELECT a.activity FROM log_own_activities(config) a
						 WHERE a.kind IN ('resolved', 'closed'));
	differs boolean;
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT EXISTS (SELECT FROM @run.fresh f
					   WHERE f.case_id IS NOT NULL AND trace_has_any(f.trace, $1))
			<> EXISTS (SELECT FROM @schema.case_months m WHERE m.is_open_at_end IS NOT NULL)$q$)
		INTO differs USING done;
	RETURN differs;
END $$;
COMMENT ON FUNCTION log_begins_to_know(name, jsonb) IS
'internal: whether a log begins or ceases to know when cases are done';

-- The cases that an edit of settings or maps touches, by what the last refresh followed.
CREATE FUNCTION log_find_touched(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	old jsonb;
	new jsonb;
BEGIN
	EXECUTE run_sql(log, 'SELECT f.config FROM @run.followed f') INTO new;
	old := (log_last_refresh(log)).config;
	EXECUTE run_sql(log, 'CREATE TEMPORARY TABLE @run.touched (case_key bigint) ON COMMIT DROP');
	IF old -> 'settings' <> new -> 'settings' OR log_knows_starts(old) <> log_knows_starts(new)
		OR log_begins_to_know(log, new) OR NOT log_has_layout(log)
	THEN
		EXECUTE run_sql(log, $q$
			INSERT INTO @run.touched (case_key) SELECT t.case_key FROM @schema.traces t$q$);
	ELSE
		PERFORM log_find_touched(log,
			log_edited_labels(old -> 'activities', new -> 'activities', 'activity'),
			log_edited_labels(old -> 'teams', new -> 'teams', 'team'),
			log_edited_labels(old -> 'segments', new -> 'segments', 'segment'));
	END IF;
END $$;
COMMENT ON FUNCTION log_find_touched(name) IS 'internal: the cases that an edit touches';

CREATE FUNCTION log_find_touched(log name, activities text[], teams text[], segments text[])
	RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	IF activities || teams || segments <> '{}' THEN
		EXECUTE run_sql(log, $q$
			INSERT INTO @run.touched (case_key)
			SELECT e.case_key FROM @schema.events e WHERE e.activity = ANY ($1)
			UNION SELECT v.case_key FROM @schema.team_visits v WHERE v.team = ANY ($2)
			UNION SELECT v.case_key FROM @schema.segment_visits v WHERE v.segment = ANY ($3)$q$)
			USING activities, teams, segments;
	END IF;
END $$;
COMMENT ON FUNCTION log_find_touched(name, text[], text[], text[]) IS
'internal: the cases that have one of these labels';

-- Whether as_of differs from that of the last refresh.
CREATE FUNCTION log_as_of_moves(log name, number bigint) RETURNS boolean LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	moment timestamptz;
BEGIN
	EXECUTE run_sql(log, 'SELECT r.as_of FROM @schema.refreshes r WHERE r.refresh_no = $1')
		INTO moment USING number;
	RETURN moment IS DISTINCT FROM (log_last_refresh(log)).as_of;
END $$;
COMMENT ON FUNCTION log_as_of_moves(name, bigint) IS
'internal: whether a refresh is as of another time than the last one';

-- @run.changed has the histories of the cases to write anew, @run.stale the keys of those
-- whose rows must go. Of an open case that is as it was, as_of alone moves what does not
-- lie in the past: is_aged.
CREATE FUNCTION log_find_changes(log name, number bigint) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	PERFORM log_find_touched(log);
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.changed ON COMMIT DROP AS
		SELECT coalesce(old_key, nextval(pg_get_serial_sequence(%L, 'case_key'))) AS case_key,
			old_key IS NULL AS is_new, n.*
		FROM (SELECT t.case_key AS old_key, NOT d.differs AS is_aged, f.case_id,
				coalesce(f.case_no, f.case_id::text) AS case_no, f.trace, f.assignments, f.messages,
				f.checksum, f.attributes_checksum, f.tied_events, f.duplicate_events %s
			  FROM @run.fresh f
			  LEFT JOIN @schema.traces t ON t.case_id = f.case_id
			  CROSS JOIN LATERAL (SELECT t.case_key IS NULL OR f.trace <> t.trace
				  OR f.checksum <> t.checksum OR f.attributes_checksum <> t.attributes_checksum
				  OR (f.tied_events, f.duplicate_events) <> (t.tied_events, t.duplicate_events)
				  OR f.assignments IS DISTINCT FROM t.assignments
				  OR f.messages IS DISTINCT FROM t.messages
				  OR t.case_key IN (SELECT case_key FROM @run.touched)) d (differs)
			  WHERE f.case_id IS NOT NULL AND f.trace IS NOT NULL
			  AND (d.differs OR t.is_open AND $1)
			  ORDER BY trace_start(f.trace), f.case_id) n$q$,
		format('%I.cases', log), log_each_attribute(log, ', f.%1$I'))
		USING log_as_of_moves(log, number);
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.stale ON COMMIT DROP AS
		SELECT c.case_key, c.is_aged, false AS is_gone FROM @run.changed c WHERE NOT is_new
		UNION ALL
		SELECT t.case_key, false, true FROM @schema.traces t WHERE NOT EXISTS (
			SELECT FROM @run.fresh f WHERE f.case_id = t.case_id AND f.trace IS NOT NULL)$q$);
	EXECUTE run_sql(log, 'ANALYZE @run.changed (case_key, case_id, is_new, is_aged), @run.stale');
END $$;
COMMENT ON FUNCTION log_find_changes(name, bigint) IS
'internal: the cases that changed since the last refresh';

CREATE FUNCTION log_count_changes(log name) RETURNS bigint LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	changes bigint;
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT (SELECT count(*) FROM @run.changed WHERE NOT is_aged)
			 + (SELECT count(*) FROM @run.stale WHERE is_gone)$q$) INTO changes;
	RETURN changes;
END $$;
COMMENT ON FUNCTION log_count_changes(name) IS
'internal: how many cases were new, gone, changed, or touched by an edit';

-- Cases that a finding names are told as SQL writes their ids, so that blanks are seen.
CREATE FUNCTION log_example(case_id bigint) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN case_id::text;
COMMENT ON FUNCTION log_example(bigint) IS 'internal: a case that a finding names';

CREATE FUNCTION log_example(case_id text) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN quote_literal(case_id);
COMMENT ON FUNCTION log_example(text) IS 'internal: the same of an id that is a text';

-- @run.left_out: why events are left out, how many, and some of their cases.
CREATE FUNCTION log_find_left_out(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		INSERT INTO @run.left_out (reason, number, cases)
		SELECT n.reason, sum(n.events),
			string_agg(log_example(n.case_id), ', ' ORDER BY n.no) FILTER (WHERE n.no <= 5)
		FROM (SELECT r.reason, r.case_id, r.events,
				row_number() OVER (PARTITION BY r.reason ORDER BY r.case_id) AS no
			  FROM (SELECT e.activity AS reason, f.case_id, count(*) AS events
					FROM @run.fresh f, trace_events(f.left_out) e
					GROUP BY e.activity, f.case_id
					UNION ALL
					SELECT 'no case', f.case_id, f.rows_read FROM @run.fresh f
					WHERE f.case_id IS NULL AND f.rows_read > 0) r) n
		GROUP BY n.reason$q$);
END $$;
COMMENT ON FUNCTION log_find_left_out(name) IS 'internal: why events are left out';

-- The same for a derived log: what its filter left out.
CREATE FUNCTION log_find_filtered_out(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		INSERT INTO @run.left_out (reason, number)
		SELECT 'filtered out', sum(f.rows_read) - coalesce(sum(trace_length(f.trace)), 0)
		FROM @run.fresh f$q$);
END $$;
COMMENT ON FUNCTION log_find_filtered_out(name) IS
'internal: what the filter of a derived log left out';

-- @run.reading: what was read; rejected counts what was left out, by reason.
CREATE FUNCTION log_count_reading(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$CREATE TEMPORARY TABLE @run.left_out (reason text, number bigint,
		cases text)
		ON COMMIT DROP$q$);
	IF log_setting(log, 'from_log') IS NOT NULL THEN
		PERFORM log_find_filtered_out(log);
	ELSE
		PERFORM log_find_left_out(log);
	END IF;
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.reading ON COMMIT DROP AS
		SELECT sum(f.rows_read)::bigint AS events_read,
			'{"no case": 0, "no activity": 0, "no time": 0, "infinite time": 0, "too early": 0,
			  "too late": 0, "after as_of": 0}'::jsonb
			|| (SELECT coalesce(jsonb_object_agg(o.reason, o.number), '{}') FROM @run.left_out o)
			|| jsonb_build_object(
				'assignments left out', coalesce(sum(f.assignments_read), 0)
					- coalesce(sum(trace_length(f.assignments)) FILTER (WHERE m.is_mined), 0),
				'messages left out', coalesce(sum(f.messages_read), 0)
					- coalesce(sum(trace_length(f.messages)) FILTER (WHERE m.is_mined),
						0)) AS rejected,
			min(least(trace_start(f.trace), trace_start(f.assignments), trace_start(f.messages)))
				FILTER (WHERE m.is_mined) AS first_at
		FROM @run.fresh f
		CROSS JOIN LATERAL (SELECT f.case_id IS NOT NULL AND f.trace IS NOT NULL) m (is_mined)$q$);
END $$;
COMMENT ON FUNCTION log_count_reading(name) IS
'internal: counts what was read and left out';
