-- nsp: local tables for the remote ones, and the views that a log reads

-- The type that a field has when it has landed.
CREATE FUNCTION nsp_landed_type(read_as text) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN CASE read_as WHEN 'integer' THEN 'bigint' WHEN 'time' THEN 'timestamp' WHEN 'number' THEN 'numeric' ELSE read_as END;
COMMENT ON FUNCTION nsp_landed_type(text) IS 'internal: the type of a landed field';

-- Makes what the mapping asks for and is not there yet: a table a part, a
-- column a field; keys come with the first load. A field whose type changed lands anew.
CREATE FUNCTION nsp_make_landing(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	wanted record;
BEGIN
	PERFORM ticket_mining.run_enter(source);
	FOR wanted IN
		SELECT m.part, 'landed_' || m.part AS landed,
			   string_agg(format('%I %s%s', m.field, nsp_landed_type(m.read_as), CASE WHEN m.is_key THEN ' NOT NULL' END), ', ' ORDER BY m.field) AS columns
		FROM mapping m GROUP BY m.part
	LOOP
		IF to_regclass(format('%I.%I', source, wanted.landed)) IS NULL THEN
			EXECUTE format('CREATE TABLE %I.%I (%s, missing_since timestamptz, landed_at timestamptz NOT NULL)', source, wanted.landed, wanted.columns);
			EXECUTE format('COMMENT ON TABLE %I.%I IS %L', source, wanted.landed, 'What was read of ' || wanted.part);
			EXECUTE format('COMMENT ON COLUMN %I.%I.missing_since IS %L', source, wanted.landed, 'Since when it is no longer there');
			EXECUTE format('COMMENT ON COLUMN %I.%I.landed_at IS %L', source, wanted.landed, 'When it was new or had changed');
		END IF;
	END LOOP;
	FOR wanted IN
		SELECT 'landed_' || m.part AS landed, m.field, nsp_landed_type(m.read_as) AS type, a.attname IS NOT NULL AS exists
		FROM mapping m
		LEFT JOIN pg_attribute a ON a.attrelid = to_regclass(format('%I.%I', source, 'landed_' || m.part)) AND a.attname = m.field AND NOT a.attisdropped
		WHERE a.attname IS NULL OR a.atttypid <> to_regtype(nsp_landed_type(m.read_as))
	LOOP
		IF wanted.exists THEN
			PERFORM ticket_mining.nsp_drop_views(source);
			EXECUTE format('TRUNCATE %I.%I', source, wanted.landed);
			EXECUTE format('ALTER TABLE %I.%I ALTER %I TYPE %s USING NULL', source, wanted.landed, wanted.field, wanted.type);
		ELSE
			EXECUTE format('ALTER TABLE %I.%I ADD %I %s', source, wanted.landed, wanted.field, wanted.type);
		END IF;
	END LOOP;
	FOR wanted IN SELECT m.*, p.remote_table FROM mapping m JOIN parts p USING (part) LOOP
		EXECUTE format('COMMENT ON COLUMN %I.%I.%I IS %L', source, 'landed_' || wanted.part, wanted.field, format('%s of %s', wanted.remote_column, wanted.remote_table));
	END LOOP;
	PERFORM ticket_mining.nsp_make_views(source);
END $$;
COMMENT ON FUNCTION nsp_make_landing(name) IS 'internal: makes the landing tables and views of a source';

-- A field of a landed part as an expression; NULL where the mapping has it not.
CREATE FUNCTION nsp_field(source name, part text, field text, type text) RETURNS text LANGUAGE sql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(format('%I.%I', source, 'landed_' || part)) AND attname = field AND NOT attisdropped)
		THEN format('c.%I', field) ELSE format('NULL::%s', type) END
$$;
COMMENT ON FUNCTION nsp_field(name, text, text, text) IS 'internal: a landed field as an expression';

-- The attributes of a ticket: fields beyond those that have a meaning of their own.
CREATE FUNCTION nsp_attributes(source name, OUT field text, OUT lookup text) RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 100 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	RETURN QUERY SELECT m.field, m.lookup FROM mapping m
	WHERE m.part = 'tickets' AND m.field <> ALL ('{case_id,case_no,status,team,created_at,updated_at,is_deleted}') ORDER BY m.field COLLATE "C";
END $$;
COMMENT ON FUNCTION nsp_attributes(name) IS 'internal: the attributes of the tickets of a source';

