-- run: what others may have put on the tables of a log or source, and what they keep locked
--
-- Who was granted a right of a table can put two things on it that run code of theirs with
-- the rights of whoever writes there: triggers (by TRIGGER) and foreign keys to it (by
-- REFERENCES). All else, such as rules, policies, defaults, checks, indexes and tables that
-- inherit from it, only its owner can.

-- The tables that runs of a log or source write to.
CREATE FUNCTION run_tables(schema name) RETURNS SETOF regclass LANGUAGE sql
	STABLE COST 100 ROWS 25 SET search_path = pg_catalog, pg_temp AS $$
	SELECT c.oid::regclass
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = schema AND c.relkind = 'r' AND c.relowner = n.nspowner
	AND CASE WHEN ticket_mining.is_source(schema)
		THEN c.relname = ANY (ticket_mining.nsp_tables()) OR starts_with(c.relname, 'landed_')
		ELSE c.relname = ANY (ticket_mining.log_tables()) END
	ORDER BY c.oid
$$;
COMMENT ON FUNCTION run_tables(name) IS 'internal: the tables that runs of a schema write to';

-- A trigger has no owner, so all but those of a log itself are refused. Which function one
-- calls does not tell: its arguments or its WHEN can be of others.
CREATE FUNCTION run_require_own_triggers(schema name) RETURNS void LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp SET quote_all_identifiers = off AS $$
DECLARE
	own text[] := CASE WHEN ticket_mining.is_log(schema) THEN ticket_mining.log_triggers(schema)
		ELSE '{}' END;
	triggers text := (
		SELECT string_agg(format('%I on %s', t.tgname, r), ', ' ORDER BY t.oid)
		FROM ticket_mining.run_tables(schema) r JOIN pg_trigger t ON t.tgrelid = r
		WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND pg_get_triggerdef(t.oid) <> ALL (own));
BEGIN
	IF triggers IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('triggers are on tables of "%s": %s', schema, triggers),
			DETAIL = 'They would run with your rights, and nothing tells who has made them.',
			HINT = 'DROP these triggers, also those of your own, and REVOKE TRIGGER where you'
				' granted it, also by default privileges.';
	END IF;
END $$;
COMMENT ON FUNCTION run_require_own_triggers(name) IS
'internal: refuses triggers on the tables of a log or source';

-- A foreign key of a table of others would run its triggers with our rights, or keep us
-- from deleting.
CREATE FUNCTION run_require_own_keys(schema name) RETURNS void LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	keys text := (
		SELECT string_agg(format('%s of %s', quote_ident(k.conname), k.conrelid::regclass), ', '
						  ORDER BY k.oid)
		FROM pg_constraint k
		JOIN pg_class referenced ON referenced.oid = k.confrelid
		JOIN pg_namespace n ON n.oid = referenced.relnamespace
		JOIN pg_class referencing ON referencing.oid = k.conrelid
		WHERE k.contype = 'f' AND n.nspname = schema AND referencing.relowner <> n.nspowner);
BEGIN
	IF keys IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('tables of others have foreign keys to "%s": %s', schema, keys),
			DETAIL = 'Their triggers would run with your rights, or their rows keep yours.',
			HINT = 'Have these constraints dropped, and REVOKE REFERENCES where you granted it.';
	END IF;
END $$;
COMMENT ON FUNCTION run_require_own_keys(name) IS
'internal: refuses foreign keys of tables of others';

-- From here to the end of the transaction no lock is waited for longer than 5 minutes, if
-- the session does not say less: who may read a table can lock it as long as they like, and
-- all who come later wait behind who waits to alter it. Gives what the session says.
CREATE FUNCTION run_bound_waits() RETURNS text LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	given text := current_setting('lock_timeout');
BEGIN
	IF given::interval = '0' OR given::interval > '5 minutes' THEN
		PERFORM set_config('lock_timeout', '5min', true);
	END IF;
	RETURN given;
END $$;
COMMENT ON FUNCTION run_bound_waits() IS 'internal: waits for no lock without end';

-- Before a transaction first writes to tables of a log or source, all of them or these:
-- nothing of others is on them, and nothing comes before it ends. The locks that are taken
-- here keep triggers and keys from being made; of those made before, we see all.
CREATE FUNCTION run_guard(schema name, tables name[] DEFAULT NULL) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	given text := ticket_mining.run_bound_waits();
	listed text := (
		SELECT string_agg(r::text, ', ')
		FROM ticket_mining.run_tables(schema) r JOIN pg_class c ON c.oid = r
		WHERE tables IS NULL OR c.relname = ANY (tables));
BEGIN
	IF listed IS NULL THEN
		RAISE undefined_table;
	ELSIF current_setting('transaction_isolation') NOT LIKE 'read %' THEN
		-- An older snapshot would not see what came while the locks were waited for.
		RAISE EXCEPTION USING ERRCODE = 'invalid_transaction_state',
			MESSAGE = 'this writes to the tables of a log under READ COMMITTED alone',
			HINT = 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED.';
	END IF;
	EXECUTE format('LOCK TABLE %s IN ROW EXCLUSIVE MODE', listed);
	PERFORM set_config('lock_timeout', given, true);
	PERFORM ticket_mining.run_require_own_triggers(schema);
	PERFORM ticket_mining.run_require_own_keys(schema);
END $$;
COMMENT ON FUNCTION run_guard(name, name[]) IS
'internal: refuses what others have put on the tables of a log or source, until the transaction'
' ends';

