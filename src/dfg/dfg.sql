
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
COMMENT ON TYPE dfg IS
'directly-follows graph of many cases: activities and edges with frequencies and durations';

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
COMMENT ON OPERATOR CLASS dfg_ops USING btree IS
'order of the bytes; for long values index a hash of them';

CREATE OPERATOR CLASS dfg_ops DEFAULT FOR TYPE dfg USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 dfg_hash(dfg),
	FUNCTION 2 dfg_hash_extended(dfg, bigint);
COMMENT ON OPERATOR CLASS dfg_ops USING hash IS 'equality of the bytes';

CREATE FUNCTION dfg_to_jsonb(dfg dfg) RETURNS jsonb
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION dfg_to_jsonb(dfg) IS
'the graph as a JSON object of cases, events, activities and edges, durations in seconds';

CREATE CAST (dfg AS jsonb) WITH FUNCTION dfg_to_jsonb(dfg);
COMMENT ON CAST (dfg AS jsonb) IS
'the graph as a JSON object of cases, events, activities and edges, durations in seconds';
