-- nsp: the views that a log reads, and the quality report. Each function gives the
-- query of one; all that it names is bound when the view is made, and none of it is
-- looked up in the schema of the source.

-- A field of a landed part as an expression; NULL where the mapping lacks it.
CREATE FUNCTION nsp_field(source name, part text, field text, type text) RETURNS text LANGUAGE sql
	STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN EXISTS (SELECT FROM pg_attribute
			WHERE attrelid = to_regclass(ticket_mining.nsp_landed(source, part))
			AND attname = field AND NOT attisdropped)
		THEN format('c.%I', field) ELSE format('NULL::%s', type) END
$$;
COMMENT ON FUNCTION nsp_field(name, text, text, text) IS
'internal: a landed field as an expression';

-- A field of the tickets with its name looked up, if the mapping says where.
CREATE FUNCTION nsp_name(source name, field text) RETURNS text LANGUAGE sql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce((
		SELECT CASE
			WHEN m.read_as = 'time' THEN
				format('c.%I AT TIME ZONE (SELECT s.time_zone FROM %I.settings s)', m.field, source)
			WHEN m.lookup IS NULL THEN format('c.%I', m.field)
			ELSE format('coalesce(%I.name, c.%I::text)', 'name of ' || m.field, m.field) END
		FROM ticket_mining.nsp_mapping(source) m
		WHERE m.part = 'tickets' AND m.field = nsp_name.field), 'NULL::text')
$$;
COMMENT ON FUNCTION nsp_name(name, text) IS
'internal: a field of the tickets with its name looked up';

CREATE FUNCTION nsp_names_query(source name) RETURNS text LANGUAGE sql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT concat_ws(' UNION ALL ',
		'SELECT NULL::text AS part, NULL::text AS id, NULL::text AS name WHERE false',
		string_agg(format('SELECT %L, c.id::text, c.name FROM %s c WHERE c.name IS NOT NULL',
			m.part, ticket_mining.nsp_landed(source, m.part)), ' UNION ALL ' ORDER BY m.part))
	FROM ticket_mining.nsp_mapping(source) m WHERE m.field = 'name'
$$;
COMMENT ON FUNCTION nsp_names_query(name) IS 'internal: the query of the names of a source';

-- What landed and counts.
CREATE FUNCTION nsp_tickets_query(source name) RETURNS text LANGUAGE sql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT ticket_mining.run_sql(source, $q$
		SELECT c.case_id, %1$s AS case_no, (%2$s)::text AS status, (%3$s)::text AS team,
			c.created_at %4$s
		FROM @schema.landed_tickets c %5$s
		WHERE (c.missing_since IS NULL
			OR (SELECT p.counts_missing FROM @schema.parts p WHERE p.part = 'tickets'))
		AND %6$s IS NOT TRUE AND c.created_at IS NOT NULL$q$,
		ticket_mining.nsp_field(source, 'tickets', 'case_no', 'text'),
		ticket_mining.nsp_name(source, 'status'), ticket_mining.nsp_name(source, 'team'),
		(SELECT string_agg(
			format(', %s AS %I', ticket_mining.nsp_name(source, a.field), a.field), '')
		 FROM ticket_mining.nsp_attributes(source) a),
		(SELECT string_agg(ticket_mining.run_sql(source,
				' LEFT JOIN @schema.names %1$I ON %1$I.part = %2$L AND %1$I.id = c.%3$I::text',
				'name of ' || m.field, m.lookup, m.field), '')
		 FROM ticket_mining.nsp_mapping(source) m
		 WHERE m.part = 'tickets' AND m.lookup IS NOT NULL),
		ticket_mining.nsp_field(source, 'tickets', 'is_deleted', 'boolean'))
$$;
COMMENT ON FUNCTION nsp_tickets_query(name) IS 'internal: the query of the tickets of a source';

CREATE FUNCTION nsp_history_query(source name) RETURNS text LANGUAGE sql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT ticket_mining.run_sql(source, $q$
		SELECT c.case_id, c.seq, c.at, p.becomes, p.label,
			nullif(coalesce(o.name, c.old_value), '') AS old_value,
			nullif(coalesce(n.name, c.new_value), '') AS new_value
		FROM @schema.landed_changes c
		JOIN @schema.properties p USING (property)
		LEFT JOIN @schema.names o ON o.part = p.lookup AND o.id = c.old_value
		LEFT JOIN @schema.names n ON n.part = p.lookup AND n.id = c.new_value
		WHERE p.becomes <> 'nothing' AND (c.missing_since IS NULL
			OR (SELECT p.counts_missing FROM @schema.parts p WHERE p.part = 'changes'))$q$)
$$;
COMMENT ON FUNCTION nsp_history_query(name) IS 'internal: the query of the history of a source';

