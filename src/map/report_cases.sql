-- map: the dictionaries and the cases of a log in the page
--
-- Labels stand once; all else refers to them by numbers from 0, in the order of
-- their bytes.

-- The labels of a dimension and their numbers; an activity "none" that stands for no activity is none of them.
CREATE FUNCTION report_numbers(log name, dimension text, label_column text, OUT label text, OUT number bigint) RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 1000 ROWS 30 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	RETURN QUERY EXECUTE format('SELECT %1$I, row_number() OVER (ORDER BY %1$I COLLATE "C") - 1 FROM %2$I.%3$I %4$s', label_column, log, dimension,
		CASE dimension WHEN 'activities' THEN 'WHERE kind <> ''none''' END);
END $$;
COMMENT ON FUNCTION report_numbers(name, text, text) IS 'internal: the labels of a dimension and their numbers';

CREATE FUNCTION report_activities(log name) RETURNS json LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (SELECT json_build_object('activity', page_array(array_agg(a.activity ORDER BY n.number)), 'label', page_array(array_agg(a.label ORDER BY n.number)),
				'kind', page_array(array_agg(a.kind ORDER BY n.number)), 'answers', page_array(array_agg(a.answers ORDER BY n.number)),
				'is_start', page_array(array_agg(a.is_start ORDER BY n.number)), 'segment', page_array(array_agg(coalesce(s.number, -1) ORDER BY n.number)))
			FROM activities a
			JOIN report_numbers(log, 'activities', 'activity') n ON n.label = a.activity
			LEFT JOIN report_numbers(log, 'segments', 'segment') s ON s.label = a.segment);
END $$;
COMMENT ON FUNCTION report_activities(name) IS 'internal: the activities of a log as JSON';

CREATE FUNCTION report_teams(log name) RETURNS json LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (SELECT json_build_object('team', page_array(array_agg(t.team ORDER BY t.team COLLATE "C")), 'label', page_array(array_agg(t.label ORDER BY t.team COLLATE "C")),
				'role', page_array(array_agg(t.role ORDER BY t.team COLLATE "C")))
			FROM teams t);
END $$;
COMMENT ON FUNCTION report_teams(name) IS 'internal: the teams of a log as JSON';

CREATE FUNCTION report_segments(log name) RETURNS json LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (SELECT json_build_object('segment', page_array(array_agg(s.segment ORDER BY s.segment COLLATE "C")),
				'is_excluded', page_array(array_agg(s.is_excluded ORDER BY s.segment COLLATE "C")))
			FROM segments s);
END $$;
COMMENT ON FUNCTION report_segments(name) IS 'internal: the segments of a log as JSON';

-- The events after which masked ones stood; 0 for before the first one. Between two
-- events the log has then no seconds to the next one.
CREATE FUNCTION report_breaks(log name, OUT case_key bigint, OUT breaks integer[]) RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 1000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN QUERY
	SELECT b.case_key, array_agg(b.event_no ORDER BY b.event_no)
	FROM (SELECT e.case_key, e.event_no FROM events e JOIN cases c ON c.case_key = e.case_key
		  WHERE e.seconds_to_next IS NULL AND e.event_no < c.event_count
		  UNION ALL SELECT c.case_key, 0 FROM cases c WHERE c.is_start_masked = 1
		  UNION ALL SELECT c.case_key, c.event_count FROM cases c WHERE c.is_end_masked = 1) b
	GROUP BY b.case_key;
END $$;
COMMENT ON FUNCTION report_breaks(name) IS 'internal: the events of a log after which masked ones stood';

-- The variants of the cases, those of most cases first, each with a case that has it.
CREATE FUNCTION report_variant_numbers(log name, cases bigint[], OUT variant bigint, OUT breaks integer[], OUT number bigint, OUT case_key bigint) RETURNS SETOF record LANGUAGE plpgsql
	STABLE COST 1000 ROWS 500 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN QUERY
	SELECT c.variant, coalesce(b.breaks, '{}'), row_number() OVER (ORDER BY count(*) DESC, c.variant, coalesce(b.breaks, '{}')) - 1, min(c.case_key)
	FROM unnest(report_variant_numbers.cases) k (case_key) JOIN cases c USING (case_key) LEFT JOIN report_breaks(log) b USING (case_key)
	GROUP BY c.variant, coalesce(b.breaks, '{}');
END $$;
COMMENT ON FUNCTION report_variant_numbers(name, bigint[]) IS 'internal: the variants of cases and their numbers';

CREATE FUNCTION report_variants(log name, cases bigint[]) RETURNS json LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (
		WITH v AS MATERIALIZED (SELECT * FROM report_variant_numbers(log, cases)),
		entry AS (
			SELECT v.number, e.event_no, 0 AS part, a.number AS activity
			FROM v JOIN events e USING (case_key) JOIN report_numbers(log, 'activities', 'activity') a ON a.label = e.activity
			UNION ALL
			SELECT v.number, masked, 1, -1 FROM v, unnest(v.breaks) masked)
		SELECT json_build_object('variant', page_array(array_agg(v.variant::text ORDER BY v.number)),
			'length', page_array(array_agg(c.event_count + cardinality(v.breaks) ORDER BY v.number)),
			'activities', page_array((SELECT array_agg(n.activity ORDER BY n.number, n.event_no, n.part) FROM entry n)))
		FROM v JOIN cases c USING (case_key));
