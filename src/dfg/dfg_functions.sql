
-- dfg: aggregates and functions

CREATE FUNCTION dfg_agg_transfn(dfg, trace trace) RETURNS dfg
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 25;
COMMENT ON FUNCTION dfg_agg_transfn(dfg, trace) IS 'aggregate transition function';

CREATE FUNCTION dfg_agg_combinefn(dfg, dfg) RETURNS dfg
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION dfg_agg_combinefn(dfg, dfg) IS 'aggregate combine function';

CREATE AGGREGATE dfg_agg(trace trace) (
	SFUNC = dfg_agg_transfn, STYPE = dfg, SSPACE = 16384,
	COMBINEFUNC = dfg_agg_combinefn,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE dfg_agg(trace) IS 'the directly-follows graph of the cases whose traces these are';

CREATE FUNCTION dfg_agg_transfn(dfg, trace trace, calendar business_calendar) RETURNS dfg
	AS 'MODULE_PATHNAME', 'dfg_agg_calendar_transfn' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION dfg_agg_transfn(dfg, trace, business_calendar) IS 'aggregate transition function';

CREATE AGGREGATE dfg_agg(trace trace, calendar business_calendar) (
	SFUNC = dfg_agg_transfn, STYPE = dfg, SSPACE = 16384,
	COMBINEFUNC = dfg_agg_combinefn,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE dfg_agg(trace, business_calendar) IS 'the directly-follows graph with durations in business time; it remembers the calendar';

CREATE AGGREGATE dfg_union_agg(dfg dfg) (
	SFUNC = dfg_agg_combinefn, STYPE = dfg, SSPACE = 16384,
	COMBINEFUNC = dfg_agg_combinefn,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE dfg_union_agg(dfg) IS 'the graph of all cases of graphs that have no case in common';

CREATE FUNCTION dfg_agg_events_transfn(internal, case_id anyelement, activity text, at timestamptz) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 25;
COMMENT ON FUNCTION dfg_agg_events_transfn(internal, anyelement, text, timestamptz) IS 'aggregate transition function';

CREATE FUNCTION dfg_agg_events_transfn(internal, case_id anyelement, activity text, at timestamptz, seq bigint) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 25;
COMMENT ON FUNCTION dfg_agg_events_transfn(internal, anyelement, text, timestamptz, bigint) IS 'aggregate transition function';

CREATE FUNCTION dfg_agg_events_finalfn(internal, anyelement, text, timestamptz) RETURNS dfg
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION dfg_agg_events_finalfn(internal, anyelement, text, timestamptz) IS 'aggregate final function';

CREATE FUNCTION dfg_agg_events_finalfn(internal, anyelement, text, timestamptz, bigint) RETURNS dfg
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION dfg_agg_events_finalfn(internal, anyelement, text, timestamptz, bigint) IS 'aggregate final function';

-- Polymorphic, so the final function is told the types of the arguments.
CREATE AGGREGATE dfg_agg(case_id anyelement, activity text, at timestamptz) (
	SFUNC = dfg_agg_events_transfn, STYPE = internal, SSPACE = 16384,
	FINALFUNC = dfg_agg_events_finalfn, FINALFUNC_EXTRA,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE dfg_agg(anyelement, text, timestamptz) IS 'the directly-follows graph of raw events in any order; in a case by at, then the bytes of the activity';

-- Polymorphic, so the final function is told the types of the arguments.
CREATE AGGREGATE dfg_agg(case_id anyelement, activity text, at timestamptz, seq bigint) (
	SFUNC = dfg_agg_events_transfn, STYPE = internal, SSPACE = 16384,
	FINALFUNC = dfg_agg_events_finalfn, FINALFUNC_EXTRA,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE dfg_agg(anyelement, text, timestamptz, bigint) IS 'the directly-follows graph of raw events in any order; in a case by at, then seq (NULL last), then the bytes of the activity';

-- A time without zone would be read in the zone of whoever asks: these say so.

CREATE FUNCTION no_time_zone_finalfn(internal) RETURNS dfg
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION no_time_zone_finalfn(internal) IS 'NULL, for no rows';

CREATE FUNCTION no_time_zone_transfn(internal, "any", "any", "any", "any") RETURNS internal
	AS 'MODULE_PATHNAME', 'no_time_zone' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION no_time_zone_transfn(internal, "any", "any", "any", "any") IS 'refuses times without zone';

CREATE AGGREGATE dfg_agg(case_id anyelement, activity text, at timestamp) (
	SFUNC = no_time_zone_transfn, STYPE = internal, FINALFUNC = no_time_zone_finalfn, PARALLEL = SAFE
);
COMMENT ON AGGREGATE dfg_agg(anyelement, text, timestamp) IS 'an error: the time must be a timestamp with time zone';

CREATE AGGREGATE dfg_agg(case_id anyelement, activity text, at date) (
	SFUNC = no_time_zone_transfn, STYPE = internal, FINALFUNC = no_time_zone_finalfn, PARALLEL = SAFE
);
COMMENT ON AGGREGATE dfg_agg(anyelement, text, date) IS 'an error: the time must be a timestamp with time zone';

CREATE AGGREGATE dfg_agg(case_id anyelement, activity text, at timestamp, seq bigint) (
	SFUNC = no_time_zone_transfn, STYPE = internal, FINALFUNC = no_time_zone_finalfn, PARALLEL = SAFE
);
COMMENT ON AGGREGATE dfg_agg(anyelement, text, timestamp, bigint) IS 'an error: the time must be a timestamp with time zone';

CREATE AGGREGATE dfg_agg(case_id anyelement, activity text, at date, seq bigint) (
	SFUNC = no_time_zone_transfn, STYPE = internal, FINALFUNC = no_time_zone_finalfn, PARALLEL = SAFE
);
COMMENT ON AGGREGATE dfg_agg(anyelement, text, date, bigint) IS 'an error: the time must be a timestamp with time zone';

CREATE FUNCTION dfg_union(a dfg, b dfg) RETURNS dfg
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION dfg_union(dfg, dfg) IS 'the graph of all cases of two graphs that have no case in common';

CREATE OPERATOR + (LEFTARG = dfg, RIGHTARG = dfg, FUNCTION = dfg_union, COMMUTATOR = +);
COMMENT ON OPERATOR + (dfg, dfg) IS 'the graph of all cases of two graphs that have no case in common';

CREATE FUNCTION dfg_calendar(dfg dfg) RETURNS business_calendar
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION dfg_calendar(dfg) IS 'the calendar of a graph with durations in business time; NULL: elapsed time';

CREATE FUNCTION dfg_cases(dfg dfg) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION dfg_cases(dfg) IS 'number of cases';

CREATE FUNCTION dfg_events(dfg dfg) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION dfg_events(dfg) IS 'number of events';

CREATE FUNCTION dfg_activities(dfg dfg, OUT activity text, OUT frequency bigint, OUT case_frequency bigint,
		OUT max_per_case bigint, OUT starts bigint, OUT ends bigint) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20;
COMMENT ON FUNCTION dfg_activities(dfg) IS 'the activities, in order of their bytes: how often, in how many cases, at most in one; cases that start and end with it';

CREATE FUNCTION dfg_edges(dfg dfg, OUT source text, OUT target text, OUT frequency bigint, OUT case_frequency bigint,
		OUT max_per_case bigint, OUT total_seconds numeric, OUT min interval, OUT max interval,
		OUT mean interval, OUT stddev interval, OUT median interval, OUT p90 interval, OUT p95 interval) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 100;
COMMENT ON FUNCTION dfg_edges(dfg) IS 'the edges, in order of the bytes of source and target: how often, in how many cases, at most in one; and the durations';

CREATE FUNCTION dfg_percentiles(dfg dfg, shares float8[],
		OUT source text, OUT target text, OUT share float8, OUT duration interval) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 200;
COMMENT ON FUNCTION dfg_percentiles(dfg, float8[]) IS 'percentiles of the durations of each edge, in order of the bytes of source and target, then by share';

CREATE FUNCTION dfg_compare(a dfg, b dfg, OUT source text, OUT target text,
		OUT a_frequency bigint, OUT b_frequency bigint, OUT a_case_frequency bigint, OUT b_case_frequency bigint,
		OUT a_rate float8, OUT b_rate float8, OUT rate_difference float8,
		OUT a_median interval, OUT b_median interval) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000 ROWS 100;
COMMENT ON FUNCTION dfg_compare(dfg, dfg) IS 'the edges of two graphs side by side, in order of the bytes of source and target: how often, in which part of the cases, and the median durations';
