-- Q1: how fast are our partners, and do they get their tickets closed?

\ir session.sql
\echo 'Q1. Partners: visits of tickets to them, of all tickets alive in 2023, by how the visit ended; and the age of the open ones as of 2024-01-01 00:00'

SELECT coalesce(team, 'all partners') AS partner,
	   count(*) AS visits,
	   count(DISTINCT case_key) AS tickets,
	   round(100 * avg((outcome = 'resolved')::integer), 1) AS "% resolved",
	   round(100 * avg((outcome = 'closed')::integer), 1) AS "% closed",
	   round(100 * avg((outcome = 'returned')::integer), 1) AS "% returned",
	   round(100 * avg((outcome = 'passed_on')::integer), 1) AS "% passed on",
	   round(100 * avg((outcome = 'open')::integer), 1) AS "% open",
	   count(*) FILTER (WHERE outcome = 'open') AS open,
	   pg_temp.readable(percentile_cont(0.5) WITHIN GROUP (ORDER BY elapsed_seconds)
						FILTER (WHERE outcome = 'open')) AS "median age",
	   pg_temp.readable(max(elapsed_seconds) FILTER (WHERE outcome = 'open')) AS oldest
FROM support.team_visits
JOIN support.teams USING (team)
WHERE role = 'partner'
GROUP BY GROUPING SETS ((team), ())
ORDER BY grouping(team), team COLLATE "C";

-- The tickets whose history is cut off have no durations.
SELECT format('without %s of cut-off tickets', count(*) FILTER (WHERE outcome <> 'open')) AS finished,
	   format('without %s of cut-off tickets', count(*) FILTER (WHERE outcome = 'open')) AS open
FROM support.team_visits
JOIN support.teams USING (team)
WHERE role = 'partner' AND elapsed_seconds IS NULL \gset
\echo 'How long the finished visits took,' :finished '— own: not waiting for user, vendor or parcel; office hours as h:mm'

SELECT team AS partner,
	   count(*) AS visits,
	   pg_temp.readable(percentile_cont(0.5) WITHIN GROUP (ORDER BY elapsed_seconds)) AS "elapsed: median",
	   pg_temp.readable(percentile_cont(0.9) WITHIN GROUP (ORDER BY elapsed_seconds)) AS "90 % within",
	   pg_temp.readable(percentile_cont(0.5) WITHIN GROUP (ORDER BY own_seconds)) AS "own: median",
	   pg_temp.readable(percentile_cont(0.9) WITHIN GROUP (ORDER BY own_seconds)) AS "90 % within",
	   pg_temp.hours(percentile_cont(0.5) WITHIN GROUP (ORDER BY business_elapsed_seconds)) AS "office: median",
	   pg_temp.hours(percentile_cont(0.9) WITHIN GROUP (ORDER BY business_elapsed_seconds)) AS "90 % within",
	   pg_temp.hours(percentile_cont(0.5) WITHIN GROUP (ORDER BY business_own_seconds)) AS "own office: median",
	   pg_temp.hours(percentile_cont(0.9) WITHIN GROUP (ORDER BY business_own_seconds)) AS "90 % within"
FROM support.team_visits
JOIN support.teams USING (team)
WHERE role = 'partner' AND outcome <> 'open' AND elapsed_seconds IS NOT NULL
GROUP BY team
ORDER BY team COLLATE "C";

\echo 'The oldest open visits,' :open

SELECT case_no AS ticket, case_id AS id, team AS partner,
	   pg_temp.minute(from_at) AS since,
	   pg_temp.readable(elapsed_seconds) AS age,
	   pg_temp.readable(own_seconds) AS own,
	   pg_temp.hours(business_own_seconds) AS "own office",
	   status
FROM support.team_visits
JOIN support.teams USING (team)
JOIN support.cases USING (case_key, case_id)
WHERE role = 'partner' AND outcome = 'open' AND elapsed_seconds IS NOT NULL
ORDER BY elapsed_seconds DESC, case_id
LIMIT 5;
