-- The year by month: all cohorts and the backlog from one table

\ir session.sql
\echo 'Month by month, in tickets: the same one may count in several months, so the year is no sum. First events are also those of histories cut off at the front'

SELECT coalesce(to_char(case_months.month, 'YYYY-MM'), 'the year') AS month,
	   count(DISTINCT case_key) FILTER (WHERE is_created = 1) AS "first event",
	   count(DISTINCT case_key) FILTER (WHERE is_resolved = 1) AS solved,
	   count(DISTINCT case_key) FILTER (WHERE is_reopened = 1) AS "of these reopened",
	   count(DISTINCT case_key) FILTER (WHERE is_reopened_within_30_days = 1) AS "in 30 days",
	   round(100.0 * count(DISTINCT case_key) FILTER (WHERE is_reopened_within_30_days = 1)
			 / count(DISTINCT case_key) FILTER (WHERE is_resolved = 1), 1) AS "%",
	   CASE min(is_month_final) WHEN 0 THEN 'not yet' ELSE 'yes' END AS final,
	   count(DISTINCT case_key) FILTER (WHERE is_answered_again = 1) AS "answered again",
	   count(DISTINCT case_key) FILTER (WHERE is_closed = 1) AS closed,
	   count(DISTINCT case_key) AS active,
	   CASE grouping(case_months.month) WHEN 0 THEN sum(is_open_at_end) END AS "open at the end"
FROM support.case_months
JOIN support.dates ON date = case_months.month
WHERE year = 2023
GROUP BY GROUPING SETS ((case_months.month), ())
ORDER BY grouping(case_months.month), case_months.month;
