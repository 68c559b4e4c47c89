-- log: what is summed up over the whole log after the cases are written

-- The graphs of the months whose cases changed, from the traces: one pass over
-- them for both cohorts, in parallel where that pays, since no temporary table is in it.
CREATE FUNCTION log_write_graphs(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	hours ticket_mining.business_calendar := ticket_mining.log_setting('calendar');
	created text[] := array(SELECT DISTINCT created_month FROM pg_temp.log_rebuilt);
	resolved text[] := array(SELECT DISTINCT resolved_month FROM pg_temp.log_rebuilt);
BEGIN
	PERFORM ticket_mining.run_enter(log);
	CREATE TEMPORARY TABLE log_months ON COMMIT DROP AS
	SELECT t.created_month, t.resolved_month, dfg_agg(t.trace) AS graph, CASE WHEN hours IS NOT NULL THEN dfg_agg(t.trace, hours) END AS business_graph
	FROM traces t
	WHERE t.created_month = ANY (created) OR t.resolved_month = ANY (resolved)
	GROUP BY t.created_month, t.resolved_month;
	DELETE FROM graphs g WHERE g.cohort = 'created' AND g.month = ANY (created) OR g.cohort = 'resolved' AND g.month = ANY (resolved);
	INSERT INTO graphs
	SELECT 'created', m.created_month, dfg_union_agg(m.graph), dfg_union_agg(m.business_graph)
	FROM pg_temp.log_months m WHERE m.created_month = ANY (created) GROUP BY 1, 2
	UNION ALL
	SELECT 'resolved', m.resolved_month, dfg_union_agg(m.graph), dfg_union_agg(m.business_graph)
	FROM pg_temp.log_months m WHERE m.resolved_month = ANY (resolved) GROUP BY 1, 2;
END $$;
COMMENT ON FUNCTION log_write_graphs(name) IS 'internal: the graphs of a log by month';

CREATE FUNCTION log_sum_graphs(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	whole ticket_mining.dfg;
	business ticket_mining.dfg;
BEGIN
	PERFORM ticket_mining.run_enter(log);
	SELECT dfg_union_agg(g.graph), dfg_union_agg(g.business_graph) INTO whole, business FROM graphs g WHERE g.cohort = 'created';
	DELETE FROM edge_stats;
	INSERT INTO edge_stats
	SELECT clock, e.source, e.target, 'whole log, not filterable', e.frequency, e.case_frequency, e.max_per_case, e.total_seconds,
		   log_seconds(e.min), log_seconds(e.max), log_seconds(e.mean), log_seconds(e.stddev), log_seconds(e.median), log_seconds(e.p90), log_seconds(e.p95)
	FROM (VALUES ('elapsed', whole), ('business', business)) g (clock, graph), dfg_edges(g.graph) e;
	UPDATE activities a SET event_count = n.frequency, case_count = n.case_frequency
	FROM (SELECT b.activity, coalesce(d.frequency, 0) AS frequency, coalesce(d.case_frequency, 0) AS case_frequency
		  FROM activities b LEFT JOIN dfg_activities(whole) d USING (activity)) n
	WHERE a.activity = n.activity AND (a.event_count, a.case_count) <> (n.frequency, n.case_frequency);
END $$;
COMMENT ON FUNCTION log_sum_graphs(name) IS 'internal: the edges and activities of a whole log';

CREATE FUNCTION log_sum_variants(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.run_enter(log);
	UPDATE variants v SET cases = n.cases, share = n.share, cumulative_share = n.cumulative_share, rank = n.rank, example_case_id = n.example
	FROM (SELECT s.*, s.cases / sum(s.cases) OVER ()::float8 AS share, sum(s.cases) OVER w / sum(s.cases) OVER ()::float8 AS cumulative_share, row_number() OVER w AS rank
		  FROM (SELECT c.variant, min(c.event_count) AS length, count(*) AS cases, (array_agg(c.case_id ORDER BY c.created_at DESC, c.case_id DESC))[1] AS example
				FROM cases c GROUP BY c.variant) s
		  WINDOW w AS (ORDER BY s.cases DESC, s.length, s.variant ROWS UNBOUNDED PRECEDING)) n
	WHERE v.variant = n.variant
	AND (v.cases, v.share, v.cumulative_share, v.rank, v.example_case_id) <> (n.cases, n.share, n.cumulative_share, n.rank, n.example);
	DELETE FROM variants v WHERE NOT EXISTS (SELECT FROM cases c WHERE c.variant = v.variant);
END $$;
COMMENT ON FUNCTION log_sum_variants(name) IS 'internal: the variants of a whole log';

-- Days before the first one or after the last year, which an earlier state needed.
CREATE FUNCTION log_remove_dates(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting('time_zone');
BEGIN
	PERFORM ticket_mining.run_enter(log);
	DELETE FROM dates d USING pg_temp.log_reading r WHERE d.date < date_trunc('year', coalesce(r.first_at, moment) AT TIME ZONE zone)
		OR d.date >= date_trunc('year', moment AT TIME ZONE zone) + interval '1 year';
END $$;
COMMENT ON FUNCTION log_remove_dates(name, timestamptz) IS 'internal: removes days that a log no longer touches';

CREATE FUNCTION log_summarize(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM ticket_mining.log_write_graphs(log);
	PERFORM ticket_mining.log_sum_graphs(log);
	PERFORM ticket_mining.log_sum_variants(log);
	PERFORM ticket_mining.log_write_quality(log);
	PERFORM ticket_mining.log_remove_dimensions(log);
	PERFORM ticket_mining.log_remove_dates(log, moment);
END $$;
COMMENT ON FUNCTION log_summarize(name, timestamptz) IS 'internal: sums up a whole log';
