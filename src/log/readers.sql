-- log: its readers

-- The tables and views of a log that readers see, as one list of names.
CREATE FUNCTION log_readable(log name) RETURNS text LANGUAGE sql
	STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT string_agg(format('%I.%I', log, table_name), ', ')
	FROM (SELECT table_name FROM ticket_mining.mined_tables WHERE is_for_readers
		  UNION ALL VALUES ('status'), ('source_activities'), ('target_activities')) r
$$;
COMMENT ON FUNCTION log_readable(name) IS 'internal: what readers of a log may read';

-- A table that comes later is for whoever may read the cases.
CREATE FUNCTION log_grant_like_cases(log name, new_table text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	reader text;
BEGIN
	FOR reader IN
		SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
		FROM pg_class c, aclexplode(c.relacl) a
		WHERE c.oid = to_regclass(format('%I.cases', log)) AND a.privilege_type = 'SELECT'
		AND a.grantee <> c.relowner
	LOOP
		EXECUTE format('GRANT SELECT ON %I.%I TO %s', log, new_table, reader);
	END LOOP;
END $$;
COMMENT ON FUNCTION log_grant_like_cases(name, text) IS
'internal: lets the readers of the cases of a log read another table of it';

-- Makes the role of a reader, if there is none.
CREATE FUNCTION log_make_reader(role name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	statement text := format('CREATE ROLE %I LOGIN CONNECTION LIMIT 30', role);
	is_superuser boolean := (SELECT rolsuper FROM pg_roles WHERE rolname = role);
BEGIN
	IF role IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
			MESSAGE = 'the role that is to be a reader has no name';
	ELSIF is_superuser OR role = current_user THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_grant_operation',
			MESSAGE = format('role "%s" cannot be a reader: it is a superuser, or owns the log',
				role),
			HINT = 'A reader can only read. Name another role.';
	ELSIF is_superuser IS NULL THEN
		EXECUTE statement;
	END IF;
EXCEPTION WHEN insufficient_privilege THEN
	RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
		MESSAGE = format('role "%s" does not exist, and you may not make it', role),
		HINT = format('Have it made by a role with CREATEROLE, then call again: %s;', statement);
END $$;
COMMENT ON FUNCTION log_make_reader(name) IS 'internal: makes the role of a reader';

-- The statements that give a role the settings of a reader that it does not have yet.
CREATE FUNCTION log_reader_settings(log name, role name) RETURNS text LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	zone text;
	had text[] := (SELECT setconfig FROM pg_db_role_setting
		JOIN pg_roles r ON r.oid = setrole JOIN pg_database d ON d.oid = setdatabase
		WHERE rolname = role AND datname = current_database());
BEGIN
	EXECUTE ticket_mining.run_sql(log, 'SELECT time_zone FROM @schema.settings') INTO zone;
	RETURN (SELECT string_agg(format('ALTER ROLE %I IN DATABASE %I SET %s = %L;',
			role, current_database(), name, value), E'\n')
		FROM (VALUES ('statement_timeout', '60s'), ('jit', 'off'),
			('default_transaction_read_only', 'on'), ('search_path', ''),
			('TimeZone', zone)) s (name, value)
		-- An empty path is kept in quotes.
		WHERE had IS NULL OR format('%s=%s', name, coalesce(NULLIF(value, ''), '""')) <> ALL (had));
END $$;
COMMENT ON FUNCTION log_reader_settings(name, name) IS
	'internal: the statements that give a role the settings of a reader';

-- Altering a role takes rights that the owner of a log often lacks, and that differ from
-- version to version: what is refused is left to somebody else.
CREATE FUNCTION log_set_reader(log name, role name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	statements text := ticket_mining.log_reader_settings(log, role);
BEGIN
	IF NOT (SELECT rolcanlogin FROM pg_roles WHERE rolname = role) THEN
		RAISE WARNING USING
			MESSAGE = ticket_mining.run_shown(format(
				'role "%s" cannot log in, and its members do not inherit settings', role)),
			HINT = ticket_mining.run_shown(format(
				'Make each of them a reader, too: CALL ticket_mining.grant_reader(%L, ...);', log));
	ELSIF EXISTS (SELECT FROM pg_namespace n
			WHERE n.nspowner = to_regrole(quote_ident(role))
			AND (ticket_mining.is_log(n.nspname) OR ticket_mining.is_source(n.nspname))) THEN
		RAISE WARNING USING
			MESSAGE = ticket_mining.run_shown(format('role "%s" can read, but owns a log, which it'
				' could not refresh read-only: its settings are left as they are', role)),
			HINT = 'Let a BI tool read as another role.';
	ELSIF statements IS NOT NULL THEN
		EXECUTE statements;
	END IF;
EXCEPTION WHEN insufficient_privilege THEN
	RAISE WARNING USING ERRCODE = '01007',
		MESSAGE = ticket_mining.run_shown(format(
			'role "%s" can read, but its settings are not made: %s', role, SQLERRM)),
		HINT = ticket_mining.run_shown(
			E'Have them made by a superuser, or a role that may alter this one:\n' || statements);
END $$;
COMMENT ON FUNCTION log_set_reader(name, name) IS
	'internal: gives a role the settings of a reader, or says how';

-- Readers once had REFERENCES, which shows the keys to tools that read information_schema.
-- With it a foreign key of theirs could stop a refresh, and its triggers ran as the owner.
CREATE FUNCTION log_revoke_references(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	given record;
BEGIN
	FOR given IN
		SELECT relname, CASE grantee
			WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS role
		FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace, aclexplode(relacl)
		WHERE nspname = log AND relowner = nspowner AND grantor = relowner
		AND grantee <> relowner AND privilege_type = 'REFERENCES'
	LOOP
		EXECUTE format('REVOKE REFERENCES ON %I.%I FROM %s CASCADE', log, given.relname,
			given.role);
	END LOOP;
END $$;
COMMENT ON FUNCTION log_revoke_references(name) IS
	'internal: takes back the right to make foreign keys to the tables of a log';

CREATE PROCEDURE grant_reader(log name, role name) LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.log_require_owner(log);
	-- Two who grant at once, or a refresh that makes tables, would meet in the catalog.
	PERFORM ticket_mining.run_lock_out('refresh', log, is_reader => false);
	PERFORM ticket_mining.log_make_reader(role);
	PERFORM ticket_mining.log_revoke_references(log);
	EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', log, role);
	EXECUTE format('GRANT SELECT ON %s TO %I', ticket_mining.log_readable(log), role);
	PERFORM ticket_mining.log_set_reader(log, role);
END $$;
COMMENT ON PROCEDURE grant_reader(name, name) IS
	'lets a role read the mined tables of a log and do nothing else with them, making the role
if there is none; with settings that are safe for BI tools, where the caller may make them';

-- What happened to a case, in order: assignments before statuses of the same
-- time, messages last; team_no numbers the assignment that is in force.
CREATE FUNCTION log_moments(trace trace, assignments trace, messages trace,
		OUT moment_no bigint, OUT at timestamptz, OUT what text, OUT entry text, OUT team_no bigint)
			RETURNS SETOF record LANGUAGE sql
	STABLE PARALLEL SAFE COST 100 ROWS 30
BEGIN ATOMIC
	SELECT row_number() OVER w, m.at, m.what, m.entry, count(*) FILTER (WHERE m.what = 'team')
		OVER w
	FROM (SELECT 1 AS part, e.event_no, e.at, 'team' AS what, e.activity AS entry
		  FROM trace_events(assignments) e
		  UNION ALL
		  SELECT 2, e.event_no, e.at, 'status', e.activity FROM trace_events(trace) e
		  UNION ALL
		  SELECT 3, e.event_no, e.at, 'message', e.activity FROM trace_events(messages) e) m
	WINDOW w AS (ORDER BY m.at, m.part, m.event_no ROWS UNBOUNDED PRECEDING);
END;
COMMENT ON FUNCTION log_moments(trace, trace, trace) IS
'internal: what happened to a case, in order';

-- What the figures of a log were made with: as_of, time zone, calendar, url of cases. A log
-- of 0.1.0 tells as_of only in local time, until its next refresh.
CREATE FUNCTION log_known(log name, OUT as_of timestamptz, OUT zone text,
		OUT hours business_calendar, OUT case_url text) LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT coalesce((to_jsonb(s) ->> 'as_of_utc')::timestamp AT TIME ZONE 'UTC',
				s.as_of AT TIME ZONE s.time_zone),
			s.time_zone, s.calendar::business_calendar, s.case_url
		FROM @schema.status s$q$) INTO as_of, zone, hours, case_url;
END $$;
COMMENT ON FUNCTION log_known(name) IS 'internal: what the figures of a log were made with';

-- The case that somebody names by its number, or by its id: one, or an error.
CREATE FUNCTION log_named_case(log name, "case" text) RETURNS bigint LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	found record;
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT array_agg(c.case_key) FILTER (WHERE n.is_number) AS by_number,
			min(c.case_key) FILTER (WHERE n.is_id) AS by_id,
			string_agg(log_example(c.case_id), ', ' ORDER BY c.case_id)
				FILTER (WHERE n.is_number) AS cases
		FROM @schema.cases c
		CROSS JOIN LATERAL (SELECT c.case_no = $1, c.case_id::text = log_id_text($1))
			n (is_number, is_id)
		WHERE c.case_no = $1 OR c.case_id::text = log_id_text($1)$q$) INTO found USING "case";
	IF cardinality(found.by_number) > 1 AND found.by_id IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'cardinality_violation',
			MESSAGE = format('%s cases of log "%s" have the number %s: %s',
				cardinality(found.by_number), log, quote_literal("case"), found.cases),
			HINT = 'Name the one that you mean by its id.';
	ELSIF coalesce(found.by_number[1], found.by_id) IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('log "%s" has no case %s', log, quote_literal("case")),
			HINT = 'A case is named by its number or its id, as in cases.';
	END IF;
	RETURN CASE WHEN cardinality(found.by_number) = 1 THEN found.by_number[1] ELSE found.by_id END;
END $$;
COMMENT ON FUNCTION log_named_case(name, text) IS
'internal: the case that is named by its number or id';

-- One case for the agent who looks it up. It reads the traces, whose times are
-- true instants also in the night when the clock is set back.
CREATE FUNCTION case_history(log name, "case" text, OUT at timestamp, OUT what text, OUT entry text,
		OUT status text, OUT team text, OUT holder text,
		OUT seconds float8, OUT business_seconds float8) RETURNS SETOF record
	LANGUAGE plpgsql STABLE COST 1000 ROWS 30
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	history record;
	known record;
BEGIN
	PERFORM log_require_trusted(log);
	known := log_known(log);
	EXECUTE run_sql(log, $q$
		SELECT t.trace, t.assignments, t.messages, c.is_open = 1 AS goes_on
		FROM @schema.cases c JOIN @schema.traces t USING (case_key)
		WHERE c.case_key = $1$q$)
		INTO history USING log_named_case(log, "case");
	RETURN QUERY EXECUTE run_sql(log, $q$
		SELECT m.at AT TIME ZONE $1, CASE WHEN m.kind = 'note' THEN 'note' ELSE m.what END, m.entry,
			coalesce(m.status, 'none'), coalesce(m.team, 'none'),
			CASE WHEN a.segment = 'us' AND t.role = 'partner' THEN 'partner'
				ELSE coalesce(a.segment, 'unknown') END,
			log_seconds(m.next_at - m.at), log_seconds(business_duration($2, m.at, m.next_at))
		FROM (SELECT n.*, coalesce(lead(n.at) OVER (ORDER BY n.moment_no), $3) AS next_at,
				max(n.entry) FILTER (WHERE n.what = 'status' AND n.kind <> 'note')
					OVER (PARTITION BY n.status_no) AS status,
				max(n.entry) FILTER (WHERE n.what = 'team') OVER (PARTITION BY n.team_no) AS team
			  FROM (SELECT m.moment_no, m.at, m.what, m.entry, m.team_no, b.kind,
						count(*) FILTER (WHERE m.what = 'status' AND b.kind <> 'note')
							OVER (ORDER BY m.moment_no) AS status_no
					FROM log_moments($4, $5, $6) m
					LEFT JOIN @schema.activities b ON m.what = 'status'
						AND b.activity = m.entry) n) m
		LEFT JOIN @schema.activities a ON a.activity = m.status
		LEFT JOIN @schema.teams t ON t.team = m.team
		ORDER BY m.moment_no$q$)
		USING known.zone, known.hours, CASE WHEN history.goes_on THEN known.as_of END,
			history.trace, history.assignments, history.messages;
END $$;
COMMENT ON FUNCTION case_history(name, text) IS
'what happened to one case, by its number or id: statuses, teams, messages, who held it then, and'
' how long until the next';
