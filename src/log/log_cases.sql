-- log: the cases behind a number

-- Cases of a log, newest first. keys is a query for their keys, over $1 and $2.
CREATE FUNCTION log_cases(log name, keys text, a text, b text,
		OUT case_key bigint, OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE plpgsql STABLE COST 1000 ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.log_require_trusted(log);
	RETURN QUERY EXECUTE format('SELECT c.case_key, c.case_id::text, c.case_no, c.url, c.created_at FROM %I.cases c
		WHERE c.case_key IN (%s) ORDER BY c.created_at DESC, c.case_key DESC', log, keys) USING a, b;
END $$;
COMMENT ON FUNCTION log_cases(name, text, text, text) IS 'internal: cases of a log, newest first';

CREATE FUNCTION edge_cases(log name, source text, target text,
		OUT case_key bigint, OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE sql STABLE STRICT COST 1000 ROWS 100
BEGIN ATOMIC
	SELECT * FROM log_cases(log, format('SELECT e.case_key FROM %I.case_edges e WHERE e.source = $1 AND e.target = $2', log), source, target);
END;
COMMENT ON FUNCTION edge_cases(name, text, text) IS 'the cases of a log in which target directly follows source, newest first';

CREATE FUNCTION variant_cases(log name, variant bigint,
		OUT case_key bigint, OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE sql STABLE STRICT COST 1000 ROWS 100
BEGIN ATOMIC
	SELECT * FROM log_cases(log, format('SELECT v.case_key FROM %I.cases v WHERE v.variant = $1::bigint', log), variant::text, NULL);
END;
COMMENT ON FUNCTION variant_cases(name, bigint) IS 'the cases of a log that are of a variant, newest first';

CREATE FUNCTION pattern_cases(log name, pattern trace_pattern,
		OUT case_key bigint, OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE sql STABLE STRICT COST 10000 ROWS 100
BEGIN ATOMIC
	SELECT * FROM log_cases(log, format('SELECT t.case_key FROM %I.traces t WHERE t.trace OPERATOR(ticket_mining.~) $1::ticket_mining.trace_pattern', log), pattern::text, NULL);
END;
COMMENT ON FUNCTION pattern_cases(name, trace_pattern) IS 'the cases of a log in which a pattern has a match, newest first';

CREATE FUNCTION filter_cases(log name, filter jsonb,
		OUT case_key bigint, OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE sql STABLE STRICT COST 10000 ROWS 500
BEGIN ATOMIC
	SELECT * FROM log_cases(log, format('SELECT t.case_key FROM %1$I.traces t JOIN %1$I.cases c USING (case_key) WHERE ticket_mining.trace_filter(t.trace, $1::jsonb, %2$s) IS NOT NULL',
		log, log_attributes_expression(log, filter)), filter::text, NULL);
END;
COMMENT ON FUNCTION filter_cases(name, jsonb) IS 'the cases of a log that a chain of filters keeps, newest first';
