SET search_path = ticket_mining;
SET client_min_messages = warning;
SET TimeZone = 'Asia/Kolkata'; -- no setting may show in what follows
SET DateStyle = 'SQL, DMY';

-- text form
SELECT '{Ny,Lukket} 1@2023-01-02T08:00:00Z 2@2023-01-02T09:30:00Z'::trace;
SELECT '  { Ny , "Løst m. mail" }1@2023-01-02T08:00:00+01:00
	2@2023-01-02T09:30:00.120000-02:30 '::trace;
SELECT '{b,a,unused} 2@2023-01-02T08:00:00Z 1@2023-01-02T08:00:00Z'::trace;
SELECT '{"","null","a b","{","}",",","\"","\\",ÆØÅ,🙂} 1@2023-01-01T00:00:00Z 2@2023-01-01T00:00:00Z 3@2023-01-01T00:00:00Z 4@2023-01-01T00:00:00Z 5@2023-01-01T00:00:00Z 6@2023-01-01T00:00:00Z 7@2023-01-01T00:00:00Z 8@2023-01-01T00:00:00Z 9@2023-01-01T00:00:00Z 10@2023-01-01T00:00:00Z'::trace;
SELECT '{A} | 1@2023-01-01T00:00:00Z | 1@2023-01-01T00:00:00Z|'::trace;
SELECT '{A} 1@4714-11-24T00:00:00ZBC 1@0001-12-31T23:59:59ZBC 1@0001-01-01T00:00:00Z 1@1969-12-31T23:59:59.999999Z 1@2000-02-29T00:00:00Z 1@294276-12-31T23:59:59.999999Z'::trace;

-- malformed literals
SELECT ''::trace;
SELECT '{}'::trace;
SELECT '{A}'::trace;
SELECT '{A'::trace;
SELECT '{A,}'::trace;
SELECT '{A,A} 1@2023-01-01T00:00:00Z'::trace;
SELECT '{null} 1@2023-01-01T00:00:00Z'::trace;
SELECT '{"A} 1@2023-01-01T00:00:00Z'::trace;
SELECT '{A} 0@2023-01-01T00:00:00Z'::trace;
SELECT '{A} 2@2023-01-01T00:00:00Z'::trace;
SELECT '{A} 1 2023-01-01T00:00:00Z'::trace;
SELECT '{A} 1@2023-01-01T00:00:00'::trace;
SELECT '{A} 1@2023-02-29T00:00:00Z'::trace;
SELECT '{A} 1@2023-13-01T00:00:00Z'::trace;
SELECT '{A} 1@2023-01-01T24:00:00Z'::trace;
SELECT '{A} 1@2023-01-01 00:00:00Z'::trace;
SELECT '{A} 1@2023-01-01T00:00:00.1234567Z'::trace;
SELECT '{A} 1@0000-01-01T00:00:00Z'::trace;
SELECT '{A} 1@294277-01-01T00:00:00Z'::trace;
SELECT '{A} 1@4714-11-23T23:59:59ZBC'::trace;
SELECT '{A} 1@infinity'::trace;
SELECT '{A} 1@2023-01-01T00:00:00Z x'::trace;
SELECT '{A} | | 1@2023-01-01T00:00:00Z'::trace;
SELECT '{A} |'::trace;
SELECT '{Æ,Ø,Å} 1@2023-01-02T00:00:00Z 1@2023-01-01T00:00:00Z'::trace;

-- comparison: bytes, so that every order is the same everywhere
CREATE TEMP TABLE traces (id int, t trace);
INSERT INTO traces VALUES
	(1, '{A} 1@2023-01-01T00:00:00Z'),
	(2, '{A} 1@2023-01-01T00:00:00.000Z'),
	(3, '{B} 1@2023-01-01T00:00:00Z'),
	(4, '{A} 1@2023-01-01T00:00:00Z 1@2023-01-01T00:00:00Z'),
	(5, '{A} 1@2023-01-01T00:00:00Z | 1@2023-01-01T00:00:00Z'),
	(6, NULL);
SELECT t, count(*), array_agg(id ORDER BY id) FROM traces GROUP BY t ORDER BY 3;
SELECT count(DISTINCT t) FROM traces;
SELECT a.id, b.id FROM traces a JOIN traces b USING (t) ORDER BY 1, 2;
SELECT a.id, b.id, a.t = b.t AS eq, a.t <> b.t AS ne, a.t < b.t AS lt, a.t <= b.t AS le, a.t > b.t AS gt, a.t >= b.t AS ge
FROM traces a, traces b WHERE a.id = 1 AND b.id < 4 ORDER BY 2;
CREATE UNIQUE INDEX ON traces (t) WHERE id <> 2;
CREATE INDEX ON traces USING hash (t);
CREATE INDEX ON traces (trace_variant(t));
SET enable_seqscan = off;
SELECT id FROM traces WHERE t = '{B} 1@2023-01-01T00:00:00Z';
SELECT id FROM traces WHERE trace_variant(t) = trace_variant('{A} 1@2030-01-01T00:00:00Z') ORDER BY id;
RESET enable_seqscan;

-- binary form
SELECT encode(trace_send('{Ny,Lukket} 1@2023-01-02T08:00:00Z 2@2023-01-02T09:30:00Z'), 'hex');

-- jsonb
SELECT '{Ny,Lukket} | 1@2023-01-02T08:00:00Z 2@2023-01-02T09:30:00.5Z |'::trace::jsonb;
SELECT NULL::trace::jsonb;
