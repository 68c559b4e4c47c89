-- log: what the histories of the changed cases mean, as temporary tables of true
-- instants, from which the mined tables are written

-- An interval in seconds.
CREATE FUNCTION log_seconds(duration interval) RETURNS float8 LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 1
RETURN pg_catalog.date_part('epoch', duration);
COMMENT ON FUNCTION log_seconds(interval) IS 'internal: an interval in seconds';

-- Percent-encodes all but the unreserved characters of RFC 3986.
CREATE FUNCTION log_url_part(part text) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN CASE WHEN part ~ '^[A-Za-z0-9._~-]*$' THEN part
	ELSE (SELECT string_agg(CASE WHEN chr(byte) ~ '[A-Za-z0-9._~-]' THEN chr(byte)
		  ELSE '%' || upper(lpad(to_hex(byte), 2, '0')) END, '' ORDER BY i)
		  FROM (SELECT convert_to(part, 'UTF8')) c (bytes), generate_series(0, length(bytes) - 1) i,
		  get_byte(bytes, i) byte)
	END;
COMMENT ON FUNCTION log_url_part(text) IS 'internal: text as a part of a url';

-- Where to open a case.
CREATE FUNCTION log_url(template text, case_no text, case_id text) RETURNS text LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 10
RETURN replace(replace(template, '{case_no}', log_url_part(case_no)), '{case_id}',
	log_url_part(case_id));
COMMENT ON FUNCTION log_url(text, text, text) IS 'internal: where to open a case';

-- Adds rows for labels that a map of what is followed does not have yet.
CREATE FUNCTION log_add_rows(followed jsonb, key text, labels text[], row_of_label jsonb)
	RETURNS jsonb LANGUAGE sql
	IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(r ORDER BY r ->> key COLLATE "C"), '[]')
	FROM (SELECT r FROM jsonb_array_elements(followed) r
		  UNION ALL
		  SELECT DISTINCT row_of_label || jsonb_build_object(key, label) FROM unnest(labels) label
		  WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(followed) r WHERE r ->> key = label)) a
$$;
COMMENT ON FUNCTION log_add_rows(jsonb, text, text[], jsonb) IS 'internal: adds labels to a map';

-- Labels that are new get their rows in the maps, and are followed as such.
CREATE FUNCTION log_add_labels(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	found_activities text[];
	found_teams text[];
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT array(SELECT DISTINCT activity FROM @run.happened),
			   array(SELECT DISTINCT team FROM @run.visited WHERE team <> 'none')$q$)
		INTO found_activities, found_teams;
	IF EXISTS (SELECT FROM unnest(found_activities || found_teams) label
			   WHERE octet_length(label) > 1300) THEN
		EXECUTE run_sql(log, $q$
			SELECT log_require_short_labels($1, f.config -> 'settings') FROM @run.followed f$q$)
			USING log;
	END IF;
	EXECUTE run_sql(log, $q$
		UPDATE @run.followed SET config = config
			|| jsonb_build_object('activities', log_add_rows(config -> 'activities', 'activity', $1,
				'{"kind": "open", "answers": false, "segment": "unknown", "is_start": false,'
					' "label": null, "merge_into": null}'))
			|| jsonb_build_object('teams', log_add_rows(config -> 'teams', 'team', $2,
				'{"role": "unknown", "calendar": null, "label": null}'))$q$) USING found_activities,
					found_teams;
	EXECUTE run_sql(log, $q$
		UPDATE @run.followed SET config = config
			|| jsonb_build_object('segments', log_add_rows(config -> 'segments', 'segment',
				'{us,partner,unknown}'::text[] || array(SELECT a ->> 'segment'
					FROM jsonb_array_elements(config -> 'activities') a),
					'{"is_excluded": false}'))$q$);
	EXECUTE run_sql(log, $q$
		INSERT INTO @schema.activity_map (activity) SELECT a ->> 'activity' FROM @run.followed,
			jsonb_array_elements(config -> 'activities') a ON CONFLICT DO NOTHING$q$);
	EXECUTE run_sql(log, $q$
		INSERT INTO @schema.team_map (team) SELECT t ->> 'team' FROM @run.followed,
			jsonb_array_elements(config -> 'teams') t ON CONFLICT DO NOTHING$q$);
	EXECUTE run_sql(log, $q$
		INSERT INTO @schema.segment_map (segment) SELECT s ->> 'segment' FROM @run.followed,
			jsonb_array_elements(config -> 'segments') s ON CONFLICT DO NOTHING$q$);
