-- log: the cases behind a number

-- A hint on labels that a log does not have, by those that it has: known.
CREATE FUNCTION log_unknown_hint(unknown text[], known text[]) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
	SELECT 'Did you mean ' || string_agg(quote_literal(l.label), ' or ' ORDER BY l.no) || '?'
	FROM (SELECT n.label, min(u.no * 10 + n.no) AS no
		  FROM unnest(unknown) WITH ORDINALITY u (label, no),
			unnest(ticket_mining.nearest_labels(u.label, known)) WITH ORDINALITY n (label, no)
		  GROUP BY n.label) l
$$;
COMMENT ON FUNCTION log_unknown_hint(text[], text[]) IS
'internal: the labels that may have been meant; NULL where none is like them';

-- The activities of a log that some event has, and its teams.
CREATE FUNCTION log_labels(log name, OUT activities text[], OUT teams text[]) LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE ticket_mining.run_sql(log, $q$
		SELECT array(SELECT a.activity FROM @schema.activities a WHERE a.event_count > 0),
			   array(SELECT t.team FROM @schema.teams t)$q$) INTO activities, teams;
END $$;
COMMENT ON FUNCTION log_labels(name) IS 'internal: the activities and teams of a log';

-- Where an edge is asked for by name, an activity that is not there is an error.
CREATE FUNCTION log_require_activities(log name, asked text[]) RETURNS void LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	known text[] := (ticket_mining.log_labels(log)).activities;
	unknown text[] := array(SELECT a FROM unnest(asked) a WHERE a <> ALL (known));
BEGIN
	IF unknown <> '{}' THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('log "%s" has no activity %s', log,
				(SELECT string_agg(quote_literal(u), ', ') FROM unnest(unknown) u)),
			HINT = coalesce(ticket_mining.log_unknown_hint(unknown, known),
				format('SELECT activity FROM %I.activities has them all.', log));
	END IF;
END $$;
COMMENT ON FUNCTION log_require_activities(name, text[]) IS
'internal: refuses activities that a log does not have';

-- A chain of filters may be kept for labels that come later: an unknown one is a notice.
CREATE FUNCTION log_notice_unknown(log name, what text, asked text[], known text[]) RETURNS void
	LANGUAGE plpgsql STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	unknown text[] := array(SELECT DISTINCT a FROM unnest(asked) a WHERE a <> ALL (known));
BEGIN
	IF unknown <> '{}' THEN
		RAISE NOTICE USING
			MESSAGE = ticket_mining.run_shown(format('log "%s" has no %s %s', log, what,
				(SELECT string_agg(quote_literal(u),
				', ' ORDER BY u COLLATE "C") FROM unnest(unknown) u))),
			HINT = ticket_mining.run_shown(coalesce(ticket_mining.log_unknown_hint(unknown, known),
				'A filter or pattern that names it finds nothing there.'));
	END IF;
END $$;
COMMENT ON FUNCTION log_notice_unknown(name, text, text[], text[]) IS
'internal: says which labels a log does not have';

-- The activities and teams that a chain of filters names.
CREATE FUNCTION log_notice_unknown(log name, filter jsonb) RETURNS void LANGUAGE plpgsql
	STABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	known record := ticket_mining.log_labels(log);
	teams jsonb := jsonb_path_query_array(filter,
		'lax $[*].*.attribute.keyvalue() ? (@.key == "teams" || @.key == "first_team"
			|| @.key == "resolving_team" || @.key == "current_team").value[*]');
BEGIN
	PERFORM ticket_mining.log_notice_unknown(log, 'activity', ticket_mining.filter_labels(filter)
		|| array(SELECT s #>> '{}' FROM jsonb_path_query(filter,
			'lax $[*].*.attribute.status[*]') s WHERE jsonb_typeof(s) = 'string'),
		known.activities || '{none}');
	PERFORM ticket_mining.log_notice_unknown(log, 'team',
		array(SELECT t FROM jsonb_array_elements_text(teams) t WHERE t IS NOT NULL), known.teams);
END $$;
COMMENT ON FUNCTION log_notice_unknown(name, jsonb) IS
'internal: says which activities and teams of a chain of filters a log does not have';

