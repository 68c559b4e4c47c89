-- What the five answers have in common: what statuses and teams mean, the
-- tickets with their traces, and the visits of tickets to teams.

\ir session.sql

-- The time of the extract, which holds nothing later
\set as_of 'timestamptz ''2024-01-01 00:00 Europe/Copenhagen'''

-- When the service desk works
\set calendar 'business_calendar ''Europe/Copenhagen; Mo-Th 08:00-16:00; Fr 08:00-15:00; PH(DK) off; Jun 05 off; Dec 24 off; Dec 31 off'''

-- Who holds a ticket, by its status. Stopped is here what is done, and nothing else.
\set segments '''{"Ny": "us", "Tildelt": "us", "I gang": "us", "Planlagt": "us", "Svar modtaget": "us", "Genåbnet": "us", "Afventer bruger": "user", "Afventer leverandør": "blocked", "Afventer pakke": "blocked", "Løst": "stopped", "Løst m. mail": "stopped", "Lukket": "stopped"}''::jsonb'

DROP TABLE IF EXISTS pg_temp.cases, pg_temp.visits CASCADE;

CREATE OR REPLACE TEMPORARY VIEW teams (no, team, role) AS VALUES
	(1, 'IT-Servicedesk', 'intake'),
	(2, 'Brugeradministration', 'ours'),
	(3, 'Klient og udstyr', 'ours'),
	(4, 'Netværk og server', 'ours'),
	(5, 'Digitalisering', 'partner'),
	(6, 'Løn og økonomi', 'partner'),
	(7, 'Leverandør: fagsystemer', 'partner'),
	(8, 'Leverandør: print', 'partner'),
	(9, 'Leverandør: telefoni', 'partner');

-- Each ticket with its traces, notes aside. It ends as_of, or as it was done for good.
CREATE TEMPORARY TABLE cases AS
SELECT t.id AS ticket_id, t.number, statuses, assignments, messages,
	   (trace_activities(statuses))[1] <> 'Ny' AS is_cut_off,
	   is_done,
	   first_resolved_at AS resolved_at,
	   CASE WHEN is_done THEN last_resolved_at ELSE :as_of END AS ended_at
FROM tickets t
JOIN (SELECT ticket_id, trace_agg(status, changed_at, id) AS statuses
	  FROM ticket_history WHERE status <> ALL (:notes) GROUP BY ticket_id) s ON s.ticket_id = t.id
LEFT JOIN (SELECT ticket_id, trace_agg(coalesce(team, 'none'), changed_at, id) AS assignments
		   FROM ticket_assignments GROUP BY ticket_id) a ON a.ticket_id = t.id
LEFT JOIN (SELECT ticket_id, trace_agg(direction, sent_at, id) AS messages
		   FROM ticket_messages GROUP BY ticket_id) m ON m.ticket_id = t.id
LEFT JOIN (SELECT ticket_id, min(at) AS first_resolved_at, max(at) AS last_resolved_at
		   FROM resolutions GROUP BY ticket_id) r ON r.ticket_id = t.id
CROSS JOIN LATERAL (SELECT (trace_activities(statuses))[trace_length(statuses)] = ANY (:done) AS is_done) d;
ANALYZE cases;

-- Each visit of a ticket to a team, and how it ended: with the ticket done, else
-- with another team, else not yet. An assignment comes before a status of the same time.
CREATE TEMPORARY TABLE visits AS
SELECT ticket_id, number, is_cut_off, v.*,
	   CASE WHEN status = 'Lukket' THEN 'closed'
			WHEN status = ANY (:done) THEN 'resolved'
			WHEN next_team = ANY (array_agg(team) OVER before) THEN 'returned'
			WHEN next_team IS NOT NULL THEN 'passed_on'
			ELSE 'open'
	   END AS outcome
FROM cases
CROSS JOIN LATERAL trace_visits(assignments, :as_of) v
LEFT JOIN LATERAL (SELECT activity AS status FROM trace_events(statuses)
				   WHERE at < v.to_at ORDER BY event_no DESC LIMIT 1) s ON true
WINDOW before AS (PARTITION BY ticket_id ORDER BY visit_no);
ANALYZE visits;
