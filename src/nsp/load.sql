-- nsp: the load

-- Lands what was read beside what was there: nothing is deleted, rows that are
-- no longer there are marked. Rows that are as they were are not written: a
-- conflict alone would lock, and so write, each of them.
CREATE FUNCTION nsp_merge_part(source name, part text, is_full boolean, OUT changed bigint,
	OUT missing bigint) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	landed text := ticket_mining.nsp_landed(source, part);
	same_key text := (SELECT string_agg(format('s.%1$I = l.%1$I', f.field), ' AND ')
		FROM ticket_mining.nsp_fields(source, part) f WHERE f.is_key);
BEGIN
	EXECUTE ticket_mining.run_sql(source, $q$
		INSERT INTO %1$s AS l (%2$s, landed_at)
		SELECT %3$s, s.landed_at FROM @run.stage s LEFT JOIN %1$s l ON %4$s
		WHERE l.landed_at IS NULL OR l.missing_since IS NOT NULL OR (%3$s) IS DISTINCT FROM (%5$s)
		ON CONFLICT (%6$s) DO UPDATE
		SET (%2$s, missing_since, landed_at) = ROW(%7$s, NULL, EXCLUDED.landed_at)$q$, landed,
		ticket_mining.nsp_field_list(source, part, ''),
		ticket_mining.nsp_field_list(source, part, 's.'), same_key,
		ticket_mining.nsp_field_list(source, part, 'l.'), ticket_mining.nsp_keys(source, part),
		ticket_mining.nsp_field_list(source, part, 'EXCLUDED.'));
	GET DIAGNOSTICS changed = ROW_COUNT;
	missing := 0;
	IF is_full THEN
		EXECUTE ticket_mining.run_sql(source, $q$
			UPDATE %s l SET missing_since = transaction_timestamp()
			WHERE missing_since IS NULL AND NOT EXISTS (SELECT FROM @run.stage s WHERE %s)$q$,
			landed, same_key);
		GET DIAGNOSTICS missing = ROW_COUNT;
	END IF;
END $$;
COMMENT ON FUNCTION nsp_merge_part(name, text, boolean) IS
'internal: lands what was read of a part';

