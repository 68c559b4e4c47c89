SET search_path = ticket_mining;
SET TimeZone = 'UTC';
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on

CREATE TEMP TABLE history (case_id int, activity text, at timestamptz);
INSERT INTO history
SELECT c, activity, '2023-03-01Z'::timestamptz + n * n * c * interval '50 minutes'
FROM (VALUES (1, '{New,Assigned,Solved,Closed}'::text[]), (2, '{New,Assigned,Solved,Closed}'), (3, '{New,Assigned,Waiting,Assigned,Solved}'),
		(4, '{New,Solved,Reopened,Solved,Closed}'), (5, '{New,Assigned,Assigned}'), (6, '{New}')) v (c, activities),
	 unnest(activities) WITH ORDINALITY u (activity, n);
CREATE TEMP TABLE graph AS SELECT dfg_agg(case_id, activity, at) AS g FROM history;

SELECT process_map_dot(g) FROM graph;
SELECT process_map_mermaid(g) FROM graph;

-- simplified: of few activities and paths; Assigned and Solved stay on their way from start to end
SELECT process_map_mermaid(g, 0, 0, '{}') FROM graph;
SELECT process_map_mermaid(g, 0.5, 0.2, '{frequency,max_per_case,mean,p90,total}', 'da', 'LR') FROM graph;
SELECT process_map_dot(g, activities => 0.2, paths => 0, measures => '{max}', language => 'da', orientation => 'BT') FROM graph;
SELECT process_map_dot(g) = process_map_dot(g, 1, 1, '{case_frequency,median}', 'en', 'TB') AS defaults FROM graph;

-- business time
SELECT process_map_mermaid(dfg_agg(trace('{A,B}', '{2023-03-01Z,2023-03-31Z}'::timestamptz[]), 'UTC; Mo-Fr 08:00-16:00'));

-- labels
SELECT process_map_dot(dfg_agg(1, E'"a\\b"\n<&>\u202e', '2023-03-01Z'), measures => '{}');
SELECT process_map_mermaid(dfg_agg(1, E'"a\\b"\n<&>\u202e', '2023-03-01Z'), measures => '{}');
SELECT (regexp_match(process_map_dot(dfg_agg(1, label, '2023-03-01Z'), measures => '{}'), '\ta1 .label="([^\n]*)", tooltip'))[1]
FROM unnest(ARRAY[repeat('x', 60), repeat('æ', 61), '', '  ']) WITH ORDINALITY l (label, n) GROUP BY label, n ORDER BY n;

-- NULL
SELECT process_map_dot(NULL) IS NULL, process_map_dot(g, NULL) IS NULL, process_map_mermaid(g, orientation => NULL) IS NULL, process_map_html(NULL) IS NULL FROM graph;

-- errors
SELECT process_map_dot(g, 1.5) FROM graph;
SELECT process_map_dot(g, 1, -1) FROM graph;
SELECT process_map_dot(g, 'NaN') FROM graph;
SELECT process_map_mermaid(g, measures => '{median,mode}') FROM graph;
SELECT process_map_mermaid(g, measures => '{NULL}') FROM graph;
SELECT process_map_mermaid(g, measures => array_fill('min'::text, '{11}')) FROM graph;
SELECT process_map_mermaid(g, language => 'sv') FROM graph;
SELECT process_map_mermaid(g, orientation => 'up') FROM graph;
SELECT process_map_html(g, language => 'sv') FROM graph;
SELECT process_map_html(g, '[]') FROM graph;
SELECT process_map_html(g, '{"New": [1, 2], "Closed": [1, null]}') FROM graph;

-- the page of a graph, and of a log
CREATE FUNCTION pg_temp.data_of(page text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT (regexp_match(page, '<script type="application/json" id="data">(.*?)</script>'))[1]::jsonb
$$;
SELECT pg_temp.data_of(process_map_html(g, '{"New": [1, 2.5]}', 'da', '</title>')) FROM graph;
CREATE TABLE public.map_events AS SELECT * FROM history;
CALL create_log('map_log', 'public.map_events', time_zone => 'UTC');
SELECT report_html('map_log');
CALL refresh('map_log', '2023-04-01Z');
SELECT key, value FROM jsonb_each(pg_temp.data_of(report_html('map_log', 'created', '2023-03-01', max_cases => 3))) WHERE key <> 'quality' ORDER BY key COLLATE "C";
SELECT report_html('map_log', 'opened');
SELECT report_html('map_log', from_date => '2023-03-01');
SELECT report_html('map_log', 'created', '2023-03-01', '2023-03-01');
SELECT report_html('map_log', 'created', 'infinity');
SELECT report_html('map_log', max_cases => 0);
SELECT report_html('map_log', attributes => '{status}');
SELECT report_html('pg_catalog');
CALL drop_log('map_log');
DROP TABLE public.map_events;
