-- map: the dictionaries and the cases of a log in the page
--
-- Labels stand once; all else refers to them by numbers from 0, in the order of
-- their bytes.

-- The labels of a dimension and their numbers; an activity "none" that stands for no
-- activity is not one of them.
CREATE FUNCTION report_numbers(log name, dimension text, label_column text,
		OUT label text, OUT number bigint) RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 1000 ROWS 30 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE run_sql(log, $q$
		SELECT %1$I, row_number() OVER (ORDER BY %1$I COLLATE "C") - 1 FROM @schema.%2$I %3$s
	$q$, label_column, dimension,
		CASE dimension WHEN 'activities' THEN 'WHERE kind <> ''none''' END);
END $$;
COMMENT ON FUNCTION report_numbers(name, text, text)
	IS 'internal: the labels of a dimension and their numbers';

CREATE FUNCTION report_activities(log name, OUT activities json) LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT json_build_object(
			'activity', page_array(array_agg(a.activity ORDER BY n.number)),
			'label', page_array(array_agg(a.label ORDER BY n.number)),
			'kind', page_array(array_agg(a.kind ORDER BY n.number)),
			'answers', page_array(array_agg(a.answers ORDER BY n.number)),
			'is_start', page_array(array_agg(a.is_start ORDER BY n.number)),
			'segment', page_array(array_agg(coalesce(s.number, -1) ORDER BY n.number)))
		FROM @schema.activities a
		JOIN report_numbers($1, 'activities', 'activity') n ON n.label = a.activity
		LEFT JOIN report_numbers($1, 'segments', 'segment') s ON s.label = a.segment
	$q$) INTO activities USING log;
END $$;
COMMENT ON FUNCTION report_activities(name) IS 'internal: the activities of a log as JSON';

CREATE FUNCTION report_teams(log name, OUT teams json) LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT json_build_object(
			'team', page_array(array_agg(team ORDER BY team COLLATE "C")),
			'label', page_array(array_agg(label ORDER BY team COLLATE "C")),
			'role', page_array(array_agg(role ORDER BY team COLLATE "C")))
		FROM @schema.teams
	$q$) INTO teams;
END $$;
COMMENT ON FUNCTION report_teams(name) IS 'internal: the teams of a log as JSON';

CREATE FUNCTION report_segments(log name, OUT segments json) LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT json_build_object(
			'segment', page_array(array_agg(segment ORDER BY segment COLLATE "C")),
			'is_excluded', page_array(array_agg(is_excluded ORDER BY segment COLLATE "C")))
		FROM @schema.segments
	$q$) INTO segments;
END $$;
COMMENT ON FUNCTION report_segments(name) IS 'internal: the segments of a log as JSON';

-- ---- variants ---------------------------------------------------------------------

-- The events after which masked ones stood; 0 for before the first one. Between two
-- events the log has then no seconds to the next one.
CREATE FUNCTION report_breaks(log name, OUT case_key bigint, OUT breaks integer[])
	RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 1000 ROWS 10 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE run_sql(log, $q$
		SELECT b.case_key, array_agg(b.event_no ORDER BY b.event_no)
		FROM (SELECT e.case_key, e.event_no
			  FROM @schema.events e JOIN @schema.cases c ON c.case_key = e.case_key
			  WHERE e.seconds_to_next IS NULL AND e.event_no < c.event_count
			  UNION ALL
			  SELECT c.case_key, 0 FROM @schema.cases c WHERE c.is_start_masked = 1
			  UNION ALL
			  SELECT c.case_key, c.event_count FROM @schema.cases c WHERE c.is_end_masked = 1) b
		GROUP BY b.case_key
	$q$);
END $$;
COMMENT ON FUNCTION report_breaks(name)
	IS 'internal: the events of a log after which masked ones stood';

-- The variants of the cases, those of most cases first, each with a case that has it.
CREATE FUNCTION report_variant_numbers(log name, cases bigint[],
		OUT variant text, OUT breaks integer[], OUT number bigint, OUT case_key bigint)
	RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 1000 ROWS 500 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE run_sql(log, $q$
		SELECT variant::text, breaks,
			   row_number() OVER (ORDER BY count(*) DESC, log_variant_hash(variant::text),
				variant::text COLLATE "C", breaks) - 1,
			   min(case_key)
		FROM (SELECT c.case_key, c.variant, coalesce(b.breaks, '{}') AS breaks
			  FROM unnest($2) k (case_key) JOIN @schema.cases c USING (case_key)
			  LEFT JOIN report_breaks($1) b USING (case_key)) v
		GROUP BY variant, breaks
	$q$) USING log, cases;
