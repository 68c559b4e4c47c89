
-- Readers no longer have REFERENCES, nor the keys that they made with it: these run functions
-- of theirs with the rights of the owner of a log. DDL on the tables of others runs nothing.
-- A key of a partitioned table takes those of its partitions along. Any schema can look like
-- a log, so what is in the way is a warning, and waited for but once; and readers can have
-- made thousands of keys, each of which is locked until the end. The next refresh of a log
-- takes the right back, too, and is refused while there are such keys.
DO $$
DECLARE
	made pg_catalog.record;
	patience pg_catalog.text := '5s';
BEGIN
	FOR made IN
		SELECT n.nspname AS log, NULL AS key, pg_catalog.format(
			'SELECT ticket_mining.log_revoke_references(%L)', n.nspname) AS statement
		FROM pg_catalog.pg_namespace n WHERE ticket_mining.is_log(n.nspname)
		UNION ALL
		(SELECT n.nspname, pg_catalog.format('%I of %s', k.conname,
				k.conrelid::pg_catalog.regclass), pg_catalog.format(
			'ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::pg_catalog.regclass, k.conname)
		FROM pg_catalog.pg_constraint k
		JOIN pg_catalog.pg_class referenced ON referenced.oid = k.confrelid
		JOIN pg_catalog.pg_namespace n ON n.oid = referenced.relnamespace
		JOIN pg_catalog.pg_class referencing ON referencing.oid = k.conrelid
		WHERE k.contype = 'f' AND k.conparentid = 0 AND ticket_mining.is_log(n.nspname)
		AND referencing.relowner <> n.nspowner LIMIT 100)
		UNION ALL
		SELECT n.nspname, NULL, pg_catalog.format(
			'SELECT ticket_mining.run_require_own_keys(%L)', n.nspname)
		FROM pg_catalog.pg_namespace n WHERE ticket_mining.is_log(n.nspname)
	LOOP
		PERFORM pg_catalog.set_config('lock_timeout', patience, true);
		BEGIN
			EXECUTE made.statement;
			IF made.key IS NOT NULL THEN
				RAISE WARNING '%', ticket_mining.run_shown(pg_catalog.format(
					'foreign key %s to log "%s" is dropped: it could run with the rights of the'
					' owner of the log', made.key, made.log));
			END IF;
		EXCEPTION WHEN OTHERS THEN
			patience := '10ms';
			RAISE WARNING USING
				MESSAGE = ticket_mining.run_shown(pg_catalog.format(
					'log "%s" keeps what readers could put on it: %s', made.log,
					pg_catalog.left(SQLERRM, 1000))),
				DETAIL = ticket_mining.run_shown(pg_catalog.concat('',
					ticket_mining.run_blockers(made.log))),
				HINT = 'Its next refresh takes that back, or names what is in the way.';
		END;
	END LOOP;
END $$;

-- What is gone since 0.1.0, now that nothing calls it any more.
DROP FUNCTION ticket_mining.log_begin(name, timestamptz);
DROP FUNCTION ticket_mining.log_cases(name, text, text, text);
DROP FUNCTION ticket_mining.log_count_reading(name, bigint);
DROP FUNCTION ticket_mining.log_count_rejected(name, timestamptz);
DROP FUNCTION ticket_mining.log_count_rows(name);
DROP FUNCTION ticket_mining.log_events_query(name);
DROP FUNCTION ticket_mining.log_find_ties(name, timestamptz);
DROP FUNCTION ticket_mining.log_require_contract(jsonb, text, text);
DROP FUNCTION ticket_mining.log_require_fresh();
DROP FUNCTION ticket_mining.log_require_new_name(text, name);
DROP FUNCTION ticket_mining.log_setting(text);
DROP FUNCTION ticket_mining.log_traces_query(text, text, text, text, boolean);
DROP PROCEDURE ticket_mining.log_run(name, timestamptz, text[]);
DROP FUNCTION ticket_mining.nsp_field_list(text);
DROP FUNCTION ticket_mining.nsp_find_fields(name, text);
DROP FUNCTION ticket_mining.nsp_find_oddities(name, jsonb);
DROP FUNCTION ticket_mining.nsp_keys();
DROP FUNCTION ticket_mining.nsp_load_again(name, text, text, text);
DROP FUNCTION ticket_mining.nsp_load_first(name, text, text);
DROP FUNCTION ticket_mining.nsp_make_contract(name);
DROP FUNCTION ticket_mining.nsp_make_quality(name);
DROP FUNCTION ticket_mining.nsp_make_view(name, name, text, text);
DROP FUNCTION ticket_mining.nsp_read_part(name, text, text, text);
DROP FUNCTION ticket_mining.nsp_require_keys(text, text);
DROP FUNCTION ticket_mining.run_end_interrupted(text, name);
DROP FUNCTION ticket_mining.run_enter(name);
DROP FUNCTION ticket_mining.run_fail(text, name, bigint, text, text);
DROP FUNCTION ticket_mining.run_history(text);
DROP FUNCTION ticket_mining.run_key(name, bigint);
DROP FUNCTION ticket_mining.run_lock(text, name, boolean);
DROP PROCEDURE ticket_mining.run_steps(text, name, bigint, text[], text[]);
DROP FUNCTION ticket_mining.tds_execute(text);