-- The history has what a field became; what it was at first is the old value of its
-- first change, or what it is now where it never changed. Rows that change nothing
-- are none.
CREATE FUNCTION nsp_became_query(source name, becomes text, label text) RETURNS text LANGUAGE sql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT ticket_mining.run_sql(source, $q$
		WITH changes AS (
			SELECT h.* FROM @schema.history h JOIN @schema.tickets t USING (case_id)
			WHERE h.becomes = %1$L),
		firsts AS (
			SELECT DISTINCT ON (case_id) case_id, seq, old_value FROM changes
			ORDER BY case_id, at, seq)
		SELECT t.case_id, CASE WHEN f.case_id IS NULL THEN t.%1$I ELSE f.old_value END AS %2$I,
			t.created_at AT TIME ZONE s.time_zone AS at, 0::bigint AS seq
		FROM @schema.settings s, @schema.tickets t LEFT JOIN firsts f USING (case_id)
		WHERE CASE WHEN f.case_id IS NULL THEN t.%1$I ELSE f.old_value END IS NOT NULL
		AND t.created_at >= (SELECT min(h.at) FROM @schema.history h)
		UNION ALL
		SELECT c.case_id, c.new_value, c.at AT TIME ZONE s.time_zone, c.seq
		FROM @schema.settings s, changes c WHERE c.new_value IS DISTINCT FROM c.old_value$q$,
		becomes, label)
$$;
COMMENT ON FUNCTION nsp_became_query(name, text, text) IS
'internal: the query of what a field of the tickets of a source became';

CREATE FUNCTION nsp_events_query(source name) RETURNS text LANGUAGE sql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT ticket_mining.nsp_became_query(source, 'status', 'activity')
		|| ticket_mining.run_sql(source, $q$ AND c.new_value IS NOT NULL
		UNION ALL
		SELECT h.case_id, h.label, h.at AT TIME ZONE s.time_zone, h.seq
		FROM @schema.settings s, @schema.history h JOIN @schema.tickets t USING (case_id)
		WHERE h.becomes = 'note'$q$)
$$;
COMMENT ON FUNCTION nsp_events_query(name) IS 'internal: the query of the events of a source';

-- None where the mapping has no comments.
CREATE FUNCTION nsp_messages_query(source name) RETURNS text LANGUAGE sql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN to_regclass(ticket_mining.nsp_landed(source, 'comments')) IS NULL
		THEN 'SELECT NULL::bigint AS case_id, NULL::text AS direction, NULL::timestamptz AS at,
			NULL::bigint AS seq WHERE false'
		ELSE ticket_mining.run_sql(source, $q$
			SELECT c.case_id, (SELECT d.direction FROM @schema.directions d
				WHERE (d.user_type IS NULL OR d.user_type = %1$s)
				AND (d.is_internal IS NULL OR d.is_internal = %2$s)
				AND (d.origin IS NULL OR d.origin = %3$s)
				ORDER BY d.rule_no LIMIT 1) AS direction, c.at AT TIME ZONE s.time_zone AS at, c.seq
			FROM @schema.settings s,
				@schema.landed_comments c JOIN @schema.tickets t USING (case_id)
			WHERE c.missing_since IS NULL
				OR (SELECT p.counts_missing FROM @schema.parts p WHERE p.part = 'comments')$q$,
			ticket_mining.nsp_field(source, 'comments', 'user_type', 'bigint'),
			ticket_mining.nsp_field(source, 'comments', 'is_internal', 'boolean'),
			ticket_mining.nsp_field(source, 'comments', 'origin', 'bigint'))
		END
$$;
COMMENT ON FUNCTION nsp_messages_query(name) IS 'internal: the query of the messages of a source';

CREATE FUNCTION nsp_cases_query(source name) RETURNS text LANGUAGE sql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT ticket_mining.run_sql(source, 'SELECT t.case_id, t.case_no %s FROM @schema.tickets t',
		(SELECT string_agg(format(', t.%I', a.field), '')
		 FROM ticket_mining.nsp_attributes(source) a))
$$;
COMMENT ON FUNCTION nsp_cases_query(name) IS 'internal: the query of the cases of a source';

CREATE FUNCTION nsp_missing_query(source name) RETURNS text LANGUAGE sql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT string_agg(format('SELECT %L AS part, %L AS finding, count(*) AS number FROM %s c
			WHERE c.missing_since IS NOT NULL', m.part, m.part || ' missing',
		ticket_mining.nsp_landed(source, m.part)), ' UNION ALL ' ORDER BY m.part)
	FROM (SELECT DISTINCT part FROM ticket_mining.nsp_mapping(source)) m
