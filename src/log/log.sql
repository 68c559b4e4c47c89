-- log: register, drop, list

-- bigint where integers identify the cases in all relations, else text.
CREATE FUNCTION log_case_id_type(relations text[]) RETURNS text LANGUAGE sql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN bool_and(accepts = 'integer') THEN 'bigint' ELSE 'text' END
	FROM unnest(relations) relation, ticket_mining.log_columns(relation, 'UTC')
	WHERE column_name = 'case_id'
$$;
COMMENT ON FUNCTION log_case_id_type(text[]) IS
'internal: the type that holds the ids of all relations';

-- The last refresh that is done: the time that all figures are as of, and the settings
-- and maps that it followed.
CREATE FUNCTION log_last_refresh(log name, OUT as_of timestamptz, OUT config jsonb)
	LANGUAGE plpgsql STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE ticket_mining.run_sql(log, $q$
		SELECT r.as_of, r.config FROM @schema.refreshes r
		WHERE r.state = 'done' ORDER BY r.refresh_no DESC LIMIT 1$q$) INTO as_of, config;
END $$;
COMMENT ON FUNCTION log_last_refresh(name) IS
'internal: what the last refresh was as of and followed';

CREATE FUNCTION is_log(log name) RETURNS boolean LANGUAGE sql
	STABLE PARALLEL SAFE COST 10
RETURN ticket_mining.run_owns_tables(log, '{settings,refreshes,case_months}');
COMMENT ON FUNCTION is_log(name) IS 'whether a schema is that of a log';

CREATE FUNCTION log_require_owner(log name) RETURNS void LANGUAGE sql
	STABLE PARALLEL SAFE COST 10
RETURN ticket_mining.run_require_owner('log', log, ticket_mining.is_log(log),
	'SELECT * FROM ticket_mining.logs() lists the logs.');
COMMENT ON FUNCTION log_require_owner(name) IS 'internal: refuses all but the owner of a log';

-- All of them, not only those by which a log is known as one: whoever may create in the
-- schema could put another table in the place of one that is gone. A log of an earlier
-- version gets what it lacks.
CREATE FUNCTION log_require_own_tables(log name) RETURNS void LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	wrong text := (
		SELECT string_agg(w.name, ', ' ORDER BY w.name)
		FROM unnest(ticket_mining.log_tables() || ticket_mining.log_views()) w (name)
		WHERE NOT EXISTS (
			SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = log AND c.relname = w.name AND c.relowner = n.nspowner
			AND c.relkind IN ('r', 'v'))
		AND (ticket_mining.log_has_layout(log)
			OR to_regclass(format('%I.%I', log, w.name)) IS NOT NULL));
BEGIN
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('relations of log "%s" are gone, or belong to others: %s', log, wrong),
			HINT = 'A log cannot go on without them: drop what is left of it, and make it anew.';
	END IF;
END $$;
COMMENT ON FUNCTION log_require_own_tables(name) IS
'internal: refuses a log some of whose tables are not its owner''s';

CREATE FUNCTION log_require_usage(log name) RETURNS void LANGUAGE plpgsql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT has_schema_privilege(log, 'USAGE') THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('permission denied for log "%s"', log),
			HINT = format('Its owner lets you read it: CALL ticket_mining.grant_reader(%L, %L).',
				log, current_user);
	END IF;
END $$;
COMMENT ON FUNCTION log_require_usage(name) IS 'internal: refuses roles that may not read a log';

-- For functions that only read: their readers are trusted, but a superuser must not
-- run what somebody may have put in the place of the tables of a log. It becomes a part
-- of the statement that calls it, so that an error says in few lines where it was.
CREATE FUNCTION log_require_trusted(log name) RETURNS void LANGUAGE sql
	STABLE PARALLEL SAFE COST 10
RETURN CASE WHEN log IS NULL OR NOT is_log(log) OR run_is_superuser() THEN log_require_owner(log)
	ELSE log_require_usage(log) END;
COMMENT ON FUNCTION log_require_trusted(name)
	IS 'internal: refuses what is not a log, roles that may not read it, '
	'and superusers who do not own it';

