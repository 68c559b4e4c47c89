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
	PERFORM run_change(ARRAY[format('%I.settings', log)::regclass], run_sql(log, $q$
		ALTER TABLE @schema.settings
			ADD earliest_date date NOT NULL DEFAULT '1970-01-01'
				CHECK (earliest_date BETWEEN '0001-01-02' AND '9999-12-30'),
			ADD days_ahead integer NOT NULL DEFAULT 1 CHECK (days_ahead BETWEEN 0 AND 36500),
			ADD is_time_zone_given boolean NOT NULL DEFAULT false$q$));
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
			'Settings and maps that it followed, and the types of attributes that are times'$q$);
	PERFORM run_comment_history('refresh', log);
END $$;
COMMENT ON FUNCTION log_comment_settings(name) IS
'internal: says what the settings, maps and history of a log are';

-- The mined tables, empty and without keys: these come with the first refresh.
CREATE FUNCTION log_make_tables(log name, case_id_type text) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	made record;
	described record;
BEGIN
	FOR made IN
		SELECT t.table_name, t.meaning,
			   string_agg(format('%I %s%s', column_name, typed,
			   CASE WHEN type NOT LIKE '% NULL' THEN ' NOT NULL' END),
			   ', ' ORDER BY column_no) AS columns
		FROM ticket_mining.mined_tables t
		JOIN ticket_mining.mined_columns USING (table_name)
		CROSS JOIN LATERAL (SELECT CASE WHEN column_name IN ('case_id',
			'example_case_id') THEN case_id_type ELSE type END) c (typed)
		GROUP BY t.table_no, t.table_name, t.meaning
		ORDER BY t.table_no
	LOOP
		EXECUTE format('CREATE TABLE %I.%I (%s)', log, made.table_name, made.columns);
		EXECUTE format('COMMENT ON TABLE %I.%I IS %L', log, made.table_name, made.meaning);
	END LOOP;
	FOR described IN SELECT * FROM ticket_mining.mined_columns LOOP
		EXECUTE format('COMMENT ON COLUMN %I.%I.%I IS %L', log, described.table_name,
			described.column_name, described.meaning);
	END LOOP;
	EXECUTE format('ALTER TABLE %I.cases ALTER case_key ADD GENERATED BY DEFAULT AS IDENTITY', log);
	PERFORM log_make_views(log);
END $$;
COMMENT ON FUNCTION log_make_tables(name, text) IS 'internal: makes the mined tables of a log';

-- config is everything that the figures depend on besides the sources and as_of, as one
-- value: where the last refresh followed a different one, there was an edit.
CREATE FUNCTION log_make_views(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		CREATE VIEW @schema.config (config) AS
		SELECT jsonb_build_object(
			'settings', (SELECT to_jsonb(s) FROM @schema.settings s),
			'activities', (SELECT coalesce(jsonb_agg(a ORDER BY activity COLLATE "C"), '[]')
				FROM @schema.activity_map a),
			'teams', (SELECT coalesce(jsonb_agg(t ORDER BY team COLLATE "C"), '[]')
				FROM @schema.team_map t),
			'segments', (SELECT coalesce(jsonb_agg(s ORDER BY segment COLLATE "C"), '[]')
				FROM @schema.segment_map s));
		COMMENT ON VIEW @schema.config IS 'Settings and maps as one value';

		CREATE VIEW @schema.source_activities AS SELECT activity AS source, label, kind, is_done,
			answers, is_start, segment FROM @schema.activities;
		COMMENT ON VIEW @schema.source_activities IS 'The activities, for the source of an edge';
		CREATE VIEW @schema.target_activities AS SELECT activity AS target, label, kind, is_done,
			answers, is_start, segment FROM @schema.activities;
		COMMENT ON VIEW @schema.target_activities IS
			'The activities, for the target of an edge'$q$);
	PERFORM log_make_status(log);
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
					WHEN good.config - 'times' <> config.config THEN 'edited, not refreshed'
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