$$;
COMMENT ON FUNCTION nsp_missing_query(name) IS
'internal: the query of how many rows of a source are no longer there';

-- What is in the landing tables, but not in the four relations, or no longer there remotely.
CREATE FUNCTION nsp_quality_query(source name) RETURNS text LANGUAGE sql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT ticket_mining.run_sql(source, $q$
		SELECT 'changes of other properties' AS finding, count(*) AS number,
			'Left out: their property is not in properties, or becomes nothing' AS meaning
		FROM @schema.landed_changes c LEFT JOIN @schema.properties p USING (property)
		WHERE p.becomes IS NULL OR p.becomes = 'nothing'
		UNION ALL
		SELECT 'changes without change', count(*), 'Left out: old and new value are the same'
		FROM @schema.history h WHERE h.becomes <> 'note' AND h.old_value = h.new_value
		UNION ALL
		SELECT 'changes to nothing', count(*), 'Statuses left out: no new value'
		FROM @schema.history h WHERE h.becomes = 'status' AND h.new_value IS NULL
		UNION ALL
		SELECT 'changes of no ticket', count(*), 'Left out: the ticket is not there, or deleted'
		FROM @schema.history h
		WHERE NOT EXISTS (SELECT FROM @schema.tickets t WHERE t.case_id = h.case_id)
		UNION ALL
		SELECT 'tickets older than the history', count(*),
			'Nobody knows how they began; they are cut off'
		FROM @schema.tickets t WHERE t.created_at < (SELECT min(h.at) FROM @schema.history h)
		UNION ALL
		SELECT 'tickets deleted', count(*), 'Left out: marked as deleted'
		FROM @schema.landed_tickets c WHERE %s
		UNION ALL
		SELECT m.finding, m.number, CASE WHEN p.counts_missing
			THEN 'No longer there remotely; they count'
			ELSE 'No longer there remotely; left out' END
		FROM (%s) m JOIN @schema.parts p USING (part)$q$,
		ticket_mining.nsp_field(source, 'tickets', 'is_deleted', 'boolean'),
		ticket_mining.nsp_missing_query(source))
$$;
COMMENT ON FUNCTION nsp_quality_query(name) IS
'internal: the query of the quality report of a source';

-- In the order in which they are made: later ones read earlier ones.
CREATE FUNCTION nsp_view_queries(source name, OUT view_no integer, OUT view name, OUT query text,
	OUT meaning text) RETURNS SETOF record LANGUAGE sql
	STABLE COST 1000 ROWS 8 SET search_path = pg_catalog, pg_temp AS $$
	VALUES
		(1, 'names'::name, ticket_mining.nsp_names_query(source), 'The names of ids'),
		(2, 'tickets', ticket_mining.nsp_tickets_query(source),
			'The tickets that count, with names for ids'),
		(3, 'history', ticket_mining.nsp_history_query(source),
			'The changes that count, with names for ids'),
		(4, 'events', ticket_mining.nsp_events_query(source),
			'The events of a log: statuses and notes'),
		(5, 'assignments', ticket_mining.nsp_became_query(source, 'team', 'team'),
			'The assignments of a log'),
		(6, 'messages', ticket_mining.nsp_messages_query(source), 'The messages of a log'),
		(7, 'cases', ticket_mining.nsp_cases_query(source), 'The cases of a log'),
		(8, 'quality', ticket_mining.nsp_quality_query(source),
			'What landed and is left out, or is no longer there remotely')
$$;
COMMENT ON FUNCTION nsp_view_queries(name) IS 'internal: the views of a source';

-- The views of a source; what others have made of them keeps it from that.
CREATE FUNCTION nsp_drop_views(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	views regclass[] := array(
		SELECT v FROM (SELECT to_regclass(format('%I.%I', source, n))
			FROM unnest(ticket_mining.nsp_views()) n) r (v) WHERE v IS NOT NULL);
BEGIN
	IF views <> '{}' THEN
		PERFORM ticket_mining.run_drop(source, 'v', views);
	END IF;
END $$;
COMMENT ON FUNCTION nsp_drop_views(name) IS 'internal: drops the views of a source';

-- Each made, or made anew with the same columns and perhaps more.
CREATE FUNCTION nsp_make_each_view(source name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	wanted record;
BEGIN
	FOR wanted IN SELECT v.* FROM ticket_mining.nsp_view_queries(source) v ORDER BY v.view_no LOOP
		EXECUTE format('CREATE OR REPLACE VIEW %I.%I AS %s', source, wanted.view, wanted.query);
		EXECUTE format('COMMENT ON VIEW %I.%I IS %L', source, wanted.view, wanted.meaning);
	END LOOP;
END $$;
COMMENT ON FUNCTION nsp_make_each_view(name) IS 'internal: makes the views of a source one by one';

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
