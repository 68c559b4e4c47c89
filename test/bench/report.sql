-- How long the page of a log takes, and a map of a large graph:
--
--   psql -X -d SOME_DATABASE -f test/bench/report.sql [-v log=bench_log] [-v max_cases=20000]
--
-- of a log that is there, by default the one that refresh.sql makes. Beside the page
-- stands, as the least that reading and writing takes, what it takes to make texts
-- of the rows of these cases; all is the best of three in one run.

\set QUIET on
\set ON_ERROR_STOP on
\pset footer off
\if :{?log} \else
	\set log bench_log
\endif
\if :{?max_cases} \else
	\set max_cases 20000
\endif
SET client_min_messages = warning;

CREATE TEMPORARY TABLE timed (what text, seconds float8, bytes bigint);

CREATE FUNCTION pg_temp.best_of_three(what text, statement text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	best float8 := 'infinity';
	began timestamptz;
	bytes bigint;
BEGIN
	FOR run IN 1 .. 3 LOOP
		began := clock_timestamp();
		EXECUTE statement INTO bytes;
		best := least(best, extract(epoch FROM clock_timestamp() - began));
	END LOOP;
	INSERT INTO timed VALUES (what, best, bytes);
END $$;

CREATE TEMPORARY TABLE chosen AS
SELECT case_key FROM :log.cases ORDER BY sha256(convert_to(case_id::text, 'UTF8')) LIMIT :max_cases;
ANALYZE chosen;
SELECT pg_temp.best_of_three('rows as text', format('SELECT sum(n) FROM (%s) t',
	string_agg(format('SELECT sum(length(t::text)) AS n FROM %I.%I t JOIN chosen USING (case_key)', :'log', name), ' UNION ALL ')))
FROM unnest('{cases,events,reopenings,team_visits,segment_visits,messages}'::text[]) name \g /dev/null
SELECT pg_temp.best_of_three('report_html', format('SELECT length(ticket_mining.report_html(%L, max_cases => %s))', :'log', :'max_cases')) \g /dev/null

SELECT what, round(seconds::numeric, 2) AS seconds, round((seconds / first_value(seconds) OVER ())::numeric, 1) AS ratio, round(bytes / 1e6, 1) AS megabytes FROM timed;

-- 200 activities, 5,000 edges.
TRUNCATE timed;
CREATE TEMPORARY TABLE large AS
SELECT ticket_mining.dfg_agg(c, 'activity ' || (hashint8(c * 7919 + n) & 2147483647) % 200, timestamptz '2023-01-01Z' + n * interval '1 hour') AS graph
FROM generate_series(1, 740) c, generate_series(1, 8) n;
SELECT pg_temp.best_of_three(what, statement)
FROM (VALUES ('dfg_edges', 'SELECT sum(length(e::text)) FROM large, ticket_mining.dfg_edges(graph) e'), ('process_map_dot', 'SELECT length(ticket_mining.process_map_dot(graph)) FROM large'),
	('simplified', 'SELECT length(ticket_mining.process_map_dot(graph, 0.3, 0.1)) FROM large'), ('process_map_mermaid', 'SELECT length(ticket_mining.process_map_mermaid(graph)) FROM large'),
	('process_map_html', 'SELECT length(ticket_mining.process_map_html(graph)) FROM large')) v (what, statement) \g /dev/null
SELECT what, round(seconds::numeric, 4) AS seconds, round((seconds / first_value(seconds) OVER ())::numeric, 1) AS ratio, round(bytes / 1e6, 1) AS megabytes FROM timed;
