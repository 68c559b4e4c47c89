-- log: the refresh, from the outside in

CREATE FUNCTION log_require_as_of(log name, as_of timestamptz) RETURNS void LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	parent name;
BEGIN
	EXECUTE ticket_mining.run_sql(log, 'SELECT s.from_log FROM @schema.settings s') INTO parent;
	IF as_of IS NOT NULL AND parent IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('log "%s" is derived, and always as of the last refresh of the log'
				' that it is derived from', log),
			HINT = 'Leave out as_of, or refresh that log.';
	END IF;
	IF as_of NOT BETWEEN '0001-01-02' AND '9999-12-30' THEN
		RAISE EXCEPTION USING ERRCODE = 'datetime_field_overflow',
			MESSAGE = format('as_of must be in the years 1 to 9999, not %s', as_of);
	ELSIF as_of > clock_timestamp() + interval '100 years' THEN
		RAISE EXCEPTION USING ERRCODE = 'datetime_field_overflow',
			MESSAGE = format('as_of must be at most 100 years from now, not %s', as_of),
			HINT = 'All days up to as_of are in dates, and all months in which a case is open in'
				' case_months.';
	END IF;
END $$;
COMMENT ON FUNCTION log_require_as_of(name, timestamptz) IS
'internal: refuses a time that a log cannot be as of';

-- Begins the history of a refresh, once no other one goes on; gives its number. NULL for
-- a derived log that has been dropped since it was found.
CREATE FUNCTION log_begin(log name, as_of timestamptz, is_derived boolean) RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	number bigint;
BEGIN
	PERFORM ticket_mining.log_require_owner(log);
	-- Before anything of the log is read: whoever drops it has locked this first, too.
	PERFORM ticket_mining.run_begin_lock('refresh', log);
	PERFORM ticket_mining.log_require_own_tables(log);
	PERFORM ticket_mining.log_require_as_of(log, as_of);
	EXECUTE ticket_mining.run_sql(log, $q$
		INSERT INTO @schema.refreshes (state, as_of)
		VALUES ('running', coalesce($1, clock_timestamp())) RETURNING refresh_no$q$)
		INTO number USING as_of;
	RETURN number;
EXCEPTION WHEN undefined_object OR undefined_table OR invalid_schema_name THEN
	PERFORM ticket_mining.run_release_lock();
	IF SQLSTATE <> '42704' AND ticket_mining.run_history('refresh', log) IS NOT NULL THEN
		RAISE;
	ELSIF is_derived THEN
		RETURN NULL;
	ELSIF SQLSTATE = '42704' THEN
		RAISE;
	END IF;
	RAISE EXCEPTION USING ERRCODE = 'undefined_object',
		MESSAGE = format('log "%s" has been dropped or renamed meanwhile', log);
END $$;
COMMENT ON FUNCTION log_begin(name, timestamptz, boolean) IS
'internal: begins the history of a refresh';

CREATE PROCEDURE log_run(name name, as_of timestamptz, is_derived boolean,
		INOUT failure text[]) LANGUAGE plpgsql AS $$
DECLARE
	number pg_catalog.int8;
	state pg_catalog.text;
	message pg_catalog.text;
	detail pg_catalog.text;
	hint pg_catalog.text;
BEGIN
	CALL ticket_mining.run_commit();
	BEGIN
		number := ticket_mining.log_begin(name, as_of, is_derived);
	EXCEPTION WHEN OTHERS OR query_canceled OR assert_failure THEN
		PERFORM ticket_mining.run_release_lock();
		IF NOT is_derived THEN
			RAISE;
		END IF;
		GET STACKED DIAGNOSTICS state := RETURNED_SQLSTATE, message := MESSAGE_TEXT,
			detail := PG_EXCEPTION_DETAIL, hint := PG_EXCEPTION_HINT;
		failure := ARRAY[state, message, detail, hint];
	END;
	IF number IS NOT NULL THEN
		CALL ticket_mining.run_steps('refresh', name, number, failure);
	END IF;
END $$;
COMMENT ON PROCEDURE log_run(name, timestamptz, boolean, text[]) IS
'internal: one run of a refresh; gives why that of a derived log did not begin, or any failed';

