-- Q5: which tickets have much written correspondence between agent and user?

\ir session.sql
SELECT count(*) AS tickets, percentile_disc(0.9) WITHIN GROUP (ORDER BY turns) AS p90
FROM support.cases
WHERE messages_in + messages_out > 0 \gset
\echo 'Q5. Correspondence: the tickets with most turns between user and agent; 90 % of the' :tickets 'with messages have at most' :p90

SELECT case_no AS ticket, case_id AS id,
	   turns,
	   messages_in AS "from user",
	   messages_out AS "to user",
	   pg_temp.minute(created_at) AS "from",
	   CASE WHEN is_open = 0 THEN pg_temp.minute(resolved_at) END AS done,
	   status
FROM support.cases
ORDER BY turns DESC, messages_in + messages_out DESC, case_id DESC
LIMIT 8;
