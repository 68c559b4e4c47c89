-- nsp: a source, its mapping and its tables

-- What the parts of a source are, and their fields: the default mapping, for the
-- names that are known or presumed of NSP. Every name is configuration.
CREATE VIEW nsp_default_parts (part_no, part, remote_table, is_required, meaning) AS VALUES
	(1, 'tickets', 'SysTicket', true, 'The tickets as they are now'),
	(2, 'changes', 'EntityChangeLog', true, 'Their history: property, old value, new value'),
	(3, 'comments', 'EntityComment', false, 'What was written'),
	(4, 'statuses', 'SysEntityStatus', false, 'Names of statuses'),
	(5, 'stages', 'SysEntityStage', false,
		'Stages, which are groups of statuses, with the flags Pending and Closed'),
	(6, 'stage_statuses', 'SysEntityStageStatus', false, 'Which stage has which status'),
	(7, 'groups', 'SysGroup', false, 'Names of the groups that have tickets'),
	(8, 'priorities', 'SysPriority', false, 'Names of priorities');
COMMENT ON VIEW nsp_default_parts IS 'the remote tables of an NSP source, before you edit them';

CREATE VIEW nsp_default_fields (part, field_no, field, remote_column, read_as, is_key, is_required,
	watermark, lookup, meaning) AS VALUES
	('tickets', 1, 'case_id', 'Id', 'integer', true, true, NULL, NULL, 'The ticket'),
	('tickets', 2, 'case_no', 'ReferenceNo', 'text', false, false, NULL, NULL,
		'What people call it'),
	('tickets', 3, 'status', 'BaseEntityStatusId', 'integer', false, true, NULL, 'statuses',
		'Its status now'),
	('tickets', 4, 'team', 'AgentGroupId', 'integer', false, false, NULL, 'groups',
		'The group that has it now'),
	('tickets', 5, 'created_at', 'CreatedDate', 'time', false, true, NULL, NULL,
		'When it was made'),
	('tickets', 6, 'updated_at', 'UpdatedDate', 'time', false, false, NULL, NULL,
		'When it was last changed'),
	('tickets', 7, 'is_deleted', 'MarkedForDelete', 'boolean', false, false, NULL, NULL,
		'Whether it was deleted'),
	('tickets', 8, 'priority', 'PriorityId', 'integer', false, false, NULL, 'priorities',
		'An attribute'),
	('changes', 1, 'seq', 'Id', 'integer', true, true, 'id', NULL, 'The order of saving'),
	('changes', 2, 'case_id', 'EntityId', 'integer', false, true, NULL, NULL, 'The ticket'),
	('changes', 3, 'property', 'PropertyName', 'text', false, true, NULL, NULL, 'What was changed'),
	('changes', 4, 'old_value', 'OldValue', 'text', false, false, NULL, NULL, 'From what'),
	('changes', 5, 'new_value', 'NewValue', 'text', false, true, NULL, NULL, 'To what'),
	('changes', 6, 'at', 'ChangedDate', 'time', false, true, NULL, NULL, 'When'),
	('comments', 1, 'seq', 'Id', 'integer', true, true, 'id', NULL, 'The order of saving'),
	('comments', 2, 'case_id', 'EntityId', 'integer', false, true, NULL, NULL, 'The ticket'),
	('comments', 3, 'at', 'CreatedDate', 'time', false, true, NULL, NULL, 'When'),
	('comments', 4, 'user_type', 'UserType', 'integer', false, false, NULL, NULL, 'Who wrote it'),
	('comments', 5, 'is_internal', 'IsInternal', 'boolean', false, false, NULL, NULL,
		'Whether the user sees it'),
	('comments', 6, 'origin', 'Source', 'integer', false, false, NULL, NULL, 'How it came'),
	('statuses', 1, 'id', 'Id', 'integer', true, true, NULL, NULL, 'The status'),
	('statuses', 2, 'name', 'DisplayNameId', 'text', false, true, NULL, NULL, 'Its name'),
	('stages', 1, 'id', 'Id', 'integer', true, true, NULL, NULL, 'The stage'),
	('stages', 2, 'is_pending', 'IsPending', 'boolean', false, true, NULL, NULL,
		'Whether tickets wait in it'),
	('stages', 3, 'is_closed', 'IsClosed', 'boolean', false, true, NULL, NULL,
		'Whether tickets are done in it'),
	('stage_statuses', 1, 'stage_id', 'StageId', 'integer', true, true, NULL, NULL, 'The stage'),
	('stage_statuses', 2, 'status_id', 'StatusId', 'integer', true, true, NULL, NULL, 'The status'),
	('groups', 1, 'id', 'Id', 'integer', true, true, NULL, NULL, 'The group'),
	('groups', 2, 'name', 'GroupName', 'text', false, true, NULL, NULL, 'Its name'),
	('priorities', 1, 'id', 'Id', 'integer', true, true, NULL, NULL, 'The priority'),
	('priorities', 2, 'name', 'DisplayNameId', 'text', false, true, NULL, NULL, 'Its name');
