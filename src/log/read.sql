-- log: reading the sources, finding the cases that changed

-- Attributes of the cases become columns of the mined cases: the expressions
-- that read them, in the order of the columns.
CREATE FUNCTION log_attributes(log name, relation text, time_zone text,
		OUT column_name text, OUT type text, OUT mined_type text, OUT expression text, OUT mined_no integer) RETURNS SETOF record LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(source.column_name, mined.column_name), source.attribute_type, mined.type, source.expression, mined.column_no
	FROM (SELECT c.* FROM ticket_mining.log_columns(relation, time_zone) c
		  WHERE NOT EXISTS (SELECT FROM ticket_mining.mined_columns m WHERE m.table_name = 'cases' AND m.column_name = c.column_name)) source
	FULL JOIN (SELECT c.* FROM ticket_mining.log_columns(format('%I.cases', log), 'UTC') c
			   WHERE NOT EXISTS (SELECT FROM ticket_mining.mined_columns m WHERE m.table_name = 'cases' AND m.column_name = c.column_name)) mined
		USING (column_name)
	ORDER BY mined.column_no, source.column_no
$$;
COMMENT ON FUNCTION log_attributes(name, text, text) IS 'internal: the attributes of the cases of a log';

-- New attributes get their column, faulty ones are refused later; one that has gone or changed its type stops
-- the refresh, for reports may rest on it.
CREATE FUNCTION log_add_attributes(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	attribute record;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	FOR attribute IN
		SELECT a.* FROM settings s, log_attributes(log, coalesce(s.cases, quote_ident(s.from_log) || '.cases'), s.time_zone) a
		WHERE a.mined_type IS NULL AND a.type IS NOT NULL
	LOOP
		EXECUTE format('ALTER TABLE %I.cases ADD COLUMN %I %s', log, attribute.column_name, attribute.type);
		EXECUTE format('COMMENT ON COLUMN %I.cases.%I IS %L', log, attribute.column_name, 'Attribute of the case, from the ticket system');
	END LOOP;
END $$;
COMMENT ON FUNCTION log_add_attributes(name) IS 'internal: adds columns for new attributes of the cases';

CREATE FUNCTION log_require_attributes(log name) RETURNS void LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	lost text := (SELECT string_agg(format('%I (%s)', a.column_name, coalesce('now ' || a.type || ', was ' || a.mined_type, 'gone')), ', ')
				  FROM pg_temp.log_attributes a WHERE to_regtype(a.type) IS DISTINCT FROM to_regtype(a.mined_type));
BEGIN
	IF lost IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_column',
			MESSAGE = format('attributes of the cases have changed: %s', lost),
			HINT = format('If that is meant: ALTER TABLE %I.cases DROP COLUMN …, and refresh again.', log);
	END IF;
END $$;
COMMENT ON FUNCTION log_require_attributes(name) IS 'internal: refuses attributes that have gone or changed their type';

-- A relation as the contract names it: case_id, what it says, at, seq.
CREATE FUNCTION log_source_query(contract text, relation text, time_zone text, case_id_type text) RETURNS text LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('SELECT case_id::%s AS case_id, %s AS label, %s AS at, %s AS seq FROM %s', case_id_type,
		CASE contract WHEN 'events' THEN 'activity::text' WHEN 'assignments' THEN 'coalesce(team::text, ''none'')' ELSE 'direction::text' END,
		(SELECT CASE accepts WHEN 'timestamp' THEN format('at AT TIME ZONE %L', time_zone) ELSE 'at' END
		 FROM ticket_mining.log_columns(relation, time_zone) WHERE column_name = 'at'),
		CASE WHEN EXISTS (SELECT FROM ticket_mining.log_columns(relation, time_zone) WHERE column_name = 'seq') THEN 'seq::bigint' ELSE 'NULL::bigint' END,
		relation)
$$;
COMMENT ON FUNCTION log_source_query(text, text, text, text) IS 'internal: the query that reads a relation of a log';

-- Each case of a relation as a trace, with its rows counted; rows of no case make
-- a group of their own. Temporary tables keep a query from running in parallel, so activities that are merged are
-- looked up only if there are any.
CREATE FUNCTION log_traces_query(contract text, relation text, time_zone text, case_id_type text, merges boolean) RETURNS text LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT format($query$
		SELECT case_id, trace_agg(%s, at, seq) FILTER (WHERE at < $1 AND at > '-infinity') AS trace, count(*) AS rows_read %s
		FROM (%s) source %s
		GROUP BY case_id$query$,
		CASE WHEN merges THEN 'coalesce(merge_into, label)' ELSE 'label' END,
		CASE contract WHEN 'events' THEN $columns$,
			coalesce(sum(timestamp_hash_extended(at AT TIME ZONE 'UTC', coalesce(seq, -9223372036854775808)) >> 32)
				FILTER (WHERE label IS NOT NULL AND at < $1), 0)::bigint AS checksum$columns$ END,
		ticket_mining.log_source_query(contract, relation, time_zone, case_id_type),
		CASE WHEN merges THEN 'LEFT JOIN pg_temp.log_merged merged ON merged.activity = label' END)
	WHERE relation IS NOT NULL
	UNION ALL
	SELECT format('SELECT NULL::%s AS case_id, NULL::trace AS trace, NULL::bigint AS rows_read WHERE false', case_id_type)
	WHERE relation IS NULL
$$;
COMMENT ON FUNCTION log_traces_query(text, text, text, text, boolean) IS 'internal: the query that makes traces of a relation of a log';

-- What this refresh follows, once, so that an edit in the middle waits for the next.
CREATE FUNCTION log_follow(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	chained text;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	CREATE TEMPORARY TABLE log_followed ON COMMIT DROP AS SELECT c.config FROM config c;
	CREATE TEMPORARY TABLE log_attributes ON COMMIT DROP AS
	SELECT a.* FROM pg_temp.log_followed f, jsonb_to_record(f.config -> 'settings') s (cases text, time_zone text, from_log name),
		log_attributes(log, coalesce(s.cases, quote_ident(s.from_log) || '.cases'), s.time_zone) WITH ORDINALITY a (column_name, type, mined_type, expression, mined_no, attribute_no);
	CREATE TEMPORARY TABLE log_merged ON COMMIT DROP AS
	SELECT a.activity, a.merge_into FROM pg_temp.log_followed f, jsonb_to_recordset(f.config -> 'activities') a (activity text, merge_into text)
	WHERE a.merge_into <> a.activity;
	SELECT string_agg(format('"%s" into "%s" into "%s"', a.activity, b.activity, b.merge_into), ', ') INTO chained
	FROM pg_temp.log_merged a JOIN pg_temp.log_merged b ON a.merge_into = b.activity;
	IF chained IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('activities are merged in a chain: %s', chained),
			HINT = 'Let merge_into name the last activity of the chain.';
	END IF;
END $$;
COMMENT ON FUNCTION log_follow(name) IS 'internal: what a refresh follows';

-- A setting that this refresh follows.
CREATE FUNCTION log_setting(setting text) RETURNS text LANGUAGE plpgsql
	STABLE COST 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT f.config -> 'settings' ->> setting FROM pg_temp.log_followed f);
END $$;
COMMENT ON FUNCTION log_setting(text) IS 'internal: a setting that a refresh follows';

-- The events as they are read again for some of the cases.
CREATE FUNCTION log_events_query(log name) RETURNS text LANGUAGE sql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT ticket_mining.log_source_query('events', ticket_mining.log_setting('events'), ticket_mining.log_setting('time_zone'), ticket_mining.log_id_type(log))
$$;
COMMENT ON FUNCTION log_events_query(name) IS 'internal: the query that reads the events of a log';

-- The type of the ids of a log's cases.
CREATE FUNCTION log_id_type(log name) RETURNS text LANGUAGE sql
	STABLE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = format('%I.cases', log)::regclass AND attname = 'case_id'
$$;
COMMENT ON FUNCTION log_id_type(name) IS 'internal: the type of the ids of a log';

-- The cases of the log that a log is derived from, with what the filter leaves of each.
CREATE FUNCTION log_read_parent(log name, from_log name, filter jsonb) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	attributes text := (SELECT coalesce(string_agg(format(', %s AS %I', coalesce(a.expression, 'NULL::' || a.mined_type), 'attribute ' || a.attribute_no), ''), '')
						FROM pg_temp.log_attributes a);
BEGIN
	PERFORM ticket_mining.run_enter(log);
	EXECUTE format($query$
		CREATE TEMPORARY TABLE log_fresh ON COMMIT DROP AS
		SELECT f.*, hash_record_extended(ROW(%1$L::text, f.case_no %2$s), 0) AS attributes_checksum
		FROM (SELECT t.case_id::%3$s AS case_id, n.trace, t.checksum, t.assignments, t.messages, trace_length(t.trace) AS rows_read,
				CASE WHEN n.trace IS NOT NULL THEN trace_length(t.assignments) END AS assignments_read,
				CASE WHEN n.trace IS NOT NULL THEN trace_length(t.messages) END AS messages_read, c.case_no, true AS is_in_cases %4$s
			  FROM %5$I.traces t JOIN %5$I.cases c USING (case_key)
			  CROSS JOIN LATERAL (SELECT ticket_mining.trace_filter(t.trace, $1, %6$s) OFFSET 0) n (trace)) f$query$,
		(SELECT string_agg(format('%s %s %s', a.mined_no, a.column_name, a.type), ', ') FROM pg_temp.log_attributes a),
		(SELECT coalesce(string_agg(format(', f.%I', 'attribute ' || a.attribute_no), ''), '') FROM pg_temp.log_attributes a),
		ticket_mining.log_id_type(log), attributes, from_log, ticket_mining.log_attributes_expression(from_log, filter))
		USING filter;
END $$;
COMMENT ON FUNCTION log_read_parent(name, name, jsonb) IS 'internal: reads the log that a log is derived from';

-- All sources in one statement, so that they are of one moment: pg_temp.log_fresh
-- has a row a case, with what was left out of it. The checksum of the attributes
-- knows their columns, too: one that was dropped and came back is written anew.
CREATE FUNCTION log_read(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	source record;
	id_type text := ticket_mining.log_id_type(log);
	attributes text;
BEGIN
	PERFORM ticket_mining.log_follow(log);
	PERFORM ticket_mining.run_enter(log);
	SELECT s.* INTO source FROM pg_temp.log_followed f,
		jsonb_to_record(f.config -> 'settings') s (events text, assignments text, messages text, cases text, time_zone text, case_url text, from_log name, filter jsonb);
	IF source.from_log IS NOT NULL THEN
		PERFORM ticket_mining.log_require_attributes(log);
		PERFORM ticket_mining.log_read_parent(log, source.from_log, source.filter);
		PERFORM ticket_mining.log_require_known_years(log, moment);
		RETURN;
	END IF;
	PERFORM ticket_mining.log_require_contract(to_jsonb(source), source.time_zone, source.case_url);
	PERFORM ticket_mining.log_require_attributes(log);
	SELECT coalesce(string_agg(format(', %s AS %I', coalesce(a.expression, 'NULL::' || a.mined_type), 'attribute ' || a.attribute_no), ''), '')
	INTO attributes FROM pg_temp.log_attributes a;
	EXECUTE format($query$
		CREATE TEMPORARY TABLE log_fresh ON COMMIT DROP AS
		SELECT coalesce(e.case_id, a.case_id, m.case_id, c.case_id) AS case_id, e.trace, e.checksum, a.trace AS assignments, m.trace AS messages,
			coalesce(e.rows_read, 0) AS rows_read,
			a.rows_read AS assignments_read, m.rows_read AS messages_read, c.case_no, c.case_id IS NOT NULL AS is_in_cases,
			hash_record_extended(ROW(%6$L::text, c.case_no %1$s), 0) AS attributes_checksum %1$s
		FROM (%2$s) e
		FULL JOIN (%3$s) a ON a.case_id = e.case_id
		FULL JOIN (%4$s) m ON m.case_id = coalesce(e.case_id, a.case_id)
		FULL JOIN (%5$s) c ON c.case_id = coalesce(e.case_id, a.case_id, m.case_id)$query$,
		(SELECT coalesce(string_agg(format(', c.%I', 'attribute ' || a.attribute_no), ''), '') FROM pg_temp.log_attributes a),
		ticket_mining.log_traces_query('events', source.events, source.time_zone, id_type, EXISTS (SELECT FROM pg_temp.log_merged)),
		ticket_mining.log_traces_query('assignments', source.assignments, source.time_zone, id_type, false),
		ticket_mining.log_traces_query('messages', source.messages, source.time_zone, id_type, false),
		CASE WHEN source.cases IS NULL THEN format('SELECT NULL::%s AS case_id, NULL::text AS case_no %s WHERE false', id_type,
				(SELECT string_agg(format(', NULL::%s AS %I', a.mined_type, 'attribute ' || a.attribute_no), '') FROM pg_temp.log_attributes a))
			 ELSE format('SELECT c.case_id::%s AS case_id, %s AS case_no %s FROM %s c WHERE c.case_id IS NOT NULL', id_type,
				CASE WHEN EXISTS (SELECT FROM ticket_mining.log_columns(source.cases, 'UTC') WHERE column_name = 'case_no') THEN 'c.case_no::text' ELSE 'NULL::text' END,
				attributes, source.cases) END,
		(SELECT string_agg(format('%s %s %s', a.mined_no, a.column_name, a.type), ', ') FROM pg_temp.log_attributes a))
		USING moment;
	ANALYZE pg_temp.log_fresh (case_id, is_in_cases);
	PERFORM ticket_mining.log_require_fresh();
	PERFORM ticket_mining.log_require_known_years(log, moment);
END $$;
COMMENT ON FUNCTION log_read(name, timestamptz) IS 'internal: reads the sources of a log';

-- What the mined tables and their keys could not hold.
CREATE FUNCTION log_require_fresh() RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	twice text;
	long record;
BEGIN
	SELECT string_agg(case_id::text, ', ') INTO twice FROM (
		SELECT case_id FROM pg_temp.log_fresh WHERE is_in_cases GROUP BY case_id HAVING count(*) > 1 ORDER BY case_id LIMIT 5) d;
	IF twice IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'cardinality_violation',
			MESSAGE = format('the relation of the cases has a case more than once: %s', twice),
			HINT = 'It must have one row a case.';
	END IF;
	SELECT left(text, 40) AS text, octet_length(text) AS bytes INTO long
	FROM pg_temp.log_fresh, greatest(case_id::text, case_no) text
	WHERE octet_length(case_id::text) > 1000 OR octet_length(case_no) > 1000 LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION USING ERRCODE = 'program_limit_exceeded',
			MESSAGE = format('case "%s…" has an id of %s bytes, but the limit is 1000', long.text, long.bytes);
	END IF;
END $$;
COMMENT ON FUNCTION log_require_fresh() IS 'internal: refuses what mined tables cannot hold';

-- Business time is known for some years only: an event of 1753, which some
-- systems write for none, is shown before it stops the refresh in the middle.
CREATE FUNCTION log_require_known_years(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	hours ticket_mining.business_calendar := ticket_mining.log_setting('calendar');
	earliest record;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT f.case_id, trace_start(f.trace) AS at INTO earliest FROM pg_temp.log_fresh f WHERE f.trace IS NOT NULL ORDER BY 2, 1 LIMIT 1;
	PERFORM business_is_open(hours, earliest.at), business_is_open(hours, moment);
EXCEPTION WHEN datetime_field_overflow THEN
	RAISE EXCEPTION USING ERRCODE = SQLSTATE,
		MESSAGE = format('case %s begins on %s, as_of is %s: %s', earliest.case_id, earliest.at::date, moment::date, SQLERRM),
		HINT = 'Leave such events out in a view, or the calendar out of the settings.';
END $$;
COMMENT ON FUNCTION log_require_known_years(name, timestamptz) IS 'internal: refuses times that the calendar of a log does not know';

-- The labels whose rows in a map differ, in more than how they are shown.
CREATE FUNCTION log_edited_labels(old jsonb, new jsonb, key text) RETURNS text[] LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(array_agg(coalesce(a.value, b.value) ->> key), '{}')
	FROM jsonb_array_elements(old) a FULL JOIN jsonb_array_elements(new) b ON a.value ->> key = b.value ->> key
	WHERE a.value - 'label' IS DISTINCT FROM b.value - 'label'
$$;
COMMENT ON FUNCTION log_edited_labels(jsonb, jsonb, text) IS 'internal: the labels whose rows in a map differ';

-- The activities of a map that are not merged into another one.
CREATE FUNCTION log_own_activities(config jsonb, OUT activity text, OUT label text, OUT kind text, OUT answers boolean, OUT is_start boolean, OUT segment text)
	RETURNS SETOF record LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100 ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
	SELECT a.activity, a.label, a.kind, a.answers, a.is_start, a.segment
	FROM jsonb_to_recordset(config -> 'activities') a (activity text, label text, kind text, answers boolean, is_start boolean, segment text, merge_into text)
	WHERE coalesce(a.merge_into, a.activity) = a.activity
$$;
COMMENT ON FUNCTION log_own_activities(jsonb) IS 'internal: the activities of a map that are not merged away';

-- Whether any case can be cut off: some activity is marked as the start.
CREATE FUNCTION log_knows_starts(config jsonb) RETURNS boolean LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(bool_or(a.is_start), false) FROM ticket_mining.log_own_activities(config) a
$$;
COMMENT ON FUNCTION log_knows_starts(jsonb) IS 'internal: whether some activity is marked as the start';

-- The cases that an edit of settings or maps touches, by what the last refresh followed.
CREATE FUNCTION log_find_touched(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	old jsonb;
	new jsonb := (SELECT config FROM pg_temp.log_followed);
	activities text[];
	teams text[];
	segments text[];
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT r.config INTO old FROM refreshes r WHERE r.state = 'done' ORDER BY refresh_no DESC LIMIT 1;
	CREATE TEMPORARY TABLE log_touched (case_key bigint) ON COMMIT DROP;
	IF old -> 'settings' <> new -> 'settings' OR ticket_mining.log_knows_starts(old) <> ticket_mining.log_knows_starts(new) THEN
		INSERT INTO pg_temp.log_touched SELECT t.case_key FROM traces t;
		RETURN;
	END IF;
	activities := ticket_mining.log_edited_labels(old -> 'activities', new -> 'activities', 'activity');
	teams := ticket_mining.log_edited_labels(old -> 'teams', new -> 'teams', 'team');
	segments := ticket_mining.log_edited_labels(old -> 'segments', new -> 'segments', 'segment');
	IF activities || teams || segments <> '{}' THEN
		INSERT INTO pg_temp.log_touched
		SELECT e.case_key FROM events e WHERE e.activity = ANY (activities)
		UNION SELECT v.case_key FROM team_visits v WHERE v.team = ANY (teams)
		UNION SELECT v.case_key FROM segment_visits v WHERE v.segment = ANY (segments);
	END IF;
END $$;
COMMENT ON FUNCTION log_find_touched(name) IS 'internal: the cases that an edit touches';

-- pg_temp.log_changed has the histories of the cases to write anew, pg_temp.log_stale the
-- keys of those whose rows must go; gives how many there are. Of an open case that
-- is as it was, as_of alone moves what does not lie in the past: is_aged.
CREATE FUNCTION log_find_changes(log name, number bigint) RETURNS bigint LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	attributes text;
	moves boolean;
BEGIN
	PERFORM ticket_mining.log_find_touched(log);
	PERFORM ticket_mining.run_enter(log);
	moves := (SELECT as_of FROM refreshes WHERE refresh_no = number)
		IS DISTINCT FROM (SELECT as_of FROM refreshes WHERE state = 'done' ORDER BY refresh_no DESC LIMIT 1);
	SELECT coalesce(string_agg(format(', f.%I', 'attribute ' || a.attribute_no), ''), '') INTO attributes FROM pg_temp.log_attributes a;
	EXECUTE format($query$
		CREATE TEMPORARY TABLE log_changed ON COMMIT DROP AS
		SELECT coalesce(old_key, nextval(pg_get_serial_sequence(%L, 'case_key'))) AS case_key, old_key IS NULL AS is_new, n.*
		FROM (SELECT t.case_key AS old_key, NOT d.differs AS is_aged, f.case_id, coalesce(f.case_no, f.case_id::text) AS case_no, f.trace, f.assignments, f.messages, f.checksum, f.attributes_checksum %s
			  FROM pg_temp.log_fresh f
			  LEFT JOIN traces t ON t.case_id = f.case_id
			  CROSS JOIN LATERAL (SELECT t.case_key IS NULL OR f.trace <> t.trace OR f.checksum <> t.checksum OR f.attributes_checksum <> t.attributes_checksum
				  OR f.assignments IS DISTINCT FROM t.assignments OR f.messages IS DISTINCT FROM t.messages
				  OR t.case_key IN (SELECT case_key FROM pg_temp.log_touched)) d (differs)
			  WHERE f.case_id IS NOT NULL AND f.trace IS NOT NULL AND (d.differs OR t.is_open AND $1)
			  ORDER BY trace_start(f.trace), f.case_id) n$query$, format('%I.cases', log), attributes) USING moves;
	CREATE TEMPORARY TABLE log_stale ON COMMIT DROP AS
	SELECT c.case_key, c.is_aged, false AS is_gone FROM pg_temp.log_changed c WHERE NOT is_new
	UNION ALL
	SELECT t.case_key, false, true FROM traces t WHERE NOT EXISTS (
		SELECT FROM pg_temp.log_fresh f WHERE f.case_id = t.case_id AND f.trace IS NOT NULL);
	ANALYZE pg_temp.log_changed (case_key, case_id, is_new, is_aged), pg_temp.log_stale;
	PERFORM ticket_mining.log_count_reading(log, number);
	RETURN (SELECT count(*) FROM pg_temp.log_changed WHERE NOT is_aged) + (SELECT count(*) FROM pg_temp.log_stale WHERE is_gone);
END $$;
COMMENT ON FUNCTION log_find_changes(name, bigint) IS 'internal: the cases that changed since the last refresh';

-- Why events are left out: they are few, so only their cases are read again.
CREATE FUNCTION log_count_rejected(log name, moment timestamptz) RETURNS jsonb LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	counted record;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	IF ticket_mining.log_setting('from_log') IS NOT NULL THEN
		RETURN (SELECT jsonb_build_object('filtered out', sum(f.rows_read) - coalesce(sum(trace_length(f.trace)), 0)) FROM pg_temp.log_fresh f);
	END IF;
	EXECUTE format($query$
		SELECT count(*) FILTER (WHERE case_id IS NULL) AS no_case,
			count(*) FILTER (WHERE case_id IS NOT NULL AND label IS NULL) AS no_activity,
			count(*) FILTER (WHERE case_id IS NOT NULL AND label IS NOT NULL AND at IS NULL) AS no_time,
			count(*) FILTER (WHERE case_id IS NOT NULL AND label IS NOT NULL AND NOT isfinite(at)) AS infinite,
			count(*) FILTER (WHERE case_id IS NOT NULL AND label IS NOT NULL AND isfinite(at) AND at >= $1) AS later
		FROM (%s) s
		WHERE case_id IS NULL OR case_id IN (SELECT case_id FROM pg_temp.log_fresh WHERE rows_read <> coalesce(trace_length(trace), 0))$query$,
		ticket_mining.log_events_query(log)) INTO counted USING moment;
	RETURN jsonb_build_object('no case', counted.no_case, 'no activity', counted.no_activity, 'no time', counted.no_time,
		'infinite time', counted.infinite, 'after as_of', counted.later);
END $$;
COMMENT ON FUNCTION log_count_rejected(name, timestamptz) IS 'internal: counts events that are left out, by reason';

CREATE FUNCTION log_count_reading(log name, number bigint) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	rejected jsonb := '{"no case": 0, "no activity": 0, "no time": 0, "infinite time": 0, "after as_of": 0}';
BEGIN
	PERFORM ticket_mining.run_enter(log);
	IF EXISTS (SELECT FROM pg_temp.log_fresh f WHERE f.rows_read > 0 AND (f.case_id IS NULL OR f.rows_read <> coalesce(trace_length(f.trace), 0))) THEN
		rejected := ticket_mining.log_count_rejected(log, (SELECT r.as_of FROM refreshes r WHERE r.refresh_no = number));
	END IF;
	CREATE TEMPORARY TABLE log_reading ON COMMIT DROP AS
	SELECT sum(f.rows_read)::bigint AS events_read, rejected || jsonb_build_object(
		'assignments left out', coalesce(sum(f.assignments_read), 0) - coalesce(sum(trace_length(f.assignments)) FILTER (WHERE f.case_id IS NOT NULL AND f.trace IS NOT NULL), 0),
		'messages left out', coalesce(sum(f.messages_read), 0) - coalesce(sum(trace_length(f.messages)) FILTER (WHERE f.case_id IS NOT NULL AND f.trace IS NOT NULL), 0)) AS rejected,
		min(least(trace_start(f.trace), trace_start(f.assignments), trace_start(f.messages))) FILTER (WHERE f.case_id IS NOT NULL AND f.trace IS NOT NULL) AS first_at,
		count(*) FILTER (WHERE f.is_in_cases AND f.trace IS NULL) AS cases_without_events,
		count(*) FILTER (WHERE NOT f.is_in_cases AND f.case_id IS NOT NULL AND f.trace IS NOT NULL) AS cases_without_row
	FROM pg_temp.log_fresh f;
END $$;
COMMENT ON FUNCTION log_count_reading(name, bigint) IS 'internal: counts what was read and left out';
