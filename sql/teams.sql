SET search_path = ticket_mining;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';

-- each letter is a team that has the case for a day, - is none
CREATE FUNCTION pg_temp.teams(text) RETURNS trace AS $$
	SELECT ticket_mining.trace_agg(CASE team WHEN '-' THEN 'none' ELSE team END, timestamptz '2023-01-01Z' + i * interval '1 day')
	FROM string_to_table($1, NULL) WITH ORDINALITY AS s (team, i)
$$ LANGUAGE sql;
CREATE TEMP TABLE cases AS SELECT name, pg_temp.teams(name) AS t FROM unnest('{A,AA,AB,ABA,A-A,A-B,-A,-,AB-A,ABCA,ABAB,SAB}'::text[]) name;

SELECT name, v.* FROM cases, trace_visits(t, '2023-01-10') v ORDER BY name, visit_no;
SELECT name, trace_handover_count(t), trace_landing(t, '2023-01-04', '{S,A}') AS from_intake, trace_landing(t, '2023-01-04', '{}') AS no_intake, trace_landing(t, '2023-01-01', '{S}') AS too_early
FROM cases ORDER BY name;

-- assignments at the time of the resolution count; events at or after as_of do not
SELECT trace_landing(pg_temp.teams('AB'), '2023-01-03', '{A}'), trace_landing(pg_temp.teams('AB'), '2023-01-02 23:59:59.999999', '{A}');
SELECT visit_no, team, to_at, next_team FROM trace_visits(pg_temp.teams('ABA'), '2023-01-03');
SELECT visit_no, team, to_at, next_team FROM trace_visits(pg_temp.teams('ABA'), NULL);
SELECT count(*) FROM trace_visits(pg_temp.teams('ABA'), '2023-01-02');
SELECT count(*) FROM trace_visits(NULL, NULL);

-- errors
SELECT * FROM trace_visits(pg_temp.teams('A'), 'infinity');
SELECT trace_landing(pg_temp.teams('A'), 'infinity', '{}');
SELECT trace_landing(pg_temp.teams('A'), '2023-01-03', '{NULL}');

-- correspondence
CREATE FUNCTION pg_temp.messages(text[]) RETURNS trace AS $$
	SELECT ticket_mining.trace_agg(m, timestamptz '2023-01-01Z' + i * interval '1 hour') FROM unnest($1) WITH ORDINALITY AS s (m, i)
$$ LANGUAGE sql;
SELECT m, trace_messages_in(t), trace_messages_out(t), trace_turns(t)
FROM (SELECT m, pg_temp.messages(m::text[]) AS t FROM unnest(ARRAY['{in}', '{in,out}', '{in,in,out,out,in}', '{in,internal,in,auto,out}', '{auto,internal}', '{out,in,out}', '{IN,Out}']) m) s;
