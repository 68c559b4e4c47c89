SET search_path = ticket_mining;
SET extra_float_digits = -15; -- no setting may show in what follows

-- text form
SELECT '2 {Løst,Ny} 1(3,2,2,0,2) 2(2,2,1,2,0) 1-1(1,1,1:5) 2-1(2,2,1:60000000+3540000000)'::dfg;
SELECT ' 1 { "a b" }  1(1,1,1,1,1) '::dfg;

-- malformed literals
SELECT ''::dfg;
SELECT '0 {A} 1(1,1,1,1,1)'::dfg;
SELECT '1 {} '::dfg;
SELECT '1 {A}'::dfg;
SELECT '1 {B,A} 1(1,1,1,1,1) 2(1,1,1,0,0)'::dfg;
SELECT '1 {A} 2(1,1,1,1,1)'::dfg;
SELECT '1 {A} 1(1,1,1,1)'::dfg;
SELECT '1 {A} 1(1,2,1,1,1)'::dfg;
SELECT '2 {A} 1(4,2,1,1,1)'::dfg;
SELECT '1 {A} 1(2,1,1,1,1) 1-1(1,1,1:5)'::dfg;
SELECT '1 {A} 1(2,1,2,1,1) 1-2(1,1,1:5)'::dfg;
SELECT '1 {A} 1(2,1,2,1,1) 0-1(1,1,1:5)'::dfg;
SELECT '1 {A} 1(2,1,2,1,1) 1-1(2,1,2:5+1)'::dfg;
SELECT '1 {A} 1(2,1,2,1,1) 1-1(1,1,1:)'::dfg;
SELECT '1 {A} 1(2,1,2,1,1) 1-1(1,1,1:5+6)'::dfg;
SELECT '1 {A} 1(2,1,2,1,1) 1-1(1,1,1:99999999999999999999)'::dfg;
SELECT '1 {A} 1(2,1,2,1,1) 1-1(1,1,1:18446744073709551615)'::dfg;
SELECT '1 {A} 1(2,1,2,1,1) 1-1(1,1,1:5) x'::dfg;
SELECT '9223372036854775807 {A} 1(9223372036854775808,1,1,1,1)'::dfg;

-- a sketch, and sums that no durations can have
SELECT '1 {A} 1(1002,1,1002,1,1) 1-1(1001,1,1001:1001,1001,1,1~1*1001)'::dfg;
SELECT '1 {A} 1(1002,1,1002,1,1) 1-1(1001,1,1001:1000,1001,1,1~1*1001)'::dfg;
SELECT '1 {A} 1(1002,1,1002,1,1) 1-1(1001,1,1001:1001,1000,1,1~1*1001)'::dfg;
SELECT '1 {A} 1(1002,1,1002,1,1) 1-1(1001,1,1001:1001,1001,1,1~2*1001)'::dfg;
SELECT '1 {A} 1(1002,1,1002,1,1) 1-1(1001,1,1001:1001,1001,1,1~1*1000)'::dfg;

-- counters near their end
SELECT a + a FROM (SELECT '4611686018427387903 {A} 1(4611686018427387903,4611686018427387903,1,0,0)'::dfg AS a) s;
SELECT a + a + a FROM (SELECT '4611686018427387903 {A} 1(4611686018427387903,4611686018427387903,1,0,0)'::dfg AS a) s;

-- a billion durations of ten years
SELECT source, frequency, total_seconds, min, max, mean, stddev, median, p95
FROM dfg_edges('1000000001 {A} 1(2000000002,1000000001,2,0,0) 1-1(1000000001,1000000001,1:315360000000000000000000,99451929600000000000000000000000000000,0,315360000000000~0*1~2759*1000000000)'::dfg);

-- comparison
SELECT a = a AS eq, a <> b AS ne, a < b AS lt, dfg_cmp(a, b) < 0 AS cmp, dfg_hash(a) = dfg_hash(a) AS hash
FROM (SELECT '1 {A} 1(1,1,1,1,1)'::dfg AS a, '1 {B} 1(1,1,1,1,1)'::dfg AS b) s;
SELECT count(*) FROM (SELECT g FROM (VALUES ('1 {A} 1(1,1,1,1,1)'::dfg), ('1 {A} 1(1,1,1,1,1)'), ('1 {B} 1(1,1,1,1,1)')) v (g) GROUP BY g) s;

-- binary form
SELECT encode(dfg_send('2 {Løst,Ny} 1(3,2,2,0,2) 2(2,2,1,2,0) 1-1(1,1,1:5) 2-1(2,2,1:60000000+3540000000)'), 'hex');

-- jsonb
SELECT jsonb_pretty('2 {Løst,Ny} 1(3,2,2,0,2) 2(2,2,1,2,0) 1-1(1,1,1:5) 2-1(2,2,1:60000000+3540000000)'::dfg::jsonb);