-- Of a key that comes twice, one row would win: today this one, tomorrow the other.
CREATE FUNCTION nsp_require_keys(source name, part text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	keys text := ticket_mining.nsp_keys(source, part);
	twice text;
BEGIN
	EXECUTE ticket_mining.run_sql(source, $q$
		SELECT concat_ws(', ', %1$s) FROM @run.stage
		GROUP BY %1$s HAVING count(*) > 1 ORDER BY %1$s LIMIT 1$q$, keys) INTO twice;
	IF twice IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'unique_violation',
			MESSAGE = format(
				'part "%s" has more than one row of key (%s) = (%s)', part, keys, twice),
			HINT = 'The fields that the mapping marks is_key must tell its rows apart.';
	END IF;
END $$;
COMMENT ON FUNCTION nsp_require_keys(name, text) IS 'internal: refuses rows of one key';

-- Into an empty table, which has its key only from then on: a key made at once
-- takes a fraction of the time of one kept row by row.
CREATE FUNCTION nsp_land_first(source name, part text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	landed text := ticket_mining.nsp_landed(source, part);
BEGIN
	EXECUTE ticket_mining.run_sql(source,
		'INSERT INTO %1$s (%2$s, landed_at) SELECT %2$s, landed_at FROM @run.stage',
		landed, ticket_mining.nsp_field_list(source, part, ''));
	IF NOT EXISTS (
		SELECT FROM pg_constraint WHERE conrelid = landed::regclass AND contype = 'p')
	THEN
		EXECUTE format('ALTER TABLE %s ADD PRIMARY KEY (%s)',
			landed, ticket_mining.nsp_keys(source, part));
	END IF;
EXCEPTION WHEN unique_violation THEN
	PERFORM ticket_mining.nsp_require_keys(source, part);
	RAISE;
END $$;
COMMENT ON FUNCTION nsp_land_first(name, text) IS
'internal: lands a part of a source that has nothing landed';

-- What came empty may only have been invisible to us.
CREATE FUNCTION nsp_refuse_empty(source name, part text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	landed text := ticket_mining.nsp_landed(source, part);
	there bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM %s WHERE missing_since IS NULL', landed) INTO there;
	IF there > 0 THEN
		RAISE EXCEPTION USING ERRCODE = 'no_data_found',
			MESSAGE = format('part "%s" came empty, but had %s rows', part, there),
			HINT = format('If that is meant: UPDATE %s SET missing_since = now() '
				'WHERE missing_since IS NULL, and load again.', landed);
	END IF;
END $$;
COMMENT ON FUNCTION nsp_refuse_empty(name, text) IS
'internal: refuses a part that came empty, and was not';

-- Beside what has landed: what was read on from the watermark, or all.
CREATE FUNCTION nsp_land_again(source name, part text, read bigint, is_full boolean,
	OUT changed bigint, OUT missing bigint) LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF read = 0 AND is_full THEN
		PERFORM ticket_mining.nsp_refuse_empty(source, part);
	END IF;
	EXECUTE ticket_mining.run_sql(source, 'ANALYZE @run.stage');
	PERFORM ticket_mining.nsp_require_keys(source, part);
	SELECT m.changed, m.missing INTO changed, missing
	FROM ticket_mining.nsp_merge_part(source, part, is_full) m;
END $$;
COMMENT ON FUNCTION nsp_land_again(name, text, bigint, boolean) IS
'internal: lands a part of a source beside what has landed';

-- NULL where the part is not there.
CREATE FUNCTION nsp_load_part(source name, part text, wants_full boolean) RETURNS jsonb
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	is_empty boolean;
	is_full boolean;
	read bigint;
	changed bigint;
	missing bigint := 0;
BEGIN
	IF NOT EXISTS (SELECT FROM ticket_mining.nsp_fields(source, part)) THEN
		RETURN NULL;
	END IF;
	EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', ticket_mining.nsp_landed(source, part))
		INTO is_empty;
	is_full := wants_full OR is_empty OR ticket_mining.nsp_watermark(source, part) IS NULL;
	read := ticket_mining.nsp_read_remote(source, part, reads_on => NOT is_full);
	IF is_empty THEN
		PERFORM ticket_mining.nsp_land_first(source, part);
		changed := read;
	ELSE
		SELECT l.changed, l.missing INTO changed, missing
		FROM ticket_mining.nsp_land_again(source, part, read, is_full) l;
	END IF;
	EXECUTE ticket_mining.run_sql(source, 'DROP FOREIGN TABLE @run.remote; DROP TABLE @run.stage');
	RETURN jsonb_build_object(
		'read', read, 'changed', changed, 'missing', missing, 'full', is_full);
END $$;
COMMENT ON FUNCTION nsp_load_part(name, text, boolean) IS 'internal: loads a part of a source';

-- What to do about an error of tds_fdw that says little itself.
CREATE FUNCTION nsp_hint(state text, message text, detail text) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN CASE
	WHEN state NOT LIKE 'HV%' OR detail LIKE 'The remote server said: %' THEN NULL
	WHEN message LIKE '%DB #: 2403%' THEN 'Some text of this table is no valid UTF-16, '
		'such as half an emoji: mend it there, or leave it out in a remote view.'
	ELSE 'The connection broke or timed out. The next load reads what is missing.' END;
COMMENT ON FUNCTION nsp_hint(text, text, text) IS 'internal: what to do about an error of tds_fdw';

-- The same with errors that say which part it was.
CREATE FUNCTION nsp_load_named_part(source name, part text, wants_full boolean) RETURNS jsonb
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	detail text;
	hint text;
	remote text := (SELECT format('%s.%s', p.remote_schema, p.remote_table)
		FROM ticket_mining.nsp_parts(source) p WHERE p.part = nsp_load_named_part.part);
BEGIN
	RETURN ticket_mining.nsp_load_part(source, part, wants_full);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail := PG_EXCEPTION_DETAIL, hint := PG_EXCEPTION_HINT;
	RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM,
		HINT = concat_ws(E'\n', nullif(hint, ''),
			ticket_mining.nsp_hint(SQLSTATE, SQLERRM, detail)),
		DETAIL = concat_ws(E'\n', nullif(detail, ''),
			format('While loading part "%s" (%s).', part, remote));
END $$;
COMMENT ON FUNCTION nsp_load_named_part(name, text, boolean) IS
'internal: loads a part of a source, with errors that name it';

-- Parts whose number of rows is far from that of the last full load.
CREATE FUNCTION nsp_find_odd_counts(source name, counts jsonb) RETURNS SETOF text LANGUAGE plpgsql
	COST 10000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE ticket_mining.run_sql(source, $q$
		SELECT format(
			'%%s: %%s rows were read, %%s at the last full load', n.part, n.read, n.before)
		FROM (SELECT p.part, ($1 #>> ARRAY[p.part, 'read'])::numeric,
				(SELECT (l.rows #>> ARRAY[p.part, 'read'])::numeric FROM @schema.loads l
				 WHERE l.state = 'done' AND (l.rows #>> ARRAY[p.part, 'full'])::boolean
				 ORDER BY l.load_no DESC LIMIT 1)
			  FROM @schema.parts p
			  WHERE ($1 #>> ARRAY[p.part, 'full'])::boolean) n (part, read, before)
		WHERE n.read NOT BETWEEN n.before / 2 AND n.before * 2$q$) USING counts;
END $$;
COMMENT ON FUNCTION nsp_find_odd_counts(name, jsonb) IS
'internal: parts of a source whose number of rows is odd';

-- One pass over what has just landed, another over all the rest only if some of it
-- could be new. Of the values only those are looked at that become labels, each once.
CREATE FUNCTION nsp_find_odd_changes(source name) RETURNS SETOF text LANGUAGE plpgsql
	COST 10000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	labelled text[] := array(SELECT p.property FROM ticket_mining.nsp_properties(source) p
		WHERE p.becomes IN ('status', 'team'));
	tomorrow timestamp := (SELECT (clock_timestamp() + interval '1 day') AT TIME ZONE s.time_zone
		FROM ticket_mining.nsp_settings(source) s);
BEGIN
	RETURN QUERY EXECUTE ticket_mining.run_sql(source, $q$
		WITH fresh AS MATERIALIZED (
			SELECT c.property, CASE WHEN c.property = ANY ($1) THEN c.old_value END AS old_value,
				CASE WHEN c.property = ANY ($1) THEN c.new_value END AS new_value,
				count(*) AS changes, count(*) FILTER (WHERE c.at > $2) AS future,
					max(c.at) AS latest
			FROM @schema.landed_changes c
			WHERE c.landed_at = transaction_timestamp()
			GROUP BY 1, 2, 3)
		SELECT format('%%s rows are of the future, the latest of %%s', sum(f.future), max(f.latest))
		FROM fresh f HAVING sum(f.future) > 0
		UNION ALL
		SELECT format('%%s rows have letters that were lost (U+FFFD)', sum(f.changes)) FROM fresh f
		WHERE strpos(f.new_value, chr(65533)) > 0 OR strpos(f.old_value, chr(65533)) > 0
		HAVING sum(f.changes) > 0
		UNION ALL
		SELECT format('"%%s" is a new value of %%s', n.new_value, n.property) FROM (
			SELECT f.property, f.new_value FROM fresh f
			WHERE f.property = ANY ($1)
			AND EXISTS (SELECT FROM @schema.loads l WHERE l.state = 'done')
			EXCEPT
			SELECT c.property, c.new_value FROM @schema.landed_changes c
			WHERE c.landed_at < transaction_timestamp() AND EXISTS (SELECT FROM fresh)) n
		UNION ALL
		SELECT DISTINCT format('property "%%s" is not in properties', f.property) FROM fresh f
		WHERE NOT EXISTS (SELECT FROM @schema.properties p WHERE p.property = f.property)$q$)
		USING labelled, tomorrow;
END $$;
COMMENT ON FUNCTION nsp_find_odd_changes(name) IS
'internal: what is odd in the history that has landed';

-- What was odd, but harmless: in the remote catalog, and in what has just landed.
CREATE FUNCTION nsp_warnings(source name, counts jsonb) RETURNS text[] LANGUAGE plpgsql
	COST 10000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	found text[];
BEGIN
	EXECUTE ticket_mining.run_sql(source,
		$q$SELECT array_agg(concat_ws(': ', f.part, f.message)) FROM @run.findings f$q$) INTO found;
	RETURN coalesce(found, '{}') || array(
		SELECT c FROM ticket_mining.nsp_find_odd_counts(source, counts) c
		UNION ALL
		SELECT 'changes: ' || c FROM ticket_mining.nsp_find_odd_changes(source) c);
END $$;
COMMENT ON FUNCTION nsp_warnings(name, jsonb) IS 'internal: what was odd in a load';

CREATE FUNCTION nsp_begin_load(source name, wants_full boolean) RETURNS bigint LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	number bigint;
BEGIN
	PERFORM ticket_mining.nsp_require_owner(source);
	PERFORM ticket_mining.run_begin_lock('load', source);
	EXECUTE ticket_mining.run_sql(source, $q$
		INSERT INTO @schema.loads (state, is_full)
		SELECT 'running', $1 OR NOT EXISTS (
			SELECT FROM @schema.loads l, @schema.settings s WHERE l.state = 'done' AND l.is_full
			AND l.started_at > clock_timestamp() - s.full_every + interval '1 hour')
		RETURNING load_no$q$) INTO number USING wants_full;
	RETURN number;
END $$;
COMMENT ON FUNCTION nsp_begin_load(name, boolean) IS 'internal: begins the history of a load';

CREATE FUNCTION nsp_require_as_mapped(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	broken text;
BEGIN
	EXECUTE ticket_mining.run_sql(source, $q$
		CREATE TEMPORARY TABLE @run.findings ON COMMIT DROP AS
		SELECT c.severity, c.part, c.message FROM ticket_mining.check_source(%L) c$q$, source);
	EXECUTE ticket_mining.run_sql(source, $q$
		SELECT string_agg(concat_ws(': ', f.part, f.message), E'\n') FROM @run.findings f
		WHERE f.severity = 'breaking'$q$) INTO broken;
	IF broken IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = 'the source is not as its mapping says', DETAIL = broken,
			HINT = 'If the vendor changed it, edit parts and mapping of the source. '
				'Nothing was touched.';
	END IF;
END $$;
COMMENT ON FUNCTION nsp_require_as_mapped(name) IS
'internal: refuses a source that is not as its mapping says';

-- Tables and views are made anew only when the mapping was edited, or a version makes them
-- otherwise, for that makes their readers wait. Gives the mapping, and what tells the views.
CREATE FUNCTION nsp_follow_mapping(source name) RETURNS jsonb LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	followed jsonb;
	mapped jsonb := (SELECT jsonb_agg(to_jsonb(m) ORDER BY m.part COLLATE "C", m.field COLLATE "C")
		FROM ticket_mining.nsp_mapping(source) m)
		|| (SELECT jsonb_build_object('views', md5(string_agg(v.query, E'\n' ORDER BY v.view_no)))
			FROM ticket_mining.nsp_view_queries(source) v);
BEGIN
	PERFORM ticket_mining.nsp_require_own_relations(source,
		array(SELECT ('landed_' || p.part)::name FROM ticket_mining.nsp_parts(source) p));
	EXECUTE ticket_mining.run_sql(source, $q$
		SELECT l.mapping FROM @schema.loads l WHERE l.state = 'done'
		ORDER BY l.load_no DESC LIMIT 1$q$)
		INTO followed;
	IF mapped IS DISTINCT FROM followed THEN
		PERFORM ticket_mining.nsp_make_landing(source);
	END IF;
	RETURN mapped;
END $$;
COMMENT ON FUNCTION nsp_follow_mapping(name) IS
'internal: makes the tables of a source as its mapping says';

-- By part what was read.
CREATE FUNCTION nsp_load_parts(source name, wants_full boolean) RETURNS jsonb LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	wanted text;
	counts jsonb := '{}';
BEGIN
	FOR wanted IN SELECT p.part FROM ticket_mining.nsp_parts(source) p ORDER BY p.part LOOP
		PERFORM ticket_mining.run_progress('load', source, format('loading %s', wanted));
		counts := counts || jsonb_build_object(wanted,
			ticket_mining.nsp_load_named_part(source, wanted, wants_full));
		IF (counts #>> ARRAY[wanted, 'full'])::boolean THEN
			EXECUTE format('ANALYZE %s', ticket_mining.nsp_landed(source, wanted));
		END IF;
	END LOOP;
	RETURN counts;
END $$;
COMMENT ON FUNCTION nsp_load_parts(name, boolean) IS 'internal: loads the parts of a source';

CREATE FUNCTION nsp_keep_catalog(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE ticket_mining.run_sql(source, 'DELETE FROM @schema.catalog');
	EXECUTE ticket_mining.run_sql(source, $q$
		INSERT INTO @schema.catalog (part, remote_column, type)
		SELECT r.part, r.remote_column, r.type FROM @run.remote_columns r$q$);
END $$;
COMMENT ON FUNCTION nsp_keep_catalog(name) IS
'internal: keeps what a load of a source found remotely';

-- The work of a load, in one transaction.
CREATE FUNCTION nsp_load(source name, number bigint) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO'
	SET jit = off AS $$
DECLARE
	wants_full boolean;
	mapped jsonb;
	counts jsonb;
BEGIN
	PERFORM ticket_mining.nsp_require_owner(source);
	PERFORM ticket_mining.run_bound_waits();
	PERFORM ticket_mining.run_guard(source);
	PERFORM ticket_mining.run_use_memory();
	PERFORM ticket_mining.nsp_require_as_mapped(source);
	mapped := ticket_mining.nsp_follow_mapping(source);
	EXECUTE ticket_mining.run_sql(source,
		'SELECT l.is_full FROM @schema.loads l WHERE l.load_no = $1') INTO wants_full USING number;
	counts := ticket_mining.nsp_load_parts(source, wants_full);
	PERFORM ticket_mining.nsp_keep_catalog(source);
	EXECUTE ticket_mining.run_sql(source, $q$
		UPDATE @schema.loads
		SET state = 'done', finished_at = clock_timestamp(), rows = $2, mapping = $3, warnings = $4
		WHERE load_no = $1$q$)
		USING number, counts, mapped, ticket_mining.nsp_warnings(source, counts);
END $$;
COMMENT ON FUNCTION nsp_load(name, bigint) IS 'internal: the work of a load';

-- All that a load does in one transaction; then, if asked, it refreshes a log. What
-- commits cannot have a setting of its own: all names, those of types too, are qualified.
CREATE PROCEDURE load(source name, "full" boolean DEFAULT false, refresh name DEFAULT NULL)
	LANGUAGE plpgsql AS $$
DECLARE
	number pg_catalog.int8;
	failure pg_catalog.text[];
BEGIN
	CALL ticket_mining.run_require_own_transactions('load');
	IF refresh IS NOT NULL THEN
		PERFORM ticket_mining.log_require_owner(refresh);
	END IF;
	CALL ticket_mining.run_commit();
	number := ticket_mining.nsp_begin_load(source, "full");
	CALL ticket_mining.run_steps('load', source, number, failure);
	PERFORM ticket_mining.run_throw(failure);
	IF refresh IS NOT NULL THEN
		CALL ticket_mining.refresh(refresh);
	END IF;
END $$;
COMMENT ON PROCEDURE load(name, boolean, name) IS
'reads what is new of a source, or all of it, into its landing tables; then refreshes a log, if '
'one is named';