-- Puts labels that are not in a map yet into it, as unknown. Rows that a policy hides
-- are an error, not left out.
CREATE FUNCTION log_find_labels(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
DECLARE
	source record;
BEGIN
	EXECUTE ticket_mining.run_sql(log, 'SELECT s.events, s.assignments FROM @schema.settings s')
		INTO source;
	EXECUTE ticket_mining.run_sql(log, $q$
		INSERT INTO @schema.activity_map (activity)
		SELECT DISTINCT l.label FROM (SELECT %s FROM %s c) l (label)
		WHERE octet_length(l.label) <= 1300 ORDER BY 1
		ON CONFLICT DO NOTHING$q$,
		ticket_mining.log_label_expression(source.events, 'activity'), source.events);
	IF source.assignments IS NOT NULL THEN
		EXECUTE ticket_mining.run_sql(log, $q$
			INSERT INTO @schema.team_map (team)
			SELECT DISTINCT l.label FROM (SELECT %s FROM %s c) l (label)
			WHERE l.label <> 'none' AND octet_length(l.label) <= 1300 ORDER BY 1
			ON CONFLICT DO NOTHING$q$,
			ticket_mining.log_label_expression(source.assignments, 'team'), source.assignments);
	END IF;
END $$;
COMMENT ON FUNCTION log_find_labels(name) IS
'internal: fills the maps of a new log with the labels there are';

-- Settings that are edited are checked like those of create_log(). Who names another time
-- zone says by that which one it is; the settings of a log of 0.1.0 cannot hold that.
CREATE FUNCTION log_check_settings() RETURNS trigger LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = 'a log cannot be without settings',
				HINT = 'CALL ticket_mining.drop_log() drops a log.';
	END IF;
	IF NEW.from_log IS NOT NULL THEN
		PERFORM ticket_mining.log_require_derivation(TG_TABLE_SCHEMA, to_jsonb(NEW));
		RETURN NEW;
	END IF;
	IF TG_OP = 'UPDATE' AND NEW.time_zone <> OLD.time_zone THEN
		NEW := jsonb_populate_record(NEW, '{"is_time_zone_given": true}');
	END IF;
	PERFORM ticket_mining.log_require_contract(TG_TABLE_SCHEMA, to_jsonb(NEW),
		log_given_zone(to_jsonb(NEW)), NEW.case_url);
	NEW.events := log_relation_name(log_find_relation(NEW.events));
	NEW.assignments := log_relation_name(log_find_relation(NEW.assignments));
	NEW.messages := log_relation_name(log_find_relation(NEW.messages));
	NEW.cases := log_relation_name(log_find_relation(NEW.cases));
	RETURN NEW;
END $$;
COMMENT ON FUNCTION log_check_settings() IS
'internal: refuses settings by which a log cannot be read';

-- As pg_get_triggerdef() gives them, which tells all of a trigger, where quote_all_identifiers
-- is off.
CREATE FUNCTION log_triggers(log name) RETURNS text[] LANGUAGE sql
	IMMUTABLE COST 10
RETURN ARRAY[
	format('CREATE TRIGGER check_settings BEFORE INSERT OR DELETE OR UPDATE ON %I.settings'
		' FOR EACH ROW EXECUTE FUNCTION ticket_mining.log_check_settings()', log),
	format('CREATE TRIGGER keep_settings BEFORE TRUNCATE ON %I.settings'
		' FOR EACH STATEMENT EXECUTE FUNCTION ticket_mining.log_check_settings()', log)];
COMMENT ON FUNCTION log_triggers(name) IS 'internal: the triggers of a log, as statements';

-- Those that are not there: who may make triggers on the settings could replace them.
CREATE FUNCTION log_make_triggers(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET quote_all_identifiers = off AS $$
DECLARE
	wanted text;
BEGIN
	FOREACH wanted IN ARRAY ticket_mining.log_triggers(log) LOOP
		IF NOT EXISTS (SELECT FROM pg_trigger t
					   WHERE t.tgrelid = to_regclass(format('%I.settings', log))
					   AND pg_get_triggerdef(t.oid) = wanted) THEN
			EXECUTE wanted;
		END IF;
	END LOOP;
END $$;
COMMENT ON FUNCTION log_make_triggers(name) IS 'internal: makes the triggers of a log';

-- Makes the schema of a log that has these settings; its maps are empty.
CREATE FUNCTION log_make(name name, settings jsonb, case_id_type text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE format('CREATE SCHEMA %I', name);
	PERFORM ticket_mining.log_make_settings(name);
	PERFORM ticket_mining.log_make_tables(name, case_id_type);
	PERFORM ticket_mining.log_make_views(name);
	PERFORM ticket_mining.log_make_status(name);
	PERFORM ticket_mining.log_follow_comments(name);
	EXECUTE ticket_mining.run_sql(name, $q$
		INSERT INTO @schema.settings (events, assignments, messages, cases, time_zone, calendar,
			case_url, from_log, filter, is_time_zone_given)
		SELECT r.events, r.assignments, r.messages, r.cases, r.time_zone, r.calendar, r.case_url,
			r.from_log, r.filter, coalesce(r.is_time_zone_given, false)
		FROM jsonb_populate_record(NULL::@schema.settings, $1) r$q$) USING settings;
	PERFORM ticket_mining.log_make_triggers(name);
END $$;
COMMENT ON FUNCTION log_make(name, jsonb, text) IS 'internal: makes the schema of a log';

CREATE PROCEDURE create_log(name name, events regclass DEFAULT NULL,
		assignments regclass DEFAULT NULL, messages regclass DEFAULT NULL,
		cases regclass DEFAULT NULL, time_zone text DEFAULT NULL,
			calendar business_calendar DEFAULT NULL, case_url text DEFAULT NULL,
		from_log name DEFAULT NULL, filter jsonb DEFAULT NULL)
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relations jsonb := jsonb_build_object(
		'events', ticket_mining.log_relation_name(events), 'assignments',
			ticket_mining.log_relation_name(assignments),
		'messages', ticket_mining.log_relation_name(messages), 'cases',
			ticket_mining.log_relation_name(cases));
	zone text := coalesce(time_zone, split_part(calendar::text, ';', 1), 'UTC');
BEGIN
	PERFORM ticket_mining.run_require_new_name('log', name);
	IF from_log IS NOT NULL OR filter IS NOT NULL THEN
		PERFORM ticket_mining.log_derive(name, relations || jsonb_build_object('time_zone',
			time_zone, 'calendar', calendar, 'case_url', case_url, 'from_log', from_log, 'filter',
			coalesce(filter, '[]')));
		RETURN;
	END IF;
	PERFORM ticket_mining.log_require_contract(name, relations, time_zone, case_url);
	PERFORM ticket_mining.log_make(name, relations || jsonb_build_object('time_zone', zone,
		'calendar', calendar, 'case_url', case_url, 'is_time_zone_given', time_zone IS NOT NULL),
		ticket_mining.log_case_id_type(array(SELECT value FROM jsonb_each_text(relations)
			WHERE value IS NOT NULL)));
	EXECUTE ticket_mining.run_sql(name, $q$
		INSERT INTO @schema.segment_map (segment, is_excluded)
		VALUES ('us', false), ('partner', false), ('user', true), ('blocked', true),
			('stopped', true), ('unknown', false)$q$);
	PERFORM ticket_mining.log_find_labels(name);
END $$;
COMMENT ON PROCEDURE create_log(name, regclass, regclass, regclass, regclass, text,
business_calendar, text, name, jsonb) IS
'registers an event log over tables or views of yours, or one derived from another log by a filter,'
' and makes a schema with its maps and mined tables; refresh() fills them';

-- Drops what create_log() made, and nothing that others have put there or rest on it; one of
-- an earlier version lacks some. Who reads the status locks that view first, and so does this.
CREATE PROCEDURE drop_log(name name) LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	made record;
BEGIN
	PERFORM ticket_mining.log_require_owner(name);
	PERFORM ticket_mining.run_lock_out('drop', name, is_reader => false);
	PERFORM ticket_mining.log_require_owner(name);
	PERFORM ticket_mining.log_require_no_derived(name);
	PERFORM ticket_mining.run_drop(name, 'v', ARRAY[format('%I.status', name)::regclass]);
	FOR made IN
		SELECT o.kind, array_agg(r.name) AS names
		FROM (SELECT 'r', t FROM unnest(ticket_mining.log_tables()) t
			  UNION ALL
			  SELECT 'v', v FROM unnest(ticket_mining.log_views()) v
			  WHERE v <> 'status') o (kind, relation)
		CROSS JOIN LATERAL (SELECT to_regclass(format('%I.%I', name, o.relation))) r (name)
		WHERE r.name IS NOT NULL
		GROUP BY o.kind ORDER BY o.kind DESC
	LOOP
		PERFORM ticket_mining.run_drop(name, made.kind, made.names);
	END LOOP;
	EXECUTE format('DROP SCHEMA %I', name);
END $$;
COMMENT ON PROCEDURE drop_log(name) IS
'drops a log with its maps and mined tables; the tables that it reads stay';

-- The state of a log stands in a view, which runs with the rights of its reader: of
-- the logs of others only the names are shown, since their views could do anything.
-- This waits for a log that is being dropped, and then does not show it.
CREATE FUNCTION logs(OUT log name, OUT owner name, OUT state text, OUT as_of timestamp,
		OUT refreshed_at timestamp,
		OUT time_zone text, OUT cases bigint, OUT events bigint, OUT last_run text,
			OUT last_error text) RETURNS SETOF record
	LANGUAGE plpgsql STABLE COST 1000 ROWS 2 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	FOR log, owner IN SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace
		WHERE ticket_mining.is_log(nspname) ORDER BY 1 LOOP
		state := NULL; as_of := NULL; refreshed_at := NULL; time_zone := NULL; cases := NULL;
		events := NULL; last_run := NULL; last_error := NULL;
		BEGIN
			IF owner = current_user THEN
				EXECUTE ticket_mining.run_sql(log, $q$
					SELECT s.state, s.as_of, s.refreshed_at, s.time_zone, s.cases, s.events,
						s.last_run,
						s.last_error
					FROM @schema.status s$q$)
					INTO state, as_of, refreshed_at, time_zone, cases, events, last_run, last_error;
			END IF;
			RETURN NEXT;
		EXCEPTION WHEN undefined_table OR invalid_schema_name THEN
			NULL;
		END;
	END LOOP;
END $$;
COMMENT ON FUNCTION logs() IS 'the logs of the database; those of one''s own with their state';
