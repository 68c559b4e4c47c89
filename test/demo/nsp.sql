-- The tickets by way of a source: what is read from where, its check, and the load.

\ir session.sql

BEGIN;
CALL ticket_mining.create_nsp_source('nsp', 'nsp_server');
COMMENT ON SCHEMA nsp IS 'Demo: the source of the tickets';

-- A property of the history that is a note
INSERT INTO nsp.properties (property, becomes, label) VALUES ('Note', 'note', 'Note');

-- Attributes of the tickets beyond the priority, and where the names of their ids are
INSERT INTO nsp.parts (part, remote_schema, remote_table) VALUES
	('categories', 'dbo', 'SysCategory'),
	('channels', 'dbo', 'SysEntitySource'),
	('people', 'dbo', 'Person');
INSERT INTO nsp.mapping (part, field, remote_column, read_as, is_key, is_required, lookup) VALUES
	('categories', 'id', 'Id', 'integer', true, true, NULL),
	('categories', 'name', 'CategoryName', 'text', false, true, NULL),
	('channels', 'id', 'Id', 'integer', true, true, NULL),
	('channels', 'name', 'DisplayNameId', 'text', false, true, NULL),
	('people', 'id', 'Id', 'integer', true, true, NULL),
	('people', 'name', 'Department', 'text', false, true, NULL),
	('tickets', 'category', 'CategoryId', 'integer', false, true, 'categories'),
	('tickets', 'channel', 'BaseEntitySourceId', 'integer', false, true, 'channels'),
	('tickets', 'department', 'BaseEndUserId', 'integer', false, true, 'people'),
	('tickets', 'registered_at', 'CreatedDate', 'time', false, true, NULL);
COMMIT;

SELECT count(*) FILTER (WHERE severity = 'breaking') AS breaking,
	   count(*) FILTER (WHERE severity = 'warning') AS warnings,
	   count(*) > 0 AS has_findings
FROM ticket_mining.check_source('nsp') \gset
\echo '→ source nsp; its check finds' :breaking 'breaking,' :warnings 'warnings'
\if :has_findings
SELECT * FROM ticket_mining.check_source('nsp');
\endif

CALL ticket_mining.load('nsp');

SELECT sum((part.value ->> 'read')::bigint) AS total, count(*) AS parts
FROM nsp.loads, jsonb_each(rows) part \gset
\echo '→ load:' :total 'rows of' :parts 'tables'
\echo
\echo 'What was read: SELECT * FROM nsp.loads'

SELECT p.remote_schema || '.' || p.remote_table AS "remote table", p.part,
	   (l.rows #>> ARRAY[p.part, 'read'])::bigint AS rows, l.state
FROM nsp.loads l, nsp.parts p
ORDER BY rows DESC, p.part COLLATE "C";

\echo 'What the load warns of'

SELECT warning
FROM nsp.loads, unnest(warnings) warning
ORDER BY warning COLLATE "C";

\echo 'What of it a log leaves out or lacks: SELECT * FROM nsp.quality WHERE number > 0'

SELECT finding, number, meaning
FROM nsp.quality
WHERE number > 0
ORDER BY number DESC, finding COLLATE "C";
