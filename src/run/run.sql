-- run: what logs and sources share. Each is a schema with an owner; a run brings
-- it up to date: the refresh of a log, the load of a source. A run has a row in
-- the history of its schema, refreshes or loads, from its begin on.

CREATE FUNCTION run_owns_tables(schema name, tables name[]) RETURNS boolean LANGUAGE sql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT count(*) = cardinality(tables) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
	WHERE nspname = schema AND relname = ANY (tables) AND relkind = 'r' AND relowner = nspowner
$$;
COMMENT ON FUNCTION run_owns_tables(name, name[]) IS 'internal: whether a schema has tables of these names, of its own owner';

-- A run executes functions in views and triggers of the owner, so nobody else
-- may start it, a superuser least of all.
CREATE FUNCTION run_require_owner(kind text, schema name, is_one boolean, hint text) RETURNS void LANGUAGE plpgsql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	owner name := (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = schema);
BEGIN
	IF schema IS NULL OR NOT is_one THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('%s "%s" does not exist', kind, schema), HINT = hint;
	ELSIF owner <> current_user THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('%s "%s" belongs to role "%s"', kind, schema, owner),
			HINT = format('SET ROLE %I first: what it reads is read with the rights of its owner.', owner);
	END IF;
END $$;
COMMENT ON FUNCTION run_require_owner(text, name, boolean, text) IS 'internal: refuses all but the owner of a log or source';

-- A statement on the tables of a log or source, to be executed: @schema. stands for
-- its schema, @run. for the temporary tables of this transaction, and %s, %I, %L for
-- parts, as in format(); a percent sign is written twice. No schema that others may
-- create in is in any search_path, so that no name, operator or better-matching
-- overload of theirs is ever found: relations are named with their schema, all else is
-- PostgreSQL's or ours. A temporary table of the session cannot have these names.
CREATE FUNCTION run_sql(schema name, statement text, VARIADIC parts text[] DEFAULT '{}') RETURNS text
	LANGUAGE sql STABLE COST 10
RETURN format(
	replace(
		replace(statement, '@schema.', replace(quote_ident(schema), '%', '%%') || '.'),
		'@run.', CASE WHEN strpos(statement, '@run.') > 0
			THEN 'pg_temp.run_' || pg_current_xact_id()::text || '_' ELSE '' END),
	VARIADIC parts);
COMMENT ON FUNCTION run_sql(name, text, text[]) IS 'internal: a statement on the tables of a log or source';

-- Within the function that calls it, names mean the tables of the schema: those of
-- PostgreSQL come first, temporary ones last.
CREATE FUNCTION run_enter(schema name) RETURNS void LANGUAGE sql VOLATILE PARALLEL UNSAFE COST 10
BEGIN ATOMIC
	SELECT set_config('search_path', format('%I, ticket_mining, pg_temp', schema), true);
END;
COMMENT ON FUNCTION run_enter(name) IS 'internal: the tables of a log or source by their names';

CREATE PROCEDURE run_require_own_transactions(run text)
	AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON PROCEDURE run_require_own_transactions(text) IS 'internal: refuses a caller whose transaction cannot be committed';