COMMENT ON VIEW nsp_default_fields IS 'the mapping of an NSP source, before you edit it';
GRANT SELECT ON nsp_default_parts, nsp_default_fields TO PUBLIC;

CREATE FUNCTION is_source(source name) RETURNS boolean LANGUAGE sql
	STABLE PARALLEL SAFE COST 10
RETURN ticket_mining.run_owns_tables(source, '{settings,loads,mapping}');
COMMENT ON FUNCTION is_source(name) IS 'whether a schema is that of a source';

-- The names of a source's own tables and views; landing tables have those of the parts.
CREATE FUNCTION nsp_tables() RETURNS name[] LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1
RETURN '{settings,parts,mapping,properties,directions,loads,catalog}'::name[];
COMMENT ON FUNCTION nsp_tables() IS
'internal: the tables of a source, without those that it lands in';

CREATE FUNCTION nsp_views() RETURNS name[] LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1
RETURN '{names,tickets,history,events,assignments,messages,cases,quality}'::name[];
COMMENT ON FUNCTION nsp_views() IS 'internal: the views of a source';

-- A role that may create in the schema of a source could have put something there that
-- is taken for its own, with triggers and functions that would then run as its owner.
CREATE FUNCTION nsp_require_own_relations(source name, names name[]) RETURNS void LANGUAGE plpgsql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	planted text := (
		SELECT string_agg(
			format('%s of role "%s"', relname, pg_get_userbyid(relowner)), ', ' ORDER BY relname)
		FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
		WHERE nspname = source AND relname = ANY (names) AND relowner <> nspowner);
BEGIN
	IF planted IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('source "%s" has relations that are not its owner''s', source),
			DETAIL = planted, HINT = 'Drop them, or rename them.';
	END IF;
END $$;
COMMENT ON FUNCTION nsp_require_own_relations(name, name[]) IS
'internal: refuses relations of a source that are not its owner''s';

CREATE FUNCTION nsp_require_owner(source name) RETURNS void LANGUAGE plpgsql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_require_owner('source', source, ticket_mining.is_source(source),
		'CALL ticket_mining.create_nsp_source() makes one.');
	PERFORM ticket_mining.nsp_require_own_relations(source,
		ticket_mining.nsp_tables() || ticket_mining.nsp_views());
END $$;
COMMENT ON FUNCTION nsp_require_owner(name) IS 'internal: refuses all but the owner of a source';

-- What keeps a foreign server from being read safely, and what would make it better.
CREATE FUNCTION nsp_server_findings(server name, OUT severity text, OUT message text)
	RETURNS SETOF record LANGUAGE plpgsql
	STABLE PARALLEL SAFE COST 100 ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY
	SELECT f.severity, f.message
	FROM (SELECT server) given (name)
	LEFT JOIN pg_foreign_server s ON s.srvname = given.name
	LEFT JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
	CROSS JOIN LATERAL (
		SELECT coalesce(jsonb_object_agg(option_name, option_value), '{}'), w.fdwname = 'tds_fdw'
		FROM pg_options_to_table(s.srvoptions)) o (options, is_tds)
	CROSS JOIN LATERAL (VALUES
		(NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'tds_fdw'), 'breaking',
			'the extension tds_fdw is missing: install it (Debian: postgresql-15-tds-fdw), '
			'and CREATE EXTENSION tds_fdw'),
		(s.oid IS NULL, 'breaking', format('there is no foreign server "%s": '
			'CREATE SERVER ... FOREIGN DATA WRAPPER tds_fdw', given.name)),
		(NOT is_tds, 'breaking',
			format('the foreign server "%s" is one of %s, not of tds_fdw', given.name, w.fdwname)),
		(NOT has_server_privilege(s.oid, 'USAGE'), 'breaking',
			format('no right to use the foreign server "%s": GRANT USAGE ON FOREIGN SERVER',
				given.name)),
		(is_tds AND NOT EXISTS (SELECT FROM pg_user_mappings m
				WHERE m.srvid = s.oid AND m.usename IN (current_user, 'public')), 'breaking',
			format('there is no user mapping for role "%s": '
				'CREATE USER MAPPING ... OPTIONS (username, password)', current_user)),
		(options ? 'language', 'breaking',
			'the server option language makes SQL Server read dates in another order: remove it'),
		(is_tds AND upper(coalesce(options ->> 'character_set', '')) <> 'UTF-8', 'warning',
			'without the server option character_set ''UTF-8'' letters that are not of ASCII can '
			'arrive damaged'),
		(is_tds AND coalesce(options ->> 'msg_handler', '') <> 'notice', 'warning',
			'without the server option msg_handler ''notice'' errors do not tell what the remote '
			'server said'),
		(is_tds AND coalesce(options ->> 'row_estimate_method', 'execute') <> 'showplan_all',
			'warning',
			'without the server option row_estimate_method ''showplan_all'' every query runs twice '
			'on the remote server')
	) f (holds, severity, message)
	WHERE f.holds;
