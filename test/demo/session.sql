-- What the demo's statements need in their session: display, words, views.
-- Each of them includes this file, so that it also runs by itself.

\set QUIET on
\pset pager off
\pset footer off
\pset border 1
\pset linestyle unicode
\pset null ''
\encoding UTF8

SET client_min_messages = warning;
SET search_path = public, ticket_mining;
SET TimeZone = 'Europe/Copenhagen';

-- The year of the figures, in local time
\set year_begins 'timestamptz ''2023-01-01 00:00 Europe/Copenhagen'''
\set year_ends 'timestamptz ''2024-01-01 00:00 Europe/Copenhagen'''

-- What the statuses mean
\set done 'ARRAY[''Løst'', ''Løst m. mail'', ''Lukket'']'
\set answered 'ARRAY[''Løst m. mail'']'
\set notes 'ARRAY[''Note'']'

-- A duration as "3 days 04:12", within a day as "04:12:33"
CREATE OR REPLACE FUNCTION pg_temp.readable(duration interval) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN (
	SELECT lpad(
		CASE days
			WHEN 0 THEN to_char(rounded, 'HH24:MI:SS')
			WHEN 1 THEN to_char(rounded, '"1 day" HH24:MI')
			ELSE days || to_char(rounded, '" days" HH24:MI')
		END, 14)
	FROM justify_hours(date_trunc('second', duration + interval '0.5 seconds')) AS rounded,
		 extract(day FROM rounded) AS days);

-- Office time, which has no days of 24 hours, as "112:30"
CREATE OR REPLACE FUNCTION pg_temp.hours(duration interval) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN lpad(to_char(duration + interval '30 seconds', 'HH24:MI'), 14);

CREATE OR REPLACE FUNCTION pg_temp.minute(at timestamptz) RETURNS text
LANGUAGE sql STABLE
RETURN to_char(at, 'YYYY-MM-DD HH24:MI');

CREATE OR REPLACE TEMPORARY VIEW reopenings AS
SELECT ticket_id, r.*
FROM ticket_traces, trace_reopenings(trace, :done, :answered, :notes) r;

-- A resolution is the first event of a run of done ones: the first of all, and
-- those after a reopening.
CREATE OR REPLACE TEMPORARY VIEW resolutions AS
SELECT ticket_id, min(at) AS at
FROM ticket_traces, trace_events(trace)
WHERE activity = ANY (:done)
GROUP BY ticket_id
UNION ALL
SELECT ticket_id, done_again_at
FROM reopenings
WHERE done_again_at IS NOT NULL;