-- Who keeps tables of a schema locked, or others from being read at all, one line a session.
-- Locks that were only waited for are not told.
CREATE FUNCTION run_blockers(schema name) RETURNS text LANGUAGE sql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT string_agg(format('Process %s of %s has locked %s.', pid, who, relations), E'\n'
					  ORDER BY pid)
	FROM (SELECT l.pid, coalesce('role "' || a.usename || '"', a.backend_type) AS who,
				 string_agg(format('%s (%s)', c.oid::regclass, l.mode), ', ' ORDER BY c.oid)
				 AS relations
		  FROM pg_locks l
		  JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
		  JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
		  JOIN pg_namespace n ON n.oid = c.relnamespace
		  LEFT JOIN pg_stat_activity a ON a.pid = l.pid
		  WHERE l.granted AND l.pid <> pg_backend_pid()
		  AND (n.nspname = schema
			   OR l.mode = 'AccessExclusiveLock' AND n.nspname NOT IN ('pg_catalog', 'pg_toast'))
		  GROUP BY l.pid, who) b
$$;
COMMENT ON FUNCTION run_blockers(name) IS
'internal: who keeps tables of a schema locked, or keeps others from being read';

-- What others have made of a relation that keeps its owner from changing it, such as views,
-- functions and columns of its row type, also by way of other types; each with its owner.
CREATE FUNCTION run_dependents(relation regclass) RETURNS text LANGUAGE sql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE types (type) AS (
		SELECT reltype FROM pg_class WHERE oid = relation
		UNION
		SELECT d.objid FROM types t
		JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid = t.type
			AND d.classid = 'pg_type'::regclass),
	dependents AS (
		SELECT DISTINCT d.classid, coalesce(w.ev_class, d.objid) AS objid,
			CASE WHEN d.classid = 'pg_class'::regclass THEN d.objsubid ELSE 0 END AS objsubid
		FROM pg_depend d
		LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
		WHERE (d.refclassid, d.refobjid) IN (
			SELECT 'pg_class'::regclass, relation::oid
			UNION ALL SELECT 'pg_type'::regclass, type FROM types)
		AND d.deptype <> 'i')
	SELECT string_agg(format('%s of role "%s"', pg_describe_object(
		CASE WHEN d.classid = 'pg_rewrite'::regclass THEN 'pg_class'::regclass ELSE d.classid END,
		d.objid, d.objsubid), pg_get_userbyid(o.owner)), ', ' ORDER BY d.classid, d.objid)
	FROM dependents d
	LEFT JOIN pg_policy y ON d.classid = 'pg_policy'::regclass AND y.oid = d.objid
	LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
	LEFT JOIN pg_class c ON c.oid = CASE WHEN d.classid IN ('pg_class'::regclass,
		'pg_rewrite'::regclass) THEN d.objid ELSE y.polrelid END
	CROSS JOIN LATERAL (SELECT coalesce(p.proowner, c.relowner),
		coalesce(p.pronamespace, c.relnamespace)) o (owner, schema)
	JOIN pg_class own ON own.oid = relation
	WHERE (o.schema, o.owner) <> (own.relnamespace, own.relowner)
$$;
COMMENT ON FUNCTION run_dependents(regclass) IS
'internal: what others have made of a relation that keeps it as it is';

-- What a lock that was waited for too long is said to be: who has it is told.
CREATE FUNCTION run_throw_locked(schema name, message text) RETURNS void LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RAISE EXCEPTION USING ERRCODE = 'lock_not_available', MESSAGE = message,
		DETAIL = concat('', ticket_mining.run_blockers(schema)),
		HINT = 'Try again when such sessions are over; who may can end them with'
			' pg_terminate_backend().';
END $$;
COMMENT ON FUNCTION run_throw_locked(name, text) IS
'internal: throws the error of a lock that was waited for too long';

-- Where relations of a log or source could not be changed for what others have made of them,
-- names that; the error of PostgreSQL is thrown where there is nothing of others.
CREATE FUNCTION run_throw_dependents(schema name, relations regclass[]) RETURNS void
	LANGUAGE plpgsql STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	dependents text := (SELECT string_agg(ticket_mining.run_dependents(r), ', ')
						FROM unnest(relations) r);
BEGIN
	IF dependents IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
			MESSAGE = format('%s cannot be changed: something else rests on it',
				CASE WHEN cardinality(relations) > 1 THEN format('"%s"', schema)
					 ELSE relations[1]::text END),
			DETAIL = dependents,
			HINT = 'Have that dropped by its owner or a superuser, try again, and have it made'
				' anew. One in a schema pg_temp_... is temporary: it goes with the session that'
				' made it.';
	END IF;
END $$;
COMMENT ON FUNCTION run_throw_dependents(name, regclass[]) IS
'internal: names what others have made of relations that keeps them as they are';

-- Drops relations of a log or source, in one statement.
CREATE FUNCTION run_drop(schema name, kind text, relations regclass[]) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_bound_waits();
	EXECUTE format('DROP %s %s', CASE kind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END,
		array_to_string(relations, ', '));
EXCEPTION WHEN dependent_objects_still_exist THEN
	PERFORM ticket_mining.run_throw_dependents(schema, relations);
	RAISE;
WHEN lock_not_available THEN
	PERFORM ticket_mining.run_throw_locked(schema, SQLERRM);
END $$;
COMMENT ON FUNCTION run_drop(name, text, regclass[]) IS
'internal: drops relations, or says what of others is in the way';
