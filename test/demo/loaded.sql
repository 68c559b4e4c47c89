-- What was loaded: whole histories of all tickets alive in the year

\ir session.sql
\echo 'What was loaded: the whole histories of all tickets that were alive in 2023 (time in Copenhagen)'

WITH figures (line, what, number, from_at, to_at) AS (
	SELECT 1, 'tickets', count(*), min(created_at), max(created_at)
	FROM tickets
	UNION ALL
	SELECT 2, '- created in 2023', count(*), min(created_at), max(created_at)
	FROM tickets
	WHERE created_at >= :year_begins AND created_at < :year_ends
	UNION ALL
	SELECT 3, '- solved in 2023', count(DISTINCT ticket_id), min(at), max(at)
	FROM resolutions
	WHERE at >= :year_begins AND at < :year_ends
	UNION ALL
	SELECT 4, '- with a history cut off at the front', count(*), min(trace_start(trace)), max(trace_start(trace))
	FROM ticket_traces
	WHERE (array_remove(trace_activities(trace), 'Note'))[1] <> 'Ny'
	UNION ALL
	SELECT 5, 'status changes and notes', count(*), min(changed_at), max(changed_at)
	FROM ticket_history
	UNION ALL
	SELECT 6, 'team assignments', count(*), min(changed_at), max(changed_at)
	FROM ticket_assignments
	UNION ALL
	SELECT 7, 'messages', count(*), min(sent_at), max(sent_at)
	FROM ticket_messages
)
SELECT what, number, pg_temp.minute(from_at) AS "from", pg_temp.minute(to_at) AS "to"
FROM figures
ORDER BY line;
