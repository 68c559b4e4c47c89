-- nsp: the check of the remote catalog, and the load

-- pg_temp.nsp_remote: the columns that the remote tables have now, with the types
-- that tds_fdw gives them, by an import into a schema that is dropped at once.
CREATE FUNCTION nsp_read_catalog(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
	scratch name := format('%s remote', left(source, 50));
	server name;
	imported record;
BEGIN
	PERFORM ticket_mining.run_enter(source);
	SELECT s.server INTO server FROM settings s;
	DROP TABLE IF EXISTS pg_temp.nsp_remote;
	CREATE TEMPORARY TABLE nsp_remote (part text, remote_column text, type text, is_datetime boolean) ON COMMIT DROP;
	EXECUTE format('CREATE SCHEMA %I', scratch);
	FOR imported IN SELECT p.remote_schema, string_agg(quote_ident(p.remote_table), ', ') AS tables FROM parts p GROUP BY p.remote_schema LOOP
		PERFORM ticket_mining.tds_execute(format('IMPORT FOREIGN SCHEMA %I LIMIT TO (%s) FROM SERVER %I INTO %I', imported.remote_schema, imported.tables, server, scratch));
		INSERT INTO pg_temp.nsp_remote
		SELECT p.part, coalesce((SELECT o.option_value FROM pg_options_to_table(a.attfdwoptions) o WHERE o.option_name = 'column_name'), a.attname),
			   format_type(a.atttypid, a.atttypmod), a.atttypid = 'timestamp'::regtype AND a.atttypmod = 3
		FROM parts p JOIN pg_class c ON c.relname = p.remote_table AND c.relnamespace = to_regnamespace(quote_ident(scratch))
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE p.remote_schema = imported.remote_schema;
	END LOOP;
	EXECUTE format('DROP SCHEMA %I CASCADE', scratch);
END $$;
COMMENT ON FUNCTION nsp_read_catalog(name) IS 'internal: reads the remote catalog of a source';

-- Whether a remote type can be read as what the mapping says.
CREATE FUNCTION nsp_can_read(read_as text, type text) RETURNS boolean LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN CASE read_as
	WHEN 'integer' THEN type IN ('smallint', 'integer', 'bigint')
	WHEN 'boolean' THEN type IN ('smallint', 'boolean')
	WHEN 'time' THEN type ~ '^(timestamp.* without time zone|date)$'
	WHEN 'number' THEN type ~ '^(smallint|integer|bigint|numeric.*|money|real|double precision)$'
	WHEN 'uuid' THEN type = 'uuid'
	ELSE type ~ '^(character.*|text|smallint|integer|bigint|uuid)$' END;
COMMENT ON FUNCTION nsp_can_read(text, text) IS 'internal: whether a remote type can be read as a kind of field';

-- All differences between pg_temp.nsp_remote and what the mapping expects.
CREATE FUNCTION nsp_compare_catalog(source name, OUT severity text, OUT part text, OUT message text) RETURNS SETOF record LANGUAGE plpgsql
	COST 10000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM ticket_mining.run_enter(source);
	IF NOT EXISTS (SELECT FROM pg_temp.nsp_remote) THEN
		RETURN QUERY SELECT 'breaking', NULL::text, 'none of the remote tables is there: wrong database or schema, or no right to read them';
		RETURN;
	END IF;
	RETURN QUERY
	SELECT 'breaking', d.part, format('field %s of part %s is not in the mapping', d.field, d.part)
	FROM ticket_mining.nsp_default_fields d
	WHERE d.part IN ('tickets', 'changes') AND d.is_required AND NOT EXISTS (SELECT FROM mapping m WHERE m.part = d.part AND m.field = d.field)
	UNION ALL
	SELECT 'breaking', m.part, format('field %s of part %s must be read as %s', m.field, m.part, d.read_as)
	FROM ticket_mining.nsp_default_fields d JOIN mapping m USING (part, field)
	WHERE m.read_as <> d.read_as AND d.field NOT IN ('case_id', 'case_no', 'status', 'team', 'priority', 'id', 'stage_id', 'status_id')
	UNION ALL
	SELECT 'breaking', m.part, format('field case_id of part %s is read as %s, but in tickets as %s', m.part, m.read_as, t.read_as)
	FROM mapping m JOIN mapping t ON t.part = 'tickets' AND t.field = 'case_id'
	WHERE m.part IN ('changes', 'comments') AND m.field = 'case_id' AND m.read_as <> t.read_as
	UNION ALL
	SELECT 'breaking', m.part, format('part %s has no field that is_key', m.part) FROM mapping m GROUP BY m.part HAVING NOT bool_or(m.is_key)
	UNION ALL
	SELECT 'breaking', l.lookup, format('part %s is a lookup, but the mapping has no field %s of it', l.lookup, n.field)
	FROM (SELECT m.lookup FROM mapping m UNION SELECT p.lookup FROM properties p) l, (VALUES ('id'), ('name')) n (field)
	WHERE l.lookup IS NOT NULL AND NOT EXISTS (SELECT FROM mapping m WHERE m.part = l.lookup AND m.field = n.field)
	UNION ALL
	SELECT CASE WHEN p.is_required THEN 'breaking' ELSE 'warning' END, p.part, format('there is no table or view %s.%s', p.remote_schema, p.remote_table)
	FROM parts p WHERE NOT EXISTS (SELECT FROM pg_temp.nsp_remote r WHERE r.part = p.part)
	UNION ALL
	SELECT CASE WHEN m.is_required THEN 'breaking' ELSE 'warning' END, m.part, format('%s has no column %s (field %s)', p.remote_table, m.remote_column, m.field)
	FROM mapping m JOIN parts p USING (part)
	WHERE EXISTS (SELECT FROM pg_temp.nsp_remote r WHERE r.part = m.part) AND NOT EXISTS (SELECT FROM pg_temp.nsp_remote r WHERE r.part = m.part AND r.remote_column = m.remote_column)
	UNION ALL
	SELECT 'breaking', m.part, CASE WHEN r.type LIKE 'timestamp%with time zone'
		THEN format('column %s of %s is a datetimeoffset, whose offset is lost on the way: CONVERT it in a remote view', m.remote_column, p.remote_table)
		ELSE format('column %s of %s is of type %s, which cannot be read as %s', m.remote_column, p.remote_table, r.type, m.read_as) END
	FROM mapping m JOIN parts p USING (part) JOIN pg_temp.nsp_remote r USING (part, remote_column)
	WHERE NOT nsp_can_read(m.read_as, r.type)
	UNION ALL
	SELECT 'breaking', m.part, format('column %s feeds fields that are read as %s: one column can be read in one way', m.remote_column, string_agg(DISTINCT m.read_as, ' and '))
	FROM mapping m GROUP BY m.part, m.remote_column HAVING count(DISTINCT m.read_as) > 1
	UNION ALL
	SELECT 'warning', c.part, format('column %s was of type %s and is of type %s now', c.remote_column, c.type, r.type)
	FROM catalog c JOIN pg_temp.nsp_remote r USING (part, remote_column) WHERE r.type <> c.type
	UNION ALL
	SELECT 'warning', r.part, format('column %s is new', r.remote_column)
	FROM pg_temp.nsp_remote r WHERE EXISTS (SELECT FROM catalog c WHERE c.part = r.part) AND NOT EXISTS (SELECT FROM catalog c WHERE c.part = r.part AND c.remote_column = r.remote_column)
	UNION ALL
	SELECT 'warning', c.part, format('column %s is gone', c.remote_column)
	FROM catalog c WHERE EXISTS (SELECT FROM pg_temp.nsp_remote r WHERE r.part = c.part) AND NOT EXISTS (SELECT FROM pg_temp.nsp_remote r WHERE r.part = c.part AND r.remote_column = c.remote_column)
		AND NOT EXISTS (SELECT FROM mapping m WHERE m.part = c.part AND m.remote_column = c.remote_column);
END $$;
COMMENT ON FUNCTION nsp_compare_catalog(name) IS 'internal: compares the remote catalog of a source with its mapping';

-- What is wrong with the settings of a source, its foreign server included.
CREATE FUNCTION nsp_settings_findings(source name, OUT severity text, OUT message text) RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 1000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	RETURN QUERY
	SELECT f.severity, f.message FROM settings s, nsp_server_findings(s.server) f
	UNION ALL
	SELECT 'breaking', f.fault FROM settings s, log_setting_faults(s.time_zone, NULL) f (fault)
	UNION ALL
	SELECT 'breaking', 'the table settings is empty: INSERT INTO settings (server, time_zone) VALUES (…)' WHERE NOT EXISTS (SELECT FROM settings);
END $$;
COMMENT ON FUNCTION nsp_settings_findings(name) IS 'internal: what is wrong with the settings of a source';

-- Leaves what it read in pg_temp.nsp_remote, for the load that goes on from there.
CREATE FUNCTION check_source(source name, OUT severity text, OUT part text, OUT message text) RETURNS SETOF record LANGUAGE plpgsql
	COST 100000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	is_readable boolean := true;
BEGIN
	PERFORM ticket_mining.nsp_require_owner(source);
	PERFORM ticket_mining.run_enter(source);
	FOR severity, message IN SELECT f.severity, f.message FROM ticket_mining.nsp_settings_findings(source) f LOOP
		is_readable := is_readable AND severity <> 'breaking';
		RETURN NEXT;
	END LOOP;
	IF is_readable THEN
		PERFORM nsp_read_catalog(source);
		RETURN QUERY SELECT c.* FROM nsp_compare_catalog(source) c;
	END IF;
END $$;
COMMENT ON FUNCTION check_source(name) IS 'compares the remote tables of a source with what its mapping expects: what is breaking stops a load';

-- pg_temp.nsp_fields: the fields of a part that are there, how the foreign table
-- declares them, and how they are read from it. Times are read as text, since
-- the catalog does not tell a datetime, which could come as a timestamp, from a
-- datetime2(3), which cannot; but a watermark is compared with as a timestamp.
-- tds_fdw fills but one of two foreign columns of one remote column, so fields
-- that are fed by the same one share a foreign column.
CREATE FUNCTION nsp_find_fields(source name, part text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	DROP TABLE IF EXISTS pg_temp.nsp_fields;
	CREATE TEMPORARY TABLE nsp_fields (field text, remote_column text, foreign_column text, declared text, expression text, is_key boolean, watermark text, is_new boolean) ON COMMIT DROP;
	INSERT INTO pg_temp.nsp_fields
	SELECT m.field, m.remote_column, n.foreign_column, n.declared,
		   CASE WHEN m.read_as = 'boolean' THEN format('f.%I::integer::boolean', n.foreign_column)
				WHEN m.read_as = 'time' AND n.declared = 'text' THEN format('ticket_mining.tds_timestamp(f.%I, %L, %s)', n.foreign_column, n.place, n.row_key)
				WHEN m.read_as = 'text' THEN format('ticket_mining.tds_text(f.%I::text, %L, %s)', n.foreign_column, n.place, n.row_key)
				ELSE format('f.%I::%s', n.foreign_column, nsp_landed_type(m.read_as)) END,
		   m.is_key, CASE WHEN m.watermark = 'id' OR n.declared = 'timestamp(3)' THEN m.watermark END,
		   NOT EXISTS (SELECT FROM catalog c WHERE c.part = m.part AND c.remote_column = m.remote_column)
	FROM mapping m
	JOIN parts p USING (part)
	JOIN pg_temp.nsp_remote r USING (part, remote_column)
	CROSS JOIN LATERAL (
		SELECT (SELECT min(o.field COLLATE "C") FROM mapping o WHERE o.part = m.part AND o.remote_column = m.remote_column),
			   CASE WHEN m.read_as = 'time' THEN
						CASE WHEN r.is_datetime AND EXISTS (SELECT FROM mapping o WHERE o.part = m.part AND o.remote_column = m.remote_column AND o.watermark = 'time') THEN 'timestamp(3)' ELSE 'text' END
					WHEN r.type ~ '^(smallint|integer|bigint)$' AND m.read_as <> 'uuid' THEN r.type
					WHEN m.read_as = 'number' THEN 'numeric' WHEN r.type = 'uuid' THEN 'uuid' ELSE 'text' END,
			   format('%s.%s', p.remote_table, m.remote_column),
			   (SELECT CASE count(*) WHEN 1 THEN format('f.%I', min(n.name)) ELSE string_agg(format('f.%I::text', n.name), ' || '', '' || ') END
				FROM mapping k, LATERAL (SELECT min(o.field COLLATE "C") FROM mapping o WHERE o.part = k.part AND o.remote_column = k.remote_column) n (name)
				WHERE k.part = m.part AND k.is_key)) n (foreign_column, declared, place, row_key)
	WHERE m.part = nsp_find_fields.part;
END $$;
COMMENT ON FUNCTION nsp_find_fields(name, text) IS 'internal: the fields of a part of a source';

-- The condition that reads on from the watermark, in literals, which are all
-- that tds_fdw can be trusted with; NULL where all is to be read.
CREATE FUNCTION nsp_watermark(source name, part text) RETURNS text LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	marked record;
	condition text;
BEGIN
	PERFORM ticket_mining.run_enter(source);
	SELECT f.* INTO marked FROM pg_temp.nsp_fields f WHERE f.watermark IS NOT NULL LIMIT 1;
	IF marked.field IS NULL OR EXISTS (SELECT FROM pg_temp.nsp_fields f WHERE f.is_new) THEN
		RETURN NULL;
	END IF;
	EXECUTE format('SELECT %s FROM %I.settings s, (SELECT max(%I) FROM %I.%I) l (latest) WHERE l.latest IS NOT NULL',
		CASE marked.watermark
			WHEN 'id' THEN 'format(''f.%I > %s'', $1, l.latest - s.overlap_rows)'
			ELSE 'format(''f.%I >= %L::timestamp'', $1, to_char(l.latest - s.overlap, ''YYYY-MM-DD HH24:MI:SS''))' END,
		source, marked.field, source, 'landed_' || part) INTO condition USING marked.foreign_column;
	RETURN condition;
END $$;
COMMENT ON FUNCTION nsp_watermark(name, text) IS 'internal: the condition by which a part is read on';

-- In one order wherever they are named.
CREATE FUNCTION nsp_field_list(prefix text) RETURNS text LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT string_agg(prefix || quote_ident(f.field), ', ' ORDER BY f.field) FROM pg_temp.nsp_fields f);
END $$;
COMMENT ON FUNCTION nsp_field_list(text) IS 'internal: the fields of the part that is being loaded, each behind a prefix';

-- Reads a part into a table, by nothing but INSERT … SELECT of columns.
CREATE FUNCTION nsp_read_part(source name, part text, into_table text, condition text) RETURNS bigint LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	remote record;
	read bigint;
BEGIN
	PERFORM ticket_mining.run_enter(source);
	SELECT p.remote_schema, p.remote_table, s.server INTO remote FROM parts p, settings s WHERE p.part = nsp_read_part.part;
	EXECUTE format('CREATE FOREIGN TABLE %I.%I (%s) SERVER %I OPTIONS (schema_name %L, table_name %L)', source, 'remote_' || part,
		(SELECT string_agg(DISTINCT format('%I %s OPTIONS (column_name %L)', f.foreign_column, f.declared, f.remote_column), ', ') FROM pg_temp.nsp_fields f),
		remote.server, remote.remote_schema, remote.remote_table);
	read := ticket_mining.tds_execute(format('INSERT INTO %s (%s, landed_at) SELECT %s, transaction_timestamp() FROM %I.%I f %s', into_table,
		ticket_mining.nsp_field_list(''), (SELECT string_agg(f.expression, ', ' ORDER BY f.field) FROM pg_temp.nsp_fields f),
		source, 'remote_' || part, 'WHERE ' || condition));
	EXECUTE format('DROP FOREIGN TABLE %I.%I', source, 'remote_' || part);
	RETURN read;
END $$;
COMMENT ON FUNCTION nsp_read_part(name, text, text, text) IS 'internal: reads a part of a source';

-- Lands what was read beside what was there: nothing is deleted, rows that are
-- no longer there are marked. Rows that are as they were are not written: a
-- conflict alone would lock, and so write, each of them.
CREATE FUNCTION nsp_merge_part(source name, part text, is_full boolean, OUT changed bigint, OUT missing bigint) LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	landed text := format('%I.%I', source, 'landed_' || part);
	same_key text := (SELECT string_agg(format('s.%1$I = l.%1$I', f.field), ' AND ') FROM pg_temp.nsp_fields f WHERE f.is_key);
BEGIN
	EXECUTE format('INSERT INTO %1$s AS l (%2$s, landed_at)
		SELECT %3$s, s.landed_at FROM pg_temp.nsp_stage s LEFT JOIN %1$s l ON %4$s
		WHERE l.landed_at IS NULL OR l.missing_since IS NOT NULL OR (%3$s) IS DISTINCT FROM (%5$s)
		ON CONFLICT (%6$s) DO UPDATE SET (%2$s, missing_since, landed_at) = ROW(%7$s, NULL, EXCLUDED.landed_at)', landed,
		ticket_mining.nsp_field_list(''), ticket_mining.nsp_field_list('s.'), same_key, ticket_mining.nsp_field_list('l.'),
		ticket_mining.nsp_keys(), ticket_mining.nsp_field_list('EXCLUDED.'));
	GET DIAGNOSTICS changed = ROW_COUNT;
	missing := 0;
	IF is_full THEN
		EXECUTE format('UPDATE %s l SET missing_since = transaction_timestamp()
			WHERE missing_since IS NULL AND NOT EXISTS (SELECT FROM pg_temp.nsp_stage s WHERE %s)', landed, same_key);
		GET DIAGNOSTICS missing = ROW_COUNT;
	END IF;
END $$;
COMMENT ON FUNCTION nsp_merge_part(name, text, boolean) IS 'internal: lands what was read of a part';

CREATE FUNCTION nsp_keys() RETURNS text LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT string_agg(quote_ident(f.field), ', ' ORDER BY f.field) FROM pg_temp.nsp_fields f WHERE f.is_key);
END $$;
COMMENT ON FUNCTION nsp_keys() IS 'internal: the fields that tell the rows of a part apart';

-- A key that comes twice would make one of two rows win, today this one, tomorrow that.
CREATE FUNCTION nsp_require_keys(part text, read_into text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	keys text := ticket_mining.nsp_keys();
	twice text;
BEGIN
	EXECUTE format('SELECT concat_ws('', '', %1$s) FROM %2$s GROUP BY %1$s HAVING count(*) > 1 ORDER BY %1$s LIMIT 1', keys, read_into) INTO twice;
	IF twice IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'unique_violation', MESSAGE = format('part "%s" has more than one row of key (%s) = (%s)', part, keys, twice),
			HINT = 'The fields that the mapping marks is_key must tell its rows apart.';
	END IF;
END $$;
COMMENT ON FUNCTION nsp_require_keys(text, text) IS 'internal: refuses rows of one key';

-- Into an empty table, which has its key only from then on: a key made at once
-- takes a fraction of the time of one kept row by row. What was read is still
-- there for the message where it has a key twice: only the block is undone.
CREATE FUNCTION nsp_load_first(source name, part text, landed text) RETURNS bigint LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	read bigint := ticket_mining.nsp_read_part(source, part, landed, NULL);
BEGIN
	IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = landed::regclass AND contype = 'p') THEN
		EXECUTE format('ALTER TABLE %s ADD PRIMARY KEY (%s)', landed, ticket_mining.nsp_keys());
	END IF;
	RETURN read;
EXCEPTION WHEN unique_violation THEN
	PERFORM ticket_mining.nsp_require_keys(part, landed);
	RAISE;
END $$;
COMMENT ON FUNCTION nsp_load_first(name, text, text) IS 'internal: loads a part of a source that has nothing landed';

-- Beside what has landed: read on from the watermark, or all where there is none.
CREATE FUNCTION nsp_load_again(source name, part text, landed text, condition text) RETURNS jsonb LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
	there bigint;
	read bigint;
	merged record;
BEGIN
	DROP TABLE IF EXISTS pg_temp.nsp_stage;
	EXECUTE format('CREATE TEMPORARY TABLE nsp_stage (LIKE %s) ON COMMIT DROP', landed);
	read := ticket_mining.nsp_read_part(source, part, 'pg_temp.nsp_stage', condition);
	IF read = 0 AND condition IS NULL THEN
		EXECUTE format('SELECT count(*) FROM %s WHERE missing_since IS NULL', landed) INTO there;
		IF there > 0 THEN
			RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('part "%s" came empty, but had %s rows', part, there),
				HINT = format('If that is meant: UPDATE %s SET missing_since = now() WHERE missing_since IS NULL, and load again.', landed);
		END IF;
	END IF;
	ANALYZE pg_temp.nsp_stage;
	PERFORM ticket_mining.nsp_require_keys(part, 'pg_temp.nsp_stage');
	SELECT * INTO merged FROM ticket_mining.nsp_merge_part(source, part, condition IS NULL);
	RETURN jsonb_build_object('read', read, 'changed', merged.changed, 'missing', merged.missing, 'full', condition IS NULL);
END $$;
COMMENT ON FUNCTION nsp_load_again(name, text, text, text) IS 'internal: loads a part of a source beside what has landed';

CREATE FUNCTION nsp_load_part(source name, part text, wants_full boolean) RETURNS jsonb LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	landed text := format('%I.%I', source, 'landed_' || part);
	read bigint;
BEGIN
	PERFORM ticket_mining.nsp_find_fields(source, part);
	IF NOT EXISTS (SELECT FROM pg_temp.nsp_fields) THEN
		RETURN NULL;
	ELSIF pg_relation_size(landed) = 0 THEN
		read := ticket_mining.nsp_load_first(source, part, landed);
		RETURN jsonb_build_object('read', read, 'changed', read, 'missing', 0, 'full', true);
	END IF;
	RETURN ticket_mining.nsp_load_again(source, part, landed, CASE WHEN NOT wants_full THEN ticket_mining.nsp_watermark(source, part) END);
END $$;
COMMENT ON FUNCTION nsp_load_part(name, text, boolean) IS 'internal: loads a part of a source';

-- What to do about an error of tds_fdw that says little itself.
CREATE FUNCTION nsp_hint(state text, message text, detail text) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN CASE
	WHEN state NOT LIKE 'HV%' OR detail LIKE 'The remote server said: %' THEN NULL
	WHEN message LIKE '%DB #: 2403%' THEN 'Some text of this table is no valid UTF-16, such as half an emoji: mend it there, or leave it out in a remote view.'
	ELSE 'The connection broke or timed out. The next load reads what is missing.' END;
COMMENT ON FUNCTION nsp_hint(text, text, text) IS 'internal: what to do about an error of tds_fdw';

-- The same with errors that say which part it was.
CREATE FUNCTION nsp_load_named_part(source name, part text, wants_full boolean) RETURNS jsonb LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	detail text;
	hint text;
	remote text;
BEGIN
	RETURN ticket_mining.nsp_load_part(source, part, wants_full);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail := PG_EXCEPTION_DETAIL, hint := PG_EXCEPTION_HINT;
	EXECUTE format('SELECT format(''%%s.%%s'', p.remote_schema, p.remote_table) FROM %I.parts p WHERE p.part = $1', source) INTO remote USING part;
	RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = concat_ws(E'\n', nullif(hint, ''), ticket_mining.nsp_hint(SQLSTATE, SQLERRM, detail)),
		DETAIL = concat_ws(E'\n', nullif(detail, ''), format('While loading part "%s" (%s).', part, remote));
END $$;
COMMENT ON FUNCTION nsp_load_named_part(name, text, boolean) IS 'internal: loads a part of a source, with errors that name it';

-- What is odd, but harmless, in what has just landed: how many rows there are, and what is in the history.
CREATE FUNCTION nsp_find_oddities(source name, counts jsonb) RETURNS SETOF text LANGUAGE plpgsql
	COST 10000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	RETURN QUERY
	SELECT format('%s: %s rows were read, %s at the last full load', p.part, counts #>> ARRAY[p.part, 'read'], l.rows #>> ARRAY[p.part, 'read'])
	FROM parts p
	JOIN LATERAL (SELECT * FROM loads l WHERE l.state = 'done' AND (l.rows #>> ARRAY[p.part, 'full'])::boolean ORDER BY load_no DESC LIMIT 1) l ON true
	WHERE (counts #>> ARRAY[p.part, 'full'])::boolean
	AND (counts #>> ARRAY[p.part, 'read'])::numeric NOT BETWEEN (l.rows #>> ARRAY[p.part, 'read'])::numeric / 2 AND (l.rows #>> ARRAY[p.part, 'read'])::numeric * 2;
	RETURN QUERY SELECT 'changes: ' || c.oddity FROM ticket_mining.nsp_find_odd_changes(source) c (oddity);
END $$;
COMMENT ON FUNCTION nsp_find_oddities(name, jsonb) IS 'internal: what is odd in what has landed';

-- One pass over what has just landed, another over all the rest only if some of it
-- could be new. Of the values only those are looked at that become labels, each once.
CREATE FUNCTION nsp_find_odd_changes(source name) RETURNS SETOF text LANGUAGE plpgsql
	COST 10000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	labelled text[];
	tomorrow timestamp;
BEGIN
	PERFORM ticket_mining.run_enter(source);
	labelled := array(SELECT p.property FROM properties p WHERE p.becomes IN ('status', 'team'));
	SELECT (clock_timestamp() + interval '1 day') AT TIME ZONE s.time_zone INTO tomorrow FROM settings s;
	RETURN QUERY
	WITH fresh AS MATERIALIZED (
		SELECT c.property, CASE WHEN c.property = ANY (labelled) THEN c.old_value END AS old_value, CASE WHEN c.property = ANY (labelled) THEN c.new_value END AS new_value,
			   count(*) AS changes, count(*) FILTER (WHERE c.at > tomorrow) AS future, max(c.at) AS latest
		FROM landed_changes c
		WHERE c.landed_at = transaction_timestamp()
		GROUP BY 1, 2, 3)
	SELECT format('%s rows are of the future, the latest of %s', sum(f.future), max(f.latest)) FROM fresh f HAVING sum(f.future) > 0
	UNION ALL
	SELECT format('%s rows have letters that were lost (U+FFFD)', sum(f.changes)) FROM fresh f
	WHERE strpos(f.new_value, U&'\FFFD') > 0 OR strpos(f.old_value, U&'\FFFD') > 0 HAVING sum(f.changes) > 0
	UNION ALL
	SELECT format('"%s" is a new value of %s', n.new_value, n.property) FROM (
		SELECT f.property, f.new_value FROM fresh f WHERE f.property = ANY (labelled) AND EXISTS (SELECT FROM loads WHERE state = 'done')
		EXCEPT
		SELECT c.property, c.new_value FROM landed_changes c WHERE c.landed_at < transaction_timestamp() AND EXISTS (SELECT FROM fresh)) n
	UNION ALL
	SELECT DISTINCT format('property "%s" is not in properties', f.property) FROM fresh f WHERE NOT EXISTS (SELECT FROM properties p WHERE p.property = f.property);
END $$;
COMMENT ON FUNCTION nsp_find_odd_changes(name) IS 'internal: what is odd in the history that has landed';

CREATE FUNCTION nsp_begin_load(source name, wants_full boolean) RETURNS bigint LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	number bigint;
BEGIN
	PERFORM ticket_mining.nsp_require_owner(source);
	PERFORM ticket_mining.run_enter(source);
	PERFORM ticket_mining.run_end_interrupted('load', source);
	INSERT INTO loads (state, is_full)
	SELECT 'running', wants_full OR NOT EXISTS (
		SELECT FROM loads l, settings s WHERE l.state = 'done' AND l.is_full AND l.started_at > clock_timestamp() - s.full_every + interval '1 hour')
	RETURNING load_no INTO number;
	PERFORM pg_advisory_lock(ticket_mining.run_key(source, number));
	RETURN number;
END $$;
COMMENT ON FUNCTION nsp_begin_load(name, boolean) IS 'internal: begins the history of a load';

CREATE FUNCTION nsp_require_as_mapped(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	broken text;
BEGIN
	CREATE TEMPORARY TABLE nsp_findings ON COMMIT DROP AS SELECT * FROM ticket_mining.check_source(source);
	SELECT string_agg(concat_ws(': ', f.part, f.message), E'\n') INTO broken FROM pg_temp.nsp_findings f WHERE f.severity = 'breaking';
	IF broken IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'the source is not as its mapping says', DETAIL = broken,
			HINT = 'If the vendor changed it, edit parts and mapping of the source. Nothing was touched.';
	END IF;
END $$;
COMMENT ON FUNCTION nsp_require_as_mapped(name) IS 'internal: refuses a source that is not as its mapping says';

-- The work of a load, in one transaction. Tables and views are made anew only
-- when the mapping was edited, for that makes their readers wait.
CREATE FUNCTION nsp_load(source name, number bigint) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' SET jit = off AS $$
DECLARE
	wants_full boolean;
	wanted text;
	counts jsonb := '{}';
	mapped jsonb;
BEGIN
	PERFORM ticket_mining.nsp_require_owner(source);
	PERFORM ticket_mining.run_lock('load', source);
	PERFORM ticket_mining.run_use_memory();
	PERFORM ticket_mining.nsp_require_as_mapped(source);
	PERFORM ticket_mining.run_enter(source);
	SELECT l.is_full INTO wants_full FROM loads l WHERE load_no = number;
	mapped := (SELECT jsonb_agg(to_jsonb(m) ORDER BY m.part COLLATE "C", m.field COLLATE "C") FROM mapping m);
	IF mapped IS DISTINCT FROM (SELECT l.mapping FROM loads l WHERE l.state = 'done' ORDER BY l.load_no DESC LIMIT 1) THEN
		PERFORM nsp_make_landing(source);
	END IF;
	FOR wanted IN SELECT p.part FROM parts p ORDER BY p.part LOOP
		PERFORM ticket_mining.run_progress('load', source, format('loading %s', wanted));
		counts := counts || jsonb_build_object(wanted, nsp_load_named_part(source, wanted, wants_full));
		IF (counts #>> ARRAY[wanted, 'full'])::boolean THEN
			EXECUTE format('ANALYZE %I.%I', source, 'landed_' || wanted);
		END IF;
	END LOOP;
	DELETE FROM catalog;
	INSERT INTO catalog SELECT r.part, r.remote_column, r.type FROM pg_temp.nsp_remote r;
	UPDATE loads SET state = 'done', finished_at = clock_timestamp(), rows = counts, mapping = mapped,
		warnings = array(SELECT concat_ws(': ', f.part, f.message) FROM pg_temp.nsp_findings f) || array(SELECT o FROM nsp_find_oddities(source, counts) o)
	WHERE load_no = number;
END $$;
COMMENT ON FUNCTION nsp_load(name, bigint) IS 'internal: the work of a load';

-- All that a load does in one transaction; then, if asked, it refreshes a log.
CREATE PROCEDURE load(source name, "full" boolean DEFAULT false, refresh name DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
	number bigint;
	failure text[];
BEGIN
	CALL ticket_mining.run_require_own_transactions('load');
	IF refresh IS NOT NULL THEN
		PERFORM ticket_mining.log_require_owner(refresh);
	END IF;
	CALL ticket_mining.run_commit();
	number := ticket_mining.nsp_begin_load(source, "full");
	CALL ticket_mining.run_steps('load', source, number, ARRAY[
		pg_catalog.format('SELECT ticket_mining.nsp_load(%L, %s)', source, number)], failure);
	PERFORM ticket_mining.run_throw(failure);
	IF refresh IS NOT NULL THEN
		CALL ticket_mining.refresh(refresh);
	END IF;
END $$;
COMMENT ON PROCEDURE load(name, boolean, name) IS 'reads what is new of a source, or all of it, into its landing tables; then refreshes a log, if one is named';
