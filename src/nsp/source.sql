-- nsp: a source, its mapping and its tables

-- What the parts of a source are, and their fields: the default mapping, for the
-- names that are known or presumed of NSP. Every name is configuration.
CREATE VIEW nsp_default_parts (part_no, part, remote_table, is_required, meaning) AS VALUES
	(1, 'tickets', 'SysTicket', true, 'The tickets as they are now'),
	(2, 'changes', 'EntityChangeLog', true, 'Their history: property, old value, new value'),
	(3, 'comments', 'EntityComment', false, 'What was written'),
	(4, 'statuses', 'SysEntityStatus', false, 'Names of statuses'),
	(5, 'stages', 'SysEntityStage', false, 'Stages, which are groups of statuses, with the flags Pending and Closed'),
	(6, 'stage_statuses', 'SysEntityStageStatus', false, 'Which stage has which status'),
	(7, 'groups', 'SysGroup', false, 'Names of the groups that have tickets'),
	(8, 'priorities', 'SysPriority', false, 'Names of priorities');
COMMENT ON VIEW nsp_default_parts IS 'the remote tables of an NSP source, before you edit them';

CREATE VIEW nsp_default_fields (part, field_no, field, remote_column, read_as, is_key, is_required, watermark, lookup, meaning) AS VALUES
	('tickets', 1, 'case_id', 'Id', 'integer', true, true, NULL, NULL, 'The ticket'),
	('tickets', 2, 'case_no', 'ReferenceNo', 'text', false, false, NULL, NULL, 'What people call it'),
	('tickets', 3, 'status', 'BaseEntityStatusId', 'integer', false, true, NULL, 'statuses', 'Its status now'),
	('tickets', 4, 'team', 'AgentGroupId', 'integer', false, false, NULL, 'groups', 'The group that has it now'),
	('tickets', 5, 'created_at', 'CreatedDate', 'time', false, true, NULL, NULL, 'When it was made'),
	('tickets', 6, 'updated_at', 'UpdatedDate', 'time', false, false, NULL, NULL, 'When it was last changed'),
	('tickets', 7, 'is_deleted', 'MarkedForDelete', 'boolean', false, false, NULL, NULL, 'Whether it was deleted'),
	('tickets', 8, 'priority', 'PriorityId', 'integer', false, false, NULL, 'priorities', 'An attribute'),
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
	('comments', 5, 'is_internal', 'IsInternal', 'boolean', false, false, NULL, NULL, 'Whether the user sees it'),
	('comments', 6, 'origin', 'Source', 'integer', false, false, NULL, NULL, 'How it came'),
	('statuses', 1, 'id', 'Id', 'integer', true, true, NULL, NULL, 'The status'),
	('statuses', 2, 'name', 'DisplayNameId', 'text', false, true, NULL, NULL, 'Its name'),
	('stages', 1, 'id', 'Id', 'integer', true, true, NULL, NULL, 'The stage'),
	('stages', 2, 'is_pending', 'IsPending', 'boolean', false, true, NULL, NULL, 'Whether tickets wait in it'),
	('stages', 3, 'is_closed', 'IsClosed', 'boolean', false, true, NULL, NULL, 'Whether tickets are done in it'),
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

CREATE FUNCTION nsp_require_owner(source name) RETURNS void LANGUAGE sql
	STABLE PARALLEL SAFE COST 10
RETURN ticket_mining.run_require_owner('source', source, ticket_mining.is_source(source), 'CALL ticket_mining.create_nsp_source() makes one.');
COMMENT ON FUNCTION nsp_require_owner(name) IS 'internal: refuses all but the owner of a source';

