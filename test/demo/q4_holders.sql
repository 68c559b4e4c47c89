-- Q4: how long is the ticket with the user, and how long with us?

\ir session.sql
SELECT sum(is_cut_off) AS cut_off FROM support.cases \gset
\echo 'Q4. Who held the tickets alive in 2023: the done ones from first status to last solution, the open ones until 2024-01-01 00:00; without' :cut_off 'cut off'

WITH held AS (
	SELECT line, holder, meaning, is_open, seconds, office_seconds
	FROM support.cases
	CROSS JOIN LATERAL (VALUES
		(1, 'us', us_seconds, business_us_seconds, 'waits for one of our teams'),
		(2, 'partner', partner_seconds, business_partner_seconds, 'waits for a partner''s team'),
		(3, 'user', user_seconds, business_user_seconds, 'waits for the user'),
		(4, 'blocked', blocked_seconds, business_blocked_seconds, 'waits for a vendor or a parcel'),
		(5, 'stopped', stopped_seconds, business_stopped_seconds, 'solved, until reopened'),
		(6, 'whole', total_seconds, business_total_seconds, 'all of these'),
		(7, 'real case time', real_seconds, business_real_seconds, 'us and partner')
	) h (line, holder, seconds, office_seconds, meaning)
	WHERE seconds > 0
),
figures AS (
	SELECT line, holder, meaning, is_open,
		   count(*) AS tickets,
		   sum(seconds) / 86400 AS days,
		   100 * sum(seconds) / max(sum(seconds)) OVER (PARTITION BY is_open) AS share,
		   sum(office_seconds) / 3600 AS office_hours,
		   percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median,
		   percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS p90
	FROM held
	GROUP BY line, holder, meaning, is_open
)
SELECT holder, d.tickets AS "done tickets",
	   round(d.days) AS days,
	   round(d.share::numeric, 1) AS "%",
	   round(d.office_hours) AS "office hours",
	   pg_temp.readable(d.median) AS "median of these",
	   pg_temp.readable(d.p90) AS "90 % within",
	   o.tickets AS "open tickets",
	   round(o.days) AS days,
	   round(o.share::numeric, 1) AS "%",
	   meaning
FROM (SELECT * FROM figures WHERE is_open = 0) d
JOIN (SELECT * FROM figures WHERE is_open = 1) o USING (line, holder, meaning)
ORDER BY line;

\echo 'The four newest done tickets that all of user, us, partner and a vendor or parcel held'

SELECT case_no AS ticket, case_id AS id,
	   pg_temp.readable(total_seconds) AS whole,
	   pg_temp.readable(user_seconds) AS "user",
	   pg_temp.readable(us_seconds) AS us,
	   pg_temp.readable(partner_seconds) AS partner,
	   pg_temp.readable(blocked_seconds) AS blocked,
	   pg_temp.readable(stopped_seconds) AS stopped,
	   pg_temp.readable(real_seconds) AS "real case time"
FROM support.cases
WHERE is_open = 0 AND least(user_seconds, us_seconds, partner_seconds, blocked_seconds) > 0
ORDER BY resolved_at DESC, case_id DESC
LIMIT 4;
