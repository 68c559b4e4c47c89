-- log: what is summed up over the whole log after the cases are written

-- The graphs of the months whose cases changed, from the traces: one pass over
-- them for both cohorts, in parallel where that pays, since no temporary table is in it.
CREATE FUNCTION log_write_graphs(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	hours ticket_mining.business_calendar := ticket_mining.log_setting(log, 'calendar');
	created text[];
	resolved text[];
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT array(SELECT DISTINCT created_month FROM @run.rebuilt),
			   array(SELECT DISTINCT resolved_month FROM @run.rebuilt)$q$) INTO created, resolved;
	EXECUTE run_sql(log, $q$
		CREATE TEMPORARY TABLE @run.months ON COMMIT DROP AS
		SELECT t.created_month, t.resolved_month, dfg_agg(t.trace) AS graph,
			CASE WHEN $1 IS NOT NULL THEN dfg_agg(t.trace, $1) END AS business_graph
		FROM @schema.traces t
		WHERE t.created_month = ANY ($2) OR t.resolved_month = ANY ($3)
		GROUP BY t.created_month, t.resolved_month$q$) USING hours, created, resolved;
	EXECUTE run_sql(log, $q$
		DELETE FROM @schema.graphs g WHERE g.cohort = 'created' AND g.month = ANY ($1)
			OR g.cohort = 'resolved' AND g.month = ANY ($2)$q$) USING created, resolved;
	EXECUTE run_sql(log, $q$
		INSERT INTO @schema.graphs (cohort, month, graph, business_graph)
		SELECT 'created', m.created_month, dfg_union_agg(m.graph), dfg_union_agg(m.business_graph)
		FROM @run.months m WHERE m.created_month = ANY ($1) GROUP BY 1, 2
		UNION ALL
		SELECT 'resolved', m.resolved_month, dfg_union_agg(m.graph), dfg_union_agg(m.business_graph)
		FROM @run.months m WHERE m.resolved_month = ANY ($2) GROUP BY 1, 2$q$) USING created,
			resolved;
END $$;
COMMENT ON FUNCTION log_write_graphs(name) IS 'internal: the graphs of a log by month';

CREATE FUNCTION log_sum_graphs(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	whole ticket_mining.dfg;
	business ticket_mining.dfg;
BEGIN
	EXECUTE run_sql(log, $q$
		SELECT dfg_union_agg(g.graph), dfg_union_agg(g.business_graph) FROM @schema.graphs g
			WHERE g.cohort = 'created'$q$) INTO whole, business;
	EXECUTE run_sql(log, 'DELETE FROM @schema.edge_stats');
	EXECUTE run_sql(log, $q$
		INSERT INTO @schema.edge_stats (clock, source, target, scope, frequency, case_frequency,
			max_per_case, total_seconds, min_seconds, max_seconds, mean_seconds, stddev_seconds,
			median_seconds, p90_seconds, p95_seconds)
		SELECT clock, e.source, e.target, 'whole log, not filterable', e.frequency,
			   e.case_frequency, e.max_per_case, e.total_seconds,
			   log_seconds(e.min), log_seconds(e.max), log_seconds(e.mean), log_seconds(e.stddev),
			   log_seconds(e.median), log_seconds(e.p90), log_seconds(e.p95)
		FROM (VALUES ('elapsed', $1), ('business', $2)) g (clock, graph), dfg_edges(g.graph) e$q$)
			USING whole, business;
	EXECUTE run_sql(log, $q$
		UPDATE @schema.activities a SET event_count = n.frequency, case_count = n.case_frequency
		FROM (SELECT b.activity, coalesce(d.frequency, 0) AS frequency,
			  coalesce(d.case_frequency, 0) AS case_frequency
			  FROM @schema.activities b LEFT JOIN dfg_activities($1) d USING (activity)) n
		WHERE a.activity = n.activity AND (a.event_count, a.case_count) <> (n.frequency,
			n.case_frequency)$q$) USING whole;
END $$;
COMMENT ON FUNCTION log_sum_graphs(name) IS 'internal: the edges and activities of a whole log';

CREATE FUNCTION log_sum_variants(log name) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
BEGIN
	EXECUTE run_sql(log, $q$
		UPDATE @schema.variants v SET cases = n.cases, share = n.share,
			cumulative_share = n.cumulative_share, rank = n.rank, example_case_id = n.example
		FROM (SELECT s.*, s.cases / sum(s.cases) OVER ()::float8 AS share,
			  sum(s.cases) OVER w / sum(s.cases) OVER ()::float8 AS cumulative_share,
			  row_number() OVER w AS rank
			  FROM (SELECT c.variant, min(c.event_count) AS length, count(*) AS cases,
			  (array_agg(c.case_id ORDER BY c.created_at DESC, c.case_id DESC))[1] AS example
					FROM @schema.cases c GROUP BY c.variant) s
			  WINDOW w AS (ORDER BY s.cases DESC, s.length, log_variant_hash(s.variant),
			  s.variant COLLATE "C" ROWS UNBOUNDED PRECEDING)) n
		WHERE v.variant = n.variant
		AND (v.cases, v.share, v.cumulative_share, v.rank, v.example_case_id) <> (n.cases, n.share,
			n.cumulative_share, n.rank, n.example)$q$);
	EXECUTE run_sql(log, $q$
		DELETE FROM @schema.variants v WHERE NOT EXISTS (SELECT FROM @schema.cases c
			WHERE c.variant = v.variant)$q$);
END $$;
COMMENT ON FUNCTION log_sum_variants(name) IS 'internal: the variants of a whole log';

-- Days before the first one or after the last year, which an earlier state needed.
CREATE FUNCTION log_remove_dates(log name, moment timestamptz) RETURNS void LANGUAGE plpgsql
	SET search_path = pg_catalog, ticket_mining, pg_temp AS $$
DECLARE
	zone text := ticket_mining.log_setting(log, 'time_zone');
BEGIN
	EXECUTE run_sql(log, $q$
		DELETE FROM @schema.dates d USING @run.reading r WHERE d.date < date_trunc('year',
			coalesce(r.first_at, $1) AT TIME ZONE $2)
			OR d.date >= date_trunc('year', $1 AT TIME ZONE $2) + interval '1 year'$q$)
				USING moment, zone;
END $$;
COMMENT ON FUNCTION log_remove_dates(name, timestamptz) IS
'internal: removes days that a log no longer touches';

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
