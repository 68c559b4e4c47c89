SET search_path = ticket_mining;
SET TimeZone = 'UTC';

-- the constructor keeps the order it is given
SELECT trace(ARRAY['b', 'a', 'b'], ARRAY['2023-01-01Z', '2023-01-01Z', '2023-01-02Z']::timestamptz[]);
SELECT trace(ARRAY['a', 'b'], ARRAY['2023-01-02Z', '2023-01-01Z']::timestamptz[]);
SELECT trace(ARRAY['a', 'b'], ARRAY['2023-01-02Z']::timestamptz[]);
SELECT trace(ARRAY['a', NULL], ARRAY['2023-01-02Z', '2023-01-02Z']::timestamptz[]);
SELECT trace(ARRAY['a', 'b'], ARRAY['2023-01-02Z', NULL]::timestamptz[]);
SELECT trace(ARRAY['a'], ARRAY['infinity']::timestamptz[]);
SELECT trace(ARRAY[]::text[], ARRAY[]::timestamptz[]);
SELECT trace(ARRAY[repeat('a', 4097)], ARRAY['2023-01-02Z']::timestamptz[]);
SELECT trace(NULL, NULL::timestamptz[]);
SELECT trace(ARRAY['a'], ARRAY['2023-01-02']::timestamp[]);
SELECT trace(ARRAY['a'], ARRAY['2023-01-02']::date[]);

CREATE TEMP TABLE traces (id int, t trace);
INSERT INTO traces VALUES
	(1, '{Ny,Tildelt,"Løst m. mail"} 1@2023-01-02T08:00:00Z 2@2023-01-02T08:00:00Z 2@2023-01-02T08:30:00Z 3@2023-01-03T09:00:00.25Z'),
	(2, '{Ny} 1@1969-12-31T23:59:59Z'),
	(3, '{A,B} 1@2023-01-01T00:00:00Z 1@2023-01-01T01:00:00Z | 1@2023-01-01T02:00:00Z 2@2023-01-01T03:00:00Z |'),
	(4, NULL);
SELECT id, trace_length(t), trace_start(t), trace_end(t), trace_duration(t), trace_activities(t) FROM traces ORDER BY id;
SELECT id, e.* FROM traces, trace_events(t) e ORDER BY id, event_no;
SELECT id, s.* FROM traces, trace_steps(t) s ORDER BY id, step_no;
SELECT id, trace_collapse(t) FROM traces ORDER BY id;

-- the variant: the same whatever the times, another for another order
SELECT id, trace_variant(t) FROM traces ORDER BY id;
SELECT trace_variant('{Ny,Lukket} 1@2023-01-01T00:00:00Z 2@2023-01-02T00:00:00Z') = trace_variant('{Lukket,Ny} 2@1999-01-01T00:00:00Z | 1@1999-01-01T00:00:00.001Z') AS same,
	trace_variant('{Ny,Lukket} 1@2023-01-01T00:00:00Z 2@2023-01-02T00:00:00Z') <> trace_variant('{Ny,Lukket} 2@2023-01-01T00:00:00Z 1@2023-01-02T00:00:00Z') AS other;

-- what the session's settings are does not matter
SET search_path = '';
SET TimeZone = 'America/New_York';
SET DateStyle = 'ISO';
SELECT ticket_mining.trace_start(t)::text = '2023-01-01 19:00:00-05' AS displayed_in_zone, ticket_mining.trace_duration(t)
FROM (SELECT '{A} 1@2023-01-02T00:00:00Z 1@2023-03-27T00:00:00Z'::ticket_mining.trace AS t) s;
