-- Registers the tickets as log support, says what its words mean, and refreshes it.
--
-- Variables events, assignments, messages and cases name the relations that it
-- reads; source, if it is set, the source that these are of.

\ir session.sql

BEGIN;
CALL ticket_mining.create_log('support',
	events => :'events',
	assignments => :'assignments',
	messages => :'messages',
	cases => :'cases',
	calendar => 'Europe/Copenhagen; Mo-Th 08:00-16:00; Fr 08:00-15:00; PH(DK) off; Jun 05 off; Dec 24 off; Dec 31 off',
	case_url => 'https://desk.example/ticket/{case_no}');
COMMENT ON SCHEMA support IS 'Demo: a log over the tickets';

-- What the statuses mean: whether the ticket is done, and who holds it. NSP knows
-- some of that; what its stages do not tell apart stands below.
\if :{?source}
CALL ticket_mining.suggest_activity_map(:'source', 'support');
\endif
UPDATE support.activity_map m
SET kind = v.kind, segment = v.segment
FROM (VALUES
	('Ny', 'open', 'us'),
	('Tildelt', 'open', 'us'),
	('I gang', 'open', 'us'),
	('Planlagt', 'open', 'us'),
	('Svar modtaget', 'open', 'us'),
	('Genåbnet', 'open', 'us'),
	('Afventer bruger', 'open', 'user'),
	('Afventer leverandør', 'open', 'blocked'),
	('Afventer pakke', 'open', 'blocked'),
	('Løst', 'resolved', 'stopped'),
	('Løst m. mail', 'resolved', 'stopped'),
	('Lukket', 'closed', 'stopped'),
	('Note', 'note', 'unknown')) v (activity, kind, segment)
WHERE m.activity = v.activity;
UPDATE support.activity_map SET is_start = true WHERE activity = 'Ny';
UPDATE support.activity_map SET answers = true WHERE activity = 'Løst m. mail';

-- What the teams are; whom these lines do not name is a partner
UPDATE support.team_map
SET role = CASE
		WHEN team = 'IT-Servicedesk' THEN 'intake'
		WHEN team IN ('Brugeradministration', 'Klient og udstyr', 'Netværk og server') THEN 'ours'
		ELSE 'partner'
	END;
COMMIT;

-- The extract ends with the year.
CALL ticket_mining.refresh('support', '2024-01-01 00:00 Europe/Copenhagen');
\echo '→ log support → its answers'
\echo

\echo 'The log, which has the schema of this name for its tables: SELECT * FROM support.status'

SELECT log, state, pg_temp.minute(as_of) AS as_of, time_zone, cases, events
FROM support.status;

\echo 'What its quality report found: SELECT * FROM support.quality WHERE number > 0'

SELECT concat_ws(': ', finding, nullif(subject, '')) AS finding,
	   number, unit, base AS "of", meaning
FROM support.quality
WHERE number > 0
ORDER BY line;