-- What keeps a foreign server from being read safely, and what would make it better.
CREATE FUNCTION nsp_server_findings(server name, OUT severity text, OUT message text) RETURNS SETOF record LANGUAGE sql
	STABLE PARALLEL SAFE COST 100 ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	SELECT f.severity, f.message
	FROM (SELECT server) given (name)
	LEFT JOIN pg_foreign_server s ON s.srvname = given.name
	LEFT JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
	CROSS JOIN LATERAL (SELECT coalesce((SELECT jsonb_object_agg(option_name, option_value) FROM pg_options_to_table(s.srvoptions)), '{}')) o (options)
	CROSS JOIN LATERAL (VALUES
		(NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'tds_fdw'), 'breaking', 'the extension tds_fdw is missing: install it (Debian: postgresql-15-tds-fdw), and CREATE EXTENSION tds_fdw'),
		(s.oid IS NULL, 'breaking', format('there is no foreign server "%s": CREATE SERVER … FOREIGN DATA WRAPPER tds_fdw', given.name)),
		(w.fdwname <> 'tds_fdw', 'breaking', format('the foreign server "%s" is one of %s, not of tds_fdw', given.name, w.fdwname)),
		(NOT has_server_privilege(s.oid, 'USAGE'), 'breaking', format('no right to use the foreign server "%s": GRANT USAGE ON FOREIGN SERVER', given.name)),
		(w.fdwname = 'tds_fdw' AND NOT EXISTS (SELECT FROM pg_user_mappings m WHERE m.srvid = s.oid AND m.usename IN (current_user, 'public')), 'breaking',
			format('there is no user mapping for role "%s": CREATE USER MAPPING … OPTIONS (username, password)', current_user)),
		(options ? 'language', 'breaking', 'the server option language makes SQL Server read dates in another order: remove it'),
		(w.fdwname = 'tds_fdw' AND upper(coalesce(options ->> 'character_set', '')) <> 'UTF-8', 'warning', 'without the server option character_set ''UTF-8'' letters such as æ can arrive damaged'),
		(w.fdwname = 'tds_fdw' AND coalesce(options ->> 'msg_handler', '') <> 'notice', 'warning', 'without the server option msg_handler ''notice'' errors do not tell what the remote server said'),
		(w.fdwname = 'tds_fdw' AND coalesce(options ->> 'row_estimate_method', 'execute') <> 'showplan_all', 'warning', 'without the server option row_estimate_method ''showplan_all'' every query runs twice on the remote server')
	) f (holds, severity, message)
	WHERE f.holds
$$;
COMMENT ON FUNCTION nsp_server_findings(name) IS 'internal: what is wrong with a foreign server';

