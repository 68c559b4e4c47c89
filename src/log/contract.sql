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

-- The relation of a name; NULL for text that is not a name, at which to_regclass() throws.
CREATE FUNCTION log_find_relation(relation text) RETURNS regclass LANGUAGE plpgsql
	STABLE COST 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN to_regclass(relation);
EXCEPTION WHEN syntax_error OR invalid_name OR feature_not_supported THEN
	RETURN NULL;
END $$;
COMMENT ON FUNCTION log_find_relation(text) IS 'internal: the relation of a name';

-- A relation by a name that stays right whatever the search_path.
CREATE FUNCTION log_relation_name(relation regclass) RETURNS text LANGUAGE sql
	STABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n
		ON n.oid = relnamespace WHERE c.oid = relation
$$;
COMMENT ON FUNCTION log_relation_name(regclass) IS 'internal: the qualified name of a relation';

-- The columns of a relation with what they can be used as: attribute_type is
-- the type of the mined column, expression how to get there, both NULL if they cannot
-- be used.
CREATE FUNCTION log_columns(relation text, time_zone text,
		OUT column_no integer, OUT column_name text, OUT type text, OUT accepts text,
		OUT attribute_type text, OUT expression text) RETURNS SETOF record LANGUAGE sql
	STABLE COST 100 ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
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
		('bool'::regtype, 'smallint', '%1$s::integer::smallint'),
			('int2', 'smallint', '%1$s::smallint'),
		('int4', 'integer', '%1$s::integer'), ('int8', 'bigint', '%1$s::bigint'),
		-- 0.1 stays 0.1, and -0 is 0.
		('float4', 'float8', '(%1$s::text::float8 + 0)'),
			('float8', 'float8', '(%1$s::float8 + 0)'),
		('numeric', 'float8', 'ticket_mining.log_number(%1$s)'),
		('date', 'date', 'ticket_mining.log_known_time(%1$s::date)'),
		('timestamp', 'timestamp', 'ticket_mining.log_known_time(%1$s::timestamp)'),
		('timestamptz', 'timestamp', 'ticket_mining.log_known_time(%1$s, %2$L)'),
		('interval', 'float8', 'date_part(''epoch'', %1$s)'), ('uuid', 'text', '%1$s::text')
	) AS plain (oid, type, expression) ON plain.oid = base.oid
	CROSS JOIN LATERAL (SELECT CASE WHEN base.typcategory IN ('S', 'E') THEN 'text'
		ELSE plain.type END,
		CASE base.typcategory WHEN 'S' THEN '%1$s::text COLLATE "default"'
			WHEN 'E' THEN format('enum_out(%%1$s::%s)::text COLLATE "default"',
				replace(base.oid::regtype::text, '%', '%%'))
			ELSE plain.expression END) attribute (type, expression)
	WHERE attrelid = ticket_mining.log_find_relation(relation) AND attnum > 0 AND NOT attisdropped
	ORDER BY attnum
$$;
COMMENT ON FUNCTION log_columns(text, text) IS
'internal: the columns of a relation and what they can be used as';

-- What a relation reads, itself included, through views and partitions; a materialized
-- view is a copy already.
CREATE FUNCTION log_reads(relation text) RETURNS SETOF regclass LANGUAGE sql
	STABLE COST 1000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE reads (oid) AS (
		SELECT ticket_mining.log_find_relation(relation)::oid
		UNION
		SELECT next.oid
		FROM reads
		CROSS JOIN LATERAL (
			SELECT d.refobjid
			FROM pg_class v
			JOIN pg_rewrite r ON r.ev_class = v.oid
			JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
				AND d.refclassid = 'pg_class'::regclass
			WHERE v.oid = reads.oid AND v.relkind = 'v'
			UNION ALL
			SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = reads.oid) next (oid)
	)
	SELECT oid FROM reads WHERE oid IS NOT NULL
$$;
COMMENT ON FUNCTION log_reads(text) IS 'internal: the relations that a relation reads';

CREATE FUNCTION log_foreign_tables(relation text) RETURNS SETOF text LANGUAGE sql
	STABLE COST 1000 ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
	SELECT r::text FROM ticket_mining.log_reads(relation) r JOIN pg_class c ON c.oid = r
	WHERE relkind = 'f'