END $$;
COMMENT ON FUNCTION report_variant_numbers(name, bigint[])
	IS 'internal: the variants of cases and their numbers';

CREATE FUNCTION report_variants(log name, cases bigint[], OUT variants json) LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		WITH v AS MATERIALIZED (SELECT * FROM report_variant_numbers($1, $2)),
		entry AS (
			SELECT v.number, e.event_no, 0 AS part, a.number AS activity
			FROM v JOIN @schema.events e USING (case_key)
			JOIN report_numbers($1, 'activities', 'activity') a ON a.label = e.activity
			UNION ALL
			SELECT v.number, masked, 1, -1 FROM v, unnest(v.breaks) masked)
		SELECT json_build_object(
			'variant', page_array(array_agg(v.variant ORDER BY v.number)),
			'length', page_array(array_agg(
				c.event_count + cardinality(v.breaks) ORDER BY v.number)),
			'activities', page_array((
				SELECT array_agg(activity ORDER BY number, event_no, part) FROM entry)))
		FROM v JOIN @schema.cases c USING (case_key)
	$q$) INTO variants USING log, cases;
END $$;
COMMENT ON FUNCTION report_variants(name, bigint[]) IS 'internal: the variants of cases as JSON';

-- ---- attributes -------------------------------------------------------------------

-- Whether a column, by its name, identifies somebody, or is free text that may do so.
CREATE FUNCTION report_is_personal(column_name text) RETURNS boolean LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN lower(column_name) COLLATE "C" ~ (
	'agent|user|person|request[eo]r|reporter|caller|contact|customer|employee|assignee|owner'
	|| '|author|mail|phone|mobile|initial|address|cpr|ssn'
	|| '|bruger|medarbejder|rekvirent|melder|behandler|ansvarlig|kunde|borger|telefon|adresse'
	|| '|(^|first|last|sur|full|fore|middle|display)_?name$|(^|for|efter|mellem|fulde?_?)navn$'
	|| '|subject|title|description|comment|emne|titel|beskrivelse|kommentar');
COMMENT ON FUNCTION report_is_personal(text)
	IS 'internal: whether a column by its name tells who somebody is, or is free text';

-- The columns of the cases; an attribute is one that is not mined.
CREATE FUNCTION report_columns(log name,
		OUT column_no smallint, OUT column_name text, OUT type text, OUT is_attribute boolean)
	RETURNS SETOF record LANGUAGE sql
	STABLE PARALLEL SAFE COST 100 ROWS 70
	SET search_path = pg_catalog, pg_temp SET quote_all_identifiers = off AS $$
	SELECT attnum, attname::text, format_type(atttypid, NULL), m.column_name IS NULL
	FROM pg_attribute
	LEFT JOIN ticket_mining.mined_columns m ON m.table_name = 'cases' AND m.column_name = attname
	WHERE attrelid = format('%I.cases', log)::regclass AND attnum > 0 AND NOT attisdropped
$$;
COMMENT ON FUNCTION report_columns(name) IS 'internal: the columns of the cases of a log';

CREATE FUNCTION report_check_attributes(log name, attributes text[]) RETURNS void LANGUAGE plpgsql
	STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	known text[] := array(SELECT column_name FROM ticket_mining.report_columns(log)
		WHERE is_attribute);
	unknown text := (SELECT a FROM unnest(attributes) WITH ORDINALITY u (a, n)
		WHERE a <> ALL (known) ORDER BY n LIMIT 1);
BEGIN
	IF EXISTS (SELECT FROM unnest(attributes) a WHERE a IS NULL) THEN
		RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
			MESSAGE = 'attributes must not contain nulls';
	ELSIF unknown IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_column',
			MESSAGE = format('the cases of log "%s" have no attribute "%s"', log, unknown),
			HINT = 'Attributes are what the relation of the cases has besides case_id and case_no.';
	END IF;
END $$;
COMMENT ON FUNCTION report_check_attributes(name, text[])
	IS 'internal: refuses attributes that there are not';

