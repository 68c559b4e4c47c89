-- log: what is left out or looks odd

CREATE FUNCTION log_write_quality(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	DELETE FROM quality;
	INSERT INTO quality
	SELECT row_number() OVER (ORDER BY q.part, q.subject COLLATE "C"), q.finding, q.subject, q.number, q.unit, q.base, q.meaning
	FROM (SELECT * FROM ticket_mining.log_count_rows(log)
		  UNION ALL SELECT * FROM ticket_mining.log_count_oddities(log)
		  UNION ALL SELECT * FROM ticket_mining.log_count_labels(log)) q;
END $$;
COMMENT ON FUNCTION log_write_quality(name) IS 'internal: writes the quality report of a log';

-- What was read and left out, and the bases of the cohorts.
CREATE FUNCTION log_count_rows(log name, OUT part integer, OUT finding text, OUT subject text, OUT number bigint, OUT unit text, OUT base bigint, OUT meaning text)
	RETURNS SETOF record LANGUAGE plpgsql COST 1000 ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	counted record;
	read record;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT count(*) AS cases, coalesce(sum(c.is_resolved), 0) AS resolved, count(c.closed_at) AS closed, coalesce(sum(c.is_open), 0) AS open,
		   coalesce(sum(c.is_cut_off), 0) AS cut_off
	INTO counted FROM cases c;
	SELECT r.* INTO read FROM pg_temp.log_reading r;
	RETURN QUERY SELECT v.* FROM (VALUES
		(1, 'cases', '', counted.cases, 'cases', NULL::bigint, 'The base of whatever counts cases'),
		(2, 'cases resolved', '', counted.resolved, 'cases', counted.cases, 'The base of landing and of reopened cases'),
		(3, 'cases closed', '', counted.closed, 'cases', counted.cases, 'Came into an activity of kind closed'),
		(4, 'cases open', '', counted.open, 'cases', counted.cases, 'Not done as of the refresh; their durations go on'),
		(5, 'cases cut off', '', counted.cut_off, 'cases', counted.cases, 'Counted, but left out of durations and landing'),
		(6, 'cases without events', '', CASE WHEN ticket_mining.log_setting('from_log') IS NULL THEN read.cases_without_events ELSE 0 END, 'cases', NULL, 'Rows of the relation of the cases that are not mined'),
		(7, 'cases without a row', '', CASE WHEN ticket_mining.log_setting('cases') IS NOT NULL THEN read.cases_without_row ELSE 0 END,
			'cases', counted.cases, 'Mined, but without attributes: the relation of the cases does not have them')) v;
	RETURN QUERY SELECT 10 + r.n, 'events ' || r.reason, '', coalesce((read.rejected ->> r.reason)::bigint, 0), 'events', read.events_read, r.meaning
	FROM (VALUES (1, 'no case', 'Left out: no case_id'), (2, 'no activity', 'Left out: no activity'), (3, 'no time', 'Left out: no time'),
		(4, 'infinite time', 'Left out: the time is infinite'), (5, 'after as_of', 'Left out of this refresh; a later one will have them')) r (n, reason, meaning);
	RETURN QUERY SELECT v.* FROM (VALUES
		(8, 'cases filtered out', '', read.cases_without_events, 'cases', read.cases_without_events + counted.cases, 'Left out of a derived log; explain_filter() says by which step'),
		(18, 'events filtered out', '', coalesce((read.rejected ->> 'filtered out')::bigint, 0), 'events', read.events_read, 'Likewise, those of cases that are left out included')) v
	WHERE ticket_mining.log_setting('from_log') IS NOT NULL;
	RETURN QUERY SELECT v.* FROM (VALUES
		(16, 'assignments left out', '', (read.rejected ->> 'assignments left out')::bigint, 'assignments', NULL::bigint, 'No case, a case without events, no time, an infinite one, or after as_of'),
		(17, 'messages left out', '', (read.rejected ->> 'messages left out')::bigint, 'messages', NULL, 'Likewise, or no direction')) v;
END $$;
COMMENT ON FUNCTION log_count_rows(name) IS 'internal: counts what a refresh read and left out';

-- What looks odd in the histories.
CREATE FUNCTION log_count_oddities(log name, OUT part integer, OUT finding text, OUT subject text, OUT number bigint, OUT unit text, OUT base bigint, OUT meaning text)
	RETURNS SETOF record LANGUAGE plpgsql COST 1000 ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	counted record;
	written record;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT count(*) AS messages, coalesce(sum(m.is_out), 0) AS messages_out, count(*) FILTER (WHERE m.direction NOT IN ('in', 'out', 'internal', 'auto')) AS no_direction,
		   coalesce(sum(m.is_long_wait), 0) AS long_waits, count(DISTINCT CASE m.is_long_wait WHEN 1 THEN m.case_key END) AS long_wait_cases INTO written FROM messages m;
	SELECT coalesce(sum(trace_length(t.trace)), 0) AS events, coalesce(sum(t.tied_events), 0) AS tied, coalesce(sum(t.duplicate_events), 0) AS duplicates,
		   coalesce(sum(trace_length(t.assignments)), 0) AS assignments INTO counted FROM traces t;
	RETURN QUERY
	SELECT 21, 'events tied', '', counted.tied, 'events', counted.events, 'Of one case and time, with no seq to tell their order: it is that of the labels'
	UNION ALL
	SELECT 22, 'events duplicate', '', counted.duplicates, 'events', counted.events, 'Repeat another one exactly; they count'
	UNION ALL
	SELECT 23, 'events without change', '', coalesce(sum(e.frequency), 0)::bigint, 'events', counted.events, 'The activity that the case was in already; notes aside'
	FROM edge_stats e JOIN activities a ON a.activity = e.source WHERE e.clock = 'elapsed' AND e.source = e.target AND a.kind <> 'note'
	UNION ALL
	SELECT 24, 'assignments without change', '', counted.assignments - (SELECT count(*) FROM team_visits), 'assignments', counted.assignments, 'The team that had the case already'
	UNION ALL
	SELECT 25, 'messages of no direction', '', written.no_direction, 'messages', written.messages, 'Neither in, out, internal nor auto; they count as neither in nor out'
	UNION ALL
	SELECT 26, 'long waits with us', '', written.long_waits, 'messages', written.messages_out, 'Out, and then nothing for 7 days while the status said us: that the user has it was hardly registered'
	UNION ALL
	SELECT 27, 'cases with long waits', '', written.long_wait_cases, 'cases', (SELECT count(*) FROM cases), 'Cases with such a message';
END $$;
COMMENT ON FUNCTION log_count_oddities(name) IS 'internal: counts what looks odd in a log';

-- Labels that the maps do not know, and rows of the maps that no label has.
CREATE FUNCTION log_count_labels(log name, OUT part integer, OUT finding text, OUT subject text, OUT number bigint, OUT unit text, OUT base bigint, OUT meaning text)
	RETURNS SETOF record LANGUAGE plpgsql COST 1000 ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	RETURN QUERY
	SELECT 31, 'activity not mapped', a.activity, a.case_count, 'cases', (SELECT count(*) FROM cases), 'Its segment is unknown: say in activity_map who holds a case that is in it'
	FROM activities a WHERE a.segment = 'unknown' AND a.kind IN ('open', 'resolved', 'closed') AND a.case_count > 0
	UNION ALL
	SELECT 32, 'cases with unknown time', '', count(*), 'cases', (SELECT count(*) FROM cases), 'Their real case time rests on activities that are not mapped'
	FROM cases c WHERE c.unknown_seconds > 0
	UNION ALL
	SELECT 33, 'team not mapped', t.team, v.cases, 'cases', (SELECT count(*) FROM cases), 'Its role is unknown: say in team_map whether it is ours, a partner or intake'
	FROM teams t, LATERAL (SELECT count(DISTINCT v.case_key) AS cases FROM team_visits v WHERE v.team = t.team) v
	WHERE t.role = 'unknown' AND v.cases > 0
	UNION ALL
	SELECT 34, 'map row without events', a ->> 'activity', 1, 'map rows', NULL, 'No event has this activity'
	FROM pg_temp.log_followed, jsonb_array_elements(config -> 'activities') a
	WHERE NOT EXISTS (SELECT FROM activities s WHERE s.activity = a ->> 'activity' AND s.event_count > 0) AND a ->> 'merge_into' IS NULL
	UNION ALL
	SELECT 35, 'map row without assignments', t ->> 'team', 1, 'map rows', NULL, 'No assignment has this team'
	FROM pg_temp.log_followed, jsonb_array_elements(config -> 'teams') t
	WHERE (SELECT 1 FROM team_visits v WHERE v.team = t ->> 'team' LIMIT 1) IS NULL;
END $$;
COMMENT ON FUNCTION log_count_labels(name) IS 'internal: counts the labels that are not mapped';