END $$;
COMMENT ON FUNCTION report_variants(name, bigint[]) IS 'internal: the variants of cases as JSON';

-- Whether a column by its name tells who somebody is, or is free text that may do so.
CREATE FUNCTION report_is_personal(column_name text) RETURNS boolean LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN lower(column_name) COLLATE "C" ~ ('agent|user|person|request[eo]r|reporter|caller|contact|customer|employee|assignee|owner|author|mail|phone|mobile|initial|address|cpr|ssn'
	|| '|bruger|medarbejder|rekvirent|melder|behandler|ansvarlig|kunde|borger|telefon|adresse'
	|| '|(^|first|last|sur|full|fore|middle|display)_?name$|(^|for|efter|mellem|fulde?_?)navn$|subject|title|description|comment|emne|titel|beskrivelse|kommentar');
COMMENT ON FUNCTION report_is_personal(text) IS 'internal: whether a column by its name tells who somebody is, or is free text';

CREATE FUNCTION report_check_attributes(log name, attributes text[]) RETURNS void LANGUAGE plpgsql
	STABLE COST 100 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	wanted text;
BEGIN
	FOREACH wanted IN ARRAY coalesce(attributes, '{}') LOOP
		IF wanted IS NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'attributes must not contain nulls';
		ELSIF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = format('%I.cases', log)::regclass AND attname = wanted AND attnum > 0 AND NOT attisdropped)
			OR EXISTS (SELECT FROM ticket_mining.mined_columns m WHERE m.table_name = 'cases' AND m.column_name = wanted) THEN
			RAISE EXCEPTION USING ERRCODE = 'undefined_column', MESSAGE = format('the cases of log "%s" have no attribute "%s"', log, wanted),
				HINT = 'Attributes are what the relation of the cases has besides case_id and case_no.';
		END IF;
	END LOOP;
END $$;
COMMENT ON FUNCTION report_check_attributes(name, text[]) IS 'internal: refuses attributes that there are not';

-- An attribute of the cases: its values, each once, and which of them each case
-- has. Dates and times are told as in JSON, which is how chains of filters compare
-- them. NULL for one that nobody asked for and that has a value of its own for many
-- cases, as free text and numbers of things have.
CREATE FUNCTION report_attribute(log name, cases bigint[], column_name text, type text, is_asked_for boolean) RETURNS json LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	kind text := CASE type WHEN 'text' THEN 'text' WHEN 'date' THEN 'date' WHEN 'timestamp without time zone' THEN 'time' ELSE 'number' END;
	is_boolean boolean;
	described json;
BEGIN
	IF type = 'smallint' THEN
		EXECUTE format('SELECT bool_and(%I IN (0, 1)) FROM %I.cases', column_name, log) INTO is_boolean;
		kind := CASE WHEN is_boolean THEN 'boolean' ELSE kind END;
	END IF;
	EXECUTE format('WITH a AS (
			SELECT k.n, %1$s AS value FROM unnest($1) WITH ORDINALITY k (case_key, n) JOIN %2$I.cases c USING (case_key)),
		d AS (
			SELECT v.value, row_number() OVER (ORDER BY CASE WHEN $3 = ''number'' THEN v.value::float8 END, v.value COLLATE "C") - 1 AS number
			FROM (SELECT DISTINCT value FROM a WHERE value IS NOT NULL) v)
		SELECT json_build_object(''name'', $2, ''type'', $3,
			''values'', ticket_mining.page_array((SELECT array_agg(d.value ORDER BY d.number) FROM d)),
			''value'', ticket_mining.page_array((SELECT array_agg(coalesce(d.number, -1) ORDER BY a.n) FROM a LEFT JOIN d USING (value))))
		WHERE $4 OR $3 IN (''date'', ''time'') OR (SELECT count(*) FROM d) <= 500',
		format(CASE WHEN kind IN ('date', 'time') THEN 'to_jsonb(c.%I) #>> ''{}''' WHEN kind = 'boolean' THEN 'CASE c.%I WHEN 1 THEN ''true'' WHEN 0 THEN ''false'' END' ELSE 'c.%I::text' END, column_name), log)
		INTO described USING cases, column_name, kind, is_asked_for;
	RETURN described;
END $$;
COMMENT ON FUNCTION report_attribute(name, bigint[], text, text, boolean) IS 'internal: an attribute of cases as JSON';

