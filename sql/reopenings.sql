SET search_path = ticket_mining;
SET TimeZone = 'UTC';

-- N: new (open), M: solved by mail (answers), S: solved silently, C: closed, K: note
CREATE FUNCTION pg_temp.case_of(activities text) RETURNS trace AS $$
	SELECT ticket_mining.trace(string_to_array(activities, ' '),
		(SELECT array_agg(timestamptz '2023-01-01Z' + i * interval '1 day')
		 FROM generate_series(1, cardinality(string_to_array(activities, ' '))) i))
$$ LANGUAGE sql;
CREATE TEMP TABLE cases (name text, t trace);
INSERT INTO cases SELECT a, pg_temp.case_of(a) FROM unnest(ARRAY[
	'N M', 'N M C', 'N M N M', 'N M C N M', 'N M N S', 'N S N M', 'N M N', 'N S M N C M', 'N M N N K M', 'M N M N M',
	'N M N S N M', 'N M K C', 'N M K N M', 'K M', 'N', 'N M M', 'N M C M N M M M', 'M K N K C N']) a;

SELECT name, r.* FROM cases, trace_reopenings(t, '{M,S,C}', '{M}', '{K}') r ORDER BY name, reopening_no;
SELECT name, trace_reopen_count(t, '{M,S,C}', '{K}') AS reopenings, trace_repeat_count(t, '{M,S,C}', '{M}', '{K}') AS repeats FROM cases ORDER BY name;

-- without answered: silent and open; without notes, K is an open activity
SELECT name, r.outcome, r.reopened_as FROM cases, trace_reopenings(t, '{M,S,C}') r ORDER BY name, reopening_no;
SELECT name, trace_reopen_count(t, '{M,S,C}') FROM cases WHERE name LIKE '%K%' ORDER BY name;

-- the lists may differ from row to row
SELECT done, trace_reopen_count('{A,B} 1@2023-01-01T00:00:00Z 2@2023-01-01T00:00:00Z 1@2023-01-01T00:00:00Z', done)
FROM (VALUES ('{A}'::text[]), ('{B}'), ('{A,B}'), ('{}'), (NULL)) v (done);

-- NULLs
SELECT count(*) FROM trace_reopenings(NULL, '{M}');
SELECT trace_reopen_count(NULL, '{M}'), trace_repeat_count(pg_temp.case_of('M'), '{M}', NULL);

-- errors
SELECT trace_reopen_count(t, ARRAY['M', NULL]) FROM cases;
SELECT count(*) FROM cases, trace_reopenings(t, '{M}', '{S}');
SELECT trace_repeat_count(t, '{M}', '{M}', '{M}') FROM cases;
