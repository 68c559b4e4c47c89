-- Q2: do tickets land in the right place the first time?

\ir session.sql
\echo 'Q2. Landing: how the tickets first solved in 2023 came to the team that solved them'

WITH lines (line, landing, meaning, includes) AS (VALUES
	(1, 'direct', 'the first team solved them', '{direct}'::text[]),
	(2, 'forwarded', 'handed over once, by the service desk, and solved', '{forwarded}'),
	(3, 'right the first time', 'direct or forwarded', '{direct,forwarded}'),
	(4, 'rerouted', 'handed over more often, or by another team', '{rerouted}'),
	(5, 'all of these', 'the base of the %', '{direct,forwarded,rerouted}'),
	(6, 'left out', 'history cut off, or solved without a team', '{none}')
)
SELECT l.landing,
	   count(*) AS tickets,
	   CASE WHEN line <= 5 THEN round(100.0 * count(*) / max(count(*)) OVER (), 1) END AS "%",
	   meaning
FROM lines l
JOIN support.cases c ON coalesce(c.landing, 'none') = ANY (includes)
JOIN support.dates ON date = first_resolved_date
WHERE year = 2023
GROUP BY line, l.landing, meaning
ORDER BY line;

\echo 'Handover matrix: tickets that went from the team of the line to the team of the column, of all alive in 2023'

WITH numbered AS (
	SELECT team, row_number() OVER (ORDER BY role, team COLLATE "C") AS no
	FROM support.teams
	WHERE team <> 'none'
)
SELECT s.no || ' ' || source AS "from \ to",
	   coalesce(t.no::text, 'tickets') AS "to",
	   count(DISTINCT case_key) AS tickets,
	   coalesce(t.no, 98) AS no
FROM support.handovers
JOIN numbered s ON s.team = source
JOIN numbered t ON t.team = target
GROUP BY GROUPING SETS ((s.no, source, t.no), (s.no, source))
UNION ALL
SELECT s.no || ' ' || source, 'handovers', count(*), 99
FROM support.handovers
JOIN numbered s ON s.team = source
GROUP BY s.no, source
ORDER BY 1, 4
\crosstabview 1 2 3 4

\echo 'Tickets that a partner returned to a team of ours that had them before, of the tickets it had'

WITH had AS (
	SELECT team, count(DISTINCT case_key) AS tickets
	FROM support.team_visits
	GROUP BY team
),
returned AS (
	SELECT source AS team, case_id, max(at) AS at
	FROM support.handovers
	WHERE is_returned_by_partner = 1
	GROUP BY source, case_id
)
SELECT team AS partner, had.tickets AS "tickets it had",
	   count(*) AS returned,
	   round(100.0 * count(*) / had.tickets, 1) AS "%",
	   array_to_string((array_agg(case_no ORDER BY at DESC, case_id DESC))[1:4], ', ') AS "the four newest"
FROM returned
JOIN had USING (team)
JOIN support.cases USING (case_id)
GROUP BY team, had.tickets
ORDER BY team COLLATE "C";

SELECT sum(is_ping_pong) AS bounced, count(*) AS handed_over
FROM support.cases
WHERE handover_count > 0 \gset
\echo 'Ping-pong (A → B → A):' :bounced 'of' :handed_over 'tickets that were handed over; the four that went back most often'

SELECT case_no AS ticket, case_id AS id,
	   sum(is_bounce) AS times,
	   first_team || ' → ' || string_agg(target, ' → ' ORDER BY handover_no) AS way
FROM support.handovers
JOIN support.cases USING (case_key, case_id)
GROUP BY case_no, case_id, first_team
ORDER BY times DESC, case_id DESC
LIMIT 4;
