-- nsp: reading one part of a source

-- The fields of a part that are there, the types they land with, how the foreign table
-- declares them, and how they are read from it. Times are read as text, since the
-- catalog does not tell a datetime, which could come as a timestamp, from a datetime2(3),
-- which cannot; but a watermark is compared with as a timestamp. tds_fdw fills but one of
-- two foreign columns of one remote column, so fields that are fed by the same one share
-- a foreign column. PL/pgSQL keeps the plan, for it is asked often.
CREATE FUNCTION nsp_fields(source name, part text, OUT field text, OUT remote_column text,
	OUT type text, OUT foreign_column text, OUT declared text, OUT expression text,
	OUT is_key boolean, OUT watermark text, OUT is_new boolean)
	RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 1000 ROWS 8 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY
	WITH fields AS (
		SELECT m.*, p.remote_table, r.type AS remote_type,
			ticket_mining.nsp_landed_type(m.read_as) AS type,
			min(m.field COLLATE "C") OVER same_column AS foreign_column,
			r.is_datetime AND bool_or(m.watermark = 'time') OVER same_column AS is_compared
		FROM ticket_mining.nsp_mapping(source) m
		JOIN ticket_mining.nsp_parts(source) p USING (part)
		JOIN ticket_mining.nsp_remote_columns(source) r USING (part, remote_column)
		WHERE m.part = nsp_fields.part
		WINDOW same_column AS (PARTITION BY m.remote_column)),
	row_key AS (
		SELECT CASE count(*) WHEN 1 THEN format('f.%I', min(f.foreign_column))
			ELSE string_agg(format('f.%I::text', f.foreign_column), ' || '', '' || ') END
			AS expression
		FROM fields f WHERE f.is_key)
	SELECT f.field, f.remote_column, f.type, f.foreign_column, d.declared,
		CASE WHEN f.read_as = 'boolean' THEN format('f.%I::integer::boolean', f.foreign_column)
			WHEN f.read_as = 'text' OR f.read_as = 'time' AND d.declared = 'text' THEN
				format('ticket_mining.%s(f.%I::text, %L, %s)',
					CASE f.read_as WHEN 'time' THEN 'tds_timestamp' ELSE 'tds_text' END,
					f.foreign_column, format('%s.%s', f.remote_table, f.remote_column),
					k.expression)
			ELSE format('f.%I::%s', f.foreign_column, f.type) END,
		f.is_key,
		CASE WHEN f.watermark = 'id' OR d.declared = 'timestamp(3)' THEN f.watermark END,
		NOT EXISTS (SELECT FROM ticket_mining.nsp_known_columns(source) c
			WHERE c.part = f.part AND c.remote_column = f.remote_column)
	FROM fields f, row_key k,
	LATERAL (SELECT CASE
		WHEN f.read_as = 'time' THEN CASE WHEN f.is_compared THEN 'timestamp(3)' ELSE 'text' END
		WHEN f.remote_type IN ('smallint', 'integer', 'bigint') AND f.read_as <> 'uuid'
			THEN f.remote_type
		WHEN f.read_as = 'number' THEN 'numeric'
		WHEN f.remote_type = 'uuid' THEN 'uuid' ELSE 'text' END) d (declared);
END $$;
COMMENT ON FUNCTION nsp_fields(name, text) IS
'internal: the fields of a part of a source, and how they are read';

-- In one order wherever they are named.
CREATE FUNCTION nsp_field_list(source name, part text, prefix text) RETURNS text LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT string_agg(prefix || quote_ident(f.field), ', ' ORDER BY f.field)
			FROM ticket_mining.nsp_fields(source, part) f);
END $$;
COMMENT ON FUNCTION nsp_field_list(name, text, text) IS
'internal: the fields of a part that is loaded, each behind a prefix';

CREATE FUNCTION nsp_keys(source name, part text) RETURNS text LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT string_agg(quote_ident(f.field), ', ' ORDER BY f.field)
			FROM ticket_mining.nsp_fields(source, part) f WHERE f.is_key);
END $$;
COMMENT ON FUNCTION nsp_keys(name, text) IS
'internal: the fields that tell the rows of a part apart';

