-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION ticket_mining UPDATE TO '0.2.0'" to load this file. \quit

-- From 0.1.0 to 0.2.0, by hand: DROP what gets other argument names, another result or other
-- columns, before it is made anew; CREATE what is new of types, operators and casts. All
-- functions, procedures, aggregates and views of this version follow, with their comments
-- and grants, each in the place of the old one (see the Makefile); and then after--….sql.

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