END $$;
COMMENT ON FUNCTION log_add_labels(name) IS 'internal: adds new labels to the maps of a log';

-- The maps as dimensions; what has gone from them is removed once nothing refers to it.
CREATE FUNCTION log_write_dimensions(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		MERGE INTO @schema.activities a USING (
			SELECT w.activity, coalesce(w.label, w.activity) AS label, w.kind,
				(w.kind IN ('resolved', 'closed'))::integer AS is_done,
				w.answers::integer AS answers, w.is_start::integer AS is_start, w.segment
			FROM @run.followed, log_own_activities(config) w
			UNION ALL
			SELECT 'none', 'none', 'none', 0, 0, 0, 'unknown' FROM @run.followed
				WHERE 'none' NOT IN (SELECT o.activity FROM log_own_activities(config) o)) w
		ON a.activity = w.activity
		WHEN MATCHED AND (a.label, a.kind, a.answers, a.is_start, a.segment)
			IS DISTINCT FROM (w.label, w.kind, w.answers, w.is_start, w.segment) THEN
			UPDATE SET label = w.label, kind = w.kind, is_done = w.is_done, answers = w.answers,
				is_start = w.is_start, segment = w.segment
		WHEN NOT MATCHED THEN
			INSERT (activity, label, kind, is_done, answers, is_start, segment, event_count,
				case_count)
			VALUES (w.activity, w.label, w.kind, w.is_done, w.answers, w.is_start, w.segment, 0,
				0)$q$);
	-- What is no longer in the map means nothing any more, until it is removed.
	EXECUTE run_sql(log, $q$
		UPDATE @schema.activities a SET kind = 'open', is_done = 0, answers = 0, is_start = 0
		WHERE NOT EXISTS (SELECT FROM @run.followed, log_own_activities(config) w
			WHERE w.activity = a.activity) AND a.kind <> 'none'$q$);
	EXECUTE run_sql(log, $q$
		MERGE INTO @schema.teams t USING (
			SELECT w.team, coalesce(w.label, w.team) AS label, w.role, w.calendar
			FROM @run.followed, jsonb_to_recordset(config -> 'teams') w (team text, label text,
				role text, calendar text)
			UNION ALL VALUES ('none', 'none', 'none', NULL)) w
		ON t.team = w.team
		WHEN MATCHED AND (t.label, t.role, t.calendar) IS DISTINCT
			FROM (w.label, w.role, w.calendar) THEN
			UPDATE SET label = w.label, role = w.role, calendar = w.calendar
		WHEN NOT MATCHED THEN INSERT (team, label, role, calendar) VALUES (w.team, w.label, w.role,
			w.calendar)$q$);
	EXECUTE run_sql(log, $q$
		MERGE INTO @schema.segments s USING (
			SELECT w.segment, w.is_excluded::integer AS is_excluded
			FROM @run.followed, jsonb_to_recordset(config -> 'segments') w (segment text,
				is_excluded boolean)) w
		ON s.segment = w.segment
		WHEN MATCHED AND s.is_excluded <> w.is_excluded THEN UPDATE SET is_excluded = w.is_excluded
		WHEN NOT MATCHED THEN INSERT (segment, is_excluded) VALUES (w.segment, w.is_excluded)$q$);
END $$;
COMMENT ON FUNCTION log_write_dimensions(name) IS 'internal: the maps of a log as dimensions';

