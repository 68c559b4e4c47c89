-- What a first user does: extension, log, map, page.
\set QUIET on
CREATE EXTENSION ticket_mining;
SET search_path = public, ticket_mining;
CREATE TABLE ticket_events (case_id int, activity text, at timestamptz);
INSERT INTO ticket_events (case_id, activity, at)
	SELECT n, activity, timestamptz '2026-01-05 09:00+01' + n * interval '1 hour' + step * interval '1 day'
	FROM generate_series(1, 50) n,
		unnest(ARRAY['Created', 'Answered', CASE WHEN n % 5 = 0 THEN 'Reopened' END, 'Closed'])
			WITH ORDINALITY s (activity, step)
	WHERE activity IS NOT NULL;
SELECT source, target, frequency FROM dfg_edges((
	SELECT dfg_agg(t) FROM (SELECT trace_agg(activity, at) AS t FROM ticket_events GROUP BY case_id) traces));
CALL create_log('desk', 'public.ticket_events');
CALL refresh('desk');
DO $$
BEGIN
	ASSERT (SELECT count(*) FROM desk.cases) = 50, 'a case is missing';
	ASSERT length(report_html('desk')) > 100000, 'the page is missing';
END $$;
