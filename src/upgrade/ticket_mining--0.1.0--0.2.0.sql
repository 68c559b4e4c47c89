-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION ticket_mining UPDATE TO '0.2.0'" to load this file. \quit

-- From 0.1.0 to 0.2.0, by hand: DROP what gets other argument names,
-- another result or other columns, before it is made anew; CREATE what is new of types,
-- operators and casts. All functions, procedures, aggregates and views of this version
-- follow, with their comments and grants, each in the place of the old one (see the Makefile).

DROP FUNCTION ticket_mining.log_find_changes(name, bigint);
