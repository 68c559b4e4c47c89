-- nsp: values of SQL Server as tds_fdw brings them

CREATE FUNCTION tds_timestamp(value text) RETURNS timestamp
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2;
COMMENT ON FUNCTION tds_timestamp(text) IS
'a datetime2, smalldatetime, date or time of SQL Server, which FreeTDS writes as text; rounded to '
'microseconds, but never out of its year';

CREATE FUNCTION tds_timestamp(value text, "column" text, "row" anyelement) RETURNS timestamp
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2;
COMMENT ON FUNCTION tds_timestamp(text, text, anyelement) IS
'the same, with an error that names column and row';

CREATE FUNCTION tds_text(value text, "column" text, "row" anyelement) RETURNS text
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2;
COMMENT ON FUNCTION tds_text(text, text, anyelement) IS
'the text, if it is valid UTF-8; an error names column and row';
