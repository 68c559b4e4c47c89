-- filters: parts of a trace, predicates, chains

CREATE FUNCTION trace_keep(trace trace, activities text[]) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace_keep(trace, text[]) IS
'the trace with these activities alone, which then follow each other; NULL where nothing is left';

CREATE FUNCTION trace_drop(trace trace, activities text[]) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace_drop(trace, text[]) IS
'the trace without these activities, whose neighbours then follow each other; NULL where nothing is'
' left';

CREATE FUNCTION trace_mask(trace trace, activities text[]) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace_mask(trace, text[]) IS
'the trace with these activities hidden: no edge goes across where they stood; NULL where nothing'
' is left';

CREATE FUNCTION trace_crop(trace trace, from_activities text[], to_activities text[],
		from_which text DEFAULT 'first', to_which text DEFAULT 'last') RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace_crop(trace, text[], text[], text, text) IS
'the piece from the first (or last) event of some activities to the last (or first, from there on)'
' of others; NULL where nothing is left';

CREATE FUNCTION trace_crop_match(trace trace, pattern trace_pattern, which text DEFAULT 'first')
	RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40;
COMMENT ON FUNCTION trace_crop_match(trace, trace_pattern, text) IS
'the events of the first or last match of a pattern; NULL where there is none';

CREATE FUNCTION trace_between(trace trace, from_at timestamptz, to_at timestamptz) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION trace_between(trace, timestamptz, timestamptz) IS
'the events on [from_at, to_at); NULL where nothing is left';

CREATE FUNCTION trace_has_any(trace trace, activities text[]) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_has_any(trace, text[]) IS 'whether the case has one of these activities';

CREATE FUNCTION trace_starts_with(trace trace, activities text[]) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_starts_with(trace, text[]) IS
'whether the first event is one of these activities, with nothing masked before it';

CREATE FUNCTION trace_ends_with(trace trace, activities text[]) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_ends_with(trace, text[]) IS
'whether the last event is one of these activities, with nothing masked behind it';

CREATE FUNCTION trace_has_edge(trace trace, source text, target text,
		at_least interval DEFAULT NULL, at_most interval DEFAULT NULL) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_has_edge(trace, text, text, interval, interval) IS
'whether target directly follows source, in a time within these bounds';

CREATE FUNCTION trace_starts_in(trace trace, from_at timestamptz, to_at timestamptz) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION trace_starts_in(trace, timestamptz, timestamptz) IS
'whether the first event lies on [from_at, to_at)';

CREATE FUNCTION trace_ends_in(trace trace, from_at timestamptz, to_at timestamptz) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION trace_ends_in(trace, timestamptz, timestamptz) IS
'whether the last event lies on [from_at, to_at)';

CREATE FUNCTION trace_contained_in(trace trace, from_at timestamptz, to_at timestamptz)
	RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION trace_contained_in(trace, timestamptz, timestamptz) IS
'whether all events lie on [from_at, to_at)';

CREATE FUNCTION trace_intersects(trace trace, from_at timestamptz, to_at timestamptz)
	RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION trace_intersects(trace, timestamptz, timestamptz) IS
'whether the time from the first event to the last has an instant in common with [from_at, to_at)';

CREATE FUNCTION trace_filter(trace trace, filter jsonb) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION trace_filter(trace, jsonb) IS
'what a chain of filters leaves of a case; NULL where the case drops out';

CREATE FUNCTION trace_filter(trace trace, filter jsonb, attributes jsonb) RETURNS trace
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION trace_filter(trace, jsonb, jsonb) IS
'what a chain of filters leaves of a case with these attributes; NULL where the case drops out';

CREATE FUNCTION trace_filter_lengths(trace trace, filter jsonb, attributes jsonb) RETURNS integer[]
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION trace_filter_lengths(trace, jsonb, jsonb) IS
'internal: how many events each step of a chain leaves of a case';

CREATE FUNCTION filter_attributes(filter jsonb) RETURNS text[]
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION filter_attributes(jsonb) IS
'internal: the attributes that a chain of filters asks for; an error where it is no chain';

CREATE FUNCTION filter_labels(filter jsonb) RETURNS text[]
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION filter_labels(jsonb) IS
'internal: the activities that a chain of filters names; an error where it is no chain';
