-- log: the schema of a log and its tables

CREATE VIEW mined_tables (table_no, table_name, is_for_readers, follows_as_of, meaning) AS VALUES
	(1, 'cases', true, true, 'One row a case, with all that is known of it as of the last refresh'),
	(2, 'events', true, false, 'One row an event, with the one that directly follows'),
	(3, 'case_edges', true, false,
		'One row a case and edge: counts and sums add up under any slicer, and the rows of an edge'
		' are its case frequency'),
	(4, 'segment_visits', true, true,
		'Who held a case, and when: the rows of a case add up to its total'),
	(5, 'team_visits', true, true,
		'One row a visit of a case to a team: from an assignment to the next one to another team'),
	(6, 'handovers', true, false, 'One row a change of team, none left out'),
	(7, 'reopenings', true, false,
		'One row a reopening: the first open event after a run of done ones'),
	(8, 'messages', true, true, 'One row a message'),
	(9, 'case_months', true, true,
		'One row a case and month in which it was active: the cohorts and the backlog under one'
		' slicer'),
	(10, 'activities', true, true, 'The activities, as the map was at the last refresh'),
	(11, 'teams', true, true, 'The teams, as the map was at the last refresh'),
	(12, 'segments', true, true, 'The segments, as the map was at the last refresh'),
	(13, 'variants', true, true, 'The sequences of activities, whole log'),
	(14, 'dates', true, true, 'The days, without a gap'),
	(15, 'edge_stats', true, true, 'The edges of the whole log with percentiles; not filterable'),
	(16, 'quality', true, true, 'What is left out or looks odd, and how much rests on it'),
	(17, 'traces', false, false, 'The history of each case as values, for SQL'),
	(18, 'graphs', false, true,
		'The graph of the cases of each month: dfg_union_agg() of one cohort gives that of any'
		' period');
COMMENT ON VIEW mined_tables IS
'the mined tables of every log: whether grant_reader() shows them, and whether the rows of a case'
' that stays as it is change with as_of';

GRANT SELECT ON mined_columns, mined_tables TO PUBLIC;

CREATE FUNCTION log_tables() RETURNS name[] LANGUAGE sql STABLE PARALLEL SAFE COST 10
RETURN '{settings,activity_map,team_map,segment_map,refreshes}'::name[]
	|| array(SELECT m.table_name::name FROM mined_tables m);
COMMENT ON FUNCTION log_tables() IS 'internal: the tables of a log';

CREATE FUNCTION log_views() RETURNS name[] LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1
RETURN '{config,status,source_activities,target_activities}'::name[];
COMMENT ON FUNCTION log_views() IS 'internal: the views of a log';

-- The settings and maps, which the owner edits, and the history of refreshes.
CREATE FUNCTION log_make_settings(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		CREATE TABLE @schema.settings (
			is_settings boolean PRIMARY KEY DEFAULT true CHECK (is_settings),
			events text,
			assignments text,
			messages text,
			cases text,
			time_zone text NOT NULL,
			calendar ticket_mining.business_calendar,
			case_url text,
			from_log name,
			filter jsonb,
			CONSTRAINT reads_relations_or_a_log CHECK ((events IS NULL) = (from_log IS NOT NULL)
				AND (from_log IS NULL OR (assignments IS NULL AND messages IS NULL
					AND cases IS NULL))
				AND (filter IS NULL) = (from_log IS NULL))
		);
		CREATE TABLE @schema.activity_map (
			activity text PRIMARY KEY CHECK (octet_length(activity) <= 1300),
			kind text NOT NULL DEFAULT 'open' CHECK (kind IN ('open', 'resolved', 'closed',
				'note')),
			answers boolean NOT NULL DEFAULT false,
			segment text NOT NULL DEFAULT 'unknown' CHECK (octet_length(segment) BETWEEN 1
				AND 1300),
			is_start boolean NOT NULL DEFAULT false,
			label text,
			merge_into text CHECK (octet_length(merge_into) <= 1300),
			CONSTRAINT answers_only_when_done CHECK (NOT answers OR kind IN ('resolved', 'closed'))
		);
		CREATE TABLE @schema.team_map (
			team text PRIMARY KEY CHECK (octet_length(team) <= 1300),
			role text NOT NULL DEFAULT 'unknown' CHECK (role IN ('ours', 'partner', 'intake',
				'unknown')),
			calendar ticket_mining.business_calendar,
			label text,
			CONSTRAINT none_is_no_team CHECK (team <> 'none')
		);
		CREATE TABLE @schema.segment_map (
			segment text PRIMARY KEY CHECK (octet_length(segment) BETWEEN 1 AND 1300),
			is_excluded boolean NOT NULL DEFAULT false
		);
		CREATE TABLE @schema.refreshes (
			refresh_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
			state text NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
			started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
			finished_at timestamptz,
			as_of timestamptz NOT NULL,
			events_read bigint,
			events bigint,
			cases bigint,
			changed_cases bigint,
			rejected jsonb,
			error text,
			config jsonb,
			pid integer NOT NULL DEFAULT pg_backend_pid()
		)$q$);
	PERFORM log_add_time_settings(log);
	PERFORM log_comment_settings(log);
