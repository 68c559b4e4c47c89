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
	INPUT = trace_pattern_in, OUTPUT = trace_pattern_out, RECEIVE = trace_pattern_recv,
	SEND = trace_pattern_send,
	INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);
COMMENT ON TYPE trace_pattern IS 'regular expression over the activities of a trace';

CREATE FUNCTION trace_pattern_lt(trace_pattern, trace_pattern) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_pattern_lt(trace_pattern, trace_pattern) IS
'implementation of < operator';

CREATE FUNCTION trace_pattern_le(trace_pattern, trace_pattern) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_pattern_le(trace_pattern, trace_pattern) IS
'implementation of <= operator';

CREATE FUNCTION trace_pattern_eq(trace_pattern, trace_pattern) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_pattern_eq(trace_pattern, trace_pattern) IS
'implementation of = operator';

CREATE FUNCTION trace_pattern_ne(trace_pattern, trace_pattern) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_pattern_ne(trace_pattern, trace_pattern) IS
'implementation of <> operator';

CREATE FUNCTION trace_pattern_ge(trace_pattern, trace_pattern) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_pattern_ge(trace_pattern, trace_pattern) IS
'implementation of >= operator';

CREATE FUNCTION trace_pattern_gt(trace_pattern, trace_pattern) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_pattern_gt(trace_pattern, trace_pattern) IS
'implementation of > operator';

CREATE FUNCTION trace_pattern_cmp(trace_pattern, trace_pattern) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION trace_pattern_cmp(trace_pattern, trace_pattern) IS
'less-equal-greater, by bytes';

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
COMMENT ON FUNCTION trace_has_match(trace, trace_pattern) IS
'whether the pattern has a match in the trace';

CREATE FUNCTION trace_match_count(trace trace, pattern trace_pattern) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION trace_match_count(trace, trace_pattern) IS
'number of matches, from left to right and without overlap';

CREATE FUNCTION trace_matches(
	trace trace, pattern trace_pattern,
	OUT match_no integer, OUT first_event integer, OUT last_event integer,
	OUT from_at timestamptz, OUT to_at timestamptz
) RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50 ROWS 2;
COMMENT ON FUNCTION trace_matches(trace, trace_pattern) IS
'the matches, from left to right and without overlap';
