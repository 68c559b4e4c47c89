-- nsp: what the owner of a source has set, and what is known of the remote tables,
-- as rows: whoever reads them needs no statement made at run time.

CREATE FUNCTION nsp_settings(source name, OUT server name, OUT time_zone text,
	OUT full_every interval, OUT overlap_rows bigint, OUT overlap interval)
	RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 100 ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE ticket_mining.run_sql(source, $q$
		SELECT s.server, s.time_zone, s.full_every, s.overlap_rows, s.overlap
		FROM @schema.settings s$q$);
END $$;
COMMENT ON FUNCTION nsp_settings(name) IS 'internal: the settings of a source';

CREATE FUNCTION nsp_parts(source name, OUT part text, OUT remote_schema text, OUT remote_table text,
	OUT is_required boolean, OUT counts_missing boolean) RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 100 ROWS 8 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE ticket_mining.run_sql(source, $q$
		SELECT p.part, p.remote_schema, p.remote_table, p.is_required, p.counts_missing
		FROM @schema.parts p$q$);
END $$;
COMMENT ON FUNCTION nsp_parts(name) IS 'internal: the parts of a source';

CREATE FUNCTION nsp_mapping(source name, OUT part text, OUT field text, OUT remote_column text,
	OUT read_as text, OUT is_key boolean, OUT is_required boolean, OUT watermark text,
	OUT lookup text) RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 100 ROWS 30 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE ticket_mining.run_sql(source, $q$
		SELECT m.part, m.field, m.remote_column, m.read_as, m.is_key, m.is_required, m.watermark,
			m.lookup
		FROM @schema.mapping m$q$);
END $$;
COMMENT ON FUNCTION nsp_mapping(name) IS 'internal: the mapping of a source';

CREATE FUNCTION nsp_properties(source name, OUT property text, OUT becomes text, OUT lookup text)
	RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 100 ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE ticket_mining.run_sql(source, $q$
		SELECT p.property, p.becomes, p.lookup FROM @schema.properties p$q$);
END $$;
COMMENT ON FUNCTION nsp_properties(name) IS 'internal: the properties of the history of a source';

CREATE FUNCTION nsp_known_columns(source name, OUT part text, OUT remote_column text, OUT type text)
	RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 100 ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE ticket_mining.run_sql(source, $q$
		SELECT c.part, c.remote_column, c.type FROM @schema.catalog c$q$);
END $$;
COMMENT ON FUNCTION nsp_known_columns(name) IS
'internal: the remote columns as the last good load of a source found them';

-- What nsp_read_catalog() has read in this transaction.
CREATE FUNCTION nsp_remote_columns(source name, OUT part text, OUT remote_column text,
	OUT type text, OUT is_datetime boolean) RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 100 ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE ticket_mining.run_sql(source, $q$
		SELECT r.part, r.remote_column, r.type, r.is_datetime FROM @run.remote_columns r$q$);
END $$;
COMMENT ON FUNCTION nsp_remote_columns(name) IS
'internal: the columns that the remote tables of a source have now';

-- The attributes of a ticket: fields beyond those that have a meaning of their own.
CREATE FUNCTION nsp_attributes(source name, OUT field text, OUT lookup text) RETURNS SETOF record
	LANGUAGE sql STABLE COST 100 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
	SELECT m.field, m.lookup FROM ticket_mining.nsp_mapping(source) m
	WHERE m.part = 'tickets' AND m.field <> ALL (
		'{case_id,case_no,status,team,created_at,updated_at,is_deleted}')
	ORDER BY m.field COLLATE "C"
$$;
COMMENT ON FUNCTION nsp_attributes(name) IS 'internal: the attributes of the tickets of a source';
