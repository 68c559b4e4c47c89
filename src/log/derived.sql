-- log: those that are derived from another one by a chain of filters

-- What is wrong with the settings of a derived log, in one error.
CREATE FUNCTION log_require_derivation(log name, settings jsonb) RETURNS void LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	parent name := settings ->> 'from_log';
	fault text := (SELECT min(f) FROM ticket_mining.log_setting_faults(settings ->> 'time_zone',
		settings ->> 'case_url') f);
BEGIN
	IF parent IS NULL THEN
		fault := 'filter: is for a log that is derived; say from which with from_log';
	ELSIF (settings ->> 'events', settings ->> 'assignments', settings ->> 'messages',
		settings ->> 'cases') IS DISTINCT FROM (NULL, NULL, NULL, NULL) THEN
		fault := 'from_log: a derived log reads another log, and no relations';
	END IF;
	IF fault IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('the log cannot be derived: %s', fault);
	END IF;
	PERFORM ticket_mining.log_require_owner(parent);
	IF parent = log OR parent = ANY (ticket_mining.log_derived(log)) THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('log "%s" cannot be derived from itself', log);
	END IF;
	PERFORM ticket_mining.filter_attributes(settings -> 'filter');
	IF ticket_mining.log_has_keys(parent) THEN
		PERFORM ticket_mining.log_attributes_expression(parent, settings -> 'filter');
		PERFORM ticket_mining.log_notice_unknown(parent, settings -> 'filter');
	END IF;
END $$;
COMMENT ON FUNCTION log_require_derivation(name, jsonb) IS
'internal: refuses settings by which a log cannot be derived';

CREATE FUNCTION log_parent(settings oid) RETURNS name
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT COST 100;
COMMENT ON FUNCTION log_parent(oid) IS
'internal: the log that settings say a log is derived from; keeps no lock';

-- The caller's own logs that are derived from a log, those that others are derived from
-- first. No schema is looked at twice, whatever has been renamed; this waits for one
-- that is being dropped.
CREATE FUNCTION log_derived(log name) RETURNS name[] LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	found name[] := ARRAY[log];
	parents jsonb := (
		SELECT coalesce(jsonb_object_agg(n.nspname, ticket_mining.log_parent(c.oid)), '{}')
		FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'settings'
		WHERE n.nspowner = to_regrole(quote_ident(current_user))
			AND ticket_mining.is_log(n.nspname));
	n integer := 1;
BEGIN
	WHILE n <= cardinality(found) LOOP
		found := found || array(SELECT key::name FROM jsonb_each_text(parents)
			WHERE value = found[n] AND key <> ALL (found) ORDER BY key COLLATE "C");
		n := n + 1;
	END LOOP;
	RETURN found[2:];
END $$;
COMMENT ON FUNCTION log_derived(name) IS 'internal: the logs that are derived from a log';

CREATE FUNCTION log_require_no_derived(log name) RETURNS void LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	derived name[] := ticket_mining.log_derived(log);
BEGIN
	IF derived <> '{}' THEN
		RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
			MESSAGE = format('logs are derived from log "%s": %s', log,
				array_to_string(derived, ', ')),
			HINT = 'Drop these first.';
	END IF;
END $$;
COMMENT ON FUNCTION log_require_no_derived(name) IS
'internal: refuses to drop a log that others are derived from';