CREATE FUNCTION log_remove_dimensions(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		DELETE FROM @schema.activities a WHERE a.activity <> 'none' AND NOT EXISTS (
			SELECT FROM @run.followed, log_own_activities(config) w
				WHERE w.activity = a.activity)$q$);
	EXECUTE run_sql(log, $q$
		DELETE FROM @schema.teams t WHERE t.team <> 'none' AND NOT EXISTS (
			SELECT FROM @run.followed, jsonb_to_recordset(config -> 'teams') w (team text)
				WHERE w.team = t.team)$q$);
	EXECUTE run_sql(log, $q$
		DELETE FROM @schema.segments s WHERE NOT EXISTS (
			SELECT FROM @run.followed, jsonb_to_recordset(config -> 'segments') w (segment text)
				WHERE w.segment = s.segment)$q$);
END $$;
COMMENT ON FUNCTION log_remove_dimensions(name) IS
'internal: removes what has gone from the maps of a log';

-- The activities as the functions of traces take them.
CREATE FUNCTION log_activity_lists(log name, OUT done text[], OUT answered text[], OUT notes text[])
	LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT array(SELECT a.activity FROM @schema.activities a WHERE a.is_done = 1),
			   array(SELECT a.activity FROM @schema.activities a WHERE a.answers = 1),
			   array(SELECT a.activity FROM @schema.activities a WHERE a.kind = 'note')$q$)
		INTO done, answered, notes;
END $$;
COMMENT ON FUNCTION log_activity_lists(name) IS
'internal: the activities of a log that are done, that answer, that are notes';

-- @run.happened: the events; @run.visited: the visits to teams.
CREATE FUNCTION log_unfold(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	hours ticket_mining.business_calendar := ticket_mining.log_setting(log, 'calendar');
BEGIN
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.happened ON COMMIT DROP AS
		SELECT h.*, h.next_at - h.at AS duration, business_duration($1, h.at,
			h.next_at) AS business_duration
		FROM (SELECT c.case_key, c.case_id, c.is_aged, e.event_no, e.activity, e.at,
					 CASE WHEN e.event_no + 1 <> ALL (b.breaks) THEN lead(e.activity)
					 OVER w END AS next_activity,
					 CASE WHEN e.event_no + 1 <> ALL (b.breaks) THEN lead(e.at)
					 OVER w END AS next_at
			  FROM @run.changed c, trace_breaks(c.trace) b (breaks), trace_events(c.trace) e
			  WINDOW w AS (PARTITION BY c.case_key ORDER BY e.event_no)) h$q$) USING hours;
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.visited ON COMMIT DROP AS
		SELECT c.case_key, c.case_id, v.* FROM @run.changed c, trace_visits(c.assignments, $1) v$q$)
			USING moment;
	EXECUTE run_sql(log, 'ANALYZE @run.happened, @run.visited');
END $$;
COMMENT ON FUNCTION log_unfold(name, timestamptz) IS
'internal: the events and team visits of the changed cases';

-- @run.states: the events without notes; @run.facts: when a case was done, a row a case.
CREATE FUNCTION log_find_facts(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	starts boolean;
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT EXISTS (SELECT FROM @schema.activities a WHERE a.is_start = 1)$q$) INTO starts;
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.states ON COMMIT DROP AS
		SELECT h.case_key, h.event_no, h.activity, h.at, a.kind, a.is_done, a.is_start,
			   lag(a.kind) OVER w AS kind_before, lag(a.is_done) OVER w AS was_done,
			   lead(h.at) OVER w AS next_at
		FROM @run.happened h JOIN @schema.activities a USING (activity)
		WHERE a.kind <> 'note'
		WINDOW w AS (PARTITION BY h.case_key ORDER BY h.event_no)$q$);
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.facts ON COMMIT DROP AS
		SELECT c.case_key, trace_start(c.trace) AS created_at,
			   coalesce(s.state_count, 0) AS state_count, s.first_at, s.first_resolved_at,
			   s.resolved_at, s.closed_at,
			   coalesce(s.status, 'none') AS status, coalesce(s.is_open, 1) AS is_open,
			   CASE WHEN s.is_open = 0 THEN s.resolved_at ELSE $1 END AS ended_at,
			   CASE WHEN $2 THEN coalesce(s.is_cut_off, 0) ELSE 0 END AS is_cut_off
		FROM @run.changed c
		LEFT JOIN (
			SELECT s.case_key, count(*) AS state_count, min(s.at) AS first_at,
				   min(s.at) FILTER (WHERE s.is_done = 1 AND s.was_done IS DISTINCT
				   FROM 1) AS first_resolved_at,
				   max(s.at) FILTER (WHERE s.is_done = 1 AND s.was_done IS DISTINCT
				   FROM 1) AS resolved_at,
				   max(s.at) FILTER (WHERE s.kind = 'closed' AND s.kind_before IS DISTINCT
				   FROM 'closed') AS closed_at,
				   max(s.activity) FILTER (WHERE s.next_at IS NULL) AS status,
				   max(1 - s.is_done) FILTER (WHERE s.next_at IS NULL) AS is_open,
				   max(1 - s.is_start) FILTER (WHERE s.kind_before IS NULL) AS is_cut_off
			FROM @run.states s GROUP BY s.case_key) s USING (case_key)$q$) USING moment, starts;
	EXECUTE run_sql(log, 'ANALYZE @run.states, @run.facts');
