-- log: the attributes of the cases, which become columns of the mined cases

-- The time that is meant: ticket systems write the first and last day that they know
-- to mean no time, and no client reads a time before the year 1 or after 9999.
CREATE FUNCTION log_known_time(at timestamp) RETURNS timestamp LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN CASE WHEN at > '0001-01-01' AND at < '9999-12-31' AND at NOT IN ('1753-01-01', '1900-01-01')
	THEN at END;
COMMENT ON FUNCTION log_known_time(timestamp) IS
'internal: a time; NULL for one that ticket systems write for none';

-- The latest dates do not fit a timestamp.
CREATE FUNCTION log_known_time(at date) RETURNS date LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN CASE WHEN at < '9999-12-31' THEN log_known_time(at::timestamp)::date END;
COMMENT ON FUNCTION log_known_time(date) IS 'internal: the same of a day';

CREATE FUNCTION log_known_time(at timestamptz, zone text) RETURNS timestamp LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN CASE WHEN log_known_time(at AT TIME ZONE 'UTC') IS NOT NULL
	THEN log_known_time(at AT TIME ZONE zone) END;
COMMENT ON FUNCTION log_known_time(timestamptz, text) IS
'internal: the same in local time; NULL where it is none in UTC or in the zone';

-- The attributes of a relation of cases and those that are mined already, with the
-- expressions that read them, in the order of the columns.
CREATE FUNCTION log_attributes(log name, relation text, time_zone text, OUT column_name text,
		OUT type text, OUT mined_type text, OUT expression text, OUT mined_no integer)
	RETURNS SETOF record LANGUAGE sql
	STABLE COST 1000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(source.column_name, mined.column_name), source.attribute_type, mined.type,
		   source.expression, mined.column_no
	FROM (SELECT c.* FROM ticket_mining.log_columns(relation, time_zone) c
		  WHERE NOT EXISTS (SELECT FROM ticket_mining.mined_columns m
							WHERE m.table_name = 'cases' AND m.column_name = c.column_name)) source
	FULL JOIN (SELECT c.* FROM ticket_mining.log_columns(format('%I.cases', log), 'UTC') c
			   WHERE NOT EXISTS (SELECT FROM ticket_mining.mined_columns m
								 WHERE m.table_name = 'cases'
								 AND m.column_name = c.column_name)) mined
		USING (column_name)
	ORDER BY mined.column_no, source.column_no
$$;
COMMENT ON FUNCTION log_attributes(name, text, text) IS
'internal: the attributes of the cases of a log';

-- New attributes get their column, faulty ones are refused later; one that has gone or
-- changed its type stops the refresh, since reports may depend on it.
CREATE FUNCTION log_add_attributes(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	attribute record;
BEGIN
	FOR attribute IN EXECUTE run_sql(log, $q$
		SELECT a.* FROM @schema.settings s,
			log_attributes($1, coalesce(s.cases, quote_ident(s.from_log) || '.cases'),
				s.time_zone) a
		WHERE a.mined_type IS NULL AND a.type IS NOT NULL$q$) USING log
	LOOP
		EXECUTE format('ALTER TABLE %I.cases ADD COLUMN %I %s', log, attribute.column_name,
			attribute.type);
		EXECUTE format('COMMENT ON COLUMN %I.cases.%I IS %L', log, attribute.column_name,
			'Attribute of the case, from the ticket system');
	END LOOP;
END $$;
COMMENT ON FUNCTION log_add_attributes(name) IS
'internal: adds columns for new attributes of the cases';

CREATE FUNCTION log_require_attributes(log name) RETURNS void LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	lost text;
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT string_agg(format('%%I (%%s)', a.column_name,
			coalesce('now ' || a.type || ', was ' || a.mined_type, 'gone')), ', ')
		FROM @run.attributes a
		WHERE to_regtype(a.type) IS DISTINCT FROM to_regtype(a.mined_type)$q$) INTO lost;
	IF lost IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_column',
			MESSAGE = format('attributes of the cases have changed: %s', lost),
			HINT = format('If that is meant: ALTER TABLE %I.cases DROP COLUMN ..., and refresh'
				' again.', log);
	END IF;
END $$;
COMMENT ON FUNCTION log_require_attributes(name) IS
'internal: refuses attributes that have gone or changed their type';

-- What a query says of each attribute, in their order: a list of format()s of their
-- name here, the expression that reads them, and their name in the cases.
CREATE FUNCTION log_each_attribute(log name, form text) RETURNS text LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	list text;
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT coalesce(string_agg(format($1, 'attribute ' || a.attribute_no,
			coalesce(a.expression, 'NULL::' || a.mined_type), a.column_name), ''
			ORDER BY a.attribute_no), '')
		FROM @run.attributes a$q$) INTO list USING form;
	RETURN list;
END $$;
COMMENT ON FUNCTION log_each_attribute(name, text) IS
'internal: what a query says of each attribute';

-- The columns of the attributes as text: one that was dropped and came back is a
-- different one.
CREATE FUNCTION log_attribute_columns(log name) RETURNS text LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	columns text;
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT string_agg(format('%%s %%s %%s', a.mined_no, a.column_name, a.type), ', '
			ORDER BY a.attribute_no)
		FROM @run.attributes a$q$) INTO columns;
	RETURN columns;
END $$;
COMMENT ON FUNCTION log_attribute_columns(name) IS
'internal: the columns of the attributes as a text';

-- Which attributes of a case are times that mean no time.
CREATE FUNCTION log_unknown_times(log name) RETURNS text LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	expression text;
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT format('array_remove(ARRAY[%%s]::text[], NULL)', string_agg(
			format('CASE WHEN c.%%1$I IS NOT NULL AND %%2$s IS NULL THEN %%1$L END',
				a.column_name, a.expression), ', ' ORDER BY a.attribute_no))
		FROM @run.attributes a WHERE a.type IN ('date', 'timestamp')$q$) INTO expression;
	RETURN expression;
END $$;
COMMENT ON FUNCTION log_unknown_times(name) IS
'internal: the expression for the attributes of a case that are times for none';
