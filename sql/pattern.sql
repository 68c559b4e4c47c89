-- trace_pattern: literals, matching, the index
SET search_path = ticket_mining, public;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';

-- Normal form
SELECT 'Ny -> Tildelt ~> "Løst m. mail"'::trace_pattern;
SELECT '^A|B C(D)$'::trace_pattern, '((A))* ((B C)) (D|(E|F))'::trace_pattern, '(A*)* (A?){2}'::trace_pattern;
SELECT '[ B A B ] [^A] [^ A  B ] . [A]'::trace_pattern, $$'it\'s' "a\\b" 'a b' "-" a-b$$::trace_pattern;
SELECT 'A{0,} B{1,} C{0,1} D{1} E{2} F{2,} G{ 2 , 3 }'::trace_pattern;
SELECT '(A ~> B){<2 days} (C){ >= 36 hours }* (D){> 0.50 seconds} (E){<=1 week 1 day 1 minute 1 second}'::trace_pattern;
SELECT trace_pattern_send('(A ~> [B C]){< 2 days} A*'), trace_pattern_send('.');
SELECT 'A->B'::trace_pattern = 'A B'::trace_pattern, 'A'::trace_pattern < 'B'::trace_pattern, trace_pattern_hash('A') = trace_pattern_hash('(A)');

-- Errors, and where
SELECT ''::trace_pattern;
SELECT 'A |'::trace_pattern;
SELECT 'A -> '::trace_pattern;
SELECT '~> A'::trace_pattern;
SELECT 'A - B'::trace_pattern;
SELECT 'Løst m. mail'::trace_pattern;
SELECT 'Løst m &'::trace_pattern;
SELECT '(A B'::trace_pattern;
SELECT 'A B)'::trace_pattern;
SELECT '()'::trace_pattern;
SELECT '*'::trace_pattern;
SELECT 'A**'::trace_pattern;
SELECT 'A{2'::trace_pattern;
SELECT 'A{3,2}'::trace_pattern;
SELECT 'A{0}'::trace_pattern;
SELECT 'A{x}'::trace_pattern;
SELECT 'A{1001}'::trace_pattern;
SELECT '[]'::trace_pattern;
SELECT '[A'::trace_pattern;
SELECT '[^]'::trace_pattern;
SELECT '[A, B]'::trace_pattern;
SELECT '"A'::trace_pattern;
SELECT '"A\'::trace_pattern;
SELECT 'A{< 2 days}'::trace_pattern;
SELECT '(A)*{< 2 days}'::trace_pattern;
SELECT '(A (B){< 1 day}){< 2 days}'::trace_pattern;
SELECT '(A){< }'::trace_pattern;
SELECT '(A){< 2 months}'::trace_pattern;
SELECT '(A){< 2.5 hours}'::trace_pattern;
SELECT '(A){< 99999999 days}'::trace_pattern;
SELECT '(A){< 99999999999999999999 days}'::trace_pattern;
SELECT '(A){= 2 days}'::trace_pattern;
SELECT repeat('A ', 1001)::trace_pattern;
SELECT '(((A{10}){10}){10}){10}'::trace_pattern;
SELECT (repeat('(', 101) || 'A' || repeat(')', 101))::trace_pattern;
SELECT (repeat('(', 99) || 'A' || repeat(')*', 99))::trace_pattern IS NOT NULL;
SELECT ('"' || repeat('x', 4097) || '"')::trace_pattern;

-- Matching: a day between events, a break before the last one
CREATE TEMP TABLE t AS
SELECT '{Ny,Tildelt,"Løst m. mail",Genåbnet,Lukket} 1@2023-03-01T08:00:00Z 2@2023-03-01T09:00:00Z 3@2023-03-02T09:00:00Z
        4@2023-03-03T09:00:00Z 2@2023-03-03T09:00:00Z 3@2023-03-05T09:00:00Z | 5@2023-03-09T09:00:00Z'::trace AS trace;
SELECT pattern, trace ~ pattern::trace_pattern AS matches, trace_match_count(trace, pattern::trace_pattern) AS count
FROM t, (VALUES ('Ny -> Tildelt'), ('Ny Lukket'), ('Ny ~> Lukket'), ('"Løst m. mail" -> Genåbnet'), ('"Løst m. mail" -> Lukket'),
                ('"Løst m. mail" ~> Lukket'), ('^ Ny'), ('^ Tildelt'), ('Lukket $'), ('Genåbnet $'), ('. .'), ('[^Ny]+'), ('Lukket?'),
                ('Tildelt "Løst m. mail"'), ('(Tildelt "Løst m. mail"){<= 1 day}'), ('(Tildelt "Løst m. mail"){> 1 day}'),
                ('(Ny ~> Lukket){< 9 days}'), ('(Ny ~> Lukket){<= 8 days 1 hour}'), ('(Genåbnet Tildelt){< 0 seconds}'),
                ('(Genåbnet Tildelt){<= 0 seconds}'), ('nobody'), ('A*')) v (pattern);
SELECT m.* FROM t, trace_matches(trace, 'Tildelt -> "Løst m. mail"') m;
SELECT m.* FROM t, trace_matches(trace, '"Løst m. mail" ~> Lukket') m;
SELECT match_no, first_event, last_event FROM t, trace_matches(trace, 'Tildelt ~> .') m;
SELECT match_no, first_event, last_event FROM t, trace_matches(trace, 'Tildelt .*') m;
SELECT match_no, first_event, last_event FROM t, trace_matches(trace, 'Tildelt? . | .') m;
SELECT trace ~ NULL, trace_match_count(NULL, 'A') FROM t;
SELECT * FROM trace_matches(NULL, 'A');

-- The index
SELECT trace @> '{Ny,Lukket}', trace @> '{Ny,Lukket,Afvist}', trace @> '{}' FROM t;
SELECT trace @> '{Ny,NULL}' FROM t;
CREATE INDEX ON t USING gin (trace);
SET enable_seqscan = off;
SELECT count(*) FROM t WHERE trace ~ 'Ny -> Tildelt';
SELECT count(*) FROM t WHERE trace ~ '"Løst m. mail" -> Lukket';
SELECT count(*) FROM t WHERE trace ~ '. $';
SELECT count(*) FROM t WHERE trace @> '{Ny,Lukket}';
SELECT count(*) FROM t WHERE trace @> '{Afvist}';
SELECT count(*) FROM t WHERE trace @> '{}';
