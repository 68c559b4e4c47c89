SET search_path = ticket_mining;
SET TimeZone = 'UTC';

CREATE TEMP TABLE history (ticket_id int, status text, changed_at timestamptz, id bigint);
INSERT INTO history VALUES
	(1, 'Ny',           '2023-01-02 08:00Z', 1),
	(1, 'Tildelt',      '2023-01-02 08:30Z', 2),
	(1, 'Tildelt',      '2023-01-02 09:00Z', 3),
	(1, 'Løst m. mail', '2023-01-03 09:00Z', 4),
	(2, 'Ny',           '2023-01-02 10:00Z', 5),
	(2, 'Løst m. mail', '2023-01-02 10:15Z', 6),
	(2, 'Ny',           '2023-01-02 10:15Z', 7),
	(2, 'Løst m. mail', '2023-01-02 12:15Z', 8),
	(3, 'Ny',           '2023-01-02 10:00Z', 9),
	(NULL, 'Ny',        '2023-01-02 10:00Z', 10),
	(4, NULL,           '2023-01-02 10:00Z', 11),
	(4, 'Ny',           NULL,                12);
CREATE TEMP TABLE traces AS SELECT ticket_id, trace_agg(status, changed_at, id) AS t FROM history WHERE ticket_id IS NOT NULL GROUP BY ticket_id;

-- two ways to the same graph
SELECT dfg_agg(ticket_id, status, changed_at, id) FROM history;
SELECT dfg_agg(t) FROM traces;
SELECT (SELECT dfg_agg(ticket_id, status, changed_at, id) FROM history) = (SELECT dfg_agg(t) FROM traces) AS same;

SELECT dfg_cases(g), dfg_events(g) FROM (SELECT dfg_agg(t) AS g FROM traces) s;
SELECT a.* FROM (SELECT dfg_agg(t) AS g FROM traces) s, dfg_activities(g) a;
SELECT e.* FROM (SELECT dfg_agg(t) AS g FROM traces) s, dfg_edges(g) e;

-- without seq, equal times go by the label's bytes
SELECT e.source, e.target, e.frequency FROM (SELECT dfg_agg(ticket_id, status, changed_at) AS g FROM history) s, dfg_edges(g) e;

-- no events: NULL
SELECT dfg_agg(t) FROM traces WHERE false;
SELECT dfg_agg(NULL::trace);
SELECT dfg_agg(ticket_id, status, changed_at, id) FROM history WHERE ticket_id IS NULL OR ticket_id = 4;
SELECT dfg_union_agg(g) FROM (VALUES (NULL::dfg), (NULL)) v (g);
SELECT count(*) FROM dfg_edges(NULL);

-- unions of disjoint cases are exact, in any order
SELECT (SELECT dfg_agg(t) FROM traces WHERE ticket_id = 1) + (SELECT dfg_agg(t) FROM traces WHERE ticket_id > 1)
	= (SELECT dfg_agg(t) FROM traces) AS same;
SELECT dfg_union_agg(g) = (SELECT dfg_agg(t) FROM traces) AS same
FROM (SELECT dfg_agg(t) AS g FROM traces GROUP BY ticket_id UNION ALL SELECT NULL) s;

-- groups
SELECT ticket_id, dfg_agg(t) FROM traces GROUP BY ticket_id ORDER BY ticket_id;
SELECT ticket_id, dfg_agg(t) OVER (ORDER BY ticket_id) FROM traces ORDER BY ticket_id;

-- no edge across a break, and no start or end where something is masked
SELECT dfg_agg('{A,B} 1@2023-01-01T00:00:00Z | 2@2023-01-01T01:00:00Z 1@2023-01-01T02:00:00Z');
SELECT dfg_agg('{A,B} | 1@2023-01-01T00:00:00Z 2@2023-01-01T01:00:00Z |'::trace);

-- case ids of many types
SELECT dfg_agg(c::bigint, 'A', '2023-01-01Z'), dfg_agg(c::smallint, 'A', '2023-01-01Z'), dfg_agg(c::text, 'A', '2023-01-01Z'),
	dfg_agg(c::numeric, 'A', '2023-01-01Z'), dfg_agg(md5(c::text)::uuid, 'A', '2023-01-01Z'), dfg_agg(c::text::bpchar, 'A', '2023-01-01Z'),
	dfg_agg(ARRAY[c], 'A', '2023-01-01Z'), dfg_agg(c::float8, 'A', '2023-01-01Z')
FROM (VALUES (1), (2), (1)) v (c);
SELECT dfg_cases(dfg_agg(c, 'A', '2023-01-01Z')) FROM (VALUES (1.0), (1.00), (2)) v (c);
CREATE TEMP TABLE collated (c text COLLATE "C", a text COLLATE "POSIX");
INSERT INTO collated VALUES ('a', 'A'), ('A', 'A'), ('a', 'A');
SELECT dfg_agg(c, a, '2023-01-01Z') FROM collated;
SELECT dfg_agg(point(1, 2), 'A', '2023-01-01Z');

-- more than 1000 durations: percentiles from the sketch, the rest exact
SELECT frequency, total_seconds, min, max, mean, stddev, median, p90, p95
FROM (SELECT dfg_agg(i, a, timestamptz '2023-01-01Z' + CASE a WHEN 'A' THEN 0 ELSE i END * interval '1 second') AS g
	FROM generate_series(1, 1000) i, unnest('{A,B}'::text[]) a) s, dfg_edges(g);
SELECT frequency, total_seconds, min, max, mean, stddev, median, p90, p95
FROM (SELECT dfg_agg(i, a, timestamptz '2023-01-01Z' + CASE a WHEN 'A' THEN 0 ELSE i END * interval '1 second') AS g
	FROM generate_series(1, 1001) i, unnest('{A,B}'::text[]) a) s, dfg_edges(g);

-- the longest duration there is
SELECT e.* FROM dfg_edges((SELECT dfg_agg('{A} 1@4714-11-24T00:00:00ZBC 1@294276-12-31T23:59:59.999999Z 1@294276-12-31T23:59:59.999999Z'))) e;

-- sums of squares beyond 128 bits
SELECT frequency, total_seconds, mean, stddev, p95
FROM (SELECT dfg_agg(i, 'A', t) AS g FROM generate_series(1, 1001) i, unnest(ARRAY['4714-11-24 BC Z', '294276-12-31 23:59:59.999999Z']::timestamptz[]) t) s, dfg_edges(g);

-- errors
SELECT dfg_agg(ticket_id, status, changed_at ORDER BY id) FROM history;
SELECT dfg_agg(ticket_id, status, changed_at, id ORDER BY id) FROM history;
SELECT dfg_agg(ticket_id, status, changed_at AT TIME ZONE 'UTC') FROM history;
SELECT dfg_agg(ticket_id, status, changed_at AT TIME ZONE 'UTC', id) FROM history;
SELECT dfg_agg(ticket_id, status, changed_at::date) FROM history;
SELECT dfg_agg(ticket_id, status, changed_at::date, id) FROM history;
SELECT dfg_agg(1, 'A', timestamptz '-infinity');
SELECT dfg_agg(1, repeat('a', 4097), '2023-01-01Z');
