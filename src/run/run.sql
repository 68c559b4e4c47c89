-- run: what logs and sources share. Each is a schema with an owner; a run brings
-- it up to date: the refresh of a log, the load of a source. A run has a row in
-- the history of its schema, refreshes or loads, from its start on.

CREATE FUNCTION run_owns_tables(schema name, tables name[]) RETURNS boolean LANGUAGE sql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT count(*) = cardinality(tables)
	FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
	WHERE nspname = schema AND relname = ANY (tables) AND relkind = 'r' AND relowner = nspowner
$$;
COMMENT ON FUNCTION run_owns_tables(name, name[]) IS
'internal: whether a schema has tables of these names, of its own owner';

CREATE FUNCTION run_require_new_name(kind text, schema name) RETURNS void LANGUAGE plpgsql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF schema IS NULL OR schema = '' OR schema LIKE 'pg\_%' OR schema IN ('public',
		'information_schema', 'ticket_mining', '$user') THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_schema_name',
			MESSAGE = format('"%s" cannot be the name of a %s', schema, kind),
			HINT = format('A %s gets a schema of its own with this name.', kind);
	ELSIF to_regnamespace(quote_ident(schema)) IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'duplicate_schema',
			MESSAGE = format('schema "%s" exists already', schema),
			HINT = format('A %1$s gets a schema of its own. Give it another name, or drop the old'
				' %1$s with CALL ticket_mining.drop_%1$s().', kind);
	END IF;
END $$;
COMMENT ON FUNCTION run_require_new_name(text, name) IS
'internal: refuses names that a log or source cannot have';

-- A calendar knows which zones are safe; a mistyped one would pass for an offset.
CREATE FUNCTION run_zone_fault(zone text) RETURNS text LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF split_part((zone || '; 24/7')::ticket_mining.business_calendar::text, ';', 1) <> zone THEN
		RAISE data_exception;
	END IF;
	RETURN NULL;
EXCEPTION WHEN data_exception OR syntax_error_or_access_rule_violation THEN
	RETURN format('time_zone: "%s" is not a time zone such as Europe/Copenhagen', zone);
END $$;
COMMENT ON FUNCTION run_zone_fault(text) IS
'internal: what is wrong with the time zone of a log or source';

-- A run executes functions in views and triggers of the owner, so nobody else
-- may start it, a superuser least of all.
CREATE FUNCTION run_require_owner(kind text, schema name, is_one boolean, hint text) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	owner name := (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = schema);
BEGIN
	IF schema IS NULL OR NOT is_one THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('%s "%s" does not exist', kind, schema), HINT = hint;
	ELSIF owner <> current_user THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('%s "%s" belongs to role "%s"', kind, schema, owner),
			HINT = format('What it reads is read with the rights of its owner: log in as %1$I. A'
				' job of'
				' pg_cron must be one of %1$I. After SET ROLE its functions could RESET ROLE.',
					owner);
	END IF;
END $$;
COMMENT ON FUNCTION run_require_owner(text, name, boolean, text) IS
'internal: refuses all but the owner of a log or source';

CREATE FUNCTION run_is_superuser() RETURNS boolean LANGUAGE sql
	STABLE PARALLEL SAFE COST 10
RETURN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
COMMENT ON FUNCTION run_is_superuser() IS 'internal: whether the current role is a superuser';

-- Any schema can look like that of a log or source, with views that run functions of its
-- maker: a superuser gets no statement on the tables of others, whichever function asks.
CREATE FUNCTION run_trusted(schema name, statement text) RETURNS text LANGUAGE sql
	STABLE PARALLEL SAFE COST 10
RETURN CASE WHEN run_is_superuser()
	THEN run_require_owner('log or source', schema, true, NULL)::text ELSE '' END || statement;
COMMENT ON FUNCTION run_trusted(name, text) IS
'internal: a statement, if the caller may run it on the tables of a schema';

-- A statement on the tables of a log or source, to be executed: @schema. stands for
-- its schema, @run. for the temporary tables of this transaction, and %s, %I, %L for
-- parts, as in format(); a percent sign is written twice. No schema that others may
-- create in is in any search_path, so that no name, operator or better-matching
-- overload of theirs is ever found: relations are named with their schema, all else is
-- PostgreSQL's or ours. A temporary table of the session cannot have these names.
CREATE FUNCTION run_sql(schema name, statement text, VARIADIC parts text[] DEFAULT '{}')
	RETURNS text LANGUAGE sql STABLE COST 10
