-- log: the refresh, from the outside in

-- Begins the history of a refresh; gives its number.
CREATE FUNCTION log_begin(log name, as_of timestamptz) RETURNS bigint LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	number bigint;
BEGIN
	PERFORM ticket_mining.log_require_owner(log);
	PERFORM ticket_mining.run_enter(log);
	IF as_of IS NOT NULL AND EXISTS (SELECT FROM settings s WHERE s.from_log IS NOT NULL) THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('log "%s" is derived, and always as of the last refresh of the log that it is derived from', log),
			HINT = 'Leave out as_of, or refresh that log.';
	END IF;
	IF as_of NOT BETWEEN '0001-01-02' AND '9999-12-30' THEN
		RAISE EXCEPTION USING ERRCODE = 'datetime_field_overflow', MESSAGE = format('as_of must be in the years 1 to 9999, not %s', as_of);
	END IF;
	PERFORM ticket_mining.run_end_interrupted('refresh', log);
	INSERT INTO refreshes (state, as_of) VALUES ('running', coalesce(log_begin.as_of, clock_timestamp())) RETURNING refresh_no INTO number;
	PERFORM pg_advisory_lock(ticket_mining.run_key(log, number));
	RETURN number;
END $$;
COMMENT ON FUNCTION log_begin(name, timestamptz) IS 'internal: begins the history of a refresh';

-- One run. New columns come in a transaction of their own, since readers wait for
-- it; then all the work in one.
CREATE PROCEDURE log_run(name name, as_of timestamptz, INOUT failure text[]) LANGUAGE plpgsql AS $$
DECLARE
	number bigint;
BEGIN
	CALL ticket_mining.run_commit();
	number := ticket_mining.log_begin(name, as_of);
	CALL ticket_mining.run_steps('refresh', name, number, ARRAY[
		pg_catalog.format('SELECT ticket_mining.log_add_attributes(%L)', name),
		pg_catalog.format('SELECT ticket_mining.log_refresh(%L, %s)', name, number)], failure);
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
	CALL ticket_mining.run_require_own_transactions('refresh');
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
	PERFORM ticket_mining.run_throw(failure);
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
	PERFORM ticket_mining.run_lock('refresh', log);
	PERFORM ticket_mining.run_enter(log);
	PERFORM ticket_mining.run_use_memory();
	is_first := NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'cases'::regclass AND contype = 'p');
	SELECT r.as_of INTO moment FROM refreshes r WHERE refresh_no = number;
	PERFORM ticket_mining.run_progress('refresh', log, 'reading');
	PERFORM ticket_mining.log_read(log, moment);
	changes := ticket_mining.log_find_changes(log, number);
	PERFORM ticket_mining.run_progress('refresh', log, format('mining %s changed cases', changes));
	PERFORM ticket_mining.log_mine(log, moment);
	PERFORM ticket_mining.run_progress('refresh', log, 'writing');
	PERFORM ticket_mining.log_write(log, moment);
	PERFORM ticket_mining.log_summarize(log, moment);
	IF is_first THEN
		PERFORM ticket_mining.run_progress('refresh', log, 'adding keys and indexes');
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
	PERFORM ticket_mining.run_enter(log);
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
