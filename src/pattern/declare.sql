-- trace: the constraints of Declare

CREATE FUNCTION trace_existence(trace trace, activity text, times integer DEFAULT 1) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_existence(trace, text, integer) IS
'constraint: the activity happens at least so many times';

CREATE FUNCTION trace_existence_violations(trace trace, activity text, times integer DEFAULT 1)
	RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_existence_violations(trace, text, integer) IS
'violations of existence: how many of these times are missing';

CREATE FUNCTION trace_absence(trace trace, activity text, times integer DEFAULT 1) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_absence(trace, text, integer) IS
'constraint: the activity happens fewer than so many times';

CREATE FUNCTION trace_absence_violations(trace trace, activity text, times integer DEFAULT 1)
	RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_absence_violations(trace, text, integer) IS
'violations of absence: how many times it happens beyond that';

CREATE FUNCTION trace_response(trace trace, source text, target text) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_response(trace, text, text) IS
'constraint: each source is eventually followed by a target';

CREATE FUNCTION trace_response_violations(trace trace, source text, target text) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_response_violations(trace, text, text) IS
'violations of response: sources that are not';

CREATE FUNCTION trace_precedence(trace trace, source text, target text) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_precedence(trace, text, text) IS
'constraint: each target has a source somewhere before it';

CREATE FUNCTION trace_precedence_violations(trace trace, source text, target text) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_precedence_violations(trace, text, text) IS
'violations of precedence: targets that have none';

CREATE FUNCTION trace_succession(trace trace, source text, target text) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_succession(trace, text, text) IS 'constraint: response and precedence';

CREATE FUNCTION trace_succession_violations(trace trace, source text, target text) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_succession_violations(trace, text, text) IS
'violations of succession: sources without a target behind them, and targets without a source'
	' before them';

CREATE FUNCTION trace_chain_response(trace trace, source text, target text) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_chain_response(trace, text, text) IS
'constraint: each source is directly followed by a target';

CREATE FUNCTION trace_chain_response_violations(trace trace, source text, target text)
	RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION trace_chain_response_violations(trace, text, text) IS
'violations of chain response: sources that are not';
