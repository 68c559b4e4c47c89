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
COMMENT ON OPERATOR CLASS trace_ops USING btree IS
'order of the bytes; for long values index a hash of them';

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
