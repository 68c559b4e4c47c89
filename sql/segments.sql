SET search_path = ticket_mining;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET IntervalStyle = 'postgres';

-- status: note, new, waiting, note, new again, closed
\set t '''{Ny,"Afventer bruger",Note,Lukket,Andet} 3@2023-01-02T07:00:00Z 1@2023-01-02T08:00:00Z 2@2023-01-02T12:00:00Z 3@2023-01-02T13:00:00Z 1@2023-01-02T14:00:00Z 5@2023-01-02T14:00:00Z 1@2023-01-02T14:00:00Z 4@2023-01-03T09:00:00Z'''
\set map '''{"Ny": "us", "Afventer bruger": "user", "Note": null, "Lukket": "stopped"}'''
SELECT * FROM trace_segments(:t, :map, '2023-01-04');
SELECT * FROM trace_segments(:t, :map, NULL, 'UTC; Mo-Fr 08:00-16:00');
SELECT * FROM trace_segments(:t, '{}', '2023-01-02 10:00');
SELECT * FROM trace_segments(:t, :map, '2023-01-02 07:00');
SELECT * FROM trace_segments(:t, :map, '2023-01-01');
SELECT segment, sum(duration) FROM trace_segments(:t, '{"Ny": "unknown", "Lukket": "us"}', NULL) GROUP BY segment;
SELECT count(*) FROM trace_segments(NULL, :map, NULL);
SELECT trace_time_in(:t, '{Ny,Andet}', NULL), trace_time_in(:t, '{Ny}', '2023-01-05'), trace_time_in(:t, '{Lukket}', NULL), trace_time_in(:t, '{Lukket}', '2023-01-04 10:00', 'UTC; Mo-Fr 08:00-16:00');

-- the map may differ from row to row
SELECT m, s.segment, s.duration FROM (VALUES ('{"A": "x"}'::jsonb), ('{"A": "y"}'), ('{"A": "x"}')) v (m), trace_segments('{A} 1@2023-01-01T00:00:00Z', m, '2023-01-02') s;

-- errors
SELECT * FROM trace_segments(:t, '["Ny"]', NULL);
SELECT * FROM trace_segments(:t, '"Ny"', NULL);
SELECT * FROM trace_segments(:t, '{"Ny": 1}', NULL);
SELECT * FROM trace_segments(:t, '{"Ny": {"us": 1}}', NULL);
SELECT * FROM trace_segments(:t, :map, 'infinity');
SELECT trace_time_in(:t, '{Ny,NULL}', NULL);

-- overlay
\set a '''{Ny,Lukket} 1@2023-01-02T07:00:00Z 2@2023-01-02T08:00:00Z 2@2023-01-02T10:00:00Z'''
\set b '''{S,P} 1@2023-01-02T07:30:00Z 2@2023-01-02T09:00:00Z 1@2023-01-02T09:00:00Z'''
SELECT * FROM trace_overlay(:a, :b, '2023-01-02 12:00');
SELECT * FROM trace_overlay(:a, :b, NULL);
SELECT * FROM trace_overlay(:a, NULL, NULL);
SELECT * FROM trace_overlay(:b, :a, '2023-01-02 08:30');
SELECT count(*) FROM trace_overlay(:a, :b, '2023-01-02 07:00');
SELECT * FROM trace_overlay(:a, :b, '-infinity');