END $$;
COMMENT ON FUNCTION log_make_settings(name) IS
'internal: makes the settings, maps and history of a log';

-- A time outside the bounds was written to mean no time at all.
CREATE FUNCTION log_add_time_settings(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		ALTER TABLE @schema.settings
			ADD earliest_date date NOT NULL DEFAULT '1970-01-01'
				CHECK (earliest_date BETWEEN '0001-01-02' AND '9999-12-30'),
			ADD days_ahead integer NOT NULL DEFAULT 1 CHECK (days_ahead BETWEEN 0 AND 36500),
			ADD is_time_zone_given boolean NOT NULL DEFAULT false$q$);
EXCEPTION WHEN feature_not_supported THEN
	PERFORM run_throw_dependents(log, ARRAY[format('%I.settings', log)::regclass]);
	RAISE;
END $$;
COMMENT ON FUNCTION log_add_time_settings(name) IS
'internal: adds to the settings of a log how its times are to be read';

CREATE FUNCTION log_comment_settings(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		COMMENT ON TABLE @schema.settings IS
			'One row, for you to edit; the next refresh follows it';
		COMMENT ON COLUMN @schema.settings.is_settings IS 'Keeps it one row';
		COMMENT ON COLUMN @schema.settings.events IS
			'Relation of the events: case_id, activity, at, seq';
		COMMENT ON COLUMN @schema.settings.assignments IS
			'Relation of the assignments: case_id, team, at, seq';
		COMMENT ON COLUMN @schema.settings.messages IS
			'Relation of the messages: case_id, direction, at, seq';
		COMMENT ON COLUMN @schema.settings.cases IS
			'Relation of the cases: case_id, case_no, and attributes';
		COMMENT ON COLUMN @schema.settings.time_zone IS
			'Zone of times without one, and of the times that are shown';
		COMMENT ON COLUMN @schema.settings.calendar IS 'When we work; NULL for no business time';
		COMMENT ON COLUMN @schema.settings.case_url IS
			'Where to open a case, with {case_no} or {case_id} in it';
		COMMENT ON COLUMN @schema.settings.from_log IS
			'The log that this one is derived from; NULL where it reads relations';
		COMMENT ON COLUMN @schema.settings.filter IS
			'The chain of filters that its cases go through; NULL where it reads relations';
		COMMENT ON COLUMN @schema.settings.earliest_date IS
			'Events before this day are left out: they are written for none';
		COMMENT ON COLUMN @schema.settings.days_ahead IS
			'Events more than so many days after as_of are reported as written for none; all after'
			' as_of are left out';
		COMMENT ON COLUMN @schema.settings.is_time_zone_given IS
			'Whether you have said that times without a zone are in time_zone; else there may be'
			' none';
		COMMENT ON TABLE @schema.activity_map IS
			'What the activities mean, one row a label, for you to edit; new ones appear by'
			' themselves';
		COMMENT ON COLUMN @schema.activity_map.activity IS 'The activity, as the events have it';
		COMMENT ON COLUMN @schema.activity_map.kind IS 'open, resolved, closed or note';
		COMMENT ON COLUMN @schema.activity_map.answers IS
			'Whether it answers the user; only what is done does';
		COMMENT ON COLUMN @schema.activity_map.segment IS
			'Who holds a case that is in it: us, user, blocked, stopped or a word of yours';
		COMMENT ON COLUMN @schema.activity_map.is_start IS 'Whether a whole history begins with it';
		COMMENT ON COLUMN @schema.activity_map.label IS 'How to show it; NULL for as it is';
		COMMENT ON COLUMN @schema.activity_map.merge_into IS
			'The activity that it is now called; NULL for none';
		COMMENT ON TABLE @schema.team_map IS
			'What the teams are, one row a team, for you to edit; new ones appear by themselves';
		COMMENT ON COLUMN @schema.team_map.team IS 'The team, as the assignments have it';
		COMMENT ON COLUMN @schema.team_map.role IS 'ours, partner, intake or unknown';
		COMMENT ON COLUMN @schema.team_map.calendar IS
			'When the team works; NULL for the calendar of the log';
		COMMENT ON COLUMN @schema.team_map.label IS 'How to show it; NULL for as it is';
		COMMENT ON TABLE @schema.segment_map IS
			'Which segments are left out of real case time, for you to edit; new ones appear by'
			' themselves';
		COMMENT ON COLUMN @schema.segment_map.segment IS 'The segment, as the activities have it';
		COMMENT ON COLUMN @schema.segment_map.is_excluded IS
			'Whether it is left out of real case time';
		COMMENT ON TABLE @schema.refreshes IS 'The refreshes of the log, one row each';
		COMMENT ON COLUMN @schema.refreshes.refresh_no IS 'From 1';
		COMMENT ON COLUMN @schema.refreshes.events_read IS
			'Rows of the relation of the events; in a derived log, events of the log that it is'
			' derived from';
		COMMENT ON COLUMN @schema.refreshes.events IS 'Events mined';
		COMMENT ON COLUMN @schema.refreshes.cases IS 'Cases mined';
		COMMENT ON COLUMN @schema.refreshes.changed_cases IS
			'Cases that were new, gone, changed, or touched by an edit of the maps';
		COMMENT ON COLUMN @schema.refreshes.as_of IS 'Events at this time or later were left out';
		COMMENT ON COLUMN @schema.refreshes.rejected IS 'Rows left out, by reason';
		COMMENT ON COLUMN @schema.refreshes.config IS
			'Settings and maps that it followed, the types of attributes that are times, and the'
			' layout of the mined tables'$q$);
	PERFORM run_comment_history('refresh', log);
