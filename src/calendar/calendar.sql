
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
	INPUT = business_calendar_in, OUTPUT = business_calendar_out, RECEIVE = business_calendar_recv,
	SEND = business_calendar_send,
	INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);
COMMENT ON TYPE business_calendar IS 'when people work: a time zone, shifts, exceptions, holidays';

CREATE FUNCTION business_calendar_lt(business_calendar, business_calendar) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_lt(business_calendar, business_calendar) IS
'implementation of < operator';

CREATE FUNCTION business_calendar_le(business_calendar, business_calendar) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_le(business_calendar, business_calendar) IS
'implementation of <= operator';

CREATE FUNCTION business_calendar_eq(business_calendar, business_calendar) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_eq(business_calendar, business_calendar) IS
'implementation of = operator';

CREATE FUNCTION business_calendar_ne(business_calendar, business_calendar) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_ne(business_calendar, business_calendar) IS
'implementation of <> operator';

CREATE FUNCTION business_calendar_ge(business_calendar, business_calendar) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_ge(business_calendar, business_calendar) IS
'implementation of >= operator';

CREATE FUNCTION business_calendar_gt(business_calendar, business_calendar) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_gt(business_calendar, business_calendar) IS
'implementation of > operator';

CREATE FUNCTION business_calendar_cmp(business_calendar, business_calendar) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_cmp(business_calendar, business_calendar) IS
'less-equal-greater, by bytes';

CREATE FUNCTION business_calendar_hash(business_calendar) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_hash(business_calendar) IS 'hash';

CREATE FUNCTION business_calendar_hash_extended(business_calendar, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION business_calendar_hash_extended(business_calendar, bigint) IS
'hash with a seed';

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
COMMENT ON OPERATOR CLASS business_calendar_ops USING btree IS
'order of the bytes; for long values index a hash of them';

CREATE OPERATOR CLASS business_calendar_ops DEFAULT FOR TYPE business_calendar USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 business_calendar_hash(business_calendar),
	FUNCTION 2 business_calendar_hash_extended(business_calendar, bigint);
COMMENT ON OPERATOR CLASS business_calendar_ops USING hash IS 'equality of the bytes';

CREATE FUNCTION business_calendar_add_holidays(calendar business_calendar, holidays date[])
	RETURNS business_calendar
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION business_calendar_add_holidays(business_calendar, date[]) IS
'the calendar with these days closed';

CREATE FUNCTION business_duration(calendar business_calendar, from_at timestamptz,
		to_at timestamptz) RETURNS interval
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION business_duration(business_calendar, timestamptz, timestamptz) IS
'open time of a calendar from one instant to another, negative if they are turned around';

CREATE FUNCTION business_add(calendar business_calendar, at timestamptz, duration interval)
	RETURNS timestamptz
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION business_add(business_calendar, timestamptz, interval) IS
'when so much open time has passed; for a negative duration from when on it passes until at';

CREATE FUNCTION business_is_open(calendar business_calendar, at timestamptz) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION business_is_open(business_calendar, timestamptz) IS
'whether an instant lies in a shift';

CREATE FUNCTION business_shifts(calendar business_calendar, from_at timestamptz, to_at timestamptz)
	RETURNS TABLE (from_at timestamptz, to_at timestamptz, duration interval)
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 ROWS 20;
COMMENT ON FUNCTION business_shifts(business_calendar, timestamptz, timestamptz) IS
'the openings between two instants';
