-- Q3: how many tickets are reopened because they were not solved?

\ir session.sql
\echo 'Q3. Reopenings by what became of them, of all tickets alive in 2023 (a ticket may stand in several lines)'

WITH outcomes (line, outcome, meaning) AS (VALUES
	(1, 'answered_again', 'answered before, and answered anew: was not solved'),
	(2, 'first_answer', 'answered for the first time'),
	(3, 'silent', 'done again without a mail: mostly a "thank you"'),
	(4, 'open', 'still being worked on')
),
counted AS (
	SELECT o.line, o.outcome, count(r.ticket_id) AS times,
		   count(DISTINCT r.ticket_id) AS tickets, o.meaning
	FROM outcomes o LEFT JOIN reopenings r USING (outcome)
	GROUP BY o.line, o.outcome, o.meaning
	UNION ALL
	SELECT 5, 'all of them', count(*), count(DISTINCT ticket_id), 'each ticket once'
	FROM reopenings
	UNION ALL
	SELECT 6, 'beside them: repeat answer', sum(n), count(*), 'a second answer without a reopening'
	FROM ticket_traces, trace_repeat_count(trace, :done, :answered, :notes) n
	WHERE n > 0
)
SELECT outcome, times, tickets, meaning
FROM counted
ORDER BY line;

\echo 'The rate: of the tickets solved in 2023, those whose solution of 2023 was reopened, whenever that was'

WITH solved AS (
	SELECT DISTINCT ticket_id
	FROM resolutions
	WHERE at >= :year_begins AND at < :year_ends
),
reopened AS (
	SELECT ticket_id, bool_or(outcome = 'answered_again') AS is_answered_again
	FROM reopenings
	WHERE done_at >= :year_begins AND done_at < :year_ends
	GROUP BY ticket_id
),
counted AS (
	SELECT count(*) AS solved, count(r.ticket_id) AS reopened,
		   count(*) FILTER (WHERE is_answered_again) AS again
	FROM solved LEFT JOIN reopened r USING (ticket_id)
)
SELECT solved AS "tickets solved in 2023",
	   reopened AS "of them reopened",
	   round(100.0 * reopened / solved, 1) AS "%",
	   again AS "of them answered again",
	   round(100.0 * again / solved, 1) AS "% of solved"
FROM counted;

\echo 'The four newest of the tickets that were answered again (time in Copenhagen)'

SELECT number AS ticket, id,
	   pg_temp.minute(done_at) AS solved,
	   pg_temp.minute(reopened_at) AS reopened,
	   pg_temp.minute(done_again_at) AS "answered again",
	   pg_temp.readable(done_again_at - done_at) AS "time between"
FROM (SELECT DISTINCT ON (ticket_id) *
	  FROM reopenings
	  WHERE outcome = 'answered_again'
	  ORDER BY ticket_id, done_again_at DESC, reopening_no DESC) newest
JOIN tickets ON id = ticket_id
ORDER BY done_again_at DESC, id DESC
LIMIT 4;
