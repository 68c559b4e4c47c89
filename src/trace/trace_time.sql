
-- trace: segments, teams, correspondence

CREATE FUNCTION trace_segments(trace trace, segments jsonb, as_of timestamptz,
		OUT segment text, OUT from_at timestamptz, OUT to_at timestamptz,
		OUT duration interval, OUT business_duration interval) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50 ROWS 5;
COMMENT ON FUNCTION trace_segments(trace, jsonb, timestamptz) IS
'who held the case when: the segments of its activities until as_of (NULL: the last event)';

CREATE FUNCTION trace_segments(trace trace, segments jsonb, as_of timestamptz,
		calendar business_calendar,
		OUT segment text, OUT from_at timestamptz, OUT to_at timestamptz,
		OUT duration interval, OUT business_duration interval) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50 ROWS 5;
COMMENT ON FUNCTION trace_segments(trace, jsonb, timestamptz, business_calendar) IS
'who held the case when: the segments of its activities until as_of (NULL: the last event), with'
	' the business time of each';

CREATE FUNCTION trace_time_in(trace trace, activities text[], as_of timestamptz) RETURNS interval
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 30;
COMMENT ON FUNCTION trace_time_in(trace, text[], timestamptz) IS
'time that the case was in these activities until as_of (NULL: the last event)';

CREATE FUNCTION trace_time_in(trace trace, activities text[], as_of timestamptz,
		calendar business_calendar) RETURNS interval
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 30;
COMMENT ON FUNCTION trace_time_in(trace, text[], timestamptz, business_calendar) IS
'business time that the case was in these activities until as_of (NULL: the last event)';

CREATE FUNCTION trace_overlay(a trace, b trace, as_of timestamptz)
		RETURNS TABLE (a text, b text, from_at timestamptz, to_at timestamptz)
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50 ROWS 10;
COMMENT ON FUNCTION trace_overlay(trace, trace, timestamptz) IS
'which activity of one trace fell together with which of another, from the start of a until as_of'
	' (NULL: the last event of a)';

CREATE FUNCTION trace_visits(trace trace, as_of timestamptz, OUT visit_no integer, OUT team text,
		OUT from_at timestamptz, OUT to_at timestamptz, OUT next_team text,
		OUT is_return boolean, OUT is_bounce boolean) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50 ROWS 5;
COMMENT ON FUNCTION trace_visits(trace, timestamptz) IS
'the visits to teams of a trace of assignments until as_of (NULL: the last event)';

CREATE FUNCTION trace_handover_count(trace trace) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_handover_count(trace) IS
'how often the team changes in a trace of assignments';

CREATE FUNCTION trace_landing(trace trace, resolved_at timestamptz, intake text[]) RETURNS text
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_landing(trace, timestamptz, text[]) IS
'how a case landed by its resolution: direct, forwarded (once, from an intake team), rerouted; of'
	' a trace of assignments';

CREATE FUNCTION trace_messages_in(trace trace) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_messages_in(trace) IS 'messages from the user in a trace of messages';

CREATE FUNCTION trace_messages_out(trace trace) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_messages_out(trace) IS 'messages to the user in a trace of messages';

CREATE FUNCTION trace_turns(trace trace) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_turns(trace) IS 'changes of direction in a trace of messages';
