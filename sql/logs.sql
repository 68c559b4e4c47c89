-- Event logs: create_log, refresh, the mined tables

\set SHOW_CONTEXT never
SET search_path = ticket_mining, public;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET client_min_messages = warning;

CREATE TABLE desk_events (case_id int, activity text, at timestamptz, seq int);
CREATE TABLE desk_assignments (case_id int, team text, at timestamptz, seq int);
CREATE TABLE desk_messages (case_id int, direction text, at timestamptz, seq int);
CREATE TABLE desk_cases (case_id int, case_no text, category text, is_vip boolean);

INSERT INTO desk_events VALUES
	(1, 'Ny', '2023-03-01 07:00Z', 1), (1, 'Tildelt', '2023-03-01 08:00Z', 2), (1, 'Løst m. mail', '2023-03-01 10:00Z', 3),
	(1, 'Genåbnet', '2023-03-02 08:00Z', 4), (1, 'Note', '2023-03-02 08:30Z', 5), (1, 'Løst m. mail', '2023-03-02 09:00Z', 6), (1, 'Lukket', '2023-03-09 09:00Z', 7),
	(2, 'Ny', '2023-03-24 13:00Z', 1), (2, 'Afventer bruger', '2023-03-24 13:30Z', 2), (2, 'Tildelt', '2023-03-27 07:00Z', 3),
	(3, 'Tildelt', '2023-03-31 20:00Z', 1), (3, 'Løst', '2023-04-03 08:00Z', 2),
	(NULL, 'Ny', '2023-03-01Z', 1), (4, NULL, '2023-03-01Z', 1), (4, 'Ny', NULL, 1), (4, 'Ny', 'infinity', 1), (1, 'Ny', '2024-01-01Z', 9);
INSERT INTO desk_assignments VALUES
	(1, 'Desk', '2023-03-01 07:00Z', 1), (1, 'Vendor', '2023-03-01 08:00Z', 2), (1, 'Desk', '2023-03-02 08:00Z', 3), (1, 'Desk', '2023-03-02 08:10Z', 4),
	(2, 'Desk', '2023-03-24 13:00Z', 1), (2, NULL, '2023-03-25 13:00Z', 2), (2, 'Vendor', '2023-03-27 07:00Z', 3);
INSERT INTO desk_messages VALUES
	(1, 'in', '2023-03-01 07:00Z', 1), (1, 'out', '2023-03-01 10:00Z', 2), (1, 'in', '2023-03-02 08:00Z', 3), (1, 'out', '2023-03-02 09:00Z', 4),
	(2, 'out', '2023-03-24 13:30Z', 1), (2, 'auto', '2023-03-24 13:31Z', 2), (2, 'out', '2023-03-27 07:30Z', 3);
INSERT INTO desk_cases VALUES (1, 'A1', 'Print', true), (2, 'A 2/?', NULL, false), (9, 'A9', 'Net', false);

CALL create_log('desk', 'desk_events', 'desk_assignments', 'desk_messages', 'desk_cases',
	calendar => 'Europe/Copenhagen; Mo-Fr 08:00-16:00', case_url => 'https://nsp.example.dk/t/{case_no}');
SELECT * FROM desk.activity_map ORDER BY activity COLLATE "C";
SELECT * FROM desk.team_map ORDER BY team;
SELECT * FROM desk.segment_map ORDER BY segment;
SELECT log, state, as_of, time_zone, calendar, last_run FROM desk.status;

UPDATE desk.activity_map SET kind = 'resolved', segment = 'stopped' WHERE activity LIKE 'Løst%';
UPDATE desk.activity_map SET answers = true WHERE activity = 'Løst m. mail';
UPDATE desk.activity_map SET kind = 'closed', segment = 'stopped' WHERE activity = 'Lukket';
UPDATE desk.activity_map SET kind = 'note' WHERE activity = 'Note';
UPDATE desk.activity_map SET segment = 'user' WHERE activity = 'Afventer bruger';
UPDATE desk.activity_map SET segment = 'us' WHERE activity IN ('Ny', 'Tildelt');
UPDATE desk.activity_map SET is_start = true WHERE activity = 'Ny';
UPDATE desk.team_map SET role = CASE team WHEN 'Desk' THEN 'intake' ELSE 'partner' END;

CALL refresh('desk', '2023-04-10 00:00+02');
SELECT log, state, as_of, cases, events, last_run FROM desk.status;
SELECT state, as_of, events_read, cases, events, changed_cases, rejected FROM desk.refreshes;

