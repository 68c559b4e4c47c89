-- log: reading the sources

-- The id of a case as text: numbers by their value, uuids in any case of letters.
CREATE FUNCTION log_id_text(id text) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 2
RETURN CASE WHEN octet_length(id) = 36
		AND id COLLATE "C" ~ '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$'
	THEN lower(id COLLATE "C") COLLATE "default" ELSE id END;
COMMENT ON FUNCTION log_id_text(text) IS 'internal: the id of a case, as it is compared';

-- Columns of a relation c as they are read. Texts lose the collation of their column:
-- one that takes A for a would make one case or label of two.
CREATE FUNCTION log_id_expression(relation text, case_id_type text) RETURNS text LANGUAGE sql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN case_id_type = 'bigint' THEN 'c.case_id::bigint'
				WHEN accepts = 'label' THEN format('ticket_mining.log_id_text(%s)', expression)
				WHEN attribute_type = 'float8' THEN 'trim_scale(c.case_id)::text'
				ELSE 'c.case_id::text' END
	FROM ticket_mining.log_columns(relation, 'UTC') WHERE column_name = 'case_id'
$$;
COMMENT ON FUNCTION log_id_expression(text, text) IS 'internal: how the ids of a relation are read';

CREATE FUNCTION log_label_expression(relation text, label_column text) RETURNS text LANGUAGE sql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE accepts WHEN 'label' THEN expression ELSE format('c.%I::text', label_column) END
	FROM ticket_mining.log_columns(relation, 'UTC') WHERE column_name = label_column
$$;
COMMENT ON FUNCTION log_label_expression(text, text) IS
'internal: how a column of labels of a relation is read';

