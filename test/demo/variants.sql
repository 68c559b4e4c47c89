-- The variants: tickets that went the same way

\ir session.sql
SELECT count(*) AS variants FROM support.variants \gset
\echo 'The ten most frequent of' :variants 'variants: tickets with the same sequence of statuses'

SELECT v.rank,
	   v.cases AS tickets,
	   round(100 * v.share::numeric, 1) AS "%",
	   round(100 * v.cumulative_share::numeric, 1) AS "% so far",
	   pg_temp.readable(median) AS median,
	   newest.case_no AS newest,
	   v.activities AS variant
FROM support.variants v
JOIN support.cases newest ON newest.case_id = v.example_case_id
CROSS JOIN LATERAL (
	SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median
	FROM (SELECT sum(e.total_seconds) AS seconds
		  FROM support.cases c
		  JOIN support.case_edges e USING (case_key)
		  WHERE c.variant = v.variant
		  GROUP BY case_key) lengths) m
WHERE v.rank <= 10
ORDER BY v.rank;