END $$;
COMMENT ON FUNCTION log_find_facts(name, timestamptz) IS
'internal: when the changed cases were done';

-- @run.pieces: which status fell together with which team, and who held the
-- case then. What comes before the first status is a piece of segment unknown. The
-- overlay makes one piece of a status that comes twice with nothing of any length
-- between, so a piece may go on when the case has ended, or the visit: it is cut there.
CREATE FUNCTION log_find_pieces(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	notes text[];
BEGIN
	SELECT l.notes INTO notes FROM log_activity_lists(log) l;
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.pieces ON COMMIT DROP AS
		SELECT f.case_key, o.piece_no, o.from_at,
			   CASE WHEN o.from_at < f.ended_at THEN least(o.to_at, f.ended_at)
			   ELSE o.to_at END AS to_at, a.kind, a.is_done,
			   CASE WHEN a.segment = 'us' AND t.role = 'partner' THEN 'partner'
			   ELSE a.segment END AS segment,
			   o.from_at < f.ended_at AS counts
		FROM @run.changed c
		JOIN @run.facts f USING (case_key)
		CROSS JOIN LATERAL (SELECT CASE WHEN $2 = '{}' THEN c.trace
			ELSE trace_drop(c.trace, $2) END) s (trace)
		CROSS JOIN LATERAL ROWS FROM (trace_overlay(s.trace, c.assignments,
			$1)) WITH ORDINALITY o (status, team, from_at, to_at, piece_no)
		JOIN @schema.activities a ON a.activity = o.status
		LEFT JOIN @schema.teams t ON t.team = o.team
		UNION ALL
		SELECT f.case_key, 0, f.created_at, least(f.first_at, $1), 'none', 0, 'unknown', true
		FROM @run.facts f WHERE f.created_at < least(f.first_at, $1)$q$) USING moment, notes;
	EXECUTE run_sql(log, 'ANALYZE @run.pieces');
END $$;
COMMENT ON FUNCTION log_find_pieces(name, timestamptz) IS
'internal: who held the changed cases, by status and team';

-- @run.holds: adjacent pieces of one segment made one.
CREATE FUNCTION log_find_holds(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	hours ticket_mining.business_calendar := ticket_mining.log_setting(log, 'calendar');
BEGIN
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.holds ON COMMIT DROP AS
		SELECT h.*, h.to_at - h.from_at AS duration, business_duration($1, h.from_at,
			h.to_at) AS business_duration
		FROM (SELECT p.case_key, p.visit_no, p.segment, min(p.from_at) AS from_at,
			  max(p.to_at) AS to_at
			  FROM (SELECT q.*, count(*) FILTER (WHERE q.segment IS DISTINCT FROM q.segment_before)
			  OVER (PARTITION BY q.case_key ORDER BY q.piece_no) AS visit_no
					FROM (SELECT p.*, lag(p.segment) OVER (PARTITION BY p.case_key
						  ORDER BY p.piece_no) AS segment_before
						  FROM @run.pieces p WHERE p.counts) q) p
			  GROUP BY p.case_key, p.visit_no, p.segment) h$q$) USING hours;
	EXECUTE run_sql(log, 'ANALYZE @run.holds');
