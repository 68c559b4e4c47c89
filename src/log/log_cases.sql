-- log: the cases behind a number

-- Cases of a log, newest first. keys is a query for their keys, over the tables of
-- the log, $1 and $2.
CREATE FUNCTION log_cases(log name, keys text, a text, b text,
		OUT case_key bigint, OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE plpgsql STABLE COST 1000 ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.log_require_trusted(log);
	PERFORM ticket_mining.log_enter(log);
	RETURN QUERY EXECUTE format('SELECT c.case_key, c.case_id::text, c.case_no, c.url, c.created_at FROM cases c
		WHERE c.case_key IN (%s) ORDER BY c.created_at DESC, c.case_key DESC', keys) USING a, b;
END $$;
COMMENT ON FUNCTION log_cases(name, text, text, text) IS 'internal: cases of a log, newest first';

CREATE FUNCTION edge_cases(log name, source text, target text,
		OUT case_key bigint, OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE sql STABLE STRICT COST 1000 ROWS 100
BEGIN ATOMIC
	SELECT * FROM log_cases(log, 'SELECT e.case_key FROM case_edges e WHERE e.source = $1 AND e.target = $2', source, target);
END;
COMMENT ON FUNCTION edge_cases(name, text, text) IS 'the cases of a log in which target directly follows source, newest first';

CREATE FUNCTION variant_cases(log name, variant bigint,
		OUT case_key bigint, OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE sql STABLE STRICT COST 1000 ROWS 100
BEGIN ATOMIC
	SELECT * FROM log_cases(log, 'SELECT v.case_key FROM cases v WHERE v.variant = $1::bigint', variant::text, NULL);
END;
COMMENT ON FUNCTION variant_cases(name, bigint) IS 'the cases of a log that are of a variant, newest first';

CREATE FUNCTION pattern_cases(log name, pattern trace_pattern,
		OUT case_key bigint, OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE sql STABLE STRICT COST 10000 ROWS 100
BEGIN ATOMIC
	SELECT * FROM log_cases(log, 'SELECT t.case_key FROM traces t WHERE t.trace ~ $1::trace_pattern', pattern::text, NULL);
END;
COMMENT ON FUNCTION pattern_cases(name, trace_pattern) IS 'the cases of a log in which a pattern has a match, newest first';

CREATE FUNCTION filter_cases(log name, filter jsonb,
		OUT case_key bigint, OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE sql STABLE STRICT COST 10000 ROWS 500
BEGIN ATOMIC
	SELECT * FROM log_cases(log, format('SELECT t.case_key FROM traces t JOIN cases c USING (case_key) WHERE trace_filter(t.trace, $1::jsonb, %s) IS NOT NULL',
		log_attributes_expression(log, filter)), filter::text, NULL);
END;
COMMENT ON FUNCTION filter_cases(name, jsonb) IS 'the cases of a log that a chain of filters keeps, newest first';
