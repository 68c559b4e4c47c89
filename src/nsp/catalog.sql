-- nsp: the check of the remote catalog

-- What is wrong with the settings of a source, its foreign server included.
CREATE FUNCTION nsp_settings_findings(source name, OUT severity text, OUT message text)
	RETURNS SETOF record LANGUAGE sql
	STABLE COST 1000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	SELECT f.severity, f.message
	FROM ticket_mining.nsp_settings(source) s, ticket_mining.nsp_server_findings(s.server) f
	UNION ALL
	SELECT 'breaking', f.fault
	FROM ticket_mining.nsp_settings(source) s, ticket_mining.run_zone_fault(s.time_zone) f (fault)
	WHERE f.fault IS NOT NULL
	UNION ALL
	SELECT 'breaking',
		'the table settings is empty: INSERT INTO settings (server, time_zone) VALUES (...)'
	WHERE NOT EXISTS (SELECT FROM ticket_mining.nsp_settings(source))
$$;
COMMENT ON FUNCTION nsp_settings_findings(name) IS
'internal: what is wrong with the settings of a source';

-- Refuses a source that cannot be read, or whose server is not one of tds_fdw.
CREATE FUNCTION nsp_require_server(source name) RETURNS void LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	broken text := (SELECT string_agg(f.message, E'\n')
		FROM ticket_mining.nsp_settings_findings(source) f WHERE f.severity = 'breaking');
BEGIN
	IF broken IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('source "%s" cannot be read', source), DETAIL = broken;
	END IF;
END $$;
COMMENT ON FUNCTION nsp_require_server(name) IS 'internal: refuses a source that cannot be read';

CREATE FUNCTION nsp_import_statement(source name, remote_schema text, into_schema name) RETURNS text
	LANGUAGE plpgsql STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.nsp_require_owner(source);
	PERFORM ticket_mining.nsp_require_server(source);
	RETURN format('IMPORT FOREIGN SCHEMA %I LIMIT TO (%s) FROM SERVER %I INTO %I', remote_schema,
		(SELECT string_agg(quote_ident(p.remote_table), ', ') FROM ticket_mining.nsp_parts(source) p
		 WHERE p.remote_schema = nsp_import_statement.remote_schema),
		(SELECT s.server FROM ticket_mining.nsp_settings(source) s), into_schema);
END $$;
COMMENT ON FUNCTION nsp_import_statement(name, text, name) IS
'internal: the statement that imports remote tables of a source';

CREATE FUNCTION nsp_import_remote(source name, remote_schema text, into_schema name) RETURNS void
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT COST 100000 SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION nsp_import_remote(name, text, name) IS
'internal: imports remote tables of a source, with the words of the remote server in an error';