RETURN format(
	replace(
		replace(run_trusted(schema, statement), '@run.', CASE WHEN strpos(statement, '@run.') > 0
			THEN 'pg_temp.run_' || pg_current_xact_id()::text || '_' ELSE '' END),
		'@schema.', replace(quote_ident(schema), '%', '%%') || '.'),
	VARIADIC parts);
COMMENT ON FUNCTION run_sql(name, text, text[]) IS
'internal: a statement on the tables of a log or source';

CREATE PROCEDURE run_require_own_transactions(run text)
	AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON PROCEDURE run_require_own_transactions(text) IS
'internal: refuses a caller whose transaction cannot be committed';

-- What a notice or warning says goes through this: one that its client cannot read would
-- end in an error, and the run with it.
CREATE FUNCTION run_shown(said text) RETURNS text
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 2
	SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION run_shown(text) IS
'internal: a text with escapes for characters that the encoding of the client lacks';

-- Shows how far a run is: to its client, and in pg_stat_activity.
CREATE FUNCTION run_progress(run text, schema name, doing text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM set_config('application_name', format('ticket_mining: %s (%s)', doing, schema), false);
	RAISE NOTICE '%', ticket_mining.run_shown(format('%s %s: %s', run, schema, doing));
END $$;
COMMENT ON FUNCTION run_progress(text, name, text) IS 'internal: shows how far a run is';

-- The table that has the history of the runs of a schema, refreshes or loads; by its
-- oid, for a schema can be renamed while a run goes on.
CREATE FUNCTION run_history(run text, schema name) RETURNS oid LANGUAGE sql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = schema
	AND c.relname = CASE run WHEN 'load' THEN 'loads' ELSE 'refreshes' END
$$;
COMMENT ON FUNCTION run_history(text, name) IS 'internal: the table that has the history of runs';

-- What the histories of logs and sources have in common.
CREATE FUNCTION run_comment_history(run text, schema name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE format($q$
		COMMENT ON COLUMN %1$s.state IS
			'running, done, failed, or interrupted: its server process ended before it did';
		COMMENT ON COLUMN %1$s.started_at IS 'When it began';
		COMMENT ON COLUMN %1$s.finished_at IS 'When it ended';
		COMMENT ON COLUMN %1$s.error IS 'Why it failed';
		COMMENT ON COLUMN %1$s.pid IS 'Its server process'$q$,
		ticket_mining.run_history(run, schema)::regclass);
END $$;
COMMENT ON FUNCTION run_comment_history(text, name) IS
'internal: says what the columns of a history are';

CREATE FUNCTION run_take_lock(history oid, waits boolean) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT COST 10;
COMMENT ON FUNCTION run_take_lock(oid, boolean) IS
'internal: locks a history, which only its owner can, for this session until a run is over';

CREATE FUNCTION run_release_lock() RETURNS void
	AS 'MODULE_PATHNAME' LANGUAGE C COST 10;
COMMENT ON FUNCTION run_release_lock() IS 'internal: lets the next run begin';

-- After it was renamed during a run, the name of a schema means another one, or none.
CREATE FUNCTION run_require_same(run text, schema name, history oid) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF history IS DISTINCT FROM ticket_mining.run_history(run, schema) THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('"%s" was renamed in the middle of a %s', schema, run);
	END IF;
END $$;
COMMENT ON FUNCTION run_require_same(text, name, oid) IS
'internal: refuses a schema that has been renamed';

CREATE FUNCTION run_goes_on(history oid) RETURNS boolean LANGUAGE sql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
		WHERE l.relation = history AND d.datname = current_database() AND l.granted
		AND l.mode = 'ShareUpdateExclusiveLock' AND l.pid <> pg_backend_pid())
$$;
COMMENT ON FUNCTION run_goes_on(oid) IS 'internal: whether another session has a run';

CREATE FUNCTION run_lock_mode(is_reader boolean) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN CASE WHEN is_reader THEN 'SHARE' ELSE 'SHARE UPDATE EXCLUSIVE' END;
COMMENT ON FUNCTION run_lock_mode(boolean) IS 'internal: the mode that keeps runs out';

-- Takes the lock of a run, or one that keeps runs out, behind another run however long that
-- takes; but behind others that have the history locked no longer than any other table.
CREATE FUNCTION run_await(run text, schema name, history oid, is_reader boolean) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	application text := current_setting('application_name');
	given text := current_setting('lock_timeout');
BEGIN
	PERFORM ticket_mining.run_progress(run, schema, 'waiting for another run');
	LOOP
		BEGIN
			PERFORM ticket_mining.run_bound_waits();
			IF is_reader IS NULL THEN
				PERFORM ticket_mining.run_take_lock(history, true);
			ELSE
				EXECUTE format('LOCK TABLE %s IN %s MODE', history::regclass,
					ticket_mining.run_lock_mode(is_reader));
			END IF;
			EXIT;
		EXCEPTION WHEN lock_not_available THEN
			IF given::interval BETWEEN '1 ms' AND '5 minutes'
				OR NOT ticket_mining.run_goes_on(history) THEN
				PERFORM ticket_mining.run_throw_locked(schema, SQLERRM);
			END IF;
		END;
	END LOOP;
	PERFORM set_config('lock_timeout', given, true);
	PERFORM set_config('application_name', application, false);
END $$;
COMMENT ON FUNCTION run_await(text, name, oid, boolean) IS
'internal: waits for other runs of a schema, to begin one or to keep them out';

-- One run of a schema at a time, from its start to its end: the next one says that it
-- waits. Once it has the lock, others that still seem to run have lost their process.
CREATE FUNCTION run_begin_lock(run text, schema name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	history oid := ticket_mining.run_history(run, schema);
BEGIN
	IF history IS NULL THEN
		RAISE undefined_table;
	END IF;
	IF NOT ticket_mining.run_take_lock(history, false) THEN
		PERFORM ticket_mining.run_await(run, schema, history, NULL);
	END IF;
	PERFORM ticket_mining.run_require_same(run, schema, history);
	PERFORM ticket_mining.run_bound_waits();
	PERFORM ticket_mining.run_require_own_triggers(schema);
	EXECUTE ticket_mining.run_trusted(schema, format('UPDATE %s SET state = ''interrupted'','
		' finished_at = clock_timestamp(), error = $1 WHERE state = ''running''',
		history::regclass))
		USING format('the server process ended before the %s did', run);
END $$;
COMMENT ON FUNCTION run_begin_lock(text, name) IS
'internal: waits until no other run of a schema goes on, and ends the history of lost ones';

-- Until the end of the transaction no run of a schema begins or goes on. Readers let
-- other readers pass; whoever is to drop or grant something lets nobody pass.
CREATE FUNCTION run_lock_out(run text, schema name, is_reader boolean) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	history regclass := ticket_mining.run_history(run, schema);
BEGIN
	IF history IS NULL THEN
		RAISE undefined_table;
	END IF;
	BEGIN
		EXECUTE format('LOCK TABLE %s IN %s MODE NOWAIT', history,
			ticket_mining.run_lock_mode(is_reader));
	EXCEPTION WHEN lock_not_available THEN
		PERFORM ticket_mining.run_await(run, schema, history, is_reader);
	END;
EXCEPTION WHEN undefined_table OR invalid_schema_name THEN
	RAISE EXCEPTION USING ERRCODE = 'undefined_object',
		MESSAGE = format('"%s" has been dropped meanwhile', schema);
END $$;
COMMENT ON FUNCTION run_lock_out(text, name, boolean) IS
'internal: keeps runs of a schema out of the rest of a transaction';

-- Ends the history of a run that failed; gives why. Of a schema that was renamed while it
-- ran, the error that this led to would say little, and so would one of a lock that was
-- waited for too long: who has it is told.
CREATE FUNCTION run_fail(run text, schema name, history oid, number bigint, failure text[])
	RETURNS text[] LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	called name := (SELECT nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
					WHERE c.oid = history);
BEGIN
	IF called IS NULL THEN
		RAISE undefined_table;
	ELSIF called <> schema THEN
		failure := ARRAY['42704',
			format('"%s" was renamed to "%s" in the middle of a %s', schema, called, run), '', ''];
	ELSIF failure[1] = '55P03' THEN
		failure[3] := concat_ws(E'\n', NULLIF(failure[3], ''), ticket_mining.run_blockers(schema));
		failure[4] := format('Begin the %s again when such sessions are over; who may can end'
			' them with pg_terminate_backend().', run);
	END IF;
	EXECUTE ticket_mining.run_trusted(called, format('UPDATE %s SET state = ''failed'','
		' finished_at = clock_timestamp(), error = $1 WHERE %I = $2', history::regclass,
		run || '_no'))
		USING concat_ws(E'\n', failure[2], NULLIF(failure[3], '')), number;
	RETURN ARRAY[failure[1], failure[2],
		concat_ws(E'\n', NULLIF(failure[3], ''), 'All tables are as the last good run left them.'),
		concat_ws(E'\n', NULLIF(failure[4], ''), 'The history of the runs has the reason, too.')];
EXCEPTION WHEN undefined_table OR invalid_schema_name THEN
	RETURN ARRAY['42704',
		format('"%s" was dropped or renamed in the middle of a %s', schema, run), '', ''];
END $$;
COMMENT ON FUNCTION run_fail(text, name, oid, bigint, text[]) IS
'internal: ends the history of a run that failed';

-- Throws again an error that was caught: state, message, detail, hint.
CREATE FUNCTION run_throw(failure text[]) RETURNS void LANGUAGE plpgsql
	IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RAISE EXCEPTION USING ERRCODE = failure[1], MESSAGE = failure[2], DETAIL = failure[3],
		HINT = failure[4];
END $$;
COMMENT ON FUNCTION run_throw(text[]) IS
'internal: throws the error of a run, if there was one';

-- One process reads and joins everything once: with little memory all of it would
-- go through temporary files.
CREATE FUNCTION run_use_memory() RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('256MB') THEN
		PERFORM set_config('work_mem', '256MB', true);
	END IF;
END $$;
COMMENT ON FUNCTION run_use_memory() IS 'internal: memory for the work of a run';

-- What a run does, each step in a transaction of its own; whether there is another one.
-- A log gets new columns before the rest, since its readers wait for that.
CREATE FUNCTION run_step(run text, step integer, schema name, number bigint) RETURNS boolean
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF run = 'load' THEN
		PERFORM ticket_mining.nsp_load(schema, number);
		RETURN false;
	ELSIF step = 1 THEN
		PERFORM ticket_mining.run_bound_waits();
		PERFORM ticket_mining.log_follow_layout(schema);
		PERFORM ticket_mining.log_add_attributes(schema);
		RETURN true;
	END IF;
	PERFORM ticket_mining.log_refresh(schema, number);
	RETURN false;
END $$;
COMMENT ON FUNCTION run_step(text, integer, name, bigint) IS 'internal: a step of a run';

-- Procedures that commit can have no search_path of their own: whatever they name is
-- named with its schema, types too, and they use no operator.

-- Commits; each statement then sees what the run waited for, whatever the
-- session's default isolation.
CREATE PROCEDURE run_commit() LANGUAGE plpgsql AS $$
BEGIN
	COMMIT;
	SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
END $$;
COMMENT ON PROCEDURE run_commit() IS 'internal: ends a step of a run';

-- Does the steps of a run that has begun. After a failure it commits the reason, and
-- returns it for run_throw().
CREATE PROCEDURE run_steps(run text, schema name, number bigint, INOUT failure text[])
	LANGUAGE plpgsql AS $$
DECLARE
	application pg_catalog.text := pg_catalog.current_setting('application_name');
	history pg_catalog.oid := ticket_mining.run_history(run, schema);
	state pg_catalog.text;
	message pg_catalog.text;
	detail pg_catalog.text;
	hint pg_catalog.text;
	step pg_catalog.int4 := 0;
	goes_on pg_catalog.bool := true;
BEGIN
	WHILE goes_on LOOP
		step := step OPERATOR(pg_catalog.+) 1;
		CALL ticket_mining.run_commit();
		BEGIN
			goes_on := ticket_mining.run_step(run, step, schema, number);
			PERFORM ticket_mining.run_require_same(run, schema, history);
		EXCEPTION WHEN OTHERS OR query_canceled OR assert_failure THEN
			GET STACKED DIAGNOSTICS state := RETURNED_SQLSTATE, message := MESSAGE_TEXT,
				detail := PG_EXCEPTION_DETAIL, hint := PG_EXCEPTION_HINT;
			EXIT;
		END;
	END LOOP;
	PERFORM pg_catalog.set_config('application_name', application, false);
	failure := NULL;
	IF message IS NOT NULL THEN
		failure := ticket_mining.run_fail(run, schema, history, number,
			ARRAY[state, message, detail, hint]);
	END IF;
	COMMIT;
	PERFORM ticket_mining.run_release_lock();
END $$;
COMMENT ON PROCEDURE run_steps(text, name, bigint, text[]) IS
'internal: does the steps of a run';
