-- log: the refresh, from the outside in

CREATE PROCEDURE log_require_own_transactions()
	AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON PROCEDURE log_require_own_transactions() IS 'internal: refuses a caller whose transaction cannot be committed';

-- Shows how far a refresh or load is: to its client, and in pg_stat_activity.
CREATE FUNCTION log_progress(run text, log name, doing text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM set_config('application_name', format('ticket_mining: %s (%s)', doing, log), false);
	RAISE NOTICE '% %: %', run, log, doing;
END $$;
COMMENT ON FUNCTION log_progress(text, name, text) IS 'internal: shows how far a run is';

-- One refresh of a log at a time: the next one says so, and waits. A reader lets
-- other readers pass: the refresh of a log that is derived from this one.
CREATE FUNCTION log_lock(run text, log name, is_reader boolean DEFAULT false) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	class integer := 'ticket_mining'::regnamespace::oid::bigint::bit(32)::integer;
	object integer := (SELECT oid::bigint::bit(32)::integer FROM pg_namespace WHERE nspname = log);
BEGIN
	IF is_reader AND NOT pg_try_advisory_xact_lock_shared(class, object) THEN
		PERFORM ticket_mining.log_progress(run, log, 'waiting for another run');
		PERFORM pg_advisory_xact_lock_shared(class, object);
	ELSIF NOT is_reader AND NOT pg_try_advisory_xact_lock(class, object) THEN
		PERFORM ticket_mining.log_progress(run, log, 'waiting for another run');
		PERFORM pg_advisory_xact_lock(class, object);
	END IF;
END $$;
COMMENT ON FUNCTION log_lock(text, name, boolean) IS 'internal: waits until no other refresh of a log runs';

-- The key of the advisory lock that a run holds from its begin to its end: a run
-- that is not over, but whose lock is free, has lost its process.
CREATE FUNCTION log_run_key(log name, number bigint) RETURNS bigint LANGUAGE sql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT (oid::bigint << 32) + number FROM pg_namespace WHERE nspname = log
$$;
COMMENT ON FUNCTION log_run_key(name, bigint) IS 'internal: the key of the lock of a run';

-- Begins the history of a refresh; gives its number.
CREATE FUNCTION log_begin(log name, as_of timestamptz) RETURNS bigint LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	number bigint;
BEGIN
	PERFORM ticket_mining.log_require_owner(log);
	PERFORM ticket_mining.log_enter(log);
	IF as_of IS NOT NULL AND EXISTS (SELECT FROM settings s WHERE s.from_log IS NOT NULL) THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('log "%s" is derived, and always as of the last refresh of the log that it is derived from', log),
			HINT = 'Leave out as_of, or refresh that log.';
	END IF;
	IF as_of NOT BETWEEN '0001-01-02' AND '9999-12-30' THEN
		RAISE EXCEPTION USING ERRCODE = 'datetime_field_overflow', MESSAGE = format('as_of must be in the years 1 to 9999, not %s', as_of);
	END IF;
	UPDATE refreshes SET state = 'interrupted', finished_at = clock_timestamp(), error = 'the server process ended before the refresh did'
	WHERE state = 'running' AND pg_try_advisory_xact_lock(ticket_mining.log_run_key(log, refresh_no));
	INSERT INTO refreshes (state, as_of) VALUES ('running', coalesce(log_begin.as_of, clock_timestamp())) RETURNING refresh_no INTO number;
	PERFORM pg_advisory_lock(ticket_mining.log_run_key(log, number));
	RETURN number;
END $$;
COMMENT ON FUNCTION log_begin(name, timestamptz) IS 'internal: begins the history of a refresh';

CREATE FUNCTION log_fail(log name, number bigint, reason text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.log_enter(log);
	UPDATE refreshes SET state = 'failed', finished_at = clock_timestamp(), error = reason WHERE refresh_no = number;
END $$;
COMMENT ON FUNCTION log_fail(name, bigint, text) IS 'internal: ends the history of a refresh that failed';

-- Throws an error again that was caught.
CREATE FUNCTION log_throw(state text, message text, detail text, hint text) RETURNS void LANGUAGE plpgsql
	IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message,
		DETAIL = concat_ws(E'\n', NULLIF(detail, ''), 'All tables are as the last good run left them.'),
		HINT = concat_ws(E'\n', NULLIF(hint, ''), 'The history of the runs has the reason, too.');
END $$;
COMMENT ON FUNCTION log_throw(text, text, text, text) IS 'internal: throws the error of a run';

-- One run. Commits the begin; then new columns, for which readers wait a moment;
-- then the work in one transaction. After a failure it commits the reason, and gives
-- it: state, message, detail, hint.
CREATE PROCEDURE log_run(name name, as_of timestamptz, INOUT failure text[]) LANGUAGE plpgsql AS $$
DECLARE
	application text := pg_catalog.current_setting('application_name');
	number bigint;
	state text;
	message text;
	detail text;
	hint text;
BEGIN
	-- So that each statement sees what the refresh waited for, whatever the session's default.
	COMMIT;
	SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
	number := ticket_mining.log_begin(name, as_of);
	COMMIT;
	SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
	BEGIN
		PERFORM ticket_mining.log_add_attributes(name);
	EXCEPTION WHEN OTHERS OR query_canceled OR assert_failure THEN
		GET STACKED DIAGNOSTICS state := RETURNED_SQLSTATE, message := MESSAGE_TEXT, detail := PG_EXCEPTION_DETAIL, hint := PG_EXCEPTION_HINT;
	END;
	COMMIT;
	SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
	BEGIN
		IF message IS NULL THEN
			PERFORM ticket_mining.log_refresh(name, number);
		END IF;
	EXCEPTION WHEN OTHERS OR query_canceled OR assert_failure THEN
		GET STACKED DIAGNOSTICS state := RETURNED_SQLSTATE, message := MESSAGE_TEXT, detail := PG_EXCEPTION_DETAIL, hint := PG_EXCEPTION_HINT;
	END;
	PERFORM pg_catalog.set_config('application_name', application, false);
	IF message IS NOT NULL THEN
		PERFORM ticket_mining.log_fail(name, number, message);
	END IF;
	PERFORM pg_catalog.pg_advisory_unlock(ticket_mining.log_run_key(name, number));
	COMMIT;
	failure := CASE WHEN message IS NOT NULL THEN ARRAY[state, message, detail, hint] END;
END $$;
COMMENT ON PROCEDURE log_run(name, timestamptz, text[]) IS 'internal: one run of a refresh';

-- The log, then those that are derived from it, each in a run of its own. One that
-- fails keeps no other from being refreshed; its error is thrown in the end.
CREATE PROCEDURE refresh(name name, as_of timestamptz DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
	failure text[];
	later text[];
	derived name;
BEGIN
	CALL ticket_mining.log_require_own_transactions();
	CALL ticket_mining.log_run(name, as_of, failure);
	IF failure IS NULL THEN
		FOREACH derived IN ARRAY ticket_mining.log_derived(name) LOOP
			CALL ticket_mining.log_run(derived, NULL, later);
			IF failure IS NULL AND later IS NOT NULL THEN
				failure := later;
				failure[2] := pg_catalog.format('log "%s", which is derived: %s', derived, later[2]);
			END IF;
		END LOOP;
	END IF;
	IF failure IS NOT NULL THEN
		PERFORM ticket_mining.log_throw(failure[1], failure[2], failure[3], failure[4]);
	END IF;
END $$;
COMMENT ON PROCEDURE refresh(name, timestamptz) IS 'brings the mined tables of a log up to date, as of a time (default: now), in one step for all who read; then those of the logs derived from it';

-- The work, in one transaction: every reader sees the old or the new state.
CREATE FUNCTION log_refresh(log name, number bigint) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	SET timezone = 'UTC' SET datestyle = 'ISO' SET intervalstyle = 'postgres' SET extra_float_digits = 1 SET jit = off SET random_page_cost = 1.1 AS $$
DECLARE
	is_first boolean;
	moment timestamptz;
	changes bigint;
BEGIN
	PERFORM ticket_mining.log_require_owner(log);
	PERFORM ticket_mining.log_follow_parent(log, number);
	PERFORM ticket_mining.log_lock('refresh', log);
	PERFORM ticket_mining.log_enter(log);
	-- One process that reads and joins everything once: small memory would send all through temporary files.
	IF pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('256MB') THEN
		PERFORM set_config('work_mem', '256MB', true);
	END IF;
	is_first := NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'cases'::regclass AND contype = 'p');
	SELECT r.as_of INTO moment FROM refreshes r WHERE refresh_no = number;
	PERFORM ticket_mining.log_progress('refresh', log, 'reading');
	PERFORM ticket_mining.log_read(log, moment);
	changes := ticket_mining.log_find_changes(log, number);
	PERFORM ticket_mining.log_progress('refresh', log, format('mining %s changed cases', changes));
	PERFORM ticket_mining.log_mine(log, moment);
	PERFORM ticket_mining.log_progress('refresh', log, 'writing');
	PERFORM ticket_mining.log_write(log, moment);
	PERFORM ticket_mining.log_summarize(log, moment);
	IF is_first THEN
		PERFORM ticket_mining.log_progress('refresh', log, 'adding keys and indexes');
		PERFORM ticket_mining.log_add_keys(log);
	END IF;
	PERFORM ticket_mining.log_finish(log, number, changes);
END $$;
COMMENT ON FUNCTION log_refresh(name, bigint) IS 'internal: the work of a refresh';

-- Ends the history; statistics are gathered when there is much new.
CREATE FUNCTION log_finish(log name, number bigint, changes bigint) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	counted record;
	mined record;
BEGIN
	PERFORM ticket_mining.log_enter(log);
	SELECT count(*) AS cases, coalesce(sum(event_count), 0) AS events INTO counted FROM cases;
	IF changes * 10 >= counted.cases THEN
		FOR mined IN SELECT table_name FROM ticket_mining.mined_tables LOOP
			EXECUTE format('ANALYZE %I.%I', log, mined.table_name);
		END LOOP;
	END IF;
	UPDATE refreshes SET state = 'done', finished_at = clock_timestamp(), cases = counted.cases, events = counted.events,
		changed_cases = changes, events_read = r.events_read, rejected = r.rejected, config = f.config
	FROM pg_temp.log_reading r, pg_temp.log_followed f
	WHERE refresh_no = number;
END $$;
COMMENT ON FUNCTION log_finish(name, bigint, bigint) IS 'internal: ends the history of a refresh';