$$;
COMMENT ON FUNCTION log_foreign_tables(text) IS
'internal: the foreign tables that a relation reads';

-- What is wrong with one relation, one line a fault.
CREATE FUNCTION log_relation_faults(contract text, source text, zone text) RETURNS SETOF text
	LANGUAGE plpgsql
	STABLE COST 1000 ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	found_as regclass := ticket_mining.log_find_relation(source);
	kind "char" := (SELECT relkind FROM pg_class WHERE oid = found_as);
BEGIN
	IF kind IS NULL THEN
		RETURN NEXT format('%s: relation %s does not exist%s', contract, source,
			CASE WHEN source !~ '[.]' THEN '; name it with its schema' END);
	ELSIF kind NOT IN ('r', 'p', 'v', 'm', 'f') THEN
		RETURN NEXT format('%s: %s is not a table or view', contract, source);
	END IF;
	RETURN QUERY
	SELECT format('%s: foreign table %s would be read in ways that give wrong rows; copy it with'
		' INSERT INTO ... SELECT first', contract, f)
	FROM ticket_mining.log_foreign_tables(source) f;
	RETURN QUERY
	SELECT CASE
		WHEN found.column_name IS NULL THEN format('%s: %s has no column %s', contract, source,
			c.column_name)
		WHEN NOT has_column_privilege(found_as, c.column_name, 'SELECT') THEN
			format('%s: no right to read column %s of %s', contract, c.column_name, source)
		WHEN c.accepts = 'time' AND found.accepts = 'timestamp' THEN
			format('%s: column %s is a timestamp without time zone; say with time_zone which zone'
				' it is in, and that you have said so with is_time_zone_given where the settings'
				' have that zone already', contract, c.column_name)
		ELSE format('%s: column %s is of type %s, but must be %s', contract, c.column_name,
			found.type,
			CASE c.accepts WHEN 'id' THEN 'an integer, numeric, uuid or text'
				WHEN 'time' THEN 'timestamp with time zone' WHEN 'label' THEN 'text'
				ELSE c.accepts END)
		END
	FROM ticket_mining.contract_columns c
	LEFT JOIN ticket_mining.log_columns(source, zone) found USING (column_name)
	WHERE c.relation = contract AND kind IS NOT NULL
	AND CASE WHEN found.column_name IS NULL THEN c.is_required
			 WHEN NOT has_column_privilege(found_as, c.column_name, 'SELECT') THEN true
			 ELSE found.accepts <> ALL (CASE c.accepts
				WHEN 'id' THEN '{integer,id,label}' WHEN 'integer' THEN '{integer}'
					WHEN 'label' THEN '{label}'
				WHEN 'label or integer' THEN '{label,integer,id}'
				ELSE CASE WHEN zone IS NULL THEN '{timestamptz}'
					ELSE '{timestamptz,timestamp}' END END::text[])
		END
	ORDER BY c.column_no;
END $$;
COMMENT ON FUNCTION log_relation_faults(text, text, text) IS
'internal: what is wrong with a relation of a log';

-- A log that reads what it has mined itself would change with every refresh.
CREATE FUNCTION log_own_faults(log name, relations jsonb) RETURNS SETOF text LANGUAGE sql
	STABLE COST 1000 ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('%s: %s reads %s, which this log has mined itself', r.contract,
		relations ->> r.contract, min(m.table_name))
	FROM (VALUES ('events'), ('assignments'), ('messages'), ('cases')) r (contract),
		ticket_mining.log_reads(relations ->> r.contract) reads,
		ticket_mining.mined_tables m
	WHERE reads = to_regclass(format('%I.%I', log, m.table_name))
	GROUP BY r.contract
$$;
COMMENT ON FUNCTION log_own_faults(name, jsonb) IS
'internal: the relations of a log that it has mined itself';

-- What a column of cases would be taken for; NULL for none. Names of columns are told
-- from each other exactly.
CREATE FUNCTION log_reserved_for(column_name text) RETURNS text LANGUAGE sql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE
		WHEN EXISTS (SELECT FROM ticket_mining.mined_columns m
			WHERE m.table_name = 'cases' AND m.column_name = log_reserved_for.column_name)
			THEN 'a mined column'
		WHEN column_name = 'teams' THEN 'the teams of a case in chains of filters'
		WHEN EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = 'pg_class'::regclass
			AND a.attnum < 0 AND a.attname = log_reserved_for.column_name)
			THEN 'a system column of PostgreSQL' END
