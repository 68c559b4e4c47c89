-- log: logs of earlier versions get the layout of this one

-- Tells the layout of one version from that of another.
CREATE FUNCTION log_layout() RETURNS text LANGUAGE sql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT md5(string_agg(concat_ws(' ', l.what, l.name, l.no, l.definition), E'\n'
		ORDER BY l.what, l.name, l.no, l.definition))
	FROM (SELECT 'column' AS what, table_name AS name, column_no AS no,
				 column_name || ' ' || type AS definition
		  FROM ticket_mining.mined_columns
		  UNION ALL
		  SELECT 'key', table_name, key_no, definition FROM ticket_mining.mined_keys
		  UNION ALL
		  SELECT 'index', table_name, NULL, method || ' ' || columns
		  FROM ticket_mining.mined_indexes) l
$$;
COMMENT ON FUNCTION log_layout() IS
'internal: the layout that the mined tables of a log have in this version, as a digest';

-- The last good refresh says which one it left.
CREATE FUNCTION log_has_layout(log name) RETURNS boolean LANGUAGE sql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce((ticket_mining.log_last_refresh(log)).config ->> 'layout'
		= ticket_mining.log_layout(), false)
$$;
COMMENT ON FUNCTION log_has_layout(name) IS
'internal: whether the mined tables of a log have the layout of this version';

-- What the tables of a log lack, or have of another type: by the catalog, so that a log
-- of any earlier version is followed, also one that was dumped in it.
CREATE FUNCTION log_outdated_columns(log name, OUT table_name text, OUT column_name text,
		OUT type text, OUT is_missing boolean, OUT has_type boolean, OUT may_be_null boolean)
	RETURNS SETOF record LANGUAGE sql
	STABLE COST 1000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $$
	SELECT w.table_name, w.column_name, w.type, w.atttypid IS NULL,
		w.atttypid IS NOT DISTINCT FROM to_regtype(w.type), w.may_be_null
	FROM (SELECT m.table_name, m.column_no, m.column_name, n.type,
				 m.type LIKE '% NULL' AS may_be_null, a.attnotnull, a.atttypid
		  FROM ticket_mining.mined_columns m
		  CROSS JOIN LATERAL (SELECT CASE WHEN m.column_name IN ('case_id', 'example_case_id')
			  THEN ticket_mining.log_id_type(log) ELSE replace(m.type, ' NULL', '') END) n (type)
		  LEFT JOIN pg_attribute a ON a.attrelid = to_regclass(format('%I.%I', log, m.table_name))
			  AND a.attname = m.column_name AND NOT a.attisdropped) w
	WHERE w.atttypid IS DISTINCT FROM to_regtype(w.type) OR w.attnotnull = w.may_be_null
	ORDER BY w.table_name, w.column_no
$$;
COMMENT ON FUNCTION log_outdated_columns(name) IS
'internal: columns of the mined tables of a log that this version has otherwise';

-- A column gets another type; the keys that it is in are made anew.
CREATE FUNCTION log_change_type(log name, changed_table text, changed_column text, type text)
	RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE ticket_mining.run_sql(log,
		'ALTER TABLE @schema.%1$I ALTER %2$I TYPE %3$s USING %2$I::%3$s',
		changed_table, changed_column, type);
EXCEPTION WHEN feature_not_supported THEN
	PERFORM ticket_mining.run_throw_dependents(log,
		ARRAY[format('%I.%I', log, changed_table)::regclass]);
	RAISE;
END $$;
COMMENT ON FUNCTION log_change_type(name, text, text, text) IS
'internal: gives a mined column another type';

-- The foreign keys between the mined tables that columns are in which change their type,
-- as statements that drop them and make them anew.
CREATE FUNCTION log_foreign_keys(log name, OUT drops text, OUT adds text) LANGUAGE sql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT string_agg(format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname),
			'; ' ORDER BY k.oid),
		string_agg(format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.conrelid::regclass, k.conname,
			pg_get_constraintdef(k.oid)), '; ' ORDER BY k.oid)
	FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
	WHERE k.contype = 'f' AND c.relnamespace = to_regnamespace(quote_ident(log))
	AND EXISTS (
		SELECT FROM ticket_mining.log_outdated_columns(log) o
		JOIN pg_attribute a ON a.attname = o.column_name
			AND a.attrelid = to_regclass(format('%I.%I', log, o.table_name))
		WHERE NOT o.has_type AND (a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
			OR a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)))
$$;
COMMENT ON FUNCTION log_foreign_keys(name) IS
'internal: the foreign keys of a log in the way of new types';