-- The columns of cases for which a chain of filters asks, but for those that the page has anyway.
CREATE FUNCTION report_filtered_by(filter jsonb) RETURNS text[] LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT array(SELECT a FROM unnest(ticket_mining.filter_attributes(filter)) a
		WHERE a <> ALL ('{case_id,case_no,status,is_open,is_resolved,is_cut_off,is_start_masked,is_end_masked,event_count,reopening_count,is_reopened,is_answered_again,
			repeat_answer_count,first_team,resolving_team,current_team,handover_count,landing,is_returned_by_partner,is_ping_pong,messages_in,messages_out,turns}'))
$$;
COMMENT ON FUNCTION report_filtered_by(jsonb) IS 'internal: the columns of cases that a page takes along for its chain of filters';

-- The attributes that are asked for; or else all but those that are personal. And
-- those by which the page is filtered.
CREATE FUNCTION report_attributes(log name, cases bigint[], attributes text[], filtered_by text[]) RETURNS json LANGUAGE plpgsql
	STABLE COST 10000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.report_check_attributes(log, attributes);
	RETURN (SELECT coalesce(json_agg(a.described ORDER BY a.attnum) FILTER (WHERE a.described IS NOT NULL), '[]')
			FROM (SELECT attnum, ticket_mining.report_attribute(log, cases, attname::text, format_type(atttypid, NULL), attributes IS NOT NULL OR attname = ANY (filtered_by)) AS described
				  FROM pg_attribute
				  WHERE attrelid = format('%I.cases', log)::regclass AND attnum > 0 AND NOT attisdropped
				  AND (attname = ANY (filtered_by)
					   OR NOT EXISTS (SELECT FROM ticket_mining.mined_columns m WHERE m.table_name = 'cases' AND m.column_name = attname)
					   AND CASE WHEN attributes IS NULL THEN NOT ticket_mining.report_is_personal(attname::text) ELSE attname = ANY (attributes) END)) a);
END $$;
COMMENT ON FUNCTION report_attributes(name, bigint[], text[], text[]) IS 'internal: the attributes of cases as JSON';

CREATE FUNCTION report_cases(log name, cases bigint[], began timestamptz[], attributes text[], filtered_by text[], zone text, folds tsmultirange, ticks integer) RETURNS json LANGUAGE plpgsql
	STABLE COST 100000 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN (
		WITH twice AS MATERIALIZED (SELECT * FROM report_twice(log, zone, folds)),
		team AS MATERIALIZED (SELECT * FROM report_numbers(log, 'teams', 'team'))
		SELECT json_build_object(
			'no', page_array(array_agg(c.case_no ORDER BY k.n)),
			'id', CASE WHEN bool_and(c.case_no = c.case_id::text) THEN NULL ELSE page_array(array_agg(c.case_id::text ORDER BY k.n)) END,
			'id_type', min(jsonb_typeof(to_jsonb(c.case_id))),
			'variant', page_array(array_agg(v.number ORDER BY k.n)),
			'created', page_array(array_agg(report_ticks(extract(epoch FROM k.began)::float8, ticks) ORDER BY k.n)),
			'first_resolved', page_array(array_agg(report_ticks(coalesce(t1.after, log_seconds((c.first_resolved_at AT TIME ZONE zone) - k.began)), ticks) ORDER BY k.n)),
			'resolved', page_array(array_agg(report_ticks(coalesce(t2.after, log_seconds((c.resolved_at AT TIME ZONE zone) - k.began)), ticks) ORDER BY k.n)),
			'closed', page_array(array_agg(report_ticks(coalesce(t3.after, log_seconds((c.closed_at AT TIME ZONE zone) - k.began)), ticks) ORDER BY k.n)),
			'is_open', page_array(array_agg(c.is_open ORDER BY k.n)), 'is_cut_off', page_array(array_agg(c.is_cut_off ORDER BY k.n)),
			'repeat_answers', page_array(array_agg(c.repeat_answer_count ORDER BY k.n)),
			'first_team', page_array(array_agg(f.number ORDER BY k.n)), 'resolving_team', page_array(array_agg(r.number ORDER BY k.n)),
			'current_team', page_array(array_agg(u.number ORDER BY k.n)), 'handovers', page_array(array_agg(c.handover_count ORDER BY k.n)),
			'landing', page_array(array_agg(c.landing ORDER BY k.n)),
			'is_returned_by_partner', page_array(array_agg(c.is_returned_by_partner ORDER BY k.n)), 'is_ping_pong', page_array(array_agg(c.is_ping_pong ORDER BY k.n)),
			'attributes', report_attributes(log, report_cases.cases, attributes, filtered_by))
		FROM unnest(report_cases.cases, began) WITH ORDINALITY k (case_key, began, n)
		JOIN cases c USING (case_key)
		LEFT JOIN report_breaks(log) b ON b.case_key = c.case_key
		JOIN report_variant_numbers(log, report_cases.cases) v ON v.variant = c.variant AND v.breaks = coalesce(b.breaks, '{}')
		JOIN team f ON f.label = c.first_team
		JOIN team r ON r.label = c.resolving_team
		JOIN team u ON u.label = c.current_team
		LEFT JOIN twice t1 ON t1.case_key = c.case_key AND t1.at = c.first_resolved_at
		LEFT JOIN twice t2 ON t2.case_key = c.case_key AND t2.at = c.resolved_at
		LEFT JOIN twice t3 ON t3.case_key = c.case_key AND t3.at = c.closed_at);
END $$;
COMMENT ON FUNCTION report_cases(name, bigint[], timestamptz[], text[], text[], text, tsmultirange, integer) IS 'internal: cases as JSON';