-- A time without a zone that is too far away for one with a zone becomes the furthest one.
CREATE FUNCTION log_time_expression(relation text, time_zone text) RETURNS text LANGUAGE sql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN accepts = 'timestamp' THEN format(
		'CASE WHEN c.at < ''4700-01-01 BC'' AND isfinite(c.at) THEN ''4700-01-01 00:00:00+00 BC''
			WHEN c.at > ''294000-01-01'' AND isfinite(c.at) THEN ''294000-01-01 00:00:00+00''
			ELSE c.at AT TIME ZONE %L END', time_zone) ELSE 'c.at' END
	FROM ticket_mining.log_columns(relation, time_zone) WHERE column_name = 'at'
$$;
COMMENT ON FUNCTION log_time_expression(text, text) IS
'internal: how the times of a relation are read';

-- A relation as the contract names it: case_id, what it says, at, seq.
CREATE FUNCTION log_source_query(contract text, relation text, time_zone text, case_id_type text)
	RETURNS text LANGUAGE sql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('SELECT %s AS case_id, %s AS label, %s AS at, %s AS seq FROM %s c',
		ticket_mining.log_id_expression(relation, case_id_type),
		CASE contract WHEN 'events' THEN ticket_mining.log_label_expression(relation, 'activity')
			WHEN 'assignments' THEN format('coalesce(%s, ''none'')',
				ticket_mining.log_label_expression(relation, 'team'))
			ELSE ticket_mining.log_label_expression(relation, 'direction') END,
		ticket_mining.log_time_expression(relation, time_zone),
		CASE WHEN EXISTS (SELECT FROM ticket_mining.log_columns(relation, time_zone)
						  WHERE column_name = 'seq') THEN 'c.seq::bigint' ELSE 'NULL::bigint' END,
		relation)
$$;
COMMENT ON FUNCTION log_source_query(text, text, text, text) IS
'internal: the query that reads a relation of a log';

-- What only the events have besides: how many of them no seq tells apart and how many
-- repeat another one; why others are left out, as a trace of the reasons, those that lie
-- later than $3 after $1 too late; and a checksum of times and seq. All of it of the one
-- reading, for in a second one the relation might say something else.
CREATE FUNCTION log_event_columns() RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN $columns$,
			trace_ties_agg(%1$s, at, seq) FILTER (WHERE at < $1 AND at >= $2) AS ties,
			trace_agg(CASE WHEN label IS NULL THEN 'no activity' WHEN at IS NULL THEN 'no time'
					WHEN NOT isfinite(at) THEN 'infinite time' WHEN at < $2 THEN 'too early'
					WHEN at >= $1 + $3 THEN 'too late' ELSE 'after as_of' END,
				timestamptz 'epoch')
				FILTER (WHERE case_id IS NOT NULL
					AND (label IS NOT NULL AND at < $1 AND at >= $2) IS NOT TRUE) AS left_out,
			coalesce(sum((timestamp_hash_extended(at AT TIME ZONE 'UTC',
					coalesce(seq, -9223372036854775808)) >> 32)
					+ (seq IS NOT DISTINCT FROM -9223372036854775808)::integer)
				FILTER (WHERE label IS NOT NULL AND at < $1 AND at >= $2), 0)::bigint
				AS checksum$columns$;
COMMENT ON FUNCTION log_event_columns() IS
'internal: what a query that makes traces tells of events besides';

-- Each case of a relation as a trace of what lies from $2 to before $1, with its rows
-- counted; rows of no case make a group of their own. Temporary tables keep a query from
-- running in parallel, so activities that are merged are looked up only if there are any.
CREATE FUNCTION log_traces_query(log name, contract text, relation text, time_zone text,
		case_id_type text, merges boolean) RETURNS text LANGUAGE sql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT format($query$
		SELECT case_id, trace_agg(%s, at, seq) FILTER (WHERE at < $1 AND at >= $2) AS trace,
			count(*) AS rows_read %s
		FROM (%s) source %s
		GROUP BY case_id$query$,
		l.label, CASE contract WHEN 'events'
			THEN format(ticket_mining.log_event_columns(), l.label) END,
		ticket_mining.log_source_query(contract, relation, time_zone, case_id_type),
		CASE WHEN merges THEN ticket_mining.run_sql(log,
			'LEFT JOIN @run.merged merged ON merged.activity = label') END)
	FROM (SELECT CASE WHEN merges THEN 'coalesce(merge_into, label)' ELSE 'label' END) l (label)
	WHERE relation IS NOT NULL
	UNION ALL
	SELECT format('SELECT NULL::%s AS case_id, NULL::trace AS trace, NULL::bigint AS rows_read
		WHERE false', case_id_type)
	WHERE relation IS NULL
$$;
COMMENT ON FUNCTION log_traces_query(name, text, text, text, text, boolean) IS
'internal: the query that makes traces of a relation of a log';

-- What this refresh follows, once, so that an edit in the middle waits for the next.
CREATE FUNCTION log_follow(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.followed ON COMMIT DROP AS
		SELECT c.config FROM @schema.config c$q$);
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.attributes ON COMMIT DROP AS
		SELECT a.* FROM @run.followed f,
			jsonb_to_record(f.config -> 'settings') s (cases text, time_zone text, from_log name),
			log_attributes(%L, coalesce(s.cases, quote_ident(s.from_log) || '.cases'), s.time_zone)
				WITH ORDINALITY a (column_name, type, mined_type, expression, mined_no, accepts,
					attribute_no)$q$, log);
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.merged ON COMMIT DROP AS
		SELECT a.activity, a.merge_into
		FROM @run.followed f,
			jsonb_to_recordset(f.config -> 'activities') a (activity text, merge_into text)
		WHERE a.merge_into <> a.activity$q$);
	PERFORM log_require_no_chain(log);
END $$;
COMMENT ON FUNCTION log_follow(name) IS 'internal: what a refresh follows';

CREATE FUNCTION log_require_no_chain(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	chained text;
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT string_agg(format('"%%s" into "%%s" into "%%s"', a.activity, b.activity,
			b.merge_into), ', ')
		FROM @run.merged a JOIN @run.merged b ON a.merge_into = b.activity$q$) INTO chained;
	IF chained IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('activities are merged in a chain: %s', chained),
			HINT = 'Let merge_into name the last activity of the chain.';
	END IF;
