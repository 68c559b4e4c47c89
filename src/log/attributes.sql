-- log: the attributes of the cases, which become columns of the mined cases

-- The time that is meant: ticket systems write the first and last day that they know
-- to mean no time, at any time of the day, and no client reads a time before the year 1 or
-- after 9999.
CREATE FUNCTION log_known_time(at timestamp) RETURNS timestamp LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN CASE WHEN at >= '0001-01-02' AND at < '9999-12-31'
	AND date_trunc('day', at) NOT IN ('1753-01-01', '1900-01-01')
	THEN at END;
COMMENT ON FUNCTION log_known_time(timestamp) IS
'internal: a time; NULL for one that ticket systems write for none';

-- The latest dates do not fit a timestamp.
CREATE FUNCTION log_known_time(at date) RETURNS date LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN CASE WHEN at < '9999-12-31' THEN log_known_time(at::timestamp)::date END;
COMMENT ON FUNCTION log_known_time(date) IS 'internal: the same of a day';

-- Before there was standard time a zone had minutes of its own, which those who write such
-- days do not know: theirs may be the day of its offset of later.
CREATE FUNCTION log_known_time(at timestamptz, zone text) RETURNS timestamp LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 3
RETURN CASE WHEN at > '1900-01-03' AND at < '9999-12-29'
	OR log_known_time(at AT TIME ZONE 'UTC') IS NOT NULL
	AND log_known_time((at AT TIME ZONE 'UTC')
		+ ((timestamptz '2000-01-01 00:00+00' AT TIME ZONE zone) - '2000-01-01')) IS NOT NULL
	THEN log_known_time(at AT TIME ZONE zone) END;
COMMENT ON FUNCTION log_known_time(timestamptz, text) IS
'internal: the same in local time; NULL where it is none in UTC or in the zone';

-- A number as mined tables hold it; NULL for one that is too large for them.
CREATE FUNCTION log_number(number numeric) RETURNS float8 LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 5
RETURN CASE WHEN abs(number) < 1e-307 THEN 0
	WHEN abs(number) > 1.7976931348623157e308 AND abs(number) < 'Infinity' THEN NULL
	ELSE number::float8 END;
COMMENT ON FUNCTION log_number(numeric) IS
'internal: a number as mined tables hold it; NULL for one that they cannot';

-- The attributes of a relation of cases and those that are mined already, with the
-- expressions that read them, in the order of the columns.
CREATE FUNCTION log_attributes(log name, relation text, time_zone text, OUT column_name text,
		OUT type text, OUT mined_type text, OUT expression text, OUT mined_no integer,
		OUT accepts text)
	RETURNS SETOF record LANGUAGE sql
	STABLE COST 1000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(source.column_name, mined.column_name), source.attribute_type, mined.type,
		   source.expression, mined.column_no, source.accepts
	FROM (SELECT c.* FROM ticket_mining.log_columns(relation, time_zone) c
		  WHERE ticket_mining.log_reserved_for(c.column_name) IS NULL) source
	FULL JOIN (SELECT c.* FROM ticket_mining.log_columns(format('%I.cases', log), 'UTC') c
			   WHERE ticket_mining.log_reserved_for(c.column_name) IS NULL) mined
		USING (column_name)
	ORDER BY mined.column_no, source.column_no
$$;
COMMENT ON FUNCTION log_attributes(name, text, text) IS
'internal: the attributes of the cases of a log';

-- New attributes get their column, unless there is one that stops the refresh later: it is
-- faulty, has gone or changed its type. So a source that is put back is as it was.
CREATE FUNCTION log_add_attributes(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	attribute record;
BEGIN
	FOR attribute IN EXECUTE run_sql(log, $q$
		WITH found AS (
			SELECT a.* FROM @schema.settings s,
				log_attributes($1, coalesce(s.cases, quote_ident(s.from_log) || '.cases'),
					s.time_zone) a)
		SELECT f.* FROM found f WHERE f.mined_type IS NULL AND NOT EXISTS (
			SELECT FROM found o WHERE to_regtype(o.type) IS NULL OR o.mined_type IS NOT NULL
			AND to_regtype(o.type) IS DISTINCT FROM to_regtype(o.mined_type))$q$) USING log
	LOOP
		EXECUTE format('ALTER TABLE %I.cases ADD COLUMN %I %s', log, attribute.column_name,
			attribute.type);
		EXECUTE format('COMMENT ON COLUMN %I.cases.%I IS %L', log, attribute.column_name,
			'Attribute of the case, from the ticket system');
	END LOOP;
END $$;
COMMENT ON FUNCTION log_add_attributes(name) IS
'internal: adds columns for new attributes of the cases';

-- A time with a zone is mined in local time, one without as it is: the same column, but
-- other times.
CREATE FUNCTION log_require_attributes(log name) RETURNS void LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	lost text;
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT string_agg(format('%%I (%%s)', a.column_name,
			coalesce('now ' || t.is_now || ', was ' || t.was, 'gone')), ', ')
		FROM @run.attributes a
		LEFT JOIN (SELECT r.config -> 'times' AS times FROM @schema.refreshes r
				   WHERE r.state = 'done' ORDER BY r.refresh_no DESC LIMIT 1) r ON true
		CROSS JOIN LATERAL (SELECT
			CASE WHEN a.type = 'timestamp' THEN a.accepts ELSE a.type END,
			CASE WHEN a.type = 'timestamp' AND to_regtype(a.mined_type) = to_regtype(a.type)
				THEN coalesce(r.times ->> a.mined_no::text, a.accepts)
				ELSE a.mined_type END) t (is_now, was)
		WHERE to_regtype(t.is_now) IS DISTINCT FROM to_regtype(t.was)$q$) INTO lost;
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

-- Which attributes of a case are times that mean no time, or numbers that are too large.
CREATE FUNCTION log_unknown_values(log name) RETURNS text LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	expression text;
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT format('array_remove(ARRAY[%%s]::text[], NULL)', string_agg(
			format('CASE WHEN c.%%1$I IS NOT NULL AND %%2$s IS NULL THEN %%1$L END',
				a.column_name, a.expression), ', ' ORDER BY a.attribute_no))
		FROM @run.attributes a WHERE a.type IN ('date', 'timestamp', 'float8')$q$) INTO expression;
	RETURN expression;
END $$;
COMMENT ON FUNCTION log_unknown_values(name) IS
'internal: the expression for the attributes of a case that no client could read';

-- Which attributes of a case are numbers so large that they are rounded to a neighbour.
CREATE FUNCTION log_rounded_numbers(log name) RETURNS text LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	expression text;
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT format('array_remove(ARRAY[%%s]::text[], NULL)', string_agg(
			format('CASE WHEN abs(c.%%1$I) > 9007199254740992
				AND c.%%1$I <> (%%2$s)::text::numeric THEN %%1$L END',
				a.column_name, a.expression), ', ' ORDER BY a.attribute_no))
		FROM @run.attributes a WHERE a.type = 'float8' AND a.accepts = 'id'$q$) INTO expression;
	RETURN expression;
END $$;
COMMENT ON FUNCTION log_rounded_numbers(name) IS
'internal: the expression for the attributes of a case that are rounded';
