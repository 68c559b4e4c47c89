
-- Readers no longer have REFERENCES, nor the keys that they made with it: these run functions
-- of theirs with the rights of the owner of a log. DDL on the tables of others runs nothing.
-- A key of a partitioned table takes those of its partitions along.
DO $$
DECLARE
	log pg_catalog.name;
	made pg_catalog.record;
BEGIN
	FOR log IN SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE ticket_mining.is_log(n.nspname)
	LOOP
		PERFORM ticket_mining.log_revoke_references(log);
		FOR made IN
			SELECT k.conrelid::pg_catalog.regclass AS relation, k.conname
			FROM pg_catalog.pg_constraint k
			JOIN pg_catalog.pg_class referenced ON referenced.oid = k.confrelid
			JOIN pg_catalog.pg_namespace n ON n.oid = referenced.relnamespace
			JOIN pg_catalog.pg_class referencing ON referencing.oid = k.conrelid
			WHERE k.contype = 'f' AND k.conparentid = 0
			AND n.nspname = log AND referencing.relowner <> n.nspowner
			ORDER BY k.oid
		LOOP
			RAISE WARNING '%', ticket_mining.run_shown(pg_catalog.format(
				'foreign key %s of %s to log "%s" is dropped: it could run with the rights of the'
				' owner of the log', made.conname, made.relation, log));
			PERFORM ticket_mining.run_bound_waits();
			BEGIN
				EXECUTE pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', made.relation,
					made.conname);
			EXCEPTION WHEN lock_not_available THEN
				RAISE EXCEPTION USING ERRCODE = SQLSTATE,
					MESSAGE = pg_catalog.format(
						'foreign key %s of %s to log "%s" cannot be dropped: %s',
						made.conname, made.relation, log, SQLERRM),
					DETAIL = pg_catalog.concat('', ticket_mining.run_blockers(log)),
					HINT = 'Update again when nobody has that table or the log locked.';
			END;
		END LOOP;
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
