-- What was loaded: whole histories of all tickets alive in the year

\ir session.sql
\echo 'What was loaded: the whole histories of all tickets that were alive in 2023 (time in Copenhagen)'

WITH resolutions (case_key, at) AS (
	SELECT case_key, first_resolved_at FROM support.cases
	UNION ALL
	SELECT case_key, done_again_at FROM support.reopenings
),
figures (line, what, number, from_at, to_at) AS (
	SELECT 1, 'tickets', count(*), min(registered_at), max(registered_at)
	FROM support.cases
	UNION ALL
	SELECT 2, '- created in 2023', count(*), min(registered_at), max(registered_at)
	FROM support.cases
	WHERE registered_at >= '2023-01-01' AND registered_at < '2024-01-01'
	UNION ALL
	SELECT 3, '- solved in 2023', count(DISTINCT case_key), min(at), max(at)
	FROM resolutions
	WHERE at >= '2023-01-01' AND at < '2024-01-01'
	UNION ALL
	SELECT 4, '- with a history cut off at the front', count(*), min(created_at), max(created_at)
	FROM support.cases
	WHERE is_cut_off = 1
	UNION ALL
	SELECT 5, 'status changes and notes', count(*), min(at), max(at)
	FROM support.events
	UNION ALL
	SELECT 6, 'team assignments', count(*), min(at)::timestamp, max(at)::timestamp
	FROM support.traces, ticket_mining.trace_events(assignments)
	UNION ALL
	SELECT 7, '- visits to teams, which they make', count(*), min(from_at), max(from_at)
	FROM support.team_visits
	UNION ALL
	SELECT 8, 'messages', count(*), min(at), max(at)
	FROM support.messages
)
SELECT what, number, pg_temp.minute(from_at) AS "from", pg_temp.minute(to_at) AS "to"
FROM figures
ORDER BY line;