-- The cases of these keys, newest first.
CREATE FUNCTION log_cases(log name, keys bigint[], OUT case_key bigint, OUT case_id text,
		OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE plpgsql STABLE COST 1000 ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE ticket_mining.run_sql(log, $q$
		SELECT c.case_key, c.case_id::text, c.case_no, c.url, c.created_at
		FROM unnest($1) k (case_key) JOIN @schema.cases c USING (case_key)
		ORDER BY c.created_at DESC, c.case_key DESC$q$) USING keys;
END $$;
COMMENT ON FUNCTION log_cases(name, bigint[]) IS 'internal: cases of a log, newest first';

CREATE FUNCTION edge_cases(log name, source text, target text, OUT case_key bigint,
		OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp)
	RETURNS SETOF record
	LANGUAGE plpgsql STABLE STRICT COST 1000 ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	keys bigint[];
BEGIN
	PERFORM ticket_mining.log_require_trusted(log);
	PERFORM ticket_mining.log_require_activities(log, ARRAY[source, target]);
	EXECUTE ticket_mining.run_sql(log, $q$
		SELECT array(SELECT e.case_key FROM @schema.case_edges e
					 WHERE e.source = $1 AND e.target = $2)$q$) INTO keys USING source, target;
	RETURN QUERY SELECT c.* FROM ticket_mining.log_cases(log, keys) c;
END $$;
COMMENT ON FUNCTION edge_cases(name, text, text) IS
'the cases of a log in which target directly follows source, newest first';

-- A log of 0.1.0 has variants as numbers until its next refresh.
CREATE FUNCTION variant_cases(log name, variant text, OUT case_key bigint, OUT case_id text,
		OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE plpgsql STABLE STRICT COST 1000 ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	keys bigint[];
	longer text;
BEGIN
	PERFORM ticket_mining.log_require_trusted(log);
	EXECUTE ticket_mining.run_sql(log, $q$
		SELECT array(SELECT c.case_key FROM @schema.cases c WHERE c.variant%s = $1)$q$,
		(SELECT CASE atttypid WHEN 'int8'::regtype THEN '::text' END FROM pg_attribute
		 WHERE attrelid = to_regclass(format('%I.cases', log)) AND attname = 'variant'))
		INTO keys USING variant;
	IF keys = '{}' THEN
		EXECUTE ticket_mining.run_sql(log, $q$
			SELECT string_agg(quote_literal(v.variant), ', ' ORDER BY v.variant)
			FROM @schema.variants v WHERE starts_with(v.variant::text, $1 || '-')$q$)
			INTO longer USING variant;
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('log "%s" has no variant %s', log, quote_literal(variant)),
			HINT = coalesce('Several variants of the log share this hash: ' || longer,
				'A variant is named by all digits of its id, as text: a tool that takes it for'
				' a number may round it.');
	END IF;
	RETURN QUERY SELECT c.* FROM ticket_mining.log_cases(log, keys) c;
END $$;
COMMENT ON FUNCTION variant_cases(name, text) IS
'the cases of a log that are of a variant, newest first';

-- For an id taken from a trace, where it is a number.
CREATE FUNCTION variant_cases(log name, variant bigint, OUT case_key bigint, OUT case_id text,
		OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE sql STABLE STRICT COST 1000 ROWS 100
BEGIN ATOMIC
	SELECT * FROM variant_cases(log, variant::text);
END;
COMMENT ON FUNCTION variant_cases(name, bigint) IS
'the same by the number that trace_variant() gives';

CREATE FUNCTION pattern_cases(log name, pattern trace_pattern, OUT case_key bigint,
		OUT case_id text, OUT case_no text, OUT url text, OUT created_at timestamp)
	RETURNS SETOF record
	LANGUAGE plpgsql STABLE STRICT COST 10000 ROWS 100
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	keys bigint[];
BEGIN
	PERFORM log_require_trusted(log);
	PERFORM log_notice_unknown(log, jsonb_build_array(
		jsonb_build_object('keep_cases', jsonb_build_object('matches', pattern::text))));
	EXECUTE run_sql(log, $q$
		SELECT array(SELECT t.case_key FROM @schema.traces t WHERE t.trace ~ $1)$q$)
		INTO keys USING pattern;
	RETURN QUERY SELECT c.* FROM log_cases(log, keys) c;
END $$;
COMMENT ON FUNCTION pattern_cases(name, trace_pattern) IS
'the cases of a log in which a pattern has a match, newest first';

CREATE FUNCTION filter_cases(log name, filter jsonb, OUT case_key bigint, OUT case_id text,
		OUT case_no text, OUT url text, OUT created_at timestamp) RETURNS SETOF record
	LANGUAGE plpgsql STABLE STRICT COST 10000 ROWS 500
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	attributes text;
	keys bigint[];
BEGIN
	PERFORM log_require_trusted(log);
	-- Parsed here first, so that an error in the filter comes with a short CONTEXT.
	PERFORM filter_attributes(filter);
	attributes := log_attributes_expression(log, filter);
	PERFORM log_notice_unknown(log, filter);
	EXECUTE run_sql(log, $q$
		SELECT array(SELECT t.case_key FROM @schema.traces t JOIN @schema.cases c USING (case_key)
					 WHERE trace_filter(t.trace, $1, %s) IS NOT NULL)$q$, attributes)
		INTO keys USING filter;
	RETURN QUERY SELECT c.* FROM log_cases(log, keys) c;
END $$;
COMMENT ON FUNCTION filter_cases(name, jsonb) IS
'the cases of a log that a chain of filters keeps, newest first';