END $$;
COMMENT ON FUNCTION log_find_holds(name) IS 'internal: the segment visits of the changed cases';

-- @run.held: the time of each case by segment, in seconds; sums are made of exact durations.
CREATE FUNCTION log_sum_holds(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	is_business boolean := ticket_mining.log_setting(log, 'calendar') IS NOT NULL;
	named text[] := '{us,partner,user,blocked,stopped,unknown}';
BEGIN
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.held ON COMMIT DROP AS
		SELECT f.case_key,
			   coalesce(log_seconds(sum(h.duration)), 0) AS total,
			   coalesce(log_seconds(sum(h.duration) FILTER (WHERE s.is_excluded = 0)), 0) AS real,
			   coalesce(log_seconds(sum(h.duration) FILTER (WHERE h.segment = 'us')), 0) AS us,
			   coalesce(log_seconds(sum(h.duration) FILTER (WHERE h.segment = 'partner')),
			   0) AS partner,
			   coalesce(log_seconds(sum(h.duration) FILTER (WHERE h.segment = 'user')), 0) AS user_,
			   coalesce(log_seconds(sum(h.duration) FILTER (WHERE h.segment = 'blocked')),
			   0) AS blocked,
			   coalesce(log_seconds(sum(h.duration) FILTER (WHERE h.segment = 'stopped')),
			   0) AS stopped,
			   coalesce(log_seconds(sum(h.duration) FILTER (WHERE h.segment = 'unknown')),
			   0) AS unknown,
			   coalesce(log_seconds(sum(h.duration) FILTER (WHERE h.segment <> ALL ($2))),
			   0) AS other,
			   CASE WHEN $1 THEN coalesce(log_seconds(sum(h.business_duration)),
			   0) END AS business_total,
			   CASE WHEN $1 THEN coalesce(log_seconds(sum(h.business_duration)
			   FILTER (WHERE s.is_excluded = 0)), 0) END AS business_real,
			   CASE WHEN $1 THEN coalesce(log_seconds(sum(h.business_duration)
			   FILTER (WHERE h.segment = 'us')), 0) END AS business_us,
			   CASE WHEN $1 THEN coalesce(log_seconds(sum(h.business_duration)
			   FILTER (WHERE h.segment = 'partner')), 0) END AS business_partner,
			   CASE WHEN $1 THEN coalesce(log_seconds(sum(h.business_duration)
			   FILTER (WHERE h.segment = 'user')), 0) END AS business_user,
			   CASE WHEN $1 THEN coalesce(log_seconds(sum(h.business_duration)
			   FILTER (WHERE h.segment = 'blocked')), 0) END AS business_blocked,
			   CASE WHEN $1 THEN coalesce(log_seconds(sum(h.business_duration)
			   FILTER (WHERE h.segment = 'stopped')), 0) END AS business_stopped,
			   CASE WHEN $1 THEN coalesce(log_seconds(sum(h.business_duration)
			   FILTER (WHERE h.segment = 'unknown')), 0) END AS business_unknown,
			   CASE WHEN $1 THEN coalesce(log_seconds(sum(h.business_duration)
			   FILTER (WHERE h.segment <> ALL ($2))), 0) END AS business_other
		FROM @run.facts f
		LEFT JOIN @run.holds h USING (case_key)
		LEFT JOIN @schema.segments s ON s.segment = h.segment
		WHERE f.is_cut_off = 0
		GROUP BY f.case_key$q$) USING is_business, named;
	EXECUTE run_sql(log, 'ANALYZE @run.held');
END $$;
COMMENT ON FUNCTION log_sum_holds(name) IS 'internal: the time of the changed cases by segment';

