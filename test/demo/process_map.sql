-- The process map as a table, over the whole log

\ir session.sql
\echo 'The process map: the 20 steps that most tickets took, how often and how long (of more than 1000 durations: within 1 %)'

SELECT source, target,
	   frequency AS times,
	   case_frequency AS tickets,
	   max_per_case AS "most per ticket",
	   pg_temp.readable(median_seconds) AS median,
	   pg_temp.readable(p90_seconds) AS "90 % within"
FROM support.edge_stats
WHERE clock = 'elapsed'
ORDER BY case_frequency DESC, frequency DESC, source COLLATE "C", target COLLATE "C"
LIMIT 20;

\echo 'Counts per ticket can be sliced by whatever is known of the tickets: the three steps that most tickets of each channel took'

WITH steps AS (
	SELECT channel, source, target,
		   sum(frequency) AS times,
		   count(*) AS tickets,
		   sum(e.total_seconds) / sum(frequency) AS mean,
		   row_number() OVER (PARTITION BY channel
							  ORDER BY count(*) DESC, source COLLATE "C", target COLLATE "C") AS rank
	FROM support.case_edges e
	JOIN support.cases USING (case_key)
	GROUP BY channel, source, target
)
SELECT channel, source, target, times, tickets, pg_temp.readable(mean) AS mean
FROM steps
WHERE rank <= 3
ORDER BY channel COLLATE "C", rank;
