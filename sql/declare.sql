-- trace: the constraints of Declare
SET search_path = ticket_mining, public;

CREATE TEMP TABLE t AS
SELECT '{Ny,Løst,Genåbnet} 1@2023-03-01T08:00:00Z 2@2023-03-01T09:00:00Z 3@2023-03-02T09:00:00Z 2@2023-03-03T09:00:00Z | 3@2023-03-04T09:00:00Z'::trace AS trace;

SELECT trace_existence(trace, 'Løst'), trace_existence(trace, 'Løst', 3), trace_existence_violations(trace, 'Løst', 5) FROM t;
SELECT trace_absence(trace, 'Løst'), trace_absence(trace, 'Løst', 3), trace_absence_violations(trace, 'Løst', 1) FROM t;
SELECT trace_response(trace, 'Ny', 'Løst'), trace_response(trace, 'Genåbnet', 'Løst'), trace_response_violations(trace, 'Genåbnet', 'Løst') FROM t;
SELECT trace_precedence(trace, 'Ny', 'Løst'), trace_precedence(trace, 'Genåbnet', 'Løst'), trace_precedence_violations(trace, 'Genåbnet', 'Løst') FROM t;
SELECT trace_succession(trace, 'Ny', 'Løst'), trace_succession(trace, 'Genåbnet', 'Løst'), trace_succession_violations(trace, 'Genåbnet', 'Løst') FROM t;
SELECT trace_chain_response(trace, 'Ny', 'Løst'), trace_chain_response(trace, 'Løst', 'Genåbnet'), trace_chain_response_violations(trace, 'Løst', 'Genåbnet') FROM t;
SELECT trace_response(trace, 'Løst', 'Løst'), trace_response_violations(trace, 'Afvist', 'Løst'), trace_response(trace, 'Ny', NULL) FROM t;
SELECT trace_absence(trace, 'Løst', 0) FROM t;
SELECT trace_existence_violations(trace, 'Løst', -1) FROM t;
