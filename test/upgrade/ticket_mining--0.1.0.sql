-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION ticket_mining" to load this file. \quit

-- What must hold before anything is made: labels are compared as UTF-8 bytes,
-- and a schema that somebody else owns could be changed under our functions
-- (a superuser may do so anyway, and owns it in a restored database).
DO $$
BEGIN
	IF pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.<>) 'UTF8' THEN
		RAISE EXCEPTION USING
			ERRCODE = 'feature_not_supported',
			MESSAGE = pg_catalog.format('ticket_mining needs a database in UTF8, not %s', pg_catalog.getdatabaseencoding()),
			HINT = 'Create a database with ENCODING ''UTF8'' TEMPLATE template0.';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
				   WHERE n.nspname OPERATOR(pg_catalog.=) 'ticket_mining' AND (r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) current_user)) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'insufficient_privilege',
			MESSAGE = 'schema "ticket_mining" exists and belongs to another role',
			HINT = 'Rename or drop that schema, or have its owner create the extension.';
	END IF;
END $$;

GRANT USAGE ON SCHEMA ticket_mining TO PUBLIC;


-- business_calendar: type, comparison, functions

CREATE TYPE business_calendar;

CREATE FUNCTION business_calendar_in(cstring) RETURNS business_calendar
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION business_calendar_in(cstring) IS 'I/O';

CREATE FUNCTION business_calendar_out(business_calendar) RETURNS cstring
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION business_calendar_out(business_calendar) IS 'I/O';

CREATE FUNCTION business_calendar_recv(internal) RETURNS business_calendar
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION business_calendar_recv(internal) IS 'I/O';

CREATE FUNCTION business_calendar_send(business_calendar) RETURNS bytea
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION business_calendar_send(business_calendar) IS 'I/O';

-- Packed bytes: the alignment is that of the length word alone.
CREATE TYPE business_calendar (
	INPUT = business_calendar_in, OUTPUT = business_calendar_out, RECEIVE = business_calendar_recv, SEND = business_calendar_send,
	INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);
COMMENT ON TYPE business_calendar IS 'when people work: a time zone, shifts, exceptions, holidays';

CREATE FUNCTION business_calendar_lt(business_calendar, business_calendar) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_lt(business_calendar, business_calendar) IS 'implementation of < operator';

CREATE FUNCTION business_calendar_le(business_calendar, business_calendar) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_le(business_calendar, business_calendar) IS 'implementation of <= operator';

CREATE FUNCTION business_calendar_eq(business_calendar, business_calendar) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_eq(business_calendar, business_calendar) IS 'implementation of = operator';

CREATE FUNCTION business_calendar_ne(business_calendar, business_calendar) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_ne(business_calendar, business_calendar) IS 'implementation of <> operator';

CREATE FUNCTION business_calendar_ge(business_calendar, business_calendar) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_ge(business_calendar, business_calendar) IS 'implementation of >= operator';

CREATE FUNCTION business_calendar_gt(business_calendar, business_calendar) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_gt(business_calendar, business_calendar) IS 'implementation of > operator';

CREATE FUNCTION business_calendar_cmp(business_calendar, business_calendar) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_cmp(business_calendar, business_calendar) IS 'less-equal-greater, by bytes';

CREATE FUNCTION business_calendar_hash(business_calendar) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_hash(business_calendar) IS 'hash';

CREATE FUNCTION business_calendar_hash_extended(business_calendar, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_hash_extended(business_calendar, bigint) IS 'hash with a seed';

CREATE OPERATOR < (
	LEFTARG = business_calendar, RIGHTARG = business_calendar, FUNCTION = business_calendar_lt,
	COMMUTATOR = >, NEGATOR = >=,
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (business_calendar, business_calendar) IS 'less than';

CREATE OPERATOR <= (
	LEFTARG = business_calendar, RIGHTARG = business_calendar, FUNCTION = business_calendar_le,
	COMMUTATOR = >=, NEGATOR = >,
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (business_calendar, business_calendar) IS 'less than or equal';

CREATE OPERATOR = (
	LEFTARG = business_calendar, RIGHTARG = business_calendar, FUNCTION = business_calendar_eq,
	COMMUTATOR = =, NEGATOR = <>,
	RESTRICT = eqsel, JOIN = eqjoinsel,
	HASHES, MERGES
);
COMMENT ON OPERATOR = (business_calendar, business_calendar) IS 'equal';

CREATE OPERATOR <> (
	LEFTARG = business_calendar, RIGHTARG = business_calendar, FUNCTION = business_calendar_ne,
	COMMUTATOR = <>, NEGATOR = =,
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (business_calendar, business_calendar) IS 'not equal';

CREATE OPERATOR >= (
	LEFTARG = business_calendar, RIGHTARG = business_calendar, FUNCTION = business_calendar_ge,
	COMMUTATOR = <=, NEGATOR = <,
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (business_calendar, business_calendar) IS 'greater than or equal';

CREATE OPERATOR > (
	LEFTARG = business_calendar, RIGHTARG = business_calendar, FUNCTION = business_calendar_gt,
	COMMUTATOR = <, NEGATOR = <=,
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (business_calendar, business_calendar) IS 'greater than';

CREATE OPERATOR CLASS business_calendar_ops DEFAULT FOR TYPE business_calendar USING btree AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 business_calendar_cmp(business_calendar, business_calendar);
COMMENT ON OPERATOR CLASS business_calendar_ops USING btree IS 'order of the bytes; for long values index a hash of them';

CREATE OPERATOR CLASS business_calendar_ops DEFAULT FOR TYPE business_calendar USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 business_calendar_hash(business_calendar),
	FUNCTION 2 business_calendar_hash_extended(business_calendar, bigint);
COMMENT ON OPERATOR CLASS business_calendar_ops USING hash IS 'equality of the bytes';

CREATE FUNCTION business_calendar_add_holidays(calendar business_calendar, holidays date[]) RETURNS business_calendar
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION business_calendar_add_holidays(business_calendar, date[]) IS 'the calendar with these days closed';

CREATE FUNCTION business_duration(calendar business_calendar, from_at timestamptz, to_at timestamptz) RETURNS interval
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION business_duration(business_calendar, timestamptz, timestamptz) IS 'open time of a calendar from one instant to another, negative if they are turned around';

CREATE FUNCTION business_add(calendar business_calendar, at timestamptz, duration interval) RETURNS timestamptz
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION business_add(business_calendar, timestamptz, interval) IS 'when so much open time has passed; for a negative duration from when on it passes until at';

CREATE FUNCTION business_is_open(calendar business_calendar, at timestamptz) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION business_is_open(business_calendar, timestamptz) IS 'whether an instant lies in a shift';

CREATE FUNCTION business_shifts(calendar business_calendar, from_at timestamptz, to_at timestamptz) RETURNS TABLE (from_at timestamptz, to_at timestamptz, duration interval)
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 ROWS 20;
COMMENT ON FUNCTION business_shifts(business_calendar, timestamptz, timestamptz) IS 'the openings between two instants';
-- trace: type, comparison, casts

CREATE TYPE trace;

CREATE FUNCTION trace_in(cstring) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_in(cstring) IS 'I/O';

CREATE FUNCTION trace_out(trace) RETURNS cstring
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_out(trace) IS 'I/O';

CREATE FUNCTION trace_recv(internal) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_recv(internal) IS 'I/O';

CREATE FUNCTION trace_send(trace) RETURNS bytea
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_send(trace) IS 'I/O';

-- Packed bytes: the alignment is that of the length word alone.
CREATE TYPE trace (
	INPUT = trace_in, OUTPUT = trace_out, RECEIVE = trace_recv, SEND = trace_send,
	INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);
COMMENT ON TYPE trace IS 'history of one case: an ordered sequence of activities with their times';

CREATE FUNCTION trace_lt(trace, trace) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_lt(trace, trace) IS 'implementation of < operator';

CREATE FUNCTION trace_le(trace, trace) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_le(trace, trace) IS 'implementation of <= operator';

CREATE FUNCTION trace_eq(trace, trace) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_eq(trace, trace) IS 'implementation of = operator';

CREATE FUNCTION trace_ne(trace, trace) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_ne(trace, trace) IS 'implementation of <> operator';

CREATE FUNCTION trace_ge(trace, trace) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_ge(trace, trace) IS 'implementation of >= operator';

CREATE FUNCTION trace_gt(trace, trace) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_gt(trace, trace) IS 'implementation of > operator';

CREATE FUNCTION trace_cmp(trace, trace) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_cmp(trace, trace) IS 'less-equal-greater, by bytes';

CREATE FUNCTION trace_hash(trace) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_hash(trace) IS 'hash';

CREATE FUNCTION trace_hash_extended(trace, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_hash_extended(trace, bigint) IS 'hash with a seed';

CREATE OPERATOR < (
	LEFTARG = trace, RIGHTARG = trace, FUNCTION = trace_lt,
	COMMUTATOR = >, NEGATOR = >=,
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (trace, trace) IS 'less than';

CREATE OPERATOR <= (
	LEFTARG = trace, RIGHTARG = trace, FUNCTION = trace_le,
	COMMUTATOR = >=, NEGATOR = >,
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (trace, trace) IS 'less than or equal';

CREATE OPERATOR = (
	LEFTARG = trace, RIGHTARG = trace, FUNCTION = trace_eq,
	COMMUTATOR = =, NEGATOR = <>,
	RESTRICT = eqsel, JOIN = eqjoinsel,
	HASHES, MERGES
);
COMMENT ON OPERATOR = (trace, trace) IS 'equal';

CREATE OPERATOR <> (
	LEFTARG = trace, RIGHTARG = trace, FUNCTION = trace_ne,
	COMMUTATOR = <>, NEGATOR = =,
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (trace, trace) IS 'not equal';

CREATE OPERATOR >= (
	LEFTARG = trace, RIGHTARG = trace, FUNCTION = trace_ge,
	COMMUTATOR = <=, NEGATOR = <,
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (trace, trace) IS 'greater than or equal';

CREATE OPERATOR > (
	LEFTARG = trace, RIGHTARG = trace, FUNCTION = trace_gt,
	COMMUTATOR = <, NEGATOR = <=,
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (trace, trace) IS 'greater than';

CREATE OPERATOR CLASS trace_ops DEFAULT FOR TYPE trace USING btree AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 trace_cmp(trace, trace);
COMMENT ON OPERATOR CLASS trace_ops USING btree IS 'order of the bytes; for long values index a hash of them';

CREATE OPERATOR CLASS trace_ops DEFAULT FOR TYPE trace USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 trace_hash(trace),
	FUNCTION 2 trace_hash_extended(trace, bigint);
COMMENT ON OPERATOR CLASS trace_ops USING hash IS 'equality of the bytes';

CREATE FUNCTION trace_to_jsonb(trace trace) RETURNS jsonb
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION trace_to_jsonb(trace) IS 'the events as a JSON array of {activity, at}';

CREATE CAST (trace AS jsonb) WITH FUNCTION trace_to_jsonb(trace);
COMMENT ON CAST (trace AS jsonb) IS 'the events as a JSON array of {activity, at}';

-- trace: aggregates and functions

CREATE FUNCTION trace_agg_transfn(internal, activity text, at timestamptz) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_agg_transfn(internal, text, timestamptz) IS 'aggregate transition function';

CREATE FUNCTION trace_agg_transfn(internal, activity text, at timestamptz, seq bigint) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_agg_transfn(internal, text, timestamptz, bigint) IS 'aggregate transition function';

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
	COMBINEFUNC = trace_agg_combinefn, SERIALFUNC = trace_agg_serialfn, DESERIALFUNC = trace_agg_deserialfn,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE trace_agg(text, timestamptz) IS 'the history of a case from its events, in order of at, then the bytes of the activity';

CREATE AGGREGATE trace_agg(activity text, at timestamptz, seq bigint) (
	SFUNC = trace_agg_transfn, STYPE = internal, SSPACE = 144,
	FINALFUNC = trace_agg_finalfn,
	COMBINEFUNC = trace_agg_combinefn, SERIALFUNC = trace_agg_serialfn, DESERIALFUNC = trace_agg_deserialfn,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE trace_agg(text, timestamptz, bigint) IS 'the history of a case from its events, in order of at, then seq (NULL last), then the bytes of the activity';

-- A time without zone would be read in the zone of whoever asks: these say so.

CREATE FUNCTION no_time_zone_transfn(internal, "any", "any") RETURNS internal
	AS 'MODULE_PATHNAME', 'no_time_zone' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION no_time_zone_transfn(internal, "any", "any") IS 'refuses times without zone';

CREATE FUNCTION no_time_zone_transfn(internal, "any", "any", "any") RETURNS internal
	AS 'MODULE_PATHNAME', 'no_time_zone' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION no_time_zone_transfn(internal, "any", "any", "any") IS 'refuses times without zone';

CREATE AGGREGATE trace_agg(activity text, at timestamp) (
	SFUNC = no_time_zone_transfn, STYPE = internal, PARALLEL = SAFE, FINALFUNC = trace_agg_finalfn
);
COMMENT ON AGGREGATE trace_agg(text, timestamp) IS 'an error: the time must be a timestamp with time zone';

CREATE AGGREGATE trace_agg(activity text, at date) (
	SFUNC = no_time_zone_transfn, STYPE = internal, PARALLEL = SAFE, FINALFUNC = trace_agg_finalfn
);
COMMENT ON AGGREGATE trace_agg(text, date) IS 'an error: the time must be a timestamp with time zone';

CREATE AGGREGATE trace_agg(activity text, at timestamp, seq bigint) (
	SFUNC = no_time_zone_transfn, STYPE = internal, PARALLEL = SAFE, FINALFUNC = trace_agg_finalfn
);
COMMENT ON AGGREGATE trace_agg(text, timestamp, bigint) IS 'an error: the time must be a timestamp with time zone';

CREATE AGGREGATE trace_agg(activity text, at date, seq bigint) (
	SFUNC = no_time_zone_transfn, STYPE = internal, PARALLEL = SAFE, FINALFUNC = trace_agg_finalfn
);
COMMENT ON AGGREGATE trace_agg(text, date, bigint) IS 'an error: the time must be a timestamp with time zone';

CREATE FUNCTION trace(activities text[], at timestamptz[]) RETURNS trace
	AS 'MODULE_PATHNAME', 'trace_from_arrays' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace(text[], timestamptz[]) IS 'the trace of events in the order given, which must be that of their times';

CREATE FUNCTION trace(activities text[], at timestamp[]) RETURNS trace
	AS 'MODULE_PATHNAME', 'no_time_zone' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION trace(text[], timestamp[]) IS 'an error: the times must be timestamps with time zone';

CREATE FUNCTION trace(activities text[], at date[]) RETURNS trace
	AS 'MODULE_PATHNAME', 'no_time_zone' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION trace(text[], date[]) IS 'an error: the times must be timestamps with time zone';

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
COMMENT ON FUNCTION trace_variant(trace) IS 'id of the sequence of activities: a 64-bit hash, the same on every machine and version';

CREATE FUNCTION trace_activities(trace trace) RETURNS text[]
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace_activities(trace) IS 'the activities in order, repeats included';

CREATE FUNCTION trace_collapse(trace trace) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace_collapse(trace) IS 'the trace with repeats in a row made one: the first';

CREATE FUNCTION trace_events(trace trace, OUT event_no integer, OUT activity text, OUT at timestamptz) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 ROWS 10;
COMMENT ON FUNCTION trace_events(trace) IS 'the events, in order';

CREATE FUNCTION trace_breaks(trace trace) RETURNS integer[]
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_breaks(trace) IS 'the numbers of the events before which a masked one stood; one more than there are events: behind the last';

CREATE FUNCTION trace_steps(trace trace, OUT step_no integer, OUT source text, OUT target text,
		OUT from_at timestamptz, OUT to_at timestamptz, OUT duration interval) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 ROWS 10;
COMMENT ON FUNCTION trace_steps(trace) IS 'the steps from each event to the next';

CREATE FUNCTION trace_reopenings(trace trace, done text[], answered text[] DEFAULT NULL, notes text[] DEFAULT NULL,
		OUT reopening_no integer, OUT done_at timestamptz, OUT done_as text,
		OUT reopened_at timestamptz, OUT reopened_as text,
		OUT done_again_at timestamptz, OUT done_again_as text, OUT outcome text) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 ROWS 1;
COMMENT ON FUNCTION trace_reopenings(trace, text[], text[], text[]) IS 'the reopenings after runs of done activities, and the outcome of each: answered_again, first_answer, silent, open';

CREATE FUNCTION trace_reopen_count(trace trace, done text[], notes text[] DEFAULT NULL) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_reopen_count(trace, text[], text[]) IS 'how often an open activity follows a run of done ones';

CREATE FUNCTION trace_repeat_count(trace trace, done text[], answered text[], notes text[] DEFAULT NULL) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_repeat_count(trace, text[], text[], text[]) IS 'answers to the user beyond the first of each run of done activities';

-- trace: segments, teams, correspondence

CREATE FUNCTION trace_segments(trace trace, segments jsonb, as_of timestamptz,
		OUT segment text, OUT from_at timestamptz, OUT to_at timestamptz,
		OUT duration interval, OUT business_duration interval) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50 ROWS 5;
COMMENT ON FUNCTION trace_segments(trace, jsonb, timestamptz) IS 'who held the case when: the segments of its activities until as_of (NULL: the last event)';

CREATE FUNCTION trace_segments(trace trace, segments jsonb, as_of timestamptz, calendar business_calendar,
		OUT segment text, OUT from_at timestamptz, OUT to_at timestamptz,
		OUT duration interval, OUT business_duration interval) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50 ROWS 5;
COMMENT ON FUNCTION trace_segments(trace, jsonb, timestamptz, business_calendar) IS 'who held the case when: the segments of its activities until as_of (NULL: the last event), with the business time of each';

CREATE FUNCTION trace_time_in(trace trace, activities text[], as_of timestamptz) RETURNS interval
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 30;
COMMENT ON FUNCTION trace_time_in(trace, text[], timestamptz) IS 'time that the case was in these activities until as_of (NULL: the last event)';

CREATE FUNCTION trace_time_in(trace trace, activities text[], as_of timestamptz, calendar business_calendar) RETURNS interval
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 30;
COMMENT ON FUNCTION trace_time_in(trace, text[], timestamptz, business_calendar) IS 'business time that the case was in these activities until as_of (NULL: the last event)';

CREATE FUNCTION trace_overlay(a trace, b trace, as_of timestamptz)
		RETURNS TABLE (a text, b text, from_at timestamptz, to_at timestamptz)
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50 ROWS 10;
COMMENT ON FUNCTION trace_overlay(trace, trace, timestamptz) IS 'which activity of one trace fell together with which of another, from the start of a until as_of (NULL: the last event of a)';

CREATE FUNCTION trace_visits(trace trace, as_of timestamptz, OUT visit_no integer, OUT team text,
		OUT from_at timestamptz, OUT to_at timestamptz, OUT next_team text,
		OUT is_return boolean, OUT is_bounce boolean) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50 ROWS 5;
COMMENT ON FUNCTION trace_visits(trace, timestamptz) IS 'the visits to teams of a trace of assignments until as_of (NULL: the last event)';

CREATE FUNCTION trace_handover_count(trace trace) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_handover_count(trace) IS 'how often the team changes in a trace of assignments';

CREATE FUNCTION trace_landing(trace trace, resolved_at timestamptz, intake text[]) RETURNS text
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_landing(trace, timestamptz, text[]) IS 'how a case landed by its resolution: direct, forwarded (once, from an intake team), rerouted; of a trace of assignments';

CREATE FUNCTION trace_messages_in(trace trace) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_messages_in(trace) IS 'messages from the user in a trace of messages';

CREATE FUNCTION trace_messages_out(trace trace) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_messages_out(trace) IS 'messages to the user in a trace of messages';

CREATE FUNCTION trace_turns(trace trace) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_turns(trace) IS 'changes of direction in a trace of messages';

-- dfg: type, comparison, casts

CREATE TYPE dfg;

CREATE FUNCTION dfg_in(cstring) RETURNS dfg
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION dfg_in(cstring) IS 'I/O';

CREATE FUNCTION dfg_out(dfg) RETURNS cstring
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION dfg_out(dfg) IS 'I/O';

CREATE FUNCTION dfg_recv(internal) RETURNS dfg
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION dfg_recv(internal) IS 'I/O';

CREATE FUNCTION dfg_send(dfg) RETURNS bytea
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION dfg_send(dfg) IS 'I/O';

-- Packed bytes: the alignment is that of the length word alone.
CREATE TYPE dfg (
	INPUT = dfg_in, OUTPUT = dfg_out, RECEIVE = dfg_recv, SEND = dfg_send,
	INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);
COMMENT ON TYPE dfg IS 'directly-follows graph of many cases: activities and edges with frequencies and durations';

CREATE FUNCTION dfg_lt(dfg, dfg) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION dfg_lt(dfg, dfg) IS 'implementation of < operator';

CREATE FUNCTION dfg_le(dfg, dfg) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION dfg_le(dfg, dfg) IS 'implementation of <= operator';

CREATE FUNCTION dfg_eq(dfg, dfg) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION dfg_eq(dfg, dfg) IS 'implementation of = operator';

CREATE FUNCTION dfg_ne(dfg, dfg) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION dfg_ne(dfg, dfg) IS 'implementation of <> operator';

CREATE FUNCTION dfg_ge(dfg, dfg) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION dfg_ge(dfg, dfg) IS 'implementation of >= operator';

CREATE FUNCTION dfg_gt(dfg, dfg) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION dfg_gt(dfg, dfg) IS 'implementation of > operator';

CREATE FUNCTION dfg_cmp(dfg, dfg) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION dfg_cmp(dfg, dfg) IS 'less-equal-greater, by bytes';

CREATE FUNCTION dfg_hash(dfg) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION dfg_hash(dfg) IS 'hash';

CREATE FUNCTION dfg_hash_extended(dfg, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION dfg_hash_extended(dfg, bigint) IS 'hash with a seed';

CREATE OPERATOR < (
	LEFTARG = dfg, RIGHTARG = dfg, FUNCTION = dfg_lt,
	COMMUTATOR = >, NEGATOR = >=,
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (dfg, dfg) IS 'less than';

CREATE OPERATOR <= (
	LEFTARG = dfg, RIGHTARG = dfg, FUNCTION = dfg_le,
	COMMUTATOR = >=, NEGATOR = >,
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (dfg, dfg) IS 'less than or equal';

CREATE OPERATOR = (
	LEFTARG = dfg, RIGHTARG = dfg, FUNCTION = dfg_eq,
	COMMUTATOR = =, NEGATOR = <>,
	RESTRICT = eqsel, JOIN = eqjoinsel,
	HASHES, MERGES
);
COMMENT ON OPERATOR = (dfg, dfg) IS 'equal';

CREATE OPERATOR <> (
	LEFTARG = dfg, RIGHTARG = dfg, FUNCTION = dfg_ne,
	COMMUTATOR = <>, NEGATOR = =,
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (dfg, dfg) IS 'not equal';

CREATE OPERATOR >= (
	LEFTARG = dfg, RIGHTARG = dfg, FUNCTION = dfg_ge,
	COMMUTATOR = <=, NEGATOR = <,
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (dfg, dfg) IS 'greater than or equal';

CREATE OPERATOR > (
	LEFTARG = dfg, RIGHTARG = dfg, FUNCTION = dfg_gt,
	COMMUTATOR = <, NEGATOR = <=,
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (dfg, dfg) IS 'greater than';

CREATE OPERATOR CLASS dfg_ops DEFAULT FOR TYPE dfg USING btree AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 dfg_cmp(dfg, dfg);
COMMENT ON OPERATOR CLASS dfg_ops USING btree IS 'order of the bytes; for long values index a hash of them';

CREATE OPERATOR CLASS dfg_ops DEFAULT FOR TYPE dfg USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 dfg_hash(dfg),
	FUNCTION 2 dfg_hash_extended(dfg, bigint);
COMMENT ON OPERATOR CLASS dfg_ops USING hash IS 'equality of the bytes';

CREATE FUNCTION dfg_to_jsonb(dfg dfg) RETURNS jsonb
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION dfg_to_jsonb(dfg) IS 'the graph as a JSON object of cases, events, activities and edges, durations in seconds';

CREATE CAST (dfg AS jsonb) WITH FUNCTION dfg_to_jsonb(dfg);
COMMENT ON CAST (dfg AS jsonb) IS 'the graph as a JSON object of cases, events, activities and edges, durations in seconds';

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

CREATE FUNCTION dfg_compare(a dfg, b dfg, OUT source text, OUT target text,
		OUT a_frequency bigint, OUT b_frequency bigint, OUT a_case_frequency bigint, OUT b_case_frequency bigint,
		OUT a_rate float8, OUT b_rate float8, OUT rate_difference float8,
		OUT a_median interval, OUT b_median interval) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000 ROWS 100;
COMMENT ON FUNCTION dfg_compare(dfg, dfg) IS 'the edges of two graphs side by side, in order of the bytes of source and target: how often, in which part of the cases, and the median durations';
-- trace_pattern: type, comparison, matching

CREATE TYPE trace_pattern;

CREATE FUNCTION trace_pattern_in(cstring) RETURNS trace_pattern
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_pattern_in(cstring) IS 'I/O';

CREATE FUNCTION trace_pattern_out(trace_pattern) RETURNS cstring
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_pattern_out(trace_pattern) IS 'I/O';

CREATE FUNCTION trace_pattern_recv(internal) RETURNS trace_pattern
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_pattern_recv(internal) IS 'I/O';

CREATE FUNCTION trace_pattern_send(trace_pattern) RETURNS bytea
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_pattern_send(trace_pattern) IS 'I/O';

-- Packed bytes: the alignment is that of the length word alone.
CREATE TYPE trace_pattern (
	INPUT = trace_pattern_in, OUTPUT = trace_pattern_out, RECEIVE = trace_pattern_recv, SEND = trace_pattern_send,
	INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);
COMMENT ON TYPE trace_pattern IS 'regular expression over the activities of a trace';

CREATE FUNCTION trace_pattern_lt(trace_pattern, trace_pattern) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_pattern_lt(trace_pattern, trace_pattern) IS 'implementation of < operator';

CREATE FUNCTION trace_pattern_le(trace_pattern, trace_pattern) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_pattern_le(trace_pattern, trace_pattern) IS 'implementation of <= operator';

CREATE FUNCTION trace_pattern_eq(trace_pattern, trace_pattern) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_pattern_eq(trace_pattern, trace_pattern) IS 'implementation of = operator';

CREATE FUNCTION trace_pattern_ne(trace_pattern, trace_pattern) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_pattern_ne(trace_pattern, trace_pattern) IS 'implementation of <> operator';

CREATE FUNCTION trace_pattern_ge(trace_pattern, trace_pattern) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_pattern_ge(trace_pattern, trace_pattern) IS 'implementation of >= operator';

CREATE FUNCTION trace_pattern_gt(trace_pattern, trace_pattern) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_pattern_gt(trace_pattern, trace_pattern) IS 'implementation of > operator';

CREATE FUNCTION trace_pattern_cmp(trace_pattern, trace_pattern) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_pattern_cmp(trace_pattern, trace_pattern) IS 'less-equal-greater, by bytes';

CREATE FUNCTION trace_pattern_hash(trace_pattern) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_pattern_hash(trace_pattern) IS 'hash';

CREATE FUNCTION trace_pattern_hash_extended(trace_pattern, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_pattern_hash_extended(trace_pattern, bigint) IS 'hash with a seed';

CREATE OPERATOR < (
	LEFTARG = trace_pattern, RIGHTARG = trace_pattern, FUNCTION = trace_pattern_lt,
	COMMUTATOR = >, NEGATOR = >=,
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (trace_pattern, trace_pattern) IS 'less than';

CREATE OPERATOR <= (
	LEFTARG = trace_pattern, RIGHTARG = trace_pattern, FUNCTION = trace_pattern_le,
	COMMUTATOR = >=, NEGATOR = >,
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (trace_pattern, trace_pattern) IS 'less than or equal';

CREATE OPERATOR = (
	LEFTARG = trace_pattern, RIGHTARG = trace_pattern, FUNCTION = trace_pattern_eq,
	COMMUTATOR = =, NEGATOR = <>,
	RESTRICT = eqsel, JOIN = eqjoinsel,
	HASHES, MERGES
);
COMMENT ON OPERATOR = (trace_pattern, trace_pattern) IS 'equal';

CREATE OPERATOR <> (
	LEFTARG = trace_pattern, RIGHTARG = trace_pattern, FUNCTION = trace_pattern_ne,
	COMMUTATOR = <>, NEGATOR = =,
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (trace_pattern, trace_pattern) IS 'not equal';

CREATE OPERATOR >= (
	LEFTARG = trace_pattern, RIGHTARG = trace_pattern, FUNCTION = trace_pattern_ge,
	COMMUTATOR = <=, NEGATOR = <,
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (trace_pattern, trace_pattern) IS 'greater than or equal';

CREATE OPERATOR > (
	LEFTARG = trace_pattern, RIGHTARG = trace_pattern, FUNCTION = trace_pattern_gt,
	COMMUTATOR = <, NEGATOR = <=,
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (trace_pattern, trace_pattern) IS 'greater than';

CREATE OPERATOR CLASS trace_pattern_ops DEFAULT FOR TYPE trace_pattern USING btree AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 trace_pattern_cmp(trace_pattern, trace_pattern);
COMMENT ON OPERATOR CLASS trace_pattern_ops USING btree IS 'order of the bytes';

CREATE OPERATOR CLASS trace_pattern_ops DEFAULT FOR TYPE trace_pattern USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 trace_pattern_hash(trace_pattern),
	FUNCTION 2 trace_pattern_hash_extended(trace_pattern, bigint);
COMMENT ON OPERATOR CLASS trace_pattern_ops USING hash IS 'equality of the bytes';

CREATE FUNCTION trace_has_match(trace trace, pattern trace_pattern) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace_has_match(trace, trace_pattern) IS 'whether the pattern has a match in the trace';

CREATE FUNCTION trace_match_count(trace trace, pattern trace_pattern) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION trace_match_count(trace, trace_pattern) IS 'number of matches, from left to right and without overlap';

CREATE FUNCTION trace_matches(
	trace trace, pattern trace_pattern,
	OUT match_no integer, OUT first_event integer, OUT last_event integer,
	OUT from_at timestamptz, OUT to_at timestamptz
) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50 ROWS 2;
COMMENT ON FUNCTION trace_matches(trace, trace_pattern) IS 'the matches, from left to right and without overlap';
-- trace: the constraints of Declare

CREATE FUNCTION trace_existence(trace trace, activity text, times integer DEFAULT 1) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_existence(trace, text, integer) IS 'constraint: the activity happens at least so many times';

CREATE FUNCTION trace_existence_violations(trace trace, activity text, times integer DEFAULT 1) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_existence_violations(trace, text, integer) IS 'violations of existence: how many of these times are missing';

CREATE FUNCTION trace_absence(trace trace, activity text, times integer DEFAULT 1) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_absence(trace, text, integer) IS 'constraint: the activity happens fewer than so many times';

CREATE FUNCTION trace_absence_violations(trace trace, activity text, times integer DEFAULT 1) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_absence_violations(trace, text, integer) IS 'violations of absence: how many times it happens beyond that';

CREATE FUNCTION trace_response(trace trace, source text, target text) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_response(trace, text, text) IS 'constraint: each source is eventually followed by a target';

CREATE FUNCTION trace_response_violations(trace trace, source text, target text) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_response_violations(trace, text, text) IS 'violations of response: sources that are not';

CREATE FUNCTION trace_precedence(trace trace, source text, target text) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_precedence(trace, text, text) IS 'constraint: each target has a source somewhere before it';

CREATE FUNCTION trace_precedence_violations(trace trace, source text, target text) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_precedence_violations(trace, text, text) IS 'violations of precedence: targets that have none';

CREATE FUNCTION trace_succession(trace trace, source text, target text) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_succession(trace, text, text) IS 'constraint: response and precedence';

CREATE FUNCTION trace_succession_violations(trace trace, source text, target text) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_succession_violations(trace, text, text) IS 'violations of succession: sources without a target behind them, and targets without a source before them';

CREATE FUNCTION trace_chain_response(trace trace, source text, target text) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_chain_response(trace, text, text) IS 'constraint: each source is directly followed by a target';

CREATE FUNCTION trace_chain_response_violations(trace trace, source text, target text) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_chain_response_violations(trace, text, text) IS 'violations of chain response: sources that are not';
-- trace: an index that finds cases

CREATE FUNCTION trace_contains(trace trace, activities text[]) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_contains(trace, text[]) IS 'whether all of the activities are in the trace';

-- The estimators try the value on the traces that ANALYZE has sampled.

CREATE OPERATOR @> (
	LEFTARG = trace, RIGHTARG = text[], FUNCTION = trace_contains,
	RESTRICT = matchingsel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR @> (trace, text[]) IS 'has all of the activities';

CREATE OPERATOR ~ (
	LEFTARG = trace, RIGHTARG = trace_pattern, FUNCTION = trace_has_match,
	RESTRICT = matchingsel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR ~ (trace, trace_pattern) IS 'the pattern has a match in the trace';

CREATE FUNCTION trace_gin_extract_value(trace, internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION trace_gin_extract_value(trace, internal) IS 'internal: GIN support';

CREATE FUNCTION trace_gin_extract_query(trace, internal, smallint, internal, internal, internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION trace_gin_extract_query(trace, internal, smallint, internal, internal, internal, internal) IS 'internal: GIN support';

CREATE FUNCTION trace_gin_triconsistent(internal, smallint, trace, integer, internal, internal, internal) RETURNS "char"
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_gin_triconsistent(internal, smallint, trace, integer, internal, internal, internal) IS 'internal: GIN support';

CREATE OPERATOR CLASS trace_ops DEFAULT FOR TYPE trace USING gin AS
	OPERATOR 1 @> (trace, text[]),
	OPERATOR 2 ~ (trace, trace_pattern),
	FUNCTION 1 btint8cmp(bigint, bigint),
	FUNCTION 2 trace_gin_extract_value(trace, internal),
	FUNCTION 3 trace_gin_extract_query(trace, internal, smallint, internal, internal, internal, internal),
	FUNCTION 6 trace_gin_triconsistent(internal, smallint, trace, integer, internal, internal, internal),
	STORAGE bigint;
COMMENT ON OPERATOR CLASS trace_ops USING gin IS 'activities, and pairs of which one directly follows the other, by their hashes';
-- filters: parts of a trace, predicates, chains

CREATE FUNCTION trace_keep(trace trace, activities text[]) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace_keep(trace, text[]) IS 'the trace with these activities alone, which then follow each other; NULL where nothing is left';

CREATE FUNCTION trace_drop(trace trace, activities text[]) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace_drop(trace, text[]) IS 'the trace without these activities, whose neighbours then follow each other; NULL where nothing is left';

CREATE FUNCTION trace_mask(trace trace, activities text[]) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace_mask(trace, text[]) IS 'the trace with these activities hidden: no edge goes across where they stood; NULL where nothing is left';

CREATE FUNCTION trace_crop(trace trace, from_activities text[], to_activities text[],
		from_which text DEFAULT 'first', to_which text DEFAULT 'last') RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace_crop(trace, text[], text[], text, text) IS 'the piece from the first (or last) event of some activities to the last (or first, from there on) of others; NULL where nothing is left';

CREATE FUNCTION trace_crop_match(trace trace, pattern trace_pattern, which text DEFAULT 'first') RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40;
COMMENT ON FUNCTION trace_crop_match(trace, trace_pattern, text) IS 'the events of the first or last match of a pattern; NULL where there is none';

CREATE FUNCTION trace_between(trace trace, from_at timestamptz, to_at timestamptz) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace_between(trace, timestamptz, timestamptz) IS 'the events on [from_at, to_at); NULL where nothing is left';

CREATE FUNCTION trace_has_any(trace trace, activities text[]) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_has_any(trace, text[]) IS 'whether the case has one of these activities';

CREATE FUNCTION trace_starts_with(trace trace, activities text[]) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_starts_with(trace, text[]) IS 'whether the first event is one of these activities, with nothing masked before it';

CREATE FUNCTION trace_ends_with(trace trace, activities text[]) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_ends_with(trace, text[]) IS 'whether the last event is one of these activities, with nothing masked behind it';

CREATE FUNCTION trace_has_edge(trace trace, source text, target text,
		at_least interval DEFAULT NULL, at_most interval DEFAULT NULL) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_has_edge(trace, text, text, interval, interval) IS 'whether target directly follows source, in a time within these bounds';

CREATE FUNCTION trace_starts_in(trace trace, from_at timestamptz, to_at timestamptz) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION trace_starts_in(trace, timestamptz, timestamptz) IS 'whether the first event lies on [from_at, to_at)';

CREATE FUNCTION trace_ends_in(trace trace, from_at timestamptz, to_at timestamptz) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION trace_ends_in(trace, timestamptz, timestamptz) IS 'whether the last event lies on [from_at, to_at)';

CREATE FUNCTION trace_contained_in(trace trace, from_at timestamptz, to_at timestamptz) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION trace_contained_in(trace, timestamptz, timestamptz) IS 'whether all events lie on [from_at, to_at)';

CREATE FUNCTION trace_intersects(trace trace, from_at timestamptz, to_at timestamptz) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION trace_intersects(trace, timestamptz, timestamptz) IS 'whether the time from the first event to the last has an instant in common with [from_at, to_at)';

CREATE FUNCTION trace_filter(trace trace, filter jsonb) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION trace_filter(trace, jsonb) IS 'what a chain of filters leaves of a case; NULL where the case drops out';

CREATE FUNCTION trace_filter(trace trace, filter jsonb, attributes jsonb) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION trace_filter(trace, jsonb, jsonb) IS 'what a chain of filters leaves of a case with these attributes; NULL where the case drops out';

CREATE FUNCTION trace_filter_lengths(trace trace, filter jsonb, attributes jsonb) RETURNS integer[]
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION trace_filter_lengths(trace, jsonb, jsonb) IS 'internal: how many events each step of a chain leaves of a case';

CREATE FUNCTION filter_attributes(filter jsonb) RETURNS text[]
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION filter_attributes(jsonb) IS 'internal: the attributes that a chain of filters asks for; an error where it is no chain';

-- run: what logs and sources share. Each is a schema with an owner; a run brings
-- it up to date: the refresh of a log, the load of a source. A run has a row in
-- the history of its schema, refreshes or loads, from its begin on.

CREATE FUNCTION run_owns_tables(schema name, tables name[]) RETURNS boolean LANGUAGE sql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT count(*) = cardinality(tables) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
	WHERE nspname = schema AND relname = ANY (tables) AND relkind = 'r' AND relowner = nspowner
$$;
COMMENT ON FUNCTION run_owns_tables(name, name[]) IS 'internal: whether a schema has tables of these names, of its own owner';

-- A run executes functions in views and triggers of the owner, so nobody else
-- may start it, a superuser least of all.
CREATE FUNCTION run_require_owner(kind text, schema name, is_one boolean, hint text) RETURNS void LANGUAGE plpgsql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	owner name := (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = schema);
BEGIN
	IF schema IS NULL OR NOT is_one THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('%s "%s" does not exist', kind, schema), HINT = hint;
	ELSIF owner <> current_user THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('%s "%s" belongs to role "%s"', kind, schema, owner),
			HINT = format('SET ROLE %I first: what it reads is read with the rights of its owner.', owner);
	END IF;
END $$;
COMMENT ON FUNCTION run_require_owner(text, name, boolean, text) IS 'internal: refuses all but the owner of a log or source';

-- Within the function that calls it, names mean the tables of the schema: those of
-- PostgreSQL come first, temporary ones last.
CREATE FUNCTION run_enter(schema name) RETURNS void LANGUAGE sql VOLATILE PARALLEL UNSAFE COST 10
BEGIN ATOMIC
	SELECT set_config('search_path', format('%I, ticket_mining, pg_temp', schema), true);
END;
COMMENT ON FUNCTION run_enter(name) IS 'internal: the tables of a log or source by their names';

CREATE PROCEDURE run_require_own_transactions(run text)
	AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON PROCEDURE run_require_own_transactions(text) IS 'internal: refuses a caller whose transaction cannot be committed';

-- Shows how far a run is: to its client, and in pg_stat_activity.
CREATE FUNCTION run_progress(run text, schema name, doing text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM set_config('application_name', format('ticket_mining: %s (%s)', doing, schema), false);
	RAISE NOTICE '% %: %', run, schema, doing;
END $$;
COMMENT ON FUNCTION run_progress(text, name, text) IS 'internal: shows how far a run is';

-- One run of a schema at a time: the next one says so, and waits. A reader lets
-- other readers pass: the refresh of a log that is derived from another.
CREATE FUNCTION run_lock(run text, schema name, is_reader boolean DEFAULT false) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	class integer := 'ticket_mining'::regnamespace::oid::bigint::bit(32)::integer;
	object integer := (SELECT oid::bigint::bit(32)::integer FROM pg_namespace WHERE nspname = schema);
BEGIN
	IF is_reader AND NOT pg_try_advisory_xact_lock_shared(class, object) THEN
		PERFORM ticket_mining.run_progress(run, schema, 'waiting for another run');
		PERFORM pg_advisory_xact_lock_shared(class, object);
	ELSIF NOT is_reader AND NOT pg_try_advisory_xact_lock(class, object) THEN
		PERFORM ticket_mining.run_progress(run, schema, 'waiting for another run');
		PERFORM pg_advisory_xact_lock(class, object);
	END IF;
END $$;
COMMENT ON FUNCTION run_lock(text, name, boolean) IS 'internal: waits until no other run of a schema goes on';

-- The key of the advisory lock that a run holds from its begin to its end: a run
-- that is not over, but whose lock is free, has lost its process.
CREATE FUNCTION run_key(schema name, number bigint) RETURNS bigint LANGUAGE sql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT (oid::bigint << 32) + number FROM pg_namespace WHERE nspname = schema
$$;
COMMENT ON FUNCTION run_key(name, bigint) IS 'internal: the key of the lock of a run';

-- The history that runs of a kind are kept in; its key is number_column.
CREATE FUNCTION run_history(run text, OUT history name, OUT number_column name) LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN (CASE run WHEN 'refresh' THEN 'refreshes' ELSE 'loads' END::name, (run || '_no')::name);
COMMENT ON FUNCTION run_history(text) IS 'internal: the table that has the history of runs';

-- Ends the history of runs whose process is gone.
CREATE FUNCTION run_end_interrupted(run text, schema name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	kept record;
BEGIN
	SELECT * INTO kept FROM ticket_mining.run_history(run);
	EXECUTE format('UPDATE %1$I.%2$I SET state = ''interrupted'', finished_at = clock_timestamp(), error = $1
		WHERE state = ''running'' AND pg_try_advisory_xact_lock(ticket_mining.run_key($2, %3$I))', schema, kept.history, kept.number_column)
		USING format('the server process ended before the %s did', run), schema;
END $$;
COMMENT ON FUNCTION run_end_interrupted(text, name) IS 'internal: ends the history of runs whose process is gone';

CREATE FUNCTION run_fail(run text, schema name, number bigint, message text, detail text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	kept record;
BEGIN
	SELECT * INTO kept FROM ticket_mining.run_history(run);
	EXECUTE format('UPDATE %I.%I SET state = ''failed'', finished_at = clock_timestamp(), error = $1 WHERE %I = $2', schema, kept.history, kept.number_column)
		USING concat_ws(E'\n', message, NULLIF(detail, '')), number;
END $$;
COMMENT ON FUNCTION run_fail(text, name, bigint, text, text) IS 'internal: ends the history of a run that failed';

-- Throws an error again that was caught: state, message, detail, hint.
CREATE FUNCTION run_throw(failure text[]) RETURNS void LANGUAGE plpgsql
	IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RAISE EXCEPTION USING ERRCODE = failure[1], MESSAGE = failure[2],
		DETAIL = concat_ws(E'\n', NULLIF(failure[3], ''), 'All tables are as the last good run left them.'),
		HINT = concat_ws(E'\n', NULLIF(failure[4], ''), 'The history of the runs has the reason, too.');
END $$;
COMMENT ON FUNCTION run_throw(text[]) IS 'internal: throws the error of a run, if there was one';

-- One process that reads and joins everything once: with small memory all would
-- go through temporary files.
CREATE FUNCTION run_use_memory() RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('256MB') THEN
		PERFORM set_config('work_mem', '256MB', true);
	END IF;
END $$;
COMMENT ON FUNCTION run_use_memory() IS 'internal: memory for the work of a run';

-- Commits; each statement then sees what the run waited for, whatever the
-- session's default isolation.
CREATE PROCEDURE run_commit() LANGUAGE plpgsql AS $$
BEGIN
	COMMIT;
	SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
END $$;
COMMENT ON PROCEDURE run_commit() IS 'internal: ends a step of a run';

-- Does the steps of a run that has begun, each in a transaction of its own. After
-- a failure it commits the reason, and gives it for run_throw().
CREATE PROCEDURE run_steps(run text, schema name, number bigint, steps text[], INOUT failure text[]) LANGUAGE plpgsql AS $$
DECLARE
	application text := pg_catalog.current_setting('application_name');
	step text;
	state text;
	message text;
	detail text;
	hint text;
BEGIN
	FOREACH step IN ARRAY steps LOOP
		CALL ticket_mining.run_commit();
		BEGIN
			EXECUTE step;
		EXCEPTION WHEN OTHERS OR query_canceled OR assert_failure THEN
			GET STACKED DIAGNOSTICS state := RETURNED_SQLSTATE, message := MESSAGE_TEXT, detail := PG_EXCEPTION_DETAIL, hint := PG_EXCEPTION_HINT;
			EXIT;
		END;
	END LOOP;
	PERFORM pg_catalog.set_config('application_name', application, false);
	IF message IS NOT NULL THEN
		PERFORM ticket_mining.run_fail(run, schema, number, message, detail);
	END IF;
	PERFORM pg_catalog.pg_advisory_unlock(ticket_mining.run_key(schema, number));
	COMMIT;
	failure := CASE WHEN message IS NOT NULL THEN ARRAY[state, message, detail, hint] END;
END $$;
COMMENT ON PROCEDURE run_steps(text, name, bigint, text[], text[]) IS 'internal: does the steps of a run';
-- log: what the mined tables hold

-- The one place where the columns of the mined tables, their types and their
-- meaning stand: create_log() makes the tables and their comments from it. A
-- column is NOT NULL unless its type says NULL; case_id is text here, and bigint
-- in a log whose cases are numbered by integers.
CREATE VIEW mined_columns (table_name, column_no, column_name, type, meaning) AS
SELECT table_name, row_number() OVER (PARTITION BY table_name ORDER BY n)::integer, column_name, type, meaning
FROM (VALUES
	(1, 'cases', 'case_key', 'bigint', 'Number of the case in this log; it stays the same from refresh to refresh'),
	(2, 'cases', 'case_id', 'text', 'The case as the ticket system identifies it'),
	(3, 'cases', 'case_no', 'text', 'The case as people call it; the case_id where the log has no case_no'),
	(4, 'cases', 'url', 'text NULL', 'Where to open the case; NULL where the log has no case_url'),
	(5, 'cases', 'status', 'text', 'Last activity as of the refresh, notes aside; none where there are only notes'),
	(6, 'cases', 'created_at', 'timestamp', 'First event, in local time'),
	(7, 'cases', 'created_date', 'date', 'Day of the first event'),
	(8, 'cases', 'first_resolved_at', 'timestamp NULL', 'First resolution: the first event of the first run of done activities'),
	(9, 'cases', 'first_resolved_date', 'date NULL', 'Day of the first resolution'),
	(10, 'cases', 'resolved_at', 'timestamp NULL', 'Last resolution: the first event of the last run of done activities, even if the case was reopened since'),
	(11, 'cases', 'resolved_date', 'date NULL', 'Day of the last resolution'),
	(12, 'cases', 'closed_at', 'timestamp NULL', 'Last time that the case came into an activity of kind closed from another one'),
	(13, 'cases', 'closed_date', 'date NULL', 'Day of closed_at'),
	(14, 'cases', 'is_open', 'smallint', '1 while the case is not done as of the refresh'),
	(15, 'cases', 'is_resolved', 'smallint', '1 if the case had a resolution, even if it was reopened since'),
	(16, 'cases', 'is_cut_off', 'smallint', '1 if activities are marked is_start and the first event, notes aside, is none of them: the history lacks its beginning, so durations and landing are NULL'),
	(17, 'cases', 'age_seconds', 'float8 NULL', 'Seconds from the first event until as_of, of an open case that is not cut off'),
	(18, 'cases', 'variant', 'bigint', 'The sequence of activities, notes included; see variants'),
	(19, 'cases', 'event_count', 'integer', 'Events, notes included'),
	(20, 'cases', 'note_count', 'integer', 'Events of kind note'),
	(21, 'cases', 'is_start_masked', 'smallint', '1 if a derived log masks what stood before the first event, so that no map begins with it'),
	(22, 'cases', 'is_end_masked', 'smallint', '1 if a derived log masks what stood behind the last event, so that no map ends with it'),
	(23, 'cases', 'reopening_count', 'integer', 'Reopenings: open events after a run of done ones'),
	(24, 'cases', 'answered_again_count', 'integer', 'Reopenings that ended with an answer to the user after an earlier answer: it was not solved'),
	(25, 'cases', 'first_answer_count', 'integer', 'Reopenings that ended with the first answer to the user'),
	(26, 'cases', 'silent_count', 'integer', 'Reopenings that ended without an answer: mostly a thank-you mail'),
	(27, 'cases', 'unfinished_count', 'integer', 'Reopenings with no done event since (outcome open)'),
	(28, 'cases', 'is_reopened', 'smallint', '1 if reopening_count is not 0'),
	(29, 'cases', 'is_answered_again', 'smallint', '1 if answered_again_count is not 0'),
	(30, 'cases', 'repeat_answer_count', 'integer', 'Second and later answers within one run of done activities'),
	(31, 'cases', 'first_team', 'text', 'First team that had the case; none where no team had it'),
	(32, 'cases', 'resolving_team', 'text', 'Last team by the first resolution; none where there was no resolution or no team'),
	(33, 'cases', 'current_team', 'text', 'Team that has the case as of the refresh; none where no team has it'),
	(34, 'cases', 'handover_count', 'integer', 'Handovers: how often the team changed'),
	(35, 'cases', 'landing', 'text NULL', 'By the first resolution: direct (one team), forwarded (one handover, from an intake team), rerouted; NULL without resolution, without team, and where cut off'),
	(36, 'cases', 'first_time_right', 'smallint NULL', '1 if landing is direct or forwarded, 0 if rerouted, else NULL'),
	(37, 'cases', 'is_returned_by_partner', 'smallint', '1 if a partner handed the case to a team of ours that had it before'),
	(38, 'cases', 'is_ping_pong', 'smallint', '1 if the case went A to B and straight back to A'),
	(39, 'cases', 'messages_in', 'integer', 'Messages from the user'),
	(40, 'cases', 'messages_out', 'integer', 'Messages to the user'),
	(41, 'cases', 'turns', 'integer', 'Changes of direction between messages in and out'),
	(42, 'cases', 'total_seconds', 'float8 NULL', 'Seconds from the first event until the case ended: on entering its last run of done activities, or as_of while it is open; NULL where cut off'),
	(43, 'cases', 'real_seconds', 'float8 NULL', 'Real case time: total less the segments marked excluded'),
	(44, 'cases', 'us_seconds', 'float8 NULL', 'Seconds in segment us'),
	(45, 'cases', 'partner_seconds', 'float8 NULL', 'Seconds in segment partner: the status says us, and the team that has the case is a partner'),
	(46, 'cases', 'user_seconds', 'float8 NULL', 'Seconds in segment user'),
	(47, 'cases', 'blocked_seconds', 'float8 NULL', 'Seconds in segment blocked'),
	(48, 'cases', 'stopped_seconds', 'float8 NULL', 'Seconds in segment stopped: between a resolution and its reopening'),
	(49, 'cases', 'unknown_seconds', 'float8 NULL', 'Seconds in segment unknown: in activities that the map does not know'),
	(50, 'cases', 'other_seconds', 'float8 NULL', 'Seconds in all other segments; the seven add up to total_seconds'),
	(51, 'cases', 'business_total_seconds', 'float8 NULL', 'total_seconds in business time; NULL in a log without a calendar'),
	(52, 'cases', 'business_real_seconds', 'float8 NULL', 'real_seconds in business time'),
	(53, 'cases', 'business_us_seconds', 'float8 NULL', 'us_seconds in business time'),
	(54, 'cases', 'business_partner_seconds', 'float8 NULL', 'partner_seconds in business time'),
	(55, 'cases', 'business_user_seconds', 'float8 NULL', 'user_seconds in business time'),
	(56, 'cases', 'business_blocked_seconds', 'float8 NULL', 'blocked_seconds in business time'),
	(57, 'cases', 'business_stopped_seconds', 'float8 NULL', 'stopped_seconds in business time'),
	(58, 'cases', 'business_unknown_seconds', 'float8 NULL', 'unknown_seconds in business time'),
	(59, 'cases', 'business_other_seconds', 'float8 NULL', 'other_seconds in business time'),

	(101, 'events', 'case_key', 'bigint', 'The case'),
	(102, 'events', 'case_id', 'text', 'The case as the ticket system identifies it'),
	(103, 'events', 'event_no', 'integer', 'From 1, in the order within the case'),
	(104, 'events', 'activity', 'text', 'What happened'),
	(105, 'events', 'at', 'timestamp', 'When, in local time'),
	(106, 'events', 'event_date', 'date', 'Day of the event'),
	(107, 'events', 'is_note', 'smallint', '1 if the activity is of kind note'),
	(108, 'events', 'next_activity', 'text', 'Activity of the next event; none after the last one, and before one that a derived log masks'),
	(109, 'events', 'seconds_to_next', 'float8 NULL', 'Seconds until the next event; NULL where there is none'),
	(110, 'events', 'business_seconds_to_next', 'float8 NULL', 'The same in business time'),

	(201, 'case_edges', 'case_key', 'bigint', 'The case'),
	(202, 'case_edges', 'case_id', 'text', 'The case as the ticket system identifies it'),
	(203, 'case_edges', 'source', 'text', 'Activity the edge starts from'),
	(204, 'case_edges', 'target', 'text', 'Activity that directly follows'),
	(205, 'case_edges', 'frequency', 'integer', 'Times in this case; the rows of an edge are its case frequency'),
	(206, 'case_edges', 'total_seconds', 'float8', 'Sum of the durations'),
	(207, 'case_edges', 'min_seconds', 'float8', 'Shortest duration'),
	(208, 'case_edges', 'max_seconds', 'float8', 'Longest duration'),
	(209, 'case_edges', 'business_total_seconds', 'float8 NULL', 'Sum of the durations in business time'),

	(301, 'segment_visits', 'case_key', 'bigint', 'The case'),
	(302, 'segment_visits', 'case_id', 'text', 'The case as the ticket system identifies it'),
	(303, 'segment_visits', 'visit_no', 'integer', 'From 1, in order of time'),
	(304, 'segment_visits', 'segment', 'text', 'Who held the case, never the one of the visit before; pieces of no length are left out'),
	(305, 'segment_visits', 'from_at', 'timestamp', 'Beginning, in local time'),
	(306, 'segment_visits', 'from_date', 'date', 'Day of the beginning'),
	(307, 'segment_visits', 'to_at', 'timestamp', 'End; as_of for the last visit of an open case'),
	(308, 'segment_visits', 'is_running', 'smallint', '1 for the last visit of an open case'),
	(309, 'segment_visits', 'seconds', 'float8 NULL', 'Length; NULL where the case is cut off'),
	(310, 'segment_visits', 'business_seconds', 'float8 NULL', 'Length in business time'),

	(401, 'team_visits', 'case_key', 'bigint', 'The case'),
	(402, 'team_visits', 'case_id', 'text', 'The case as the ticket system identifies it'),
	(403, 'team_visits', 'visit_no', 'integer', 'From 1, in order of time'),
	(404, 'team_visits', 'team', 'text', 'The team; none where no team had the case'),
	(405, 'team_visits', 'from_at', 'timestamp', 'Beginning, in local time'),
	(406, 'team_visits', 'from_date', 'date', 'Day of the beginning'),
	(407, 'team_visits', 'to_at', 'timestamp NULL', 'End: the next visit, or for the last one the end of the case; NULL for the last one of an open case'),
	(408, 'team_visits', 'next_team', 'text', 'Next other team that had the case; none where there is none'),
	(409, 'team_visits', 'outcome', 'text', 'resolved or closed if the case was so when the visit ended (as of the refresh for the last one), else returned (to a team that had it before) or passed_on (to another team), else open'),
	(410, 'team_visits', 'is_running', 'smallint', '1 for the last visit of an open case'),
	(411, 'team_visits', 'is_return', 'smallint', '1 if the team had the case before, and another one since'),
	(412, 'team_visits', 'is_bounce', 'smallint', '1 if the visit ends a ping-pong: A, B, A'),
	(413, 'team_visits', 'elapsed_seconds', 'float8 NULL', 'Length without the time when the case was done; until as_of where it is running; NULL where the case is cut off'),
	(414, 'team_visits', 'own_seconds', 'float8 NULL', 'elapsed_seconds less the segments marked excluded'),
	(415, 'team_visits', 'business_elapsed_seconds', 'float8 NULL', 'elapsed_seconds in business time, by the calendar of the team or else of the log'),
	(416, 'team_visits', 'business_own_seconds', 'float8 NULL', 'own_seconds in business time'),

	(501, 'handovers', 'case_key', 'bigint', 'The case'),
	(502, 'handovers', 'case_id', 'text', 'The case as the ticket system identifies it'),
	(503, 'handovers', 'handover_no', 'integer', 'From 1, in order of time'),
	(504, 'handovers', 'source', 'text', 'Team that had the case'),
	(505, 'handovers', 'target', 'text', 'Team that got the case'),
	(506, 'handovers', 'at', 'timestamp', 'When, in local time'),
	(507, 'handovers', 'handover_date', 'date', 'Day of the handover'),
	(508, 'handovers', 'is_return', 'smallint', '1 if the target had the case before'),
	(509, 'handovers', 'is_bounce', 'smallint', '1 if it ends a ping-pong: A, B, A'),
	(510, 'handovers', 'is_returned_by_partner', 'smallint', '1 if a partner hands the case to a team of ours, or of intake, that had it before'),

	(601, 'reopenings', 'case_key', 'bigint', 'The case'),
	(602, 'reopenings', 'case_id', 'text', 'The case as the ticket system identifies it'),
	(603, 'reopenings', 'reopening_no', 'integer', 'From 1, in order of time'),
	(604, 'reopenings', 'outcome', 'text', 'answered_again (it was not solved), first_answer, silent, open'),
	(605, 'reopenings', 'done_at', 'timestamp', 'The resolution that did not hold, in local time'),
	(606, 'reopenings', 'done_date', 'date', 'Day of done_at'),
	(607, 'reopenings', 'done_as', 'text', 'Its activity'),
	(608, 'reopenings', 'reopened_at', 'timestamp', 'First open event after it'),
	(609, 'reopenings', 'reopened_date', 'date', 'Day of reopened_at'),
	(610, 'reopenings', 'reopened_as', 'text', 'Its activity'),
	(611, 'reopenings', 'done_again_at', 'timestamp NULL', 'The next resolution'),
	(612, 'reopenings', 'done_again_as', 'text', 'Its activity; none where there is none'),
	(613, 'reopenings', 'days_after', 'float8', 'Days of 24 hours from done_at to reopened_at'),
	(614, 'reopenings', 'is_within_30_days', 'smallint', '1 if days_after is at most 30'),
	(615, 'reopenings', 'is_after_message_in', 'smallint', '1 if a message came in after done_at, up to reopened_at'),
	(616, 'reopenings', 'messages_out_between', 'integer', 'Messages out from reopened_at up to done_again_at, both included; up to as_of where it is not done again'),

	(701, 'messages', 'case_key', 'bigint', 'The case'),
	(702, 'messages', 'case_id', 'text', 'The case as the ticket system identifies it'),
	(703, 'messages', 'message_no', 'integer', 'From 1, in order of time'),
	(704, 'messages', 'direction', 'text', 'in (from the user), out (to the user), internal, auto'),
	(705, 'messages', 'at', 'timestamp', 'When, in local time'),
	(706, 'messages', 'message_date', 'date', 'Day of the message'),
	(707, 'messages', 'is_in', 'smallint', '1 if it came from the user'),
	(708, 'messages', 'is_out', 'smallint', '1 if it went to the user'),
	(709, 'messages', 'is_turn', 'smallint', '1 if the last message in or out before it went the other way'),
	(710, 'messages', 'is_long_wait', 'smallint', '1 for a message out after which the case stayed with us for 7 days or more, in one status, with one team, and without another message: that it waits for the user was hardly registered'),

	(801, 'case_months', 'case_key', 'bigint', 'The case'),
	(802, 'case_months', 'case_id', 'text', 'The case as the ticket system identifies it'),
	(803, 'case_months', 'month', 'date', 'First day of a month in which the case was not done for some time, or had an event'),
	(804, 'case_months', 'is_created', 'smallint', '1 if the first event was in this month'),
	(805, 'case_months', 'is_resolved', 'smallint', '1 if a resolution was in this month'),
	(806, 'case_months', 'is_closed', 'smallint', '1 if the case came into an activity of kind closed in this month'),
	(807, 'case_months', 'is_active', 'smallint', 'Always 1: what is not active in a month has no row'),
	(808, 'case_months', 'is_open_at_end', 'smallint', '1 if the case was not done when the month ended, or as of the refresh if that was earlier: the backlog'),
	(809, 'case_months', 'is_reopened', 'smallint', '1 if a resolution of this month was reopened, whenever that was; the base is is_resolved'),
	(810, 'case_months', 'is_reopened_within_30_days', 'smallint', '1 if a resolution of this month was reopened within 30 days; compare months that are final (see dates)'),
	(811, 'case_months', 'is_answered_again', 'smallint', '1 if a resolution of this month was reopened with outcome answered_again'),

	(901, 'activities', 'activity', 'text', 'The activity; none for no activity'),
	(902, 'activities', 'label', 'text', 'How to show it'),
	(903, 'activities', 'kind', 'text', 'open, resolved, closed or note; none for no activity'),
	(904, 'activities', 'is_done', 'smallint', '1 if kind is resolved or closed'),
	(905, 'activities', 'answers', 'smallint', '1 if it answers the user'),
	(906, 'activities', 'is_start', 'smallint', '1 if a history begins with it'),
	(907, 'activities', 'segment', 'text', 'Who holds a case that is in it'),
	(908, 'activities', 'event_count', 'bigint', 'Events'),
	(909, 'activities', 'case_count', 'bigint', 'Cases that have it at least once'),

	(1001, 'teams', 'team', 'text', 'The team; none for no team'),
	(1002, 'teams', 'label', 'text', 'How to show it'),
	(1003, 'teams', 'role', 'text', 'ours, partner, intake; unknown until the map says; none for no team'),
	(1004, 'teams', 'calendar', 'text NULL', 'When it works; NULL for the calendar of the log'),

	(1101, 'segments', 'segment', 'text', 'Who holds a case; unknown for activities without a segment in the map'),
	(1102, 'segments', 'is_excluded', 'smallint', '1 if left out of real case time'),

	(1201, 'variants', 'variant', 'bigint', '64-bit hash of the activities, the same on every machine'),
	(1202, 'variants', 'activities', 'text', 'The activities in order; cut after 32,000 characters'),
	(1203, 'variants', 'length', 'integer', 'Events'),
	(1204, 'variants', 'cases', 'bigint', 'Cases of this variant, of the whole log'),
	(1205, 'variants', 'share', 'float8', 'cases / all cases'),
	(1206, 'variants', 'cumulative_share', 'float8', 'Share of this variant and those of better rank'),
	(1207, 'variants', 'rank', 'bigint', 'From 1, by cases, then by length, then by variant'),
	(1208, 'variants', 'example_case_id', 'text', 'The newest case of this variant, by created_at, then by case_id'),

	(1301, 'dates', 'date', 'date', 'All days of the years that the log touches'),
	(1302, 'dates', 'year', 'integer', 'Year'),
	(1303, 'dates', 'quarter', 'integer', '1 to 4'),
	(1304, 'dates', 'month', 'date', 'First day of the month'),
	(1305, 'dates', 'month_no', 'integer', '1 to 12'),
	(1306, 'dates', 'month_en', 'text', 'Name of the month in English'),
	(1307, 'dates', 'month_da', 'text', 'Name of the month in Danish'),
	(1308, 'dates', 'iso_year', 'integer', 'Year of the ISO week'),
	(1309, 'dates', 'iso_week', 'integer', 'ISO week, 1 to 53'),
	(1310, 'dates', 'day_of_month', 'integer', '1 to 31'),
	(1311, 'dates', 'weekday_no', 'integer', '1 (Monday) to 7 (Sunday)'),
	(1312, 'dates', 'weekday_en', 'text', 'Name of the day in English'),
	(1313, 'dates', 'weekday_da', 'text', 'Name of the day in Danish'),
	(1314, 'dates', 'is_working_day', 'smallint', '1 if the calendar of the log is open at some time of the day; Monday to Friday without a calendar'),
	(1315, 'dates', 'is_past', 'smallint', '1 if the day was over as of the refresh'),
	(1316, 'dates', 'is_month_final', 'smallint', '1 if 30 days after the month of the day were over as of the refresh, so that reopened within 30 days will not change'),

	(1401, 'edge_stats', 'clock', 'text', 'elapsed or business'),
	(1402, 'edge_stats', 'source', 'text', 'Activity the edge starts from'),
	(1403, 'edge_stats', 'target', 'text', 'Activity that directly follows'),
	(1404, 'edge_stats', 'scope', 'text', 'Always whole log, not filterable: no slicer changes these figures; case_edges has those that can be sliced'),
	(1405, 'edge_stats', 'frequency', 'bigint', 'Times, in events'),
	(1406, 'edge_stats', 'case_frequency', 'bigint', 'Cases that have it at least once'),
	(1407, 'edge_stats', 'max_per_case', 'bigint', 'Times in the case that has it most'),
	(1408, 'edge_stats', 'total_seconds', 'float8', 'Sum of the durations'),
	(1409, 'edge_stats', 'min_seconds', 'float8', 'Shortest duration'),
	(1410, 'edge_stats', 'max_seconds', 'float8', 'Longest duration'),
	(1411, 'edge_stats', 'mean_seconds', 'float8', 'Mean duration'),
	(1412, 'edge_stats', 'stddev_seconds', 'float8 NULL', 'Sample standard deviation; NULL for one duration'),
	(1413, 'edge_stats', 'median_seconds', 'float8', 'Median; exact up to 1000 durations, beyond that within 1 %'),
	(1414, 'edge_stats', 'p90_seconds', 'float8', '90th percentile, likewise'),
	(1415, 'edge_stats', 'p95_seconds', 'float8', '95th percentile, likewise'),

	(1501, 'quality', 'line', 'integer', 'From 1, in the order to read'),
	(1502, 'quality', 'finding', 'text', 'What was looked for; see the README'),
	(1503, 'quality', 'subject', 'text', 'The label it is about; empty where it is about the whole log'),
	(1504, 'quality', 'number', 'bigint', 'How many'),
	(1505, 'quality', 'unit', 'text', 'events, cases, assignments, messages, labels, map rows'),
	(1506, 'quality', 'base', 'bigint NULL', 'Of how many; NULL where there is no base'),
	(1507, 'quality', 'meaning', 'text', 'What that means for the figures'),

	(1601, 'traces', 'case_key', 'bigint', 'The case'),
	(1602, 'traces', 'case_id', 'text', 'The case as the ticket system identifies it'),
	(1603, 'traces', 'trace', 'ticket_mining.trace', 'Its events, notes included, after merge_into'),
	(1604, 'traces', 'assignments', 'ticket_mining.trace NULL', 'Its assignments to teams; none for no team'),
	(1605, 'traces', 'messages', 'ticket_mining.trace NULL', 'Its messages by direction'),
	(1606, 'traces', 'checksum', 'bigint', 'Of times and seq of its events: tells edits that the trace does not show'),
	(1607, 'traces', 'attributes_checksum', 'bigint', 'Of its number and attributes: tells edits of them'),
	(1608, 'traces', 'tied_events', 'integer', 'Events of its that no seq tells apart from another of the same time'),
	(1609, 'traces', 'duplicate_events', 'integer', 'Events of its that repeat another one exactly'),
	(1610, 'traces', 'is_open', 'boolean', 'Not done: its figures go on with as_of'),
	(1611, 'traces', 'created_month', 'text', 'Month of the first event, as 2023-01'),
	(1612, 'traces', 'resolved_month', 'text', 'Month of the first resolution, or unresolved'),

	(1701, 'graphs', 'cohort', 'text', 'resolved or created: by month of the first resolution, or of the first event'),
	(1702, 'graphs', 'month', 'text', 'As 2023-01; unresolved for cases without a resolution'),
	(1703, 'graphs', 'graph', 'ticket_mining.dfg', 'The directly-follows graph of these cases'),
	(1704, 'graphs', 'business_graph', 'ticket_mining.dfg NULL', 'The same with durations in business time')
) AS c (n, table_name, column_name, type, meaning);

COMMENT ON VIEW mined_columns IS 'the columns of the mined tables of every log, with type and meaning';
-- log: the schema of a log and its tables

CREATE VIEW mined_tables (table_no, table_name, is_for_readers, follows_as_of, meaning) AS VALUES
	(1, 'cases', true, true, 'One row a case, with all that is known of it as of the last refresh'),
	(2, 'events', true, false, 'One row an event, with the one that directly follows'),
	(3, 'case_edges', true, false, 'One row a case and edge: counts and sums add up under any slicer, and the rows of an edge are its case frequency'),
	(4, 'segment_visits', true, true, 'Who held a case, and when: the rows of a case add up to its total'),
	(5, 'team_visits', true, true, 'One row a visit of a case to a team: from an assignment to the next one to another team'),
	(6, 'handovers', true, false, 'One row a change of team, none left out'),
	(7, 'reopenings', true, false, 'One row a reopening: the first open event after a run of done ones'),
	(8, 'messages', true, true, 'One row a message'),
	(9, 'case_months', true, true, 'One row a case and month in which it was active: the cohorts and the backlog under one slicer'),
	(10, 'activities', true, true, 'The activities, as the map was at the last refresh'),
	(11, 'teams', true, true, 'The teams, as the map was at the last refresh'),
	(12, 'segments', true, true, 'The segments, as the map was at the last refresh'),
	(13, 'variants', true, true, 'The sequences of activities, whole log'),
	(14, 'dates', true, true, 'The days, without a gap'),
	(15, 'edge_stats', true, true, 'The edges of the whole log with percentiles; not filterable'),
	(16, 'quality', true, true, 'What is left out or looks odd, and how much rests on it'),
	(17, 'traces', false, false, 'The history of each case as values, for SQL'),
	(18, 'graphs', false, true, 'The graph of the cases of each month: dfg_union_agg() of one cohort gives that of any period');
COMMENT ON VIEW mined_tables IS 'the mined tables of every log: whether grant_reader() shows them, and whether the rows of a case that stays as it is change with as_of';

GRANT SELECT ON mined_columns, mined_tables TO PUBLIC;

-- The settings and maps, which the owner edits, and the history of refreshes.
CREATE FUNCTION log_make_settings(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	CREATE TABLE settings (
		is_settings boolean PRIMARY KEY DEFAULT true CHECK (is_settings),
		events text,
		assignments text,
		messages text,
		cases text,
		time_zone text NOT NULL,
		calendar ticket_mining.business_calendar,
		case_url text,
		from_log name,
		filter jsonb,
		CONSTRAINT reads_relations_or_a_log CHECK ((events IS NULL) = (from_log IS NOT NULL)
			AND (from_log IS NULL OR (assignments IS NULL AND messages IS NULL AND cases IS NULL))
			AND (filter IS NULL) = (from_log IS NULL))
	);
	CREATE TABLE activity_map (
		activity text PRIMARY KEY CHECK (octet_length(activity) <= 1300),
		kind text NOT NULL DEFAULT 'open' CHECK (kind IN ('open', 'resolved', 'closed', 'note')),
		answers boolean NOT NULL DEFAULT false,
		segment text NOT NULL DEFAULT 'unknown' CHECK (octet_length(segment) BETWEEN 1 AND 1300),
		is_start boolean NOT NULL DEFAULT false,
		label text,
		merge_into text CHECK (octet_length(merge_into) <= 1300),
		CONSTRAINT answers_only_when_done CHECK (NOT answers OR kind IN ('resolved', 'closed'))
	);
	CREATE TABLE team_map (
		team text PRIMARY KEY CHECK (octet_length(team) <= 1300),
		role text NOT NULL DEFAULT 'unknown' CHECK (role IN ('ours', 'partner', 'intake', 'unknown')),
		calendar ticket_mining.business_calendar,
		label text,
		CONSTRAINT none_is_no_team CHECK (team <> 'none')
	);
	CREATE TABLE segment_map (
		segment text PRIMARY KEY CHECK (octet_length(segment) BETWEEN 1 AND 1300),
		is_excluded boolean NOT NULL DEFAULT false
	);
	CREATE TABLE refreshes (
		refresh_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		state text NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
		started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
		finished_at timestamptz,
		as_of timestamptz NOT NULL,
		events_read bigint,
		events bigint,
		cases bigint,
		changed_cases bigint,
		rejected jsonb,
		error text,
		config jsonb,
		pid integer NOT NULL DEFAULT pg_backend_pid()
	);
	PERFORM ticket_mining.log_comment_settings(log);
END $$;
COMMENT ON FUNCTION log_make_settings(name) IS 'internal: makes the settings, maps and history of a log';

CREATE FUNCTION log_comment_settings(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	COMMENT ON TABLE settings IS 'One row, for you to edit; the next refresh follows it';
	COMMENT ON COLUMN settings.is_settings IS 'Keeps it one row';
	COMMENT ON COLUMN settings.events IS 'Relation of the events: case_id, activity, at, seq';
	COMMENT ON COLUMN settings.assignments IS 'Relation of the assignments: case_id, team, at, seq';
	COMMENT ON COLUMN settings.messages IS 'Relation of the messages: case_id, direction, at, seq';
	COMMENT ON COLUMN settings.cases IS 'Relation of the cases: case_id, case_no, and attributes';
	COMMENT ON COLUMN settings.time_zone IS 'Zone of times without one, and of the times that are shown';
	COMMENT ON COLUMN settings.calendar IS 'When we work; NULL for no business time';
	COMMENT ON COLUMN settings.case_url IS 'Where to open a case, with {case_no} or {case_id} in it';
	COMMENT ON COLUMN settings.from_log IS 'The log that this one is derived from; NULL where it reads relations';
	COMMENT ON COLUMN settings.filter IS 'The chain of filters that its cases go through; NULL where it reads relations';
	COMMENT ON TABLE activity_map IS 'What the activities mean, one row a label, for you to edit; new ones appear by themselves';
	COMMENT ON COLUMN activity_map.activity IS 'The activity, as the events have it';
	COMMENT ON COLUMN activity_map.kind IS 'open, resolved, closed or note';
	COMMENT ON COLUMN activity_map.answers IS 'Whether it answers the user; only what is done does';
	COMMENT ON COLUMN activity_map.segment IS 'Who holds a case that is in it: us, user, blocked, stopped or a word of yours';
	COMMENT ON COLUMN activity_map.is_start IS 'Whether a whole history begins with it';
	COMMENT ON COLUMN activity_map.label IS 'How to show it; NULL for as it is';
	COMMENT ON COLUMN activity_map.merge_into IS 'The activity that it is now called; NULL for none';
	COMMENT ON TABLE team_map IS 'What the teams are, one row a team, for you to edit; new ones appear by themselves';
	COMMENT ON COLUMN team_map.team IS 'The team, as the assignments have it';
	COMMENT ON COLUMN team_map.role IS 'ours, partner, intake or unknown';
	COMMENT ON COLUMN team_map.calendar IS 'When the team works; NULL for the calendar of the log';
	COMMENT ON COLUMN team_map.label IS 'How to show it; NULL for as it is';
	COMMENT ON TABLE segment_map IS 'Which segments are left out of real case time, for you to edit; new ones appear by themselves';
	COMMENT ON COLUMN segment_map.segment IS 'The segment, as the activities have it';
	COMMENT ON COLUMN segment_map.is_excluded IS 'Whether it is left out of real case time';
	COMMENT ON TABLE refreshes IS 'The refreshes of the log, one row each';
	COMMENT ON COLUMN refreshes.refresh_no IS 'From 1';
	COMMENT ON COLUMN refreshes.state IS 'running, done, failed, interrupted: its process was killed';
	COMMENT ON COLUMN refreshes.started_at IS 'When it began';
	COMMENT ON COLUMN refreshes.finished_at IS 'When it ended';
	COMMENT ON COLUMN refreshes.events_read IS 'Rows of the relation of the events; in a derived log, events of the log that it is derived from';
	COMMENT ON COLUMN refreshes.events IS 'Events mined';
	COMMENT ON COLUMN refreshes.cases IS 'Cases mined';
	COMMENT ON COLUMN refreshes.changed_cases IS 'Cases that were new, gone, changed, or touched by an edit of the maps';
	COMMENT ON COLUMN refreshes.error IS 'Why it failed';
	COMMENT ON COLUMN refreshes.pid IS 'The server process that did it';
	COMMENT ON COLUMN refreshes.as_of IS 'Events at this time or later were left out';
	COMMENT ON COLUMN refreshes.rejected IS 'Rows left out, by reason';
	COMMENT ON COLUMN refreshes.config IS 'Settings and maps that it followed';
END $$;
COMMENT ON FUNCTION log_comment_settings(name) IS 'internal: says what the settings, maps and history of a log are';

-- The mined tables, empty and without keys: these come with the first refresh.
CREATE FUNCTION log_make_tables(log name, case_id_type text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	made record;
	described record;
BEGIN
	FOR made IN
		SELECT t.table_name, t.meaning,
			   string_agg(format('%I %s%s', column_name, typed, CASE WHEN type NOT LIKE '% NULL' THEN ' NOT NULL' END), ', ' ORDER BY column_no) AS columns
		FROM ticket_mining.mined_tables t
		JOIN ticket_mining.mined_columns USING (table_name)
		CROSS JOIN LATERAL (SELECT CASE WHEN column_name IN ('case_id', 'example_case_id') THEN case_id_type ELSE type END) c (typed)
		GROUP BY t.table_no, t.table_name, t.meaning
		ORDER BY t.table_no
	LOOP
		EXECUTE format('CREATE TABLE %I.%I (%s)', log, made.table_name, made.columns);
		EXECUTE format('COMMENT ON TABLE %I.%I IS %L', log, made.table_name, made.meaning);
	END LOOP;
	FOR described IN SELECT * FROM ticket_mining.mined_columns LOOP
		EXECUTE format('COMMENT ON COLUMN %I.%I.%I IS %L', log, described.table_name, described.column_name, described.meaning);
	END LOOP;
	EXECUTE format('ALTER TABLE %I.cases ALTER case_key ADD GENERATED BY DEFAULT AS IDENTITY', log);
	PERFORM ticket_mining.log_make_views(log);
END $$;
COMMENT ON FUNCTION log_make_tables(name, text) IS 'internal: makes the mined tables of a log';

-- config is all that the figures follow besides the sources and as_of, as one
-- value: the last refresh followed another one, so there was an edit.
CREATE FUNCTION log_make_views(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	CREATE VIEW config (config) AS
	SELECT jsonb_build_object(
		'settings', (SELECT to_jsonb(s) FROM settings s),
		'activities', (SELECT coalesce(jsonb_agg(a ORDER BY activity COLLATE "C"), '[]') FROM activity_map a),
		'teams', (SELECT coalesce(jsonb_agg(t ORDER BY team COLLATE "C"), '[]') FROM team_map t),
		'segments', (SELECT coalesce(jsonb_agg(s ORDER BY segment COLLATE "C"), '[]') FROM segment_map s));
	COMMENT ON VIEW config IS 'Settings and maps as one value';

	CREATE VIEW status (log, state, as_of, refreshed_at, time_zone, calendar, cases, events, last_run, last_error, case_url) AS
	SELECT (SELECT nspname::text FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid WHERE c.oid = 'settings'::regclass),
		   CASE WHEN good.config IS NULL THEN 'never refreshed'
				WHEN good.config <> config.config THEN 'edited, not refreshed'
				ELSE 'refreshed' END,
		   good.as_of AT TIME ZONE s.time_zone, good.finished_at AT TIME ZONE s.time_zone, s.time_zone, s.calendar::text,
		   good.cases, good.events, last.state, last.error, s.case_url
	FROM settings s
	CROSS JOIN config
	LEFT JOIN (SELECT * FROM refreshes WHERE state = 'done' ORDER BY refresh_no DESC LIMIT 1) good ON true
	LEFT JOIN (SELECT * FROM refreshes ORDER BY refresh_no DESC LIMIT 1) last ON true;
	COMMENT ON VIEW status IS 'The time that all figures are as of, and whether an edit or a failure waits for a refresh';

	CREATE VIEW source_activities AS SELECT activity AS source, label, kind, is_done, answers, is_start, segment FROM activities;
	COMMENT ON VIEW source_activities IS 'The activities, for the source of an edge';
	CREATE VIEW target_activities AS SELECT activity AS target, label, kind, is_done, answers, is_start, segment FROM activities;
	COMMENT ON VIEW target_activities IS 'The activities, for the target of an edge';
END $$;
COMMENT ON FUNCTION log_make_views(name) IS 'internal: makes the views of a log';

-- Keys are made once the tables are first filled: one join each instead of a
-- look-up a row. BI tools make relationships of them; of dates that can be NULL
-- they would make joins that find NULLs, too, which take seconds.
CREATE FUNCTION log_add_keys(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	ALTER TABLE activities ADD PRIMARY KEY (activity);
	ALTER TABLE teams ADD PRIMARY KEY (team);
	ALTER TABLE segments ADD PRIMARY KEY (segment);
	ALTER TABLE variants ADD PRIMARY KEY (variant);
	ALTER TABLE dates ADD PRIMARY KEY (date);
	ALTER TABLE cases ADD PRIMARY KEY (case_key), ADD UNIQUE (case_id),
		ADD FOREIGN KEY (status) REFERENCES activities, ADD FOREIGN KEY (variant) REFERENCES variants,
		ADD FOREIGN KEY (created_date) REFERENCES dates,
		ADD FOREIGN KEY (first_team) REFERENCES teams, ADD FOREIGN KEY (resolving_team) REFERENCES teams,
		ADD FOREIGN KEY (current_team) REFERENCES teams;
	ALTER TABLE events ADD PRIMARY KEY (case_key, event_no), ADD FOREIGN KEY (case_key) REFERENCES cases,
		ADD FOREIGN KEY (activity) REFERENCES activities, ADD FOREIGN KEY (next_activity) REFERENCES activities,
		ADD FOREIGN KEY (event_date) REFERENCES dates;
	ALTER TABLE case_edges ADD PRIMARY KEY (case_key, source, target), ADD FOREIGN KEY (case_key) REFERENCES cases,
		ADD FOREIGN KEY (source) REFERENCES activities, ADD FOREIGN KEY (target) REFERENCES activities;
	ALTER TABLE segment_visits ADD PRIMARY KEY (case_key, visit_no), ADD FOREIGN KEY (case_key) REFERENCES cases,
		ADD FOREIGN KEY (segment) REFERENCES segments, ADD FOREIGN KEY (from_date) REFERENCES dates;
	ALTER TABLE team_visits ADD PRIMARY KEY (case_key, visit_no), ADD FOREIGN KEY (case_key) REFERENCES cases,
		ADD FOREIGN KEY (team) REFERENCES teams, ADD FOREIGN KEY (next_team) REFERENCES teams,
		ADD FOREIGN KEY (from_date) REFERENCES dates;
	ALTER TABLE handovers ADD PRIMARY KEY (case_key, handover_no), ADD FOREIGN KEY (case_key) REFERENCES cases,
		ADD FOREIGN KEY (source) REFERENCES teams, ADD FOREIGN KEY (target) REFERENCES teams,
		ADD FOREIGN KEY (handover_date) REFERENCES dates;
	ALTER TABLE reopenings ADD PRIMARY KEY (case_key, reopening_no), ADD FOREIGN KEY (case_key) REFERENCES cases,
		ADD FOREIGN KEY (done_as) REFERENCES activities, ADD FOREIGN KEY (reopened_as) REFERENCES activities,
		ADD FOREIGN KEY (done_again_as) REFERENCES activities,
		ADD FOREIGN KEY (done_date) REFERENCES dates, ADD FOREIGN KEY (reopened_date) REFERENCES dates;
	ALTER TABLE messages ADD PRIMARY KEY (case_key, message_no), ADD FOREIGN KEY (case_key) REFERENCES cases,
		ADD FOREIGN KEY (message_date) REFERENCES dates;
	ALTER TABLE case_months ADD PRIMARY KEY (case_key, month), ADD FOREIGN KEY (case_key) REFERENCES cases,
		ADD FOREIGN KEY (month) REFERENCES dates;
	ALTER TABLE edge_stats ADD PRIMARY KEY (clock, source, target),
		ADD FOREIGN KEY (source) REFERENCES activities, ADD FOREIGN KEY (target) REFERENCES activities;
	ALTER TABLE quality ADD PRIMARY KEY (line);
	ALTER TABLE traces ADD PRIMARY KEY (case_key), ADD UNIQUE (case_id), ADD FOREIGN KEY (case_key) REFERENCES cases;
	ALTER TABLE graphs ADD PRIMARY KEY (cohort, month);
	PERFORM ticket_mining.log_add_indexes(log);
END $$;
COMMENT ON FUNCTION log_add_keys(name) IS 'internal: adds the keys of the mined tables of a log';

-- On the columns that slicers use, besides the keys; and one that finds cases by
-- what their traces have.
CREATE FUNCTION log_add_indexes(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	wanted record;
BEGIN
	FOR wanted IN SELECT * FROM (VALUES
		('cases', '{case_no,status,variant,created_at,created_date,first_resolved_date,resolved_date,closed_date,first_team,resolving_team,current_team}'::text[]),
		('events', '{activity,event_date}'),
		('case_edges', '{"source, target",target}'),
		('segment_visits', '{segment,from_date}'),
		('team_visits', '{team,from_date,outcome}'),
		('handovers', '{source,target,handover_date}'),
		('reopenings', '{outcome,done_date,reopened_date}'),
		('messages', '{message_date}'),
		('case_months', '{month}')) i (table_name, columns), unnest(columns) key
	LOOP
		EXECUTE format('CREATE INDEX ON %I.%I (%s)', log, wanted.table_name, wanted.key);
	END LOOP;
	EXECUTE format('CREATE INDEX ON %I.traces USING gin (trace)', log);
END $$;
COMMENT ON FUNCTION log_add_indexes(name) IS 'internal: adds the indexes of the mined tables of a log';
-- log: what the relations of a log must look like

CREATE VIEW contract_columns (relation, column_no, column_name, is_required, accepts) AS VALUES
	('events', 1, 'case_id', true, 'id'),
	('events', 2, 'activity', true, 'label'),
	('events', 3, 'at', true, 'time'),
	('events', 4, 'seq', false, 'integer'),
	('assignments', 1, 'case_id', true, 'id'),
	('assignments', 2, 'team', true, 'label'),
	('assignments', 3, 'at', true, 'time'),
	('assignments', 4, 'seq', false, 'integer'),
	('messages', 1, 'case_id', true, 'id'),
	('messages', 2, 'direction', true, 'label'),
	('messages', 3, 'at', true, 'time'),
	('messages', 4, 'seq', false, 'integer'),
	('cases', 1, 'case_id', true, 'id'),
	('cases', 2, 'case_no', false, 'label or integer');
COMMENT ON VIEW contract_columns IS 'the columns that the relations of a log are read by';
GRANT SELECT ON contract_columns TO PUBLIC;

-- The relation of a name; NULL for what is no name, which to_regclass() throws at.
CREATE FUNCTION log_find_relation(relation text) RETURNS regclass LANGUAGE plpgsql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN to_regclass(relation);
EXCEPTION WHEN syntax_error OR invalid_name OR feature_not_supported THEN
	RETURN NULL;
END $$;
COMMENT ON FUNCTION log_find_relation(text) IS 'internal: the relation of a name';

-- A relation by a name that stays right whatever the search_path.
CREATE FUNCTION log_relation_name(relation regclass) RETURNS text LANGUAGE sql
	STABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid = relation
$$;
COMMENT ON FUNCTION log_relation_name(regclass) IS 'internal: the qualified name of a relation';

-- The columns of a relation with what they can be used as: attribute_type is
-- the type of the mined column, expression the way there, both NULL where there
-- is none.
CREATE FUNCTION log_columns(relation text, time_zone text,
		OUT column_no integer, OUT column_name text, OUT type text, OUT accepts text,
		OUT attribute_type text, OUT expression text) RETURNS SETOF record LANGUAGE sql
	STABLE PARALLEL SAFE COST 100 ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT attnum, attname, format_type(atttypid, atttypmod),
		   CASE WHEN base.oid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 'integer'
				WHEN base.oid IN ('timestamptz'::regtype, 'timestamp'::regtype) THEN base.typname
				WHEN base.typcategory IN ('S', 'E') THEN 'label'
				WHEN base.oid IN ('uuid'::regtype, 'numeric'::regtype) THEN 'id'
				ELSE 'nothing' END,
		   attribute.type,
		   format(attribute.expression, format('c.%I', attname), time_zone)
	FROM pg_attribute
	JOIN pg_type t ON t.oid = atttypid
	JOIN pg_type base ON base.oid = (
		WITH RECURSIVE domains (oid, base) AS (
			SELECT t.oid, t.typbasetype
			UNION ALL
			SELECT b.oid, b.typbasetype FROM domains JOIN pg_type b ON b.oid = domains.base)
		SELECT domains.oid FROM domains WHERE domains.base = 0)
	LEFT JOIN (VALUES
		('bool'::regtype, 'smallint', '%1$s::integer::smallint'), ('int2', 'smallint', '%1$s::smallint'),
		('int4', 'integer', '%1$s::integer'), ('int8', 'bigint', '%1$s::bigint'),
		('float4', 'float8', '%1$s::float8'), ('float8', 'float8', '%1$s::float8'), ('numeric', 'float8', '%1$s::float8'),
		('date', 'date', '%1$s::date'), ('timestamp', 'timestamp', '%1$s::timestamp'),
		('timestamptz', 'timestamp', '%1$s AT TIME ZONE %2$L'),
		('interval', 'float8', 'date_part(''epoch'', %1$s)'), ('uuid', 'text', '%1$s::text')
	) AS plain (oid, type, expression) ON plain.oid = base.oid
	CROSS JOIN LATERAL (SELECT CASE WHEN base.typcategory IN ('S', 'E') THEN 'text' ELSE plain.type END,
							   CASE WHEN base.typcategory IN ('S', 'E') THEN '%1$s::text' ELSE plain.expression END) attribute (type, expression)
	WHERE attrelid = ticket_mining.log_find_relation(relation) AND attnum > 0 AND NOT attisdropped
	ORDER BY attnum
$$;
COMMENT ON FUNCTION log_columns(text, text) IS 'internal: the columns of a relation and what they can be used as';

-- The foreign tables that a relation reads, itself included, through views and
-- partitions; a materialized view is a copy already.
CREATE FUNCTION log_foreign_tables(relation text) RETURNS SETOF text LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE reads (oid) AS (
		SELECT ticket_mining.log_find_relation(relation)::oid
		UNION
		SELECT next.oid
		FROM reads
		CROSS JOIN LATERAL (
			SELECT d.refobjid
			FROM pg_class v
			JOIN pg_rewrite r ON r.ev_class = v.oid
			JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
			WHERE v.oid = reads.oid AND v.relkind = 'v'
			UNION ALL
			SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = reads.oid) next (oid)
	)
	SELECT c.oid::regclass::text FROM reads JOIN pg_class c USING (oid) WHERE relkind = 'f'
$$;
COMMENT ON FUNCTION log_foreign_tables(text) IS 'internal: the foreign tables that a relation reads';

-- What is wrong with one relation, one line a fault.
CREATE FUNCTION log_relation_faults(contract text, source text, zone text) RETURNS SETOF text LANGUAGE plpgsql
	STABLE PARALLEL SAFE COST 1000 ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	found_as regclass := ticket_mining.log_find_relation(source);
	kind "char" := (SELECT relkind FROM pg_class WHERE oid = found_as);
BEGIN
	IF kind IS NULL THEN
		RETURN NEXT format('%s: relation %s does not exist', contract, source);
	ELSIF kind NOT IN ('r', 'p', 'v', 'm', 'f') THEN
		RETURN NEXT format('%s: %s is not a table or view', contract, source);
	END IF;
	RETURN QUERY
	SELECT format('%s: foreign table %s would be read in ways that give wrong rows; copy it with INSERT INTO … SELECT first', contract, f)
	FROM ticket_mining.log_foreign_tables(source) f;
	RETURN QUERY
	SELECT CASE
		WHEN found.column_name IS NULL THEN format('%s: %s has no column %s', contract, source, c.column_name)
		WHEN NOT has_column_privilege(found_as, c.column_name, 'SELECT') THEN
			format('%s: no right to read column %s of %s', contract, c.column_name, source)
		WHEN c.accepts = 'time' AND found.accepts = 'timestamp' THEN
			format('%s: column %s is a timestamp without time zone; say with time_zone which zone it is in', contract, c.column_name)
		ELSE format('%s: column %s is of type %s, but must be %s', contract, c.column_name, found.type,
			CASE c.accepts WHEN 'id' THEN 'an integer, numeric, uuid or text' WHEN 'time' THEN 'timestamp with time zone' WHEN 'label' THEN 'text' ELSE c.accepts END)
		END
	FROM ticket_mining.contract_columns c
	LEFT JOIN ticket_mining.log_columns(source, zone) found USING (column_name)
	WHERE c.relation = contract AND kind IS NOT NULL
	AND CASE WHEN found.column_name IS NULL THEN c.is_required
			 WHEN NOT has_column_privilege(found_as, c.column_name, 'SELECT') THEN true
			 ELSE found.accepts <> ALL (CASE c.accepts
				WHEN 'id' THEN '{integer,id,label}' WHEN 'integer' THEN '{integer}' WHEN 'label' THEN '{label}'
				WHEN 'label or integer' THEN '{label,integer,id}'
				ELSE CASE WHEN zone IS NULL THEN '{timestamptz}' ELSE '{timestamptz,timestamp}' END END::text[])
		END
	ORDER BY c.column_no;
END $$;
COMMENT ON FUNCTION log_relation_faults(text, text, text) IS 'internal: what is wrong with a relation of a log';

-- What is wrong with the attributes of the cases.
CREATE FUNCTION log_attribute_faults(relation text) RETURNS SETOF text LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN NOT has_column_privilege(ticket_mining.log_find_relation(relation), a.column_name, 'SELECT') THEN format('cases: no right to read column %s of %s', a.column_name, relation)
				WHEN a.attribute_type IS NULL THEN format('cases: column %s of type %s cannot be an attribute; cast it, or leave it out, in a view', a.column_name, a.type)
				ELSE format('cases: column %s has the name of a mined column; rename it in a view', a.column_name) END
	FROM ticket_mining.log_columns(relation, 'UTC') a
	LEFT JOIN ticket_mining.mined_columns m ON m.table_name = 'cases' AND m.column_name = a.column_name
	WHERE a.column_name NOT IN ('case_id', 'case_no') AND (a.attribute_type IS NULL OR m.column_name IS NOT NULL
		OR NOT has_column_privilege(ticket_mining.log_find_relation(relation), a.column_name, 'SELECT'))
$$;
COMMENT ON FUNCTION log_attribute_faults(text) IS 'internal: what is wrong with the attributes of the cases of a log';

CREATE FUNCTION log_setting_faults(zone text, case_url text) RETURNS SETOF text LANGUAGE plpgsql
	STABLE PARALLEL SAFE COST 100 ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF case_url !~ '^https?://[^/?#{}[:space:]@\\"<>]+/[^[:space:]"<>]*$' THEN
		RETURN NEXT 'case_url: must begin with http:// or https:// and a host, without blanks, quotes or angle brackets';
	ELSIF case_url !~ '\{case_(no|id)\}' THEN
		RETURN NEXT 'case_url: has no {case_no} or {case_id} for the case';
	END IF;
	-- A calendar knows which zones are safe; a mistyped one would pass for an offset.
	IF split_part((zone || '; 24/7')::ticket_mining.business_calendar::text, ';', 1) <> zone THEN
		RAISE data_exception;
	END IF;
EXCEPTION WHEN data_exception OR syntax_error_or_access_rule_violation THEN
	RETURN NEXT format('time_zone: "%s" is not a time zone such as Europe/Copenhagen', zone);
END $$;
COMMENT ON FUNCTION log_setting_faults(text, text) IS 'internal: what is wrong with the settings of a log';

-- All that is wrong, in one error. given_zone is NULL where the user gave none.
CREATE FUNCTION log_require_contract(relations jsonb, given_zone text, case_url text) RETURNS void LANGUAGE plpgsql
	STABLE PARALLEL SAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	faults text[] := array(
		SELECT fault FROM ticket_mining.log_setting_faults(given_zone, case_url) fault
		UNION ALL
		SELECT fault FROM (VALUES ('events'), ('assignments'), ('messages'), ('cases')) r (contract),
			   ticket_mining.log_relation_faults(contract, relations ->> contract, given_zone) fault
		WHERE relations ->> contract IS NOT NULL
		UNION ALL
		SELECT fault FROM ticket_mining.log_attribute_faults(relations ->> 'cases') fault);
BEGIN
	IF relations ->> 'events' IS NULL THEN
		faults := faults || 'events: must be given'::text;
	END IF;
	IF cardinality(faults) > 0 THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('the log cannot be read as it is: %s', CASE cardinality(faults) WHEN 1 THEN faults[1] ELSE cardinality(faults) || ' faults' END),
			DETAIL = array_to_string(faults, E'\n'),
			HINT = 'Make views that have the contract''s columns, and give these; see ticket_mining.contract_columns.';
	END IF;
END $$;
COMMENT ON FUNCTION log_require_contract(jsonb, text, text) IS 'internal: refuses a log that cannot be read, with all faults';
-- log: those that are derived from another one by a chain of filters

-- What is wrong with the settings of a derived log, in one error.
CREATE FUNCTION log_require_derivation(log name, settings jsonb) RETURNS void LANGUAGE plpgsql
	STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	parent name := settings ->> 'from_log';
	fault text := (SELECT min(f) FROM ticket_mining.log_setting_faults(settings ->> 'time_zone', settings ->> 'case_url') f);
BEGIN
	IF parent IS NULL THEN
		fault := 'filter: is for a log that is derived; say from which with from_log';
	ELSIF (settings ->> 'events', settings ->> 'assignments', settings ->> 'messages', settings ->> 'cases') IS DISTINCT FROM (NULL, NULL, NULL, NULL) THEN
		fault := 'from_log: a derived log reads another log, and no relations';
	END IF;
	IF fault IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('the log cannot be derived: %s', fault);
	END IF;
	PERFORM ticket_mining.log_require_owner(parent);
	IF parent = log OR parent = ANY (ticket_mining.log_derived(log)) THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('log "%s" cannot be derived from itself', log);
	END IF;
	PERFORM ticket_mining.filter_attributes(settings -> 'filter');
END $$;
COMMENT ON FUNCTION log_require_derivation(name, jsonb) IS 'internal: refuses settings by which a log cannot be derived';

-- The logs of one's own that are derived from a log, those that others are derived
-- from first. No schema is looked at twice, whatever has been renamed.
CREATE FUNCTION log_derived(log name) RETURNS name[] LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	found name[] := ARRAY[log];
	own name;
	parent name;
	parents jsonb := '{}';
	n integer := 1;
BEGIN
	FOR own IN SELECT nspname FROM pg_namespace WHERE nspowner = to_regrole(quote_ident(current_user)) AND ticket_mining.is_log(nspname) LOOP
		EXECUTE format('SELECT s.from_log FROM %I.settings s', own) INTO parent;
		parents := parents || jsonb_build_object(own, parent);
	END LOOP;
	WHILE n <= cardinality(found) LOOP
		found := found || array(SELECT key::name FROM jsonb_each_text(parents) WHERE value = found[n] AND key <> ALL (found) ORDER BY key COLLATE "C");
		n := n + 1;
	END LOOP;
	RETURN found[2:];
END $$;
COMMENT ON FUNCTION log_derived(name) IS 'internal: the logs that are derived from a log';

CREATE FUNCTION log_require_no_derived(log name) RETURNS void LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	derived name[] := ticket_mining.log_derived(log);
BEGIN
	IF derived <> '{}' THEN
		RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
			MESSAGE = format('logs are derived from log "%s": %s', log, array_to_string(derived, ', ')),
			HINT = 'Drop these first.';
	END IF;
END $$;
COMMENT ON FUNCTION log_require_no_derived(name) IS 'internal: refuses to drop a log that others are derived from';

-- Makes a derived log: what is not said is as in the log that it is derived from, and
-- so are the maps to begin with; there, merged activities have one name already.
CREATE FUNCTION log_derive(log name, given jsonb) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	parent name := given ->> 'from_log';
	inherited jsonb;
BEGIN
	PERFORM ticket_mining.log_require_derivation(log, given);
	EXECUTE format('SELECT jsonb_build_object(''time_zone'', time_zone, ''calendar'', calendar, ''case_url'', case_url) FROM %I.settings', parent) INTO inherited;
	PERFORM ticket_mining.log_make(log, inherited || jsonb_strip_nulls(given - 'filter') || jsonb_build_object('filter', given -> 'filter'),
		ticket_mining.log_id_type(parent));
	PERFORM ticket_mining.log_inherit_maps(log, parent);
END $$;
COMMENT ON FUNCTION log_derive(name, jsonb) IS 'internal: makes a derived log';

-- Rows of the maps that a derived log does not have yet.
CREATE FUNCTION log_inherit_maps(log name, parent name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE format('INSERT INTO %I.activity_map SELECT * FROM %I.activity_map p WHERE p.merge_into IS NULL OR p.merge_into = p.activity ON CONFLICT DO NOTHING', log, parent);
	EXECUTE format('INSERT INTO %I.team_map SELECT * FROM %I.team_map ON CONFLICT DO NOTHING', log, parent);
	EXECUTE format('INSERT INTO %I.segment_map SELECT * FROM %I.segment_map ON CONFLICT DO NOTHING', log, parent);
END $$;
COMMENT ON FUNCTION log_inherit_maps(name, name) IS 'internal: copies maps to a derived log';

-- A derived log is as of the last refresh of the log that it is derived from, of
-- which there is no other until this one is over.
CREATE FUNCTION log_follow_parent(log name, number bigint) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	parent name;
	moment timestamptz;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT s.from_log INTO parent FROM settings s;
	IF parent IS NULL THEN
		RETURN;
	END IF;
	PERFORM ticket_mining.log_require_owner(parent);
	PERFORM ticket_mining.run_lock('refresh', parent, is_reader => true);
	EXECUTE format('SELECT r.as_of FROM %I.refreshes r WHERE r.state = ''done'' ORDER BY r.refresh_no DESC LIMIT 1', parent) INTO moment;
	IF moment IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('log "%s", from which "%s" is derived, has never been refreshed', parent, log),
			HINT = format('CALL ticket_mining.refresh(%L) refreshes both.', parent);
	END IF;
	UPDATE refreshes r SET as_of = moment WHERE r.refresh_no = number;
	PERFORM ticket_mining.log_inherit_maps(log, parent);
END $$;
COMMENT ON FUNCTION log_follow_parent(name, bigint) IS 'internal: waits for the log that a log is derived from, and takes its as_of';

-- The attributes of a case that a chain of filters asks for, as an expression over
-- its row c of cases and its row t of traces.
CREATE FUNCTION log_attributes_expression(log name, filter jsonb) RETURNS text LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	asked text[] := array(SELECT DISTINCT a FROM unnest(ticket_mining.filter_attributes(filter)) a ORDER BY a);
	columns text[] := array(SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(format('%I.cases', log)) AND attnum > 0 AND NOT attisdropped);
	missing text := (SELECT min(a) FROM unnest(asked) a WHERE a <> ALL (columns || '{teams}'::text[]));
BEGIN
	PERFORM ticket_mining.log_require_trusted(log);
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_column',
			MESSAGE = format('the cases of log "%s" have no attribute "%s"', log, missing),
			HINT = format('A filter can ask for any column of %I.cases, and for teams: all teams that had the case.', log);
	ELSIF asked = '{}' THEN
		RETURN '''{}''::jsonb';
	END IF;
	RETURN (SELECT format('(SELECT to_jsonb(a) FROM (SELECT %s) a)', string_agg(
				CASE WHEN a = ANY (columns) THEN format('c.%I', a) ELSE 'ticket_mining.trace_activities(t.assignments) AS teams' END, ', '))
			FROM unnest(asked) a);
END $$;
COMMENT ON FUNCTION log_attributes_expression(name, jsonb) IS 'internal: the attributes of a case that a chain of filters asks for';

-- What each step of a chain leaves of a log.
CREATE FUNCTION explain_filter(log name, filter jsonb, OUT step_no integer, OUT step jsonb, OUT cases bigint, OUT events bigint) RETURNS SETOF record
	LANGUAGE plpgsql STABLE STRICT COST 10000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE format($query$
		SELECT s.step_no::integer, s.step, coalesce(n.cases, 0), coalesce(n.events, 0)
		FROM (SELECT 0, NULL::jsonb UNION ALL SELECT no, value FROM jsonb_array_elements($1) WITH ORDINALITY e (value, no)) s (step_no, step)
		LEFT JOIN (
			SELECT l.no - 1 AS step_no, count(*) FILTER (WHERE l.length > 0) AS cases, sum(l.length)::bigint AS events
			FROM %1$I.traces t JOIN %1$I.cases c USING (case_key)
			CROSS JOIN LATERAL unnest(ticket_mining.trace_length(t.trace) || ticket_mining.trace_filter_lengths(t.trace, $1, %2$s)) WITH ORDINALITY l (length, no)
			GROUP BY l.no) n USING (step_no)
		ORDER BY s.step_no$query$, log, ticket_mining.log_attributes_expression(log, filter)) USING filter;
END $$;
COMMENT ON FUNCTION explain_filter(name, jsonb) IS 'how many cases and events of a log each step of a chain of filters leaves; step 0 is the log as it is';
-- log: register, drop, list

-- bigint where integers identify the cases in all relations, else text.
CREATE FUNCTION log_case_id_type(relations text[]) RETURNS text LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN bool_and(accepts = 'integer') THEN 'bigint' ELSE 'text' END
	FROM unnest(relations) relation, ticket_mining.log_columns(relation, 'UTC')
	WHERE column_name = 'case_id'
$$;
COMMENT ON FUNCTION log_case_id_type(text[]) IS 'internal: the type that holds the ids of all relations';

CREATE FUNCTION log_require_new_name(kind text, schema name) RETURNS void LANGUAGE plpgsql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF schema IS NULL OR schema = '' OR schema LIKE 'pg\_%' OR schema IN ('public', 'information_schema', 'ticket_mining', '$user') THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_schema_name',
			MESSAGE = format('"%s" cannot be the name of a %s', schema, kind),
			HINT = format('A %s gets a schema of its own with this name.', kind);
	ELSIF to_regnamespace(quote_ident(schema)) IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'duplicate_schema',
			MESSAGE = format('schema "%s" exists already', schema),
			HINT = format('A %1$s gets a schema of its own. Give it another name, or drop the old %1$s with CALL ticket_mining.drop_%1$s().', kind);
	END IF;
END $$;
COMMENT ON FUNCTION log_require_new_name(text, name) IS 'internal: refuses names that a log or source cannot have';

CREATE FUNCTION is_log(log name) RETURNS boolean LANGUAGE sql
	STABLE PARALLEL SAFE COST 10
RETURN ticket_mining.run_owns_tables(log, '{settings,refreshes,case_months}');
COMMENT ON FUNCTION is_log(name) IS 'whether a schema is that of a log';

CREATE FUNCTION log_require_owner(log name) RETURNS void LANGUAGE sql
	STABLE PARALLEL SAFE COST 10
RETURN ticket_mining.run_require_owner('log', log, ticket_mining.is_log(log), 'SELECT * FROM ticket_mining.logs() lists the logs.');
COMMENT ON FUNCTION log_require_owner(name) IS 'internal: refuses all but the owner of a log';

-- For functions that only read: their readers are trusted, but a superuser must not
-- run what somebody may have put in the place of the tables of a log.
CREATE FUNCTION log_require_trusted(log name) RETURNS void LANGUAGE plpgsql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF log IS NULL OR NOT ticket_mining.is_log(log) OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
		PERFORM ticket_mining.log_require_owner(log);
	ELSIF NOT has_schema_privilege(log, 'USAGE') THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('permission denied for log "%s"', log),
			HINT = format('Its owner lets you read it: CALL ticket_mining.grant_reader(%L, %L).', log, current_user);
	END IF;
END $$;
COMMENT ON FUNCTION log_require_trusted(name) IS 'internal: refuses what is no log, those who may not read it, and superusers who do not own it';

-- Puts labels that are not in a map yet into it, as unknown.
CREATE FUNCTION log_find_labels(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	source record;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT * INTO source FROM settings;
	EXECUTE 'INSERT INTO activity_map (activity) SELECT DISTINCT activity::text FROM ' || source.events
		|| ' WHERE octet_length(activity::text) <= 1300 ORDER BY 1 ON CONFLICT DO NOTHING';
	IF source.assignments IS NOT NULL THEN
		EXECUTE 'INSERT INTO team_map (team) SELECT DISTINCT team::text FROM ' || source.assignments
			|| ' WHERE team::text <> ''none'' AND octet_length(team::text) <= 1300 ORDER BY 1 ON CONFLICT DO NOTHING';
	END IF;
END $$;
COMMENT ON FUNCTION log_find_labels(name) IS 'internal: fills the maps of a new log with the labels there are';

-- Settings that are edited are checked like those of create_log().
CREATE FUNCTION log_check_settings() RETURNS trigger LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = 'a log cannot be without settings', HINT = 'CALL ticket_mining.drop_log() drops a log.';
	END IF;
	IF NEW.from_log IS NOT NULL THEN
		PERFORM ticket_mining.log_require_derivation(TG_TABLE_SCHEMA, to_jsonb(NEW));
		RETURN NEW;
	END IF;
	PERFORM ticket_mining.log_require_contract(to_jsonb(NEW), NEW.time_zone, NEW.case_url);
	NEW.events := ticket_mining.log_relation_name(ticket_mining.log_find_relation(NEW.events));
	NEW.assignments := ticket_mining.log_relation_name(ticket_mining.log_find_relation(NEW.assignments));
	NEW.messages := ticket_mining.log_relation_name(ticket_mining.log_find_relation(NEW.messages));
	NEW.cases := ticket_mining.log_relation_name(ticket_mining.log_find_relation(NEW.cases));
	RETURN NEW;
END $$;
COMMENT ON FUNCTION log_check_settings() IS 'internal: refuses settings by which a log cannot be read';

-- Makes the schema of a log that has these settings; its maps are empty.
CREATE FUNCTION log_make(name name, settings jsonb, case_id_type text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE format('CREATE SCHEMA %I', name);
	PERFORM ticket_mining.log_make_settings(name);
	PERFORM ticket_mining.log_make_tables(name, case_id_type);
	EXECUTE format('INSERT INTO %1$I.settings SELECT * FROM jsonb_populate_record(NULL::%1$I.settings, $1)', name)
		USING settings || '{"is_settings": true}';
	EXECUTE format('CREATE TRIGGER check_settings BEFORE INSERT OR UPDATE OR DELETE ON %I.settings
		FOR EACH ROW EXECUTE FUNCTION ticket_mining.log_check_settings()', name);
	EXECUTE format('CREATE TRIGGER keep_settings BEFORE TRUNCATE ON %I.settings
		FOR EACH STATEMENT EXECUTE FUNCTION ticket_mining.log_check_settings()', name);
END $$;
COMMENT ON FUNCTION log_make(name, jsonb, text) IS 'internal: makes the schema of a log';

CREATE PROCEDURE create_log(name name, events regclass DEFAULT NULL, assignments regclass DEFAULT NULL, messages regclass DEFAULT NULL,
		cases regclass DEFAULT NULL, time_zone text DEFAULT NULL, calendar business_calendar DEFAULT NULL, case_url text DEFAULT NULL,
		from_log name DEFAULT NULL, filter jsonb DEFAULT NULL)
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relations jsonb := jsonb_build_object(
		'events', ticket_mining.log_relation_name(events), 'assignments', ticket_mining.log_relation_name(assignments),
		'messages', ticket_mining.log_relation_name(messages), 'cases', ticket_mining.log_relation_name(cases));
	zone text := coalesce(time_zone, split_part(calendar::text, ';', 1), 'UTC');
BEGIN
	PERFORM ticket_mining.log_require_new_name('log', name);
	IF from_log IS NOT NULL OR filter IS NOT NULL THEN
		PERFORM ticket_mining.log_derive(name, relations || jsonb_build_object('time_zone', time_zone, 'calendar', calendar, 'case_url', case_url, 'from_log', from_log, 'filter', coalesce(filter, '[]')));
		RETURN;
	END IF;
	PERFORM ticket_mining.log_require_contract(relations, time_zone, case_url);
	PERFORM ticket_mining.log_make(name, relations || jsonb_build_object('time_zone', zone, 'calendar', calendar, 'case_url', case_url),
		ticket_mining.log_case_id_type(array(SELECT value FROM jsonb_each_text(relations) WHERE value IS NOT NULL)));
	EXECUTE format('INSERT INTO %I.segment_map VALUES (''us'', false), (''partner'', false), (''user'', true),
		(''blocked'', true), (''stopped'', true), (''unknown'', false)', name);
	PERFORM ticket_mining.log_find_labels(name);
END $$;
COMMENT ON PROCEDURE create_log(name, regclass, regclass, regclass, regclass, text, business_calendar, text, name, jsonb) IS 'registers an event log over tables or views of yours, or one derived from another log by a filter, and makes a schema with its maps and mined tables; refresh() fills them';

-- Drops what create_log() made, and nothing that others have put there or rest on it.
CREATE PROCEDURE drop_log(name name) LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	made record;
BEGIN
	PERFORM ticket_mining.log_require_owner(name);
	PERFORM ticket_mining.run_lock('drop', name);
	PERFORM ticket_mining.log_require_no_derived(name);
	FOR made IN
		SELECT kind, string_agg(format('%I.%I', name, table_name), ', ') AS names
		FROM (SELECT 'TABLE' AS kind, table_name FROM ticket_mining.mined_tables
			  UNION ALL VALUES ('VIEW', 'status'), ('VIEW', 'config'), ('VIEW', 'source_activities'), ('VIEW', 'target_activities'),
				('TABLE', 'settings'), ('TABLE', 'activity_map'), ('TABLE', 'team_map'), ('TABLE', 'segment_map'), ('TABLE', 'refreshes')) o
		GROUP BY kind ORDER BY kind DESC
	LOOP
		EXECUTE format('DROP %s %s', made.kind, made.names);
	END LOOP;
	EXECUTE format('DROP SCHEMA %I', name);
END $$;
COMMENT ON PROCEDURE drop_log(name) IS 'drops a log with its maps and mined tables; the tables that it reads stay';

-- The state of a log stands in a view, which runs with the rights of who reads
-- it: of the logs of others only the names are shown, for they could be anything.
CREATE FUNCTION logs(OUT log name, OUT owner name, OUT state text, OUT as_of timestamp, OUT refreshed_at timestamp,
		OUT time_zone text, OUT cases bigint, OUT events bigint, OUT last_run text, OUT last_error text) RETURNS SETOF record
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 2 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	FOR log, owner IN SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace WHERE ticket_mining.is_log(nspname) ORDER BY 1 LOOP
		state := NULL; as_of := NULL; refreshed_at := NULL; time_zone := NULL; cases := NULL; events := NULL; last_run := NULL; last_error := NULL;
		IF owner = current_user THEN
			EXECUTE format('SELECT s.state, s.as_of, s.refreshed_at, s.time_zone, s.cases, s.events, s.last_run, s.last_error FROM %I.status s', log)
				INTO state, as_of, refreshed_at, time_zone, cases, events, last_run, last_error;
		END IF;
		RETURN NEXT;
	END LOOP;
END $$;
COMMENT ON FUNCTION logs() IS 'the logs of the database; those of one''s own with their state';
-- log: reading the sources, finding the cases that changed

-- Attributes of the cases become columns of the mined cases: the expressions
-- that read them, in the order of the columns.
CREATE FUNCTION log_attributes(log name, relation text, time_zone text,
		OUT column_name text, OUT type text, OUT mined_type text, OUT expression text, OUT mined_no integer) RETURNS SETOF record LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(source.column_name, mined.column_name), source.attribute_type, mined.type, source.expression, mined.column_no
	FROM (SELECT c.* FROM ticket_mining.log_columns(relation, time_zone) c
		  WHERE NOT EXISTS (SELECT FROM ticket_mining.mined_columns m WHERE m.table_name = 'cases' AND m.column_name = c.column_name)) source
	FULL JOIN (SELECT c.* FROM ticket_mining.log_columns(format('%I.cases', log), 'UTC') c
			   WHERE NOT EXISTS (SELECT FROM ticket_mining.mined_columns m WHERE m.table_name = 'cases' AND m.column_name = c.column_name)) mined
		USING (column_name)
	ORDER BY mined.column_no, source.column_no
$$;
COMMENT ON FUNCTION log_attributes(name, text, text) IS 'internal: the attributes of the cases of a log';

-- New attributes get their column, faulty ones are refused later; one that has gone or changed its type stops
-- the refresh, for reports may rest on it.
CREATE FUNCTION log_add_attributes(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	attribute record;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	FOR attribute IN
		SELECT a.* FROM settings s, log_attributes(log, coalesce(s.cases, quote_ident(s.from_log) || '.cases'), s.time_zone) a
		WHERE a.mined_type IS NULL AND a.type IS NOT NULL
	LOOP
		EXECUTE format('ALTER TABLE %I.cases ADD COLUMN %I %s', log, attribute.column_name, attribute.type);
		EXECUTE format('COMMENT ON COLUMN %I.cases.%I IS %L', log, attribute.column_name, 'Attribute of the case, from the ticket system');
	END LOOP;
END $$;
COMMENT ON FUNCTION log_add_attributes(name) IS 'internal: adds columns for new attributes of the cases';

CREATE FUNCTION log_require_attributes(log name) RETURNS void LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	lost text := (SELECT string_agg(format('%I (%s)', a.column_name, coalesce('now ' || a.type || ', was ' || a.mined_type, 'gone')), ', ')
				  FROM pg_temp.log_attributes a WHERE to_regtype(a.type) IS DISTINCT FROM to_regtype(a.mined_type));
BEGIN
	IF lost IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_column',
			MESSAGE = format('attributes of the cases have changed: %s', lost),
			HINT = format('If that is meant: ALTER TABLE %I.cases DROP COLUMN …, and refresh again.', log);
	END IF;
END $$;
COMMENT ON FUNCTION log_require_attributes(name) IS 'internal: refuses attributes that have gone or changed their type';

-- A relation as the contract names it: case_id, what it says, at, seq.
CREATE FUNCTION log_source_query(contract text, relation text, time_zone text, case_id_type text) RETURNS text LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('SELECT case_id::%s AS case_id, %s AS label, %s AS at, %s AS seq FROM %s', case_id_type,
		CASE contract WHEN 'events' THEN 'activity::text' WHEN 'assignments' THEN 'coalesce(team::text, ''none'')' ELSE 'direction::text' END,
		(SELECT CASE accepts WHEN 'timestamp' THEN format('at AT TIME ZONE %L', time_zone) ELSE 'at' END
		 FROM ticket_mining.log_columns(relation, time_zone) WHERE column_name = 'at'),
		CASE WHEN EXISTS (SELECT FROM ticket_mining.log_columns(relation, time_zone) WHERE column_name = 'seq') THEN 'seq::bigint' ELSE 'NULL::bigint' END,
		relation)
$$;
COMMENT ON FUNCTION log_source_query(text, text, text, text) IS 'internal: the query that reads a relation of a log';

-- Each case of a relation as a trace, with its rows counted; rows of no case make
-- a group of their own. Temporary tables keep a query from running in parallel, so activities that are merged are
-- looked up only if there are any.
CREATE FUNCTION log_traces_query(contract text, relation text, time_zone text, case_id_type text, merges boolean) RETURNS text LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT format($query$
		SELECT case_id, trace_agg(%s, at, seq) FILTER (WHERE at < $1 AND at > '-infinity') AS trace, count(*) AS rows_read %s
		FROM (%s) source %s
		GROUP BY case_id$query$,
		CASE WHEN merges THEN 'coalesce(merge_into, label)' ELSE 'label' END,
		CASE contract WHEN 'events' THEN $columns$,
			coalesce(sum(timestamp_hash_extended(at AT TIME ZONE 'UTC', coalesce(seq, -9223372036854775808)) >> 32)
				FILTER (WHERE label IS NOT NULL AND at < $1), 0)::bigint AS checksum$columns$ END,
		ticket_mining.log_source_query(contract, relation, time_zone, case_id_type),
		CASE WHEN merges THEN 'LEFT JOIN pg_temp.log_merged merged ON merged.activity = label' END)
	WHERE relation IS NOT NULL
	UNION ALL
	SELECT format('SELECT NULL::%s AS case_id, NULL::trace AS trace, NULL::bigint AS rows_read WHERE false', case_id_type)
	WHERE relation IS NULL
$$;
COMMENT ON FUNCTION log_traces_query(text, text, text, text, boolean) IS 'internal: the query that makes traces of a relation of a log';

-- What this refresh follows, once, so that an edit in the middle waits for the next.
CREATE FUNCTION log_follow(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	chained text;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	CREATE TEMPORARY TABLE log_followed ON COMMIT DROP AS SELECT c.config FROM config c;
	CREATE TEMPORARY TABLE log_attributes ON COMMIT DROP AS
	SELECT a.* FROM pg_temp.log_followed f, jsonb_to_record(f.config -> 'settings') s (cases text, time_zone text, from_log name),
		log_attributes(log, coalesce(s.cases, quote_ident(s.from_log) || '.cases'), s.time_zone) WITH ORDINALITY a (column_name, type, mined_type, expression, mined_no, attribute_no);
	CREATE TEMPORARY TABLE log_merged ON COMMIT DROP AS
	SELECT a.activity, a.merge_into FROM pg_temp.log_followed f, jsonb_to_recordset(f.config -> 'activities') a (activity text, merge_into text)
	WHERE a.merge_into <> a.activity;
	SELECT string_agg(format('"%s" into "%s" into "%s"', a.activity, b.activity, b.merge_into), ', ') INTO chained
	FROM pg_temp.log_merged a JOIN pg_temp.log_merged b ON a.merge_into = b.activity;
	IF chained IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('activities are merged in a chain: %s', chained),
			HINT = 'Let merge_into name the last activity of the chain.';
	END IF;
END $$;
COMMENT ON FUNCTION log_follow(name) IS 'internal: what a refresh follows';

-- A setting that this refresh follows.
CREATE FUNCTION log_setting(setting text) RETURNS text LANGUAGE plpgsql
	STABLE COST 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT f.config -> 'settings' ->> setting FROM pg_temp.log_followed f);
END $$;
COMMENT ON FUNCTION log_setting(text) IS 'internal: a setting that a refresh follows';

-- The events as they are read again for some of the cases.
CREATE FUNCTION log_events_query(log name) RETURNS text LANGUAGE sql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT ticket_mining.log_source_query('events', ticket_mining.log_setting('events'), ticket_mining.log_setting('time_zone'), ticket_mining.log_id_type(log))
$$;
COMMENT ON FUNCTION log_events_query(name) IS 'internal: the query that reads the events of a log';

-- The type of the ids of a log's cases.
CREATE FUNCTION log_id_type(log name) RETURNS text LANGUAGE sql
	STABLE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = format('%I.cases', log)::regclass AND attname = 'case_id'
$$;
COMMENT ON FUNCTION log_id_type(name) IS 'internal: the type of the ids of a log';

-- The cases of the log that a log is derived from, with what the filter leaves of each.
CREATE FUNCTION log_read_parent(log name, from_log name, filter jsonb) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	attributes text := (SELECT coalesce(string_agg(format(', %s AS %I', coalesce(a.expression, 'NULL::' || a.mined_type), 'attribute ' || a.attribute_no), ''), '')
						FROM pg_temp.log_attributes a);
BEGIN
	PERFORM ticket_mining.run_enter(log);
	EXECUTE format($query$
		CREATE TEMPORARY TABLE log_fresh ON COMMIT DROP AS
		SELECT f.*, hash_record_extended(ROW(%1$L::text, f.case_no %2$s), 0) AS attributes_checksum
		FROM (SELECT t.case_id::%3$s AS case_id, n.trace, t.checksum, t.assignments, t.messages, trace_length(t.trace) AS rows_read,
				CASE WHEN n.trace IS NOT NULL THEN trace_length(t.assignments) END AS assignments_read,
				CASE WHEN n.trace IS NOT NULL THEN trace_length(t.messages) END AS messages_read, c.case_no, true AS is_in_cases %4$s
			  FROM %5$I.traces t JOIN %5$I.cases c USING (case_key)
			  CROSS JOIN LATERAL (SELECT ticket_mining.trace_filter(t.trace, $1, %6$s) OFFSET 0) n (trace)) f$query$,
		(SELECT string_agg(format('%s %s %s', a.mined_no, a.column_name, a.type), ', ') FROM pg_temp.log_attributes a),
		(SELECT coalesce(string_agg(format(', f.%I', 'attribute ' || a.attribute_no), ''), '') FROM pg_temp.log_attributes a),
		ticket_mining.log_id_type(log), attributes, from_log, ticket_mining.log_attributes_expression(from_log, filter))
		USING filter;
END $$;
COMMENT ON FUNCTION log_read_parent(name, name, jsonb) IS 'internal: reads the log that a log is derived from';

-- All sources in one statement, so that they are of one moment: pg_temp.log_fresh
-- has a row a case, with what was left out of it. The checksum of the attributes
-- knows their columns, too: one that was dropped and came back is written anew.
CREATE FUNCTION log_read(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	source record;
	id_type text := ticket_mining.log_id_type(log);
	attributes text;
BEGIN
	PERFORM ticket_mining.log_follow(log);
	PERFORM ticket_mining.run_enter(log);
	SELECT s.* INTO source FROM pg_temp.log_followed f,
		jsonb_to_record(f.config -> 'settings') s (events text, assignments text, messages text, cases text, time_zone text, case_url text, from_log name, filter jsonb);
	IF source.from_log IS NOT NULL THEN
		PERFORM ticket_mining.log_require_attributes(log);
		PERFORM ticket_mining.log_read_parent(log, source.from_log, source.filter);
		PERFORM ticket_mining.log_require_known_years(log, moment);
		RETURN;
	END IF;
	PERFORM ticket_mining.log_require_contract(to_jsonb(source), source.time_zone, source.case_url);
	PERFORM ticket_mining.log_require_attributes(log);
	SELECT coalesce(string_agg(format(', %s AS %I', coalesce(a.expression, 'NULL::' || a.mined_type), 'attribute ' || a.attribute_no), ''), '')
	INTO attributes FROM pg_temp.log_attributes a;
	EXECUTE format($query$
		CREATE TEMPORARY TABLE log_fresh ON COMMIT DROP AS
		SELECT coalesce(e.case_id, a.case_id, m.case_id, c.case_id) AS case_id, e.trace, e.checksum, a.trace AS assignments, m.trace AS messages,
			coalesce(e.rows_read, 0) AS rows_read,
			a.rows_read AS assignments_read, m.rows_read AS messages_read, c.case_no, c.case_id IS NOT NULL AS is_in_cases,
			hash_record_extended(ROW(%6$L::text, c.case_no %1$s), 0) AS attributes_checksum %1$s
		FROM (%2$s) e
		FULL JOIN (%3$s) a ON a.case_id = e.case_id
		FULL JOIN (%4$s) m ON m.case_id = coalesce(e.case_id, a.case_id)
		FULL JOIN (%5$s) c ON c.case_id = coalesce(e.case_id, a.case_id, m.case_id)$query$,
		(SELECT coalesce(string_agg(format(', c.%I', 'attribute ' || a.attribute_no), ''), '') FROM pg_temp.log_attributes a),
		ticket_mining.log_traces_query('events', source.events, source.time_zone, id_type, EXISTS (SELECT FROM pg_temp.log_merged)),
		ticket_mining.log_traces_query('assignments', source.assignments, source.time_zone, id_type, false),
		ticket_mining.log_traces_query('messages', source.messages, source.time_zone, id_type, false),
		CASE WHEN source.cases IS NULL THEN format('SELECT NULL::%s AS case_id, NULL::text AS case_no %s WHERE false', id_type,
				(SELECT string_agg(format(', NULL::%s AS %I', a.mined_type, 'attribute ' || a.attribute_no), '') FROM pg_temp.log_attributes a))
			 ELSE format('SELECT c.case_id::%s AS case_id, %s AS case_no %s FROM %s c WHERE c.case_id IS NOT NULL', id_type,
				CASE WHEN EXISTS (SELECT FROM ticket_mining.log_columns(source.cases, 'UTC') WHERE column_name = 'case_no') THEN 'c.case_no::text' ELSE 'NULL::text' END,
				attributes, source.cases) END,
		(SELECT string_agg(format('%s %s %s', a.mined_no, a.column_name, a.type), ', ') FROM pg_temp.log_attributes a))
		USING moment;
	ANALYZE pg_temp.log_fresh (case_id, is_in_cases);
	PERFORM ticket_mining.log_require_fresh();
	PERFORM ticket_mining.log_require_known_years(log, moment);
END $$;
COMMENT ON FUNCTION log_read(name, timestamptz) IS 'internal: reads the sources of a log';

-- What the mined tables and their keys could not hold.
CREATE FUNCTION log_require_fresh() RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	twice text;
	long record;
BEGIN
	SELECT string_agg(case_id::text, ', ') INTO twice FROM (
		SELECT case_id FROM pg_temp.log_fresh WHERE is_in_cases GROUP BY case_id HAVING count(*) > 1 ORDER BY case_id LIMIT 5) d;
	IF twice IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'cardinality_violation',
			MESSAGE = format('the relation of the cases has a case more than once: %s', twice),
			HINT = 'It must have one row a case.';
	END IF;
	SELECT left(text, 40) AS text, octet_length(text) AS bytes INTO long
	FROM pg_temp.log_fresh, greatest(case_id::text, case_no) text
	WHERE octet_length(case_id::text) > 1000 OR octet_length(case_no) > 1000 LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION USING ERRCODE = 'program_limit_exceeded',
			MESSAGE = format('case "%s…" has an id of %s bytes, but the limit is 1000', long.text, long.bytes);
	END IF;
END $$;
COMMENT ON FUNCTION log_require_fresh() IS 'internal: refuses what mined tables cannot hold';

-- Business time is known for some years only: an event of 1753, which some
-- systems write for none, is shown before it stops the refresh in the middle.
CREATE FUNCTION log_require_known_years(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	hours ticket_mining.business_calendar := ticket_mining.log_setting('calendar');
	earliest record;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT f.case_id, trace_start(f.trace) AS at INTO earliest FROM pg_temp.log_fresh f WHERE f.trace IS NOT NULL ORDER BY 2, 1 LIMIT 1;
	PERFORM business_is_open(hours, earliest.at), business_is_open(hours, moment);
EXCEPTION WHEN datetime_field_overflow THEN
	RAISE EXCEPTION USING ERRCODE = SQLSTATE,
		MESSAGE = format('case %s begins on %s, as_of is %s: %s', earliest.case_id, earliest.at::date, moment::date, SQLERRM),
		HINT = 'Leave such events out in a view, or the calendar out of the settings.';
END $$;
COMMENT ON FUNCTION log_require_known_years(name, timestamptz) IS 'internal: refuses times that the calendar of a log does not know';

-- The labels whose rows in a map differ, in more than how they are shown.
CREATE FUNCTION log_edited_labels(old jsonb, new jsonb, key text) RETURNS text[] LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(array_agg(coalesce(a.value, b.value) ->> key), '{}')
	FROM jsonb_array_elements(old) a FULL JOIN jsonb_array_elements(new) b ON a.value ->> key = b.value ->> key
	WHERE a.value - 'label' IS DISTINCT FROM b.value - 'label'
$$;
COMMENT ON FUNCTION log_edited_labels(jsonb, jsonb, text) IS 'internal: the labels whose rows in a map differ';

-- The activities of a map that are not merged into another one.
CREATE FUNCTION log_own_activities(config jsonb, OUT activity text, OUT label text, OUT kind text, OUT answers boolean, OUT is_start boolean, OUT segment text)
	RETURNS SETOF record LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100 ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
	SELECT a.activity, a.label, a.kind, a.answers, a.is_start, a.segment
	FROM jsonb_to_recordset(config -> 'activities') a (activity text, label text, kind text, answers boolean, is_start boolean, segment text, merge_into text)
	WHERE coalesce(a.merge_into, a.activity) = a.activity
$$;
COMMENT ON FUNCTION log_own_activities(jsonb) IS 'internal: the activities of a map that are not merged away';

-- Whether any case can be cut off: some activity is marked as the start.
CREATE FUNCTION log_knows_starts(config jsonb) RETURNS boolean LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(bool_or(a.is_start), false) FROM ticket_mining.log_own_activities(config) a
$$;
COMMENT ON FUNCTION log_knows_starts(jsonb) IS 'internal: whether some activity is marked as the start';

-- The cases that an edit of settings or maps touches, by what the last refresh followed.
CREATE FUNCTION log_find_touched(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	old jsonb;
	new jsonb := (SELECT config FROM pg_temp.log_followed);
	activities text[];
	teams text[];
	segments text[];
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT r.config INTO old FROM refreshes r WHERE r.state = 'done' ORDER BY refresh_no DESC LIMIT 1;
	CREATE TEMPORARY TABLE log_touched (case_key bigint) ON COMMIT DROP;
	IF old -> 'settings' <> new -> 'settings' OR ticket_mining.log_knows_starts(old) <> ticket_mining.log_knows_starts(new) THEN
		INSERT INTO pg_temp.log_touched SELECT t.case_key FROM traces t;
		RETURN;
	END IF;
	activities := ticket_mining.log_edited_labels(old -> 'activities', new -> 'activities', 'activity');
	teams := ticket_mining.log_edited_labels(old -> 'teams', new -> 'teams', 'team');
	segments := ticket_mining.log_edited_labels(old -> 'segments', new -> 'segments', 'segment');
	IF activities || teams || segments <> '{}' THEN
		INSERT INTO pg_temp.log_touched
		SELECT e.case_key FROM events e WHERE e.activity = ANY (activities)
		UNION SELECT v.case_key FROM team_visits v WHERE v.team = ANY (teams)
		UNION SELECT v.case_key FROM segment_visits v WHERE v.segment = ANY (segments);
	END IF;
END $$;
COMMENT ON FUNCTION log_find_touched(name) IS 'internal: the cases that an edit touches';

-- pg_temp.log_changed has the histories of the cases to write anew, pg_temp.log_stale the
-- keys of those whose rows must go; gives how many there are. Of an open case that
-- is as it was, as_of alone moves what does not lie in the past: is_aged.
CREATE FUNCTION log_find_changes(log name, number bigint) RETURNS bigint LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	attributes text;
	moves boolean;
BEGIN
	PERFORM ticket_mining.log_find_touched(log);
	PERFORM ticket_mining.run_enter(log);
	moves := (SELECT as_of FROM refreshes WHERE refresh_no = number)
		IS DISTINCT FROM (SELECT as_of FROM refreshes WHERE state = 'done' ORDER BY refresh_no DESC LIMIT 1);
	SELECT coalesce(string_agg(format(', f.%I', 'attribute ' || a.attribute_no), ''), '') INTO attributes FROM pg_temp.log_attributes a;
	EXECUTE format($query$
		CREATE TEMPORARY TABLE log_changed ON COMMIT DROP AS
		SELECT coalesce(old_key, nextval(pg_get_serial_sequence(%L, 'case_key'))) AS case_key, old_key IS NULL AS is_new, n.*
		FROM (SELECT t.case_key AS old_key, NOT d.differs AS is_aged, f.case_id, coalesce(f.case_no, f.case_id::text) AS case_no, f.trace, f.assignments, f.messages, f.checksum, f.attributes_checksum %s
			  FROM pg_temp.log_fresh f
			  LEFT JOIN traces t ON t.case_id = f.case_id
			  CROSS JOIN LATERAL (SELECT t.case_key IS NULL OR f.trace <> t.trace OR f.checksum <> t.checksum OR f.attributes_checksum <> t.attributes_checksum
				  OR f.assignments IS DISTINCT FROM t.assignments OR f.messages IS DISTINCT FROM t.messages
				  OR t.case_key IN (SELECT case_key FROM pg_temp.log_touched)) d (differs)
			  WHERE f.case_id IS NOT NULL AND f.trace IS NOT NULL AND (d.differs OR t.is_open AND $1)
			  ORDER BY trace_start(f.trace), f.case_id) n$query$, format('%I.cases', log), attributes) USING moves;
	CREATE TEMPORARY TABLE log_stale ON COMMIT DROP AS
	SELECT c.case_key, c.is_aged, false AS is_gone FROM pg_temp.log_changed c WHERE NOT is_new
	UNION ALL
	SELECT t.case_key, false, true FROM traces t WHERE NOT EXISTS (
		SELECT FROM pg_temp.log_fresh f WHERE f.case_id = t.case_id AND f.trace IS NOT NULL);
	ANALYZE pg_temp.log_changed (case_key, case_id, is_new, is_aged), pg_temp.log_stale;
	PERFORM ticket_mining.log_count_reading(log, number);
	RETURN (SELECT count(*) FROM pg_temp.log_changed WHERE NOT is_aged) + (SELECT count(*) FROM pg_temp.log_stale WHERE is_gone);
END $$;
COMMENT ON FUNCTION log_find_changes(name, bigint) IS 'internal: the cases that changed since the last refresh';

-- Why events are left out: they are few, so only their cases are read again.
CREATE FUNCTION log_count_rejected(log name, moment timestamptz) RETURNS jsonb LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	counted record;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	IF ticket_mining.log_setting('from_log') IS NOT NULL THEN
		RETURN (SELECT jsonb_build_object('filtered out', sum(f.rows_read) - coalesce(sum(trace_length(f.trace)), 0)) FROM pg_temp.log_fresh f);
	END IF;
	EXECUTE format($query$
		SELECT count(*) FILTER (WHERE case_id IS NULL) AS no_case,
			count(*) FILTER (WHERE case_id IS NOT NULL AND label IS NULL) AS no_activity,
			count(*) FILTER (WHERE case_id IS NOT NULL AND label IS NOT NULL AND at IS NULL) AS no_time,
			count(*) FILTER (WHERE case_id IS NOT NULL AND label IS NOT NULL AND NOT isfinite(at)) AS infinite,
			count(*) FILTER (WHERE case_id IS NOT NULL AND label IS NOT NULL AND isfinite(at) AND at >= $1) AS later
		FROM (%s) s
		WHERE case_id IS NULL OR case_id IN (SELECT case_id FROM pg_temp.log_fresh WHERE rows_read <> coalesce(trace_length(trace), 0))$query$,
		ticket_mining.log_events_query(log)) INTO counted USING moment;
	RETURN jsonb_build_object('no case', counted.no_case, 'no activity', counted.no_activity, 'no time', counted.no_time,
		'infinite time', counted.infinite, 'after as_of', counted.later);
END $$;
COMMENT ON FUNCTION log_count_rejected(name, timestamptz) IS 'internal: counts events that are left out, by reason';

CREATE FUNCTION log_count_reading(log name, number bigint) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	rejected jsonb := '{"no case": 0, "no activity": 0, "no time": 0, "infinite time": 0, "after as_of": 0}';
BEGIN
	PERFORM ticket_mining.run_enter(log);
	IF EXISTS (SELECT FROM pg_temp.log_fresh f WHERE f.rows_read > 0 AND (f.case_id IS NULL OR f.rows_read <> coalesce(trace_length(f.trace), 0))) THEN
		rejected := ticket_mining.log_count_rejected(log, (SELECT r.as_of FROM refreshes r WHERE r.refresh_no = number));
	END IF;
	CREATE TEMPORARY TABLE log_reading ON COMMIT DROP AS
	SELECT sum(f.rows_read)::bigint AS events_read, rejected || jsonb_build_object(
		'assignments left out', coalesce(sum(f.assignments_read), 0) - coalesce(sum(trace_length(f.assignments)) FILTER (WHERE f.case_id IS NOT NULL AND f.trace IS NOT NULL), 0),
		'messages left out', coalesce(sum(f.messages_read), 0) - coalesce(sum(trace_length(f.messages)) FILTER (WHERE f.case_id IS NOT NULL AND f.trace IS NOT NULL), 0)) AS rejected,
		min(least(trace_start(f.trace), trace_start(f.assignments), trace_start(f.messages))) FILTER (WHERE f.case_id IS NOT NULL AND f.trace IS NOT NULL) AS first_at,
		count(*) FILTER (WHERE f.is_in_cases AND f.trace IS NULL) AS cases_without_events,
		count(*) FILTER (WHERE NOT f.is_in_cases AND f.case_id IS NOT NULL AND f.trace IS NOT NULL) AS cases_without_row
	FROM pg_temp.log_fresh f;
END $$;
COMMENT ON FUNCTION log_count_reading(name, bigint) IS 'internal: counts what was read and left out';
-- log: what the histories of the changed cases mean, as temporary tables of true
-- instants, from which the mined tables are written

-- An interval in seconds.
CREATE FUNCTION log_seconds(duration interval) RETURNS float8 LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN pg_catalog.date_part('epoch', duration);
COMMENT ON FUNCTION log_seconds(interval) IS 'internal: an interval in seconds';

-- Percent-encodes all but the unreserved characters of RFC 3986.
CREATE FUNCTION log_url_part(part text) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN CASE WHEN part ~ '^[A-Za-z0-9._~-]*$' THEN part
	ELSE (SELECT string_agg(CASE WHEN chr(byte) ~ '[A-Za-z0-9._~-]' THEN chr(byte) ELSE '%' || upper(lpad(to_hex(byte), 2, '0')) END, '' ORDER BY i)
		  FROM (SELECT convert_to(part, 'UTF8')) c (bytes), generate_series(0, length(bytes) - 1) i, get_byte(bytes, i) byte)
	END;
COMMENT ON FUNCTION log_url_part(text) IS 'internal: text as a part of a url';

-- Where to open a case.
CREATE FUNCTION log_url(template text, case_no text, case_id text) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN replace(replace(template, '{case_no}', log_url_part(case_no)), '{case_id}', log_url_part(case_id));
COMMENT ON FUNCTION log_url(text, text, text) IS 'internal: where to open a case';

-- Adds rows for labels that a map of what is followed does not have yet.
CREATE FUNCTION log_add_rows(followed jsonb, key text, labels text[], row_of_label jsonb) RETURNS jsonb LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(r ORDER BY r ->> key COLLATE "C"), '[]')
	FROM (SELECT r FROM jsonb_array_elements(followed) r
		  UNION ALL
		  SELECT DISTINCT row_of_label || jsonb_build_object(key, label) FROM unnest(labels) label
		  WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(followed) r WHERE r ->> key = label)) a
$$;
COMMENT ON FUNCTION log_add_rows(jsonb, text, text[], jsonb) IS 'internal: adds labels to a map';

-- Labels that are new get their rows in the maps, and are followed as such.
CREATE FUNCTION log_add_labels(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	found_activities text[] := array(SELECT DISTINCT activity FROM pg_temp.log_happened);
	found_teams text[] := array(SELECT DISTINCT team FROM pg_temp.log_visited WHERE team <> 'none');
	long text := (SELECT label FROM unnest(found_activities || found_teams) label WHERE octet_length(label) > 1300 LIMIT 1);
BEGIN
	IF long IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'program_limit_exceeded',
			MESSAGE = format('label "%s…" has %s bytes, but the limit of a log is 1300', left(long, 40), octet_length(long)),
			HINT = 'An activity is the name of a step; shorten it in a view.';
	END IF;
	PERFORM ticket_mining.run_enter(log);
	UPDATE pg_temp.log_followed SET config = config
		|| jsonb_build_object('activities', log_add_rows(config -> 'activities', 'activity', found_activities,
			'{"kind": "open", "answers": false, "segment": "unknown", "is_start": false, "label": null, "merge_into": null}'))
		|| jsonb_build_object('teams', log_add_rows(config -> 'teams', 'team', found_teams,
			'{"role": "unknown", "calendar": null, "label": null}'));
	UPDATE pg_temp.log_followed SET config = config
		|| jsonb_build_object('segments', log_add_rows(config -> 'segments', 'segment',
			'{us,partner,unknown}'::text[] || array(SELECT a ->> 'segment' FROM jsonb_array_elements(config -> 'activities') a), '{"is_excluded": false}'));
	INSERT INTO activity_map (activity) SELECT a ->> 'activity' FROM pg_temp.log_followed, jsonb_array_elements(config -> 'activities') a ON CONFLICT DO NOTHING;
	INSERT INTO team_map (team) SELECT t ->> 'team' FROM pg_temp.log_followed, jsonb_array_elements(config -> 'teams') t ON CONFLICT DO NOTHING;
	INSERT INTO segment_map (segment) SELECT s ->> 'segment' FROM pg_temp.log_followed, jsonb_array_elements(config -> 'segments') s ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION log_add_labels(name) IS 'internal: adds new labels to the maps of a log';

-- The maps as dimensions; what has gone from them is removed once nothing refers to it.
CREATE FUNCTION log_write_dimensions(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	MERGE INTO activities a USING (
		SELECT w.activity, coalesce(w.label, w.activity) AS label, w.kind, (w.kind IN ('resolved', 'closed'))::integer AS is_done, w.answers::integer AS answers, w.is_start::integer AS is_start, w.segment
		FROM pg_temp.log_followed, log_own_activities(config) w
		UNION ALL
		SELECT 'none', 'none', 'none', 0, 0, 0, 'unknown' FROM pg_temp.log_followed WHERE NOT config -> 'activities' @> '[{"activity": "none", "merge_into": null}]') w
	ON a.activity = w.activity
	WHEN MATCHED AND (a.label, a.kind, a.answers, a.is_start, a.segment) <> (w.label, w.kind, w.answers, w.is_start, w.segment) THEN
		UPDATE SET label = w.label, kind = w.kind, is_done = w.is_done, answers = w.answers, is_start = w.is_start, segment = w.segment
	WHEN NOT MATCHED THEN
		INSERT VALUES (w.activity, w.label, w.kind, w.is_done, w.answers, w.is_start, w.segment, 0, 0);
	-- What is no longer in the map means nothing any more, until it is removed.
	UPDATE activities a SET kind = 'open', is_done = 0, answers = 0, is_start = 0
	WHERE NOT EXISTS (SELECT FROM pg_temp.log_followed, log_own_activities(config) w WHERE w.activity = a.activity) AND a.kind <> 'none';
	MERGE INTO teams t USING (
		SELECT w.team, coalesce(w.label, w.team) AS label, w.role, w.calendar
		FROM pg_temp.log_followed, jsonb_to_recordset(config -> 'teams') w (team text, label text, role text, calendar text)
		UNION ALL VALUES ('none', 'none', 'none', NULL)) w
	ON t.team = w.team
	WHEN MATCHED AND (t.label, t.role, t.calendar) IS DISTINCT FROM (w.label, w.role, w.calendar) THEN
		UPDATE SET label = w.label, role = w.role, calendar = w.calendar
	WHEN NOT MATCHED THEN INSERT VALUES (w.team, w.label, w.role, w.calendar);
	MERGE INTO segments s USING (
		SELECT w.segment, w.is_excluded::integer AS is_excluded
		FROM pg_temp.log_followed, jsonb_to_recordset(config -> 'segments') w (segment text, is_excluded boolean)) w
	ON s.segment = w.segment
	WHEN MATCHED AND s.is_excluded <> w.is_excluded THEN UPDATE SET is_excluded = w.is_excluded
	WHEN NOT MATCHED THEN INSERT VALUES (w.segment, w.is_excluded);
END $$;
COMMENT ON FUNCTION log_write_dimensions(name) IS 'internal: the maps of a log as dimensions';

CREATE FUNCTION log_remove_dimensions(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	DELETE FROM activities a WHERE a.activity <> 'none' AND NOT EXISTS (
		SELECT FROM pg_temp.log_followed, log_own_activities(config) w WHERE w.activity = a.activity);
	DELETE FROM teams t WHERE t.team <> 'none' AND NOT EXISTS (
		SELECT FROM pg_temp.log_followed, jsonb_to_recordset(config -> 'teams') w (team text) WHERE w.team = t.team);
	DELETE FROM segments s WHERE NOT EXISTS (
		SELECT FROM pg_temp.log_followed, jsonb_to_recordset(config -> 'segments') w (segment text) WHERE w.segment = s.segment);
END $$;
COMMENT ON FUNCTION log_remove_dimensions(name) IS 'internal: removes what has gone from the maps of a log';

-- The activities as the functions of traces take them.
CREATE FUNCTION log_activity_lists(log name, OUT done text[], OUT answered text[], OUT notes text[]) LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	done := array(SELECT a.activity FROM activities a WHERE a.is_done = 1);
	answered := array(SELECT a.activity FROM activities a WHERE a.answers = 1);
	notes := array(SELECT a.activity FROM activities a WHERE a.kind = 'note');
END $$;
COMMENT ON FUNCTION log_activity_lists(name) IS 'internal: the activities of a log that are done, that answer, that are notes';

-- pg_temp.log_happened: the events; pg_temp.log_visited: the visits to teams.
CREATE FUNCTION log_unfold(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	hours ticket_mining.business_calendar := ticket_mining.log_setting('calendar');
BEGIN
	PERFORM ticket_mining.run_enter(log);
	CREATE TEMPORARY TABLE log_happened ON COMMIT DROP AS
	SELECT h.*, h.next_at - h.at AS duration, business_duration(hours, h.at, h.next_at) AS business_duration
	FROM (SELECT c.case_key, c.case_id, c.is_aged, e.event_no, e.activity, e.at,
				 CASE WHEN e.event_no + 1 <> ALL (b.breaks) THEN lead(e.activity) OVER w END AS next_activity,
				 CASE WHEN e.event_no + 1 <> ALL (b.breaks) THEN lead(e.at) OVER w END AS next_at
		  FROM pg_temp.log_changed c, trace_breaks(c.trace) b (breaks), trace_events(c.trace) e
		  WINDOW w AS (PARTITION BY c.case_key ORDER BY e.event_no)) h;
	CREATE TEMPORARY TABLE log_visited ON COMMIT DROP AS
	SELECT c.case_key, c.case_id, v.* FROM pg_temp.log_changed c, trace_visits(c.assignments, moment) v;
	ANALYZE pg_temp.log_happened, pg_temp.log_visited;
END $$;
COMMENT ON FUNCTION log_unfold(name, timestamptz) IS 'internal: the events and team visits of the changed cases';

-- pg_temp.log_states: the events without notes; pg_temp.log_facts: when a case was done, a row a case.
CREATE FUNCTION log_find_facts(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	starts boolean;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	starts := EXISTS (SELECT FROM activities a WHERE a.is_start = 1);
	CREATE TEMPORARY TABLE log_states ON COMMIT DROP AS
	SELECT h.case_key, h.event_no, h.activity, h.at, a.kind, a.is_done, a.is_start,
		   lag(a.kind) OVER w AS kind_before, lag(a.is_done) OVER w AS was_done, lead(h.at) OVER w AS next_at
	FROM pg_temp.log_happened h JOIN activities a USING (activity)
	WHERE a.kind <> 'note'
	WINDOW w AS (PARTITION BY h.case_key ORDER BY h.event_no);
	CREATE TEMPORARY TABLE log_facts ON COMMIT DROP AS
	SELECT c.case_key, trace_start(c.trace) AS created_at, coalesce(s.state_count, 0) AS state_count, s.first_at, s.first_resolved_at, s.resolved_at, s.closed_at,
		   coalesce(s.status, 'none') AS status, coalesce(s.is_open, 1) AS is_open,
		   CASE WHEN s.is_open = 0 THEN s.resolved_at ELSE moment END AS ended_at,
		   CASE WHEN starts THEN coalesce(s.is_cut_off, 0) ELSE 0 END AS is_cut_off
	FROM pg_temp.log_changed c
	LEFT JOIN (
		SELECT s.case_key, count(*) AS state_count, min(s.at) AS first_at,
			   min(s.at) FILTER (WHERE s.is_done = 1 AND s.was_done IS DISTINCT FROM 1) AS first_resolved_at,
			   max(s.at) FILTER (WHERE s.is_done = 1 AND s.was_done IS DISTINCT FROM 1) AS resolved_at,
			   max(s.at) FILTER (WHERE s.kind = 'closed' AND s.kind_before IS DISTINCT FROM 'closed') AS closed_at,
			   max(s.activity) FILTER (WHERE s.next_at IS NULL) AS status,
			   max(1 - s.is_done) FILTER (WHERE s.next_at IS NULL) AS is_open,
			   max(1 - s.is_start) FILTER (WHERE s.kind_before IS NULL) AS is_cut_off
		FROM pg_temp.log_states s GROUP BY s.case_key) s USING (case_key);
	ANALYZE pg_temp.log_states, pg_temp.log_facts;
END $$;
COMMENT ON FUNCTION log_find_facts(name, timestamptz) IS 'internal: when the changed cases were done';

-- pg_temp.log_pieces: which status fell together with which team, and who held the
-- case then. What comes before the first status is a piece of segment unknown. The
-- overlay makes one piece of a status that comes twice with nothing of any length
-- between, so a piece may go on when the case has ended, or the visit: it is cut there.
CREATE FUNCTION log_find_pieces(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	notes text[];
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT l.notes INTO notes FROM log_activity_lists(log) l;
	CREATE TEMPORARY TABLE log_pieces ON COMMIT DROP AS
	SELECT f.case_key, o.piece_no, o.from_at, CASE WHEN o.from_at < f.ended_at THEN least(o.to_at, f.ended_at) ELSE o.to_at END AS to_at, a.kind, a.is_done,
		   CASE WHEN a.segment = 'us' AND t.role = 'partner' THEN 'partner' ELSE a.segment END AS segment,
		   o.from_at < f.ended_at AS counts
	FROM pg_temp.log_changed c
	JOIN pg_temp.log_facts f USING (case_key)
	CROSS JOIN LATERAL (SELECT CASE WHEN notes = '{}' THEN c.trace ELSE trace_drop(c.trace, notes) END) s (trace)
	CROSS JOIN LATERAL ROWS FROM (trace_overlay(s.trace, c.assignments, moment)) WITH ORDINALITY o (status, team, from_at, to_at, piece_no)
	JOIN activities a ON a.activity = o.status
	LEFT JOIN teams t ON t.team = o.team
	UNION ALL
	SELECT f.case_key, 0, f.created_at, least(f.first_at, moment), 'none', 0, 'unknown', true
	FROM pg_temp.log_facts f WHERE f.created_at < least(f.first_at, moment);
	ANALYZE pg_temp.log_pieces;
END $$;
COMMENT ON FUNCTION log_find_pieces(name, timestamptz) IS 'internal: who held the changed cases, by status and team';

-- pg_temp.log_holds: adjacent pieces of one segment made one.
CREATE FUNCTION log_find_holds(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	hours ticket_mining.business_calendar := ticket_mining.log_setting('calendar');
BEGIN
	PERFORM ticket_mining.run_enter(log);
	CREATE TEMPORARY TABLE log_holds ON COMMIT DROP AS
	SELECT h.*, h.to_at - h.from_at AS duration, business_duration(hours, h.from_at, h.to_at) AS business_duration
	FROM (SELECT p.case_key, p.visit_no, p.segment, min(p.from_at) AS from_at, max(p.to_at) AS to_at
		  FROM (SELECT q.*, count(*) FILTER (WHERE q.segment IS DISTINCT FROM q.segment_before) OVER (PARTITION BY q.case_key ORDER BY q.piece_no) AS visit_no
				FROM (SELECT p.*, lag(p.segment) OVER (PARTITION BY p.case_key ORDER BY p.piece_no) AS segment_before
					  FROM pg_temp.log_pieces p WHERE p.counts) q) p
		  GROUP BY p.case_key, p.visit_no, p.segment) h;
	ANALYZE pg_temp.log_holds;
END $$;
COMMENT ON FUNCTION log_find_holds(name) IS 'internal: the segment visits of the changed cases';

-- pg_temp.log_held: the time of each case by segment, in seconds; sums are made of exact durations.
CREATE FUNCTION log_sum_holds(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	is_business boolean := ticket_mining.log_setting('calendar') IS NOT NULL;
	named text[] := '{us,partner,user,blocked,stopped,unknown}';
BEGIN
	PERFORM ticket_mining.run_enter(log);
	CREATE TEMPORARY TABLE log_held ON COMMIT DROP AS
	SELECT f.case_key,
		   coalesce(log_seconds(sum(h.duration)), 0) AS total,
		   coalesce(log_seconds(sum(h.duration) FILTER (WHERE s.is_excluded = 0)), 0) AS real,
		   coalesce(log_seconds(sum(h.duration) FILTER (WHERE h.segment = 'us')), 0) AS us,
		   coalesce(log_seconds(sum(h.duration) FILTER (WHERE h.segment = 'partner')), 0) AS partner,
		   coalesce(log_seconds(sum(h.duration) FILTER (WHERE h.segment = 'user')), 0) AS user_,
		   coalesce(log_seconds(sum(h.duration) FILTER (WHERE h.segment = 'blocked')), 0) AS blocked,
		   coalesce(log_seconds(sum(h.duration) FILTER (WHERE h.segment = 'stopped')), 0) AS stopped,
		   coalesce(log_seconds(sum(h.duration) FILTER (WHERE h.segment = 'unknown')), 0) AS unknown,
		   coalesce(log_seconds(sum(h.duration) FILTER (WHERE h.segment <> ALL (named))), 0) AS other,
		   CASE WHEN is_business THEN coalesce(log_seconds(sum(h.business_duration)), 0) END AS business_total,
		   CASE WHEN is_business THEN coalesce(log_seconds(sum(h.business_duration) FILTER (WHERE s.is_excluded = 0)), 0) END AS business_real,
		   CASE WHEN is_business THEN coalesce(log_seconds(sum(h.business_duration) FILTER (WHERE h.segment = 'us')), 0) END AS business_us,
		   CASE WHEN is_business THEN coalesce(log_seconds(sum(h.business_duration) FILTER (WHERE h.segment = 'partner')), 0) END AS business_partner,
		   CASE WHEN is_business THEN coalesce(log_seconds(sum(h.business_duration) FILTER (WHERE h.segment = 'user')), 0) END AS business_user,
		   CASE WHEN is_business THEN coalesce(log_seconds(sum(h.business_duration) FILTER (WHERE h.segment = 'blocked')), 0) END AS business_blocked,
		   CASE WHEN is_business THEN coalesce(log_seconds(sum(h.business_duration) FILTER (WHERE h.segment = 'stopped')), 0) END AS business_stopped,
		   CASE WHEN is_business THEN coalesce(log_seconds(sum(h.business_duration) FILTER (WHERE h.segment = 'unknown')), 0) END AS business_unknown,
		   CASE WHEN is_business THEN coalesce(log_seconds(sum(h.business_duration) FILTER (WHERE h.segment <> ALL (named))), 0) END AS business_other
	FROM pg_temp.log_facts f
	LEFT JOIN pg_temp.log_holds h USING (case_key)
	LEFT JOIN segments s ON s.segment = h.segment
	WHERE f.is_cut_off = 0
	GROUP BY f.case_key;
	ANALYZE pg_temp.log_held;
END $$;
COMMENT ON FUNCTION log_sum_holds(name) IS 'internal: the time of the changed cases by segment';

-- pg_temp.log_clocked: the clocks of the visits, and how each ended. The last piece
-- that begins before a visit ends says in which status that was.
CREATE FUNCTION log_clock_visits(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	hours ticket_mining.business_calendar := ticket_mining.log_setting('calendar');
BEGIN
	PERFORM ticket_mining.run_enter(log);
	CREATE TEMPORARY TABLE log_clocked ON COMMIT DROP AS
	SELECT v.case_key, v.visit_no, max(p.piece_no) AS last_piece,
		   coalesce(sum(upto - since) FILTER (WHERE runs), '0') AS elapsed,
		   coalesce(sum(upto - since) FILTER (WHERE runs AND s.is_excluded = 0), '0') AS own,
		   coalesce(sum(business_duration(open_hours, since, upto)) FILTER (WHERE runs), '0') AS business_elapsed,
		   coalesce(sum(business_duration(open_hours, since, upto)) FILTER (WHERE runs AND s.is_excluded = 0), '0') AS business_own,
		   bool_or(open_hours IS NOT NULL) AS is_business
	FROM pg_temp.log_visited v
	JOIN teams t USING (team)
	CROSS JOIN LATERAL (SELECT coalesce(t.calendar::ticket_mining.business_calendar, hours)) h (open_hours)
	LEFT JOIN pg_temp.log_pieces p ON p.case_key = v.case_key AND p.piece_no > 0 AND p.from_at < v.to_at
	LEFT JOIN segments s ON s.segment = p.segment
	CROSS JOIN LATERAL (SELECT p.counts AND p.is_done = 0 AND p.to_at > v.from_at, greatest(p.from_at, v.from_at), least(p.to_at, v.to_at)) c (runs, since, upto)
	GROUP BY v.case_key, v.visit_no;
	ANALYZE pg_temp.log_clocked;
END $$;
COMMENT ON FUNCTION log_clock_visits(name) IS 'internal: the clocks of the team visits of the changed cases';

-- pg_temp.log_reopened: the reopenings.
CREATE FUNCTION log_find_reopenings(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	lists record;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT * INTO lists FROM log_activity_lists(log);
	CREATE TEMPORARY TABLE log_reopened ON COMMIT DROP AS
	SELECT c.case_key, c.case_id, c.is_aged, c.messages, r.*, r.reopened_at - r.done_at AS after
	FROM pg_temp.log_changed c, trace_reopenings(c.trace, lists.done, lists.answered, lists.notes) r;
	ANALYZE pg_temp.log_reopened;
END $$;
COMMENT ON FUNCTION log_find_reopenings(name) IS 'internal: the reopenings of the changed cases';

-- pg_temp.log_handed: the handovers.
CREATE FUNCTION log_find_handovers(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	CREATE TEMPORARY TABLE log_handed ON COMMIT DROP AS
	SELECT v.case_key, v.case_id, row_number() OVER (PARTITION BY v.case_key ORDER BY v.visit_no) AS handover_no,
		   v.source, v.team AS target, v.from_at AS at, v.is_return::integer AS is_return, v.is_bounce::integer AS is_bounce,
		   (v.is_return AND s.role = 'partner' AND t.role IN ('ours', 'intake'))::integer AS is_returned_by_partner
	FROM (SELECT v.*, lag(v.team) OVER (PARTITION BY v.case_key ORDER BY v.visit_no) AS source
		  FROM pg_temp.log_visited v WHERE v.team <> 'none') v
	JOIN teams s ON s.team = v.source
	JOIN teams t ON t.team = v.team
	WHERE v.source <> v.team;
	ANALYZE pg_temp.log_handed;
END $$;
COMMENT ON FUNCTION log_find_handovers(name) IS 'internal: the handovers of the changed cases';

-- pg_temp.log_ties: events that only seq could put in order, and exact repeats. Only
-- cases with two events of one time can have any, so few are read again. A
-- derived log has those of the log that it is derived from.
CREATE FUNCTION log_find_ties(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	IF ticket_mining.log_setting('from_log') IS NOT NULL THEN
		EXECUTE format('CREATE TEMPORARY TABLE log_ties ON COMMIT DROP AS SELECT case_id, tied_events, duplicate_events FROM %I.traces
			WHERE case_id IN (SELECT case_id FROM pg_temp.log_changed)', ticket_mining.log_setting('from_log'));
		RETURN;
	END IF;
	EXECUTE format('CREATE TEMPORARY TABLE log_ties ON COMMIT DROP AS
		SELECT case_id, coalesce(sum(n) FILTER (WHERE labels > 1), 0) AS tied_events, sum(n - labels) AS duplicate_events
		FROM (SELECT case_id, count(*) AS n, count(DISTINCT coalesce(merge_into, label)) AS labels
			  FROM (%s) s LEFT JOIN pg_temp.log_merged merged ON merged.activity = label
			  WHERE label IS NOT NULL AND at < $1 AND at > ''-infinity''
			  AND case_id IN (SELECT case_id FROM pg_temp.log_happened WHERE next_at = at AND NOT is_aged)
			  GROUP BY case_id, at, seq HAVING count(*) > 1) t
		GROUP BY case_id', ticket_mining.log_events_query(log)) USING moment;
END $$;
COMMENT ON FUNCTION log_find_ties(name, timestamptz) IS 'internal: ties and duplicates of the changed cases';

-- pg_temp.log_written: the messages; pg_temp.log_waited: those out after which
-- nothing came for a week, while the status said us.
CREATE FUNCTION log_find_messages(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	CREATE TEMPORARY TABLE log_written ON COMMIT DROP AS
	SELECT c.case_key, c.case_id, e.event_no AS message_no, e.activity AS direction, e.at,
		   lead(e.at) OVER (PARTITION BY c.case_key ORDER BY e.event_no) AS next_at,
		   lag(e.activity) OVER (PARTITION BY c.case_key, e.activity IN ('in', 'out') ORDER BY e.event_no) AS direction_before
	FROM pg_temp.log_changed c, trace_events(c.messages) e;
	ANALYZE pg_temp.log_written;
	CREATE TEMPORARY TABLE log_waited ON COMMIT DROP AS
	SELECT w.case_key, w.message_no
	FROM pg_temp.log_written w
	JOIN pg_temp.log_pieces p ON p.case_key = w.case_key AND p.counts AND p.segment = 'us' AND w.at >= p.from_at AND w.at < p.to_at
	WHERE w.direction = 'out' AND least(p.to_at, w.next_at) - w.at >= interval '7 days';
END $$;
COMMENT ON FUNCTION log_find_messages(name) IS 'internal: the messages of the changed cases';

-- pg_temp.log_mined: the rows of cases, without attributes, in the order of its columns.
CREATE FUNCTION log_mine_cases(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting('time_zone');
	template text := ticket_mining.log_setting('case_url');
	lists record;
	intake text[];
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT * INTO lists FROM log_activity_lists(log);
	intake := array(SELECT team FROM teams WHERE role = 'intake');
	CREATE TEMPORARY TABLE log_mined ON COMMIT DROP AS
	SELECT c.case_key, c.case_id, c.case_no, log_url(template, c.case_no, c.case_id::text) AS url, f.status,
		   f.created_at AT TIME ZONE zone AS created_at, (f.created_at AT TIME ZONE zone)::date AS created_date,
		   f.first_resolved_at AT TIME ZONE zone AS first_resolved_at, (f.first_resolved_at AT TIME ZONE zone)::date AS first_resolved_date,
		   f.resolved_at AT TIME ZONE zone AS resolved_at, (f.resolved_at AT TIME ZONE zone)::date AS resolved_date,
		   f.closed_at AT TIME ZONE zone AS closed_at, (f.closed_at AT TIME ZONE zone)::date AS closed_date,
		   f.is_open::smallint AS is_open, (f.resolved_at IS NOT NULL)::integer::smallint AS is_resolved, f.is_cut_off::smallint AS is_cut_off,
		   CASE WHEN f.is_open = 1 AND f.is_cut_off = 0 THEN log_seconds(moment - f.created_at) END AS age_seconds,
		   trace_variant(c.trace) AS variant, trace_length(c.trace) AS event_count, trace_length(c.trace) - f.state_count::integer AS note_count,
		   (1 = ANY (trace_breaks(c.trace)))::integer AS is_start_masked, (trace_length(c.trace) + 1 = ANY (trace_breaks(c.trace)))::integer AS is_end_masked,
		   coalesce(r.reopening_count, 0) AS reopening_count, coalesce(r.answered_again_count, 0) AS answered_again_count,
		   coalesce(r.first_answer_count, 0) AS first_answer_count, coalesce(r.silent_count, 0) AS silent_count, coalesce(r.unfinished_count, 0) AS unfinished_count,
		   (r.reopening_count IS NOT NULL)::integer AS is_reopened, (coalesce(r.answered_again_count, 0) > 0)::integer AS is_answered_again,
		   trace_repeat_count(c.trace, lists.done, lists.answered, lists.notes) AS repeat_answer_count,
		   coalesce(v.first_team, 'none') AS first_team, coalesce(v.resolving_team, 'none') AS resolving_team, coalesce(v.current_team, 'none') AS current_team,
		   coalesce(h.handover_count, 0) AS handover_count, l.landing, CASE l.landing WHEN 'rerouted' THEN 0 WHEN 'direct' THEN 1 WHEN 'forwarded' THEN 1 END AS first_time_right,
		   coalesce(h.is_returned_by_partner, 0) AS is_returned_by_partner, coalesce(h.is_ping_pong, 0) AS is_ping_pong,
		   coalesce(trace_messages_in(c.messages), 0) AS messages_in, coalesce(trace_messages_out(c.messages), 0) AS messages_out, coalesce(trace_turns(c.messages), 0) AS turns,
		   s.total, s.real, s.us, s.partner, s.user_, s.blocked, s.stopped, s.unknown, s.other,
		   s.business_total, s.business_real, s.business_us, s.business_partner, s.business_user, s.business_blocked, s.business_stopped, s.business_unknown, s.business_other
	FROM pg_temp.log_changed c
	JOIN pg_temp.log_facts f USING (case_key)
	LEFT JOIN (
		SELECT r.case_key, count(*) AS reopening_count, count(*) FILTER (WHERE r.outcome = 'answered_again') AS answered_again_count,
			   count(*) FILTER (WHERE r.outcome = 'first_answer') AS first_answer_count, count(*) FILTER (WHERE r.outcome = 'silent') AS silent_count,
			   count(*) FILTER (WHERE r.outcome = 'open') AS unfinished_count
		FROM pg_temp.log_reopened r GROUP BY r.case_key) r USING (case_key)
	LEFT JOIN (
		SELECT v.case_key, (array_agg(v.team ORDER BY v.visit_no) FILTER (WHERE v.team <> 'none'))[1] AS first_team,
			   (array_agg(v.team ORDER BY v.visit_no DESC) FILTER (WHERE v.team <> 'none' AND v.from_at <= f.first_resolved_at))[1] AS resolving_team,
			   (array_agg(v.team ORDER BY v.visit_no DESC))[1] AS current_team
		FROM pg_temp.log_visited v JOIN pg_temp.log_facts f USING (case_key) GROUP BY v.case_key) v USING (case_key)
	LEFT JOIN (
		SELECT h.case_key, count(*) AS handover_count, max(h.is_returned_by_partner) AS is_returned_by_partner, max(h.is_bounce) AS is_ping_pong
		FROM pg_temp.log_handed h GROUP BY h.case_key) h USING (case_key)
	CROSS JOIN LATERAL (SELECT CASE WHEN f.is_cut_off = 0 THEN trace_landing(c.assignments, f.first_resolved_at, intake) END) l (landing)
	LEFT JOIN pg_temp.log_held s USING (case_key);
	ANALYZE pg_temp.log_mined;
END $$;
COMMENT ON FUNCTION log_mine_cases(name, timestamptz) IS 'internal: the rows of the changed cases';

CREATE FUNCTION log_mine(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.log_unfold(log, moment);
	PERFORM ticket_mining.log_add_labels(log);
	PERFORM ticket_mining.log_write_dimensions(log);
	PERFORM ticket_mining.log_find_facts(log, moment);
	PERFORM ticket_mining.log_find_pieces(log, moment);
	PERFORM ticket_mining.log_find_holds(log);
	PERFORM ticket_mining.log_sum_holds(log);
	PERFORM ticket_mining.log_clock_visits(log);
	PERFORM ticket_mining.log_find_reopenings(log);
	PERFORM ticket_mining.log_find_handovers(log);
	PERFORM ticket_mining.log_find_messages(log);
	PERFORM ticket_mining.log_find_ties(log, moment);
	PERFORM ticket_mining.log_mine_cases(log, moment);
END $$;
COMMENT ON FUNCTION log_mine(name, timestamptz) IS 'internal: mines the changed cases';
-- log: writing the rows of the changed cases

-- Rows of the cases that changed or have gone, but for those of cases, which keep their key.
CREATE FUNCTION log_delete_stale(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	mined record;
BEGIN
	FOR mined IN SELECT * FROM ticket_mining.mined_columns JOIN ticket_mining.mined_tables USING (table_name)
				 WHERE column_name = 'case_key' AND table_name <> 'cases' LOOP
		EXECUTE format('DELETE FROM %I.%I USING pg_temp.log_stale stale WHERE %2$I.case_key = stale.case_key AND (%L OR NOT is_aged)', log, mined.table_name, mined.follows_as_of);
	END LOOP;
	EXECUTE format('DELETE FROM %I.cases USING pg_temp.log_stale stale WHERE cases.case_key = stale.case_key AND is_gone', log);
END $$;
COMMENT ON FUNCTION log_delete_stale(name) IS 'internal: deletes the rows of the cases that changed';

-- All days of the years that the log touches.
CREATE FUNCTION log_write_dates(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting('time_zone');
	hours ticket_mining.business_calendar := ticket_mining.log_setting('calendar');
	first date;
	last date := date_trunc('year', moment AT TIME ZONE zone) + interval '1 year -1 day';
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT coalesce(date_trunc('year', r.first_at AT TIME ZONE zone), date_trunc('year', last)) INTO first FROM pg_temp.log_reading r;
	MERGE INTO dates d USING (
		SELECT day::date AS date, extract(year FROM day)::integer AS year, extract(quarter FROM day)::integer AS quarter,
			   date_trunc('month', day)::date AS month, extract(month FROM day)::integer AS month_no,
			   ('{January,February,March,April,May,June,July,August,September,October,November,December}'::text[])[extract(month FROM day)] AS month_en,
			   ('{januar,februar,marts,april,maj,juni,juli,august,september,oktober,november,december}'::text[])[extract(month FROM day)] AS month_da,
			   extract(isoyear FROM day)::integer AS iso_year, extract(week FROM day)::integer AS iso_week,
			   extract(day FROM day)::integer AS day_of_month, extract(isodow FROM day)::integer AS weekday_no,
			   ('{Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday}'::text[])[extract(isodow FROM day)] AS weekday_en,
			   ('{mandag,tirsdag,onsdag,torsdag,fredag,lørdag,søndag}'::text[])[extract(isodow FROM day)] AS weekday_da,
			   CASE WHEN hours IS NULL THEN (extract(isodow FROM day) < 6)::integer
					ELSE (business_duration(hours, day AT TIME ZONE zone, (day + interval '1 day') AT TIME ZONE zone) > '0')::integer END AS is_working_day,
			   ((day + interval '1 day') AT TIME ZONE zone <= moment)::integer AS is_past,
			   ((date_trunc('month', day) + interval '1 month 30 days') AT TIME ZONE zone <= moment)::integer AS is_month_final
		FROM generate_series(first::timestamp, last::timestamp, '1 day') day) n
	ON d.date = n.date
	WHEN MATCHED AND (d.is_working_day, d.is_past, d.is_month_final) <> (n.is_working_day, n.is_past, n.is_month_final) THEN
		UPDATE SET is_working_day = n.is_working_day, is_past = n.is_past, is_month_final = n.is_month_final
	WHEN NOT MATCHED THEN INSERT VALUES (n.date, n.year, n.quarter, n.month, n.month_no, n.month_en, n.month_da, n.iso_year, n.iso_week,
		n.day_of_month, n.weekday_no, n.weekday_en, n.weekday_da, n.is_working_day, n.is_past, n.is_month_final);
END $$;
COMMENT ON FUNCTION log_write_dates(name, timestamptz) IS 'internal: the days of a log';

CREATE FUNCTION log_write_events(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting('time_zone');
BEGIN
	PERFORM ticket_mining.run_enter(log);
	INSERT INTO events
	SELECT h.case_key, h.case_id, h.event_no, h.activity, h.at AT TIME ZONE zone, (h.at AT TIME ZONE zone)::date,
		   (a.kind = 'note')::integer, coalesce(h.next_activity, 'none'), log_seconds(h.duration), log_seconds(h.business_duration)
	FROM pg_temp.log_happened h JOIN activities a USING (activity) WHERE NOT h.is_aged;
	INSERT INTO case_edges
	SELECT h.case_key, h.case_id, h.activity, h.next_activity, count(*), log_seconds(sum(h.duration)),
		   log_seconds(min(h.duration)), log_seconds(max(h.duration)), log_seconds(sum(h.business_duration))
	FROM pg_temp.log_happened h WHERE h.next_at IS NOT NULL AND NOT h.is_aged
	GROUP BY h.case_key, h.case_id, h.activity, h.next_activity;
END $$;
COMMENT ON FUNCTION log_write_events(name) IS 'internal: writes events and edges';

CREATE FUNCTION log_write_reopenings(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting('time_zone');
BEGIN
	PERFORM ticket_mining.run_enter(log);
	INSERT INTO reopenings
	SELECT r.case_key, r.case_id, r.reopening_no, r.outcome, r.done_at AT TIME ZONE zone, (r.done_at AT TIME ZONE zone)::date, r.done_as,
		   r.reopened_at AT TIME ZONE zone, (r.reopened_at AT TIME ZONE zone)::date, r.reopened_as,
		   r.done_again_at AT TIME ZONE zone, coalesce(r.done_again_as, 'none'),
		   log_seconds(r.after) / 86400, (r.after <= interval '30 days')::integer,
		   coalesce(m.is_after_message_in, 0), coalesce(m.messages_out, 0)
	FROM pg_temp.log_reopened r
	CROSS JOIN LATERAL (
		SELECT max((e.activity = 'in' AND e.at > r.done_at AND e.at <= r.reopened_at)::integer) AS is_after_message_in,
			   count(*) FILTER (WHERE e.activity = 'out' AND e.at >= r.reopened_at AND e.at <= coalesce(r.done_again_at, 'infinity')) AS messages_out
		FROM trace_events(r.messages) e) m
	WHERE NOT r.is_aged;
END $$;
COMMENT ON FUNCTION log_write_reopenings(name) IS 'internal: writes reopenings';

CREATE FUNCTION log_write_visits(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting('time_zone');
BEGIN
	PERFORM ticket_mining.run_enter(log);
	INSERT INTO segment_visits
	SELECT h.case_key, c.case_id, h.visit_no, h.segment, h.from_at AT TIME ZONE zone, (h.from_at AT TIME ZONE zone)::date,
		   h.to_at AT TIME ZONE zone, (f.is_open = 1 AND h.to_at = f.ended_at)::integer,
		   CASE WHEN f.is_cut_off = 0 THEN log_seconds(h.duration) END, CASE WHEN f.is_cut_off = 0 THEN log_seconds(h.business_duration) END
	FROM pg_temp.log_holds h JOIN pg_temp.log_facts f USING (case_key) JOIN pg_temp.log_changed c USING (case_key);
	INSERT INTO team_visits
	SELECT v.case_key, v.case_id, v.visit_no, v.team, v.from_at AT TIME ZONE zone, (v.from_at AT TIME ZONE zone)::date,
		   CASE WHEN NOT v.is_last THEN v.to_at WHEN f.is_open = 0 THEN greatest(v.from_at, f.ended_at) END AT TIME ZONE zone,
		   coalesce(v.next_team, 'none'),
		   CASE WHEN p.is_done = 1 THEN p.kind
				WHEN v.next_team = ANY (v.teams_before) THEN 'returned'
				WHEN v.next_team IS NOT NULL THEN 'passed_on'
				ELSE 'open' END,
		   (v.is_last AND f.is_open = 1)::integer, v.is_return::integer, v.is_bounce::integer,
		   CASE WHEN f.is_cut_off = 0 THEN log_seconds(k.elapsed) END, CASE WHEN f.is_cut_off = 0 THEN log_seconds(k.own) END,
		   CASE WHEN f.is_cut_off = 0 AND k.is_business THEN log_seconds(k.business_elapsed) END,
		   CASE WHEN f.is_cut_off = 0 AND k.is_business THEN log_seconds(k.business_own) END
	FROM (SELECT v.*, lead(v.visit_no) OVER w IS NULL AS is_last, array_agg(v.team) OVER w AS teams_before
		  FROM pg_temp.log_visited v WINDOW w AS (PARTITION BY v.case_key ORDER BY v.visit_no)) v
	JOIN pg_temp.log_facts f USING (case_key)
	JOIN pg_temp.log_clocked k USING (case_key, visit_no)
	LEFT JOIN pg_temp.log_pieces p ON p.case_key = v.case_key AND p.piece_no = k.last_piece;
END $$;
COMMENT ON FUNCTION log_write_visits(name) IS 'internal: writes segment and team visits';

CREATE FUNCTION log_write_handovers(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting('time_zone');
BEGIN
	PERFORM ticket_mining.run_enter(log);
	INSERT INTO handovers
	SELECT h.case_key, h.case_id, h.handover_no, h.source, h.target, h.at AT TIME ZONE zone, (h.at AT TIME ZONE zone)::date,
		   h.is_return, h.is_bounce, h.is_returned_by_partner
	FROM pg_temp.log_handed h JOIN pg_temp.log_changed c USING (case_key) WHERE NOT c.is_aged;
END $$;
COMMENT ON FUNCTION log_write_handovers(name) IS 'internal: writes handovers';

CREATE FUNCTION log_write_messages(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting('time_zone');
BEGIN
	PERFORM ticket_mining.run_enter(log);
	INSERT INTO messages
	SELECT w.case_key, w.case_id, w.message_no, w.direction, w.at AT TIME ZONE zone, (w.at AT TIME ZONE zone)::date,
		   (w.direction = 'in')::integer, (w.direction = 'out')::integer,
		   (w.direction IN ('in', 'out') AND w.direction_before IS NOT NULL AND w.direction_before <> w.direction)::integer, (l.case_key IS NOT NULL)::integer
	FROM pg_temp.log_written w LEFT JOIN pg_temp.log_waited l USING (case_key, message_no);
END $$;
COMMENT ON FUNCTION log_write_messages(name) IS 'internal: writes messages';

-- A case is active in the months of its events, and in those in which it was
-- not done for some time; whether it was so at the end, the interval tells that
-- lasts until then. When the clock is set back, an interval may end before it
-- began, by the clock.
CREATE FUNCTION log_write_months(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting('time_zone');
BEGIN
	PERFORM ticket_mining.run_enter(log);
	INSERT INTO case_months
	SELECT m.case_key, c.case_id, m.month, max(m.created), max(m.resolved), max(m.closed), 1, max(m.open_at_end),
		   max(m.reopened), max(m.reopened_within_30_days), max(m.answered_again)
	FROM (
		SELECT h.case_key, date_trunc('month', h.at AT TIME ZONE zone)::date AS month, (h.event_no = 1)::integer AS created,
			   coalesce(s.is_done = 1 AND s.was_done IS DISTINCT FROM 1, false)::integer AS resolved,
			   coalesce(s.kind = 'closed' AND s.kind_before IS DISTINCT FROM 'closed', false)::integer AS closed,
			   0 AS open_at_end, 0 AS reopened, 0 AS reopened_within_30_days, 0 AS answered_again
		FROM pg_temp.log_happened h LEFT JOIN pg_temp.log_states s USING (case_key, event_no)
		UNION ALL
		SELECT o.case_key, month::date, 0, 0, 0, (o.goes_on AND month = o.last_month OR o.to_at >= month + interval '1 month')::integer, 0, 0, 0
		FROM (SELECT i.*, date_trunc('month', i.from_at) AS first_month, date_trunc('month', i.to_at - interval '1 microsecond') AS last_month
			  FROM (SELECT n.case_key, n.until = moment AS goes_on, n.since AT TIME ZONE zone AS from_at, greatest(n.until AT TIME ZONE zone, n.since AT TIME ZONE zone + interval '1 microsecond') AS to_at
					FROM (SELECT s.case_key, s.at AS since, coalesce(s.next_at, moment) AS until FROM pg_temp.log_states s WHERE s.is_done = 0
						  UNION ALL
						  SELECT f.case_key, f.created_at, coalesce(f.first_at, moment) FROM pg_temp.log_facts f) n
					WHERE n.since < n.until) i) o
		CROSS JOIN LATERAL (
			SELECT o.first_month WHERE o.first_month = o.last_month
			UNION ALL
			SELECT m FROM generate_series(o.first_month, o.last_month, '1 month') m WHERE o.first_month < o.last_month) c (month)
		UNION ALL
		SELECT r.case_key, date_trunc('month', r.done_at AT TIME ZONE zone)::date, 0, 0, 0, 0, 1,
			   (r.after <= interval '30 days')::integer, (r.outcome = 'answered_again')::integer
		FROM pg_temp.log_reopened r) m
	JOIN pg_temp.log_changed c USING (case_key)
	GROUP BY m.case_key, c.case_id, m.month;
END $$;
COMMENT ON FUNCTION log_write_months(name, timestamptz) IS 'internal: writes the months of the cases';

-- Cases keep their row and key, so that nothing that refers to them is touched.
CREATE FUNCTION log_write_cases(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	columns text;
	sources text;
	updates text;
BEGIN
	SELECT string_agg(quote_ident(column_name), ', ' ORDER BY n), string_agg(source, ', ' ORDER BY n),
		   string_agg(format('%I = %s', column_name, source), ', ' ORDER BY n) FILTER (WHERE column_name <> 'case_key')
	INTO columns, sources, updates
	FROM (SELECT column_no AS n, column_name, format('n.%I', column_name) AS source FROM ticket_mining.mined_columns WHERE table_name = 'cases'
		  UNION ALL
		  SELECT 1000 + attribute_no, column_name, format('n.%I', 'attribute ' || attribute_no) FROM pg_temp.log_attributes) c;
	EXECUTE format('MERGE INTO %I.cases c
		USING (SELECT m.* %s FROM pg_temp.log_mined m (%s) JOIN pg_temp.log_changed c USING (case_key)) n
		ON c.case_key = n.case_key
		WHEN MATCHED THEN UPDATE SET %s
		WHEN NOT MATCHED THEN INSERT (%s) VALUES (%s)',
		log, (SELECT string_agg(format(', c.%I', 'attribute ' || attribute_no), '') FROM pg_temp.log_attributes),
		(SELECT string_agg(quote_ident(column_name), ', ' ORDER BY column_no) FROM ticket_mining.mined_columns WHERE table_name = 'cases'),
		updates, columns, sources);
END $$;
COMMENT ON FUNCTION log_write_cases(name) IS 'internal: writes cases';

-- The variants that are new; what they count is summed up later.
CREATE FUNCTION log_write_variants(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	same bigint;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	INSERT INTO variants
	SELECT n.variant, n.activities, n.length, 0, 0, 0, 0, n.case_id
	FROM (SELECT DISTINCT ON (m.variant) m.variant, left(array_to_string(trace_activities(c.trace), ' → '), 32000) AS activities, m.event_count AS length, m.case_id
		  FROM pg_temp.log_mined m JOIN pg_temp.log_changed c USING (case_key)
		  WHERE NOT EXISTS (SELECT FROM variants v WHERE v.variant = m.variant)) n;
	SELECT min(m.variant) INTO same
	FROM pg_temp.log_mined m JOIN pg_temp.log_changed c USING (case_key) JOIN variants v USING (variant)
	WHERE v.activities <> left(array_to_string(trace_activities(c.trace), ' → '), 32000) OR v.length <> m.event_count;
	IF same IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'unique_violation', MESSAGE = format('two sequences of activities have the same variant, %s', same);
	END IF;
END $$;
COMMENT ON FUNCTION log_write_variants(name) IS 'internal: writes new variants';

-- pg_temp.log_rebuilt: the months whose graphs are no longer right.
CREATE FUNCTION log_write_traces(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting('time_zone');
BEGIN
	PERFORM ticket_mining.run_enter(log);
	INSERT INTO traces
	SELECT c.case_key, c.case_id, c.trace, c.assignments, c.messages, c.checksum, c.attributes_checksum, coalesce(t.tied_events, 0), coalesce(t.duplicate_events, 0), f.is_open = 1,
		   to_char(f.created_at AT TIME ZONE zone, 'YYYY-MM'), coalesce(to_char(f.first_resolved_at AT TIME ZONE zone, 'YYYY-MM'), 'unresolved')
	FROM pg_temp.log_changed c JOIN pg_temp.log_facts f USING (case_key) LEFT JOIN pg_temp.log_ties t ON t.case_id = c.case_id
	WHERE NOT c.is_aged;
	INSERT INTO pg_temp.log_rebuilt SELECT created_month, resolved_month FROM traces WHERE case_key IN (SELECT case_key FROM pg_temp.log_changed WHERE NOT is_aged);
END $$;
COMMENT ON FUNCTION log_write_traces(name) IS 'internal: writes traces';

-- What others refer to goes first: days, variants, cases.
CREATE FUNCTION log_write(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	CREATE TEMPORARY TABLE log_rebuilt ON COMMIT DROP AS
	SELECT t.created_month, t.resolved_month FROM traces t WHERE t.case_key IN (SELECT s.case_key FROM pg_temp.log_stale s WHERE NOT s.is_aged);
	PERFORM log_delete_stale(log);
	PERFORM log_write_dates(log, moment);
	PERFORM log_write_variants(log);
	PERFORM log_write_cases(log);
	PERFORM log_write_events(log);
	PERFORM log_write_visits(log);
	PERFORM log_write_handovers(log);
	PERFORM log_write_reopenings(log);
	PERFORM log_write_messages(log);
	PERFORM log_write_months(log, moment);
	PERFORM log_write_traces(log);
END $$;
COMMENT ON FUNCTION log_write(name, timestamptz) IS 'internal: writes the rows of the changed cases';
-- log: what is left out or looks odd

CREATE FUNCTION log_write_quality(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	DELETE FROM quality;
	INSERT INTO quality
	SELECT row_number() OVER (ORDER BY q.part, q.subject COLLATE "C"), q.finding, q.subject, q.number, q.unit, q.base, q.meaning
	FROM (SELECT * FROM ticket_mining.log_count_rows(log)
		  UNION ALL SELECT * FROM ticket_mining.log_count_oddities(log)
		  UNION ALL SELECT * FROM ticket_mining.log_count_labels(log)) q;
END $$;
COMMENT ON FUNCTION log_write_quality(name) IS 'internal: writes the quality report of a log';

-- What was read and left out, and the bases of the cohorts.
CREATE FUNCTION log_count_rows(log name, OUT part integer, OUT finding text, OUT subject text, OUT number bigint, OUT unit text, OUT base bigint, OUT meaning text)
	RETURNS SETOF record LANGUAGE plpgsql COST 1000 ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	counted record;
	read record;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT count(*) AS cases, coalesce(sum(c.is_resolved), 0) AS resolved, count(c.closed_at) AS closed, coalesce(sum(c.is_open), 0) AS open,
		   coalesce(sum(c.is_cut_off), 0) AS cut_off
	INTO counted FROM cases c;
	SELECT r.* INTO read FROM pg_temp.log_reading r;
	RETURN QUERY SELECT v.* FROM (VALUES
		(1, 'cases', '', counted.cases, 'cases', NULL::bigint, 'The base of whatever counts cases'),
		(2, 'cases resolved', '', counted.resolved, 'cases', counted.cases, 'The base of landing and of reopened cases'),
		(3, 'cases closed', '', counted.closed, 'cases', counted.cases, 'Came into an activity of kind closed'),
		(4, 'cases open', '', counted.open, 'cases', counted.cases, 'Not done as of the refresh; their durations go on'),
		(5, 'cases cut off', '', counted.cut_off, 'cases', counted.cases, 'Counted, but left out of durations and landing'),
		(6, 'cases without events', '', CASE WHEN ticket_mining.log_setting('from_log') IS NULL THEN read.cases_without_events ELSE 0 END, 'cases', NULL, 'Rows of the relation of the cases that are not mined'),
		(7, 'cases without a row', '', CASE WHEN ticket_mining.log_setting('cases') IS NOT NULL THEN read.cases_without_row ELSE 0 END,
			'cases', counted.cases, 'Mined, but without attributes: the relation of the cases does not have them')) v;
	RETURN QUERY SELECT 10 + r.n, 'events ' || r.reason, '', coalesce((read.rejected ->> r.reason)::bigint, 0), 'events', read.events_read, r.meaning
	FROM (VALUES (1, 'no case', 'Left out: no case_id'), (2, 'no activity', 'Left out: no activity'), (3, 'no time', 'Left out: no time'),
		(4, 'infinite time', 'Left out: the time is infinite'), (5, 'after as_of', 'Left out of this refresh; a later one will have them')) r (n, reason, meaning);
	RETURN QUERY SELECT v.* FROM (VALUES
		(8, 'cases filtered out', '', read.cases_without_events, 'cases', read.cases_without_events + counted.cases, 'Left out of a derived log; explain_filter() says by which step'),
		(18, 'events filtered out', '', coalesce((read.rejected ->> 'filtered out')::bigint, 0), 'events', read.events_read, 'Likewise, those of cases that are left out included')) v
	WHERE ticket_mining.log_setting('from_log') IS NOT NULL;
	RETURN QUERY SELECT v.* FROM (VALUES
		(16, 'assignments left out', '', (read.rejected ->> 'assignments left out')::bigint, 'assignments', NULL::bigint, 'No case, a case without events, no time, an infinite one, or after as_of'),
		(17, 'messages left out', '', (read.rejected ->> 'messages left out')::bigint, 'messages', NULL, 'Likewise, or no direction')) v;
END $$;
COMMENT ON FUNCTION log_count_rows(name) IS 'internal: counts what a refresh read and left out';

-- What looks odd in the histories.
CREATE FUNCTION log_count_oddities(log name, OUT part integer, OUT finding text, OUT subject text, OUT number bigint, OUT unit text, OUT base bigint, OUT meaning text)
	RETURNS SETOF record LANGUAGE plpgsql COST 1000 ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	counted record;
	written record;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT count(*) AS messages, coalesce(sum(m.is_out), 0) AS messages_out, count(*) FILTER (WHERE m.direction NOT IN ('in', 'out', 'internal', 'auto')) AS no_direction,
		   coalesce(sum(m.is_long_wait), 0) AS long_waits, count(DISTINCT CASE m.is_long_wait WHEN 1 THEN m.case_key END) AS long_wait_cases INTO written FROM messages m;
	SELECT coalesce(sum(trace_length(t.trace)), 0) AS events, coalesce(sum(t.tied_events), 0) AS tied, coalesce(sum(t.duplicate_events), 0) AS duplicates,
		   coalesce(sum(trace_length(t.assignments)), 0) AS assignments INTO counted FROM traces t;
	RETURN QUERY
	SELECT 21, 'events tied', '', counted.tied, 'events', counted.events, 'Of one case and time, with no seq to tell their order: it is that of the labels'
	UNION ALL
	SELECT 22, 'events duplicate', '', counted.duplicates, 'events', counted.events, 'Repeat another one exactly; they count'
	UNION ALL
	SELECT 23, 'events without change', '', coalesce(sum(e.frequency), 0)::bigint, 'events', counted.events, 'The activity that the case was in already; notes aside'
	FROM edge_stats e JOIN activities a ON a.activity = e.source WHERE e.clock = 'elapsed' AND e.source = e.target AND a.kind <> 'note'
	UNION ALL
	SELECT 24, 'assignments without change', '', counted.assignments - (SELECT count(*) FROM team_visits), 'assignments', counted.assignments, 'The team that had the case already'
	UNION ALL
	SELECT 25, 'messages of no direction', '', written.no_direction, 'messages', written.messages, 'Neither in, out, internal nor auto; they count as neither in nor out'
	UNION ALL
	SELECT 26, 'long waits with us', '', written.long_waits, 'messages', written.messages_out, 'Out, and then nothing for 7 days while the status said us: that the user has it was hardly registered'
	UNION ALL
	SELECT 27, 'cases with long waits', '', written.long_wait_cases, 'cases', (SELECT count(*) FROM cases), 'Cases with such a message';
END $$;
COMMENT ON FUNCTION log_count_oddities(name) IS 'internal: counts what looks odd in a log';

-- Labels that the maps do not know, and rows of the maps that no label has.
CREATE FUNCTION log_count_labels(log name, OUT part integer, OUT finding text, OUT subject text, OUT number bigint, OUT unit text, OUT base bigint, OUT meaning text)
	RETURNS SETOF record LANGUAGE plpgsql COST 1000 ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN QUERY
	SELECT 31, 'activity not mapped', a.activity, a.case_count, 'cases', (SELECT count(*) FROM cases), 'Its segment is unknown: say in activity_map who holds a case that is in it'
	FROM activities a WHERE a.segment = 'unknown' AND a.kind IN ('open', 'resolved', 'closed') AND a.case_count > 0
	UNION ALL
	SELECT 32, 'cases with unknown time', '', count(*), 'cases', (SELECT count(*) FROM cases), 'Their real case time rests on activities that are not mapped'
	FROM cases c WHERE c.unknown_seconds > 0
	UNION ALL
	SELECT 33, 'team not mapped', t.team, v.cases, 'cases', (SELECT count(*) FROM cases), 'Its role is unknown: say in team_map whether it is ours, a partner or intake'
	FROM teams t, LATERAL (SELECT count(DISTINCT v.case_key) AS cases FROM team_visits v WHERE v.team = t.team) v
	WHERE t.role = 'unknown' AND v.cases > 0
	UNION ALL
	SELECT 34, 'map row without events', a ->> 'activity', 1, 'map rows', NULL, 'No event has this activity'
	FROM pg_temp.log_followed, jsonb_array_elements(config -> 'activities') a
	WHERE NOT EXISTS (SELECT FROM activities s WHERE s.activity = a ->> 'activity' AND s.event_count > 0) AND a ->> 'merge_into' IS NULL
	UNION ALL
	SELECT 35, 'map row without assignments', t ->> 'team', 1, 'map rows', NULL, 'No assignment has this team'
	FROM pg_temp.log_followed, jsonb_array_elements(config -> 'teams') t
	WHERE (SELECT 1 FROM team_visits v WHERE v.team = t ->> 'team' LIMIT 1) IS NULL;
END $$;
COMMENT ON FUNCTION log_count_labels(name) IS 'internal: counts the labels that are not mapped';
-- log: what is summed up over the whole log after the cases are written

-- The graphs of the months whose cases changed, from the traces: one pass over
-- them for both cohorts, in parallel where that pays, since no temporary table is in it.
CREATE FUNCTION log_write_graphs(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	hours ticket_mining.business_calendar := ticket_mining.log_setting('calendar');
	created text[] := array(SELECT DISTINCT created_month FROM pg_temp.log_rebuilt);
	resolved text[] := array(SELECT DISTINCT resolved_month FROM pg_temp.log_rebuilt);
BEGIN
	PERFORM ticket_mining.run_enter(log);
	CREATE TEMPORARY TABLE log_months ON COMMIT DROP AS
	SELECT t.created_month, t.resolved_month, dfg_agg(t.trace) AS graph, CASE WHEN hours IS NOT NULL THEN dfg_agg(t.trace, hours) END AS business_graph
	FROM traces t
	WHERE t.created_month = ANY (created) OR t.resolved_month = ANY (resolved)
	GROUP BY t.created_month, t.resolved_month;
	DELETE FROM graphs g WHERE g.cohort = 'created' AND g.month = ANY (created) OR g.cohort = 'resolved' AND g.month = ANY (resolved);
	INSERT INTO graphs
	SELECT 'created', m.created_month, dfg_union_agg(m.graph), dfg_union_agg(m.business_graph)
	FROM pg_temp.log_months m WHERE m.created_month = ANY (created) GROUP BY 1, 2
	UNION ALL
	SELECT 'resolved', m.resolved_month, dfg_union_agg(m.graph), dfg_union_agg(m.business_graph)
	FROM pg_temp.log_months m WHERE m.resolved_month = ANY (resolved) GROUP BY 1, 2;
END $$;
COMMENT ON FUNCTION log_write_graphs(name) IS 'internal: the graphs of a log by month';

CREATE FUNCTION log_sum_graphs(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	whole ticket_mining.dfg;
	business ticket_mining.dfg;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT dfg_union_agg(g.graph), dfg_union_agg(g.business_graph) INTO whole, business FROM graphs g WHERE g.cohort = 'created';
	DELETE FROM edge_stats;
	INSERT INTO edge_stats
	SELECT clock, e.source, e.target, 'whole log, not filterable', e.frequency, e.case_frequency, e.max_per_case, e.total_seconds,
		   log_seconds(e.min), log_seconds(e.max), log_seconds(e.mean), log_seconds(e.stddev), log_seconds(e.median), log_seconds(e.p90), log_seconds(e.p95)
	FROM (VALUES ('elapsed', whole), ('business', business)) g (clock, graph), dfg_edges(g.graph) e;
	UPDATE activities a SET event_count = n.frequency, case_count = n.case_frequency
	FROM (SELECT b.activity, coalesce(d.frequency, 0) AS frequency, coalesce(d.case_frequency, 0) AS case_frequency
		  FROM activities b LEFT JOIN dfg_activities(whole) d USING (activity)) n
	WHERE a.activity = n.activity AND (a.event_count, a.case_count) <> (n.frequency, n.case_frequency);
END $$;
COMMENT ON FUNCTION log_sum_graphs(name) IS 'internal: the edges and activities of a whole log';

CREATE FUNCTION log_sum_variants(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	UPDATE variants v SET cases = n.cases, share = n.share, cumulative_share = n.cumulative_share, rank = n.rank, example_case_id = n.example
	FROM (SELECT s.*, s.cases / sum(s.cases) OVER ()::float8 AS share, sum(s.cases) OVER w / sum(s.cases) OVER ()::float8 AS cumulative_share, row_number() OVER w AS rank
		  FROM (SELECT c.variant, min(c.event_count) AS length, count(*) AS cases, (array_agg(c.case_id ORDER BY c.created_at DESC, c.case_id DESC))[1] AS example
				FROM cases c GROUP BY c.variant) s
		  WINDOW w AS (ORDER BY s.cases DESC, s.length, s.variant ROWS UNBOUNDED PRECEDING)) n
	WHERE v.variant = n.variant
	AND (v.cases, v.share, v.cumulative_share, v.rank, v.example_case_id) <> (n.cases, n.share, n.cumulative_share, n.rank, n.example);
	DELETE FROM variants v WHERE NOT EXISTS (SELECT FROM cases c WHERE c.variant = v.variant);
END $$;
COMMENT ON FUNCTION log_sum_variants(name) IS 'internal: the variants of a whole log';

-- Days before the first one or after the last year, which an earlier state needed.
CREATE FUNCTION log_remove_dates(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting('time_zone');
BEGIN
	PERFORM ticket_mining.run_enter(log);
	DELETE FROM dates d USING pg_temp.log_reading r WHERE d.date < date_trunc('year', coalesce(r.first_at, moment) AT TIME ZONE zone)
		OR d.date >= date_trunc('year', moment AT TIME ZONE zone) + interval '1 year';
END $$;
COMMENT ON FUNCTION log_remove_dates(name, timestamptz) IS 'internal: removes days that a log no longer touches';

CREATE FUNCTION log_summarize(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.log_write_graphs(log);
	PERFORM ticket_mining.log_sum_graphs(log);
	PERFORM ticket_mining.log_sum_variants(log);
	PERFORM ticket_mining.log_write_quality(log);
	PERFORM ticket_mining.log_remove_dimensions(log);
	PERFORM ticket_mining.log_remove_dates(log, moment);
END $$;
COMMENT ON FUNCTION log_summarize(name, timestamptz) IS 'internal: sums up a whole log';
-- log: the refresh, from the outside in

-- Begins the history of a refresh; gives its number.
CREATE FUNCTION log_begin(log name, as_of timestamptz) RETURNS bigint LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	number bigint;
BEGIN
	PERFORM ticket_mining.log_require_owner(log);
	PERFORM ticket_mining.run_enter(log);
	IF as_of IS NOT NULL AND EXISTS (SELECT FROM settings s WHERE s.from_log IS NOT NULL) THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('log "%s" is derived, and always as of the last refresh of the log that it is derived from', log),
			HINT = 'Leave out as_of, or refresh that log.';
	END IF;
	IF as_of NOT BETWEEN '0001-01-02' AND '9999-12-30' THEN
		RAISE EXCEPTION USING ERRCODE = 'datetime_field_overflow', MESSAGE = format('as_of must be in the years 1 to 9999, not %s', as_of);
	END IF;
	PERFORM ticket_mining.run_end_interrupted('refresh', log);
	INSERT INTO refreshes (state, as_of) VALUES ('running', coalesce(log_begin.as_of, clock_timestamp())) RETURNING refresh_no INTO number;
	PERFORM pg_advisory_lock(ticket_mining.run_key(log, number));
	RETURN number;
END $$;
COMMENT ON FUNCTION log_begin(name, timestamptz) IS 'internal: begins the history of a refresh';

-- One run. New columns come in a transaction of their own, since readers wait for
-- it; then all the work in one.
CREATE PROCEDURE log_run(name name, as_of timestamptz, INOUT failure text[]) LANGUAGE plpgsql AS $$
DECLARE
	number bigint;
BEGIN
	CALL ticket_mining.run_commit();
	number := ticket_mining.log_begin(name, as_of);
	CALL ticket_mining.run_steps('refresh', name, number, ARRAY[
		pg_catalog.format('SELECT ticket_mining.log_add_attributes(%L)', name),
		pg_catalog.format('SELECT ticket_mining.log_refresh(%L, %s)', name, number)], failure);
END $$;
COMMENT ON PROCEDURE log_run(name, timestamptz, text[]) IS 'internal: one run of a refresh';

-- The log, then those that are derived from it, each in a run of its own. One that
-- fails keeps no other from being refreshed; its error is thrown in the end.
CREATE PROCEDURE refresh(name name, as_of timestamptz DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
	failure text[];
	later text[];
	derived name;
BEGIN
	CALL ticket_mining.run_require_own_transactions('refresh');
	CALL ticket_mining.log_run(name, as_of, failure);
	IF failure IS NULL THEN
		FOREACH derived IN ARRAY ticket_mining.log_derived(name) LOOP
			CALL ticket_mining.log_run(derived, NULL, later);
			IF failure IS NULL AND later IS NOT NULL THEN
				failure := later;
				failure[2] := pg_catalog.format('log "%s", which is derived: %s', derived, later[2]);
			END IF;
		END LOOP;
	END IF;
	PERFORM ticket_mining.run_throw(failure);
END $$;
COMMENT ON PROCEDURE refresh(name, timestamptz) IS 'brings the mined tables of a log up to date, as of a time (default: now), in one step for all who read; then those of the logs derived from it';

-- The work, in one transaction: every reader sees the old or the new state.
CREATE FUNCTION log_refresh(log name, number bigint) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	SET timezone = 'UTC' SET datestyle = 'ISO' SET intervalstyle = 'postgres' SET extra_float_digits = 1 SET jit = off SET random_page_cost = 1.1 AS $$
DECLARE
	is_first boolean;
	moment timestamptz;
	changes bigint;
BEGIN
	PERFORM ticket_mining.log_require_owner(log);
	PERFORM ticket_mining.log_follow_parent(log, number);
	PERFORM ticket_mining.run_lock('refresh', log);
	PERFORM ticket_mining.run_enter(log);
	PERFORM ticket_mining.run_use_memory();
	is_first := NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'cases'::regclass AND contype = 'p');
	SELECT r.as_of INTO moment FROM refreshes r WHERE refresh_no = number;
	PERFORM ticket_mining.run_progress('refresh', log, 'reading');
	PERFORM ticket_mining.log_read(log, moment);
	changes := ticket_mining.log_find_changes(log, number);
	PERFORM ticket_mining.run_progress('refresh', log, format('mining %s changed cases', changes));
	PERFORM ticket_mining.log_mine(log, moment);
	PERFORM ticket_mining.run_progress('refresh', log, 'writing');
	PERFORM ticket_mining.log_write(log, moment);
	PERFORM ticket_mining.log_summarize(log, moment);
	IF is_first THEN
		PERFORM ticket_mining.run_progress('refresh', log, 'adding keys and indexes');
		PERFORM ticket_mining.log_add_keys(log);
	END IF;
	PERFORM ticket_mining.log_finish(log, number, changes);
END $$;
COMMENT ON FUNCTION log_refresh(name, bigint) IS 'internal: the work of a refresh';

-- Ends the history; statistics are gathered when there is much new.
CREATE FUNCTION log_finish(log name, number bigint, changes bigint) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	counted record;
	mined record;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT count(*) AS cases, coalesce(sum(event_count), 0) AS events INTO counted FROM cases;
	IF changes * 10 >= counted.cases THEN
		FOR mined IN SELECT table_name FROM ticket_mining.mined_tables LOOP
			EXECUTE format('ANALYZE %I.%I', log, mined.table_name);
		END LOOP;
	END IF;
	UPDATE refreshes SET state = 'done', finished_at = clock_timestamp(), cases = counted.cases, events = counted.events,
		changed_cases = changes, events_read = r.events_read, rejected = r.rejected, config = f.config
	FROM pg_temp.log_reading r, pg_temp.log_followed f
	WHERE refresh_no = number;
END $$;
COMMENT ON FUNCTION log_finish(name, bigint, bigint) IS 'internal: ends the history of a refresh';
-- log: for those who read it

-- The tables and views of a log that readers see, as one list of names.
CREATE FUNCTION log_readable(log name) RETURNS text LANGUAGE sql
	STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT string_agg(format('%I.%I', log, table_name), ', ')
	FROM (SELECT table_name FROM ticket_mining.mined_tables WHERE is_for_readers
		  UNION ALL VALUES ('status'), ('source_activities'), ('target_activities')) r
$$;
COMMENT ON FUNCTION log_readable(name) IS 'internal: what readers of a log may read';

-- Makes the role of a reader, if there is none.
CREATE FUNCTION log_make_reader(role name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF role = current_user THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_grant_operation', MESSAGE = 'the owner of a log cannot be its reader',
			HINT = 'A reader can only read. Name another role.';
	ELSIF to_regrole(quote_ident(role)) IS NOT NULL THEN
		RETURN;
	ELSIF NOT (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user) THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('role "%s" does not exist, and you may not make it', role),
			HINT = format('Have it made by a role with CREATEROLE: CREATE ROLE %I LOGIN;', role);
	END IF;
	EXECUTE format('CREATE ROLE %I LOGIN CONNECTION LIMIT 30', role);
END $$;
COMMENT ON FUNCTION log_make_reader(name) IS 'internal: makes the role of a reader';

-- REFERENCES lets catalogs show the keys, which BI tools make relationships of;
-- it is worth nothing more in a schema where the role may not create tables.
CREATE PROCEDURE grant_reader(log name, role name) LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	zone text;
	wanted text[];
	statement text;
BEGIN
	PERFORM ticket_mining.log_require_owner(log);
	PERFORM ticket_mining.log_make_reader(role);
	EXECUTE format('SELECT time_zone FROM %I.settings', log) INTO zone;
	wanted := array(SELECT format('ALTER ROLE %I IN DATABASE %I SET %s', role, current_database(), setting)
		FROM unnest(ARRAY['statement_timeout = ''60s''', 'jit = off', 'default_transaction_read_only = on', 'search_path = ''''',
			format('timezone = %L', zone)]) setting);
	EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', log, role);
	EXECUTE format('GRANT SELECT, REFERENCES ON %s TO %I', ticket_mining.log_readable(log), role);
	FOREACH statement IN ARRAY wanted LOOP
		EXECUTE statement;
	END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
	IF statement IS NULL THEN
		RAISE;
	END IF;
	RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('you may not change the settings of role "%s"', role),
		HINT = format('Get CREATEROLE for this, or GRANT the rest by hand, and have a role with CREATEROLE run: %s;', array_to_string(wanted, '; '));
END $$;
COMMENT ON PROCEDURE grant_reader(name, name) IS 'lets a role read the mined tables of a log, making the role if there is none, with settings that are safe for BI tools';

-- What happened to a case, in order: assignments before statuses of the same
-- time, messages last; team_no numbers the assignment that is in force.
CREATE FUNCTION log_moments(trace trace, assignments trace, messages trace,
		OUT moment_no bigint, OUT at timestamptz, OUT what text, OUT entry text, OUT team_no bigint) RETURNS SETOF record LANGUAGE sql
	STABLE PARALLEL SAFE COST 100 ROWS 30
BEGIN ATOMIC
	SELECT row_number() OVER w, m.at, m.what, m.entry, count(*) FILTER (WHERE m.what = 'team') OVER w
	FROM (SELECT 1 AS part, e.event_no, e.at, 'team' AS what, e.activity AS entry FROM trace_events(assignments) e
		  UNION ALL
		  SELECT 2, e.event_no, e.at, 'status', e.activity FROM trace_events(trace) e
		  UNION ALL
		  SELECT 3, e.event_no, e.at, 'message', e.activity FROM trace_events(messages) e) m
	WINDOW w AS (ORDER BY m.at, m.part, m.event_no ROWS UNBOUNDED PRECEDING);
END;
COMMENT ON FUNCTION log_moments(trace, trace, trace) IS 'internal: what happened to a case, in order';

-- One case for the agent who looks it up. It reads the traces, whose times are
-- true instants also in the night when the clock is set back.
CREATE FUNCTION case_history(log name, "case" text, OUT at timestamp, OUT what text, OUT entry text, OUT status text, OUT team text, OUT holder text,
		OUT seconds float8, OUT business_seconds float8) RETURNS SETOF record
	LANGUAGE plpgsql STABLE COST 1000 ROWS 30 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	history record;
	known record;
BEGIN
	PERFORM ticket_mining.log_require_trusted(log);
	PERFORM ticket_mining.run_enter(log);
	SELECT s.as_of AT TIME ZONE s.time_zone AS as_of, s.time_zone, s.calendar::business_calendar AS hours INTO known FROM status s;
	SELECT t.*, c.is_open = 1 AS goes_on INTO history FROM cases c JOIN traces t USING (case_key)
	WHERE c.case_no = case_history."case" OR c.case_id::text = case_history."case" ORDER BY c.case_no <> case_history."case" LIMIT 1;
	RETURN QUERY
	SELECT m.at AT TIME ZONE known.time_zone, CASE WHEN m.kind = 'note' THEN 'note' ELSE m.what END, m.entry, coalesce(m.status, 'none'), coalesce(m.team, 'none'),
		   CASE WHEN a.segment = 'us' AND t.role = 'partner' THEN 'partner' ELSE coalesce(a.segment, 'unknown') END,
		   log_seconds(m.next_at - m.at), log_seconds(business_duration(known.hours, m.at, m.next_at))
	FROM (SELECT n.*, coalesce(lead(n.at) OVER (ORDER BY n.moment_no), CASE WHEN history.goes_on THEN known.as_of END) AS next_at,
				 max(n.entry) FILTER (WHERE n.what = 'status' AND n.kind <> 'note') OVER (PARTITION BY n.status_no) AS status,
				 max(n.entry) FILTER (WHERE n.what = 'team') OVER (PARTITION BY n.team_no) AS team
		  FROM (SELECT m.moment_no, m.at, m.what, m.entry, m.team_no, b.kind, count(*) FILTER (WHERE m.what = 'status' AND b.kind <> 'note') OVER (ORDER BY m.moment_no) AS status_no
				FROM log_moments(history.trace, history.assignments, history.messages) m
				LEFT JOIN activities b ON m.what = 'status' AND b.activity = m.entry) n) m
	LEFT JOIN activities a ON a.activity = m.status
	LEFT JOIN teams t ON t.team = m.team
	ORDER BY m.moment_no;
END $$;
COMMENT ON FUNCTION case_history(name, text) IS 'what happened to one case, by its number or id: statuses, teams, messages, who held it then, and how long until the next';
-- log: the cases behind a number

-- Cases of a log, newest first. keys is a query for their keys, over $1 and $2.
CREATE FUNCTION log_cases(log name, keys text, a text, b text,
		OUT case_key bigint, OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE plpgsql STABLE COST 1000 ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.log_require_trusted(log);
	RETURN QUERY EXECUTE format('SELECT c.case_key, c.case_id::text, c.case_no, c.url, c.created_at FROM %I.cases c
		WHERE c.case_key IN (%s) ORDER BY c.created_at DESC, c.case_key DESC', log, keys) USING a, b;
END $$;
COMMENT ON FUNCTION log_cases(name, text, text, text) IS 'internal: cases of a log, newest first';

CREATE FUNCTION edge_cases(log name, source text, target text,
		OUT case_key bigint, OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE sql STABLE STRICT COST 1000 ROWS 100
BEGIN ATOMIC
	SELECT * FROM log_cases(log, format('SELECT e.case_key FROM %I.case_edges e WHERE e.source = $1 AND e.target = $2', log), source, target);
END;
COMMENT ON FUNCTION edge_cases(name, text, text) IS 'the cases of a log in which target directly follows source, newest first';

CREATE FUNCTION variant_cases(log name, variant bigint,
		OUT case_key bigint, OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE sql STABLE STRICT COST 1000 ROWS 100
BEGIN ATOMIC
	SELECT * FROM log_cases(log, format('SELECT v.case_key FROM %I.cases v WHERE v.variant = $1::bigint', log), variant::text, NULL);
END;
COMMENT ON FUNCTION variant_cases(name, bigint) IS 'the cases of a log that are of a variant, newest first';

CREATE FUNCTION pattern_cases(log name, pattern trace_pattern,
		OUT case_key bigint, OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE sql STABLE STRICT COST 10000 ROWS 100
BEGIN ATOMIC
	SELECT * FROM log_cases(log, format('SELECT t.case_key FROM %I.traces t WHERE t.trace OPERATOR(ticket_mining.~) $1::ticket_mining.trace_pattern', log), pattern::text, NULL);
END;
COMMENT ON FUNCTION pattern_cases(name, trace_pattern) IS 'the cases of a log in which a pattern has a match, newest first';

CREATE FUNCTION filter_cases(log name, filter jsonb,
		OUT case_key bigint, OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE sql STABLE STRICT COST 10000 ROWS 500
BEGIN ATOMIC
	SELECT * FROM log_cases(log, format('SELECT t.case_key FROM %1$I.traces t JOIN %1$I.cases c USING (case_key) WHERE ticket_mining.trace_filter(t.trace, $1::jsonb, %2$s) IS NOT NULL',
		log, log_attributes_expression(log, filter)), filter::text, NULL);
END;
COMMENT ON FUNCTION filter_cases(name, jsonb) IS 'the cases of a log that a chain of filters keeps, newest first';
-- map: graphs as text maps

CREATE FUNCTION process_map_dot(dfg dfg, activities float8 DEFAULT 1, paths float8 DEFAULT 1,
		measures text[] DEFAULT '{case_frequency,median}', language text DEFAULT 'en', orientation text DEFAULT 'TB') RETURNS text
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION process_map_dot(dfg, float8, float8, text[], text, text) IS 'the graph as a process map in the language of Graphviz; of a share of its activities and paths';

CREATE FUNCTION process_map_mermaid(dfg dfg, activities float8 DEFAULT 1, paths float8 DEFAULT 1,
		measures text[] DEFAULT '{case_frequency,median}', language text DEFAULT 'en', orientation text DEFAULT 'TB') RETURNS text
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION process_map_mermaid(dfg, float8, float8, text[], text, text) IS 'the graph as a process map in the language of Mermaid; of a share of its activities and paths';
-- map: the page in the browser, and a graph in it

CREATE FUNCTION page_template() RETURNS text
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION page_template() IS 'internal: the page, with @DATA@ where its data belong';

-- In a script of a page, < could end it, and & begin an entity; in JSON both stand in strings alone.
CREATE FUNCTION page_fill(data json) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10000
RETURN replace(page_template(), '@DATA@',
	replace(replace(replace(replace(replace(data::text, '<', '\u003c'), '>', '\u003e'), '&', '\u0026'), chr(8232), '\u2028'), chr(8233), '\u2029'));
COMMENT ON FUNCTION page_fill(json) IS 'internal: the page with its data';

CREATE FUNCTION page_array("values" anyarray) RETURNS json LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp
	AS $$ SELECT coalesce(array_to_json("values"), '[]') $$;
COMMENT ON FUNCTION page_array(anyarray) IS 'internal: an array of JSON; NULL, which aggregates make of no rows, as one without elements';

-- Places are pairs of numbers that a page can have exported.
CREATE FUNCTION page_check(language text, positions jsonb) RETURNS void LANGUAGE plpgsql
	IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	wrong text;
BEGIN
	IF language IS NULL OR language NOT IN ('en', 'da') THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('no language "%s" of a map', language), HINT = 'Languages are en and da.';
	ELSIF jsonb_typeof(positions) <> 'object' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = 'positions must be a JSON object', HINT = 'The page exports them: {"activity": [x, y], …}.';
	END IF;
	SELECT key INTO wrong FROM jsonb_each(positions)
	WHERE NOT CASE WHEN jsonb_typeof(value) <> 'array' OR value #>> '{2}' IS NOT NULL THEN false
				   WHEN jsonb_typeof(value -> 0) = 'number' AND jsonb_typeof(value -> 1) = 'number'
				   THEN abs((value ->> 0)::numeric) < 1000000 AND abs((value ->> 1)::numeric) < 1000000
				   ELSE false END
	ORDER BY key COLLATE "C" LIMIT 1;
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('the position of "%s" is not a pair of numbers below a million', wrong),
			HINT = 'The page exports them: {"activity": [x, y], …}.';
	END IF;
END $$;
COMMENT ON FUNCTION page_check(text, jsonb) IS 'internal: refuses languages and positions that are none';

CREATE FUNCTION page_activities(dfg dfg) RETURNS json LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT json_build_object(
		'activity', page_array(array_agg(a.activity ORDER BY n)), 'frequency', page_array(array_agg(a.frequency ORDER BY n)),
		'case_frequency', page_array(array_agg(a.case_frequency ORDER BY n)), 'max_per_case', page_array(array_agg(a.max_per_case ORDER BY n)),
		'starts', page_array(array_agg(a.starts ORDER BY n)), 'ends', page_array(array_agg(a.ends ORDER BY n)))
	FROM dfg_activities(dfg) WITH ORDINALITY a (activity, frequency, case_frequency, max_per_case, starts, ends, n);
END;
COMMENT ON FUNCTION page_activities(dfg) IS 'internal: the activities of a graph as JSON';

CREATE FUNCTION page_edges(dfg dfg) RETURNS json LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10000
BEGIN ATOMIC
	WITH number AS (
		SELECT a.activity, a.n - 1 AS i
		FROM dfg_activities(dfg) WITH ORDINALITY a (activity, frequency, case_frequency, max_per_case, starts, ends, n))
	SELECT json_build_object(
		'source', page_array(array_agg(s.i ORDER BY n)), 'target', page_array(array_agg(t.i ORDER BY n)),
		'frequency', page_array(array_agg(e.frequency ORDER BY n)), 'case_frequency', page_array(array_agg(e.case_frequency ORDER BY n)),
		'max_per_case', page_array(array_agg(e.max_per_case ORDER BY n)), 'total', page_array(array_agg(e.total_seconds::float8 ORDER BY n)),
		'min', page_array(array_agg(log_seconds(e.min) ORDER BY n)), 'max', page_array(array_agg(log_seconds(e.max) ORDER BY n)),
		'mean', page_array(array_agg(log_seconds(e.mean) ORDER BY n)), 'stddev', page_array(array_agg(log_seconds(e.stddev) ORDER BY n)),
		'median', page_array(array_agg(log_seconds(e.median) ORDER BY n)), 'p90', page_array(array_agg(log_seconds(e.p90) ORDER BY n)),
		'p95', page_array(array_agg(log_seconds(e.p95) ORDER BY n)))
	FROM dfg_edges(dfg) WITH ORDINALITY e (source, target, frequency, case_frequency, max_per_case, total_seconds, min, max, mean, stddev, median, p90, p95, n)
	JOIN number s ON s.activity = e.source
	JOIN number t ON t.activity = e.target;
END;
COMMENT ON FUNCTION page_edges(dfg) IS 'internal: the edges of a graph as JSON';

CREATE FUNCTION process_map_html(dfg dfg, positions jsonb DEFAULT NULL, language text DEFAULT 'en', title text DEFAULT NULL) RETURNS text LANGUAGE plpgsql
	IMMUTABLE PARALLEL SAFE COST 100000 SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
BEGIN
	PERFORM ticket_mining.page_check(language, positions);
	RETURN CASE WHEN dfg IS NOT NULL THEN ticket_mining.page_fill(json_build_object(
		'version', 1, 'form', 'graph', 'title', coalesce(title, CASE language WHEN 'da' THEN 'Proceskort' ELSE 'Process map' END),
		'language', language, 'positions', positions,
		'cases', ticket_mining.dfg_cases(dfg), 'events', ticket_mining.dfg_events(dfg), 'calendar', ticket_mining.dfg_calendar(dfg)::text,
		'activities', ticket_mining.page_activities(dfg), 'edges', ticket_mining.page_edges(dfg))) END;
END $$;
COMMENT ON FUNCTION process_map_html(dfg, jsonb, text, text) IS 'the graph as a page for the browser, all in one file: a process map whose nodes can be moved';
-- map: a whole log in the page: which cases, and what is told of all of them
--
-- All is read from the tables that readers of a log may read, so times come as
-- the clock showed them. See report_twice() for the hour that it shows twice.
-- Attributes of cases may have any name, also that of a variable: columns are
-- told with their table, so a name alone is a variable.

-- Seconds as ticks; exact as long as they are below 2^53.
CREATE FUNCTION report_ticks(seconds float8, ticks integer) RETURNS bigint LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN pg_catalog.round(seconds OPERATOR(pg_catalog.*) ticks)::bigint;
COMMENT ON FUNCTION report_ticks(float8, integer) IS 'internal: seconds in the unit of a page';

-- The offsets of a zone from UTC, and from when on each holds; changes to the minute.
CREATE FUNCTION report_offsets(zone text, first_at timestamptz, last_at timestamptz, OUT from_at timestamptz, OUT seconds integer) RETURNS SETOF record LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
	WITH days AS (
		SELECT day, extract(epoch FROM (day AT TIME ZONE zone) - (day AT TIME ZONE 'UTC'))::integer AS seconds
		FROM generate_series(date_trunc('day', first_at, 'UTC'), last_at + interval '24 hours', '24 hours') day)
	(SELECT day, seconds FROM days ORDER BY day LIMIT 1)
	UNION ALL
	SELECT (SELECT min(minute) FROM generate_series(before, day, '1 minute') minute
			WHERE extract(epoch FROM (minute AT TIME ZONE zone) - (minute AT TIME ZONE 'UTC')) = seconds), seconds
	FROM (SELECT day, seconds, lag(day) OVER w AS before, lag(seconds) OVER w AS seconds_before FROM days WINDOW w AS (ORDER BY day)) d
	WHERE seconds <> seconds_before
	ORDER BY 1
$$;
COMMENT ON FUNCTION report_offsets(text, timestamptz, timestamptz) IS 'internal: the offsets of a time zone';

-- The times that the clock of a zone shows twice.
CREATE FUNCTION report_folds(zone text, first_at timestamptz, last_at timestamptz) RETURNS tsmultirange LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(range_agg(tsrange((from_at AT TIME ZONE 'UTC') + make_interval(secs => seconds), (from_at AT TIME ZONE 'UTC') + make_interval(secs => before))), '{}')
	FROM (SELECT from_at, seconds, lag(seconds) OVER (ORDER BY from_at) AS before FROM ticket_mining.report_offsets(zone, first_at, last_at)) o
	WHERE seconds < before
$$;
COMMENT ON FUNCTION report_folds(text, timestamptz, timestamptz) IS 'internal: the times that the clock of a zone shows twice';

-- The seconds from an event to the next. Where masked events stood between them,
-- the log has no such figure, but their times.
CREATE FUNCTION report_gap(seconds_to_next float8, at timestamp, next_at timestamp, zone text) RETURNS float8 LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 5
RETURN coalesce(seconds_to_next, log_seconds((next_at AT TIME ZONE zone) - (at AT TIME ZONE zone)));
COMMENT ON FUNCTION report_gap(float8, timestamp, timestamp, text) IS 'internal: the seconds from an event to the next';

-- Events at times that the clock shows twice: how long after the first event of
-- their case they were, which the seconds between events tell exactly.
CREATE FUNCTION report_twice(log name, zone text, folds tsmultirange, OUT case_key bigint, OUT at timestamp, OUT after float8) RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 1000 ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN QUERY
	SELECT s.case_key, s.at, min(s.after)
	FROM (SELECT g.case_key, g.at, coalesce(sum(g.gap) OVER (PARTITION BY g.case_key ORDER BY g.event_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS after
		  FROM (SELECT e.case_key, e.event_no, e.at, report_gap(e.seconds_to_next, e.at, lead(e.at) OVER (PARTITION BY e.case_key ORDER BY e.event_no), zone) AS gap
				FROM events e WHERE e.case_key IN (SELECT f.case_key FROM events f WHERE f.at <@ folds)) g) s
	WHERE s.at <@ folds
	GROUP BY s.case_key, s.at;
END $$;
COMMENT ON FUNCTION report_twice(name, text, tsmultirange) IS 'internal: events in the hour that the clock shows twice';

-- When a case began that did so at a time that the clock shows twice: what is
-- known of a later event tells which of the two it was; where none does, the second.
CREATE FUNCTION report_began(log name, "case" bigint, zone text, folds tsmultirange) RETURNS timestamptz LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	began timestamptz;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT (s.at AT TIME ZONE zone) - make_interval(secs => s.after) INTO began
	FROM (SELECT g.at, sum(g.gap) OVER (ORDER BY g.event_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS after
		  FROM (SELECT e.event_no, e.at, report_gap(e.seconds_to_next, e.at, lead(e.at) OVER (ORDER BY e.event_no), zone) AS gap
				FROM events e WHERE e.case_key = "case") g) s
	WHERE NOT s.at <@ folds
	LIMIT 1;
	RETURN coalesce(began, (SELECT c.created_at AT TIME ZONE zone FROM cases c WHERE c.case_key = "case"));
END $$;
COMMENT ON FUNCTION report_began(name, bigint, text, tsmultirange) IS 'internal: when a case began in the hour that the clock shows twice';

CREATE FUNCTION report_check_cohort(cohort text, from_date date, to_date date, max_cases integer) RETURNS void LANGUAGE plpgsql
	IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	IF cohort NOT IN ('created', 'resolved', 'closed', 'active') THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('no cohort "%s"', cohort), HINT = 'Cohorts are created, resolved, closed and active.';
	ELSIF cohort IS NULL AND (from_date IS NOT NULL OR to_date IS NOT NULL) THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = 'a period needs a cohort', HINT = 'Say whether cases count that were created, resolved, closed or active in it.';
	ELSIF to_date <= from_date THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('the period ends on %s, before it begins on %s', to_date, from_date), HINT = 'to_date is the first day that is not in it.';
	ELSIF NOT isfinite(from_date) OR NOT isfinite(to_date) THEN
		RAISE EXCEPTION USING ERRCODE = 'datetime_field_overflow', MESSAGE = 'a period cannot be infinite', HINT = 'Leave the date out.';
	ELSIF max_cases IS NULL OR max_cases < 1 OR max_cases > 1000000 THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('max_cases must be from 1 to 1000000, not %s', max_cases);
	END IF;
END $$;
COMMENT ON FUNCTION report_check_cohort(text, date, date, integer) IS 'internal: refuses cohorts that are none';

-- The cases of a cohort: created, resolved or closed at some time in the period, or
-- active in it: with an event in it, or not done when it began.
CREATE FUNCTION report_cohort(log name, cohort text, from_date date, to_date date) RETURNS SETOF bigint LANGUAGE plpgsql
	STABLE COST 10000 ROWS 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	since date := coalesce(from_date, '-infinity');
	until date := coalesce(to_date, 'infinity');
BEGIN
	PERFORM ticket_mining.run_enter(log);
	IF cohort IS NULL THEN
		RETURN QUERY SELECT c.case_key FROM cases c;
	ELSIF cohort = 'created' THEN
		RETURN QUERY SELECT c.case_key FROM cases c WHERE c.created_date >= since AND c.created_date < until;
	ELSIF cohort = 'resolved' THEN
		RETURN QUERY
		SELECT c.case_key FROM cases c WHERE c.first_resolved_date >= since AND c.first_resolved_date < until OR c.resolved_date >= since AND c.resolved_date < until
		UNION
		SELECT r.case_key FROM reopenings r WHERE r.done_date >= since AND r.done_date < until OR r.done_again_at >= since AND r.done_again_at < until;
	ELSIF cohort = 'closed' THEN
		RETURN QUERY
		SELECT DISTINCT e.case_key
		FROM (SELECT e.case_key, e.event_date, a.kind, lag(a.kind) OVER (PARTITION BY e.case_key ORDER BY e.event_no) AS kind_before
			  FROM events e JOIN activities a USING (activity) WHERE e.is_note = 0) e
		WHERE e.kind = 'closed' AND e.kind_before IS DISTINCT FROM 'closed' AND e.event_date >= since AND e.event_date < until;
	ELSE
		RETURN QUERY
		SELECT e.case_key FROM events e WHERE e.event_date >= since AND e.event_date < until
		UNION
		SELECT c.case_key
		FROM cases c
		LEFT JOIN (SELECT DISTINCT ON (e.case_key) e.case_key, a.is_done
				   FROM events e JOIN activities a USING (activity) WHERE e.is_note = 0 AND e.event_date < since
				   ORDER BY e.case_key, e.event_no DESC) s USING (case_key)
		WHERE c.created_date < since AND s.is_done IS DISTINCT FROM 1 AND since < (SELECT t.as_of FROM status t);
	END IF;
END $$;
COMMENT ON FUNCTION report_cohort(name, text, date, date) IS 'internal: the cases of a cohort';

-- The cases of a page, newest first, and when they began. Of more than there is
-- room for, a sample that depends on their ids alone.
CREATE FUNCTION report_chosen(log name, cohort_cases bigint[], max_cases integer, zone text, folds tsmultirange, OUT cases bigint[], OUT began timestamptz[]) LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT array_agg(c.case_key ORDER BY c.began DESC, length(c.id) DESC, c.id COLLATE "C" DESC), array_agg(c.began ORDER BY c.began DESC, length(c.id) DESC, c.id COLLATE "C" DESC)
	INTO cases, began
	FROM (SELECT c.case_key, c.case_id::text AS id,
				 CASE WHEN c.created_at <@ folds THEN report_began(log, c.case_key, zone, folds) ELSE c.created_at AT TIME ZONE zone END AS began
		  FROM unnest(cohort_cases) k (case_key) JOIN cases c USING (case_key)
		  ORDER BY CASE WHEN cardinality(cohort_cases) > max_cases THEN sha256(convert_to(c.case_id::text, 'UTF8')) END, c.case_key
		  LIMIT max_cases) c;
END $$;
COMMENT ON FUNCTION report_chosen(name, bigint[], integer, text, tsmultirange) IS 'internal: the cases of a page, newest first';

-- The least ticks a second by which all times of the cases are integers.
CREATE FUNCTION report_ticks_per_second(log name, cases bigint[]) RETURNS integer LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	finest integer;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT max(CASE WHEN t.at = t.at::timestamp(0) THEN 1 WHEN t.at = t.at::timestamp(3) THEN 1000 ELSE 1000000 END) INTO finest
	FROM (SELECT s.as_of AS at FROM status s
		  UNION ALL SELECT e.at FROM events e WHERE e.case_key = ANY (cases)
		  UNION ALL SELECT v.from_at FROM team_visits v WHERE v.case_key = ANY (cases)
		  UNION ALL SELECT m.at FROM messages m WHERE m.case_key = ANY (cases)) t;
	RETURN finest;
END $$;
COMMENT ON FUNCTION report_ticks_per_second(name, bigint[]) IS 'internal: the unit of the times in a page';

-- The length of a working day: of those there are most of.
CREATE FUNCTION report_workday(log name, zone text, hours business_calendar) RETURNS float8 LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (SELECT d.seconds
			FROM (SELECT log_seconds(business_duration(hours, d.date::timestamp AT TIME ZONE zone, (d.date + 1)::timestamp AT TIME ZONE zone)) AS seconds FROM dates d) d
			WHERE d.seconds > 0 GROUP BY d.seconds ORDER BY count(*) DESC, d.seconds DESC LIMIT 1);
END $$;
COMMENT ON FUNCTION report_workday(name, text, business_calendar) IS 'internal: the length of the most common working day';

CREATE FUNCTION report_zone(zone text, first_at timestamptz, last_at timestamptz, ticks integer) RETURNS json LANGUAGE sql
	STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT json_build_object('name', zone,
		'from', ticket_mining.page_array(array_agg(ticket_mining.report_ticks(extract(epoch FROM from_at)::float8, ticks) ORDER BY from_at)),
		'offset', ticket_mining.page_array(array_agg(seconds ORDER BY from_at)))
	FROM ticket_mining.report_offsets(zone, first_at, last_at)
$$;
COMMENT ON FUNCTION report_zone(text, timestamptz, timestamptz, integer) IS 'internal: a time zone as JSON';

CREATE FUNCTION report_quality(log name) RETURNS json LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (SELECT coalesce(json_agg(json_build_object('finding', q.finding, 'subject', q.subject, 'number', q.number, 'unit', q.unit, 'base', q.base, 'meaning', q.meaning)
									 ORDER BY q.line), '[]') FROM quality q);
END $$;
COMMENT ON FUNCTION report_quality(name) IS 'internal: the quality report of a log as JSON';

-- What is known of a log: its last refresh, zone, hours; refuses one that has none.
CREATE FUNCTION report_known(log name, OUT as_of timestamptz, OUT zone text, OUT hours text, OUT case_url text, OUT first_at timestamptz, OUT last_at timestamptz) LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.log_require_trusted(log);
	PERFORM ticket_mining.run_enter(log);
	SELECT s.as_of AT TIME ZONE s.time_zone, s.time_zone, s.calendar, s.case_url INTO as_of, zone, hours, case_url FROM status s;
	-- A calendar that the last refresh did not know yet.
	IF EXISTS (SELECT FROM segment_visits v WHERE v.seconds IS NOT NULL AND v.business_seconds IS NULL) THEN
		hours := NULL;
	END IF;
	SELECT (min(d.date) - 1)::timestamp AT TIME ZONE zone, (max(d.date) + 1)::timestamp AT TIME ZONE zone INTO first_at, last_at FROM dates d;
	IF as_of IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('log "%s" was never refreshed', log), HINT = format('CALL ticket_mining.refresh(%L) fills it.', log);
	END IF;
END $$;
COMMENT ON FUNCTION report_known(name) IS 'internal: what is known of a log';

CREATE FUNCTION report_html(log name, cohort text DEFAULT NULL, from_date date DEFAULT NULL, to_date date DEFAULT NULL,
		attributes text[] DEFAULT NULL, max_cases integer DEFAULT 20000, positions jsonb DEFAULT NULL, language text DEFAULT 'en', title text DEFAULT NULL, filter jsonb DEFAULT '[]') RETURNS text LANGUAGE plpgsql
	STABLE COST 1000000 SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
#variable_conflict use_variable
DECLARE
	known record;
	folds tsmultirange;
	cohort_cases bigint[];
	chosen record;
	ticks integer;
BEGIN
	PERFORM ticket_mining.page_check(language, positions), ticket_mining.report_check_cohort(cohort, from_date, to_date, max_cases);
	known := ticket_mining.report_known(log);
	filter := coalesce(filter, '[]');
	PERFORM ticket_mining.log_attributes_expression(log, filter);
	folds := ticket_mining.report_folds(known.zone, known.first_at, known.last_at);
	cohort_cases := array(SELECT ticket_mining.report_cohort(log, cohort, from_date, to_date));
	chosen := ticket_mining.report_chosen(log, cohort_cases, max_cases, known.zone, folds);
	ticks := ticket_mining.report_ticks_per_second(log, chosen.cases);
	RETURN ticket_mining.page_fill(json_build_object(
		'version', 1, 'form', 'log', 'title', coalesce(title, log), 'language', language, 'positions', positions, 'log', log,
		'as_of', ticket_mining.report_ticks(extract(epoch FROM known.as_of)::float8, ticks), 'ticks_per_second', ticks,
		'time_zone', ticket_mining.report_zone(known.zone, known.first_at, known.last_at, ticks),
		'calendar', CASE WHEN known.hours IS NOT NULL THEN json_build_object('text', known.hours,
			'workday_seconds', ticket_mining.report_workday(log, known.zone, known.hours::ticket_mining.business_calendar)) END,
		'cohort', CASE WHEN cohort IS NOT NULL THEN json_build_object('kind', cohort,
			'from_at', ticket_mining.report_ticks(extract(epoch FROM from_date::timestamp AT TIME ZONE known.zone)::float8, ticks),
			'to_at', ticket_mining.report_ticks(extract(epoch FROM to_date::timestamp AT TIME ZONE known.zone)::float8, ticks)) END,
		'sample', json_build_object('cases', cardinality(cohort_cases), 'limit', max_cases),
		'case_url', known.case_url,
		'activities', ticket_mining.report_activities(log), 'teams', ticket_mining.report_teams(log),
		'segments', ticket_mining.report_segments(log), 'variants', ticket_mining.report_variants(log, chosen.cases),
		'cases', ticket_mining.report_cases(log, chosen.cases, chosen.began, attributes, ticket_mining.report_filtered_by(filter), known.zone, folds, ticks),
		'events', ticket_mining.report_events(log, chosen.cases, known.zone, known.hours::ticket_mining.business_calendar, ticks),
		'reopenings', ticket_mining.report_reopenings(log, chosen.cases, chosen.began, known.zone, folds, ticks),
		'team_visits', ticket_mining.report_team_visits(log, chosen.cases, chosen.began, known.zone, ticks),
		'holds', ticket_mining.report_holds(log, chosen.cases, known.zone, known.hours::ticket_mining.business_calendar, ticks),
		'messages', ticket_mining.report_messages(log, chosen.cases, chosen.began, known.zone, ticks),
		'quality', ticket_mining.report_quality(log), 'chain', filter));
END $$;
COMMENT ON FUNCTION report_html(name, text, date, date, text[], integer, jsonb, text, text, jsonb) IS 'a log as a page for the browser, all in one file: process map, variants, the five questions, and the cases behind them';
-- map: the dictionaries and the cases of a log in the page
--
-- Labels stand once; all else refers to them by numbers from 0, in the order of
-- their bytes.

-- The labels of a dimension and their numbers; an activity "none" that stands for no activity is none of them.
CREATE FUNCTION report_numbers(log name, dimension text, label_column text, OUT label text, OUT number bigint) RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 1000 ROWS 30 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	RETURN QUERY EXECUTE format('SELECT %1$I, row_number() OVER (ORDER BY %1$I COLLATE "C") - 1 FROM %2$I.%3$I %4$s', label_column, log, dimension,
		CASE dimension WHEN 'activities' THEN 'WHERE kind <> ''none''' END);
END $$;
COMMENT ON FUNCTION report_numbers(name, text, text) IS 'internal: the labels of a dimension and their numbers';

CREATE FUNCTION report_activities(log name) RETURNS json LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (SELECT json_build_object('activity', page_array(array_agg(a.activity ORDER BY n.number)), 'label', page_array(array_agg(a.label ORDER BY n.number)),
				'kind', page_array(array_agg(a.kind ORDER BY n.number)), 'answers', page_array(array_agg(a.answers ORDER BY n.number)),
				'is_start', page_array(array_agg(a.is_start ORDER BY n.number)), 'segment', page_array(array_agg(coalesce(s.number, -1) ORDER BY n.number)))
			FROM activities a
			JOIN report_numbers(log, 'activities', 'activity') n ON n.label = a.activity
			LEFT JOIN report_numbers(log, 'segments', 'segment') s ON s.label = a.segment);
END $$;
COMMENT ON FUNCTION report_activities(name) IS 'internal: the activities of a log as JSON';

CREATE FUNCTION report_teams(log name) RETURNS json LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (SELECT json_build_object('team', page_array(array_agg(t.team ORDER BY t.team COLLATE "C")), 'label', page_array(array_agg(t.label ORDER BY t.team COLLATE "C")),
				'role', page_array(array_agg(t.role ORDER BY t.team COLLATE "C")))
			FROM teams t);
END $$;
COMMENT ON FUNCTION report_teams(name) IS 'internal: the teams of a log as JSON';

CREATE FUNCTION report_segments(log name) RETURNS json LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (SELECT json_build_object('segment', page_array(array_agg(s.segment ORDER BY s.segment COLLATE "C")),
				'is_excluded', page_array(array_agg(s.is_excluded ORDER BY s.segment COLLATE "C")))
			FROM segments s);
END $$;
COMMENT ON FUNCTION report_segments(name) IS 'internal: the segments of a log as JSON';

-- The events after which masked ones stood; 0 for before the first one. Between two
-- events the log has then no seconds to the next one.
CREATE FUNCTION report_breaks(log name, OUT case_key bigint, OUT breaks integer[]) RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 1000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN QUERY
	SELECT b.case_key, array_agg(b.event_no ORDER BY b.event_no)
	FROM (SELECT e.case_key, e.event_no FROM events e JOIN cases c ON c.case_key = e.case_key
		  WHERE e.seconds_to_next IS NULL AND e.event_no < c.event_count
		  UNION ALL SELECT c.case_key, 0 FROM cases c WHERE c.is_start_masked = 1
		  UNION ALL SELECT c.case_key, c.event_count FROM cases c WHERE c.is_end_masked = 1) b
	GROUP BY b.case_key;
END $$;
COMMENT ON FUNCTION report_breaks(name) IS 'internal: the events of a log after which masked ones stood';

-- The variants of the cases, those of most cases first, each with a case that has it.
CREATE FUNCTION report_variant_numbers(log name, cases bigint[], OUT variant bigint, OUT breaks integer[], OUT number bigint, OUT case_key bigint) RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 1000 ROWS 500 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN QUERY
	SELECT c.variant, coalesce(b.breaks, '{}'), row_number() OVER (ORDER BY count(*) DESC, c.variant, coalesce(b.breaks, '{}')) - 1, min(c.case_key)
	FROM unnest(report_variant_numbers.cases) k (case_key) JOIN cases c USING (case_key) LEFT JOIN report_breaks(log) b USING (case_key)
	GROUP BY c.variant, coalesce(b.breaks, '{}');
END $$;
COMMENT ON FUNCTION report_variant_numbers(name, bigint[]) IS 'internal: the variants of cases and their numbers';

CREATE FUNCTION report_variants(log name, cases bigint[]) RETURNS json LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (
		WITH v AS MATERIALIZED (SELECT * FROM report_variant_numbers(log, cases)),
		entry AS (
			SELECT v.number, e.event_no, 0 AS part, a.number AS activity
			FROM v JOIN events e USING (case_key) JOIN report_numbers(log, 'activities', 'activity') a ON a.label = e.activity
			UNION ALL
			SELECT v.number, masked, 1, -1 FROM v, unnest(v.breaks) masked)
		SELECT json_build_object('variant', page_array(array_agg(v.variant::text ORDER BY v.number)),
			'length', page_array(array_agg(c.event_count + cardinality(v.breaks) ORDER BY v.number)),
			'activities', page_array((SELECT array_agg(n.activity ORDER BY n.number, n.event_no, n.part) FROM entry n)))
		FROM v JOIN cases c USING (case_key));
END $$;
COMMENT ON FUNCTION report_variants(name, bigint[]) IS 'internal: the variants of cases as JSON';

-- Whether a column by its name tells who somebody is, or is free text that may do so.
CREATE FUNCTION report_is_personal(column_name text) RETURNS boolean LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN lower(column_name) COLLATE "C" ~ ('agent|user|person|request[eo]r|reporter|caller|contact|customer|employee|assignee|owner|author|mail|phone|mobile|initial|address|cpr|ssn'
	|| '|bruger|medarbejder|rekvirent|melder|behandler|ansvarlig|kunde|borger|telefon|adresse'
	|| '|(^|first|last|sur|full|fore|middle|display)_?name$|(^|for|efter|mellem|fulde?_?)navn$|subject|title|description|comment|emne|titel|beskrivelse|kommentar');
COMMENT ON FUNCTION report_is_personal(text) IS 'internal: whether a column by its name tells who somebody is, or is free text';

CREATE FUNCTION report_check_attributes(log name, attributes text[]) RETURNS void LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	wanted text;
BEGIN
	FOREACH wanted IN ARRAY coalesce(attributes, '{}') LOOP
		IF wanted IS NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'attributes must not contain nulls';
		ELSIF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = format('%I.cases', log)::regclass AND attname = wanted AND attnum > 0 AND NOT attisdropped)
			OR EXISTS (SELECT FROM ticket_mining.mined_columns m WHERE m.table_name = 'cases' AND m.column_name = wanted) THEN
			RAISE EXCEPTION USING ERRCODE = 'undefined_column', MESSAGE = format('the cases of log "%s" have no attribute "%s"', log, wanted),
				HINT = 'Attributes are what the relation of the cases has besides case_id and case_no.';
		END IF;
	END LOOP;
END $$;
COMMENT ON FUNCTION report_check_attributes(name, text[]) IS 'internal: refuses attributes that there are not';

-- An attribute of the cases: its values, each once, and which of them each case
-- has. Dates and times are told as in JSON, which is how chains of filters compare
-- them. NULL for one that nobody asked for and that has a value of its own for many
-- cases, as free text and numbers of things have.
CREATE FUNCTION report_attribute(log name, cases bigint[], column_name text, type text, is_asked_for boolean) RETURNS json LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	kind text := CASE type WHEN 'text' THEN 'text' WHEN 'date' THEN 'date' WHEN 'timestamp without time zone' THEN 'time' ELSE 'number' END;
	is_boolean boolean;
	described json;
BEGIN
	IF type = 'smallint' THEN
		EXECUTE format('SELECT bool_and(%I IN (0, 1)) FROM %I.cases', column_name, log) INTO is_boolean;
		kind := CASE WHEN is_boolean THEN 'boolean' ELSE kind END;
	END IF;
	EXECUTE format('WITH a AS (
			SELECT k.n, %1$s AS value FROM unnest($1) WITH ORDINALITY k (case_key, n) JOIN %2$I.cases c USING (case_key)),
		d AS (
			SELECT v.value, row_number() OVER (ORDER BY CASE WHEN $3 = ''number'' THEN v.value::float8 END, v.value COLLATE "C") - 1 AS number
			FROM (SELECT DISTINCT value FROM a WHERE value IS NOT NULL) v)
		SELECT json_build_object(''name'', $2, ''type'', $3,
			''values'', ticket_mining.page_array((SELECT array_agg(d.value ORDER BY d.number) FROM d)),
			''value'', ticket_mining.page_array((SELECT array_agg(coalesce(d.number, -1) ORDER BY a.n) FROM a LEFT JOIN d USING (value))))
		WHERE $4 OR $3 IN (''date'', ''time'') OR (SELECT count(*) FROM d) <= 500',
		format(CASE WHEN kind IN ('date', 'time') THEN 'to_jsonb(c.%I) #>> ''{}''' WHEN kind = 'boolean' THEN 'CASE c.%I WHEN 1 THEN ''true'' WHEN 0 THEN ''false'' END' ELSE 'c.%I::text' END, column_name), log)
		INTO described USING cases, column_name, kind, is_asked_for;
	RETURN described;
END $$;
COMMENT ON FUNCTION report_attribute(name, bigint[], text, text, boolean) IS 'internal: an attribute of cases as JSON';

-- The columns of cases for which a chain of filters asks, but for those that the page has anyway.
CREATE FUNCTION report_filtered_by(filter jsonb) RETURNS text[] LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT array(SELECT a FROM unnest(ticket_mining.filter_attributes(filter)) a
		WHERE a <> ALL ('{case_id,case_no,status,is_open,is_resolved,is_cut_off,is_start_masked,is_end_masked,event_count,reopening_count,is_reopened,is_answered_again,
			repeat_answer_count,first_team,resolving_team,current_team,handover_count,landing,is_returned_by_partner,is_ping_pong,messages_in,messages_out,turns}'))
$$;
COMMENT ON FUNCTION report_filtered_by(jsonb) IS 'internal: the columns of cases that a page takes along for its chain of filters';

-- The attributes that are asked for; or else all but those that are personal. And
-- those by which the page is filtered.
CREATE FUNCTION report_attributes(log name, cases bigint[], attributes text[], filtered_by text[]) RETURNS json LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.report_check_attributes(log, attributes);
	RETURN (SELECT coalesce(json_agg(a.described ORDER BY a.attnum) FILTER (WHERE a.described IS NOT NULL), '[]')
			FROM (SELECT attnum, ticket_mining.report_attribute(log, cases, attname::text, format_type(atttypid, NULL), attributes IS NOT NULL OR attname = ANY (filtered_by)) AS described
				  FROM pg_attribute
				  WHERE attrelid = format('%I.cases', log)::regclass AND attnum > 0 AND NOT attisdropped
				  AND (attname = ANY (filtered_by)
					   OR NOT EXISTS (SELECT FROM ticket_mining.mined_columns m WHERE m.table_name = 'cases' AND m.column_name = attname)
					   AND CASE WHEN attributes IS NULL THEN NOT ticket_mining.report_is_personal(attname::text) ELSE attname = ANY (attributes) END)) a);
END $$;
COMMENT ON FUNCTION report_attributes(name, bigint[], text[], text[]) IS 'internal: the attributes of cases as JSON';

CREATE FUNCTION report_cases(log name, cases bigint[], began timestamptz[], attributes text[], filtered_by text[], zone text, folds tsmultirange, ticks integer) RETURNS json LANGUAGE plpgsql
	STABLE COST 100000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (
		WITH twice AS MATERIALIZED (SELECT * FROM report_twice(log, zone, folds)),
		team AS MATERIALIZED (SELECT * FROM report_numbers(log, 'teams', 'team'))
		SELECT json_build_object(
			'no', page_array(array_agg(c.case_no ORDER BY k.n)),
			'id', CASE WHEN bool_and(c.case_no = c.case_id::text) THEN NULL ELSE page_array(array_agg(c.case_id::text ORDER BY k.n)) END,
			'variant', page_array(array_agg(v.number ORDER BY k.n)),
			'created', page_array(array_agg(report_ticks(extract(epoch FROM k.began)::float8, ticks) ORDER BY k.n)),
			'first_resolved', page_array(array_agg(report_ticks(coalesce(t1.after, log_seconds((c.first_resolved_at AT TIME ZONE zone) - k.began)), ticks) ORDER BY k.n)),
			'resolved', page_array(array_agg(report_ticks(coalesce(t2.after, log_seconds((c.resolved_at AT TIME ZONE zone) - k.began)), ticks) ORDER BY k.n)),
			'closed', page_array(array_agg(report_ticks(coalesce(t3.after, log_seconds((c.closed_at AT TIME ZONE zone) - k.began)), ticks) ORDER BY k.n)),
			'is_open', page_array(array_agg(c.is_open ORDER BY k.n)), 'is_cut_off', page_array(array_agg(c.is_cut_off ORDER BY k.n)),
			'repeat_answers', page_array(array_agg(c.repeat_answer_count ORDER BY k.n)),
			'first_team', page_array(array_agg(f.number ORDER BY k.n)), 'resolving_team', page_array(array_agg(r.number ORDER BY k.n)),
			'current_team', page_array(array_agg(u.number ORDER BY k.n)), 'handovers', page_array(array_agg(c.handover_count ORDER BY k.n)),
			'landing', page_array(array_agg(c.landing ORDER BY k.n)),
			'is_returned_by_partner', page_array(array_agg(c.is_returned_by_partner ORDER BY k.n)), 'is_ping_pong', page_array(array_agg(c.is_ping_pong ORDER BY k.n)),
			'attributes', report_attributes(log, report_cases.cases, attributes, filtered_by))
		FROM unnest(report_cases.cases, began) WITH ORDINALITY k (case_key, began, n)
		JOIN cases c USING (case_key)
		LEFT JOIN report_breaks(log) b ON b.case_key = c.case_key
		JOIN report_variant_numbers(log, report_cases.cases) v ON v.variant = c.variant AND v.breaks = coalesce(b.breaks, '{}')
		JOIN team f ON f.label = c.first_team
		JOIN team r ON r.label = c.resolving_team
		JOIN team u ON u.label = c.current_team
		LEFT JOIN twice t1 ON t1.case_key = c.case_key AND t1.at = c.first_resolved_at
		LEFT JOIN twice t2 ON t2.case_key = c.case_key AND t2.at = c.resolved_at
		LEFT JOIN twice t3 ON t3.case_key = c.case_key AND t3.at = c.closed_at);
END $$;
COMMENT ON FUNCTION report_cases(name, bigint[], timestamptz[], text[], text[], text, tsmultirange, integer) IS 'internal: cases as JSON';
-- map: what belongs to the cases in the page: lists end to end, in the order of the cases

-- How many rows of a mined table each case has.
CREATE FUNCTION report_counts(log name, cases bigint[], mined_table text) RETURNS json LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	counts json;
BEGIN
	EXECUTE format('SELECT ticket_mining.page_array(array_agg(coalesce(m.count, 0) ORDER BY k.n))
		FROM unnest($1) WITH ORDINALITY k (case_key, n)
		LEFT JOIN (SELECT case_key, count(*) AS count FROM %I.%I GROUP BY case_key) m USING (case_key)', log, mined_table)
		INTO counts USING cases;
	RETURN counts;
END $$;
COMMENT ON FUNCTION report_counts(name, bigint[], text) IS 'internal: how many rows of a mined table each case has';

CREATE FUNCTION report_events(log name, cases bigint[], zone text, hours business_calendar, ticks integer) RETURNS json LANGUAGE plpgsql
	STABLE COST 100000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (SELECT json_build_object('since', page_array(array_agg(coalesce(report_ticks(s.since, ticks), 0) ORDER BY s.n, s.event_no)),
				'business_since', CASE WHEN hours IS NOT NULL THEN page_array(array_agg(coalesce(report_ticks(s.business_since, ticks), 0) ORDER BY s.n, s.event_no)) END)
			FROM (SELECT k.n, e.event_no, report_gap(lag(e.seconds_to_next) OVER w, lag(e.at) OVER w, e.at, zone) AS since,
						 coalesce(lag(e.business_seconds_to_next) OVER w, log_seconds(business_duration(hours, lag(e.at) OVER w AT TIME ZONE zone, e.at AT TIME ZONE zone))) AS business_since
				  FROM unnest(cases) WITH ORDINALITY k (case_key, n) JOIN events e USING (case_key)
				  WINDOW w AS (PARTITION BY k.n ORDER BY e.event_no)) s);
END $$;
COMMENT ON FUNCTION report_events(name, bigint[], text, business_calendar, integer) IS 'internal: the events of cases as JSON';

CREATE FUNCTION report_reopenings(log name, cases bigint[], began timestamptz[], zone text, folds tsmultirange, ticks integer) RETURNS json LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (
		WITH twice AS MATERIALIZED (SELECT * FROM report_twice(log, zone, folds)),
		activity AS MATERIALIZED (SELECT * FROM report_numbers(log, 'activities', 'activity'))
		SELECT json_build_object('count', report_counts(log, cases, 'reopenings'),
			'done_at', page_array(array_agg(report_ticks(coalesce(t1.after, log_seconds((r.done_at AT TIME ZONE zone) - k.began)), ticks) ORDER BY k.n, r.reopening_no)),
			'done_as', page_array(array_agg(d.number ORDER BY k.n, r.reopening_no)),
			'reopened_at', page_array(array_agg(report_ticks(coalesce(t2.after, log_seconds((r.reopened_at AT TIME ZONE zone) - k.began)), ticks) ORDER BY k.n, r.reopening_no)),
			'reopened_as', page_array(array_agg(o.number ORDER BY k.n, r.reopening_no)),
			'done_again_at', page_array(array_agg(report_ticks(coalesce(t3.after, log_seconds((r.done_again_at AT TIME ZONE zone) - k.began)), ticks) ORDER BY k.n, r.reopening_no)),
			'done_again_as', page_array(array_agg(CASE WHEN r.done_again_at IS NULL THEN -1 ELSE a.number END ORDER BY k.n, r.reopening_no)),
			'outcome', page_array(array_agg(r.outcome ORDER BY k.n, r.reopening_no)))
		FROM unnest(cases, began) WITH ORDINALITY k (case_key, began, n)
		JOIN reopenings r USING (case_key)
		JOIN activity d ON d.label = r.done_as
		JOIN activity o ON o.label = r.reopened_as
		LEFT JOIN activity a ON a.label = r.done_again_as
		LEFT JOIN twice t1 ON t1.case_key = r.case_key AND t1.at = r.done_at
		LEFT JOIN twice t2 ON t2.case_key = r.case_key AND t2.at = r.reopened_at
		LEFT JOIN twice t3 ON t3.case_key = r.case_key AND t3.at = r.done_again_at);
END $$;
COMMENT ON FUNCTION report_reopenings(name, bigint[], timestamptz[], text, tsmultirange, integer) IS 'internal: the reopenings of cases as JSON';

-- Teams may have calendars of their own in a log that has none.
CREATE FUNCTION report_team_visits(log name, cases bigint[], began timestamptz[], zone text, ticks integer) RETURNS json LANGUAGE plpgsql
	STABLE COST 100000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	is_business boolean;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	is_business := EXISTS (SELECT FROM team_visits v WHERE v.business_elapsed_seconds IS NOT NULL);
	RETURN (SELECT json_build_object('count', report_counts(log, cases, 'team_visits'),
				'team', page_array(array_agg(t.number ORDER BY k.n, v.visit_no)),
				'from_at', page_array(array_agg(report_ticks(log_seconds((v.from_at AT TIME ZONE zone) - k.began), ticks) ORDER BY k.n, v.visit_no)),
				'to_at', page_array(array_agg(report_ticks(log_seconds((v.to_at AT TIME ZONE zone) - k.began), ticks) ORDER BY k.n, v.visit_no)),
				'outcome', page_array(array_agg(v.outcome ORDER BY k.n, v.visit_no)),
				'elapsed', page_array(array_agg(report_ticks(v.elapsed_seconds, ticks) ORDER BY k.n, v.visit_no)),
				'own', page_array(array_agg(report_ticks(v.own_seconds, ticks) ORDER BY k.n, v.visit_no)),
				'business_elapsed', CASE WHEN is_business THEN page_array(array_agg(report_ticks(v.business_elapsed_seconds, ticks) ORDER BY k.n, v.visit_no)) END,
				'business_own', CASE WHEN is_business THEN page_array(array_agg(report_ticks(v.business_own_seconds, ticks) ORDER BY k.n, v.visit_no)) END)
			FROM unnest(cases, began) WITH ORDINALITY k (case_key, began, n)
			JOIN team_visits v USING (case_key)
			JOIN report_numbers(log, 'teams', 'team') t ON t.label = v.team);
END $$;
COMMENT ON FUNCTION report_team_visits(name, bigint[], timestamptz[], text, integer) IS 'internal: the team visits of cases as JSON';

-- The mined table leaves out the lengths of cases that are cut off, for no sum may count them.
CREATE FUNCTION report_holds(log name, cases bigint[], zone text, hours business_calendar, ticks integer) RETURNS json LANGUAGE plpgsql
	STABLE COST 100000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (SELECT json_build_object('count', report_counts(log, cases, 'segment_visits'),
				'segment', page_array(array_agg(h.number ORDER BY h.n, h.visit_no)),
				'duration', page_array(array_agg(report_ticks(coalesce(h.seconds, log_seconds(h.until - h.since)), ticks) ORDER BY h.n, h.visit_no)),
				'business_duration', CASE WHEN hours IS NOT NULL THEN page_array(array_agg(report_ticks(
					CASE WHEN h.seconds IS NULL THEN log_seconds(business_duration(hours, h.since, h.until)) ELSE h.business_seconds END, ticks) ORDER BY h.n, h.visit_no)) END)
			FROM (SELECT k.n, v.visit_no, s.number, v.seconds, v.business_seconds, v.from_at AT TIME ZONE zone AS since, v.to_at AT TIME ZONE zone AS until
				  FROM unnest(cases) WITH ORDINALITY k (case_key, n)
				  JOIN segment_visits v USING (case_key)
				  JOIN report_numbers(log, 'segments', 'segment') s ON s.label = v.segment) h);
END $$;
COMMENT ON FUNCTION report_holds(name, bigint[], text, business_calendar, integer) IS 'internal: who held cases, as JSON';

CREATE FUNCTION report_messages(log name, cases bigint[], began timestamptz[], zone text, ticks integer) RETURNS json LANGUAGE plpgsql
	STABLE COST 100000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (SELECT json_build_object('count', report_counts(log, cases, 'messages'),
				'at', page_array(array_agg(report_ticks(log_seconds((m.at AT TIME ZONE zone) - k.began), ticks) ORDER BY k.n, m.message_no)),
				'direction', page_array(array_agg(coalesce(array_position('{in,out,internal,auto}', m.direction) - 1, 4) ORDER BY k.n, m.message_no)))
			FROM unnest(cases, began) WITH ORDINALITY k (case_key, began, n)
			JOIN messages m USING (case_key));
END $$;
COMMENT ON FUNCTION report_messages(name, bigint[], timestamptz[], text, integer) IS 'internal: the messages of cases as JSON';
-- nsp: values of SQL Server as tds_fdw brings them

CREATE FUNCTION tds_timestamp(value text) RETURNS timestamp
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2;
COMMENT ON FUNCTION tds_timestamp(text) IS 'a datetime2, smalldatetime, date or time of SQL Server, which FreeTDS writes as text; rounded to microseconds';

CREATE FUNCTION tds_timestamp(value text, "column" text, "row" anyelement) RETURNS timestamp
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2;
COMMENT ON FUNCTION tds_timestamp(text, text, anyelement) IS 'the same, with an error that names column and row';

CREATE FUNCTION tds_text(value text, "column" text, "row" anyelement) RETURNS text
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2;
COMMENT ON FUNCTION tds_text(text, text, anyelement) IS 'the text, if it is valid UTF-8; an error names column and row';

CREATE FUNCTION tds_execute(statement text) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT PARALLEL UNSAFE COST 10000;
COMMENT ON FUNCTION tds_execute(text) IS 'internal: runs a statement on a foreign table, with the words of the remote server in its error; gives the rows it processed';
-- nsp: a source, its mapping and its tables

-- What the parts of a source are, and their fields: the default mapping, for the
-- names that are known or presumed of NSP. Every name is configuration.
CREATE VIEW nsp_default_parts (part_no, part, remote_table, is_required, meaning) AS VALUES
	(1, 'tickets', 'SysTicket', true, 'The tickets as they are now'),
	(2, 'changes', 'EntityChangeLog', true, 'Their history: property, old value, new value'),
	(3, 'comments', 'EntityComment', false, 'What was written'),
	(4, 'statuses', 'SysEntityStatus', false, 'Names of statuses'),
	(5, 'stages', 'SysEntityStage', false, 'Stages, which are groups of statuses, with the flags Pending and Closed'),
	(6, 'stage_statuses', 'SysEntityStageStatus', false, 'Which stage has which status'),
	(7, 'groups', 'SysGroup', false, 'Names of the groups that have tickets'),
	(8, 'priorities', 'SysPriority', false, 'Names of priorities');
COMMENT ON VIEW nsp_default_parts IS 'the remote tables of an NSP source, before you edit them';

CREATE VIEW nsp_default_fields (part, field_no, field, remote_column, read_as, is_key, is_required, watermark, lookup, meaning) AS VALUES
	('tickets', 1, 'case_id', 'Id', 'integer', true, true, NULL, NULL, 'The ticket'),
	('tickets', 2, 'case_no', 'ReferenceNo', 'text', false, false, NULL, NULL, 'What people call it'),
	('tickets', 3, 'status', 'BaseEntityStatusId', 'integer', false, true, NULL, 'statuses', 'Its status now'),
	('tickets', 4, 'team', 'AgentGroupId', 'integer', false, false, NULL, 'groups', 'The group that has it now'),
	('tickets', 5, 'created_at', 'CreatedDate', 'time', false, true, NULL, NULL, 'When it was made'),
	('tickets', 6, 'updated_at', 'UpdatedDate', 'time', false, false, NULL, NULL, 'When it was last changed'),
	('tickets', 7, 'is_deleted', 'MarkedForDelete', 'boolean', false, false, NULL, NULL, 'Whether it was deleted'),
	('tickets', 8, 'priority', 'PriorityId', 'integer', false, false, NULL, 'priorities', 'An attribute'),
	('changes', 1, 'seq', 'Id', 'integer', true, true, 'id', NULL, 'The order of saving'),
	('changes', 2, 'case_id', 'EntityId', 'integer', false, true, NULL, NULL, 'The ticket'),
	('changes', 3, 'property', 'PropertyName', 'text', false, true, NULL, NULL, 'What was changed'),
	('changes', 4, 'old_value', 'OldValue', 'text', false, false, NULL, NULL, 'From what'),
	('changes', 5, 'new_value', 'NewValue', 'text', false, true, NULL, NULL, 'To what'),
	('changes', 6, 'at', 'ChangedDate', 'time', false, true, NULL, NULL, 'When'),
	('comments', 1, 'seq', 'Id', 'integer', true, true, 'id', NULL, 'The order of saving'),
	('comments', 2, 'case_id', 'EntityId', 'integer', false, true, NULL, NULL, 'The ticket'),
	('comments', 3, 'at', 'CreatedDate', 'time', false, true, NULL, NULL, 'When'),
	('comments', 4, 'user_type', 'UserType', 'integer', false, false, NULL, NULL, 'Who wrote it'),
	('comments', 5, 'is_internal', 'IsInternal', 'boolean', false, false, NULL, NULL, 'Whether the user sees it'),
	('comments', 6, 'origin', 'Source', 'integer', false, false, NULL, NULL, 'How it came'),
	('statuses', 1, 'id', 'Id', 'integer', true, true, NULL, NULL, 'The status'),
	('statuses', 2, 'name', 'DisplayNameId', 'text', false, true, NULL, NULL, 'Its name'),
	('stages', 1, 'id', 'Id', 'integer', true, true, NULL, NULL, 'The stage'),
	('stages', 2, 'is_pending', 'IsPending', 'boolean', false, true, NULL, NULL, 'Whether tickets wait in it'),
	('stages', 3, 'is_closed', 'IsClosed', 'boolean', false, true, NULL, NULL, 'Whether tickets are done in it'),
	('stage_statuses', 1, 'stage_id', 'StageId', 'integer', true, true, NULL, NULL, 'The stage'),
	('stage_statuses', 2, 'status_id', 'StatusId', 'integer', true, true, NULL, NULL, 'The status'),
	('groups', 1, 'id', 'Id', 'integer', true, true, NULL, NULL, 'The group'),
	('groups', 2, 'name', 'GroupName', 'text', false, true, NULL, NULL, 'Its name'),
	('priorities', 1, 'id', 'Id', 'integer', true, true, NULL, NULL, 'The priority'),
	('priorities', 2, 'name', 'DisplayNameId', 'text', false, true, NULL, NULL, 'Its name');
COMMENT ON VIEW nsp_default_fields IS 'the mapping of an NSP source, before you edit it';
GRANT SELECT ON nsp_default_parts, nsp_default_fields TO PUBLIC;

CREATE FUNCTION is_source(source name) RETURNS boolean LANGUAGE sql
	STABLE PARALLEL SAFE COST 10
RETURN ticket_mining.run_owns_tables(source, '{settings,loads,mapping}');
COMMENT ON FUNCTION is_source(name) IS 'whether a schema is that of a source';

CREATE FUNCTION nsp_require_owner(source name) RETURNS void LANGUAGE sql
	STABLE PARALLEL SAFE COST 10
RETURN ticket_mining.run_require_owner('source', source, ticket_mining.is_source(source), 'CALL ticket_mining.create_nsp_source() makes one.');
COMMENT ON FUNCTION nsp_require_owner(name) IS 'internal: refuses all but the owner of a source';

-- What keeps a foreign server from being read safely, and what would make it better.
CREATE FUNCTION nsp_server_findings(server name, OUT severity text, OUT message text) RETURNS SETOF record LANGUAGE sql
	STABLE PARALLEL SAFE COST 100 ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	SELECT f.severity, f.message
	FROM (SELECT server) given (name)
	LEFT JOIN pg_foreign_server s ON s.srvname = given.name
	LEFT JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
	CROSS JOIN LATERAL (SELECT coalesce((SELECT jsonb_object_agg(option_name, option_value) FROM pg_options_to_table(s.srvoptions)), '{}')) o (options)
	CROSS JOIN LATERAL (VALUES
		(NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'tds_fdw'), 'breaking', 'the extension tds_fdw is missing: install it (Debian: postgresql-15-tds-fdw), and CREATE EXTENSION tds_fdw'),
		(s.oid IS NULL, 'breaking', format('there is no foreign server "%s": CREATE SERVER … FOREIGN DATA WRAPPER tds_fdw', given.name)),
		(w.fdwname <> 'tds_fdw', 'breaking', format('the foreign server "%s" is one of %s, not of tds_fdw', given.name, w.fdwname)),
		(NOT has_server_privilege(s.oid, 'USAGE'), 'breaking', format('no right to use the foreign server "%s": GRANT USAGE ON FOREIGN SERVER', given.name)),
		(w.fdwname = 'tds_fdw' AND NOT EXISTS (SELECT FROM pg_user_mappings m WHERE m.srvid = s.oid AND m.usename IN (current_user, 'public')), 'breaking',
			format('there is no user mapping for role "%s": CREATE USER MAPPING … OPTIONS (username, password)', current_user)),
		(options ? 'language', 'breaking', 'the server option language makes SQL Server read dates in another order: remove it'),
		(w.fdwname = 'tds_fdw' AND upper(coalesce(options ->> 'character_set', '')) <> 'UTF-8', 'warning', 'without the server option character_set ''UTF-8'' letters such as æ can arrive damaged'),
		(w.fdwname = 'tds_fdw' AND coalesce(options ->> 'msg_handler', '') <> 'notice', 'warning', 'without the server option msg_handler ''notice'' errors do not tell what the remote server said'),
		(w.fdwname = 'tds_fdw' AND coalesce(options ->> 'row_estimate_method', 'execute') <> 'showplan_all', 'warning', 'without the server option row_estimate_method ''showplan_all'' every query runs twice on the remote server')
	) f (holds, severity, message)
	WHERE f.holds
$$;
COMMENT ON FUNCTION nsp_server_findings(name) IS 'internal: what is wrong with a foreign server';

-- What you edit.
CREATE FUNCTION nsp_make_settings(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	CREATE TABLE settings (
		is_settings boolean PRIMARY KEY DEFAULT true CHECK (is_settings),
		server name NOT NULL,
		time_zone text NOT NULL,
		full_every interval NOT NULL DEFAULT '7 days',
		overlap_rows bigint NOT NULL DEFAULT 1000 CHECK (overlap_rows >= 0),
		overlap interval NOT NULL DEFAULT '2 days'
	);
	COMMENT ON TABLE settings IS 'One row, for you to edit; the next load follows it';
	COMMENT ON COLUMN settings.is_settings IS 'Always true: there is one row';
	COMMENT ON COLUMN settings.server IS 'The foreign server of tds_fdw';
	COMMENT ON COLUMN settings.time_zone IS 'Zone of the remote times; of an hour that comes twice it is the second, in winter time';
	COMMENT ON COLUMN settings.full_every IS 'How long loads by watermark may go on until a load reads all again';
	COMMENT ON COLUMN settings.overlap_rows IS 'How far below the highest id a load begins, for rows that were committed late';
	COMMENT ON COLUMN settings.overlap IS 'How long before the latest time a load begins';
	CREATE TABLE parts (
		part text PRIMARY KEY CHECK (octet_length(part) BETWEEN 1 AND 50),
		remote_schema text NOT NULL,
		remote_table text NOT NULL,
		is_required boolean NOT NULL DEFAULT true,
		counts_missing boolean NOT NULL DEFAULT true
	);
	COMMENT ON TABLE parts IS 'The remote tables or views, one row each, for you to edit';
	COMMENT ON COLUMN parts.part IS 'What the mapping calls it';
	COMMENT ON COLUMN parts.remote_schema IS 'Its schema in SQL Server';
	COMMENT ON COLUMN parts.remote_table IS 'Its name in SQL Server, in upper and lower case as there';
	COMMENT ON COLUMN parts.is_required IS 'Whether a load stops where it is not there';
	COMMENT ON COLUMN parts.counts_missing IS 'Whether rows still count that are no longer there: archived ones should, deleted ones perhaps not';
	CREATE TABLE mapping (
		part text NOT NULL REFERENCES parts ON UPDATE CASCADE ON DELETE CASCADE,
		field text NOT NULL CHECK (octet_length(field) BETWEEN 1 AND 50 AND field NOT IN ('missing_since', 'landed_at')),
		remote_column text NOT NULL,
		read_as text NOT NULL CHECK (read_as IN ('integer', 'text', 'time', 'boolean', 'number', 'uuid')),
		is_key boolean NOT NULL DEFAULT false,
		is_required boolean NOT NULL DEFAULT false,
		watermark text CHECK (watermark IN ('id', 'time')),
		lookup text REFERENCES parts ON UPDATE CASCADE,
		PRIMARY KEY (part, field),
		CHECK (NOT (is_key OR watermark IS NOT NULL) OR is_required)
	);
	COMMENT ON TABLE mapping IS 'Which remote column feeds which field, for you to edit; further fields of the tickets are attributes';
	COMMENT ON COLUMN mapping.part IS 'The remote table';
	COMMENT ON COLUMN mapping.field IS 'What it is here';
	COMMENT ON COLUMN mapping.remote_column IS 'Its name in SQL Server, in upper and lower case as there';
	COMMENT ON COLUMN mapping.read_as IS 'The kind of value: integer, text, time, boolean, number, uuid';
	COMMENT ON COLUMN mapping.is_key IS 'Whether it tells the rows of the part apart, alone or with others';
	COMMENT ON COLUMN mapping.is_required IS 'Whether a load stops where it is not there';
	COMMENT ON COLUMN mapping.watermark IS 'Whether loads read on from its highest value: an id that only grows, or a time of change';
	COMMENT ON COLUMN mapping.lookup IS 'Where it is an id: the part with the names';
	CREATE TABLE properties (
		property text PRIMARY KEY,
		becomes text NOT NULL CHECK (becomes IN ('status', 'team', 'note', 'nothing')),
		lookup text REFERENCES parts ON UPDATE CASCADE,
		label text,
		CHECK ((becomes = 'note') = (label IS NOT NULL))
	);
	COMMENT ON TABLE properties IS 'Which property of the history is what, for you to edit';
	COMMENT ON COLUMN properties.property IS 'As the history calls it';
	COMMENT ON COLUMN properties.becomes IS 'Its values are statuses, teams or notes of a log, or nothing';
	COMMENT ON COLUMN properties.lookup IS 'Where its values are ids: the part with their names';
	COMMENT ON COLUMN properties.label IS 'The activity that a note becomes';
	CREATE TABLE directions (
		rule_no integer PRIMARY KEY,
		user_type bigint,
		is_internal boolean,
		origin bigint,
		direction text NOT NULL CHECK (direction IN ('in', 'out', 'internal', 'auto'))
	);
	COMMENT ON TABLE directions IS 'Which way a comment went, for you to edit: the first rule that fits; NULL fits all';
	COMMENT ON COLUMN directions.rule_no IS 'The order in which rules are tried';
	COMMENT ON COLUMN directions.user_type IS 'Type of the user who wrote';
	COMMENT ON COLUMN directions.is_internal IS 'Whether the comment is hidden from the user';
	COMMENT ON COLUMN directions.origin IS 'How the comment came';
	COMMENT ON COLUMN directions.direction IS 'What a log takes it for: in, out, internal or auto';
END $$;
COMMENT ON FUNCTION nsp_make_settings(name) IS 'internal: makes the tables of a source that its owner edits';

CREATE FUNCTION nsp_make_history(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	CREATE TABLE loads (
		load_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		state text NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
		is_full boolean NOT NULL,
		started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
		finished_at timestamptz,
		rows jsonb,
		warnings text[],
		error text,
		mapping jsonb,
		pid integer NOT NULL DEFAULT pg_backend_pid()
	);
	COMMENT ON TABLE loads IS 'The loads of the source, one row each';
	COMMENT ON COLUMN loads.load_no IS 'Number of the load';
	COMMENT ON COLUMN loads.state IS 'running, done, failed, or interrupted: its server process ended before it did';
	COMMENT ON COLUMN loads.is_full IS 'Whether all was read, or only what is new';
	COMMENT ON COLUMN loads.started_at IS 'When it began';
	COMMENT ON COLUMN loads.finished_at IS 'When it ended';
	COMMENT ON COLUMN loads.rows IS 'By part: rows read, rows that were new or had changed, rows found missing, whether all of it was read';
	COMMENT ON COLUMN loads.warnings IS 'What was odd, but harmless';
	COMMENT ON COLUMN loads.error IS 'Why it failed';
	COMMENT ON COLUMN loads.mapping IS 'The mapping that it followed';
	COMMENT ON COLUMN loads.pid IS 'Its server process';
	CREATE TABLE catalog (
		part text NOT NULL,
		remote_column text NOT NULL,
		type text NOT NULL,
		PRIMARY KEY (part, remote_column)
	);
	COMMENT ON TABLE catalog IS 'The remote columns as the last good load found them';
	COMMENT ON COLUMN catalog.part IS 'The remote table';
	COMMENT ON COLUMN catalog.remote_column IS 'Its name in SQL Server';
	COMMENT ON COLUMN catalog.type IS 'The type that tds_fdw gives it';
END $$;
COMMENT ON FUNCTION nsp_make_history(name) IS 'internal: makes the tables of a source that its loads write';

CREATE PROCEDURE create_nsp_source(name name, server name, time_zone text DEFAULT 'UTC', remote_schema text DEFAULT 'dbo')
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	broken text := (SELECT string_agg(message, E'\n') FROM ticket_mining.nsp_server_findings(server) WHERE severity = 'breaking');
	fault text := (SELECT min(f) FROM ticket_mining.log_setting_faults(time_zone, NULL) f);
	advice text;
BEGIN
	PERFORM ticket_mining.log_require_new_name('source', name);
	IF broken IS NOT NULL OR fault IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'the source cannot be made', DETAIL = concat_ws(E'\n', broken, fault);
	END IF;
	EXECUTE format('CREATE SCHEMA %I', name);
	PERFORM ticket_mining.nsp_make_settings(name);
	PERFORM ticket_mining.nsp_make_history(name);
	EXECUTE format('INSERT INTO %I.settings (server, time_zone) VALUES ($1, $2)', name) USING server, time_zone;
	EXECUTE format('INSERT INTO %I.parts (part, remote_schema, remote_table, is_required)
		SELECT part, $1, remote_table, is_required FROM ticket_mining.nsp_default_parts', name) USING remote_schema;
	EXECUTE format('INSERT INTO %I.mapping (part, field, remote_column, read_as, is_key, is_required, watermark, lookup)
		SELECT part, field, remote_column, read_as, is_key, is_required, watermark, lookup FROM ticket_mining.nsp_default_fields', name);
	EXECUTE format('INSERT INTO %I.properties VALUES (''BaseEntityStatus'', ''status''), (''AgentGroup'', ''team'')', name);
	EXECUTE format('INSERT INTO %I.directions VALUES (1, NULL, true, NULL, ''internal''), (2, 2, NULL, NULL, ''in''), (3, 1, NULL, NULL, ''out''), (4, NULL, NULL, NULL, ''auto'')', name);
	PERFORM ticket_mining.nsp_make_landing(name);
	FOR advice IN SELECT message FROM ticket_mining.nsp_server_findings(server) LOOP
		RAISE WARNING '%', advice;
	END LOOP;
END $$;
COMMENT ON PROCEDURE create_nsp_source(name, name, text, text) IS 'makes a source: the schema that NSP''s data lands in, with its mapping; load() fills it';

-- Drops what create_nsp_source() and load() made, and nothing that others have put there.
CREATE PROCEDURE drop_source(name name) LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	made record;
BEGIN
	PERFORM ticket_mining.nsp_require_owner(name);
	PERFORM ticket_mining.run_lock('drop', name);
	FOR made IN
		SELECT CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind, string_agg(format('%I.%I', name, relname), ', ') AS names
		FROM pg_class
		WHERE relnamespace = to_regnamespace(quote_ident(name)) AND (relname LIKE 'landed\_%' AND relkind = 'r'
			OR relname = ANY ('{settings,parts,mapping,properties,directions,loads,catalog}') AND relkind = 'r'
			OR relname = ANY ('{names,tickets,history,events,assignments,messages,cases,quality}') AND relkind = 'v')
		GROUP BY 1 ORDER BY 1 DESC
	LOOP
		EXECUTE format('DROP %s %s', made.kind, made.names);
	END LOOP;
	EXECUTE format('DROP SCHEMA %I', name);
END $$;
COMMENT ON PROCEDURE drop_source(name) IS 'drops a source with all that it has landed';
-- nsp: local tables for the remote ones, and the views that a log reads

-- The type that a field has when it has landed.
CREATE FUNCTION nsp_landed_type(read_as text) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN CASE read_as WHEN 'integer' THEN 'bigint' WHEN 'time' THEN 'timestamp' WHEN 'number' THEN 'numeric' ELSE read_as END;
COMMENT ON FUNCTION nsp_landed_type(text) IS 'internal: the type of a landed field';

-- Makes what the mapping asks for and is not there yet: a table a part, a
-- column a field; keys come with the first load. A field whose type changed lands anew.
CREATE FUNCTION nsp_make_landing(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	wanted record;
BEGIN
	PERFORM ticket_mining.run_enter(source);
	FOR wanted IN
		SELECT m.part, 'landed_' || m.part AS landed,
			   string_agg(format('%I %s%s', m.field, nsp_landed_type(m.read_as), CASE WHEN m.is_key THEN ' NOT NULL' END), ', ' ORDER BY m.field) AS columns
		FROM mapping m GROUP BY m.part
	LOOP
		IF to_regclass(format('%I.%I', source, wanted.landed)) IS NULL THEN
			EXECUTE format('CREATE TABLE %I.%I (%s, missing_since timestamptz, landed_at timestamptz NOT NULL)', source, wanted.landed, wanted.columns);
			EXECUTE format('COMMENT ON TABLE %I.%I IS %L', source, wanted.landed, 'What was read of ' || wanted.part);
			EXECUTE format('COMMENT ON COLUMN %I.%I.missing_since IS %L', source, wanted.landed, 'Since when it is no longer there');
			EXECUTE format('COMMENT ON COLUMN %I.%I.landed_at IS %L', source, wanted.landed, 'When it was new or had changed');
		END IF;
	END LOOP;
	FOR wanted IN
		SELECT 'landed_' || m.part AS landed, m.field, nsp_landed_type(m.read_as) AS type, a.attname IS NOT NULL AS exists
		FROM mapping m
		LEFT JOIN pg_attribute a ON a.attrelid = to_regclass(format('%I.%I', source, 'landed_' || m.part)) AND a.attname = m.field AND NOT a.attisdropped
		WHERE a.attname IS NULL OR a.atttypid <> to_regtype(nsp_landed_type(m.read_as))
	LOOP
		IF wanted.exists THEN
			PERFORM ticket_mining.nsp_drop_views(source);
			EXECUTE format('TRUNCATE %I.%I', source, wanted.landed);
			EXECUTE format('ALTER TABLE %I.%I ALTER %I TYPE %s USING NULL', source, wanted.landed, wanted.field, wanted.type);
		ELSE
			EXECUTE format('ALTER TABLE %I.%I ADD %I %s', source, wanted.landed, wanted.field, wanted.type);
		END IF;
	END LOOP;
	FOR wanted IN SELECT m.*, p.remote_table FROM mapping m JOIN parts p USING (part) LOOP
		EXECUTE format('COMMENT ON COLUMN %I.%I.%I IS %L', source, 'landed_' || wanted.part, wanted.field, format('%s of %s', wanted.remote_column, wanted.remote_table));
	END LOOP;
	PERFORM ticket_mining.nsp_make_views(source);
END $$;
COMMENT ON FUNCTION nsp_make_landing(name) IS 'internal: makes the landing tables and views of a source';

-- A field of a landed part as an expression; NULL where the mapping has it not.
CREATE FUNCTION nsp_field(source name, part text, field text, type text) RETURNS text LANGUAGE sql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(format('%I.%I', source, 'landed_' || part)) AND attname = field AND NOT attisdropped)
		THEN format('c.%I', field) ELSE format('NULL::%s', type) END
$$;
COMMENT ON FUNCTION nsp_field(name, text, text, text) IS 'internal: a landed field as an expression';

-- The attributes of a ticket: fields beyond those that have a meaning of their own.
CREATE FUNCTION nsp_attributes(source name, OUT field text, OUT lookup text) RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 100 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	RETURN QUERY SELECT m.field, m.lookup FROM mapping m
	WHERE m.part = 'tickets' AND m.field <> ALL ('{case_id,case_no,status,team,created_at,updated_at,is_deleted}') ORDER BY m.field COLLATE "C";
END $$;
COMMENT ON FUNCTION nsp_attributes(name) IS 'internal: the attributes of the tickets of a source';

-- A view made, or made anew with the same columns and perhaps more.
CREATE FUNCTION nsp_make_view(source name, view name, query text, meaning text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE format('CREATE OR REPLACE VIEW %I.%I AS %s', source, view, query);
	EXECUTE format('COMMENT ON VIEW %I.%I IS %L', source, view, meaning);
END $$;
COMMENT ON FUNCTION nsp_make_view(name, name, text, text) IS 'internal: makes a view of a source';

-- The views of a source; what others have made of them keeps it from that.
CREATE FUNCTION nsp_drop_views(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	DROP VIEW IF EXISTS quality, cases, messages, assignments, events, history, tickets, names;
END $$;
COMMENT ON FUNCTION nsp_drop_views(name) IS 'internal: drops the views of a source';

-- The views as the mapping wants them: anew where columns went or changed.
CREATE FUNCTION nsp_make_views(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.nsp_make_each_view(source);
EXCEPTION WHEN invalid_table_definition THEN
	PERFORM ticket_mining.nsp_drop_views(source);
	PERFORM ticket_mining.nsp_make_each_view(source);
END $$;
COMMENT ON FUNCTION nsp_make_views(name) IS 'internal: makes the views of a source';

-- names: of all that is looked up by id. tickets and history: what landed and counts.
CREATE FUNCTION nsp_make_each_view(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	PERFORM ticket_mining.nsp_make_view(source, 'names', (
		SELECT concat_ws(' UNION ALL ', 'SELECT NULL::text AS part, NULL::text AS id, NULL::text AS name WHERE false',
			string_agg(format('SELECT %L, c.id::text, c.name FROM %I.%I c WHERE c.name IS NOT NULL', m.part, source, 'landed_' || m.part), ' UNION ALL ' ORDER BY m.part))
		FROM mapping m WHERE m.field = 'name'), 'The names of ids');
	PERFORM ticket_mining.nsp_make_view(source, 'tickets', format($query$
		SELECT c.case_id, %2$s AS case_no, (%3$s)::text AS status, (%4$s)::text AS team, c.created_at %5$s
		FROM %1$I.landed_tickets c %7$s
		WHERE (c.missing_since IS NULL OR (SELECT p.counts_missing FROM %1$I.parts p WHERE p.part = 'tickets')) AND %6$s IS NOT TRUE AND c.created_at IS NOT NULL$query$,
		source, ticket_mining.nsp_field(source, 'tickets', 'case_no', 'text'),
		ticket_mining.nsp_name(source, 'status'), ticket_mining.nsp_name(source, 'team'),
		(SELECT string_agg(format(', %s AS %I', ticket_mining.nsp_name(source, a.field), a.field), '') FROM ticket_mining.nsp_attributes(source) a),
		ticket_mining.nsp_field(source, 'tickets', 'is_deleted', 'boolean'),
		(SELECT string_agg(format(' LEFT JOIN %1$I.names %2$I ON %2$I.part = %3$L AND %2$I.id = c.%4$I::text', source, 'name of ' || m.field, m.lookup, m.field), '')
		 FROM mapping m WHERE m.part = 'tickets' AND m.lookup IS NOT NULL)), 'The tickets that count, with names for ids');
	PERFORM ticket_mining.nsp_make_view(source, 'history', format($query$
		SELECT c.case_id, c.seq, c.at, p.becomes, p.label, nullif(coalesce(o.name, c.old_value), '') AS old_value, nullif(coalesce(n.name, c.new_value), '') AS new_value
		FROM %1$I.landed_changes c
		JOIN %1$I.properties p USING (property)
		LEFT JOIN %1$I.names o ON o.part = p.lookup AND o.id = c.old_value
		LEFT JOIN %1$I.names n ON n.part = p.lookup AND n.id = c.new_value
		WHERE p.becomes <> 'nothing' AND (c.missing_since IS NULL OR (SELECT p.counts_missing FROM %1$I.parts p WHERE p.part = 'changes'))$query$, source),
		'The changes that count, with names for ids');
	PERFORM ticket_mining.nsp_make_contract(source);
	PERFORM ticket_mining.nsp_make_quality(source);
END $$;
COMMENT ON FUNCTION nsp_make_each_view(name) IS 'internal: makes the views of a source one by one';

-- A field of the tickets with its name looked up, if the mapping says where.
CREATE FUNCTION nsp_name(source name, field text) RETURNS text LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	wanted record;
BEGIN
	PERFORM ticket_mining.run_enter(source);
	SELECT m.* INTO wanted FROM mapping m WHERE m.part = 'tickets' AND m.field = nsp_name.field;
	RETURN CASE WHEN wanted.field IS NULL THEN 'NULL::text'
		WHEN wanted.read_as = 'time' THEN format('c.%I AT TIME ZONE (SELECT s.time_zone FROM %I.settings s)', wanted.field, source)
		WHEN wanted.lookup IS NULL THEN format('c.%I', wanted.field)
		ELSE format('coalesce(%I.name, c.%I::text)', 'name of ' || wanted.field, wanted.field) END;
END $$;
COMMENT ON FUNCTION nsp_name(name, text) IS 'internal: a field of the tickets with its name looked up';

-- The messages; none where the mapping has no comments.
CREATE FUNCTION nsp_messages_query(source name) RETURNS text LANGUAGE sql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN to_regclass(format('%I.landed_comments', source)) IS NULL
		THEN 'SELECT NULL::bigint AS case_id, NULL::text AS direction, NULL::timestamptz AS at, NULL::bigint AS seq WHERE false'
		ELSE format($query$
			SELECT c.case_id, (SELECT d.direction FROM %1$I.directions d
				WHERE (d.user_type IS NULL OR d.user_type = %2$s) AND (d.is_internal IS NULL OR d.is_internal = %3$s) AND (d.origin IS NULL OR d.origin = %4$s)
				ORDER BY d.rule_no LIMIT 1) AS direction, c.at AT TIME ZONE s.time_zone AS at, c.seq
			FROM %1$I.settings s, %1$I.landed_comments c JOIN %1$I.tickets t USING (case_id)
			WHERE c.missing_since IS NULL OR (SELECT p.counts_missing FROM %1$I.parts p WHERE p.part = 'comments')$query$, source,
			ticket_mining.nsp_field(source, 'comments', 'user_type', 'bigint'), ticket_mining.nsp_field(source, 'comments', 'is_internal', 'boolean'),
			ticket_mining.nsp_field(source, 'comments', 'origin', 'bigint'))
		END
$$;
COMMENT ON FUNCTION nsp_messages_query(name) IS 'internal: the query of the messages of a source';

-- The four relations of a log. The history has what a field became; what it was
-- at first is the old value of its first change, or what it is now where it never
-- changed. Rows that change nothing are none.
CREATE FUNCTION nsp_make_contract(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	became text := $query$
		WITH changes AS (SELECT h.* FROM %1$I.history h JOIN %1$I.tickets t USING (case_id) WHERE h.becomes = %2$L),
		firsts AS (SELECT DISTINCT ON (case_id) case_id, seq, old_value FROM changes ORDER BY case_id, at, seq)
		SELECT t.case_id, CASE WHEN f.case_id IS NULL THEN t.%2$I ELSE f.old_value END AS %3$I, t.created_at AT TIME ZONE s.time_zone AS at, 0::bigint AS seq
		FROM %1$I.settings s, %1$I.tickets t LEFT JOIN firsts f USING (case_id)
		WHERE CASE WHEN f.case_id IS NULL THEN t.%2$I ELSE f.old_value END IS NOT NULL
		AND t.created_at >= (SELECT min(h.at) FROM %1$I.history h)
		UNION ALL
		SELECT c.case_id, c.new_value, c.at AT TIME ZONE s.time_zone, c.seq
		FROM %1$I.settings s, changes c WHERE c.new_value IS DISTINCT FROM c.old_value$query$;
BEGIN
	PERFORM ticket_mining.nsp_make_view(source, 'events', format(became || ' AND c.new_value IS NOT NULL', source, 'status', 'activity') || format($query$
		UNION ALL
		SELECT h.case_id, h.label, h.at AT TIME ZONE s.time_zone, h.seq
		FROM %1$I.settings s, %1$I.history h JOIN %1$I.tickets t USING (case_id) WHERE h.becomes = 'note'$query$, source), 'The events of a log: statuses and notes');
	PERFORM ticket_mining.nsp_make_view(source, 'assignments', format(became, source, 'team', 'team'), 'The assignments of a log');
	PERFORM ticket_mining.nsp_make_view(source, 'messages', ticket_mining.nsp_messages_query(source), 'The messages of a log');
	PERFORM ticket_mining.nsp_make_view(source, 'cases', format('SELECT t.case_id, t.case_no %2$s FROM %1$I.tickets t', source,
		(SELECT string_agg(format(', t.%I', a.field), '') FROM ticket_mining.nsp_attributes(source) a)), 'The cases of a log');
END $$;
COMMENT ON FUNCTION nsp_make_contract(name) IS 'internal: makes the views of a source that a log reads';

-- What is in the landing tables, but not in the four relations, or no longer there remotely.
CREATE FUNCTION nsp_make_quality(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	PERFORM ticket_mining.nsp_make_view(source, 'quality', format($query$
		SELECT 'changes of other properties' AS finding, count(*) AS number, 'Left out: their property is not in properties, or becomes nothing' AS meaning
		FROM %1$I.landed_changes c LEFT JOIN %1$I.properties p USING (property) WHERE p.becomes IS NULL OR p.becomes = 'nothing'
		UNION ALL
		SELECT 'changes without change', count(*), 'Left out: old and new value are the same' FROM %1$I.history h WHERE h.becomes <> 'note' AND h.old_value = h.new_value
		UNION ALL
		SELECT 'changes to nothing', count(*), 'Statuses left out: no new value' FROM %1$I.history h WHERE h.becomes = 'status' AND h.new_value IS NULL
		UNION ALL
		SELECT 'changes of no ticket', count(*), 'Left out: the ticket is not there, or deleted' FROM %1$I.history h WHERE NOT EXISTS (SELECT FROM %1$I.tickets t WHERE t.case_id = h.case_id)
		UNION ALL
		SELECT 'tickets older than the history', count(*), 'Nobody knows how they began; they are cut off'
		FROM %1$I.tickets t WHERE t.created_at < (SELECT min(h.at) FROM %1$I.history h)
		UNION ALL
		SELECT 'tickets deleted', count(*), 'Left out: marked as deleted' FROM %1$I.landed_tickets c WHERE %2$s
		UNION ALL
		SELECT m.finding, m.number, CASE WHEN p.counts_missing THEN 'No longer there remotely; they count' ELSE 'No longer there remotely; left out' END
		FROM (%3$s) m JOIN %1$I.parts p USING (part)$query$, source, ticket_mining.nsp_field(source, 'tickets', 'is_deleted', 'boolean'),
		(SELECT string_agg(format('SELECT %1$L AS part, %2$L AS finding, count(*) AS number FROM %3$I.%4$I c WHERE c.missing_since IS NOT NULL', m.part, m.part || ' missing', source, 'landed_' || m.part), ' UNION ALL ' ORDER BY m.part)
		 FROM (SELECT DISTINCT part FROM mapping) m)), 'What landed and is left out, or is no longer there remotely');
END $$;
COMMENT ON FUNCTION nsp_make_quality(name) IS 'internal: makes the quality report of a source';

-- NSP's stages tell which statuses wait and which are done; the rest is ours. A
-- suggestion: rows of the map that somebody has edited stay as they are.
CREATE PROCEDURE suggest_activity_map(source name, log name) LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.nsp_require_owner(source);
	PERFORM ticket_mining.log_require_owner(log);
	EXECUTE format($query$
		UPDATE %1$I.activity_map m
		SET kind = CASE WHEN s.is_closed THEN 'resolved' ELSE 'open' END,
			segment = CASE WHEN s.is_closed THEN 'stopped' WHEN s.is_pending THEN 'user' ELSE 'us' END
		FROM (SELECT n.name, bool_or(g.is_closed) AS is_closed, bool_or(g.is_pending) AS is_pending
			  FROM %2$I.names n JOIN %2$I.landed_stage_statuses i ON i.status_id::text = n.id JOIN %2$I.landed_stages g ON g.id = i.stage_id
			  WHERE n.part = 'statuses' GROUP BY n.name) s
		WHERE m.activity = s.name AND m.kind = 'open' AND m.segment = 'unknown'$query$, log, source);
	EXECUTE format($query$
		UPDATE %1$I.activity_map m SET kind = 'note' FROM %2$I.properties p
		WHERE p.becomes = 'note' AND m.activity = p.label AND m.kind = 'open' AND m.segment = 'unknown'$query$, log, source);
END $$;
COMMENT ON PROCEDURE suggest_activity_map(name, name) IS 'fills rows of a log''s activity map that nobody has edited, by NSP''s stages: closed is resolved, pending is with the user, the rest with us';
-- nsp: the check of the remote catalog, and the load

-- pg_temp.nsp_remote: the columns that the remote tables have now, with the types
-- that tds_fdw gives them, by an import into a schema that is dropped at once.
CREATE FUNCTION nsp_read_catalog(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
	scratch name := format('%s remote', left(source, 50));
	server name;
	imported record;
BEGIN
	PERFORM ticket_mining.run_enter(source);
	SELECT s.server INTO server FROM settings s;
	DROP TABLE IF EXISTS pg_temp.nsp_remote;
	CREATE TEMPORARY TABLE nsp_remote (part text, remote_column text, type text, is_datetime boolean) ON COMMIT DROP;
	EXECUTE format('CREATE SCHEMA %I', scratch);
	FOR imported IN SELECT p.remote_schema, string_agg(quote_ident(p.remote_table), ', ') AS tables FROM parts p GROUP BY p.remote_schema LOOP
		PERFORM ticket_mining.tds_execute(format('IMPORT FOREIGN SCHEMA %I LIMIT TO (%s) FROM SERVER %I INTO %I', imported.remote_schema, imported.tables, server, scratch));
		INSERT INTO pg_temp.nsp_remote
		SELECT p.part, coalesce((SELECT o.option_value FROM pg_options_to_table(a.attfdwoptions) o WHERE o.option_name = 'column_name'), a.attname),
			   format_type(a.atttypid, a.atttypmod), a.atttypid = 'timestamp'::regtype AND a.atttypmod = 3
		FROM parts p JOIN pg_class c ON c.relname = p.remote_table AND c.relnamespace = to_regnamespace(quote_ident(scratch))
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE p.remote_schema = imported.remote_schema;
	END LOOP;
	EXECUTE format('DROP SCHEMA %I CASCADE', scratch);
END $$;
COMMENT ON FUNCTION nsp_read_catalog(name) IS 'internal: reads the remote catalog of a source';

-- Whether a remote type can be read as what the mapping says.
CREATE FUNCTION nsp_can_read(read_as text, type text) RETURNS boolean LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN CASE read_as
	WHEN 'integer' THEN type IN ('smallint', 'integer', 'bigint')
	WHEN 'boolean' THEN type IN ('smallint', 'boolean')
	WHEN 'time' THEN type ~ '^(timestamp.* without time zone|date)$'
	WHEN 'number' THEN type ~ '^(smallint|integer|bigint|numeric.*|money|real|double precision)$'
	WHEN 'uuid' THEN type = 'uuid'
	ELSE type ~ '^(character.*|text|smallint|integer|bigint|uuid)$' END;
COMMENT ON FUNCTION nsp_can_read(text, text) IS 'internal: whether a remote type can be read as a kind of field';

-- All differences between pg_temp.nsp_remote and what the mapping expects.
CREATE FUNCTION nsp_compare_catalog(source name, OUT severity text, OUT part text, OUT message text) RETURNS SETOF record LANGUAGE plpgsql
	COST 10000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM ticket_mining.run_enter(source);
	IF NOT EXISTS (SELECT FROM pg_temp.nsp_remote) THEN
		RETURN QUERY SELECT 'breaking', NULL::text, 'none of the remote tables is there: wrong database or schema, or no right to read them';
		RETURN;
	END IF;
	RETURN QUERY
	SELECT 'breaking', d.part, format('field %s of part %s is not in the mapping', d.field, d.part)
	FROM ticket_mining.nsp_default_fields d
	WHERE d.part IN ('tickets', 'changes') AND d.is_required AND NOT EXISTS (SELECT FROM mapping m WHERE m.part = d.part AND m.field = d.field)
	UNION ALL
	SELECT 'breaking', m.part, format('field %s of part %s must be read as %s', m.field, m.part, d.read_as)
	FROM ticket_mining.nsp_default_fields d JOIN mapping m USING (part, field)
	WHERE m.read_as <> d.read_as AND d.field NOT IN ('case_id', 'case_no', 'status', 'team', 'priority', 'id', 'stage_id', 'status_id')
	UNION ALL
	SELECT 'breaking', m.part, format('field case_id of part %s is read as %s, but in tickets as %s', m.part, m.read_as, t.read_as)
	FROM mapping m JOIN mapping t ON t.part = 'tickets' AND t.field = 'case_id'
	WHERE m.part IN ('changes', 'comments') AND m.field = 'case_id' AND m.read_as <> t.read_as
	UNION ALL
	SELECT 'breaking', m.part, format('part %s has no field that is_key', m.part) FROM mapping m GROUP BY m.part HAVING NOT bool_or(m.is_key)
	UNION ALL
	SELECT 'breaking', l.lookup, format('part %s is a lookup, but the mapping has no field %s of it', l.lookup, n.field)
	FROM (SELECT m.lookup FROM mapping m UNION SELECT p.lookup FROM properties p) l, (VALUES ('id'), ('name')) n (field)
	WHERE l.lookup IS NOT NULL AND NOT EXISTS (SELECT FROM mapping m WHERE m.part = l.lookup AND m.field = n.field)
	UNION ALL
	SELECT CASE WHEN p.is_required THEN 'breaking' ELSE 'warning' END, p.part, format('there is no table or view %s.%s', p.remote_schema, p.remote_table)
	FROM parts p WHERE NOT EXISTS (SELECT FROM pg_temp.nsp_remote r WHERE r.part = p.part)
	UNION ALL
	SELECT CASE WHEN m.is_required THEN 'breaking' ELSE 'warning' END, m.part, format('%s has no column %s (field %s)', p.remote_table, m.remote_column, m.field)
	FROM mapping m JOIN parts p USING (part)
	WHERE EXISTS (SELECT FROM pg_temp.nsp_remote r WHERE r.part = m.part) AND NOT EXISTS (SELECT FROM pg_temp.nsp_remote r WHERE r.part = m.part AND r.remote_column = m.remote_column)
	UNION ALL
	SELECT 'breaking', m.part, CASE WHEN r.type LIKE 'timestamp%with time zone'
		THEN format('column %s of %s is a datetimeoffset, whose offset is lost on the way: CONVERT it in a remote view', m.remote_column, p.remote_table)
		ELSE format('column %s of %s is of type %s, which cannot be read as %s', m.remote_column, p.remote_table, r.type, m.read_as) END
	FROM mapping m JOIN parts p USING (part) JOIN pg_temp.nsp_remote r USING (part, remote_column)
	WHERE NOT nsp_can_read(m.read_as, r.type)
	UNION ALL
	SELECT 'breaking', m.part, format('column %s feeds fields that are read as %s: one column can be read in one way', m.remote_column, string_agg(DISTINCT m.read_as, ' and '))
	FROM mapping m GROUP BY m.part, m.remote_column HAVING count(DISTINCT m.read_as) > 1
	UNION ALL
	SELECT 'warning', c.part, format('column %s was of type %s and is of type %s now', c.remote_column, c.type, r.type)
	FROM catalog c JOIN pg_temp.nsp_remote r USING (part, remote_column) WHERE r.type <> c.type
	UNION ALL
	SELECT 'warning', r.part, format('column %s is new', r.remote_column)
	FROM pg_temp.nsp_remote r WHERE EXISTS (SELECT FROM catalog c WHERE c.part = r.part) AND NOT EXISTS (SELECT FROM catalog c WHERE c.part = r.part AND c.remote_column = r.remote_column)
	UNION ALL
	SELECT 'warning', c.part, format('column %s is gone', c.remote_column)
	FROM catalog c WHERE EXISTS (SELECT FROM pg_temp.nsp_remote r WHERE r.part = c.part) AND NOT EXISTS (SELECT FROM pg_temp.nsp_remote r WHERE r.part = c.part AND r.remote_column = c.remote_column)
		AND NOT EXISTS (SELECT FROM mapping m WHERE m.part = c.part AND m.remote_column = c.remote_column);
END $$;
COMMENT ON FUNCTION nsp_compare_catalog(name) IS 'internal: compares the remote catalog of a source with its mapping';

-- What is wrong with the settings of a source, its foreign server included.
CREATE FUNCTION nsp_settings_findings(source name, OUT severity text, OUT message text) RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 1000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	RETURN QUERY
	SELECT f.severity, f.message FROM settings s, nsp_server_findings(s.server) f
	UNION ALL
	SELECT 'breaking', f.fault FROM settings s, log_setting_faults(s.time_zone, NULL) f (fault)
	UNION ALL
	SELECT 'breaking', 'the table settings is empty: INSERT INTO settings (server, time_zone) VALUES (…)' WHERE NOT EXISTS (SELECT FROM settings);
END $$;
COMMENT ON FUNCTION nsp_settings_findings(name) IS 'internal: what is wrong with the settings of a source';

-- Leaves what it read in pg_temp.nsp_remote, for the load that goes on from there.
CREATE FUNCTION check_source(source name, OUT severity text, OUT part text, OUT message text) RETURNS SETOF record LANGUAGE plpgsql
	COST 100000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	is_readable boolean := true;
BEGIN
	PERFORM ticket_mining.nsp_require_owner(source);
	PERFORM ticket_mining.run_enter(source);
	FOR severity, message IN SELECT f.severity, f.message FROM ticket_mining.nsp_settings_findings(source) f LOOP
		is_readable := is_readable AND severity <> 'breaking';
		RETURN NEXT;
	END LOOP;
	IF is_readable THEN
		PERFORM nsp_read_catalog(source);
		RETURN QUERY SELECT c.* FROM nsp_compare_catalog(source) c;
	END IF;
END $$;
COMMENT ON FUNCTION check_source(name) IS 'compares the remote tables of a source with what its mapping expects: what is breaking stops a load';

-- pg_temp.nsp_fields: the fields of a part that are there, how the foreign table
-- declares them, and how they are read from it. Times are read as text, since
-- the catalog does not tell a datetime, which could come as a timestamp, from a
-- datetime2(3), which cannot; but a watermark is compared with as a timestamp.
-- tds_fdw fills but one of two foreign columns of one remote column, so fields
-- that are fed by the same one share a foreign column.
CREATE FUNCTION nsp_find_fields(source name, part text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	DROP TABLE IF EXISTS pg_temp.nsp_fields;
	CREATE TEMPORARY TABLE nsp_fields (field text, remote_column text, foreign_column text, declared text, expression text, is_key boolean, watermark text, is_new boolean) ON COMMIT DROP;
	INSERT INTO pg_temp.nsp_fields
	SELECT m.field, m.remote_column, n.foreign_column, n.declared,
		   CASE WHEN m.read_as = 'boolean' THEN format('f.%I::integer::boolean', n.foreign_column)
				WHEN m.read_as = 'time' AND n.declared = 'text' THEN format('ticket_mining.tds_timestamp(f.%I, %L, %s)', n.foreign_column, n.place, n.row_key)
				WHEN m.read_as = 'text' THEN format('ticket_mining.tds_text(f.%I::text, %L, %s)', n.foreign_column, n.place, n.row_key)
				ELSE format('f.%I::%s', n.foreign_column, nsp_landed_type(m.read_as)) END,
		   m.is_key, CASE WHEN m.watermark = 'id' OR n.declared = 'timestamp(3)' THEN m.watermark END,
		   NOT EXISTS (SELECT FROM catalog c WHERE c.part = m.part AND c.remote_column = m.remote_column)
	FROM mapping m
	JOIN parts p USING (part)
	JOIN pg_temp.nsp_remote r USING (part, remote_column)
	CROSS JOIN LATERAL (
		SELECT (SELECT min(o.field COLLATE "C") FROM mapping o WHERE o.part = m.part AND o.remote_column = m.remote_column),
			   CASE WHEN m.read_as = 'time' THEN
						CASE WHEN r.is_datetime AND EXISTS (SELECT FROM mapping o WHERE o.part = m.part AND o.remote_column = m.remote_column AND o.watermark = 'time') THEN 'timestamp(3)' ELSE 'text' END
					WHEN r.type ~ '^(smallint|integer|bigint)$' AND m.read_as <> 'uuid' THEN r.type
					WHEN m.read_as = 'number' THEN 'numeric' WHEN r.type = 'uuid' THEN 'uuid' ELSE 'text' END,
			   format('%s.%s', p.remote_table, m.remote_column),
			   (SELECT CASE count(*) WHEN 1 THEN format('f.%I', min(n.name)) ELSE string_agg(format('f.%I::text', n.name), ' || '', '' || ') END
				FROM mapping k, LATERAL (SELECT min(o.field COLLATE "C") FROM mapping o WHERE o.part = k.part AND o.remote_column = k.remote_column) n (name)
				WHERE k.part = m.part AND k.is_key)) n (foreign_column, declared, place, row_key)
	WHERE m.part = nsp_find_fields.part;
END $$;
COMMENT ON FUNCTION nsp_find_fields(name, text) IS 'internal: the fields of a part of a source';

-- The condition that reads on from the watermark, in literals, which are all
-- that tds_fdw can be trusted with; NULL where all is to be read.
CREATE FUNCTION nsp_watermark(source name, part text) RETURNS text LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	marked record;
	condition text;
BEGIN
	PERFORM ticket_mining.run_enter(source);
	SELECT f.* INTO marked FROM pg_temp.nsp_fields f WHERE f.watermark IS NOT NULL LIMIT 1;
	IF marked.field IS NULL OR EXISTS (SELECT FROM pg_temp.nsp_fields f WHERE f.is_new) THEN
		RETURN NULL;
	END IF;
	EXECUTE format('SELECT %s FROM %I.settings s, (SELECT max(%I) FROM %I.%I) l (latest) WHERE l.latest IS NOT NULL',
		CASE marked.watermark
			WHEN 'id' THEN 'format(''f.%I > %s'', $1, l.latest - s.overlap_rows)'
			ELSE 'format(''f.%I >= %L::timestamp'', $1, to_char(l.latest - s.overlap, ''YYYY-MM-DD HH24:MI:SS''))' END,
		source, marked.field, source, 'landed_' || part) INTO condition USING marked.foreign_column;
	RETURN condition;
END $$;
COMMENT ON FUNCTION nsp_watermark(name, text) IS 'internal: the condition by which a part is read on';

-- In one order wherever they are named.
CREATE FUNCTION nsp_field_list(prefix text) RETURNS text LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT string_agg(prefix || quote_ident(f.field), ', ' ORDER BY f.field) FROM pg_temp.nsp_fields f);
END $$;
COMMENT ON FUNCTION nsp_field_list(text) IS 'internal: the fields of the part that is being loaded, each behind a prefix';

-- Reads a part into a table, by nothing but INSERT … SELECT of columns.
CREATE FUNCTION nsp_read_part(source name, part text, into_table text, condition text) RETURNS bigint LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	remote record;
	read bigint;
BEGIN
	PERFORM ticket_mining.run_enter(source);
	SELECT p.remote_schema, p.remote_table, s.server INTO remote FROM parts p, settings s WHERE p.part = nsp_read_part.part;
	EXECUTE format('CREATE FOREIGN TABLE %I.%I (%s) SERVER %I OPTIONS (schema_name %L, table_name %L)', source, 'remote_' || part,
		(SELECT string_agg(DISTINCT format('%I %s OPTIONS (column_name %L)', f.foreign_column, f.declared, f.remote_column), ', ') FROM pg_temp.nsp_fields f),
		remote.server, remote.remote_schema, remote.remote_table);
	read := ticket_mining.tds_execute(format('INSERT INTO %s (%s, landed_at) SELECT %s, transaction_timestamp() FROM %I.%I f %s', into_table,
		ticket_mining.nsp_field_list(''), (SELECT string_agg(f.expression, ', ' ORDER BY f.field) FROM pg_temp.nsp_fields f),
		source, 'remote_' || part, 'WHERE ' || condition));
	EXECUTE format('DROP FOREIGN TABLE %I.%I', source, 'remote_' || part);
	RETURN read;
END $$;
COMMENT ON FUNCTION nsp_read_part(name, text, text, text) IS 'internal: reads a part of a source';

-- Lands what was read beside what was there: nothing is deleted, rows that are
-- no longer there are marked. Rows that are as they were are not written: a
-- conflict alone would lock, and so write, each of them.
CREATE FUNCTION nsp_merge_part(source name, part text, is_full boolean, OUT changed bigint, OUT missing bigint) LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	landed text := format('%I.%I', source, 'landed_' || part);
	same_key text := (SELECT string_agg(format('s.%1$I = l.%1$I', f.field), ' AND ') FROM pg_temp.nsp_fields f WHERE f.is_key);
BEGIN
	EXECUTE format('INSERT INTO %1$s AS l (%2$s, landed_at)
		SELECT %3$s, s.landed_at FROM pg_temp.nsp_stage s LEFT JOIN %1$s l ON %4$s
		WHERE l.landed_at IS NULL OR l.missing_since IS NOT NULL OR (%3$s) IS DISTINCT FROM (%5$s)
		ON CONFLICT (%6$s) DO UPDATE SET (%2$s, missing_since, landed_at) = ROW(%7$s, NULL, EXCLUDED.landed_at)', landed,
		ticket_mining.nsp_field_list(''), ticket_mining.nsp_field_list('s.'), same_key, ticket_mining.nsp_field_list('l.'),
		ticket_mining.nsp_keys(), ticket_mining.nsp_field_list('EXCLUDED.'));
	GET DIAGNOSTICS changed = ROW_COUNT;
	missing := 0;
	IF is_full THEN
		EXECUTE format('UPDATE %s l SET missing_since = transaction_timestamp()
			WHERE missing_since IS NULL AND NOT EXISTS (SELECT FROM pg_temp.nsp_stage s WHERE %s)', landed, same_key);
		GET DIAGNOSTICS missing = ROW_COUNT;
	END IF;
END $$;
COMMENT ON FUNCTION nsp_merge_part(name, text, boolean) IS 'internal: lands what was read of a part';

CREATE FUNCTION nsp_keys() RETURNS text LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT string_agg(quote_ident(f.field), ', ' ORDER BY f.field) FROM pg_temp.nsp_fields f WHERE f.is_key);
END $$;
COMMENT ON FUNCTION nsp_keys() IS 'internal: the fields that tell the rows of a part apart';

-- A key that comes twice would make one of two rows win, today this one, tomorrow that.
CREATE FUNCTION nsp_require_keys(part text, read_into text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	keys text := ticket_mining.nsp_keys();
	twice text;
BEGIN
	EXECUTE format('SELECT concat_ws('', '', %1$s) FROM %2$s GROUP BY %1$s HAVING count(*) > 1 ORDER BY %1$s LIMIT 1', keys, read_into) INTO twice;
	IF twice IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'unique_violation', MESSAGE = format('part "%s" has more than one row of key (%s) = (%s)', part, keys, twice),
			HINT = 'The fields that the mapping marks is_key must tell its rows apart.';
	END IF;
END $$;
COMMENT ON FUNCTION nsp_require_keys(text, text) IS 'internal: refuses rows of one key';

-- Into an empty table, which has its key only from then on: a key made at once
-- takes a fraction of the time of one kept row by row. What was read is still
-- there for the message where it has a key twice: only the block is undone.
CREATE FUNCTION nsp_load_first(source name, part text, landed text) RETURNS bigint LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	read bigint := ticket_mining.nsp_read_part(source, part, landed, NULL);
BEGIN
	IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = landed::regclass AND contype = 'p') THEN
		EXECUTE format('ALTER TABLE %s ADD PRIMARY KEY (%s)', landed, ticket_mining.nsp_keys());
	END IF;
	RETURN read;
EXCEPTION WHEN unique_violation THEN
	PERFORM ticket_mining.nsp_require_keys(part, landed);
	RAISE;
END $$;
COMMENT ON FUNCTION nsp_load_first(name, text, text) IS 'internal: loads a part of a source that has nothing landed';

-- Beside what has landed: read on from the watermark, or all where there is none.
CREATE FUNCTION nsp_load_again(source name, part text, landed text, condition text) RETURNS jsonb LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
	there bigint;
	read bigint;
	merged record;
BEGIN
	DROP TABLE IF EXISTS pg_temp.nsp_stage;
	EXECUTE format('CREATE TEMPORARY TABLE nsp_stage (LIKE %s) ON COMMIT DROP', landed);
	read := ticket_mining.nsp_read_part(source, part, 'pg_temp.nsp_stage', condition);
	IF read = 0 AND condition IS NULL THEN
		EXECUTE format('SELECT count(*) FROM %s WHERE missing_since IS NULL', landed) INTO there;
		IF there > 0 THEN
			RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('part "%s" came empty, but had %s rows', part, there),
				HINT = format('If that is meant: UPDATE %s SET missing_since = now() WHERE missing_since IS NULL, and load again.', landed);
		END IF;
	END IF;
	ANALYZE pg_temp.nsp_stage;
	PERFORM ticket_mining.nsp_require_keys(part, 'pg_temp.nsp_stage');
	SELECT * INTO merged FROM ticket_mining.nsp_merge_part(source, part, condition IS NULL);
	RETURN jsonb_build_object('read', read, 'changed', merged.changed, 'missing', merged.missing, 'full', condition IS NULL);
END $$;
COMMENT ON FUNCTION nsp_load_again(name, text, text, text) IS 'internal: loads a part of a source beside what has landed';

CREATE FUNCTION nsp_load_part(source name, part text, wants_full boolean) RETURNS jsonb LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	landed text := format('%I.%I', source, 'landed_' || part);
	read bigint;
BEGIN
	PERFORM ticket_mining.nsp_find_fields(source, part);
	IF NOT EXISTS (SELECT FROM pg_temp.nsp_fields) THEN
		RETURN NULL;
	ELSIF pg_relation_size(landed) = 0 THEN
		read := ticket_mining.nsp_load_first(source, part, landed);
		RETURN jsonb_build_object('read', read, 'changed', read, 'missing', 0, 'full', true);
	END IF;
	RETURN ticket_mining.nsp_load_again(source, part, landed, CASE WHEN NOT wants_full THEN ticket_mining.nsp_watermark(source, part) END);
END $$;
COMMENT ON FUNCTION nsp_load_part(name, text, boolean) IS 'internal: loads a part of a source';

-- What to do about an error of tds_fdw that says little itself.
CREATE FUNCTION nsp_hint(state text, message text, detail text) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN CASE
	WHEN state NOT LIKE 'HV%' OR detail LIKE 'The remote server said: %' THEN NULL
	WHEN message LIKE '%DB #: 2403%' THEN 'Some text of this table is no valid UTF-16, such as half an emoji: mend it there, or leave it out in a remote view.'
	ELSE 'The connection broke or timed out. The next load reads what is missing.' END;
COMMENT ON FUNCTION nsp_hint(text, text, text) IS 'internal: what to do about an error of tds_fdw';

-- The same with errors that say which part it was.
CREATE FUNCTION nsp_load_named_part(source name, part text, wants_full boolean) RETURNS jsonb LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	detail text;
	hint text;
	remote text;
BEGIN
	RETURN ticket_mining.nsp_load_part(source, part, wants_full);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail := PG_EXCEPTION_DETAIL, hint := PG_EXCEPTION_HINT;
	EXECUTE format('SELECT format(''%%s.%%s'', p.remote_schema, p.remote_table) FROM %I.parts p WHERE p.part = $1', source) INTO remote USING part;
	RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = concat_ws(E'\n', nullif(hint, ''), ticket_mining.nsp_hint(SQLSTATE, SQLERRM, detail)),
		DETAIL = concat_ws(E'\n', nullif(detail, ''), format('While loading part "%s" (%s).', part, remote));
END $$;
COMMENT ON FUNCTION nsp_load_named_part(name, text, boolean) IS 'internal: loads a part of a source, with errors that name it';

-- What is odd, but harmless, in what has just landed: how many rows there are, and what is in the history.
CREATE FUNCTION nsp_find_oddities(source name, counts jsonb) RETURNS SETOF text LANGUAGE plpgsql
	COST 10000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	RETURN QUERY
	SELECT format('%s: %s rows were read, %s at the last full load', p.part, counts #>> ARRAY[p.part, 'read'], l.rows #>> ARRAY[p.part, 'read'])
	FROM parts p
	JOIN LATERAL (SELECT * FROM loads l WHERE l.state = 'done' AND (l.rows #>> ARRAY[p.part, 'full'])::boolean ORDER BY load_no DESC LIMIT 1) l ON true
	WHERE (counts #>> ARRAY[p.part, 'full'])::boolean
	AND (counts #>> ARRAY[p.part, 'read'])::numeric NOT BETWEEN (l.rows #>> ARRAY[p.part, 'read'])::numeric / 2 AND (l.rows #>> ARRAY[p.part, 'read'])::numeric * 2;
	RETURN QUERY SELECT 'changes: ' || c.oddity FROM ticket_mining.nsp_find_odd_changes(source) c (oddity);
END $$;
COMMENT ON FUNCTION nsp_find_oddities(name, jsonb) IS 'internal: what is odd in what has landed';

-- One pass over what has just landed, another over all the rest only if some of it
-- could be new. Of the values only those are looked at that become labels, each once.
CREATE FUNCTION nsp_find_odd_changes(source name) RETURNS SETOF text LANGUAGE plpgsql
	COST 10000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	labelled text[];
	tomorrow timestamp;
BEGIN
	PERFORM ticket_mining.run_enter(source);
	labelled := array(SELECT p.property FROM properties p WHERE p.becomes IN ('status', 'team'));
	SELECT (clock_timestamp() + interval '1 day') AT TIME ZONE s.time_zone INTO tomorrow FROM settings s;
	RETURN QUERY
	WITH fresh AS MATERIALIZED (
		SELECT c.property, CASE WHEN c.property = ANY (labelled) THEN c.old_value END AS old_value, CASE WHEN c.property = ANY (labelled) THEN c.new_value END AS new_value,
			   count(*) AS changes, count(*) FILTER (WHERE c.at > tomorrow) AS future, max(c.at) AS latest
		FROM landed_changes c
		WHERE c.landed_at = transaction_timestamp()
		GROUP BY 1, 2, 3)
	SELECT format('%s rows are of the future, the latest of %s', sum(f.future), max(f.latest)) FROM fresh f HAVING sum(f.future) > 0
	UNION ALL
	SELECT format('%s rows have letters that were lost (U+FFFD)', sum(f.changes)) FROM fresh f
	WHERE strpos(f.new_value, U&'\FFFD') > 0 OR strpos(f.old_value, U&'\FFFD') > 0 HAVING sum(f.changes) > 0
	UNION ALL
	SELECT format('"%s" is a new value of %s', n.new_value, n.property) FROM (
		SELECT f.property, f.new_value FROM fresh f WHERE f.property = ANY (labelled) AND EXISTS (SELECT FROM loads WHERE state = 'done')
		EXCEPT
		SELECT c.property, c.new_value FROM landed_changes c WHERE c.landed_at < transaction_timestamp() AND EXISTS (SELECT FROM fresh)) n
	UNION ALL
	SELECT DISTINCT format('property "%s" is not in properties', f.property) FROM fresh f WHERE NOT EXISTS (SELECT FROM properties p WHERE p.property = f.property);
END $$;
COMMENT ON FUNCTION nsp_find_odd_changes(name) IS 'internal: what is odd in the history that has landed';

CREATE FUNCTION nsp_begin_load(source name, wants_full boolean) RETURNS bigint LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	number bigint;
BEGIN
	PERFORM ticket_mining.nsp_require_owner(source);
	PERFORM ticket_mining.run_enter(source);
	PERFORM ticket_mining.run_end_interrupted('load', source);
	INSERT INTO loads (state, is_full)
	SELECT 'running', wants_full OR NOT EXISTS (
		SELECT FROM loads l, settings s WHERE l.state = 'done' AND l.is_full AND l.started_at > clock_timestamp() - s.full_every + interval '1 hour')
	RETURNING load_no INTO number;
	PERFORM pg_advisory_lock(ticket_mining.run_key(source, number));
	RETURN number;
END $$;
COMMENT ON FUNCTION nsp_begin_load(name, boolean) IS 'internal: begins the history of a load';

CREATE FUNCTION nsp_require_as_mapped(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	broken text;
BEGIN
	CREATE TEMPORARY TABLE nsp_findings ON COMMIT DROP AS SELECT * FROM ticket_mining.check_source(source);
	SELECT string_agg(concat_ws(': ', f.part, f.message), E'\n') INTO broken FROM pg_temp.nsp_findings f WHERE f.severity = 'breaking';
	IF broken IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'the source is not as its mapping says', DETAIL = broken,
			HINT = 'If the vendor changed it, edit parts and mapping of the source. Nothing was touched.';
	END IF;
END $$;
COMMENT ON FUNCTION nsp_require_as_mapped(name) IS 'internal: refuses a source that is not as its mapping says';

-- The work of a load, in one transaction. Tables and views are made anew only
-- when the mapping was edited, for that makes their readers wait.
CREATE FUNCTION nsp_load(source name, number bigint) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' SET jit = off AS $$
DECLARE
	wants_full boolean;
	wanted text;
	counts jsonb := '{}';
	mapped jsonb;
BEGIN
	PERFORM ticket_mining.nsp_require_owner(source);
	PERFORM ticket_mining.run_lock('load', source);
	PERFORM ticket_mining.run_use_memory();
	PERFORM ticket_mining.nsp_require_as_mapped(source);
	PERFORM ticket_mining.run_enter(source);
	SELECT l.is_full INTO wants_full FROM loads l WHERE load_no = number;
	mapped := (SELECT jsonb_agg(to_jsonb(m) ORDER BY m.part COLLATE "C", m.field COLLATE "C") FROM mapping m);
	IF mapped IS DISTINCT FROM (SELECT l.mapping FROM loads l WHERE l.state = 'done' ORDER BY l.load_no DESC LIMIT 1) THEN
		PERFORM nsp_make_landing(source);
	END IF;
	FOR wanted IN SELECT p.part FROM parts p ORDER BY p.part LOOP
		PERFORM ticket_mining.run_progress('load', source, format('loading %s', wanted));
		counts := counts || jsonb_build_object(wanted, nsp_load_named_part(source, wanted, wants_full));
		IF (counts #>> ARRAY[wanted, 'full'])::boolean THEN
			EXECUTE format('ANALYZE %I.%I', source, 'landed_' || wanted);
		END IF;
	END LOOP;
	DELETE FROM catalog;
	INSERT INTO catalog SELECT r.part, r.remote_column, r.type FROM pg_temp.nsp_remote r;
	UPDATE loads SET state = 'done', finished_at = clock_timestamp(), rows = counts, mapping = mapped,
		warnings = array(SELECT concat_ws(': ', f.part, f.message) FROM pg_temp.nsp_findings f) || array(SELECT o FROM nsp_find_oddities(source, counts) o)
	WHERE load_no = number;
END $$;
COMMENT ON FUNCTION nsp_load(name, bigint) IS 'internal: the work of a load';

-- All that a load does in one transaction; then, if asked, it refreshes a log.
CREATE PROCEDURE load(source name, "full" boolean DEFAULT false, refresh name DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
	number bigint;
	failure text[];
BEGIN
	CALL ticket_mining.run_require_own_transactions('load');
	IF refresh IS NOT NULL THEN
		PERFORM ticket_mining.log_require_owner(refresh);
	END IF;
	CALL ticket_mining.run_commit();
	number := ticket_mining.nsp_begin_load(source, "full");
	CALL ticket_mining.run_steps('load', source, number, ARRAY[
		pg_catalog.format('SELECT ticket_mining.nsp_load(%L, %s)', source, number)], failure);
	PERFORM ticket_mining.run_throw(failure);
	IF refresh IS NOT NULL THEN
		CALL ticket_mining.refresh(refresh);
	END IF;
END $$;
COMMENT ON PROCEDURE load(name, boolean, name) IS 'reads what is new of a source, or all of it, into its landing tables; then refreshes a log, if one is named';