END $$;
COMMENT ON FUNCTION nsp_server_findings(name) IS 'internal: what is wrong with a foreign server';

-- What you edit.
CREATE FUNCTION nsp_make_settings(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE ticket_mining.run_sql(source, $q$
		CREATE TABLE @schema.settings (
			is_settings boolean PRIMARY KEY DEFAULT true CHECK (is_settings),
			server name NOT NULL,
			time_zone text NOT NULL,
			full_every interval NOT NULL DEFAULT '7 days',
			overlap_rows bigint NOT NULL DEFAULT 1000 CHECK (overlap_rows >= 0),
			overlap interval NOT NULL DEFAULT '2 days'
		);
		COMMENT ON TABLE @schema.settings IS 'One row, for you to edit; the next load follows it';
		COMMENT ON COLUMN @schema.settings.is_settings IS 'Always true: there is one row';
		COMMENT ON COLUMN @schema.settings.server IS 'The foreign server of tds_fdw';
		COMMENT ON COLUMN @schema.settings.time_zone IS
			'Zone of the remote times; of an hour that comes twice it is the second, '
			'in winter time';
		COMMENT ON COLUMN @schema.settings.full_every IS
			'How long loads by watermark may go on until a load reads all again';
		COMMENT ON COLUMN @schema.settings.overlap_rows IS
			'How far below the highest id a load begins, for rows that were committed late';
		COMMENT ON COLUMN @schema.settings.overlap IS
			'How long before the latest time a load begins';
		CREATE TABLE @schema.parts (
			part text PRIMARY KEY CHECK (octet_length(part) BETWEEN 1 AND 50),
			remote_schema text NOT NULL,
			remote_table text NOT NULL,
			is_required boolean NOT NULL DEFAULT true,
			counts_missing boolean NOT NULL DEFAULT true
		);
		COMMENT ON TABLE @schema.parts IS
			'The remote tables or views, one row each, for you to edit';
		COMMENT ON COLUMN @schema.parts.part IS 'What the mapping calls it';
		COMMENT ON COLUMN @schema.parts.remote_schema IS 'Its schema in SQL Server';
		COMMENT ON COLUMN @schema.parts.remote_table IS
			'Its name in SQL Server, in upper and lower case as there';
		COMMENT ON COLUMN @schema.parts.is_required IS 'Whether a load stops where it is not there';
		COMMENT ON COLUMN @schema.parts.counts_missing IS
			'Whether rows still count that are no longer there: archived ones should, '
			'deleted ones perhaps not';
		CREATE TABLE @schema.mapping (
			part text NOT NULL REFERENCES @schema.parts ON UPDATE CASCADE ON DELETE CASCADE,
			field text NOT NULL CHECK (octet_length(field) BETWEEN 1 AND 50
				AND field NOT IN ('missing_since', 'landed_at')),
			remote_column text NOT NULL,
			read_as text NOT NULL
				CHECK (read_as IN ('integer', 'text', 'time', 'boolean', 'number', 'uuid')),
			is_key boolean NOT NULL DEFAULT false,
			is_required boolean NOT NULL DEFAULT false,
			watermark text CHECK (watermark IN ('id', 'time')),
			lookup text REFERENCES @schema.parts ON UPDATE CASCADE,
			PRIMARY KEY (part, field),
			CHECK (NOT (is_key OR watermark IS NOT NULL) OR is_required)
		);
		COMMENT ON TABLE @schema.mapping IS
			'Which remote column feeds which field, for you to edit; '
			'further fields of the tickets are attributes';
		COMMENT ON COLUMN @schema.mapping.part IS 'The remote table';
		COMMENT ON COLUMN @schema.mapping.field IS 'What it is here';
		COMMENT ON COLUMN @schema.mapping.remote_column IS
			'Its name in SQL Server, in upper and lower case as there';
		COMMENT ON COLUMN @schema.mapping.read_as IS
			'The kind of value: integer, text, time, boolean, number, uuid';
		COMMENT ON COLUMN @schema.mapping.is_key IS
			'Whether it tells the rows of the part apart, alone or with others';
		COMMENT ON COLUMN @schema.mapping.is_required IS
			'Whether a load stops where it is not there';
		COMMENT ON COLUMN @schema.mapping.watermark IS
			'Whether loads read on from its highest value: an id that only grows, '
			'or a time of change';
		COMMENT ON COLUMN @schema.mapping.lookup IS 'Where it is an id: the part with the names';
		CREATE TABLE @schema.properties (
			property text PRIMARY KEY,
			becomes text NOT NULL CHECK (becomes IN ('status', 'team', 'note', 'nothing')),
			lookup text REFERENCES @schema.parts ON UPDATE CASCADE,
			label text,
			CHECK ((becomes = 'note') = (label IS NOT NULL))
		);
		COMMENT ON TABLE @schema.properties IS
			'Which property of the history is what, for you to edit';
		COMMENT ON COLUMN @schema.properties.property IS 'As the history calls it';
		COMMENT ON COLUMN @schema.properties.becomes IS
			'Its values are statuses, teams or notes of a log, or nothing';
		COMMENT ON COLUMN @schema.properties.lookup IS
			'Where its values are ids: the part with their names';
		COMMENT ON COLUMN @schema.properties.label IS 'The activity that a note becomes';
		CREATE TABLE @schema.directions (
			rule_no integer PRIMARY KEY,
			user_type bigint,
			is_internal boolean,
			origin bigint,
			direction text NOT NULL CHECK (direction IN ('in', 'out', 'internal', 'auto'))
		);
		COMMENT ON TABLE @schema.directions IS
			'Which way a comment went, for you to edit: the first rule that fits; NULL fits all';
		COMMENT ON COLUMN @schema.directions.rule_no IS 'The order in which rules are tried';
		COMMENT ON COLUMN @schema.directions.user_type IS 'Type of the user who wrote';
		COMMENT ON COLUMN @schema.directions.is_internal IS
			'Whether the comment is hidden from the user';
		COMMENT ON COLUMN @schema.directions.origin IS 'How the comment came';
		COMMENT ON COLUMN @schema.directions.direction IS
			'What a log takes it for: in, out, internal or auto';$q$);
END $$;
COMMENT ON FUNCTION nsp_make_settings(name) IS
'internal: makes the tables of a source that its owner edits';

CREATE FUNCTION nsp_make_history(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE ticket_mining.run_sql(source, $q$
		CREATE TABLE @schema.loads (
			load_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
			state text NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
			is_full boolean NOT NULL,
			started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
			finished_at timestamptz,
			rows jsonb,
			warnings text[],
			error text,
			mapping jsonb,
			pid integer NOT NULL DEFAULT pg_backend_pid()
		);
		COMMENT ON TABLE @schema.loads IS 'The loads of the source, one row each';
		COMMENT ON COLUMN @schema.loads.load_no IS 'Number of the load';
		COMMENT ON COLUMN @schema.loads.is_full IS 'Whether all was read, or only what is new';
		COMMENT ON COLUMN @schema.loads.rows IS
			'By part: rows read, rows that were new or had changed, rows found missing, '
			'whether all of it was read';
		COMMENT ON COLUMN @schema.loads.warnings IS 'What was odd, but harmless';
		COMMENT ON COLUMN @schema.loads.mapping IS 'The mapping that it followed';
		CREATE TABLE @schema.catalog (
			part text NOT NULL,
			remote_column text NOT NULL,
			type text NOT NULL,
			PRIMARY KEY (part, remote_column)
		);
		COMMENT ON TABLE @schema.catalog IS 'The remote columns as the last good load found them';
		COMMENT ON COLUMN @schema.catalog.part IS 'The remote table';
		COMMENT ON COLUMN @schema.catalog.remote_column IS 'Its name in SQL Server';
		COMMENT ON COLUMN @schema.catalog.type IS 'The type that tds_fdw gives it';$q$);
	PERFORM ticket_mining.run_comment_history('load', source);
END $$;
COMMENT ON FUNCTION nsp_make_history(name) IS
'internal: makes the tables of a source that its loads write';

-- What a new source begins with.
CREATE FUNCTION nsp_put_defaults(source name, server name, time_zone text, remote_schema text)
	RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE ticket_mining.run_sql(source,
		'INSERT INTO @schema.settings (server, time_zone) VALUES ($1, $2)') USING server, time_zone;
	EXECUTE ticket_mining.run_sql(source, $q$
		INSERT INTO @schema.parts (part, remote_schema, remote_table, is_required)
		SELECT part, $1, remote_table, is_required FROM ticket_mining.nsp_default_parts$q$)
		USING remote_schema;
	EXECUTE ticket_mining.run_sql(source, $q$
		INSERT INTO @schema.mapping
			(part, field, remote_column, read_as, is_key, is_required, watermark, lookup)
		SELECT part, field, remote_column, read_as, is_key, is_required, watermark, lookup
		FROM ticket_mining.nsp_default_fields;
		INSERT INTO @schema.properties (property, becomes) VALUES
			('BaseEntityStatus', 'status'), ('AgentGroup', 'team');
		INSERT INTO @schema.directions (rule_no, user_type, is_internal, direction) VALUES
			(1, NULL, true, 'internal'), (2, 2, NULL, 'in'), (3, 1, NULL, 'out'),
			(4, NULL, NULL, 'auto')$q$);
END $$;
COMMENT ON FUNCTION nsp_put_defaults(name, name, text, text) IS
'internal: fills the tables of a new source';

CREATE PROCEDURE create_nsp_source(name name, server name, time_zone text DEFAULT 'UTC',
	remote_schema text DEFAULT 'dbo')
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	broken text := (SELECT string_agg(message, E'\n')
		FROM ticket_mining.nsp_server_findings(server) WHERE severity = 'breaking');
	fault text := ticket_mining.run_zone_fault(time_zone);
	advice text;
BEGIN
	PERFORM ticket_mining.run_require_new_name('source', name);
	IF broken IS NOT NULL OR fault IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = 'the source cannot be made', DETAIL = concat_ws(E'\n', broken, fault);
	END IF;
	EXECUTE format('CREATE SCHEMA %I', name);
	PERFORM ticket_mining.nsp_make_settings(name);
	PERFORM ticket_mining.nsp_make_history(name);
	PERFORM ticket_mining.nsp_put_defaults(name, server, time_zone, remote_schema);
	PERFORM ticket_mining.nsp_make_landing(name);
	FOR advice IN SELECT message FROM ticket_mining.nsp_server_findings(server) LOOP
		RAISE WARNING '%', ticket_mining.run_shown(advice);
	END LOOP;
END $$;
COMMENT ON PROCEDURE create_nsp_source(name, name, text, text) IS
'makes a source: the schema that NSP''s data lands in, with its mapping; load() fills it';

-- Drops what create_nsp_source() and load() made, and nothing that others have put there.
CREATE PROCEDURE drop_source(name name) LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	made record;
BEGIN
	PERFORM ticket_mining.nsp_require_owner(name);
	PERFORM ticket_mining.run_lock_out('load', name, is_reader => false);
	FOR made IN
		SELECT relkind AS kind, array_agg(oid::regclass) AS names
		FROM pg_class
		WHERE relnamespace = to_regnamespace(quote_ident(name))
		AND relowner = to_regrole(quote_ident(current_user))
		AND CASE relkind
			WHEN 'r' THEN
				starts_with(relname, 'landed_') OR relname = ANY (ticket_mining.nsp_tables())
			WHEN 'v' THEN relname = ANY (ticket_mining.nsp_views()) END
		GROUP BY 1 ORDER BY 1 DESC
	LOOP
		PERFORM ticket_mining.run_drop(name, made.kind, made.names);
	END LOOP;
	EXECUTE format('DROP SCHEMA %I', name);
END $$;
COMMENT ON PROCEDURE drop_source(name) IS 'drops a source with all that it has landed';
