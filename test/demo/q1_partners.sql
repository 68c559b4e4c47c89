-- Q1: how fast are our partners, and do they get their tickets closed?

\ir cases.sql

-- The clock of a visit stands still while the ticket is done. Own time is what is
-- left of elapsed time without waiting for the user, a vendor or a parcel.
DROP TABLE IF EXISTS pg_temp.partner_visits;
CREATE TEMPORARY TABLE partner_visits AS
SELECT v.*, teams.no, status, clock.*
FROM visits v
JOIN teams USING (team)
JOIN cases USING (ticket_id)
CROSS JOIN LATERAL (SELECT (trace_activities(statuses))[trace_length(statuses)] AS status) s
CROSS JOIN LATERAL (
	SELECT coalesce(sum(upto - since), '0') AS elapsed,
		   coalesce(sum(upto - since) FILTER (WHERE is_own), '0') AS own,
		   coalesce(sum(business_duration(:calendar, since, upto)), '0') AS elapsed_business,
		   coalesce(sum(business_duration(:calendar, since, upto)) FILTER (WHERE is_own), '0') AS own_business
	FROM trace_segments(statuses, :segments, :as_of) held
	CROSS JOIN LATERAL (SELECT greatest(held.from_at, v.from_at), least(held.to_at, v.to_at),
							   segment NOT IN ('user', 'blocked')) piece (since, upto, is_own)
	WHERE segment <> 'stopped' AND since < upto) clock
WHERE role = 'partner';

\echo 'Q1. Partners: visits of tickets to them, of all tickets alive in 2023, by how the visit ended; and the age of the open ones as of 2024-01-01 00:00'

WITH figures AS (
	SELECT coalesce(team, 'all partners') AS partner, grouping(team) AS is_sum, min(no) AS no,
		   count(*) AS visits, count(DISTINCT ticket_id) AS tickets,
		   count(*) FILTER (WHERE outcome = 'resolved') AS resolved,
		   count(*) FILTER (WHERE outcome = 'closed') AS closed,
		   count(*) FILTER (WHERE outcome = 'returned') AS returned,
		   count(*) FILTER (WHERE outcome = 'passed_on') AS passed_on,
		   count(*) FILTER (WHERE outcome = 'open') AS open,
		   percentile_cont(0.5) WITHIN GROUP (ORDER BY elapsed)
			   FILTER (WHERE outcome = 'open' AND NOT is_cut_off) AS age,
		   max(elapsed) FILTER (WHERE outcome = 'open' AND NOT is_cut_off) AS oldest
	FROM partner_visits
	GROUP BY GROUPING SETS ((team), ())
)
SELECT partner, visits, tickets,
	   round(100.0 * resolved / visits, 1) AS "% resolved",
	   round(100.0 * closed / visits, 1) AS "% closed",
	   round(100.0 * returned / visits, 1) AS "% returned",
	   round(100.0 * passed_on / visits, 1) AS "% passed on",
	   round(100.0 * open / visits, 1) AS "% open",
	   open,
	   pg_temp.readable(age) AS "median age",
	   pg_temp.readable(oldest) AS oldest
FROM figures
ORDER BY is_sum, no;

SELECT format('without %s of cut-off tickets', count(*) FILTER (WHERE outcome <> 'open')) AS finished,
	   format('without %s of cut-off tickets', count(*) FILTER (WHERE outcome = 'open')) AS open
FROM partner_visits
WHERE is_cut_off \gset
\echo 'How long the finished visits took,' :finished '— own: not waiting for user, vendor or parcel; office hours as h:mm'

SELECT team AS partner, count(*) AS visits,
	   pg_temp.readable(percentile_cont(0.5) WITHIN GROUP (ORDER BY elapsed)) AS "elapsed: median",
	   pg_temp.readable(percentile_cont(0.9) WITHIN GROUP (ORDER BY elapsed)) AS "90 % within",
	   pg_temp.readable(percentile_cont(0.5) WITHIN GROUP (ORDER BY own)) AS "own: median",
	   pg_temp.readable(percentile_cont(0.9) WITHIN GROUP (ORDER BY own)) AS "90 % within",
	   pg_temp.hours(percentile_cont(0.5) WITHIN GROUP (ORDER BY elapsed_business)) AS "office: median",
	   pg_temp.hours(percentile_cont(0.9) WITHIN GROUP (ORDER BY elapsed_business)) AS "90 % within",
	   pg_temp.hours(percentile_cont(0.5) WITHIN GROUP (ORDER BY own_business)) AS "own office: median",
	   pg_temp.hours(percentile_cont(0.9) WITHIN GROUP (ORDER BY own_business)) AS "90 % within"
FROM partner_visits
WHERE outcome <> 'open' AND NOT is_cut_off
GROUP BY team, no
ORDER BY no;

\echo 'The oldest open visits,' :open

SELECT number AS ticket, ticket_id AS id, team AS partner,
	   pg_temp.minute(from_at) AS since,
	   pg_temp.readable(elapsed) AS age,
	   pg_temp.readable(own) AS own,
	   pg_temp.hours(own_business) AS "own office",
	   status
FROM partner_visits
WHERE outcome = 'open' AND NOT is_cut_off
ORDER BY partner_visits.elapsed DESC, ticket_id
LIMIT 5;