-- Keys are made once the tables are first filled: one join each instead of a
-- look-up a row. BI tools make relationships of them; with dates that can be NULL
-- they would make joins that match NULLs, too, which take seconds.
CREATE FUNCTION log_add_keys(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		ALTER TABLE @schema.activities ADD PRIMARY KEY (activity);
		ALTER TABLE @schema.teams ADD PRIMARY KEY (team);
		ALTER TABLE @schema.segments ADD PRIMARY KEY (segment);
		ALTER TABLE @schema.variants ADD PRIMARY KEY (variant);
		ALTER TABLE @schema.dates ADD PRIMARY KEY (date);
		ALTER TABLE @schema.cases ADD PRIMARY KEY (case_key), ADD UNIQUE (case_id),
			ADD FOREIGN KEY (status) REFERENCES @schema.activities,
				ADD FOREIGN KEY (variant) REFERENCES @schema.variants,
			ADD FOREIGN KEY (created_date) REFERENCES @schema.dates,
			ADD FOREIGN KEY (first_team) REFERENCES @schema.teams,
				ADD FOREIGN KEY (resolving_team) REFERENCES @schema.teams,
			ADD FOREIGN KEY (current_team) REFERENCES @schema.teams;
		ALTER TABLE @schema.events ADD PRIMARY KEY (case_key, event_no),
			ADD FOREIGN KEY (case_key) REFERENCES @schema.cases,
			ADD FOREIGN KEY (activity) REFERENCES @schema.activities,
				ADD FOREIGN KEY (next_activity) REFERENCES @schema.activities,
			ADD FOREIGN KEY (event_date) REFERENCES @schema.dates;
		ALTER TABLE @schema.case_edges ADD PRIMARY KEY (case_key, source, target),
			ADD FOREIGN KEY (case_key) REFERENCES @schema.cases,
			ADD FOREIGN KEY (source) REFERENCES @schema.activities,
				ADD FOREIGN KEY (target) REFERENCES @schema.activities;
		ALTER TABLE @schema.segment_visits ADD PRIMARY KEY (case_key, visit_no),
			ADD FOREIGN KEY (case_key) REFERENCES @schema.cases,
			ADD FOREIGN KEY (segment) REFERENCES @schema.segments,
				ADD FOREIGN KEY (from_date) REFERENCES @schema.dates;
		ALTER TABLE @schema.team_visits ADD PRIMARY KEY (case_key, visit_no),
			ADD FOREIGN KEY (case_key) REFERENCES @schema.cases,
			ADD FOREIGN KEY (team) REFERENCES @schema.teams,
				ADD FOREIGN KEY (next_team) REFERENCES @schema.teams,
			ADD FOREIGN KEY (from_date) REFERENCES @schema.dates;
		ALTER TABLE @schema.handovers ADD PRIMARY KEY (case_key, handover_no),
			ADD FOREIGN KEY (case_key) REFERENCES @schema.cases,
			ADD FOREIGN KEY (source) REFERENCES @schema.teams,
				ADD FOREIGN KEY (target) REFERENCES @schema.teams,
			ADD FOREIGN KEY (handover_date) REFERENCES @schema.dates;
		ALTER TABLE @schema.reopenings ADD PRIMARY KEY (case_key, reopening_no),
			ADD FOREIGN KEY (case_key) REFERENCES @schema.cases,
			ADD FOREIGN KEY (done_as) REFERENCES @schema.activities,
				ADD FOREIGN KEY (reopened_as) REFERENCES @schema.activities,
			ADD FOREIGN KEY (done_again_as) REFERENCES @schema.activities,
			ADD FOREIGN KEY (done_date) REFERENCES @schema.dates,
				ADD FOREIGN KEY (reopened_date) REFERENCES @schema.dates;
		ALTER TABLE @schema.messages ADD PRIMARY KEY (case_key, message_no),
			ADD FOREIGN KEY (case_key) REFERENCES @schema.cases,
			ADD FOREIGN KEY (message_date) REFERENCES @schema.dates;
		ALTER TABLE @schema.case_months ADD PRIMARY KEY (case_key, month),
			ADD FOREIGN KEY (case_key) REFERENCES @schema.cases,
			ADD FOREIGN KEY (month) REFERENCES @schema.dates;
		ALTER TABLE @schema.edge_stats ADD PRIMARY KEY (clock, source, target),
			ADD FOREIGN KEY (source) REFERENCES @schema.activities,
				ADD FOREIGN KEY (target) REFERENCES @schema.activities;
		ALTER TABLE @schema.quality ADD PRIMARY KEY (line);
		ALTER TABLE @schema.traces ADD PRIMARY KEY (case_key), ADD UNIQUE (case_id),
			ADD FOREIGN KEY (case_key) REFERENCES @schema.cases;
		ALTER TABLE @schema.graphs ADD PRIMARY KEY (cohort, month)$q$);
	PERFORM log_add_indexes(log);
END $$;
COMMENT ON FUNCTION log_add_keys(name) IS 'internal: adds the keys of the mined tables of a log';

-- Whether a log was refreshed for the first time.
CREATE FUNCTION log_has_keys(log name) RETURNS boolean LANGUAGE sql
	STABLE COST 10 SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM pg_constraint
		WHERE conrelid = to_regclass(format('%I.cases', log)) AND contype = 'p')
$$;
COMMENT ON FUNCTION log_has_keys(name) IS 'internal: whether a log has its keys';

-- On the columns that slicers use, besides the keys; and one that finds cases by
-- what their traces have.
CREATE FUNCTION log_add_indexes(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	wanted record;
BEGIN
	FOR wanted IN SELECT * FROM (VALUES
		('cases', ('{case_no,status,variant,created_at,created_date,first_resolved_date,'
			'resolved_date,closed_date,first_team,resolving_team,current_team}')::text[]),
		('events', '{activity,event_date}'),
		('case_edges', '{"source, target",target}'),
		('segment_visits', '{segment,from_date}'),
		('team_visits', '{team,from_date,outcome}'),
		('handovers', '{source,target,handover_date}'),
		('reopenings', '{outcome,done_date,reopened_date}'),
		('messages', '{message_date}'),
		('case_months', '{month}')) i (table_name, columns), unnest(columns) key
	LOOP
		EXECUTE format('CREATE INDEX ON %I.%I (%s)', log, wanted.table_name, wanted.key);
	END LOOP;
	EXECUTE format('CREATE INDEX ON %I.traces USING gin (trace)', log);
END $$;
COMMENT ON FUNCTION log_add_indexes(name) IS
'internal: adds the indexes of the mined tables of a log';
