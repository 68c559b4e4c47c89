-- nsp: local tables for the remote ones

-- The type that a field has when it has landed.
CREATE FUNCTION nsp_landed_type(read_as text) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN CASE read_as WHEN 'integer' THEN 'bigint' WHEN 'time' THEN 'timestamp'
	WHEN 'number' THEN 'numeric' ELSE read_as END;
COMMENT ON FUNCTION nsp_landed_type(text) IS 'internal: the type of a landed field';

-- A table of a source, named in a statement.
CREATE FUNCTION nsp_landed(source name, part text) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN format('%I.%I', source, 'landed_' || part);
COMMENT ON FUNCTION nsp_landed(name, text) IS
'internal: the name of the table that a part of a source lands in';

CREATE FUNCTION nsp_make_landing_table(source name, part text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	landed text := ticket_mining.nsp_landed(source, part);
BEGIN
	EXECUTE format(
		'CREATE TABLE %s (%s, missing_since timestamptz, landed_at timestamptz NOT NULL)', landed,
		(SELECT string_agg(format('%I %s%s', m.field, ticket_mining.nsp_landed_type(m.read_as),
			CASE WHEN m.is_key THEN ' NOT NULL' END), ', ' ORDER BY m.field)
		 FROM ticket_mining.nsp_mapping(source) m WHERE m.part = nsp_make_landing_table.part));
	EXECUTE format('COMMENT ON TABLE %s IS %L', landed, 'What was read of ' || part);
	EXECUTE format('COMMENT ON COLUMN %s.missing_since IS %L', landed,
		'Since when it is no longer there');
	EXECUTE format('COMMENT ON COLUMN %s.landed_at IS %L', landed,
		'When it was new or had changed');
END $$;
COMMENT ON FUNCTION nsp_make_landing_table(name, text) IS
'internal: makes a landing table of a source';

-- Fields whose column is not there, or of another type: type_now is NULL or that.
CREATE FUNCTION nsp_odd_fields(source name, OUT landed text, OUT field text, OUT type text,
	OUT type_now regtype) RETURNS SETOF record LANGUAGE sql
	STABLE COST 1000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
	SELECT t.landed, m.field, ticket_mining.nsp_landed_type(m.read_as), a.atttypid
	FROM ticket_mining.nsp_mapping(source) m
	CROSS JOIN LATERAL ticket_mining.nsp_landed(source, m.part) t (landed)
	LEFT JOIN pg_attribute a
		ON a.attrelid = to_regclass(t.landed) AND a.attname = m.field AND NOT a.attisdropped
	WHERE a.attname IS NULL OR a.atttypid <> to_regtype(ticket_mining.nsp_landed_type(m.read_as))
$$;
COMMENT ON FUNCTION nsp_odd_fields(name) IS
'internal: the fields of a source that the landing tables have not, or otherwise';

-- A field whose type changed lands anew.
CREATE FUNCTION nsp_make_landing_columns(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	odd record;
BEGIN
	FOR odd IN SELECT f.* FROM ticket_mining.nsp_odd_fields(source) f LOOP
		IF odd.type_now IS NULL THEN
			EXECUTE format('ALTER TABLE %s ADD %I %s', odd.landed, odd.field, odd.type);
		ELSE
			PERFORM ticket_mining.nsp_drop_views(source);
			EXECUTE format('TRUNCATE %s', odd.landed);
			EXECUTE format('ALTER TABLE %s ALTER %I TYPE %s USING NULL', odd.landed, odd.field,
				odd.type);
		END IF;
	END LOOP;
EXCEPTION WHEN feature_not_supported THEN
	PERFORM ticket_mining.run_throw_dependents(source, ARRAY[odd.landed::regclass]);
	RAISE;
END $$;
COMMENT ON FUNCTION nsp_make_landing_columns(name) IS
'internal: makes the columns of the landing tables of a source';

CREATE FUNCTION nsp_comment_landing(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	mapped record;
BEGIN
	FOR mapped IN
		SELECT m.part, m.field, format('%s of %s', m.remote_column, p.remote_table) AS meaning
		FROM ticket_mining.nsp_mapping(source) m JOIN ticket_mining.nsp_parts(source) p USING (part)
	LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L',
			ticket_mining.nsp_landed(source, mapped.part), mapped.field, mapped.meaning);
	END LOOP;
END $$;
COMMENT ON FUNCTION nsp_comment_landing(name) IS
'internal: says where the columns of the landing tables of a source come from';

-- Makes what the mapping asks for and is not there yet: a table a part, a
-- column a field; keys come with the first load.
CREATE FUNCTION nsp_make_landing(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	wanted text;
BEGIN
	FOR wanted IN SELECT DISTINCT m.part FROM ticket_mining.nsp_mapping(source) m
		WHERE to_regclass(ticket_mining.nsp_landed(source, m.part)) IS NULL
	LOOP
		PERFORM ticket_mining.nsp_make_landing_table(source, wanted);
	END LOOP;
	PERFORM ticket_mining.nsp_make_landing_columns(source);
	PERFORM ticket_mining.nsp_comment_landing(source);
	PERFORM ticket_mining.nsp_make_views(source);
END $$;
COMMENT ON FUNCTION nsp_make_landing(name) IS
'internal: makes the landing tables and views of a source';

-- NSP's stages say which statuses wait and which are done; the rest is ours. A
-- suggestion: rows of the map that somebody has edited stay as they are.
CREATE PROCEDURE suggest_activity_map(source name, log name) LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.nsp_require_owner(source);
	PERFORM ticket_mining.log_require_owner(log);
	PERFORM ticket_mining.run_guard(log, '{activity_map}');
	EXECUTE ticket_mining.run_sql(source, $q$
		UPDATE %1$I.activity_map m
		SET kind = CASE WHEN s.is_closed THEN 'resolved' ELSE 'open' END,
			segment = CASE WHEN s.is_closed THEN 'stopped'
				WHEN s.is_pending THEN 'user' ELSE 'us' END
		FROM (SELECT n.name, bool_or(g.is_closed) AS is_closed, bool_or(g.is_pending) AS is_pending
			  FROM @schema.names n
			  JOIN @schema.landed_stage_statuses i ON i.status_id::text = n.id
			  JOIN @schema.landed_stages g ON g.id = i.stage_id
			  WHERE n.part = 'statuses' GROUP BY n.name) s
		WHERE m.activity = s.name AND m.kind = 'open' AND m.segment = 'unknown'$q$, log);
	EXECUTE ticket_mining.run_sql(source, $q$
		UPDATE %1$I.activity_map m SET kind = 'note' FROM @schema.properties p
		WHERE p.becomes = 'note' AND m.activity = p.label
		AND m.kind = 'open' AND m.segment = 'unknown'$q$, log);
END $$;
COMMENT ON PROCEDURE suggest_activity_map(name, name) IS
'fills rows of a log''s activity map that nobody has edited, by NSP''s stages: closed is '
'resolved, pending is with the user, the rest with us';