-- The condition that reads on from the watermark, in literals, which are all
-- that tds_fdw can be trusted with; NULL where all is to be read.
CREATE FUNCTION nsp_watermark(source name, part text) RETURNS text LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	marked record;
	condition text;
BEGIN
	SELECT f.*, bool_or(f.is_new) OVER () AS is_any_new INTO marked
	FROM ticket_mining.nsp_fields(source, part) f ORDER BY f.watermark NULLS LAST LIMIT 1;
	IF marked.watermark IS NULL OR marked.is_any_new THEN
		RETURN NULL;
	END IF;
	EXECUTE ticket_mining.run_sql(source, $q$
		SELECT %s FROM @schema.settings s, (SELECT max(%I) FROM %s) l (latest)
		WHERE l.latest IS NOT NULL$q$,
		CASE marked.watermark
			WHEN 'id' THEN $e$format('f.%I > %s', $1, l.latest - s.overlap_rows)$e$
			ELSE $e$format('f.%I >= %L::timestamp', $1,
				to_char(l.latest - s.overlap, 'YYYY-MM-DD HH24:MI:SS'))$e$ END,
		marked.field, ticket_mining.nsp_landed(source, part))
		INTO condition USING marked.foreign_column;
	RETURN condition;
END $$;
COMMENT ON FUNCTION nsp_watermark(name, text) IS
'internal: the condition by which a part is read on';

-- What a part is read from and into, both with the temporary tables, where nobody else
-- can put one. Neither has anything of the owner's, such as a trigger or a domain, that
-- would run while the part is read.
CREATE FUNCTION nsp_make_stage(source name, part text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	remote record;
BEGIN
	SELECT p.remote_schema, p.remote_table, s.server INTO remote
	FROM ticket_mining.nsp_parts(source) p, ticket_mining.nsp_settings(source) s
	WHERE p.part = nsp_make_stage.part;
	EXECUTE ticket_mining.run_sql(source,
		'CREATE FOREIGN TABLE @run.remote (%s) SERVER %I OPTIONS (schema_name %L, table_name %L)',
		(SELECT string_agg(DISTINCT format('%I %s OPTIONS (column_name %L)',
			f.foreign_column, f.declared, f.remote_column), ', ')
		 FROM ticket_mining.nsp_fields(source, part) f),
		remote.server, remote.remote_schema, remote.remote_table);
	EXECUTE ticket_mining.run_sql(source,
		'CREATE TEMPORARY TABLE @run.stage (%s, landed_at timestamptz) ON COMMIT DROP',
		(SELECT string_agg(format('%I %s', f.field, f.type), ', ')
		 FROM ticket_mining.nsp_fields(source, part) f));
END $$;
COMMENT ON FUNCTION nsp_make_stage(name, text) IS
'internal: makes what a part of a source is read from and into';

-- By nothing but INSERT … SELECT of columns.
CREATE FUNCTION nsp_read_statement(source name, part text, reads_on boolean) RETURNS text
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.nsp_require_owner(source);
	PERFORM ticket_mining.nsp_require_server(source);
	PERFORM ticket_mining.nsp_make_stage(source, part);
	RETURN ticket_mining.run_sql(source, $q$
		INSERT INTO @run.stage (%s, landed_at)
		SELECT %s, transaction_timestamp() FROM @run.remote f %s$q$,
		ticket_mining.nsp_field_list(source, part, ''),
		(SELECT string_agg(f.expression, ', ' ORDER BY f.field)
		 FROM ticket_mining.nsp_fields(source, part) f),
		CASE WHEN reads_on THEN 'WHERE ' || ticket_mining.nsp_watermark(source, part) END);
END $$;
COMMENT ON FUNCTION nsp_read_statement(name, text, boolean) IS
'internal: the statement that reads a part of a source';

CREATE FUNCTION nsp_read_remote(source name, part text, reads_on boolean) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT COST 100000 SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION nsp_read_remote(name, text, boolean) IS
'internal: reads a part of a source, with the words of the remote server in an error; '
'gives the number of rows';
