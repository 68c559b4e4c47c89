-- A service desk from 2014 until 2024, some 7.7 events a case: the same rows on every
-- machine, since hashes of the case number stand in for chance. :cases is their number.
-- The first one went on and on: its variant is longer than a text that BI tools take.
CREATE SCHEMA nsp;

CREATE FUNCTION nsp.chance(n bigint, what integer) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT (hashint8extended(n, what) & 4503599627370495)::float8 / 4503599627370496
$$;

-- One of some words, the first ones more often.
CREATE FUNCTION nsp.pick(words text[], chance float8) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT words[1 + floor(chance * chance * cardinality(words))::integer]
$$;

-- Hours until the next event, by what the case waits in.
CREATE FUNCTION nsp.gap(activity text, chance float8) RETURNS interval LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT make_interval(secs => round((-ln(1 - chance) * 3600 * CASE activity
		WHEN 'Ny' THEN 3 WHEN 'Afventer bruger' THEN 60 WHEN 'Afventer leverandør' THEN 120
		WHEN 'Løst' THEN 200 WHEN 'Løst m. mail' THEN 200 ELSE 16 END)::numeric, 3)::float8)
$$;

CREATE TABLE nsp.sag AS
SELECT n::integer AS case_id, 'INC' || 1000000 + n AS case_no,
	   nsp.pick('{Mail,Print,Netværk,Klient,Telefoni,Fagsystem,Løn,Adgang,Web,Andet}', nsp.chance(n, 1)) AS service,
	   nsp.pick('{Skole,Ældre,Teknik,Borgerservice,Kultur,HR,Økonomi,Beredskab}', nsp.chance(n, 2)) AS department,
	   (1 + floor(4 * nsp.chance(n, 3)))::integer AS priority, nsp.chance(n, 4) < 0.03 AS is_vip,
	   timestamptz '2014-01-02 07:00Z' + (n + nsp.chance(n, 5)) / :cases * interval '3970 days' AS opened
FROM generate_series(0, :cases - 1) n;

CREATE TABLE nsp.status AS
WITH path AS (
	SELECT case_id, opened, activities
	FROM nsp.sag, LATERAL (SELECT '{Ny,Tildelt,"I gang"}'::text[]
		|| array(SELECT nsp.pick('{Note,I gang,Afventer bruger,Tildelt,Intern note,Afventer leverandør}', nsp.chance(case_id, 20 + k))
				 FROM generate_series(1, CASE case_id WHEN 0 THEN 4000 ELSE floor(-ln(1 - nsp.chance(case_id, 10)) * 3.3)::integer END) k)
		|| CASE WHEN nsp.chance(case_id, 11) < 0.7 THEN '{Løst m. mail}' ELSE '{Løst}' END::text[]
		|| CASE WHEN nsp.chance(case_id, 12) < 0.05 THEN '{Genåbnet,I gang,Løst m. mail}'
				WHEN nsp.chance(case_id, 12) < 0.07 THEN '{Genåbnet,Løst}' ELSE '{}' END::text[]
		|| CASE WHEN nsp.chance(case_id, 13) < 0.85 THEN '{Lukket}' ELSE '{}' END::text[]) p (activities))
SELECT case_id, activity,
	   opened + coalesce(sum(nsp.gap(activity, nsp.chance(case_id, 100 + step::integer))) OVER w, '0') AS at, step AS seq
FROM path, unnest(activities) WITH ORDINALITY e (activity, step)
WINDOW w AS (PARTITION BY case_id ORDER BY step ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING);

CREATE TABLE nsp.tildeling AS
SELECT case_id, CASE WHEN nsp.chance(case_id, 40 + k) < 0.02 THEN NULL WHEN k = 1 AND nsp.chance(case_id, 30) < 0.6 THEN 'Servicedesk'
			ELSE 'Gruppe ' || 1 + floor(19 * nsp.chance(case_id, 50 + k) ^ 2) END AS team,
	   opened + (k - 1) * 20 * nsp.chance(case_id, 60 + k) * interval '1 hour' AS at, k AS seq
FROM nsp.sag, generate_series(1, 1 + floor(-ln(1 - nsp.chance(case_id, 31)) * 1.1)::integer) k;

CREATE TABLE nsp.besked AS
SELECT case_id, CASE WHEN nsp.chance(case_id, 70 + k) < 0.45 THEN 'in' WHEN nsp.chance(case_id, 70 + k) < 0.9 THEN 'out' ELSE 'internal' END AS direction,
	   opened + (k - 1 + nsp.chance(case_id, 80 + k)) * interval '29 hours' AS at, k AS seq
FROM nsp.sag, generate_series(1, 1 + floor(-ln(1 - nsp.chance(case_id, 32)) * 3)::integer) k;

ALTER TABLE nsp.sag DROP COLUMN opened;
ANALYZE nsp.sag, nsp.status, nsp.tildeling, nsp.besked;
CALL ticket_mining.create_log('desk', 'nsp.status', 'nsp.tildeling', 'nsp.besked', 'nsp.sag', 'Europe/Copenhagen',
	'Europe/Copenhagen; Mo-Fr 08:00-16:00; PH(DK) off', 'https://nsp.example/{case_no}');
UPDATE desk.activity_map m SET kind = v.kind, answers = v.answers, segment = v.segment, is_start = activity = 'Ny'
FROM (VALUES ('Ny', 'open', false, 'us'), ('Tildelt', 'open', false, 'us'), ('I gang', 'open', false, 'us'), ('Genåbnet', 'open', false, 'us'),
	('Afventer bruger', 'open', false, 'user'), ('Afventer leverandør', 'open', false, 'blocked'), ('Løst', 'resolved', false, 'stopped'),
	('Løst m. mail', 'resolved', true, 'stopped'), ('Lukket', 'closed', false, 'stopped'),
	('Note', 'note', false, 'unknown'), ('Intern note', 'note', false, 'unknown')) v (label, kind, answers, segment)
WHERE m.activity = v.label;
UPDATE desk.team_map SET role = CASE team WHEN 'Servicedesk' THEN 'intake' WHEN 'Gruppe 3' THEN 'partner' ELSE 'ours' END;