END $$;
COMMENT ON FUNCTION log_require_no_chain(name) IS
'internal: refuses activities that are merged into merged ones';

-- A setting that this refresh follows.
CREATE FUNCTION log_setting(log name, setting text) RETURNS text LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	value text;
BEGIN
	EXECUTE run_sql(log, $q$SELECT f.config -> 'settings' ->> $1 FROM @run.followed f$q$)
		INTO value USING setting;
	RETURN value;
END $$;
COMMENT ON FUNCTION log_setting(name, text) IS 'internal: a setting that a refresh follows';

-- Whether calendars know the year before that of a day, and so all of its own in any zone.
CREATE FUNCTION log_is_known_year(calendars business_calendar[], day date) RETURNS boolean
	LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	PERFORM business_is_open(hours,
		(date_trunc('year', day::timestamp) - interval '1 day') AT TIME ZONE 'UTC')
	FROM unnest(calendars) hours;
	RETURN true;
EXCEPTION WHEN datetime_field_overflow THEN
	RETURN false;
END $$;
COMMENT ON FUNCTION log_is_known_year(business_calendar[], date) IS
'internal: whether calendars know the year of a day and the one before';

-- Events before this day count as written to mean no time: those before earliest_date, and those
-- before the first whole year that all calendars know: 1901, or where there are holidays 1991.
CREATE FUNCTION log_earliest_date(log name) RETURNS date LANGUAGE plpgsql
	COST 1000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	earliest date := log_setting(log, 'earliest_date');
	calendars business_calendar[];
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT array(
			SELECT c.hours::business_calendar
			FROM (SELECT config -> 'settings' ->> 'calendar' FROM @run.followed
				  UNION
				  SELECT t ->> 'calendar'
				  FROM @run.followed, jsonb_array_elements(config -> 'teams') t) c (hours)
			WHERE c.hours IS NOT NULL)$q$) INTO calendars;
	RETURN CASE WHEN log_is_known_year(calendars, earliest) THEN earliest
		WHEN log_is_known_year(calendars, greatest(earliest, '1901-01-01'))
			THEN greatest(earliest, '1901-01-01')
		ELSE greatest(earliest, '1991-01-01') END;
END $$;
COMMENT ON FUNCTION log_earliest_date(name) IS 'internal: from which day on events of a log count';

CREATE FUNCTION log_earliest(log name) RETURNS timestamptz LANGUAGE sql
	COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT ticket_mining.log_earliest_date(log)::timestamp
		AT TIME ZONE ticket_mining.log_setting(log, 'time_zone')
$$;
COMMENT ON FUNCTION log_earliest(name) IS 'internal: from when on events of a log count';

-- The type of the ids of a log's cases.
CREATE FUNCTION log_id_type(log name) RETURNS text LANGUAGE sql
	STABLE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT format_type(a.atttypid, NULL)
	FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n
		ON n.oid = relnamespace
	WHERE nspname = log AND relname = 'cases' AND attname = 'case_id'
$$;
COMMENT ON FUNCTION log_id_type(name) IS 'internal: the type of the ids of a log';

-- The cases of the log that a log is derived from, with what the filter leaves of each.
CREATE FUNCTION log_read_parent(log name, from_log name, filter jsonb) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.fresh ON COMMIT DROP AS
		SELECT f.*, hash_record_extended(ROW(%1$L::text, f.case_no %2$s), 0) AS attributes_checksum
		FROM (SELECT t.case_id::%3$s AS case_id, n.trace, t.checksum, t.tied_events,
				t.duplicate_events, t.assignments, t.messages,
				trace_length(t.trace) AS rows_read,
				CASE WHEN n.trace IS NOT NULL THEN trace_length(t.assignments)
					END AS assignments_read,
				CASE WHEN n.trace IS NOT NULL THEN trace_length(t.messages) END AS messages_read,
				c.case_no, true AS is_in_cases, NULL::text[] AS unknown_values,
				NULL::text[] AS rounded_numbers %4$s
			  FROM %5$I.traces t JOIN %5$I.cases c USING (case_key)
			  CROSS JOIN LATERAL (
				SELECT trace_filter(t.trace, $1, %6$s) OFFSET 0) n (trace)) f$q$,
		log_attribute_columns(log), log_each_attribute(log, ', f.%1$I'), log_id_type(log),
		log_each_attribute(log, ', %2$s AS %1$I'), from_log,
		log_attributes_expression(from_log, filter))
		USING filter;
