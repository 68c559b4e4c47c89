-- What the demo's statements need in their session: display and words.
-- Each of them includes this file, so that it also runs by itself.

\set QUIET on
\pset pager off
\pset footer off
\pset border 1
\pset linestyle unicode
\pset null ''
\encoding UTF8

SET client_min_messages = warning;
SET TimeZone = 'Europe/Copenhagen';

-- A duration as "3 days 04:12", within a day as "04:12:33"
CREATE OR REPLACE FUNCTION pg_temp.readable(seconds float8) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN (
	SELECT lpad(
		CASE days
			WHEN 0 THEN to_char(rounded, 'HH24:MI:SS')
			WHEN 1 THEN to_char(rounded, '"1 day" HH24:MI')
			ELSE days || to_char(rounded, '" days" HH24:MI')
		END, 14)
	FROM justify_hours(date_trunc('second', make_interval(secs => seconds) + interval '0.5 seconds')) AS rounded,
		 extract(day FROM rounded) AS days);

-- Office time, which has no days of 24 hours, as "112:30"
CREATE OR REPLACE FUNCTION pg_temp.hours(seconds float8) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN lpad(to_char(make_interval(secs => seconds) + interval '30 seconds', 'HH24:MI'), 14);

CREATE OR REPLACE FUNCTION pg_temp.minute(at timestamp) RETURNS text
LANGUAGE sql STABLE
RETURN to_char(at, 'YYYY-MM-DD HH24:MI');