-- Through a schema whose name nobody can know in advance, and that is dropped at once.
CREATE FUNCTION nsp_read_remote_schema(source name, remote_schema text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	scratch name := 'ticket_mining ' || gen_random_uuid();
BEGIN
	EXECUTE format('CREATE SCHEMA %I', scratch);
	PERFORM ticket_mining.nsp_import_remote(source, remote_schema, scratch);
	EXECUTE ticket_mining.run_sql(source, $q$
		INSERT INTO @run.remote_columns (part, remote_column, type, is_datetime)
		SELECT p.part, coalesce((SELECT o.option_value FROM pg_options_to_table(a.attfdwoptions) o
			WHERE o.option_name = 'column_name'), a.attname), format_type(a.atttypid, a.atttypmod),
			a.atttypid = 'timestamp'::regtype AND a.atttypmod = 3
		FROM ticket_mining.nsp_parts($1) p
		JOIN pg_class c
			ON c.relname = p.remote_table AND c.relnamespace = to_regnamespace(quote_ident($3))
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE p.remote_schema = $2$q$) USING source, remote_schema, scratch;
	EXECUTE format('DROP SCHEMA %I CASCADE', scratch);
END $$;
COMMENT ON FUNCTION nsp_read_remote_schema(name, text) IS
'internal: reads what the remote catalog says of one schema';

-- @run.remote_columns: the columns that the remote tables have now, with the types
-- that tds_fdw gives them.
CREATE FUNCTION nsp_read_catalog(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
	wanted text;
BEGIN
	EXECUTE ticket_mining.run_sql(source, 'DROP TABLE IF EXISTS @run.remote_columns');
	EXECUTE ticket_mining.run_sql(source, $q$
		CREATE TEMPORARY TABLE @run.remote_columns (
			part text, remote_column text, type text, is_datetime boolean) ON COMMIT DROP$q$);
	FOR wanted IN SELECT DISTINCT p.remote_schema FROM ticket_mining.nsp_parts(source) p LOOP
		PERFORM ticket_mining.nsp_read_remote_schema(source, wanted);
	END LOOP;
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
COMMENT ON FUNCTION nsp_can_read(text, text) IS
'internal: whether a remote type can be read as a kind of field';

-- What is wrong with the mapping, whatever there is remotely.
CREATE FUNCTION nsp_mapping_faults(source name, OUT severity text, OUT part text, OUT message text)
	RETURNS SETOF record LANGUAGE sql
	STABLE COST 10000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
	SELECT 'breaking', d.part, format('field %s of part %s is not in the mapping', d.field, d.part)
	FROM ticket_mining.nsp_default_fields d
	WHERE d.part IN ('tickets', 'changes') AND d.is_required AND NOT EXISTS (
		SELECT FROM ticket_mining.nsp_mapping(source) m WHERE m.part = d.part AND m.field = d.field)
	UNION ALL
	SELECT 'breaking', m.part,
		format('field %s of part %s must be read as %s', m.field, m.part, d.read_as)
	FROM ticket_mining.nsp_default_fields d
	JOIN ticket_mining.nsp_mapping(source) m USING (part, field)
	WHERE m.read_as <> d.read_as AND d.field NOT IN (
		'case_id', 'case_no', 'status', 'team', 'priority', 'id', 'stage_id', 'status_id')
	UNION ALL
	SELECT 'breaking', m.part, format(
		'field case_id of part %s is read as %s, but in tickets as %s', m.part, m.read_as,
			t.read_as)
	FROM ticket_mining.nsp_mapping(source) m
	JOIN ticket_mining.nsp_mapping(source) t ON t.part = 'tickets' AND t.field = 'case_id'
	WHERE m.part IN ('changes', 'comments') AND m.field = 'case_id' AND m.read_as <> t.read_as
	UNION ALL
	SELECT 'breaking', m.part, format('part %s has no field that is_key', m.part)
	FROM ticket_mining.nsp_mapping(source) m GROUP BY m.part HAVING NOT bool_or(m.is_key)
	UNION ALL
	SELECT 'breaking', l.lookup,
		format('part %s is a lookup, but the mapping has no field %s of it', l.lookup, n.field)
	FROM (SELECT m.lookup FROM ticket_mining.nsp_mapping(source) m
		  UNION SELECT p.lookup FROM ticket_mining.nsp_properties(source) p) l,
		(VALUES ('id'), ('name')) n (field)
	WHERE l.lookup IS NOT NULL AND NOT EXISTS (
		SELECT FROM ticket_mining.nsp_mapping(source) m
		WHERE m.part = l.lookup AND m.field = n.field)
$$;
COMMENT ON FUNCTION nsp_mapping_faults(name) IS
'internal: what is wrong with the mapping of a source';

-- What the remote tables lack, or have otherwise than the mapping says.
CREATE FUNCTION nsp_remote_faults(source name, OUT severity text, OUT part text, OUT message text)
	RETURNS SETOF record LANGUAGE sql
	STABLE COST 10000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
	WITH remote AS (SELECT * FROM ticket_mining.nsp_remote_columns(source)),
	mapping AS (
		SELECT m.*, p.remote_table
		FROM ticket_mining.nsp_mapping(source) m
		JOIN ticket_mining.nsp_parts(source) p USING (part))
	SELECT CASE WHEN p.is_required THEN 'breaking' ELSE 'warning' END, p.part,
		format('there is no table or view %s.%s', p.remote_schema, p.remote_table)
	FROM ticket_mining.nsp_parts(source) p
	WHERE NOT EXISTS (SELECT FROM remote r WHERE r.part = p.part)
	UNION ALL
	SELECT CASE WHEN m.is_required THEN 'breaking' ELSE 'warning' END, m.part,
		format('%s has no column %s (field %s)', m.remote_table, m.remote_column, m.field)
	FROM mapping m
	WHERE EXISTS (SELECT FROM remote r WHERE r.part = m.part) AND NOT EXISTS (
		SELECT FROM remote r WHERE r.part = m.part AND r.remote_column = m.remote_column)
	UNION ALL
	SELECT 'breaking', m.part, CASE WHEN r.type LIKE 'timestamp%with time zone'
		THEN format('column %s of %s is a datetimeoffset, whose offset is lost on the way: '
			'CONVERT it in a remote view', m.remote_column, m.remote_table)
		ELSE format('column %s of %s is of type %s, which cannot be read as %s',
			m.remote_column, m.remote_table, r.type, m.read_as) END
	FROM mapping m JOIN remote r USING (part, remote_column)
	WHERE NOT ticket_mining.nsp_can_read(m.read_as, r.type)
	UNION ALL
	SELECT 'breaking', m.part, format(
		'column %s feeds fields that are read as %s: one column can be read in one way',
		m.remote_column, string_agg(DISTINCT m.read_as, ' and '))
	FROM mapping m GROUP BY m.part, m.remote_column HAVING count(DISTINCT m.read_as) > 1
$$;
COMMENT ON FUNCTION nsp_remote_faults(name) IS
'internal: what the remote tables of a source have otherwise than its mapping says';

-- What has changed since the last good load.
CREATE FUNCTION nsp_remote_changes(source name, OUT severity text, OUT part text, OUT message text)
	RETURNS SETOF record LANGUAGE sql
	STABLE COST 10000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
	WITH remote AS (SELECT * FROM ticket_mining.nsp_remote_columns(source)),
	known AS (SELECT * FROM ticket_mining.nsp_known_columns(source))
	SELECT 'warning', k.part,
		format('column %s was of type %s and is of type %s now', k.remote_column, k.type, r.type)
	FROM known k JOIN remote r USING (part, remote_column) WHERE r.type <> k.type
	UNION ALL
	SELECT 'warning', r.part, format('column %s is new', r.remote_column)
	FROM remote r
	WHERE EXISTS (SELECT FROM known k WHERE k.part = r.part) AND NOT EXISTS (
		SELECT FROM known k WHERE k.part = r.part AND k.remote_column = r.remote_column)
	UNION ALL
	SELECT 'warning', k.part, format('column %s is gone', k.remote_column)
	FROM known k
	WHERE EXISTS (SELECT FROM remote r WHERE r.part = k.part) AND NOT EXISTS (
		SELECT FROM remote r WHERE r.part = k.part AND r.remote_column = k.remote_column)
	AND NOT EXISTS (
		SELECT FROM ticket_mining.nsp_mapping(source) m
		WHERE m.part = k.part AND m.remote_column = k.remote_column)
$$;
COMMENT ON FUNCTION nsp_remote_changes(name) IS
'internal: what has changed in the remote tables of a source';

-- All differences between @run.remote_columns and what the mapping expects.
CREATE FUNCTION nsp_compare_catalog(source name, OUT severity text, OUT part text, OUT message text)
	RETURNS SETOF record LANGUAGE sql
	STABLE COST 10000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
	SELECT 'breaking', NULL, 'none of the remote tables is there: '
		'wrong database or schema, or no right to read them'
	WHERE NOT EXISTS (SELECT FROM ticket_mining.nsp_remote_columns(source))
	UNION ALL
	SELECT f.*
	FROM (SELECT * FROM ticket_mining.nsp_mapping_faults(source)
		  UNION ALL SELECT * FROM ticket_mining.nsp_remote_faults(source)
		  UNION ALL SELECT * FROM ticket_mining.nsp_remote_changes(source)) f
	WHERE EXISTS (SELECT FROM ticket_mining.nsp_remote_columns(source))
$$;
COMMENT ON FUNCTION nsp_compare_catalog(name) IS
'internal: compares the remote catalog of a source with its mapping';

-- Leaves what it read in @run.remote_columns, for the load that goes on from there.
CREATE FUNCTION check_source(source name, OUT severity text, OUT part text, OUT message text)
	RETURNS SETOF record LANGUAGE plpgsql
	COST 100000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	is_readable boolean := true;
BEGIN
	PERFORM ticket_mining.nsp_require_owner(source);
	FOR severity, message IN
		SELECT f.severity, f.message FROM ticket_mining.nsp_settings_findings(source) f
	LOOP
		is_readable := is_readable AND severity <> 'breaking';
		RETURN NEXT;
	END LOOP;
	IF is_readable THEN
		PERFORM ticket_mining.nsp_read_catalog(source);
		RETURN QUERY SELECT c.* FROM ticket_mining.nsp_compare_catalog(source) c;
	END IF;
END $$;
COMMENT ON FUNCTION check_source(name) IS
'compares the remote tables of a source with what its mapping expects: what is breaking stops a '
'load';