END $$;
COMMENT ON FUNCTION log_comment_settings(name) IS
'internal: says what the settings, maps and history of a log are';

-- A mined table, empty and without keys: these come with the first refresh.
CREATE FUNCTION log_make_table(log name, made_table text, case_id_type text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE format('CREATE TABLE %I.%I (%s)', log, made_table, (
		SELECT string_agg(format('%I %s%s', c.column_name,
				CASE WHEN c.column_name IN ('case_id', 'example_case_id') THEN case_id_type
					 ELSE c.type END,
				CASE WHEN c.type NOT LIKE '% NULL' THEN ' NOT NULL' END), ', ' ORDER BY c.column_no)
		FROM ticket_mining.mined_columns c WHERE c.table_name = made_table));
	IF made_table = 'cases' THEN
		EXECUTE format('ALTER TABLE %I.cases ALTER case_key ADD GENERATED BY DEFAULT AS IDENTITY',
			log);
	END IF;
END $$;
COMMENT ON FUNCTION log_make_table(name, text, text) IS
'internal: makes a mined table of a log';

-- The mined tables that are not there.
CREATE FUNCTION log_make_tables(log name, case_id_type text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	made record;
BEGIN
	FOR made IN
		SELECT t.table_name, t.is_for_readers FROM ticket_mining.mined_tables t
		WHERE to_regclass(format('%I.%I', log, t.table_name)) IS NULL ORDER BY t.table_no
	LOOP
		PERFORM ticket_mining.log_make_table(log, made.table_name, case_id_type);
		IF made.is_for_readers THEN
			PERFORM ticket_mining.log_grant_like_cases(log, made.table_name);
		END IF;
	END LOOP;
END $$;
COMMENT ON FUNCTION log_make_tables(name, text) IS
'internal: makes the mined tables that a log lacks';

-- config is everything that the figures depend on besides the sources and as_of, as one
-- value: where the last refresh followed a different one, there was an edit.
CREATE FUNCTION log_make_views(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		CREATE OR REPLACE VIEW @schema.config (config) AS
		SELECT jsonb_build_object(
			'settings', (SELECT to_jsonb(s) FROM @schema.settings s),
			'activities', (SELECT coalesce(jsonb_agg(a ORDER BY activity COLLATE "C"), '[]')
				FROM @schema.activity_map a),
			'teams', (SELECT coalesce(jsonb_agg(t ORDER BY team COLLATE "C"), '[]')
				FROM @schema.team_map t),
			'segments', (SELECT coalesce(jsonb_agg(s ORDER BY segment COLLATE "C"), '[]')
				FROM @schema.segment_map s));
		COMMENT ON VIEW @schema.config IS 'Settings and maps as one value';

		CREATE OR REPLACE VIEW @schema.source_activities AS
		SELECT activity AS source, label, kind, is_done, answers, is_start, segment
		FROM @schema.activities;
		COMMENT ON VIEW @schema.source_activities IS 'The activities, for the source of an edge';
		CREATE OR REPLACE VIEW @schema.target_activities AS
		SELECT activity AS target, label, kind, is_done, answers, is_start, segment
		FROM @schema.activities;
		COMMENT ON VIEW @schema.target_activities IS
			'The activities, for the target of an edge'$q$);
END $$;
COMMENT ON FUNCTION log_make_views(name) IS 'internal: makes the views of a log';

-- Zone, calendar and url are those that the figures were made with: an edit waits for the
-- next refresh here, too. as_of_utc tells the two apart that one local time may be.
CREATE FUNCTION log_make_status(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE format('CREATE OR REPLACE VIEW %I.status (log, state, as_of, refreshed_at, time_zone,
		calendar, cases, events, last_run, last_error, case_url, as_of_utc) AS %s', log,
		run_sql(log, $q$
		SELECT (SELECT nspname::text FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
			   WHERE c.oid = %L::regclass),
			   CASE WHEN good.config IS NULL THEN 'never refreshed'
					WHEN good.config - '{times,layout}'::text[] <> config.config
						THEN 'edited, not refreshed'
					ELSE 'refreshed' END,
			   good.as_of AT TIME ZONE s.time_zone, good.finished_at AT TIME ZONE s.time_zone,
			   s.time_zone, s.calendar,
			   good.cases, good.events, last.state, last.error, s.case_url,
			   good.as_of AT TIME ZONE 'UTC'
		FROM @schema.config
		LEFT JOIN (SELECT * FROM @schema.refreshes WHERE state = 'done' ORDER BY refresh_no DESC
			LIMIT 1) good ON true
		LEFT JOIN (SELECT * FROM @schema.refreshes ORDER BY refresh_no DESC LIMIT 1) last ON true
		CROSS JOIN LATERAL jsonb_to_record(coalesce(good.config, config.config) -> 'settings')
			s (time_zone text, calendar text, case_url text)$q$,
		format('%I.settings', log)));
	EXECUTE run_sql(log, $q$
		COMMENT ON VIEW @schema.status IS
			'The time that all figures are as of, and whether an edit or a failure waits for a'
			' refresh'$q$);
END $$;
COMMENT ON FUNCTION log_make_status(name) IS
'internal: makes the view that tells the state of a log';

-- The keys of the mined tables, as pg_get_constraintdef() gives them with the name of a log
-- for %I. BI tools make relationships of them; with dates that can be NULL they would make
-- joins that match NULLs, too, which take seconds.
CREATE VIEW mined_keys (table_name, key_no, definition) AS
SELECT k.table_name, key_no, definition
FROM (VALUES
	('activities', ARRAY[
		'PRIMARY KEY (activity)']),
	('teams', ARRAY[
		'PRIMARY KEY (team)']),
	('segments', ARRAY[
		'PRIMARY KEY (segment)']),
	('variants', ARRAY[
		'PRIMARY KEY (variant)']),
	('dates', ARRAY[
		'PRIMARY KEY (date)']),
	('cases', ARRAY[
		'PRIMARY KEY (case_key)',
		'UNIQUE (case_id)',
		'FOREIGN KEY (status) REFERENCES %I.activities(activity)',
		'FOREIGN KEY (variant) REFERENCES %I.variants(variant)',
		'FOREIGN KEY (created_date) REFERENCES %I.dates(date)',
		'FOREIGN KEY (first_team) REFERENCES %I.teams(team)',
		'FOREIGN KEY (resolving_team) REFERENCES %I.teams(team)',
		'FOREIGN KEY (current_team) REFERENCES %I.teams(team)']),
	('events', ARRAY[
		'PRIMARY KEY (case_key, event_no)',
		'FOREIGN KEY (case_key) REFERENCES %I.cases(case_key)',
		'FOREIGN KEY (activity) REFERENCES %I.activities(activity)',
		'FOREIGN KEY (next_activity) REFERENCES %I.activities(activity)',
		'FOREIGN KEY (event_date) REFERENCES %I.dates(date)']),
	('case_edges', ARRAY[
		'PRIMARY KEY (case_key, source, target)',
		'FOREIGN KEY (case_key) REFERENCES %I.cases(case_key)',
		'FOREIGN KEY (source) REFERENCES %I.activities(activity)',
		'FOREIGN KEY (target) REFERENCES %I.activities(activity)']),
	('segment_visits', ARRAY[
		'PRIMARY KEY (case_key, visit_no)',
		'FOREIGN KEY (case_key) REFERENCES %I.cases(case_key)',
		'FOREIGN KEY (segment) REFERENCES %I.segments(segment)',
		'FOREIGN KEY (from_date) REFERENCES %I.dates(date)']),
	('team_visits', ARRAY[
		'PRIMARY KEY (case_key, visit_no)',
		'FOREIGN KEY (case_key) REFERENCES %I.cases(case_key)',
		'FOREIGN KEY (team) REFERENCES %I.teams(team)',
		'FOREIGN KEY (next_team) REFERENCES %I.teams(team)',
		'FOREIGN KEY (from_date) REFERENCES %I.dates(date)']),
	('handovers', ARRAY[
		'PRIMARY KEY (case_key, handover_no)',
		'FOREIGN KEY (case_key) REFERENCES %I.cases(case_key)',
		'FOREIGN KEY (source) REFERENCES %I.teams(team)',
		'FOREIGN KEY (target) REFERENCES %I.teams(team)',
		'FOREIGN KEY (handover_date) REFERENCES %I.dates(date)']),
	('reopenings', ARRAY[
		'PRIMARY KEY (case_key, reopening_no)',
		'FOREIGN KEY (case_key) REFERENCES %I.cases(case_key)',
		'FOREIGN KEY (done_as) REFERENCES %I.activities(activity)',
		'FOREIGN KEY (reopened_as) REFERENCES %I.activities(activity)',
		'FOREIGN KEY (done_again_as) REFERENCES %I.activities(activity)',
		'FOREIGN KEY (done_date) REFERENCES %I.dates(date)',
		'FOREIGN KEY (reopened_date) REFERENCES %I.dates(date)']),
	('messages', ARRAY[
		'PRIMARY KEY (case_key, message_no)',
		'FOREIGN KEY (case_key) REFERENCES %I.cases(case_key)',
		'FOREIGN KEY (message_date) REFERENCES %I.dates(date)']),
	('case_months', ARRAY[
		'PRIMARY KEY (case_key, month)',
		'FOREIGN KEY (case_key) REFERENCES %I.cases(case_key)',
		'FOREIGN KEY (month) REFERENCES %I.dates(date)']),
	('edge_stats', ARRAY[
		'PRIMARY KEY (clock, source, target)',
		'FOREIGN KEY (source) REFERENCES %I.activities(activity)',
		'FOREIGN KEY (target) REFERENCES %I.activities(activity)']),
	('quality', ARRAY[
		'PRIMARY KEY (line)']),
	('traces', ARRAY[
		'PRIMARY KEY (case_key)',
		'UNIQUE (case_id)',
		'FOREIGN KEY (case_key) REFERENCES %I.cases(case_key)']),
	('graphs', ARRAY[
		'PRIMARY KEY (cohort, month)'])) k (table_name, definitions),
	unnest(k.definitions) WITH ORDINALITY d (definition, key_no);
COMMENT ON VIEW mined_keys IS 'internal: the keys of the mined tables of every log';

-- The indexes of the mined tables besides those of keys: on the columns that slicers use; and
-- one that finds cases by what their traces have.
CREATE VIEW mined_indexes (table_name, method, columns) AS
SELECT i.table_name, i.method, columns
FROM (VALUES
	('cases', 'btree', '{case_no,status,variant,created_at,created_date,first_resolved_date,'
		'resolved_date,closed_date,first_team,resolving_team,current_team}'),
	('events', 'btree', '{activity,event_date}'),
	('case_edges', 'btree', '{"source, target",target}'),
	('segment_visits', 'btree', '{segment,from_date}'),
	('team_visits', 'btree', '{team,from_date,outcome}'),
	('handovers', 'btree', '{source,target,handover_date}'),
	('reopenings', 'btree', '{outcome,done_date,reopened_date}'),
	('messages', 'btree', '{message_date}'),
	('case_months', 'btree', '{month}'),
	('traces', 'gin', '{trace}')) i (table_name, method, indexes),
	unnest(i.indexes::text[]) columns;
COMMENT ON VIEW mined_indexes IS 'internal: the indexes of the mined tables of every log';
GRANT SELECT ON mined_keys, mined_indexes TO PUBLIC;

-- Keys and indexes are made once the tables are first filled: one join each instead of a
-- look-up a row.
CREATE FUNCTION log_add_keys(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET quote_all_identifiers = off AS $$
DECLARE
	added record;
BEGIN
	FOR added IN
		SELECT k.table_name, string_agg('ADD ' || d.definition, ', ' ORDER BY k.key_no) AS keys
		FROM ticket_mining.mined_keys k JOIN ticket_mining.mined_tables t USING (table_name)
		CROSS JOIN LATERAL (SELECT format(k.definition, log)) d (definition)
		WHERE d.definition NOT IN (
			SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c
			WHERE c.conrelid = to_regclass(format('%I.%I', log, k.table_name)))
		-- What foreign keys refer to comes first; and the cases, as those who read many tables
		-- read them, for each is locked until the end.
		GROUP BY k.definition LIKE 'FOREIGN KEY%', t.table_no, k.table_name
		ORDER BY k.definition LIKE 'FOREIGN KEY%', t.table_no
	LOOP
		EXECUTE format('ALTER TABLE %I.%I %s', log, added.table_name, added.keys);
	END LOOP;
	PERFORM ticket_mining.log_add_indexes(log);
END $$;
COMMENT ON FUNCTION log_add_keys(name) IS
'internal: adds the keys and indexes that the mined tables of a log lack';

-- Whether a log was refreshed for the first time.
CREATE FUNCTION log_has_keys(log name) RETURNS boolean LANGUAGE sql
	STABLE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM pg_constraint
		WHERE conrelid = to_regclass(format('%I.cases', log)) AND contype = 'p')
$$;
COMMENT ON FUNCTION log_has_keys(name) IS 'internal: whether a log has its keys';

-- An index is known by its table, its method and the columns that it is on.
CREATE FUNCTION log_add_indexes(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp SET quote_all_identifiers = off AS $$
DECLARE
	added record;
BEGIN
	FOR added IN
		SELECT w.table_name, w.method, w.columns FROM ticket_mining.mined_indexes w
		CROSS JOIN LATERAL (SELECT format(' USING %s (%s)', w.method, w.columns)) d (definition)
		WHERE NOT EXISTS (
			SELECT FROM pg_index i
			WHERE i.indrelid = to_regclass(format('%I.%I', log, w.table_name))
			AND right(pg_get_indexdef(i.indexrelid), length(d.definition)) = d.definition)
	LOOP
		EXECUTE format('CREATE INDEX ON %I.%I USING %s (%s)', log, added.table_name, added.method,
			added.columns);
	END LOOP;
END $$;
COMMENT ON FUNCTION log_add_indexes(name) IS
'internal: adds the indexes that the mined tables of a log lack';