-- What you edit.
CREATE FUNCTION nsp_make_settings(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	CREATE TABLE settings (
		is_settings boolean PRIMARY KEY DEFAULT true CHECK (is_settings),
		server name NOT NULL,
		time_zone text NOT NULL,
		full_every interval NOT NULL DEFAULT '7 days',
		overlap_rows bigint NOT NULL DEFAULT 1000 CHECK (overlap_rows >= 0),
		overlap interval NOT NULL DEFAULT '2 days'
	);
	COMMENT ON TABLE settings IS 'One row, for you to edit; the next load follows it';
	COMMENT ON COLUMN settings.is_settings IS 'Always true: there is one row';
	COMMENT ON COLUMN settings.server IS 'The foreign server of tds_fdw';
	COMMENT ON COLUMN settings.time_zone IS 'Zone of the remote times; of an hour that comes twice it is the second, in winter time';
	COMMENT ON COLUMN settings.full_every IS 'How long loads by watermark may go on until a load reads all again';
	COMMENT ON COLUMN settings.overlap_rows IS 'How far below the highest id a load begins, for rows that were committed late';
	COMMENT ON COLUMN settings.overlap IS 'How long before the latest time a load begins';
	CREATE TABLE parts (
		part text PRIMARY KEY CHECK (octet_length(part) BETWEEN 1 AND 50),
		remote_schema text NOT NULL,
		remote_table text NOT NULL,
		is_required boolean NOT NULL DEFAULT true,
		counts_missing boolean NOT NULL DEFAULT true
	);
	COMMENT ON TABLE parts IS 'The remote tables or views, one row each, for you to edit';
	COMMENT ON COLUMN parts.part IS 'What the mapping calls it';
	COMMENT ON COLUMN parts.remote_schema IS 'Its schema in SQL Server';
	COMMENT ON COLUMN parts.remote_table IS 'Its name in SQL Server, in upper and lower case as there';
	COMMENT ON COLUMN parts.is_required IS 'Whether a load stops where it is not there';
	COMMENT ON COLUMN parts.counts_missing IS 'Whether rows still count that are no longer there: archived ones should, deleted ones perhaps not';
	CREATE TABLE mapping (
		part text NOT NULL REFERENCES parts ON UPDATE CASCADE ON DELETE CASCADE,
		field text NOT NULL CHECK (octet_length(field) BETWEEN 1 AND 50 AND field NOT IN ('missing_since', 'landed_at')),
		remote_column text NOT NULL,
		read_as text NOT NULL CHECK (read_as IN ('integer', 'text', 'time', 'boolean', 'number', 'uuid')),
		is_key boolean NOT NULL DEFAULT false,
		is_required boolean NOT NULL DEFAULT false,
		watermark text CHECK (watermark IN ('id', 'time')),
		lookup text REFERENCES parts ON UPDATE CASCADE,
		PRIMARY KEY (part, field),
		CHECK (NOT (is_key OR watermark IS NOT NULL) OR is_required)
	);
	COMMENT ON TABLE mapping IS 'Which remote column feeds which field, for you to edit; further fields of the tickets are attributes';
	COMMENT ON COLUMN mapping.part IS 'The remote table';
	COMMENT ON COLUMN mapping.field IS 'What it is here';
	COMMENT ON COLUMN mapping.remote_column IS 'Its name in SQL Server, in upper and lower case as there';
	COMMENT ON COLUMN mapping.read_as IS 'The kind of value: integer, text, time, boolean, number, uuid';
	COMMENT ON COLUMN mapping.is_key IS 'Whether it tells the rows of the part apart, alone or with others';
	COMMENT ON COLUMN mapping.is_required IS 'Whether a load stops where it is not there';
	COMMENT ON COLUMN mapping.watermark IS 'Whether loads read on from its highest value: an id that only grows, or a time of change';
	COMMENT ON COLUMN mapping.lookup IS 'Where it is an id: the part with the names';
	CREATE TABLE properties (
		property text PRIMARY KEY,
		becomes text NOT NULL CHECK (becomes IN ('status', 'team', 'note', 'nothing')),
		lookup text REFERENCES parts ON UPDATE CASCADE,
		label text,
		CHECK ((becomes = 'note') = (label IS NOT NULL))
	);
	COMMENT ON TABLE properties IS 'Which property of the history is what, for you to edit';
	COMMENT ON COLUMN properties.property IS 'As the history calls it';
	COMMENT ON COLUMN properties.becomes IS 'Its values are statuses, teams or notes of a log, or nothing';
	COMMENT ON COLUMN properties.lookup IS 'Where its values are ids: the part with their names';
	COMMENT ON COLUMN properties.label IS 'The activity that a note becomes';
	CREATE TABLE directions (
		rule_no integer PRIMARY KEY,
		user_type bigint,
		is_internal boolean,
		origin bigint,
		direction text NOT NULL CHECK (direction IN ('in', 'out', 'internal', 'auto'))
	);
	COMMENT ON TABLE directions IS 'Which way a comment went, for you to edit: the first rule that fits; NULL fits all';
	COMMENT ON COLUMN directions.rule_no IS 'The order in which rules are tried';
	COMMENT ON COLUMN directions.user_type IS 'Type of the user who wrote';
	COMMENT ON COLUMN directions.is_internal IS 'Whether the comment is hidden from the user';
	COMMENT ON COLUMN directions.origin IS 'How the comment came';
	COMMENT ON COLUMN directions.direction IS 'What a log takes it for: in, out, internal or auto';
END $$;
COMMENT ON FUNCTION nsp_make_settings(name) IS 'internal: makes the tables of a source that its owner edits';

CREATE FUNCTION nsp_make_history(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	CREATE TABLE loads (
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
	COMMENT ON TABLE loads IS 'The loads of the source, one row each';
	COMMENT ON COLUMN loads.load_no IS 'Number of the load';
	COMMENT ON COLUMN loads.state IS 'running, done, failed, or interrupted: its server process ended before it did';
	COMMENT ON COLUMN loads.is_full IS 'Whether all was read, or only what is new';
	COMMENT ON COLUMN loads.started_at IS 'When it began';
	COMMENT ON COLUMN loads.finished_at IS 'When it ended';
	COMMENT ON COLUMN loads.rows IS 'By part: rows read, rows that were new or had changed, rows found missing, whether all of it was read';
	COMMENT ON COLUMN loads.warnings IS 'What was odd, but harmless';
	COMMENT ON COLUMN loads.error IS 'Why it failed';
	COMMENT ON COLUMN loads.mapping IS 'The mapping that it followed';
	COMMENT ON COLUMN loads.pid IS 'Its server process';
	CREATE TABLE catalog (
		part text NOT NULL,
		remote_column text NOT NULL,
		type text NOT NULL,
		PRIMARY KEY (part, remote_column)
	);
	COMMENT ON TABLE catalog IS 'The remote columns as the last good load found them';
	COMMENT ON COLUMN catalog.part IS 'The remote table';
	COMMENT ON COLUMN catalog.remote_column IS 'Its name in SQL Server';
	COMMENT ON COLUMN catalog.type IS 'The type that tds_fdw gives it';
END $$;
COMMENT ON FUNCTION nsp_make_history(name) IS 'internal: makes the tables of a source that its loads write';

CREATE PROCEDURE create_nsp_source(name name, server name, time_zone text DEFAULT 'UTC', remote_schema text DEFAULT 'dbo')
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	broken text := (SELECT string_agg(message, E'\n') FROM ticket_mining.nsp_server_findings(server) WHERE severity = 'breaking');
	fault text := (SELECT min(f) FROM ticket_mining.log_setting_faults(time_zone, NULL) f);
	advice text;
BEGIN
	PERFORM ticket_mining.log_require_new_name('source', name);
	IF broken IS NOT NULL OR fault IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'the source cannot be made', DETAIL = concat_ws(E'\n', broken, fault);
	END IF;
	EXECUTE format('CREATE SCHEMA %I', name);
	PERFORM ticket_mining.nsp_make_settings(name);
	PERFORM ticket_mining.nsp_make_history(name);
	EXECUTE format('INSERT INTO %I.settings (server, time_zone) VALUES ($1, $2)', name) USING server, time_zone;
	EXECUTE format('INSERT INTO %I.parts (part, remote_schema, remote_table, is_required)
		SELECT part, $1, remote_table, is_required FROM ticket_mining.nsp_default_parts', name) USING remote_schema;
	EXECUTE format('INSERT INTO %I.mapping (part, field, remote_column, read_as, is_key, is_required, watermark, lookup)
		SELECT part, field, remote_column, read_as, is_key, is_required, watermark, lookup FROM ticket_mining.nsp_default_fields', name);
	EXECUTE format('INSERT INTO %I.properties VALUES (''BaseEntityStatus'', ''status''), (''AgentGroup'', ''team'')', name);
	EXECUTE format('INSERT INTO %I.directions VALUES (1, NULL, true, NULL, ''internal''), (2, 2, NULL, NULL, ''in''), (3, 1, NULL, NULL, ''out''), (4, NULL, NULL, NULL, ''auto'')', name);
	PERFORM ticket_mining.nsp_make_landing(name);
	FOR advice IN SELECT message FROM ticket_mining.nsp_server_findings(server) LOOP
		RAISE WARNING '%', advice;
	END LOOP;
END $$;
COMMENT ON PROCEDURE create_nsp_source(name, name, text, text) IS 'makes a source: the schema that NSP''s data lands in, with its mapping; load() fills it';

-- Drops what create_nsp_source() and load() made, and nothing that others have put there.
CREATE PROCEDURE drop_source(name name) LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	made record;
BEGIN
	PERFORM ticket_mining.nsp_require_owner(name);
	PERFORM ticket_mining.run_lock('drop', name);
	FOR made IN
		SELECT CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind, string_agg(format('%I.%I', name, relname), ', ') AS names
		FROM pg_class
		WHERE relnamespace = to_regnamespace(quote_ident(name)) AND (relname LIKE 'landed\_%' AND relkind = 'r'
			OR relname = ANY ('{settings,parts,mapping,properties,directions,loads,catalog}') AND relkind = 'r'
			OR relname = ANY ('{names,tickets,history,events,assignments,messages,cases,quality}') AND relkind = 'v')
		GROUP BY 1 ORDER BY 1 DESC
	LOOP
		EXECUTE format('DROP %s %s', made.kind, made.names);
	END LOOP;
	EXECUTE format('DROP SCHEMA %I', name);
END $$;
COMMENT ON PROCEDURE drop_source(name) IS 'drops a source with all that it has landed';