$$;
COMMENT ON FUNCTION log_reserved_for(text) IS
'internal: what a column of cases would be taken for, if it were an attribute';

-- What is wrong with the attributes of the cases.
CREATE FUNCTION log_attribute_faults(relation text) RETURNS SETOF text LANGUAGE sql
	STABLE COST 1000 ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN NOT has_column_privilege(ticket_mining.log_find_relation(relation),
		a.column_name, 'SELECT') THEN format('cases: no right to read column %s of %s',
		a.column_name, relation)
				WHEN a.attribute_type IS NULL THEN format('cases: column %s of type %s cannot be an'
					' attribute; cast it, or leave it out, in a view', a.column_name, a.type)
				ELSE format('cases: column %s has the name of %s; rename it in a view',
					a.column_name, r.what) END
	FROM ticket_mining.log_columns(relation, 'UTC') a
	CROSS JOIN LATERAL ticket_mining.log_reserved_for(a.column_name) r (what)
	WHERE a.column_name NOT IN ('case_id', 'case_no') AND (a.attribute_type IS NULL
		OR r.what IS NOT NULL
		OR NOT has_column_privilege(ticket_mining.log_find_relation(relation), a.column_name,
			'SELECT'))
$$;
COMMENT ON FUNCTION log_attribute_faults(text) IS
'internal: what is wrong with the attributes of the cases of a log';

CREATE FUNCTION log_setting_faults(zone text, case_url text) RETURNS SETOF text LANGUAGE sql
	STABLE COST 100 ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
	SELECT f.fault
	FROM (VALUES
		(CASE WHEN case_url !~ '^https?://[^/?#{}[:space:]@\\"<>]+/[^[:space:]"<>]*$'
			  THEN 'case_url: must begin with http:// or https:// and a host, without blanks, '
				   'quotes or angle brackets'
			  WHEN case_url !~ '\{case_(no|id)\}'
			  THEN 'case_url: has no {case_no} or {case_id} for the case' END),
		(ticket_mining.run_zone_fault(zone))) f (fault)
	WHERE f.fault IS NOT NULL
$$;
COMMENT ON FUNCTION log_setting_faults(text, text) IS
'internal: what is wrong with the settings of a log';

-- The zone that the owner of a log has said times without one to be in; NULL where it is
-- only the one that times are shown in. A log of 0.1.0 does not know, until a refresh.
CREATE FUNCTION log_given_zone(settings jsonb) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN CASE WHEN settings ->> 'is_time_zone_given' = 'false' THEN NULL
	ELSE settings ->> 'time_zone' END;
COMMENT ON FUNCTION log_given_zone(jsonb) IS
'internal: the zone that times without one are said to be in';

-- All that is wrong, in one error. given_zone is NULL where the user gave none.
CREATE FUNCTION log_require_contract(log name, relations jsonb, given_zone text, case_url text)
	RETURNS void LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	faults text[] := array(
		SELECT fault FROM ticket_mining.log_setting_faults(given_zone, case_url) fault
		UNION ALL
		SELECT fault FROM (VALUES ('events'), ('assignments'), ('messages'),
			   ('cases')) r (contract),
			   ticket_mining.log_relation_faults(contract, relations ->> contract, given_zone) fault
		WHERE relations ->> contract IS NOT NULL
		UNION ALL
		SELECT fault FROM ticket_mining.log_own_faults(log, relations) fault
		UNION ALL
		SELECT fault FROM ticket_mining.log_attribute_faults(relations ->> 'cases') fault);
BEGIN
	IF relations ->> 'events' IS NULL THEN
		faults := faults || 'events: must be given'::text;
	END IF;
	IF cardinality(faults) > 0 THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('the log cannot be read as it is: %s',
				CASE cardinality(faults) WHEN 1 THEN faults[1]
				ELSE cardinality(faults) || ' faults' END),
			DETAIL = array_to_string(faults, E'\n'),
			HINT = 'Make views that have the contract''s columns, and give these; see'
				' ticket_mining.contract_columns.';
	END IF;
END $$;
COMMENT ON FUNCTION log_require_contract(name, jsonb, text, text) IS
'internal: refuses a log that cannot be read, with all faults';