-- @run.clocked: the clocks of the visits, and how each ended. The last piece
-- that begins before a visit ends says in which status that was. Before its first status a
-- case is not done, so the clock runs.
CREATE FUNCTION log_clock_visits(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	hours ticket_mining.business_calendar := ticket_mining.log_setting(log, 'calendar');
BEGIN
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.clocked ON COMMIT DROP AS
		SELECT v.case_key, v.visit_no, max(p.piece_no) AS last_piece,
			   coalesce(sum(upto - since) FILTER (WHERE runs), '0') AS elapsed,
			   coalesce(sum(upto - since) FILTER (WHERE runs AND s.is_excluded = 0), '0') AS own,
			   coalesce(sum(business_duration(open_hours, since, upto)) FILTER (WHERE runs),
			   '0') AS business_elapsed,
			   coalesce(sum(business_duration(open_hours, since, upto))
			   FILTER (WHERE runs AND s.is_excluded = 0), '0') AS business_own,
			   bool_or(open_hours IS NOT NULL) AS is_business
		FROM @run.visited v
		JOIN @schema.teams t USING (team)
		CROSS JOIN LATERAL (SELECT coalesce(t.calendar::ticket_mining.business_calendar,
			$1)) h (open_hours)
		LEFT JOIN @run.pieces p ON p.case_key = v.case_key AND p.from_at < v.to_at
		LEFT JOIN @schema.segments s ON s.segment = p.segment
		CROSS JOIN LATERAL (SELECT p.counts AND p.is_done = 0 AND p.to_at > v.from_at,
			greatest(p.from_at, v.from_at), least(p.to_at, v.to_at)) c (runs, since, upto)
		GROUP BY v.case_key, v.visit_no$q$) USING hours;
	EXECUTE run_sql(log, 'ANALYZE @run.clocked');
END $$;
COMMENT ON FUNCTION log_clock_visits(name) IS
'internal: the clocks of the team visits of the changed cases';

-- @run.reopened: the reopenings.
CREATE FUNCTION log_find_reopenings(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	lists record;
BEGIN
	SELECT * INTO lists FROM log_activity_lists(log);
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.reopened ON COMMIT DROP AS
		SELECT c.case_key, c.case_id, c.is_aged, c.messages, r.*, r.reopened_at - r.done_at AS after
		FROM @run.changed c, trace_reopenings(c.trace, $1, $2, $3) r$q$) USING lists.done,
			lists.answered, lists.notes;
	EXECUTE run_sql(log, 'ANALYZE @run.reopened');
END $$;
COMMENT ON FUNCTION log_find_reopenings(name) IS 'internal: the reopenings of the changed cases';

-- @run.handed: the handovers.
CREATE FUNCTION log_find_handovers(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.handed ON COMMIT DROP AS
		SELECT v.case_key, v.case_id, row_number() OVER (PARTITION BY v.case_key
			   ORDER BY v.visit_no) AS handover_no,
			   v.source, v.team AS target, v.from_at AS at, v.is_return::integer AS is_return,
			   v.is_bounce::integer AS is_bounce,
			   (v.is_return AND s.role = 'partner' AND t.role IN ('ours',
			   'intake'))::integer AS is_returned_by_partner
		FROM (SELECT v.*, lag(v.team) OVER (PARTITION BY v.case_key ORDER BY v.visit_no) AS source
			  FROM @run.visited v WHERE v.team <> 'none') v
		JOIN @schema.teams s ON s.team = v.source
		JOIN @schema.teams t ON t.team = v.team
		WHERE v.source <> v.team$q$);
	EXECUTE run_sql(log, 'ANALYZE @run.handed');
END $$;
COMMENT ON FUNCTION log_find_handovers(name) IS 'internal: the handovers of the changed cases';

