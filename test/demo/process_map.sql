-- The process map as a table, from the raw events in one pass

\ir session.sql
\echo 'The process map: the 20 steps that most tickets took, how often and how long (of more than 1000 durations: within 1 %)'

SELECT e.source, e.target,
	   e.frequency AS times,
	   e.case_frequency AS tickets,
	   e.max_per_case AS "most per ticket",
	   pg_temp.readable(e.median) AS median,
	   pg_temp.readable(e.p90) AS "90 % within"
FROM (SELECT dfg_agg(ticket_id, status, changed_at, id) AS graph
	  FROM ticket_history) h,
	 dfg_edges(h.graph) e
ORDER BY e.case_frequency DESC, e.frequency DESC, e.source COLLATE "C", e.target COLLATE "C"
LIMIT 20;
