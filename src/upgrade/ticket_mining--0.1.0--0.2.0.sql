-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION ticket_mining UPDATE TO '0.2.0'" to load this file. \quit

-- From 0.1.0 to 0.2.0, by hand: DROP what gets other argument names, another result or other
-- columns, before it is made anew; CREATE what is new of types, operators and casts. All
-- functions, procedures, aggregates and views of this version follow, with their comments
-- and grants, each in the place of the old one (see the Makefile); and then after--….sql.

-- Everybody may read views of the extension, and so lock them as long as they like: it says who
-- does, and waits for nobody longer than 5 minutes, or as the session says if that is less.
DO $$
DECLARE
	locker pg_catalog.text;
BEGIN
	IF pg_catalog.current_setting('lock_timeout')::pg_catalog.interval
		OPERATOR(pg_catalog.=) '0'::pg_catalog.interval
		OR pg_catalog.current_setting('lock_timeout')::pg_catalog.interval
		OPERATOR(pg_catalog.>) '5 minutes'::pg_catalog.interval THEN
		PERFORM pg_catalog.set_config('lock_timeout', '5min', true);
	END IF;
	FOR locker IN
		SELECT DISTINCT pg_catalog.format('Process %s of role "%s" has locked %s.', l.pid,
			a.usename, l.relation::pg_catalog.regclass)
		FROM pg_catalog.pg_locks l
		JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) l.database
		JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) l.relation
		LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) l.pid
		WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() AND l.granted
		AND c.relnamespace OPERATOR(pg_catalog.=) 'ticket_mining'::pg_catalog.regnamespace
		AND l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
		LIMIT 20
	LOOP
		RAISE WARNING 'the update waits at most 5 minutes: %', locker;
	END LOOP;
END $$;

DROP FUNCTION ticket_mining.log_attributes(name, text, text);
DROP FUNCTION ticket_mining.log_find_changes(name, bigint);
DROP FUNCTION ticket_mining.report_activities(name);
DROP FUNCTION ticket_mining.report_attribute(name, bigint[], text, text, boolean);
DROP FUNCTION ticket_mining.report_began(name, bigint, text, tsmultirange);
DROP FUNCTION ticket_mining.report_cases(name, bigint[], timestamptz[], text[], text[], text,
	tsmultirange, integer);
DROP FUNCTION ticket_mining.report_counts(name, bigint[], text);
DROP FUNCTION ticket_mining.report_events(name, bigint[], text,
	ticket_mining.business_calendar, integer);
DROP FUNCTION ticket_mining.report_holds(name, bigint[], text, ticket_mining.business_calendar,
	integer);
DROP FUNCTION ticket_mining.report_known(name);
DROP FUNCTION ticket_mining.report_messages(name, bigint[], timestamptz[], text, integer);
DROP FUNCTION ticket_mining.report_quality(name);
DROP FUNCTION ticket_mining.report_reopenings(name, bigint[], timestamptz[], text,
	tsmultirange, integer);
DROP FUNCTION ticket_mining.report_segments(name);
DROP FUNCTION ticket_mining.report_team_visits(name, bigint[], timestamptz[], text, integer);
DROP FUNCTION ticket_mining.report_teams(name);
DROP FUNCTION ticket_mining.report_ticks_per_second(name, bigint[]);
DROP FUNCTION ticket_mining.report_variant_numbers(name, bigint[]);
DROP FUNCTION ticket_mining.report_variants(name, bigint[]);
DROP FUNCTION ticket_mining.report_workday(name, text, ticket_mining.business_calendar);