-- What an attribute is for the page: text, number, boolean, date or time. Booleans
-- are mined as 0 and 1.
CREATE FUNCTION report_attribute_kind(log name, column_name text, type text, OUT kind text)
	LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	kind := CASE type WHEN 'text' THEN 'text' WHEN 'date' THEN 'date'
		WHEN 'timestamp without time zone' THEN 'time' ELSE 'number' END;
	IF type = 'smallint' THEN
		EXECUTE run_sql(log, $q$
			SELECT CASE WHEN bool_and(c.%I IN (0, 1)) THEN 'boolean' ELSE 'number' END
			FROM @schema.cases c
		$q$, column_name) INTO kind;
	END IF;
END $$;
COMMENT ON FUNCTION report_attribute_kind(name, text, text)
	IS 'internal: what an attribute is for the page';

-- Dates and times are written as in JSON, which is how chains of filters compare them.
CREATE FUNCTION report_attribute_expression(column_name text, kind text) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN format(CASE
	WHEN kind IN ('date', 'time') THEN 'to_jsonb(c.%I) #>> ''{}'''
	WHEN kind = 'boolean' THEN 'CASE c.%I WHEN 1 THEN ''true'' WHEN 0 THEN ''false'' END'
	ELSE 'c.%I::text' END, column_name);
COMMENT ON FUNCTION report_attribute_expression(text, text)
	IS 'internal: the values of an attribute as text, over the row c of a case';

-- An attribute of the cases: its values, each once, and which of them each case
-- has. NULL for one that nobody asked for and that has a value of its own for many
-- cases, as free text and numbers of things have.
CREATE FUNCTION report_attribute(log name, cases bigint[], column_name text, kind text,
		is_asked_for boolean, OUT described json) LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		WITH a AS (
			SELECT k.n, %s AS value
			FROM unnest($1) WITH ORDINALITY k (case_key, n) JOIN @schema.cases c USING (case_key)),
		d AS (
			SELECT value, row_number() OVER (ORDER BY
				CASE WHEN $3 = 'number' THEN value::float8 END, value COLLATE "C") - 1 AS number
			FROM (SELECT DISTINCT value FROM a WHERE value IS NOT NULL) v)
		SELECT json_build_object('name', $2, 'type', $3,
			'values', page_array((SELECT array_agg(value ORDER BY number) FROM d)),
			'value', page_array((SELECT array_agg(coalesce(number, -1) ORDER BY n)
								 FROM a LEFT JOIN d USING (value))))
		WHERE $4 OR $3 IN ('date', 'time') OR (SELECT count(*) FROM d) <= 500
	$q$, report_attribute_expression(column_name, kind))
		INTO described USING cases, column_name, kind, is_asked_for;
END $$;
COMMENT ON FUNCTION report_attribute(name, bigint[], text, text, boolean)
	IS 'internal: an attribute of cases as JSON';