-- Shows how far a run is: to its client, and in pg_stat_activity.
CREATE FUNCTION run_progress(run text, schema name, doing text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM set_config('application_name', format('ticket_mining: %s (%s)', doing, schema), false);
	RAISE NOTICE '% %: %', run, schema, doing;
END $$;
COMMENT ON FUNCTION run_progress(text, name, text) IS 'internal: shows how far a run is';

-- One run of a schema at a time: the next one says so, and waits. A reader lets
-- other readers pass: the refresh of a log that is derived from another.
CREATE FUNCTION run_lock(run text, schema name, is_reader boolean DEFAULT false) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	class integer := 'ticket_mining'::regnamespace::oid::bigint::bit(32)::integer;
	object integer := (SELECT oid::bigint::bit(32)::integer FROM pg_namespace WHERE nspname = schema);
BEGIN
	IF is_reader AND NOT pg_try_advisory_xact_lock_shared(class, object) THEN
		PERFORM ticket_mining.run_progress(run, schema, 'waiting for another run');
		PERFORM pg_advisory_xact_lock_shared(class, object);
	ELSIF NOT is_reader AND NOT pg_try_advisory_xact_lock(class, object) THEN
		PERFORM ticket_mining.run_progress(run, schema, 'waiting for another run');
		PERFORM pg_advisory_xact_lock(class, object);
	END IF;
END $$;
COMMENT ON FUNCTION run_lock(text, name, boolean) IS 'internal: waits until no other run of a schema goes on';

-- The key of the advisory lock that a run holds from its begin to its end: a run
-- that is not over, but whose lock is free, has lost its process.
CREATE FUNCTION run_key(schema name, number bigint) RETURNS bigint LANGUAGE sql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT (oid::bigint << 32) + number FROM pg_namespace WHERE nspname = schema
$$;
COMMENT ON FUNCTION run_key(name, bigint) IS 'internal: the key of the lock of a run';

-- The history that runs of a kind are kept in; its key is number_column.
CREATE FUNCTION run_history(run text, OUT history name, OUT number_column name) LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN (CASE run WHEN 'refresh' THEN 'refreshes' ELSE 'loads' END::name, (run || '_no')::name);
COMMENT ON FUNCTION run_history(text) IS 'internal: the table that has the history of runs';

-- Ends the history of runs whose process is gone.
CREATE FUNCTION run_end_interrupted(run text, schema name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	kept record;
BEGIN
	SELECT * INTO kept FROM ticket_mining.run_history(run);
	EXECUTE format('UPDATE %1$I.%2$I SET state = ''interrupted'', finished_at = clock_timestamp(), error = $1
		WHERE state = ''running'' AND pg_try_advisory_xact_lock(ticket_mining.run_key($2, %3$I))', schema, kept.history, kept.number_column)
		USING format('the server process ended before the %s did', run), schema;
END $$;
COMMENT ON FUNCTION run_end_interrupted(text, name) IS 'internal: ends the history of runs whose process is gone';

CREATE FUNCTION run_fail(run text, schema name, number bigint, message text, detail text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	kept record;
BEGIN
	SELECT * INTO kept FROM ticket_mining.run_history(run);
	EXECUTE format('UPDATE %I.%I SET state = ''failed'', finished_at = clock_timestamp(), error = $1 WHERE %I = $2', schema, kept.history, kept.number_column)
		USING concat_ws(E'\n', message, NULLIF(detail, '')), number;
END $$;
COMMENT ON FUNCTION run_fail(text, name, bigint, text, text) IS 'internal: ends the history of a run that failed';

-- Throws an error again that was caught: state, message, detail, hint.
CREATE FUNCTION run_throw(failure text[]) RETURNS void LANGUAGE plpgsql
	IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RAISE EXCEPTION USING ERRCODE = failure[1], MESSAGE = failure[2],
		DETAIL = concat_ws(E'\n', NULLIF(failure[3], ''), 'All tables are as the last good run left them.'),
		HINT = concat_ws(E'\n', NULLIF(failure[4], ''), 'The history of the runs has the reason, too.');
END $$;
COMMENT ON FUNCTION run_throw(text[]) IS 'internal: throws the error of a run, if there was one';

-- One process that reads and joins everything once: with small memory all would
-- go through temporary files.
CREATE FUNCTION run_use_memory() RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('256MB') THEN
		PERFORM set_config('work_mem', '256MB', true);
	END IF;
END $$;
COMMENT ON FUNCTION run_use_memory() IS 'internal: memory for the work of a run';

-- Commits; each statement then sees what the run waited for, whatever the
-- session's default isolation.
CREATE PROCEDURE run_commit() LANGUAGE plpgsql AS $$
BEGIN
	COMMIT;
	SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
END $$;
COMMENT ON PROCEDURE run_commit() IS 'internal: ends a step of a run';

-- Does the steps of a run that has begun, each in a transaction of its own. After
-- a failure it commits the reason, and gives it for run_throw().
CREATE PROCEDURE run_steps(run text, schema name, number bigint, steps text[], INOUT failure text[]) LANGUAGE plpgsql AS $$
DECLARE
	application text := pg_catalog.current_setting('application_name');
	step text;
	state text;
	message text;
	detail text;
	hint text;
BEGIN
	FOREACH step IN ARRAY steps LOOP
		CALL ticket_mining.run_commit();
		BEGIN
			EXECUTE step;
		EXCEPTION WHEN OTHERS OR query_canceled OR assert_failure THEN
			GET STACKED DIAGNOSTICS state := RETURNED_SQLSTATE, message := MESSAGE_TEXT, detail := PG_EXCEPTION_DETAIL, hint := PG_EXCEPTION_HINT;
			EXIT;
		END;
	END LOOP;
	PERFORM pg_catalog.set_config('application_name', application, false);
	IF message IS NOT NULL THEN
		PERFORM ticket_mining.run_fail(run, schema, number, message, detail);
	END IF;
	PERFORM pg_catalog.pg_advisory_unlock(ticket_mining.run_key(schema, number));
	COMMIT;
	failure := CASE WHEN message IS NOT NULL THEN ARRAY[state, message, detail, hint] END;
END $$;
COMMENT ON PROCEDURE run_steps(text, name, bigint, text[], text[]) IS 'internal: does the steps of a run';
