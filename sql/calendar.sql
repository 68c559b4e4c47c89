SET search_path = ticket_mining;
SET TimeZone = 'Europe/Copenhagen';
SET DateStyle = 'ISO';
SET IntervalStyle = 'postgres';

-- text form
SELECT 'Europe/Copenhagen; Mo-Th 08:00-15:30; Fr 08:00-14:00; PH(DK) off; 2023 Dec 24 off; 2023 Dec 31 08:00-12:00'::business_calendar;
SELECT ' europe/copenhagen ;  Sa-Mo,We 08:00-12:00 , 22:00-06:00 ; 24/7;Dec 4 00:00-24:00; 2023 Jul 3-2023 Jul 16 off'::business_calendar;
SELECT business_calendar_add_holidays('UTC; 24/7', '{2023-12-27,2023-01-01,2023-12-27}');

-- malformed literals
SELECT ''::business_calendar;
SELECT 'Europe/Copenhagen'::business_calendar;
SELECT 'Europe/Copenhagen;'::business_calendar;
SELECT 'Europe/Nowhere; 24/7'::business_calendar;
SELECT 'UTC+1; 24/7'::business_calendar;
SELECT 'localtime; 24/7'::business_calendar;
SELECT 'UTC; 24/7;'::business_calendar;
SELECT 'UTC; 24/7 24/7'::business_calendar;
SELECT 'UTC; Mo'::business_calendar;
SELECT 'UTC; Mo open'::business_calendar;
SELECT 'UTC; Xx 08:00-16:00'::business_calendar;
SELECT 'UTC; Mo-Xx 08:00-16:00'::business_calendar;
SELECT 'UTC; Mo 25:00-26:00'::business_calendar;
SELECT 'UTC; Mo 24:01-25:00'::business_calendar;
SELECT 'UTC; Mo 08:60-16:00'::business_calendar;
SELECT 'UTC; Mo 8:00-16:00'::business_calendar;
SELECT 'UTC; Mo 08:00-08:00'::business_calendar;
SELECT 'UTC; Mo 08:00-12:00,11:00-13:00'::business_calendar;
SELECT 'UTC; PH(SE) off'::business_calendar;
SELECT 'UTC; PH off'::business_calendar;
SELECT 'UTC; 2023 Feb 29 off'::business_calendar;
SELECT 'UTC; 1899 Dec 31 off'::business_calendar;
SELECT 'UTC; 2023 Feb 02-2023 Feb 01 off'::business_calendar;
SELECT 'UTC; Feb 30 off'::business_calendar;
SELECT 'UTC; Foo 30 off'::business_calendar;
SELECT business_calendar_add_holidays('UTC; 24/7', '{2023-12-27,NULL}');
SELECT business_calendar_add_holidays('UTC; 24/7', '{infinity}');
SELECT business_calendar_add_holidays('UTC; 24/7', array_agg(date '2000-01-01' + i)) FROM generate_series(1, 5000) i;

-- business time
\set office '''Europe/Copenhagen; Mo-Th 08:00-15:30; Fr 08:00-14:00; PH(DK) off; 2023 Dec 24 off; 2023 Dec 31 08:00-12:00'''
SELECT business_duration(:office, '2023-03-20', '2023-03-27'), business_duration(:office, '2023-03-27', '2023-03-20');
SELECT business_duration(:office, '2023-03-20 07:59:59.999999', '2023-03-20 08:00:00.000001'), business_duration(:office, '2023-03-20 15:29:59.999999', '2023-03-20 15:30:00.000001');
SELECT business_duration(:office, '1990-01-02', '2100-12-31');

-- nights of daylight saving: a clock that shows an hour twice, and one that leaves it out
SELECT business_duration('Europe/Copenhagen; 24/7', '2023-03-26', '2023-03-27'), business_duration('Europe/Copenhagen; 24/7', '2023-10-29', '2023-10-30');
SELECT business_duration('Europe/Copenhagen; Mo-Su 08:00-16:00', '2023-03-26', '2023-03-27'), business_duration('Europe/Copenhagen; Mo-Su 08:00-16:00', '2023-10-29', '2023-10-30');
SELECT * FROM business_shifts('Europe/Copenhagen; Su 02:30-03:30', '2023-10-29', '2023-10-30');
SELECT * FROM business_shifts('Europe/Copenhagen; Su 02:30-03:30', '2023-03-26', '2023-03-27');
SELECT * FROM business_shifts('Europe/Copenhagen; Sa 22:00-06:00', '2023-03-25', '2023-03-27');

