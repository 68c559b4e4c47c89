-- map: the page in the browser, and a graph in it

CREATE FUNCTION page_template() RETURNS text
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION page_template() IS 'internal: the page, with @DATA@ where its data belong';

-- In a script of a page, < could end it, and & begin an entity; in JSON both stand in
-- strings alone.
CREATE FUNCTION page_fill(data json) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10000
RETURN replace(page_template(), '@DATA@',
	replace(replace(replace(replace(replace(data::text, '<', '\u003c'), '>', '\u003e'),
		'&', '\u0026'), chr(8232), '\u2028'), chr(8233), '\u2029'));
COMMENT ON FUNCTION page_fill(json) IS 'internal: the page with its data';

CREATE FUNCTION page_array("values" anyarray) RETURNS json LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp
	AS $$ SELECT coalesce(array_to_json("values"), '[]') $$;
COMMENT ON FUNCTION page_array(anyarray)
	IS 'internal: an array of JSON; NULL, which aggregates make of no rows, as an empty one';

-- Places are pairs of numbers that a page can have exported.
CREATE FUNCTION page_is_place(place jsonb) RETURNS boolean LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN CASE
	WHEN jsonb_typeof(place) <> 'array' OR place #>> '{2}' IS NOT NULL THEN false
	WHEN jsonb_typeof(place -> 0) = 'number' AND jsonb_typeof(place -> 1) = 'number'
	THEN abs((place ->> 0)::numeric) < 1000000 AND abs((place ->> 1)::numeric) < 1000000
	ELSE false END;
COMMENT ON FUNCTION page_is_place(jsonb) IS 'internal: whether this is a place in a map';

CREATE FUNCTION page_check(language text, positions jsonb) RETURNS void LANGUAGE plpgsql
	IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	wrong text;
	exported text := 'The page exports them: {"activity": [x, y], ...}.';
BEGIN
	IF language IS NULL OR language NOT IN ('en', 'da') THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('no language "%s" of a map', language),
			HINT = 'Languages are en and da.';
	ELSIF jsonb_typeof(positions) <> 'object' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = 'positions must be a JSON object', HINT = exported;
	END IF;
	SELECT min(key COLLATE "C") INTO wrong
	FROM jsonb_each(positions) WHERE NOT ticket_mining.page_is_place(value);
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('the position of "%s" is not a pair of numbers below a million',
				wrong), HINT = exported;
	END IF;
END $$;
COMMENT ON FUNCTION page_check(text, jsonb)
	IS 'internal: refuses languages and positions that are none';

CREATE FUNCTION page_activities(dfg dfg) RETURNS json LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT json_build_object(
		'activity', page_array(array_agg(a.activity ORDER BY n)),
		'frequency', page_array(array_agg(a.frequency ORDER BY n)),
		'case_frequency', page_array(array_agg(a.case_frequency ORDER BY n)),
		'max_per_case', page_array(array_agg(a.max_per_case ORDER BY n)),
		'starts', page_array(array_agg(a.starts ORDER BY n)),
		'ends', page_array(array_agg(a.ends ORDER BY n)))
	FROM dfg_activities(dfg) WITH ORDINALITY
		a (activity, frequency, case_frequency, max_per_case, starts, ends, n);
END;
COMMENT ON FUNCTION page_activities(dfg) IS 'internal: the activities of a graph as JSON';

CREATE FUNCTION page_edges(dfg dfg) RETURNS json LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10000
BEGIN ATOMIC
	WITH number AS (
		SELECT a.activity, a.n - 1 AS i
		FROM dfg_activities(dfg) WITH ORDINALITY
			a (activity, frequency, case_frequency, max_per_case, starts, ends, n))
	SELECT json_build_object(
		'source', page_array(array_agg(s.i ORDER BY n)),
		'target', page_array(array_agg(t.i ORDER BY n)),
		'frequency', page_array(array_agg(e.frequency ORDER BY n)),
		'case_frequency', page_array(array_agg(e.case_frequency ORDER BY n)),
		'max_per_case', page_array(array_agg(e.max_per_case ORDER BY n)),
		'total', page_array(array_agg(e.total_seconds::float8 ORDER BY n)),
		'min', page_array(array_agg(log_seconds(e.min) ORDER BY n)),
		'max', page_array(array_agg(log_seconds(e.max) ORDER BY n)),
		'mean', page_array(array_agg(log_seconds(e.mean) ORDER BY n)),
		'stddev', page_array(array_agg(log_seconds(e.stddev) ORDER BY n)),
		'median', page_array(array_agg(log_seconds(e.median) ORDER BY n)),
		'p90', page_array(array_agg(log_seconds(e.p90) ORDER BY n)),
		'p95', page_array(array_agg(log_seconds(e.p95) ORDER BY n)))
	FROM dfg_edges(dfg) WITH ORDINALITY
		e (source, target, frequency, case_frequency, max_per_case, total_seconds,
		   min, max, mean, stddev, median, p90, p95, n)
	JOIN number s ON s.activity = e.source
	JOIN number t ON t.activity = e.target;
END;
COMMENT ON FUNCTION page_edges(dfg) IS 'internal: the edges of a graph as JSON';

CREATE FUNCTION process_map_html(dfg dfg, positions jsonb DEFAULT NULL,
		language text DEFAULT 'en', title text DEFAULT NULL) RETURNS text LANGUAGE plpgsql
	IMMUTABLE PARALLEL SAFE COST 100000
	SET search_path = pg_catalog, ticket_mining, pg_temp SET extra_float_digits = 1 AS $$
BEGIN
	PERFORM page_check(language, positions);
	RETURN CASE WHEN dfg IS NOT NULL THEN page_fill(json_build_object(
		'version', 1, 'form', 'graph',
		'title', coalesce(title, CASE language WHEN 'da' THEN 'Proceskort' ELSE 'Process map' END),
		'language', language, 'positions', positions,
		'cases', dfg_cases(dfg), 'events', dfg_events(dfg), 'calendar', dfg_calendar(dfg)::text,
		'activities', page_activities(dfg), 'edges', page_edges(dfg))) END;
END $$;
COMMENT ON FUNCTION process_map_html(dfg, jsonb, text, text)
	IS 'the graph as a page for the browser, all in one file: '
	'a process map whose nodes can be moved';
