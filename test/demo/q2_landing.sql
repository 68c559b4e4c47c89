-- Q2: do tickets land in the right place the first time?

\ir cases.sql

CREATE TEMPORARY VIEW handovers AS
SELECT * FROM (
	SELECT ticket_id, number, lag(team) OVER (PARTITION BY ticket_id ORDER BY visit_no) AS source,
		   team AS target, from_at AS at, is_return, is_bounce
	FROM visits
	WHERE team <> 'none') v
WHERE source <> target;

\echo 'Q2. Landing: how the tickets first solved in 2023 came to the team that solved them'

WITH landed AS (
	SELECT CASE WHEN is_cut_off THEN 'cut off'
				ELSE coalesce(trace_landing(assignments, resolved_at, ARRAY['IT-Servicedesk']), 'no team')
		   END AS landing
	FROM cases
	WHERE resolved_at >= :year_begins AND resolved_at < :year_ends
),
landings (line, landing, meaning, includes) AS (VALUES
	(1, 'direct', 'the first team solved them', '{direct}'::text[]),
	(2, 'forwarded', 'handed over once, by the service desk, and solved', '{forwarded}'),
	(3, 'right the first time', 'direct or forwarded', '{direct,forwarded}'),
	(4, 'rerouted', 'handed over more often, or by another team', '{rerouted}'),
	(5, 'all of these', 'the base of the %', '{direct,forwarded,rerouted}'),
	(6, 'left out', 'history cut off, or solved without a team', '{cut off,no team}')
)
SELECT l.landing, tickets,
	   CASE WHEN line <= 5 THEN round(100.0 * tickets / max(tickets) FILTER (WHERE line = 5) OVER (), 1) END AS "%",
	   meaning
FROM landings l
CROSS JOIN LATERAL (SELECT count(*) AS tickets FROM landed WHERE landed.landing = ANY (includes)) counted
ORDER BY line;

\echo 'Handover matrix: tickets that went from the team of the line to the team of the column, of all alive in 2023'

SELECT s.no || ' ' || s.team AS "from \ to",
	   nullif(count(DISTINCT ticket_id) FILTER (WHERE t.no = 1), 0) AS "1",
	   nullif(count(DISTINCT ticket_id) FILTER (WHERE t.no = 2), 0) AS "2",
	   nullif(count(DISTINCT ticket_id) FILTER (WHERE t.no = 3), 0) AS "3",
	   nullif(count(DISTINCT ticket_id) FILTER (WHERE t.no = 4), 0) AS "4",
	   nullif(count(DISTINCT ticket_id) FILTER (WHERE t.no = 5), 0) AS "5",
	   nullif(count(DISTINCT ticket_id) FILTER (WHERE t.no = 6), 0) AS "6",
	   nullif(count(DISTINCT ticket_id) FILTER (WHERE t.no = 7), 0) AS "7",
	   nullif(count(DISTINCT ticket_id) FILTER (WHERE t.no = 8), 0) AS "8",
	   nullif(count(DISTINCT ticket_id) FILTER (WHERE t.no = 9), 0) AS "9",
	   count(DISTINCT ticket_id) AS tickets,
	   count(ticket_id) AS handovers
FROM teams s
LEFT JOIN (handovers JOIN teams t ON t.team = target) ON s.team = source
GROUP BY s.no, s.team
ORDER BY s.no;

\echo 'Tickets that a partner returned to a team of ours that had them before, of the tickets it had'

WITH had AS (
	SELECT team, count(DISTINCT ticket_id) AS tickets
	FROM visits
	GROUP BY team
),
returned AS (
	SELECT source AS team, ticket_id, number, max(at) AS at
	FROM handovers
	JOIN teams p ON p.team = source AND p.role = 'partner'
	JOIN teams o ON o.team = target AND o.role <> 'partner'
	WHERE is_return
	GROUP BY source, ticket_id, number
)
SELECT team AS partner, had.tickets AS "tickets it had", count(ticket_id) AS returned,
	   round(100.0 * count(ticket_id) / had.tickets, 1) AS "%",
	   array_to_string((array_agg(number ORDER BY at DESC, ticket_id DESC))[1:4], ', ') AS "the four newest"
FROM teams
JOIN had USING (team)
LEFT JOIN returned USING (team)
WHERE role = 'partner'
GROUP BY no, team, had.tickets
ORDER BY no;

SELECT count(DISTINCT ticket_id) FILTER (WHERE is_bounce) AS bounced, count(DISTINCT ticket_id) AS handed_over
FROM handovers \gset
\echo 'Ping-pong (A → B → A):' :bounced 'of' :handed_over 'tickets that were handed over; the four that went back most often'

SELECT number AS ticket, ticket_id AS id, count(*) AS times,
	   (SELECT array_to_string(array_remove(trace_activities(trace_collapse(assignments)), 'none'), ' → ')
		FROM cases c WHERE c.ticket_id = h.ticket_id) AS way
FROM handovers h
WHERE is_bounce
GROUP BY number, ticket_id
ORDER BY times DESC, ticket_id DESC
LIMIT 4;