-- A view made, or made anew with the same columns and perhaps more.
CREATE FUNCTION nsp_make_view(source name, view name, query text, meaning text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE format('CREATE OR REPLACE VIEW %I.%I AS %s', source, view, query);
	EXECUTE format('COMMENT ON VIEW %I.%I IS %L', source, view, meaning);
END $$;
COMMENT ON FUNCTION nsp_make_view(name, name, text, text) IS 'internal: makes a view of a source';

-- The views of a source; what others have made of them keeps it from that.
CREATE FUNCTION nsp_drop_views(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	DROP VIEW IF EXISTS quality, cases, messages, assignments, events, history, tickets, names;
END $$;
COMMENT ON FUNCTION nsp_drop_views(name) IS 'internal: drops the views of a source';

-- The views as the mapping wants them: anew where columns went or changed.
CREATE FUNCTION nsp_make_views(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.nsp_make_each_view(source);
EXCEPTION WHEN invalid_table_definition THEN
	PERFORM ticket_mining.nsp_drop_views(source);
	PERFORM ticket_mining.nsp_make_each_view(source);
END $$;
COMMENT ON FUNCTION nsp_make_views(name) IS 'internal: makes the views of a source';

-- names: of all that is looked up by id. tickets and history: what landed and counts.
CREATE FUNCTION nsp_make_each_view(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	PERFORM ticket_mining.nsp_make_view(source, 'names', (
		SELECT concat_ws(' UNION ALL ', 'SELECT NULL::text AS part, NULL::text AS id, NULL::text AS name WHERE false',
			string_agg(format('SELECT %L, c.id::text, c.name FROM %I.%I c WHERE c.name IS NOT NULL', m.part, source, 'landed_' || m.part), ' UNION ALL ' ORDER BY m.part))
		FROM mapping m WHERE m.field = 'name'), 'The names of ids');
	PERFORM ticket_mining.nsp_make_view(source, 'tickets', format($query$
		SELECT c.case_id, %2$s AS case_no, (%3$s)::text AS status, (%4$s)::text AS team, c.created_at %5$s
		FROM %1$I.landed_tickets c %7$s
		WHERE (c.missing_since IS NULL OR (SELECT p.counts_missing FROM %1$I.parts p WHERE p.part = 'tickets')) AND %6$s IS NOT TRUE AND c.created_at IS NOT NULL$query$,
		source, ticket_mining.nsp_field(source, 'tickets', 'case_no', 'text'),
		ticket_mining.nsp_name(source, 'status'), ticket_mining.nsp_name(source, 'team'),
		(SELECT string_agg(format(', %s AS %I', ticket_mining.nsp_name(source, a.field), a.field), '') FROM ticket_mining.nsp_attributes(source) a),
		ticket_mining.nsp_field(source, 'tickets', 'is_deleted', 'boolean'),
		(SELECT string_agg(format(' LEFT JOIN %1$I.names %2$I ON %2$I.part = %3$L AND %2$I.id = c.%4$I::text', source, 'name of ' || m.field, m.lookup, m.field), '')
		 FROM mapping m WHERE m.part = 'tickets' AND m.lookup IS NOT NULL)), 'The tickets that count, with names for ids');
	PERFORM ticket_mining.nsp_make_view(source, 'history', format($query$
		SELECT c.case_id, c.seq, c.at, p.becomes, p.label, nullif(coalesce(o.name, c.old_value), '') AS old_value, nullif(coalesce(n.name, c.new_value), '') AS new_value
		FROM %1$I.landed_changes c
		JOIN %1$I.properties p USING (property)
		LEFT JOIN %1$I.names o ON o.part = p.lookup AND o.id = c.old_value
		LEFT JOIN %1$I.names n ON n.part = p.lookup AND n.id = c.new_value
		WHERE p.becomes <> 'nothing' AND (c.missing_since IS NULL OR (SELECT p.counts_missing FROM %1$I.parts p WHERE p.part = 'changes'))$query$, source),
		'The changes that count, with names for ids');
	PERFORM ticket_mining.nsp_make_contract(source);
	PERFORM ticket_mining.nsp_make_quality(source);
END $$;
COMMENT ON FUNCTION nsp_make_each_view(name) IS 'internal: makes the views of a source one by one';

-- A field of the tickets with its name looked up, if the mapping says where.
CREATE FUNCTION nsp_name(source name, field text) RETURNS text LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	wanted record;
BEGIN
	PERFORM ticket_mining.run_enter(source);
	SELECT m.* INTO wanted FROM mapping m WHERE m.part = 'tickets' AND m.field = nsp_name.field;
	RETURN CASE WHEN wanted.field IS NULL THEN 'NULL::text'
		WHEN wanted.read_as = 'time' THEN format('c.%I AT TIME ZONE (SELECT s.time_zone FROM %I.settings s)', wanted.field, source)
		WHEN wanted.lookup IS NULL THEN format('c.%I', wanted.field)
		ELSE format('coalesce(%I.name, c.%I::text)', 'name of ' || wanted.field, wanted.field) END;
END $$;
COMMENT ON FUNCTION nsp_name(name, text) IS 'internal: a field of the tickets with its name looked up';

-- The messages; none where the mapping has no comments.
CREATE FUNCTION nsp_messages_query(source name) RETURNS text LANGUAGE sql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN to_regclass(format('%I.landed_comments', source)) IS NULL
		THEN 'SELECT NULL::bigint AS case_id, NULL::text AS direction, NULL::timestamptz AS at, NULL::bigint AS seq WHERE false'
		ELSE format($query$
			SELECT c.case_id, (SELECT d.direction FROM %1$I.directions d
				WHERE (d.user_type IS NULL OR d.user_type = %2$s) AND (d.is_internal IS NULL OR d.is_internal = %3$s) AND (d.origin IS NULL OR d.origin = %4$s)
				ORDER BY d.rule_no LIMIT 1) AS direction, c.at AT TIME ZONE s.time_zone AS at, c.seq
			FROM %1$I.settings s, %1$I.landed_comments c JOIN %1$I.tickets t USING (case_id)
			WHERE c.missing_since IS NULL OR (SELECT p.counts_missing FROM %1$I.parts p WHERE p.part = 'comments')$query$, source,
			ticket_mining.nsp_field(source, 'comments', 'user_type', 'bigint'), ticket_mining.nsp_field(source, 'comments', 'is_internal', 'boolean'),
			ticket_mining.nsp_field(source, 'comments', 'origin', 'bigint'))
		END
$$;
COMMENT ON FUNCTION nsp_messages_query(name) IS 'internal: the query of the messages of a source';

-- The four relations of a log. The history has what a field became; what it was
-- at first is the old value of its first change, or what it is now where it never
-- changed. Rows that change nothing are none.
CREATE FUNCTION nsp_make_contract(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	became text := $query$
		WITH changes AS (SELECT h.* FROM %1$I.history h JOIN %1$I.tickets t USING (case_id) WHERE h.becomes = %2$L),
		firsts AS (SELECT DISTINCT ON (case_id) case_id, seq, old_value FROM changes ORDER BY case_id, at, seq)
		SELECT t.case_id, CASE WHEN f.case_id IS NULL THEN t.%2$I ELSE f.old_value END AS %3$I, t.created_at AT TIME ZONE s.time_zone AS at, 0::bigint AS seq
		FROM %1$I.settings s, %1$I.tickets t LEFT JOIN firsts f USING (case_id)
		WHERE CASE WHEN f.case_id IS NULL THEN t.%2$I ELSE f.old_value END IS NOT NULL
		AND t.created_at >= (SELECT min(h.at) FROM %1$I.history h)
		UNION ALL
		SELECT c.case_id, c.new_value, c.at AT TIME ZONE s.time_zone, c.seq
		FROM %1$I.settings s, changes c WHERE c.new_value IS DISTINCT FROM c.old_value$query$;
BEGIN
	PERFORM ticket_mining.nsp_make_view(source, 'events', format(became || ' AND c.new_value IS NOT NULL', source, 'status', 'activity') || format($query$
		UNION ALL
		SELECT h.case_id, h.label, h.at AT TIME ZONE s.time_zone, h.seq
		FROM %1$I.settings s, %1$I.history h JOIN %1$I.tickets t USING (case_id) WHERE h.becomes = 'note'$query$, source), 'The events of a log: statuses and notes');
	PERFORM ticket_mining.nsp_make_view(source, 'assignments', format(became, source, 'team', 'team'), 'The assignments of a log');
	PERFORM ticket_mining.nsp_make_view(source, 'messages', ticket_mining.nsp_messages_query(source), 'The messages of a log');
	PERFORM ticket_mining.nsp_make_view(source, 'cases', format('SELECT t.case_id, t.case_no %2$s FROM %1$I.tickets t', source,
		(SELECT string_agg(format(', t.%I', a.field), '') FROM ticket_mining.nsp_attributes(source) a)), 'The cases of a log');
END $$;
COMMENT ON FUNCTION nsp_make_contract(name) IS 'internal: makes the views of a source that a log reads';

-- What is in the landing tables, but not in the four relations, or no longer there remotely.
CREATE FUNCTION nsp_make_quality(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(source);
	PERFORM ticket_mining.nsp_make_view(source, 'quality', format($query$
		SELECT 'changes of other properties' AS finding, count(*) AS number, 'Left out: their property is not in properties, or becomes nothing' AS meaning
		FROM %1$I.landed_changes c LEFT JOIN %1$I.properties p USING (property) WHERE p.becomes IS NULL OR p.becomes = 'nothing'
		UNION ALL
		SELECT 'changes without change', count(*), 'Left out: old and new value are the same' FROM %1$I.history h WHERE h.becomes <> 'note' AND h.old_value = h.new_value
		UNION ALL
		SELECT 'changes to nothing', count(*), 'Statuses left out: no new value' FROM %1$I.history h WHERE h.becomes = 'status' AND h.new_value IS NULL
		UNION ALL
		SELECT 'changes of no ticket', count(*), 'Left out: the ticket is not there, or deleted' FROM %1$I.history h WHERE NOT EXISTS (SELECT FROM %1$I.tickets t WHERE t.case_id = h.case_id)
		UNION ALL
		SELECT 'tickets older than the history', count(*), 'Nobody knows how they began; they are cut off'
		FROM %1$I.tickets t WHERE t.created_at < (SELECT min(h.at) FROM %1$I.history h)
		UNION ALL
		SELECT 'tickets deleted', count(*), 'Left out: marked as deleted' FROM %1$I.landed_tickets c WHERE %2$s
		UNION ALL
		SELECT m.finding, m.number, CASE WHEN p.counts_missing THEN 'No longer there remotely; they count' ELSE 'No longer there remotely; left out' END
		FROM (%3$s) m JOIN %1$I.parts p USING (part)$query$, source, ticket_mining.nsp_field(source, 'tickets', 'is_deleted', 'boolean'),
		(SELECT string_agg(format('SELECT %1$L AS part, %2$L AS finding, count(*) AS number FROM %3$I.%4$I c WHERE c.missing_since IS NOT NULL', m.part, m.part || ' missing', source, 'landed_' || m.part), ' UNION ALL ' ORDER BY m.part)
		 FROM (SELECT DISTINCT part FROM mapping) m)), 'What landed and is left out, or is no longer there remotely');
END $$;
COMMENT ON FUNCTION nsp_make_quality(name) IS 'internal: makes the quality report of a source';

-- NSP's stages tell which statuses wait and which are done; the rest is ours. A
-- suggestion: rows of the map that somebody has edited stay as they are.
CREATE PROCEDURE suggest_activity_map(source name, log name) LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.nsp_require_owner(source);
	PERFORM ticket_mining.log_require_owner(log);
	EXECUTE format($query$
		UPDATE %1$I.activity_map m
		SET kind = CASE WHEN s.is_closed THEN 'resolved' ELSE 'open' END,
			segment = CASE WHEN s.is_closed THEN 'stopped' WHEN s.is_pending THEN 'user' ELSE 'us' END
		FROM (SELECT n.name, bool_or(g.is_closed) AS is_closed, bool_or(g.is_pending) AS is_pending
			  FROM %2$I.names n JOIN %2$I.landed_stage_statuses i ON i.status_id::text = n.id JOIN %2$I.landed_stages g ON g.id = i.stage_id
			  WHERE n.part = 'statuses' GROUP BY n.name) s
		WHERE m.activity = s.name AND m.kind = 'open' AND m.segment = 'unknown'$query$, log, source);
	EXECUTE format($query$
		UPDATE %1$I.activity_map m SET kind = 'note' FROM %2$I.properties p
		WHERE p.becomes = 'note' AND m.activity = p.label AND m.kind = 'open' AND m.segment = 'unknown'$query$, log, source);
END $$;
COMMENT ON PROCEDURE suggest_activity_map(name, name) IS 'fills rows of a log''s activity map that nobody has edited, by NSP''s stages: closed is resolved, pending is with the user, the rest with us';