-- The columns of cases that a chain of filters asks for, except those that the page has
-- anyway.
CREATE FUNCTION report_filtered_by(filter jsonb) RETURNS text[] LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT array(SELECT a FROM unnest(ticket_mining.filter_attributes(filter)) a WHERE a <> ALL (
		'{case_id,case_no,status,is_open,is_resolved,is_cut_off,is_start_masked,is_end_masked,
		event_count,reopening_count,is_reopened,is_answered_again,repeat_answer_count,
		first_team,resolving_team,current_team,handover_count,landing,is_returned_by_partner,
		is_ping_pong,messages_in,messages_out,turns}'))
$$;
COMMENT ON FUNCTION report_filtered_by(jsonb)
	IS 'internal: the columns of cases that a page takes along for its chain of filters';

-- The attributes that are asked for, or else all except personal ones; and those by which
-- the page is filtered.
CREATE FUNCTION report_attributes(log name, cases bigint[], attributes text[], filtered_by text[])
	RETURNS json LANGUAGE sql
	STABLE COST 10000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
	SELECT coalesce(json_agg(described ORDER BY column_no), '[]')
	FROM (SELECT column_no, column_name, type, column_name = ANY (filtered_by) AS is_filter
		  FROM report_columns(log)
		  WHERE column_name = ANY (filtered_by)
		  OR is_attribute AND CASE WHEN attributes IS NULL THEN NOT report_is_personal(column_name)
							  ELSE column_name = ANY (attributes) END) c,
		 report_attribute_kind(log, column_name, type) kind,
		 report_attribute(log, cases, column_name, kind,
						  attributes IS NOT NULL OR is_filter) described
	WHERE described IS NOT NULL
$$;
COMMENT ON FUNCTION report_attributes(name, bigint[], text[], text[])
	IS 'internal: the attributes of cases as JSON';

-- ---- cases ------------------------------------------------------------------------

CREATE FUNCTION report_cases(log name, cases bigint[], began timestamptz[], attributes json,
		zone text, folds tsmultirange, ticks integer, OUT described json) LANGUAGE plpgsql
	STABLE COST 100000 SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		WITH twice AS MATERIALIZED (SELECT * FROM report_twice($1, $5, $6)),
		team AS MATERIALIZED (SELECT * FROM report_numbers($1, 'teams', 'team')),
		told AS (
			SELECT k.n, k.began, c.case_key, c.case_no, c.case_id::text AS id,
				   jsonb_typeof(to_jsonb(c.case_id)) AS id_type, v.number AS variant,
				   c.first_resolved_at, c.resolved_at, c.closed_at, c.is_open, c.is_cut_off,
				   c.repeat_answer_count, c.first_team, c.resolving_team, c.current_team,
				   c.handover_count, c.landing, c.is_returned_by_partner, c.is_ping_pong
			FROM unnest($2, $3) WITH ORDINALITY k (case_key, began, n)
			JOIN @schema.cases c USING (case_key)
			LEFT JOIN report_breaks($1) b ON b.case_key = c.case_key
			JOIN report_variant_numbers($1, $2) v
			ON v.variant = c.variant::text AND v.breaks = coalesce(b.breaks, '{}'))
		SELECT json_build_object(
			'no', page_array(array_agg(case_no ORDER BY n)),
			'id', CASE WHEN bool_and(case_no = id) THEN NULL
				  ELSE page_array(array_agg(id ORDER BY n)) END,
			'id_type', min(id_type),
			'variant', page_array(array_agg(variant ORDER BY n)),
			'created', page_array(array_agg(report_instant(began, $7) ORDER BY n)),
			'first_resolved', page_array(array_agg(report_ticks(coalesce(
				t1.after, report_since(began, first_resolved_at, $5)), $7) ORDER BY n)),
			'resolved', page_array(array_agg(report_ticks(coalesce(
				t2.after, report_since(began, resolved_at, $5)), $7) ORDER BY n)),
			'closed', page_array(array_agg(report_ticks(coalesce(
				t3.after, report_since(began, closed_at, $5)), $7) ORDER BY n)),
			'is_open', page_array(array_agg(is_open ORDER BY n)),
			'is_cut_off', page_array(array_agg(is_cut_off ORDER BY n)),
			'repeat_answers', page_array(array_agg(repeat_answer_count ORDER BY n)),
			'first_team', page_array(array_agg(f.number ORDER BY n)),
			'resolving_team', page_array(array_agg(r.number ORDER BY n)),
			'current_team', page_array(array_agg(u.number ORDER BY n)),
			'handovers', page_array(array_agg(handover_count ORDER BY n)),
			'landing', page_array(array_agg(landing ORDER BY n)),
			'is_returned_by_partner', page_array(array_agg(is_returned_by_partner ORDER BY n)),
			'is_ping_pong', page_array(array_agg(is_ping_pong ORDER BY n)),
			'attributes', $4)
		FROM told c
		JOIN team f ON f.label = c.first_team
		JOIN team r ON r.label = c.resolving_team
		JOIN team u ON u.label = c.current_team
		LEFT JOIN twice t1 ON t1.case_key = c.case_key AND t1.at = c.first_resolved_at
		LEFT JOIN twice t2 ON t2.case_key = c.case_key AND t2.at = c.resolved_at
		LEFT JOIN twice t3 ON t3.case_key = c.case_key AND t3.at = c.closed_at
	$q$) INTO described USING log, cases, began, attributes, zone, folds, ticks;
END $$;
COMMENT ON FUNCTION report_cases(name, bigint[], timestamptz[], json, text, tsmultirange, integer)
	IS 'internal: cases as JSON';