-- @run.written: the messages; @run.waited: those out after which
-- nothing came for a week, while the status said us.
CREATE FUNCTION log_find_messages(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.written ON COMMIT DROP AS
		SELECT c.case_key, c.case_id, e.event_no AS message_no, e.activity AS direction, e.at,
			   lead(e.at) OVER (PARTITION BY c.case_key ORDER BY e.event_no) AS next_at,
			   lag(e.activity) OVER (PARTITION BY c.case_key, e.activity IN ('in', 'out')
			   ORDER BY e.event_no) AS direction_before
		FROM @run.changed c, trace_events(c.messages) e$q$);
	EXECUTE run_sql(log, 'ANALYZE @run.written');
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.waited ON COMMIT DROP AS
		SELECT w.case_key, w.message_no
		FROM @run.written w
		JOIN @run.pieces p ON p.case_key = w.case_key AND p.counts AND p.segment = 'us'
			AND w.at >= p.from_at AND w.at < p.to_at
		WHERE w.direction = 'out' AND least(p.to_at, w.next_at) - w.at >= interval '7 days'$q$);
END $$;
COMMENT ON FUNCTION log_find_messages(name) IS 'internal: the messages of the changed cases';

-- @run.mined: the rows of cases, without attributes, with the names of its columns.
CREATE FUNCTION log_mine_cases(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting(log, 'time_zone');
	template text := ticket_mining.log_setting(log, 'case_url');
	lists record;
	intake text[];
BEGIN
	SELECT * INTO lists FROM log_activity_lists(log);
	EXECUTE run_sql(log, $q$
		SELECT array(SELECT t.team FROM @schema.teams t WHERE t.role = 'intake')$q$) INTO intake;
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.mined ON COMMIT DROP AS
		SELECT c.case_key, c.case_id, c.case_no, log_url($3, c.case_no, c.case_id::text) AS url,
			   f.status,
			   f.created_at AT TIME ZONE $2 AS created_at,
			   (f.created_at AT TIME ZONE $2)::date AS created_date,
			   f.first_resolved_at AT TIME ZONE $2 AS first_resolved_at,
			   (f.first_resolved_at AT TIME ZONE $2)::date AS first_resolved_date,
			   f.resolved_at AT TIME ZONE $2 AS resolved_at,
			   (f.resolved_at AT TIME ZONE $2)::date AS resolved_date,
			   f.closed_at AT TIME ZONE $2 AS closed_at,
			   (f.closed_at AT TIME ZONE $2)::date AS closed_date,
			   f.is_open::smallint AS is_open,
			   (f.resolved_at IS NOT NULL)::integer::smallint AS is_resolved,
			   f.is_cut_off::smallint AS is_cut_off,
			   CASE WHEN f.is_open = 1
			   AND f.is_cut_off = 0 THEN log_seconds($1 - f.created_at) END AS age_seconds,
			   trace_variant(c.trace)::text AS variant, trace_length(c.trace) AS event_count,
			   trace_length(c.trace) - f.state_count::integer AS note_count,
			   (1 = ANY (trace_breaks(c.trace)))::integer AS is_start_masked,
			   (trace_length(c.trace) + 1 = ANY (trace_breaks(c.trace)))::integer AS is_end_masked,
			   coalesce(r.reopening_count, 0) AS reopening_count,
			   coalesce(r.answered_again_count, 0) AS answered_again_count,
			   coalesce(r.first_answer_count, 0) AS first_answer_count,
			   coalesce(r.silent_count, 0) AS silent_count, coalesce(r.unfinished_count,
			   0) AS unfinished_count,
			   (r.reopening_count IS NOT NULL)::integer AS is_reopened,
			   (coalesce(r.answered_again_count, 0) > 0)::integer AS is_answered_again,
			   trace_repeat_count(c.trace, $4, $5, $6) AS repeat_answer_count,
			   coalesce(v.first_team, 'none') AS first_team, coalesce(v.resolving_team,
			   'none') AS resolving_team, coalesce(v.current_team, 'none') AS current_team,
			   coalesce(h.handover_count, 0) AS handover_count, l.landing,
			   CASE l.landing WHEN 'rerouted' THEN 0 WHEN 'direct' THEN 1
			   WHEN 'forwarded' THEN 1 END AS first_time_right,
			   coalesce(h.is_returned_by_partner, 0) AS is_returned_by_partner,
			   coalesce(h.is_ping_pong, 0) AS is_ping_pong,
			   coalesce(trace_messages_in(c.messages), 0) AS messages_in,
			   coalesce(trace_messages_out(c.messages), 0) AS messages_out,
			   coalesce(trace_turns(c.messages), 0) AS turns,
			   s.total AS total_seconds, s.real AS real_seconds, s.us AS us_seconds,
			   s.partner AS partner_seconds, s.user_ AS user_seconds,
			   s.blocked AS blocked_seconds, s.stopped AS stopped_seconds,
			   s.unknown AS unknown_seconds, s.other AS other_seconds,
			   s.business_total AS business_total_seconds,
			   s.business_real AS business_real_seconds, s.business_us AS business_us_seconds,
			   s.business_partner AS business_partner_seconds,
			   s.business_user AS business_user_seconds,
			   s.business_blocked AS business_blocked_seconds,
			   s.business_stopped AS business_stopped_seconds,
			   s.business_unknown AS business_unknown_seconds,
			   s.business_other AS business_other_seconds
		FROM @run.changed c
		JOIN @run.facts f USING (case_key)
		LEFT JOIN (
			SELECT r.case_key, count(*) AS reopening_count, count(*)
				   FILTER (WHERE r.outcome = 'answered_again') AS answered_again_count,
				   count(*) FILTER (WHERE r.outcome = 'first_answer') AS first_answer_count,
				   count(*) FILTER (WHERE r.outcome = 'silent') AS silent_count,
				   count(*) FILTER (WHERE r.outcome = 'open') AS unfinished_count
			FROM @run.reopened r GROUP BY r.case_key) r USING (case_key)
		LEFT JOIN (
			SELECT v.case_key, (array_agg(v.team ORDER BY v.visit_no)
				   FILTER (WHERE v.team <> 'none'))[1] AS first_team,
				   (array_agg(v.team ORDER BY v.visit_no DESC)
				   FILTER (WHERE v.team <> 'none'
				   AND v.from_at <= f.first_resolved_at))[1] AS resolving_team,
				   (array_agg(v.team ORDER BY v.visit_no DESC))[1] AS current_team
			FROM @run.visited v JOIN @run.facts f USING (case_key) GROUP BY v.case_key) v
				USING (case_key)
		LEFT JOIN (
			SELECT h.case_key, count(*) AS handover_count,
				max(h.is_returned_by_partner) AS is_returned_by_partner,
				max(h.is_bounce) AS is_ping_pong
			FROM @run.handed h GROUP BY h.case_key) h USING (case_key)
		CROSS JOIN LATERAL (SELECT CASE WHEN f.is_cut_off = 0 THEN trace_landing(c.assignments,
			f.first_resolved_at, $7) END) l (landing)
		LEFT JOIN @run.held s USING (case_key)$q$) USING moment, zone, template, lists.done,
			lists.answered, lists.notes, intake;
	EXECUTE run_sql(log, 'ANALYZE @run.mined');
END $$;
COMMENT ON FUNCTION log_mine_cases(name, timestamptz) IS 'internal: the rows of the changed cases';

CREATE FUNCTION log_mine(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.log_unfold(log, moment);
	PERFORM ticket_mining.log_add_labels(log);
	PERFORM ticket_mining.log_write_dimensions(log);
	PERFORM ticket_mining.log_find_facts(log, moment);
	PERFORM ticket_mining.log_find_pieces(log, moment);
	PERFORM ticket_mining.log_find_holds(log);
	PERFORM ticket_mining.log_sum_holds(log);
	PERFORM ticket_mining.log_clock_visits(log);
	PERFORM ticket_mining.log_find_reopenings(log);
	PERFORM ticket_mining.log_find_handovers(log);
	PERFORM ticket_mining.log_find_messages(log);
	PERFORM ticket_mining.log_mine_cases(log, moment);
END $$;
COMMENT ON FUNCTION log_mine(name, timestamptz) IS 'internal: mines the changed cases';
