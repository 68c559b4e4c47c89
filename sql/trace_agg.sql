SET search_path = ticket_mining;
SET TimeZone = 'UTC';

CREATE TEMP TABLE history (ticket_id int, status text, changed_at timestamptz, id bigint);
INSERT INTO history VALUES
	(1, 'Ny',           '2023-01-02 08:00Z', 1),
	(1, 'Tildelt',      '2023-01-02 08:00Z', 2),
	(1, 'Løst m. mail', '2023-01-03 09:00Z', 5),
	(2, 'Ny',           '2023-01-02 10:00Z', 3),
	(3, NULL,           '2023-01-02 10:00Z', 6),
	(3, 'Ny',           NULL,                7),
	(4, 'Ny',           '2023-01-02 10:00Z', NULL),
	(4, 'Tildelt',      '2023-01-02 10:00Z', 9223372036854775807),
	(4, 'Lukket',       '2023-01-02 10:00Z', -1);

-- by time, then seq (NULL last), then the bytes of the label
SELECT ticket_id, trace_agg(status, changed_at, id) FROM history GROUP BY ticket_id ORDER BY 1;
SELECT ticket_id, trace_agg(status, changed_at) FROM history GROUP BY ticket_id ORDER BY 1;
SELECT trace_agg(status, changed_at, id) FROM history WHERE false;
SELECT trace_agg(a, '2023-01-01Z') FROM unnest(ARRAY['a', 'B', 'Å', 'å', 'Z', 'a b', '']) a;

-- a bag: an exact duplicate counts
SELECT trace_agg(a, '2023-01-01Z') FROM unnest(ARRAY['a', 'a']) a;

-- as a window function: the final function may run many times
SELECT id, trace_length(trace_agg(status, changed_at, id) OVER (ORDER BY id)) FROM history WHERE ticket_id = 1 ORDER BY id;

-- more labels than are looked up one by one
SELECT trace_length(t), cardinality(trace_activities(t)), trace_activities(t) = array_agg_expected AS as_expected
FROM (SELECT trace_agg('label ' || i % 300, timestamptz '2023-01-01Z' + i * interval '1 min') AS t,
		array_agg('label ' || i % 300 ORDER BY i) AS array_agg_expected
	FROM generate_series(1, 1000) i) s;

-- errors
SELECT trace_agg(status, changed_at ORDER BY id) FROM history;
SELECT trace_agg(status, changed_at, id ORDER BY id) FROM history;
SELECT trace_agg(status, changed_at AT TIME ZONE 'UTC') FROM history;
SELECT trace_agg(status, changed_at AT TIME ZONE 'UTC', id) FROM history;
SELECT trace_agg(status, changed_at::date) FROM history;
SELECT trace_agg(status, changed_at::date, id) FROM history;
SELECT trace_agg(a, t) FROM (VALUES ('a', timestamptz 'infinity')) v (a, t);
SELECT trace_agg(a, t) FROM (VALUES ('a', timestamptz '-infinity')) v (a, t);
SELECT trace_length(trace_agg(repeat('a', 4096), now()));
SELECT trace_agg(repeat('a', 4097), now());
SELECT trace_length(trace_agg(i::text, now())) FROM generate_series(1, 65536) i;
SELECT trace_agg(i::text, now()) FROM generate_series(1, 65537) i;