CREATE FUNCTION log_follow_columns(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	keys record := ticket_mining.log_foreign_keys(log);
	outdated record;
BEGIN
	IF keys.drops IS NOT NULL THEN
		EXECUTE keys.drops;
	END IF;
	FOR outdated IN SELECT * FROM ticket_mining.log_outdated_columns(log) LOOP
		IF outdated.is_missing THEN
			EXECUTE ticket_mining.run_sql(log, 'ALTER TABLE @schema.%I ADD %I %s',
				outdated.table_name, outdated.column_name, outdated.type);
		ELSIF NOT outdated.has_type THEN
			PERFORM ticket_mining.log_change_type(log, outdated.table_name, outdated.column_name,
				outdated.type);
		END IF;
		IF outdated.may_be_null AND NOT outdated.is_missing THEN
			EXECUTE ticket_mining.run_sql(log, 'ALTER TABLE @schema.%I ALTER %I DROP NOT NULL',
				outdated.table_name, outdated.column_name);
		END IF;
	END LOOP;
	IF keys.adds IS NOT NULL THEN
		EXECUTE keys.adds;
	END IF;
END $$;
COMMENT ON FUNCTION log_follow_columns(name) IS
'internal: brings the columns of the mined tables of a log to this version';

-- Rows of before had nothing for a new column; now each has a value where it must.
CREATE FUNCTION log_require_values(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	outdated record;
BEGIN
	FOR outdated IN
		SELECT * FROM ticket_mining.log_outdated_columns(log) c
		WHERE NOT c.may_be_null AND NOT c.is_missing
	LOOP
		EXECUTE ticket_mining.run_sql(log, 'ALTER TABLE @schema.%I ALTER %I SET NOT NULL',
			outdated.table_name, outdated.column_name);
	END LOOP;
END $$;
COMMENT ON FUNCTION log_require_values(name) IS
'internal: forbids NULL in the columns of the mined tables of a log that have none';

-- A mined table says what it holds in the words of this version.
CREATE FUNCTION log_follow_comments(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	outdated record;
BEGIN
	FOR outdated IN
		SELECT 'COLUMN' AS kind, format('%I.%I', m.table_name, m.column_name) AS name, m.meaning
		FROM ticket_mining.mined_columns m
		JOIN pg_attribute a ON a.attrelid = to_regclass(format('%I.%I', log, m.table_name))
			AND a.attname = m.column_name
		WHERE col_description(a.attrelid, a.attnum) IS DISTINCT FROM m.meaning
		UNION ALL
		SELECT 'TABLE', quote_ident(t.table_name), t.meaning FROM ticket_mining.mined_tables t
		WHERE obj_description(to_regclass(format('%I.%I', log, t.table_name)), 'pg_class')
			IS DISTINCT FROM t.meaning
	LOOP
		EXECUTE format('COMMENT ON %s %I.%s IS %L', outdated.kind, log, outdated.name,
			outdated.meaning);
	END LOOP;
END $$;
COMMENT ON FUNCTION log_follow_comments(name) IS
'internal: brings the comments of the mined tables of a log to this version';

-- A log that reads times without a zone was made with the zone that they are in.
CREATE FUNCTION log_follow_time_zone(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		UPDATE @schema.settings s SET is_time_zone_given = true
		WHERE EXISTS (
			SELECT FROM unnest(ARRAY[s.events, s.assignments, s.messages]) relation,
				log_columns(relation, s.time_zone) c
			WHERE c.column_name = 'at' AND c.accepts = 'timestamp')$q$);
END $$;
COMMENT ON FUNCTION log_follow_time_zone(name) IS
'internal: keeps for a log of 0.1.0 that its time zone was given';

-- What came with 0.2.0: more settings of times, and readers who can make no foreign keys.
CREATE FUNCTION log_follow_settings(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_attribute
				   WHERE attrelid = to_regclass(format('%I.settings', log))
				   AND attname = 'is_time_zone_given' AND NOT attisdropped) THEN
		PERFORM log_add_time_settings(log), log_follow_time_zone(log), log_comment_settings(log),
			log_revoke_references(log);
	END IF;
END $$;
COMMENT ON FUNCTION log_follow_settings(name) IS
'internal: brings the settings of a log to this version';

-- One that this version has made has nothing to follow, also before its first refresh.
CREATE FUNCTION log_is_outdated(log name) RETURNS boolean LANGUAGE sql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT NOT ticket_mining.log_has_layout(log)
		AND ((ticket_mining.log_last_refresh(log)).config IS NOT NULL
			OR EXISTS (SELECT FROM ticket_mining.log_outdated_columns(log)))
$$;
COMMENT ON FUNCTION log_is_outdated(name) IS 'internal: whether a log is one of another version';

-- Tables and columns come at once, empty, since readers wait for that; the refresh fills them,
-- for of a log with another layout it mines all cases. Triggers may have been replaced.
CREATE FUNCTION log_follow_layout(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	IF log_is_outdated(log) THEN
		-- Who reads the status locks that view first, and so does this.
		PERFORM log_make_status(log);
		PERFORM run_guard(log);
		PERFORM log_follow_settings(log), log_make_tables(log, log_id_type(log)),
			log_follow_columns(log), log_make_views(log), log_follow_comments(log);
	END IF;
	PERFORM log_make_triggers(log);
END $$;
COMMENT ON FUNCTION log_follow_layout(name) IS
'internal: brings a log of an earlier version to the layout of this one';