-- exceptions and holidays; the last rule that matches counts
SELECT * FROM business_shifts(:office, '2023-12-21', '2024-01-03');
SELECT business_duration('Europe/Copenhagen; 24/7; PH(DK) off', '2023-05-05', '2023-05-06') AS prayer_day_2023, business_duration('Europe/Copenhagen; 24/7; PH(DK) off', '2024-04-26', '2024-04-27') AS fourth_friday_2024;
SELECT business_duration('Europe/Copenhagen; PH(DK) off; 24/7', '2023-05-05', '2023-05-06') AS overruled;
SELECT * FROM business_shifts('Europe/Copenhagen; 24/7', '2021-12-22', '2024-01-03');

-- due dates
SELECT business_add(:office, '2023-12-22 13:00', '1:00'), business_add(:office, '2023-12-22 13:00', '1:00:00.000001'),
	business_add(:office, '2023-12-27 08:00', '-1 microsecond'), business_add(:office, '2023-12-24 12:00', '0');
SELECT business_add(:office, '2023-12-22 13:00', '1 day');
SELECT business_add('UTC; Mo off', '2023-12-22 13:00', '1:00');
SELECT business_add('UTC; 2023 Dec 22 08:00-16:00', '2023-12-22 13:00', '5:00');
SELECT business_is_open(:office, '2023-03-20 08:00'), business_is_open(:office, '2023-03-20 15:30'), business_is_open(:office, '2023-04-06 10:00');

-- out of range
SELECT business_duration(:office, '1989-12-31', '2023-01-01');
SELECT business_duration('UTC; 24/7', '1899-12-31', '2023-01-01');
SELECT business_duration('UTC; 24/7', '2023-01-01', 'infinity');

-- comparison and binary form
SELECT 'UTC; 24/7'::business_calendar = ' utc;24/7' AS eq, 'UTC; 24/7'::business_calendar < 'UTC; Mo off' AS lt;
SELECT encode(business_calendar_send('UTC; 24/7'), 'escape');

-- graphs in business time
SELECT dfg_agg(t, :office) AS g FROM (VALUES ('{A,B} 1@2023-03-24T12:00:00Z 2@2023-03-27T07:00:00Z'::trace), ('{A,B} 1@2023-03-27T07:00:00Z 2@2023-03-28T07:00:00Z')) v (t) \gset
SELECT :'g'::dfg;
SELECT dfg_calendar(:'g'), total_seconds, min, max, mean, stddev, median FROM dfg_edges(:'g');
SELECT :'g'::dfg::jsonb -> 'calendar', dfg_calendar('1 {A} 1(1,1,1,1,1)');
SELECT (:'g'::dfg + :'g') = '"Europe/Copenhagen; Mo-Th 08:00-15:30; Fr 08:00-14:00; PH(DK) off; 2023 Dec 24 off; 2023 Dec 31 08:00-12:00" 4 {A,B} 1(4,4,1,4,0) 2(4,4,1,0,4) 1-2(4,4,1:7200000000+0+19800000000+0)' AS merged;
SELECT :'g'::dfg + '1 {A} 1(1,1,1,1,1)';
SELECT dfg_agg(t, c::business_calendar) FROM (VALUES ('{A} 1@2023-03-24T12:00:00Z'::trace, 'UTC; 24/7'), ('{A} 1@2023-03-24T12:00:00Z', 'UTC; Mo off')) v (t, c);
SELECT dfg_agg('{A} 1@2023-03-24T12:00:00Z'::trace, NULL);
SELECT '"UTC; 24/7" 1 {A} 1(1,1,1,1,1)'::dfg, dfg_calendar('"UTC; 24/7" 1 {A} 1(1,1,1,1,1)');
SELECT '"utc; 24/7" 1 {A} 1(1,1,1,1,1)'::dfg;
SELECT '"Nowhere; 24/7" 1 {A} 1(1,1,1,1,1)'::dfg;
