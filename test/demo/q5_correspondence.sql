-- Q5: which tickets have much written correspondence between agent and user?

\ir cases.sql

SELECT count(*) AS tickets, percentile_disc(0.9) WITHIN GROUP (ORDER BY trace_turns(messages)) AS p90
FROM cases
WHERE trace_messages_in(messages) + trace_messages_out(messages) > 0 \gset
\echo 'Q5. Correspondence: the tickets with most turns between user and agent; 90 % of the' :tickets 'with messages have at most' :p90

SELECT number AS ticket, ticket_id AS id,
	   trace_turns(messages) AS turns,
	   trace_messages_in(messages) AS "from user",
	   trace_messages_out(messages) AS "to user",
	   pg_temp.minute(trace_start(statuses)) AS "from",
	   CASE WHEN is_done THEN pg_temp.minute(ended_at) END AS done,
	   (trace_activities(statuses))[trace_length(statuses)] AS status
FROM cases
WHERE messages IS NOT NULL
ORDER BY turns DESC, trace_messages_in(messages) + trace_messages_out(messages) DESC, ticket_id DESC
LIMIT 8;