-- Says so of a log that is not there any more: that a table of it is missing would be
-- said of its old name.
CREATE FUNCTION log_require_parent(parent name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF parent IS NOT NULL AND NOT ticket_mining.is_log(parent) THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('log "%s" has been dropped or renamed meanwhile', parent);
	END IF;
END $$;
COMMENT ON FUNCTION log_require_parent(name) IS
'internal: refuses a log that was there when a run of another one began';

-- Makes a derived log: what is not given is as in the log that it is derived from, and
-- so are the maps at first; merged activities have one name there already.
CREATE FUNCTION log_derive(log name, given jsonb) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	parent name := given ->> 'from_log';
	inherited jsonb;
BEGIN
	-- Before anything of the parent is read: whoever drops it has locked this first, too.
	IF parent IS NOT NULL THEN
		PERFORM ticket_mining.log_require_owner(parent);
		PERFORM ticket_mining.run_lock_out('refresh', parent, is_reader => true);
	END IF;
	PERFORM ticket_mining.log_require_derivation(log, given);
	EXECUTE ticket_mining.run_sql(parent, $q$
		SELECT jsonb_build_object('time_zone', s.time_zone, 'calendar', s.calendar,
			'case_url', s.case_url)
		FROM @schema.settings s$q$) INTO inherited;
	PERFORM ticket_mining.log_make(log,
		inherited || jsonb_strip_nulls(given - 'filter') || jsonb_build_object('filter',
		given -> 'filter'),
		ticket_mining.log_id_type(parent));
	PERFORM ticket_mining.log_inherit_maps(log, parent);
EXCEPTION WHEN undefined_table OR invalid_schema_name THEN
	PERFORM ticket_mining.log_require_parent(parent);
	RAISE;
END $$;
COMMENT ON FUNCTION log_derive(name, jsonb) IS 'internal: makes a derived log';

-- Rows of the maps that a derived log does not have yet.
CREATE FUNCTION log_inherit_maps(log name, parent name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE ticket_mining.run_sql(log, $q$
		INSERT INTO @schema.activity_map (activity, kind, answers, segment, is_start, label,
			merge_into)
		SELECT p.activity, p.kind, p.answers, p.segment, p.is_start, p.label, p.merge_into
		FROM %I.activity_map p WHERE p.merge_into IS NULL OR p.merge_into = p.activity
		ON CONFLICT DO NOTHING$q$, parent);
	EXECUTE ticket_mining.run_sql(log, $q$
		INSERT INTO @schema.team_map (team, role, calendar, label)
		SELECT p.team, p.role, p.calendar, p.label FROM %I.team_map p
		ON CONFLICT DO NOTHING$q$, parent);
	EXECUTE ticket_mining.run_sql(log, $q$
		INSERT INTO @schema.segment_map (segment, is_excluded)
		SELECT p.segment, p.is_excluded FROM %I.segment_map p
		ON CONFLICT DO NOTHING$q$, parent);
END $$;
COMMENT ON FUNCTION log_inherit_maps(name, name) IS 'internal: copies maps to a derived log';

-- A derived log is as of the last refresh of the log that it is derived from, of
-- which there is no other until this one is over.
CREATE FUNCTION log_follow_parent(log name, number bigint) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	parent name;
	moment timestamptz;
BEGIN
	EXECUTE ticket_mining.run_sql(log, 'SELECT s.from_log FROM @schema.settings s') INTO parent;
	IF parent IS NULL THEN
		RETURN;
	END IF;
	PERFORM ticket_mining.log_require_owner(parent);
	PERFORM ticket_mining.run_lock_out('refresh', parent, is_reader => true);
	moment := (ticket_mining.log_last_refresh(parent)).as_of;
	IF moment IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('log "%s", from which "%s" is derived, has never been refreshed',
				parent, log),
			HINT = format('CALL ticket_mining.refresh(%L) refreshes both.', parent);
	END IF;
	PERFORM ticket_mining.run_guard(log, '{activity_map,team_map,segment_map}');
	EXECUTE ticket_mining.run_sql(log, $q$
		UPDATE @schema.refreshes r SET as_of = $1 WHERE r.refresh_no = $2$q$) USING moment, number;
	PERFORM ticket_mining.log_inherit_maps(log, parent);
END $$;
COMMENT ON FUNCTION log_follow_parent(name, bigint) IS
'internal: waits for the log that a log is derived from, and takes its as_of';

-- What a chain of filters may name a variant by: its id, and where that is a number the
-- number, as chains of 0.1.0 do. An attribute that is an array has each element.
CREATE FUNCTION log_variant_names(variant text) RETURNS jsonb LANGUAGE sql
	IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN variant ~ '^-?[0-9]+$' THEN jsonb_build_array(variant, variant::bigint)
	ELSE to_jsonb(variant) END;
COMMENT ON FUNCTION log_variant_names(text) IS
'internal: what a chain of filters may name a variant by';

-- The attributes of a case that a chain of filters asks for, as an expression over
-- its row c of cases and its row t of traces.
CREATE FUNCTION log_attributes_expression(log name, filter jsonb) RETURNS text LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	asked text[] := array(SELECT DISTINCT a FROM unnest(ticket_mining.filter_attributes(filter)) a
		ORDER BY a);
	columns text[] := array(SELECT attname::text FROM pg_attribute
		WHERE attrelid = to_regclass(format('%I.cases', log)) AND attnum > 0 AND NOT attisdropped);
	missing text := (SELECT min(a) FROM unnest(asked) a
		WHERE a <> ALL (columns || '{teams}'::text[]));
BEGIN
	PERFORM ticket_mining.log_require_trusted(log);
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_column',
			MESSAGE = format('the cases of log "%s" have no attribute "%s"', log, missing),
			HINT = concat_ws(' ', ticket_mining.log_unknown_hint(ARRAY[missing], columns),
				format('A filter can ask for any column of %I.cases, and for teams: all teams that'
					' had the case.', log));
	ELSIF asked = '{}' THEN
		RETURN '''{}''::jsonb';
	END IF;
	RETURN (SELECT format('(SELECT to_jsonb(a) FROM (SELECT %s) a)', string_agg(
				CASE WHEN a = 'variant'
					 THEN 'ticket_mining.log_variant_names(c.variant::text) AS variant'
					 WHEN a = ANY (columns) THEN format('c.%I', a)
					 ELSE 'ticket_mining.trace_activities(t.assignments) AS teams' END, ', '))
			FROM unnest(asked) a);
END $$;
COMMENT ON FUNCTION log_attributes_expression(name, jsonb) IS
'internal: the attributes of a case that a chain of filters asks for';

-- What each step of a chain leaves of a log.
CREATE FUNCTION explain_filter(log name, filter jsonb, OUT step_no integer, OUT step jsonb,
		OUT cases bigint, OUT events bigint) RETURNS SETOF record
	LANGUAGE plpgsql STABLE STRICT COST 10000 ROWS 10
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	attributes text;
BEGIN
	PERFORM log_require_trusted(log);
	-- Parsed here first, so that an error in the filter comes with a short CONTEXT.
	PERFORM filter_attributes(filter);
	attributes := log_attributes_expression(log, filter);
	PERFORM log_notice_unknown(log, filter);
	RETURN QUERY EXECUTE run_sql(log, $q$
		SELECT s.step_no::integer, s.step, coalesce(n.cases, 0), coalesce(n.events, 0)
		FROM (SELECT 0, NULL::jsonb
			  UNION ALL
			  SELECT no, value
			  FROM jsonb_array_elements($1) WITH ORDINALITY e (value, no)) s (step_no, step)
		LEFT JOIN (
			SELECT l.no - 1 AS step_no, count(*) FILTER (WHERE l.length > 0) AS cases,
				sum(l.length)::bigint AS events
			FROM @schema.traces t JOIN @schema.cases c USING (case_key)
			CROSS JOIN LATERAL unnest(trace_length(t.trace)
				|| trace_filter_lengths(t.trace, $1, %s)) WITH ORDINALITY l (length, no)
			GROUP BY l.no) n USING (step_no)
		ORDER BY s.step_no$q$, attributes) USING filter;
END $$;
COMMENT ON FUNCTION explain_filter(name, jsonb) IS
'how many cases and events of a log each step of a chain of filters leaves; step 0 is the log as it'
	' is';