END $$;
COMMENT ON FUNCTION log_read_parent(name, name, jsonb) IS
'internal: reads the log that a log is derived from';

-- The query of the cases, rows without an id included; of no row where there is no relation
-- of them.
CREATE FUNCTION log_cases_query(log name, relation text, case_id_type text) RETURNS text
	LANGUAGE sql STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN relation IS NULL THEN format('SELECT NULL::%s AS case_id, false AS is_in_cases,
			NULL::text AS case_no, NULL::text[] AS unknown_values, NULL::text[] AS rounded_numbers
			%s WHERE false', case_id_type,
			ticket_mining.log_each_attribute(log, ', %2$s AS %1$I'))
		ELSE format('SELECT %s AS case_id, true AS is_in_cases, %s AS case_no, %s AS unknown_values,
			%s AS rounded_numbers %s FROM %s c',
			ticket_mining.log_id_expression(relation, case_id_type),
			coalesce(ticket_mining.log_label_expression(relation, 'case_no'), 'NULL::text'),
			ticket_mining.log_unknown_values(log), ticket_mining.log_rounded_numbers(log),
			ticket_mining.log_each_attribute(log, ', %2$s AS %1$I'), relation) END
$$;
COMMENT ON FUNCTION log_cases_query(name, text, text) IS
'internal: the query that reads the cases of a log';

-- Ids are of the type that the log was made with: others would be rounded, or different
-- ones would become equal.
CREATE FUNCTION log_require_id_types(log name, source jsonb) RETURNS void LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	wrong text := (
		SELECT string_agg(format('%s (%s)', r.relation, c.type), ', ')
		FROM unnest(ARRAY[source ->> 'events', source ->> 'assignments', source ->> 'messages',
				source ->> 'cases']) r (relation)
		CROSS JOIN LATERAL log_columns(r.relation, 'UTC') c
		WHERE c.column_name = 'case_id' AND c.accepts <> 'integer');
BEGIN
	IF wrong IS NOT NULL AND log_id_type(log) = 'bigint' THEN
		RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch',
			MESSAGE = format('the cases of log "%s" are numbered by integers, but case_id is not'
				' in: %s',
				log, wrong),
			HINT = 'Cast it in a view, or make the log anew: its ids will be texts.';
	END IF;
END $$;
COMMENT ON FUNCTION log_require_id_types(name, jsonb) IS
'internal: refuses ids that the tables of a log cannot hold';

-- Which case is more than a trace can be: an error of an aggregate knows none.
CREATE FUNCTION log_case_beyond_limits(log name, source jsonb, moment timestamptz) RETURNS text
	LANGUAGE plpgsql STABLE COST 10000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	contract text;
	found text;
BEGIN
	FOREACH contract IN ARRAY '{events,assignments,messages}'::text[] LOOP
		CONTINUE WHEN source ->> contract IS NULL;
		EXECUTE run_sql(log, $q$
			SELECT format('It is case %%s of %%s.', coalesce(left(s.case_id::text, 1000), 'NULL'),
				$1)
			FROM (%s) s LEFT JOIN @run.merged m ON m.activity = s.label AND $2 = 'events'
			CROSS JOIN LATERAL (SELECT coalesce(m.merge_into, s.label)) r (label)
			WHERE s.at < $3 AND s.at >= $4
			GROUP BY s.case_id
			HAVING max(octet_length(r.label)) > 4096 OR count(DISTINCT r.label) > 65536
			OR count(*) > 10000000
			ORDER BY s.case_id LIMIT 1$q$,
			log_source_query(contract, source ->> contract, source ->> 'time_zone',
				log_id_type(log)))
			INTO found USING source ->> contract, contract, moment, log_earliest(log);
		EXIT WHEN found IS NOT NULL;
	END LOOP;
	RETURN coalesce(found, '');
