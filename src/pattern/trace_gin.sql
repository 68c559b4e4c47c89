-- trace: an index that finds cases

CREATE FUNCTION trace_contains(trace trace, activities text[]) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_contains(trace, text[]) IS
'whether all of the activities are in the trace';

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

CREATE FUNCTION trace_gin_extract_query(trace, internal, smallint, internal, internal, internal,
		internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION trace_gin_extract_query(trace, internal, smallint, internal, internal, internal,
	internal) IS
'internal: GIN support';

CREATE FUNCTION trace_gin_triconsistent(internal, smallint, trace, integer, internal, internal,
		internal) RETURNS "char"
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_gin_triconsistent(internal, smallint, trace, integer, internal, internal,
	internal) IS
'internal: GIN support';

CREATE OPERATOR CLASS trace_ops DEFAULT FOR TYPE trace USING gin AS
	OPERATOR 1 @> (trace, text[]),
	OPERATOR 2 ~ (trace, trace_pattern),
	FUNCTION 1 btint8cmp(bigint, bigint),
	FUNCTION 2 trace_gin_extract_value(trace, internal),
	FUNCTION 3 trace_gin_extract_query(trace, internal, smallint, internal, internal, internal,
		internal),
	FUNCTION 6 trace_gin_triconsistent(internal, smallint, trace, integer, internal, internal,
		internal),
	STORAGE bigint;
COMMENT ON OPERATOR CLASS trace_ops USING gin IS
'activities, and pairs of which one directly follows the other, by their hashes';
