-- Q4: how long is the ticket with the user, and how long with us?

\ir cases.sql

-- The time of each ticket by who held it: where it waited for us and a partner's
-- team had it, the partner did.
DROP TABLE IF EXISTS pg_temp.held, pg_temp.wholes;
CREATE TEMPORARY TABLE held AS
SELECT ticket_id, holder, sum(to_at - from_at) AS time,
	   sum(business_duration(:calendar, from_at, to_at)) AS office_time
FROM cases
CROSS JOIN LATERAL trace_overlay(statuses, assignments, ended_at) o (status, team, from_at, to_at)
LEFT JOIN teams USING (team)
CROSS JOIN LATERAL (SELECT :segments ->> status) s (segment)
CROSS JOIN LATERAL (SELECT CASE WHEN segment = 'us' AND role = 'partner' THEN 'partner' ELSE segment END) h (holder)
WHERE NOT is_cut_off
GROUP BY ticket_id, holder;

-- Each ticket in one row; real case time leaves out what we cannot help.
CREATE TEMPORARY TABLE wholes AS
SELECT ticket_id, number, is_done, ended_at,
	   coalesce(sum(time) FILTER (WHERE holder = 'us'), '0') AS us,
	   coalesce(sum(time) FILTER (WHERE holder = 'partner'), '0') AS partner,
	   coalesce(sum(time) FILTER (WHERE holder = 'user'), '0') AS user_,
	   coalesce(sum(time) FILTER (WHERE holder = 'blocked'), '0') AS blocked,
	   coalesce(sum(time) FILTER (WHERE holder = 'stopped'), '0') AS stopped,
	   coalesce(sum(time) FILTER (WHERE holder NOT IN ('user', 'blocked', 'stopped')), '0') AS real_time,
	   coalesce(sum(office_time) FILTER (WHERE holder NOT IN ('user', 'blocked', 'stopped')), '0') AS real_office_time,
	   coalesce(sum(time), '0') AS time,
	   coalesce(sum(office_time), '0') AS office_time
FROM cases LEFT JOIN held USING (ticket_id)
WHERE NOT is_cut_off
GROUP BY ticket_id, number, is_done, ended_at;
ANALYZE held, wholes;

SELECT count(*) AS cut_off FROM cases WHERE is_cut_off \gset
\echo 'Q4. Who held the tickets alive in 2023: the done ones from first status to last solution, the open ones until 2024-01-01 00:00; without' :cut_off 'cut off'

WITH lines (line, holder, meaning) AS (VALUES
	(1, 'us', 'waits for one of our teams'),
	(2, 'partner', 'waits for a partner''s team'),
	(3, 'user', 'waits for the user'),
	(4, 'blocked', 'waits for a vendor or a parcel'),
	(5, 'stopped', 'solved, until reopened'),
	(6, 'whole', 'all of these'),
	(7, 'real case time', 'us and partner')
),
all_held AS (
	SELECT * FROM held
	UNION ALL
	SELECT ticket_id, 'whole', time, office_time FROM wholes
	UNION ALL
	SELECT ticket_id, 'real case time', real_time, real_office_time FROM wholes
),
figures AS (
	SELECT holder, is_done, count(*) AS tickets,
		   extract(epoch FROM sum(h.time)) / 86400 AS days,
		   extract(epoch FROM sum(h.office_time)) / 3600 AS office_hours,
		   percentile_cont(0.5) WITHIN GROUP (ORDER BY h.time) AS median,
		   percentile_cont(0.9) WITHIN GROUP (ORDER BY h.time) AS p90
	FROM all_held h JOIN wholes USING (ticket_id)
	GROUP BY holder, is_done
)
SELECT holder, d.tickets AS "done tickets",
	   round(d.days) AS days,
	   round(100 * d.days / max(d.days) FILTER (WHERE holder = 'whole') OVER (), 1) AS "%",
	   round(d.office_hours) AS "office hours",
	   pg_temp.readable(d.median) AS "median of these",
	   pg_temp.readable(d.p90) AS "90 % within",
	   o.tickets AS "open tickets",
	   round(o.days) AS days,
	   round(100 * o.days / max(o.days) FILTER (WHERE holder = 'whole') OVER (), 1) AS "%",
	   meaning
FROM lines
LEFT JOIN (SELECT * FROM figures WHERE is_done) d USING (holder)
LEFT JOIN (SELECT * FROM figures WHERE NOT is_done) o USING (holder)
ORDER BY line;

\echo 'The four newest done tickets that all of user, us, partner and a vendor or parcel held'

SELECT number AS ticket, ticket_id AS id,
	   pg_temp.readable(time) AS whole,
	   pg_temp.readable(user_) AS "user",
	   pg_temp.readable(us) AS us,
	   pg_temp.readable(partner) AS partner,
	   pg_temp.readable(blocked) AS blocked,
	   pg_temp.readable(stopped) AS stopped,
	   pg_temp.readable(real_time) AS "real case time"
FROM wholes
WHERE is_done AND least(user_, us, partner, blocked) > '0'
ORDER BY ended_at DESC, ticket_id DESC
LIMIT 4;