END $$;
COMMENT ON FUNCTION log_case_beyond_limits(name, jsonb, timestamptz) IS
'internal: the first case of the relations of a log that is beyond the limits of a trace';

-- All sources in one statement, so that they are of one moment: @run.fresh has a row per
-- case, with what was left out of it.
CREATE FUNCTION log_read_relations(log name, source jsonb, moment timestamptz) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	id_type text := log_id_type(log);
	zone text := source ->> 'time_zone';
	merges boolean;
	hint text;
BEGIN
	EXECUTE run_sql(log, 'SELECT EXISTS (SELECT FROM @run.merged)') INTO merges;
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.fresh ON COMMIT DROP AS
		SELECT coalesce(e.case_id, a.case_id, m.case_id, c.case_id) AS case_id, e.trace, e.checksum,
			e.ties[1] AS tied_events, e.ties[2] AS duplicate_events, e.left_out,
			a.trace AS assignments, m.trace AS messages, coalesce(e.rows_read, 0) AS rows_read,
			a.rows_read AS assignments_read, m.rows_read AS messages_read, c.case_no,
			coalesce(c.is_in_cases, false) AS is_in_cases, c.unknown_values, c.rounded_numbers,
			hash_record_extended(ROW(%1$L::text, c.case_no %2$s), 0) AS attributes_checksum %2$s
		FROM (%3$s) e
		FULL JOIN (%4$s) a ON a.case_id = e.case_id
		FULL JOIN (%5$s) m ON m.case_id = coalesce(e.case_id, a.case_id)
		FULL JOIN (%6$s) c ON c.case_id = coalesce(e.case_id, a.case_id, m.case_id)$q$,
		log_attribute_columns(log), log_each_attribute(log, ', c.%1$I'),
		log_traces_query(log, 'events', source ->> 'events', zone, id_type, merges),
		log_traces_query(log, 'assignments', source ->> 'assignments', zone, id_type, false),
		log_traces_query(log, 'messages', source ->> 'messages', zone, id_type, false),
		log_cases_query(log, source ->> 'cases', id_type))
		USING moment, log_earliest(log),
			make_interval(hours => 24 * (source ->> 'days_ahead')::integer);
EXCEPTION WHEN program_limit_exceeded THEN
	GET STACKED DIAGNOSTICS hint := PG_EXCEPTION_HINT;
	PERFORM log_require_short_labels(log, source);
	RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM,
		DETAIL = log_case_beyond_limits(log, source, moment), HINT = hint;
END $$;
COMMENT ON FUNCTION log_read_relations(name, jsonb, timestamptz) IS
'internal: reads the relations of a log';