\x on
SELECT * FROM desk.cases ORDER BY case_id;
\x off
SELECT * FROM desk.events ORDER BY case_id, event_no;
SELECT * FROM desk.case_edges ORDER BY case_id, source COLLATE "C", target COLLATE "C";
SELECT * FROM desk.segment_visits ORDER BY case_id, visit_no;
SELECT * FROM desk.team_visits ORDER BY case_id, visit_no;
SELECT * FROM desk.handovers ORDER BY case_id, handover_no;
SELECT case_id, reopening_no, outcome, done_at, done_date, done_as, reopened_at, reopened_as, done_again_at, done_again_as, round(days_after::numeric, 3) AS days_after, is_within_30_days, is_after_message_in, messages_out_between
FROM desk.reopenings ORDER BY case_id, reopening_no;
SELECT * FROM desk.messages ORDER BY case_id, message_no;
SELECT * FROM desk.case_months ORDER BY case_id, month;
SELECT * FROM desk.activities ORDER BY activity COLLATE "C";
SELECT * FROM desk.teams ORDER BY team;
SELECT * FROM desk.segments ORDER BY segment;
SELECT variant, activities, length, cases, round(share::numeric, 3) AS share, round(cumulative_share::numeric, 3) AS cumulative_share, rank, example_case_id FROM desk.variants ORDER BY rank;
SELECT * FROM desk.dates WHERE date IN ('2023-03-31', '2023-04-09', '2023-04-10') ORDER BY date;
SELECT count(*), min(date), max(date) FROM desk.dates;
SELECT * FROM desk.edge_stats WHERE source = 'Løst m. mail' ORDER BY clock, target COLLATE "C";
SELECT line, finding, subject, number, unit, base FROM desk.quality ORDER BY line;
SELECT case_id, trace, assignments, messages, tied_events, duplicate_events, is_open, created_month, resolved_month FROM desk.traces ORDER BY case_id;
SELECT cohort, month, dfg_cases(graph), dfg_calendar(business_graph) FROM desk.graphs ORDER BY cohort, month;
SELECT * FROM case_history('desk', 'A1');
SELECT * FROM case_history('desk', '3');
SELECT * FROM case_history('desk', 'no such case');
SELECT log, owner = current_user AS is_mine, state, as_of, cases, events FROM logs();

-- What changes is mined anew, and nothing else
DELETE FROM desk_events WHERE case_id = 3;
UPDATE desk_events SET activity = 'I gang' WHERE case_id = 2 AND activity = 'Tildelt';
UPDATE desk_cases SET category = 'Net' WHERE case_id = 1;
UPDATE desk.segment_map SET is_excluded = true WHERE segment = 'partner';
SELECT state FROM desk.status;
CALL refresh('desk', '2023-04-10 00:00+02');
SELECT state, changed_cases FROM desk.refreshes ORDER BY refresh_no;
SELECT case_key, case_id, status, category, total_seconds, real_seconds FROM desk.cases ORDER BY case_id;
SELECT * FROM desk.activity_map WHERE activity = 'I gang';
SELECT finding, subject, number FROM desk.quality WHERE finding LIKE '%map%' ORDER BY line;
CALL refresh('desk', '2023-04-10 00:00+02');
SELECT changed_cases FROM desk.refreshes ORDER BY refresh_no DESC LIMIT 1;

-- A renamed activity
UPDATE desk.activity_map SET merge_into = 'Tildelt' WHERE activity = 'I gang';
CALL refresh('desk', '2023-04-10 00:00+02');
SELECT event_no, activity FROM desk.events WHERE case_id = 2 ORDER BY event_no;
UPDATE desk.activity_map SET merge_into = 'Ny' WHERE activity = 'Tildelt';
CALL refresh('desk', '2023-04-10 00:00+02');
UPDATE desk.activity_map SET merge_into = NULL WHERE activity = 'Tildelt';
SELECT state, error FROM desk.refreshes ORDER BY refresh_no DESC LIMIT 1;

-- What cannot be
BEGIN;
CALL refresh('desk');
ROLLBACK;
CALL refresh('desk', 'infinity');
CALL refresh('no_such_log');
CALL refresh(NULL);
CALL drop_log('public');
CALL create_log('desk', 'desk_events');
CALL create_log('pg_desk', 'desk_events');
CALL create_log('$user', 'desk_events');
CALL create_log('other', 'desk_cases');
CALL create_log('other', 'desk_events', cases => 'desk_events', time_zone => 'Europe/Kopenhagen', case_url => 'ftp://x/{case_no}');
CALL create_log('other', NULL);
UPDATE desk.settings SET case_url = 'javascript:alert({case_no})';
UPDATE desk.settings SET events = 'public.no_such_table';
DELETE FROM desk.settings;
TRUNCATE desk.settings;
UPDATE desk.activity_map SET answers = true WHERE activity = 'Ny';
INSERT INTO desk.team_map VALUES ('none');
SELECT * FROM case_history('no_such_log', '1');

CREATE VIEW desk.mine AS SELECT count(*) FROM desk.cases;
CALL drop_log('desk');
DROP VIEW desk.mine;
CALL drop_log('desk');
SELECT to_regnamespace('desk'), is_log('desk'), count(*) FROM desk_events;
SELECT * FROM logs();

-- A timestamp without zone, ids of text, nothing but events
CREATE TABLE plain_events (case_id text, activity text, at timestamp);
INSERT INTO plain_events VALUES ('x', 'A', '2023-10-29 02:30'), ('x', 'B', '2023-10-29 03:30'), ('y', 'A', '2023-07-01 12:00');
CALL create_log('plain', 'plain_events');
CALL create_log('plain', 'plain_events', time_zone => 'Europe/Copenhagen');
CALL refresh('plain', '2023-11-01');
SELECT case_id, case_no, url, created_at, event_count, total_seconds, business_total_seconds, landing, first_team FROM plain.cases ORDER BY case_id;
SELECT case_id, activity, at, seconds_to_next FROM plain.events ORDER BY case_id, event_no;
TRUNCATE plain_events;
CALL refresh('plain', '2023-11-01');
SELECT state, cases, changed_cases FROM plain.refreshes ORDER BY refresh_no;
SELECT count(*) FROM plain.dates;
CALL drop_log('plain');

DROP TABLE desk_events, desk_assignments, desk_messages, desk_cases, plain_events;
