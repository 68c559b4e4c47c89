-- A log of about :events events for the benchmarks, in schema bench, rows in the
-- order of time: the same events wherever and whenever it is made.
--
-- A ticket has 6.5 events on average: it comes in, is assigned, goes through some
-- rounds, and most are closed. No two events of a case have the same time, so that
-- nobody needs a column more to order them.

DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
SET search_path = bench, ticket_mining, public;
SET max_parallel_workers_per_gather = 0;
SET work_mem = '256MB';

-- Multiplied and folded: all bits of the result depend on all bits of the argument.
CREATE FUNCTION scatter(n bigint) RETURNS int LANGUAGE sql IMMUTABLE
	RETURN (hashint8extended(n, 4711) >> 20)::bit(30)::int;

-- What a round through a team looks like; common ones stand several times.
CREATE TABLE round (round_no int PRIMARY KEY, path text[]);
INSERT INTO round
SELECT row_number() OVER (ORDER BY path, n) - 1, path::text[]
FROM (VALUES (20, '{I gang}'), (12, '{Tildelt,I gang}'), (10, '{Afventer bruger,Svar modtaget}'), (8, '{Note}'), (5, '{Afventer bruger,Rykker sendt,Svar modtaget}'),
             (4, '{Afventer leverandør,I gang}'), (4, '{Planlagt,I gang}'), (3, '{Afventer pakke,I gang}'), (3, '{Tildelt,Afvist,Tildelt}'),
             (3, '{Kategori ændret}'), (3, '{Prioritet ændret}'), (2, '{Eskaleret,I gang}'), (2, '{Note,Note}'), (2, '{Tildelt,Tildelt}'),
             (2, '{Opkald,I gang}'), (2, '{Fjernhjælp,I gang}'), (2, '{Afventer godkendelse,Godkendt}'), (1, '{Afventer godkendelse,Ikke godkendt}'),
             (1, '{Bestilt,Afventer pakke,Modtaget}'), (1, '{På hold,I gang}')) v (weight, path), generate_series(1, weight) n;

CREATE TABLE event (case_id int NOT NULL, activity text NOT NULL, at timestamptz NOT NULL, team text NOT NULL);

INSERT INTO event
WITH ticket AS (
	SELECT c, timestamptz '2020-01-01 00:00Z' + c * (interval '4 years' / (:events / 6.3)) AS began,
	       scatter(c) AS h, scatter(-c) AS g
	FROM generate_series(1, (:events / 6.3)::int) c
),
path AS (
	SELECT c, began, h, g,
	       CASE WHEN h % 97 = 0 THEN '{Oprettet af alarm}'::text[] ELSE '{Ny,Tildelt}' END
	       || a.path || b.path || d.path
	       || CASE h % 5 WHEN 0 THEN '{Løst}'::text[] ELSE '{Løst m. mail}' END
	       || CASE WHEN g % 16 = 0 THEN '{Genåbnet,I gang,Løst m. mail}'::text[] END
	       || CASE WHEN g % 10 > 0 THEN '{Lukket}'::text[] END AS path
	FROM ticket
	LEFT JOIN round a ON h % 8 > 0 AND a.round_no = h / 8 % 90
	LEFT JOIN round b ON g % 8 > 4 AND b.round_no = g / 8 % 90
	LEFT JOIN round d ON (h + g) % 20 = 0 AND d.round_no = (h + g) / 20 % 90
)
SELECT c, activity, began + (n * 1000 + scatter(c * 64 + n) % 1000) * (1 + h % 1000 * (g % 1000) / 5000) * interval '1 second' AS at,
       ('{IT-Servicedesk,Klient og udstyr,Netværk og server,Brugeradministration,Digitalisering,Løn og økonomi}'::text[])[1 + g / 1024 % 6]
FROM path, unnest(path) WITH ORDINALITY u (activity, n)
ORDER BY at, c;

VACUUM (ANALYZE, FREEZE) event;
