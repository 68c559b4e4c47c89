-- What filters cost on stored traces, as ratios of one run: to reading the traces at
-- all (trace_end, which checks all but the labels), and to the same in plain SQL.
--
--   psql -v cases=300000 -f test/bench/filters.sql      in a database with the extension

\set ON_ERROR_STOP on
SET search_path = ticket_mining, public;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET work_mem = '1GB';
\if :{?cases}
\else
\set cases 300000
\endif

CREATE TEMP TABLE events AS
SELECT c AS case_id, (ARRAY['Ny', 'Tildelt', 'I gang', 'Note', 'Afventer bruger', 'Løst m. mail', 'Genåbnet', 'Lukket'])[1 + (hashint8(c * 31 + n) & 7)] AS activity,
	   '2023-01-01Z'::timestamptz + (c % 500000) * interval '1 minute' + n * interval '3 hours' AS at, n AS seq
FROM generate_series(1, :cases) c, generate_series(1, 3 + (hashint8(c) & 7)) n;
CREATE TEMP TABLE traces AS SELECT case_id, trace_agg(activity, at, seq) AS trace FROM events GROUP BY case_id;
ANALYZE events, traces;

\set chain '[{"drop_events": ["Note"]}, {"keep_cases": {"has": ["Genåbnet"], "duration_over": "PT12H"}}, {"crop_events": {"from": ["Tildelt"]}}, {"mask_events": ["I gang"]}, {"drop_cases": {"edge": {"source": "Tildelt", "target": "Lukket", "under": "PT4H"}}}]'

CREATE TEMP TABLE took (what text, seconds float8);
CREATE FUNCTION pg_temp.measure(what text, query text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	begun timestamptz;
BEGIN
	FOR i IN 1..3 LOOP
		begun := clock_timestamp();
		EXECUTE query;
		INSERT INTO took VALUES (what, extract(epoch FROM clock_timestamp() - begun));
	END LOOP;
END $$;

SELECT pg_temp.measure('reading all traces', 'SELECT count(trace_end(trace)) FROM traces');
SELECT pg_temp.measure('trace_drop', 'SELECT count(trace_drop(trace, ''{Note}'')) FROM traces');
SELECT pg_temp.measure('trace_has_edge', 'SELECT count(*) FROM traces WHERE trace_has_edge(trace, ''Løst m. mail'', ''Genåbnet'')');
SELECT pg_temp.measure('chain of five steps', format('SELECT count(trace_filter(trace, %L)) FROM traces', :'chain'));
SELECT pg_temp.measure('chain with a pattern', 'SELECT count(trace_filter(trace, ''[{"drop_events": ["Note"]}, {"keep_cases": {"matches": "Tildelt ~> Genåbnet"}}]'')) FROM traces');
SELECT pg_temp.measure('drop and keep in plain SQL', $$
	SELECT count(DISTINCT case_id) FROM (
		SELECT case_id FROM events WHERE activity <> 'Note' GROUP BY case_id
		HAVING bool_or(activity = 'Genåbnet') AND max(at) - min(at) > '12 hours') kept JOIN events USING (case_id) WHERE activity <> 'Note'$$);
SELECT pg_temp.measure('the edge in plain SQL', $$
	SELECT count(DISTINCT case_id) FROM (SELECT case_id, activity, lead(activity) OVER (PARTITION BY case_id ORDER BY at, seq) AS next FROM events) s
	WHERE activity = 'Løst m. mail' AND next = 'Genåbnet'$$);

SELECT what, round(min(seconds)::numeric, 3) AS seconds, round((min(seconds) * 1e9 / (SELECT count(*) FROM events))::numeric, 1) AS ns_an_event,
	   round((min(seconds) / (SELECT min(seconds) FROM took WHERE what = 'reading all traces'))::numeric, 1) AS times_reading
FROM took GROUP BY what ORDER BY min(seconds);
