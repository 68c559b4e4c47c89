-- The first refresh of a log of a million events, and later ones, in one run:
--
--   psql -X -d SOME_DATABASE -f test/bench/refresh.sql [-v cases=130000]
--
-- in a database of its own that has the extension. Beside the times stands the
-- part of the first refresh that each took.

\set QUIET on
\set ON_ERROR_STOP on
\pset footer off
\if :{?cases} \else
	\set cases 130000
\endif
SET client_min_messages = warning;
SET TimeZone = 'Europe/Copenhagen';

DO $$ BEGIN IF ticket_mining.is_log('bench_log') THEN CALL ticket_mining.drop_log('bench_log'); END IF; END $$;
DROP SCHEMA IF EXISTS bench_desk CASCADE;
CREATE SCHEMA bench_desk;

-- Four years of tickets: a path with loops, notes, reopenings; the last month has open ones.
CREATE TABLE bench_desk.events AS
WITH tickets AS (
	SELECT c, timestamptz '2020-01-01' + c * interval '4 years' / :cases AS began, hashint4(c) & 1023 AS h, hashint4(c + 1000000) & 1023 AS g
	FROM generate_series(1, :cases) c
),
paths AS (
	SELECT c, began,
		   '{Ny,Tildelt}'::text[]
		   || CASE WHEN h % 5 = 0 THEN '{Planlagt}'::text[] END
		   || '{I gang}'::text[]
		   || CASE WHEN g % 4 = 0 THEN '{Note}'::text[] END
		   || CASE h % 7
				WHEN 0 THEN '{Afventer bruger,Svar modtaget,I gang}'::text[]
				WHEN 1 THEN '{Afventer bruger,I gang,Afventer bruger,Svar modtaget}'
				WHEN 2 THEN '{Afventer leverandør,I gang}'
				WHEN 3 THEN '{Tildelt,Tildelt,I gang}'
				ELSE '{Note}' END
		   || CASE WHEN c <= :cases * 0.977 OR g % 3 > 0 THEN
				'{Løst m. mail}'::text[] || CASE WHEN g % 17 = 0 THEN '{Genåbnet,I gang,Løst m. mail}'::text[] END || '{Lukket}'::text[]
			  END AS path
	FROM tickets
)
SELECT c AS case_id, activity, began + n * interval '20 hours' + (hashint4(c * 7 + n::int) & 1023) * interval '1 minute' AS at, c * 100 + n AS seq
FROM paths, unnest(path) WITH ORDINALITY u (activity, n);

CREATE TABLE bench_desk.assignments AS
SELECT c AS case_id, ('{Desk,Ops,Net,Vendor A,Vendor B}'::text[])[1 + (hashint4(c + k) & 1023) % 5] AS team,
	   timestamptz '2020-01-01' + c * interval '4 years' / :cases + k * interval '5 hours' AS at, (c * 10 + k)::bigint AS seq
FROM generate_series(1, :cases) c, generate_series(0, hashint4(c) & 3) k;

CREATE TABLE bench_desk.messages AS
SELECT c AS case_id, ('{in,out,auto,internal}'::text[])[1 + (hashint4(c * 3 + k) & 1023) % 4] AS direction,
	   timestamptz '2020-01-01' + c * interval '4 years' / :cases + k * interval '9 hours' AS at, (c * 10 + k)::bigint AS seq
FROM generate_series(1, :cases) c, generate_series(0, hashint4(c) & 3) k;

CREATE TABLE bench_desk.cases AS
SELECT c AS case_id, 'T' || c AS case_no, ('{Hardware,Software,Netværk,Bruger}'::text[])[1 + c % 4] AS category, c % 3 AS priority
FROM generate_series(1, :cases) c;
ANALYZE bench_desk.events, bench_desk.assignments, bench_desk.messages, bench_desk.cases;

CALL ticket_mining.create_log('bench_log', 'bench_desk.events', 'bench_desk.assignments', 'bench_desk.messages', 'bench_desk.cases',
	calendar => 'Europe/Copenhagen; Mo-Th 08:00-16:00; Fr 08:00-15:00; PH(DK) off');
UPDATE bench_log.activity_map SET segment = 'us', is_start = activity = 'Ny';
UPDATE bench_log.activity_map SET kind = 'note' WHERE activity = 'Note';
UPDATE bench_log.activity_map SET segment = 'user' WHERE activity = 'Afventer bruger';
UPDATE bench_log.activity_map SET segment = 'blocked' WHERE activity = 'Afventer leverandør';
UPDATE bench_log.activity_map SET kind = 'resolved', answers = true, segment = 'stopped' WHERE activity = 'Løst m. mail';
UPDATE bench_log.activity_map SET kind = 'closed', segment = 'stopped' WHERE activity = 'Lukket';
UPDATE bench_log.team_map SET role = CASE WHEN team LIKE 'Vendor%' THEN 'partner' WHEN team = 'Desk' THEN 'intake' ELSE 'ours' END;

-- Whoever runs a desk has autovacuum in between.
CREATE TEMPORARY TABLE runs (line int, what text);
INSERT INTO runs VALUES (1, 'first refresh'), (2, '1 % of the cases changed, of all years'), (3, '1 % changed, the newest'), (4, 'nothing changed, a day later');
CALL ticket_mining.refresh('bench_log', '2024-01-02');
VACUUM;
UPDATE bench_desk.events SET at = at + interval '1 minute' WHERE case_id % 200 = 7 AND activity = 'I gang';
INSERT INTO bench_desk.events SELECT c, 'Lukket', '2024-01-01', 999999999 FROM generate_series(5, :cases, 200) c;
CALL ticket_mining.refresh('bench_log', '2024-01-03');
VACUUM;
UPDATE bench_desk.events SET at = at + interval '1 minute' WHERE case_id > :cases * 0.99 AND activity = 'I gang';
CALL ticket_mining.refresh('bench_log', '2024-01-04');
VACUUM;
CALL ticket_mining.refresh('bench_log', '2024-01-05');

SELECT what, changed_cases, cases, events, round(seconds, 2) AS seconds, round(seconds / first_value(seconds) OVER (ORDER BY refresh_no), 3) AS "of the first"
FROM (SELECT *, extract(epoch FROM finished_at - started_at) AS seconds FROM bench_log.refreshes) r
JOIN runs ON line = refresh_no
ORDER BY refresh_no;
SELECT pg_size_pretty(sum(pg_total_relation_size(c.oid))) AS "mined tables with indexes", pg_size_pretty(pg_table_size('bench_desk.events')) AS "events as given"
FROM pg_class c WHERE relnamespace = 'bench_log'::regnamespace AND relkind = 'r';
