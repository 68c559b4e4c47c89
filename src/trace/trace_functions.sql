
-- trace: aggregates and functions

CREATE FUNCTION trace_agg_transfn(internal, activity text, at timestamptz) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_agg_transfn(internal, text, timestamptz) IS
'aggregate transition function';

CREATE FUNCTION trace_agg_transfn(internal, activity text, at timestamptz, seq bigint)
	RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_agg_transfn(internal, text, timestamptz, bigint) IS
'aggregate transition function';

CREATE FUNCTION trace_agg_combinefn(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_agg_combinefn(internal, internal) IS 'aggregate combine function';

CREATE FUNCTION trace_agg_serialfn(internal) RETURNS bytea
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_agg_serialfn(internal) IS 'aggregate serial function';

CREATE FUNCTION trace_agg_deserialfn(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_agg_deserialfn(bytea, internal) IS 'aggregate deserial function';

CREATE FUNCTION trace_agg_finalfn(internal) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION trace_agg_finalfn(internal) IS 'aggregate final function';

CREATE AGGREGATE trace_agg(activity text, at timestamptz) (
	SFUNC = trace_agg_transfn, STYPE = internal, SSPACE = 144,
	FINALFUNC = trace_agg_finalfn,
	COMBINEFUNC = trace_agg_combinefn, SERIALFUNC = trace_agg_serialfn,
	DESERIALFUNC = trace_agg_deserialfn,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE trace_agg(text, timestamptz) IS
'the history of a case from its events, in order of at, then the bytes of the activity';

CREATE AGGREGATE trace_agg(activity text, at timestamptz, seq bigint) (
	SFUNC = trace_agg_transfn, STYPE = internal, SSPACE = 144,
	FINALFUNC = trace_agg_finalfn,
	COMBINEFUNC = trace_agg_combinefn, SERIALFUNC = trace_agg_serialfn,
	DESERIALFUNC = trace_agg_deserialfn,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE trace_agg(text, timestamptz, bigint) IS
'the history of a case from its events, in order of at, then seq (NULL last), then the bytes of'
	' the activity';

-- Beside trace_agg() over the same arguments it costs no second state.
CREATE FUNCTION trace_ties_finalfn(internal) RETURNS integer[]
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_ties_finalfn(internal) IS 'aggregate final function';

CREATE AGGREGATE trace_ties_agg(activity text, at timestamptz, seq bigint) (
	SFUNC = trace_agg_transfn, STYPE = internal, SSPACE = 144,
	FINALFUNC = trace_ties_finalfn,
	COMBINEFUNC = trace_agg_combinefn, SERIALFUNC = trace_agg_serialfn,
	DESERIALFUNC = trace_agg_deserialfn,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE trace_ties_agg(text, timestamptz, bigint) IS
'internal: of the events of a case how many no seq tells apart from another of the same time, '
'and how many repeat another one exactly';

-- A time without zone would be read in the zone of whoever asks: these say so.

CREATE FUNCTION no_time_zone_transfn(internal, "any", "any") RETURNS internal
	AS 'MODULE_PATHNAME', 'no_time_zone' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION no_time_zone_transfn(internal, "any", "any") IS 'refuses times without zone';

CREATE FUNCTION no_time_zone_transfn(internal, "any", "any", "any") RETURNS internal
	AS 'MODULE_PATHNAME', 'no_time_zone' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION no_time_zone_transfn(internal, "any", "any", "any") IS
'refuses times without zone';

CREATE AGGREGATE trace_agg(activity text, at timestamp) (
	SFUNC = no_time_zone_transfn, STYPE = internal, PARALLEL = SAFE, FINALFUNC = trace_agg_finalfn
);
COMMENT ON AGGREGATE trace_agg(text, timestamp) IS
'an error: the time must be a timestamp with time zone';

CREATE AGGREGATE trace_agg(activity text, at date) (
	SFUNC = no_time_zone_transfn, STYPE = internal, PARALLEL = SAFE, FINALFUNC = trace_agg_finalfn
);
COMMENT ON AGGREGATE trace_agg(text, date) IS
'an error: the time must be a timestamp with time zone';

CREATE AGGREGATE trace_agg(activity text, at timestamp, seq bigint) (
	SFUNC = no_time_zone_transfn, STYPE = internal, PARALLEL = SAFE, FINALFUNC = trace_agg_finalfn
);
COMMENT ON AGGREGATE trace_agg(text, timestamp, bigint) IS
'an error: the time must be a timestamp with time zone';

CREATE AGGREGATE trace_agg(activity text, at date, seq bigint) (
	SFUNC = no_time_zone_transfn, STYPE = internal, PARALLEL = SAFE, FINALFUNC = trace_agg_finalfn
);
COMMENT ON AGGREGATE trace_agg(text, date, bigint) IS
'an error: the time must be a timestamp with time zone';

CREATE FUNCTION trace(activities text[], at timestamptz[]) RETURNS trace
	AS 'MODULE_PATHNAME', 'trace_from_arrays' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace(text[], timestamptz[]) IS
'the trace of events in the order given, which must be that of their times';

CREATE FUNCTION trace(activities text[], at timestamp[]) RETURNS trace
	AS 'MODULE_PATHNAME', 'no_time_zone' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION trace(text[], timestamp[]) IS
'an error: the times must be timestamps with time zone';

CREATE FUNCTION trace(activities text[], at date[]) RETURNS trace
	AS 'MODULE_PATHNAME', 'no_time_zone' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION trace(text[], date[]) IS
'an error: the times must be timestamps with time zone';

CREATE FUNCTION trace_length(trace trace) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION trace_length(trace) IS 'number of events';

CREATE FUNCTION trace_start(trace trace) RETURNS timestamptz
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION trace_start(trace) IS 'time of the first event';

CREATE FUNCTION trace_end(trace trace) RETURNS timestamptz
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION trace_end(trace) IS 'time of the last event';

CREATE FUNCTION trace_duration(trace trace) RETURNS interval
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION trace_duration(trace) IS 'time from the first event to the last';

CREATE FUNCTION trace_variant(trace trace) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION trace_variant(trace) IS
'id of the sequence of activities: a 64-bit hash, the same on every machine and version';

CREATE FUNCTION trace_variant_source(trace trace) RETURNS bytea
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION trace_variant_source(trace) IS
'internal: the sequence of activities as bytes, of which trace_variant() is the hash';

CREATE FUNCTION trace_activities(trace trace) RETURNS text[]
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace_activities(trace) IS 'the activities in order, repeats included';

CREATE FUNCTION trace_collapse(trace trace) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace_collapse(trace) IS 'the trace with repeats in a row made one: the first';

CREATE FUNCTION trace_events(trace trace, OUT event_no integer, OUT activity text,
		OUT at timestamptz) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 ROWS 10;
COMMENT ON FUNCTION trace_events(trace) IS 'the events, in order';

CREATE FUNCTION trace_breaks(trace trace) RETURNS integer[]
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_breaks(trace) IS
'the numbers of the events before which a masked one stood; one more than there are events: behind'
	' the last';

CREATE FUNCTION trace_steps(trace trace, OUT step_no integer, OUT source text, OUT target text,
		OUT from_at timestamptz, OUT to_at timestamptz, OUT duration interval) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 ROWS 10;
COMMENT ON FUNCTION trace_steps(trace) IS 'the steps from each event to the next';

CREATE FUNCTION trace_reopenings(trace trace, done text[], answered text[] DEFAULT NULL,
		notes text[] DEFAULT NULL,
		OUT reopening_no integer, OUT done_at timestamptz, OUT done_as text,
		OUT reopened_at timestamptz, OUT reopened_as text,
		OUT done_again_at timestamptz, OUT done_again_as text,
		OUT outcome text) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 ROWS 1;
COMMENT ON FUNCTION trace_reopenings(trace, text[], text[], text[]) IS
'the reopenings after runs of done activities, and the outcome of each: answered_again,'
	' first_answer, silent, open';

CREATE FUNCTION trace_reopen_count(trace trace, done text[], notes text[] DEFAULT NULL)
	RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_reopen_count(trace, text[], text[]) IS
'how often an open activity follows a run of done ones';

CREATE FUNCTION trace_repeat_count(trace trace, done text[], answered text[],
		notes text[] DEFAULT NULL) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_repeat_count(trace, text[], text[], text[]) IS
'answers to the user beyond the first of each run of done activities';
