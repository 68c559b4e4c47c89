-- Q3: how many tickets are reopened because they were not solved?

\ir session.sql
\echo 'Q3. Reopenings by what became of them, of all tickets alive in 2023 (a ticket may stand in several lines)'

WITH outcomes (line, outcome, meaning) AS (VALUES
	(1, 'answered_again', 'answered before, and answered anew: was not solved'),
	(2, 'first_answer', 'answered for the first time'),
	(3, 'silent', 'done again without a mail: mostly a "thank you"'),
	(4, 'open', 'still being worked on'),
	(5, 'all of them', 'each ticket once'),
	(6, 'beside them: repeat answer', 'a second answer without a reopening')
),
counted (outcome, times, tickets) AS (
	SELECT coalesce(outcome, 'all of them'), count(*), count(DISTINCT case_key)
	FROM support.reopenings
	GROUP BY GROUPING SETS ((outcome), ())
	UNION ALL
	SELECT 'beside them: repeat answer', sum(repeat_answer_count), count(*)
	FROM support.cases
	WHERE repeat_answer_count > 0
)
SELECT outcome, times, tickets, meaning
FROM outcomes
JOIN counted USING (outcome)
ORDER BY line;

\echo 'The rate: of the tickets solved in 2023, those whose solution of 2023 was reopened, whenever that was'

WITH counted AS (
	SELECT count(DISTINCT case_key) AS solved,
		   count(DISTINCT case_key) FILTER (WHERE is_reopened = 1) AS reopened,
		   count(DISTINCT case_key) FILTER (WHERE is_answered_again = 1) AS again
	FROM support.case_months
	JOIN support.dates ON date = case_months.month
	WHERE year = 2023 AND is_resolved = 1
)
SELECT solved AS "tickets solved in 2023",
	   reopened AS "of them reopened",
	   round(100.0 * reopened / solved, 1) AS "%",
	   again AS "of them answered again",
	   round(100.0 * again / solved, 1) AS "% of solved"
FROM counted;

\echo 'The four newest of the tickets that were answered again (time in Copenhagen)'

SELECT case_no AS ticket, case_id AS id,
	   pg_temp.minute(done_at) AS solved,
	   pg_temp.minute(reopened_at) AS reopened,
	   pg_temp.minute(done_again_at) AS "answered again",
	   pg_temp.readable(extract(epoch FROM done_again_at::timestamptz - done_at::timestamptz)) AS "time between",
	   url
FROM (SELECT DISTINCT ON (case_key) *
	  FROM support.reopenings
	  WHERE outcome = 'answered_again'
	  ORDER BY case_key, reopening_no DESC) newest
JOIN support.cases USING (case_key, case_id)
ORDER BY done_again_at DESC, case_id DESC
LIMIT 4;

SELECT case_no AS ticket
FROM support.reopenings
JOIN support.cases USING (case_key, case_id)
WHERE outcome = 'answered_again'
ORDER BY done_again_at DESC, case_id DESC
LIMIT 1 \gset
\echo 'All that happened to the first of them: SELECT * FROM ticket_mining.case_history(''support'',' :'ticket')

SELECT pg_temp.minute(at) AS at, what, entry, status, team, holder,
	   pg_temp.readable(seconds) AS "until the next",
	   pg_temp.hours(business_seconds) AS "office hours"
FROM ticket_mining.case_history('support', :'ticket');