-- The log, then those that are derived from it, each in a run of its own. One that
-- fails does not keep others from being refreshed; its error is thrown at the end. A cancel
-- ends all.
CREATE PROCEDURE refresh(name name, as_of timestamptz DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
	failure pg_catalog.text[];
	later pg_catalog.text[];
	derived pg_catalog.name;
BEGIN
	CALL ticket_mining.run_require_own_transactions('refresh');
	CALL ticket_mining.log_run(name, as_of, false, failure);
	IF failure IS NULL THEN
		FOREACH derived IN ARRAY ticket_mining.log_derived(name) LOOP
			later := NULL;
			CALL ticket_mining.log_run(derived, NULL, true, later);
			EXIT WHEN later[1] OPERATOR(pg_catalog.=) '57014';
			IF failure IS NULL AND later IS NOT NULL THEN
				failure := later;
				failure[2] := pg_catalog.format('log "%s", which is derived: %s', derived,
					later[2]);
			END IF;
		END LOOP;
	END IF;
	PERFORM ticket_mining.run_throw(coalesce(failure, later));
END $$;
COMMENT ON PROCEDURE refresh(name, timestamptz) IS
'brings the mined tables of a log up to date, as of a time (default: now), in one step for all who'
' read; then those of the logs derived from it';

-- The work, in one transaction: every reader sees the old or the new state. Rows that a
-- policy hides are an error, not left out.
CREATE FUNCTION log_refresh(log name, number bigint) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET row_security = off
	SET timezone = 'UTC' SET datestyle = 'ISO' SET intervalstyle = 'postgres'
	SET extra_float_digits = 1 SET jit = off SET random_page_cost = 1.1 AS $$
DECLARE
	parent name;
	moment timestamptz;
	changes bigint;
BEGIN
	PERFORM ticket_mining.log_require_owner(log);
	PERFORM ticket_mining.run_bound_waits();
	parent := ticket_mining.log_parent(format('%I.settings', log)::regclass);
	PERFORM ticket_mining.log_follow_parent(log, number);
	PERFORM ticket_mining.run_use_memory();
	EXECUTE ticket_mining.run_sql(log, $q$
		SELECT r.as_of FROM @schema.refreshes r WHERE r.refresh_no = $1$q$) INTO moment
			USING number;
	PERFORM ticket_mining.run_progress('refresh', log, 'reading');
	PERFORM ticket_mining.log_read(log, moment);
	PERFORM ticket_mining.log_find_changes(log, number);
	PERFORM ticket_mining.log_count_reading(log);
	changes := ticket_mining.log_count_changes(log);
	PERFORM ticket_mining.run_progress('refresh', log, format('mining %s changed cases', changes));
	PERFORM ticket_mining.run_guard(log);
	PERFORM ticket_mining.log_mine(log, moment);
	PERFORM ticket_mining.run_progress('refresh', log, 'writing');
	PERFORM ticket_mining.log_write(log, moment);
	PERFORM ticket_mining.log_summarize(log, moment);
	IF NOT ticket_mining.log_has_layout(log) THEN
		PERFORM ticket_mining.run_progress('refresh', log, 'adding keys and indexes');
		PERFORM ticket_mining.log_require_values(log);
		PERFORM ticket_mining.log_add_keys(log);
	END IF;
	PERFORM ticket_mining.log_finish(log, number, changes);
	PERFORM ticket_mining.log_warn_of_kinds(log);
EXCEPTION WHEN undefined_table OR invalid_schema_name THEN
	PERFORM ticket_mining.log_require_parent(parent);
	RAISE;
END $$;
COMMENT ON FUNCTION log_refresh(name, bigint) IS 'internal: the work of a refresh';

-- Ends the history; statistics are gathered when there is much new.
CREATE FUNCTION log_finish(log name, number bigint, changes bigint) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	counted record;
	mined record;
BEGIN
	EXECUTE ticket_mining.run_sql(log, $q$
		SELECT count(*) AS cases, coalesce(sum(c.event_count), 0) AS events FROM @schema.cases c$q$)
		INTO counted;
	IF changes * 10 >= counted.cases THEN
		FOR mined IN SELECT table_name FROM ticket_mining.mined_tables LOOP
			EXECUTE format('ANALYZE %I.%I', log, mined.table_name);
		END LOOP;
	END IF;
	EXECUTE ticket_mining.run_sql(log, $q$
		UPDATE @schema.refreshes SET state = 'done', finished_at = clock_timestamp(), cases = $1,
			events = $2, changed_cases = $3, events_read = r.events_read, rejected = r.rejected,
			config = f.config || jsonb_build_object('layout', ticket_mining.log_layout(), 'times', (
				SELECT coalesce(jsonb_object_agg(a.mined_no, a.accepts), '{}')
				FROM @run.attributes a WHERE a.type = 'timestamp'))
		FROM @run.reading r, @run.followed f
		WHERE refresh_no = $4$q$) USING counted.cases, counted.events, changes, number;
END $$;
COMMENT ON FUNCTION log_finish(name, bigint, bigint) IS 'internal: ends the history of a refresh';

-- A log in which nothing is done is one whose map nobody has filled in yet.
CREATE FUNCTION log_warn_of_kinds(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	is_blank boolean;
BEGIN
	EXECUTE ticket_mining.run_sql(log, $q$
		SELECT NOT EXISTS (SELECT FROM @schema.activities a
				WHERE a.is_done = 1 AND a.event_count > 0)
			AND EXISTS (SELECT FROM @schema.cases)$q$) INTO is_blank;
	IF is_blank THEN
		RAISE NOTICE USING
			MESSAGE = ticket_mining.run_shown(format('no activity of log "%s" is done: nothing can'
				' be said of resolutions, reopenings, landing and backlog', log)),
			HINT = ticket_mining.run_shown(format('UPDATE %I.activity_map SET kind = ''resolved'''
				' WHERE activity = ''...'', or ''closed'', and refresh again.', log));
	END IF;
END $$;
COMMENT ON FUNCTION log_warn_of_kinds(name) IS
'internal: says that no activity of a log is marked as done';
