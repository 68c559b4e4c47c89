SET search_path = ticket_mining;
SET TimeZone = 'UTC';

CREATE TEMP TABLE traces (id int, t trace);
INSERT INTO traces VALUES
	(1, '{Ny,Note,"Løst m. mail",Genåbnet} 1@2023-01-01T08:00:00Z 2@2023-01-01T09:00:00Z 3@2023-01-02T08:00:00Z 4@2023-01-03T08:00:00Z 2@2023-01-03T08:00:00Z 3@2023-01-05T08:00:00Z'),
	(2, '{Note} 1@2023-01-01T08:00:00Z'),
	(3, '{Ny,Note} | 1@2023-01-01T08:00:00Z | 2@2023-01-02T08:00:00Z 1@2023-01-03T08:00:00Z |'),
	(4, NULL);

-- what is left out: neighbours follow each other, but not across a mask
SELECT id, trace_keep(t, '{Ny,"Løst m. mail"}') FROM traces ORDER BY id;
SELECT id, trace_drop(t, '{Note}') FROM traces ORDER BY id;
SELECT id, trace_mask(t, '{Note}') FROM traces ORDER BY id;
SELECT id, trace_breaks(t), trace_breaks(trace_mask(t, '{Note}')) FROM traces ORDER BY id;

-- pieces
SELECT id, trace_crop(t, '{"Løst m. mail"}', '{"Løst m. mail"}') FROM traces ORDER BY id;
SELECT id, trace_crop(t, '{"Løst m. mail"}', '{"Løst m. mail"}', to_which => 'first') FROM traces ORDER BY id;
SELECT id, trace_crop(t, NULL, '{Ny}') FROM traces ORDER BY id;
SELECT id, trace_crop_match(t, 'Genåbnet ~> .', 'last') FROM traces ORDER BY id;
SELECT id, trace_between(t, '2023-01-02 08:00', '2023-01-05 08:00') FROM traces ORDER BY id;

-- predicates
SELECT id, trace_has_any(t, '{Genåbnet,x}'), trace_starts_with(t, '{Ny}'), trace_ends_with(t, '{Ny,Note}'),
	trace_has_edge(t, 'Note', 'Løst m. mail', '23:00', '23:00') AS edge, trace_has_edge(t, 'Note', 'Løst m. mail', '1 day 00:00:01') AS slow_edge
FROM traces ORDER BY id;
SELECT id, trace_starts_in(t, '2023-01-01', '2023-01-02') AS starts, trace_ends_in(t, '2023-01-01', '2023-01-02') AS ends,
	trace_contained_in(t, '2023-01-01 08:00', '2023-01-05 08:00') AS contained, trace_intersects(t, '2023-01-04', '2023-01-05') AS intersects
FROM traces ORDER BY id;

-- chains
SELECT id, trace_filter(t, '[{"drop_events": ["Note"]}, {"keep_cases": {"matches": "Genåbnet $ | Genåbnet .", "duration_over": "P1DT12H"}}, {"crop_events": {"from": ["Genåbnet"]}}]') FROM traces ORDER BY id;
SELECT id, trace_filter(t, '[{"drop_cases": {"attribute": {"prio": ["Høj", null]}}}]', CASE id WHEN 1 THEN '{"prio": "Lav"}' ELSE '{"prio": null}' END::jsonb) FROM traces ORDER BY id;

-- every kind of error in a chain
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', 'null');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '{}');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '["x"]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_events": ["A"], "drop_events": []}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep": []}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_events": "A"}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_events": ["A", 1]}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"crop_events": {"from_which": "first"}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"crop_events": {"from": ["A"], "from_which": "any"}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"crop_match": {"which": "first"}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"crop_match": {"pattern": "("}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"crop_between": {}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"crop_between": {"from_at": "2023-01-01"}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"crop_between": {"from_at": "2023-01-02T00:00:00Z", "to_at": "2023-01-01T00:00:00Z"}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"is": 1}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"matches": 1}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"edge": {"source": "A"}}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"edge": {"source": "A", "target": 1}}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"duration_under": "P1M"}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"duration_under": "PT"}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"duration_under": "P1DT5"}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"duration_under": "PT1S1M"}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"duration_under": "PT1.5M"}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"duration_under": "PT0.1234567S"}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"duration_under": "P999999999999W"}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"duration_under": 5}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"length_under": -1}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"length_under": 1.5}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"length_under": "1"}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"attribute": {"a": "x"}}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"attribute": {"a": [[]]}}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"attribute": {}}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"drop_events": []}, {"drop_cases": {"starts_in": {"until": "x"}}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"attribute": {"prio": [1]}}}]');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[{"keep_cases": {"attribute": {"prio": [1]}}}]', '{"other": 1}');
SELECT trace_filter('{A} 1@2023-01-01T00:00:00Z', '[]', '[]');

-- two graphs side by side
SELECT source, target, a_frequency, b_frequency, a_case_frequency, b_case_frequency, round(a_rate::numeric, 3) AS a_rate, round(b_rate::numeric, 3) AS b_rate,
	round(rate_difference::numeric, 3) AS rate_difference, a_median, b_median
FROM dfg_compare((SELECT dfg_agg(t) FROM traces), (SELECT dfg_agg(trace_drop(t, '{Note}')) FROM traces));
SELECT * FROM dfg_compare((SELECT dfg_agg(t) FROM traces), (SELECT dfg_agg(t, 'UTC; 24/7') FROM traces));
