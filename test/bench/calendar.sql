-- What business time costs: business_duration() over a million spans of weeks, and the same in plain SQL
-- over fewer of them, as generate_series of days joined to the shifts.
--
--   psql -X -f test/bench/calendar.sql        in any database; it makes temporary tables only
\set QUIET on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS ticket_mining;
SET search_path = pg_temp, public, ticket_mining;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET timezone = 'Europe/Copenhagen';
SET work_mem = '256MB';

SELECT setseed(0.5) \gset
CREATE TEMP TABLE span AS
SELECT n, from_at, from_at + random() * interval '42 days' AS to_at
FROM  (SELECT n, timestamptz '2015-01-01Z' + random() * interval '3000 days' AS from_at FROM generate_series(1, 1000000) n) s;

-- The same calendar twice: as one value, and as the tables that plain SQL needs.
CREATE TEMP TABLE calendar AS
SELECT 'Europe/Copenhagen; Mo-Th 08:00-12:00,12:30-15:30; Fr 08:00-14:00; PH(DK) off; Dec 24 off'::business_calendar AS c;
CREATE TEMP TABLE shift (weekday int, opens time, closes time);
INSERT INTO shift SELECT d, o, c FROM generate_series(1, 4) d, (VALUES (time '08:00', time '12:00'), ('12:30', '15:30')) v (o, c)
UNION ALL VALUES (5, time '08:00', time '14:00');
CREATE TEMP TABLE closed AS
SELECT d::date AS day FROM calendar, generate_series(timestamp '2014-12-01', '2024-12-31', '1 day') d
WHERE  extract(isodow FROM d) < 6 AND NOT business_is_open(c, (d + time '10:00') AT TIME ZONE 'Europe/Copenhagen');
CREATE INDEX ON closed (day);
ANALYZE span; ANALYZE shift; ANALYZE closed;

-- What a statement takes: the best of three runs, in seconds.
CREATE FUNCTION pg_temp.seconds(statement text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    begun timestamptz;
    best  float8 := 'infinity';
BEGIN
    FOR run IN 1..3 LOOP
        begun := clock_timestamp();
        EXECUTE statement;
        best := least(best, extract(epoch FROM clock_timestamp() - begun));
    END LOOP;
    RETURN best;
END $$;

CREATE VIEW pg_temp.plain AS
SELECT s.n, (SELECT coalesce(sum(least(upper_at, s.to_at) - greatest(lower_at, s.from_at)), interval '0')
             FROM   generate_series(s.from_at::date, s.to_at::date, interval '1 day') d
             JOIN   shift ON weekday = extract(isodow FROM d)
             CROSS JOIN LATERAL (SELECT d::date + opens AS lower_local, d::date + closes AS upper_local) l
             CROSS JOIN LATERAL (SELECT lower_local AT TIME ZONE 'Europe/Copenhagen' AS lower_at, upper_local AT TIME ZONE 'Europe/Copenhagen' AS upper_at) i
             WHERE  upper_at > s.from_at AND lower_at < s.to_at AND NOT EXISTS (SELECT FROM closed WHERE day = d::date)) AS duration
FROM   span s;

SELECT CASE WHEN count(*) = 0 THEN 'both give the same for 2000 spans' ELSE 'THEY DIFFER for ' || count(*) || ' of 2000 spans' END
FROM   plain JOIN span USING (n), calendar
WHERE  n <= 2000 AND extract(epoch FROM duration) <> extract(epoch FROM business_duration(c, from_at, to_at));

WITH timed AS MATERIALIZED (
    SELECT pg_temp.seconds('SELECT count(*) FROM span WHERE to_at >= from_at') AS scan,
           pg_temp.seconds('SELECT count(business_duration((SELECT c FROM calendar), from_at, to_at)) FROM span') AS ours,
           pg_temp.seconds('SELECT count(duration) FROM plain WHERE n <= 10000') * 100 AS theirs,
           pg_temp.seconds('SELECT count(business_duration((SELECT c FROM calendar), from_at, from_at + interval ''10 years'')) FROM span') AS decade)
SELECT format(E'business_duration, 1 million spans of weeks:    %s s, %s million a second (reading the rows alone: %s s)\n'
              '1 million spans of ten years:                   %s s\n'
              'generate_series of days joined to shifts:       %s s (10,000 spans, times 100)\n'
              'ratio:                                          %s',
              round(ours::numeric, 2), round((1 / ours)::numeric, 2), round(scan::numeric, 2), round(decade::numeric, 2), round(theirs::numeric, 1),
              round((theirs / ours)::numeric))
FROM   timed;
