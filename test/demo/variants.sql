-- The variants: tickets that went the same way

\ir session.sql
SELECT count(DISTINCT trace_activities(trace)) AS variants FROM ticket_traces \gset
\echo 'The ten most frequent of' :variants 'variants: tickets with the same sequence of statuses'

WITH variants AS (
	SELECT trace_activities(trace) AS activities,
		   count(*) AS tickets,
		   percentile_cont(0.5) WITHIN GROUP (ORDER BY trace_duration(trace)) AS median,
		   max(ticket_id) AS newest
	FROM ticket_traces
	GROUP BY trace_activities(trace)
),
ranked AS (
	SELECT v.*,
		   row_number() OVER by_tickets AS rank,
		   100 * tickets / sum(tickets) OVER () AS share,
		   100 * sum(tickets) OVER by_tickets / sum(tickets) OVER () AS cumulative_share
	FROM variants v
	WINDOW by_tickets AS (ORDER BY tickets DESC, activities COLLATE "C" ROWS UNBOUNDED PRECEDING)
)
SELECT r.rank, r.tickets,
	   round(r.share, 1) AS "%",
	   round(r.cumulative_share, 1) AS "% so far",
	   pg_temp.readable(r.median) AS median,
	   t.number AS newest,
	   array_to_string(r.activities, ' → ') AS variant
FROM ranked r
JOIN tickets t ON t.id = r.newest
ORDER BY r.rank
LIMIT 10;