CREATE FUNCTION log_read(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	source jsonb;
BEGIN
	PERFORM log_follow(log);
	EXECUTE run_sql(log, $q$SELECT f.config -> 'settings' FROM @run.followed f$q$) INTO source;
	IF source ->> 'from_log' IS NULL THEN
		PERFORM log_require_contract(log, source, log_given_zone(source), source ->> 'case_url');
		PERFORM log_require_id_types(log, source);
		PERFORM log_require_attributes(log);
		PERFORM log_read_relations(log, source, moment);
	ELSE
		PERFORM log_require_attributes(log);
		PERFORM log_notice_unknown((source ->> 'from_log')::name, source -> 'filter');
		PERFORM log_read_parent(log, (source ->> 'from_log')::name, source -> 'filter');
	END IF;
	EXECUTE run_sql(log, 'ANALYZE @run.fresh (case_id, is_in_cases)');
	PERFORM log_require_fresh(log);
	PERFORM log_require_known_years(log, moment);
END $$;
COMMENT ON FUNCTION log_read(name, timestamptz) IS 'internal: reads the sources of a log';

-- The labels that traces or mined tables could not hold are told with where they are. A
-- direction is in no key of a mined table.
CREATE FUNCTION log_require_short_labels(log name, source jsonb) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	id_type text := log_id_type(log);
	searched record;
	long record;
BEGIN
	FOR searched IN
		SELECT c.relation, c.column_name, source ->> c.relation AS name,
			CASE c.relation WHEN 'messages' THEN 4096 ELSE 1300 END AS most
		FROM contract_columns c
		WHERE c.column_name IN ('activity', 'team', 'direction') AND source ->> c.relation <> ''
		ORDER BY c.relation COLLATE "C"
	LOOP
		EXECUTE format('SELECT s.case_id::text, left(s.label, 40) AS label,
				octet_length(s.label) AS bytes FROM (%s) s
			WHERE octet_length(s.label) > $1 ORDER BY s.case_id, s.label COLLATE "C" LIMIT 1',
			log_source_query(searched.relation, searched.name, source ->> 'time_zone', id_type))
			INTO long USING searched.most;
		IF long.bytes IS NOT NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'program_limit_exceeded',
				MESSAGE = format('%s: %s "%s..." has %s bytes, but the limit of a log is %s',
					searched.relation, searched.column_name, long.label, long.bytes,
					searched.most),
				DETAIL = format('It is case %s of %s.', coalesce(left(long.case_id, 1000), 'NULL'),
					searched.name),
				HINT = format('It must be a name, and no free text: shorten column %s of %s in a'
					' view.', searched.column_name, searched.name);
		END IF;
	END LOOP;
END $$;
COMMENT ON FUNCTION log_require_short_labels(name, jsonb) IS
'internal: refuses labels that are too long, naming relation, column and case';

-- What the mined tables and their keys could not hold.
CREATE FUNCTION log_require_fresh(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	twice text;
	long record;
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT string_agg(case_id::text, ', ')
		FROM (SELECT case_id FROM @run.fresh WHERE is_in_cases AND case_id IS NOT NULL
			  GROUP BY case_id HAVING count(*) > 1 ORDER BY case_id LIMIT 5) d$q$) INTO twice;
	IF twice IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'cardinality_violation',
			MESSAGE = format('the relation of the cases has a case more than once: %s', twice),
			HINT = 'It must have one row a case.';
	END IF;
	EXECUTE run_sql(log, $q$
		SELECT left(f.case_id::text, 40) AS case_id, v.what, left(v.text, 40) AS text,
			octet_length(v.text) AS bytes
		FROM @run.fresh f,
			LATERAL (VALUES ('case_id', f.case_id::text), ('case_no', f.case_no)) v (what, text)
		WHERE octet_length(v.text) > 1000
		ORDER BY f.case_id, v.what LIMIT 1$q$) INTO long;
	IF long.bytes IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'program_limit_exceeded',
			MESSAGE = format('case %s: %s "%s..." has %s bytes, but the limit is 1000',
				quote_literal(long.case_id), long.what, long.text, long.bytes),
			HINT = 'It names a case; shorten it in a view.';
	END IF;
END $$;
COMMENT ON FUNCTION log_require_fresh(name) IS 'internal: refuses what mined tables cannot hold';

-- Business time is known for some years only: an event of other years is shown before
-- it stops the refresh in the middle.
CREATE FUNCTION log_require_known_years(log name, moment timestamptz) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	hours ticket_mining.business_calendar := log_setting(log, 'calendar');
	earliest record;
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT f.case_id, trace_start(f.trace) AS at FROM @run.fresh f
		WHERE f.trace IS NOT NULL ORDER BY 2, 1 LIMIT 1$q$) INTO earliest;
	PERFORM business_is_open(hours, earliest.at), business_is_open(hours, moment);
EXCEPTION WHEN datetime_field_overflow THEN
	RAISE EXCEPTION USING ERRCODE = SQLSTATE,
		MESSAGE = format('case %s begins on %s, as_of is %s: %s', earliest.case_id,
			earliest.at::date, moment::date, SQLERRM),
		HINT = 'Leave such events out with earliest_date in the settings, or the calendar.';
END $$;
COMMENT ON FUNCTION log_require_known_years(name, timestamptz) IS
'internal: refuses times that the calendar of a log does not know';
