-- Values of SQL Server as tds_fdw brings them

SET search_path = ticket_mining;
SET DateStyle = 'ISO';

SELECT t, tds_timestamp(t) FROM unnest(ARRAY[
	'Mar 26 2023  2:30:15:1234560AM', 'Mar 26 2023 12:00:00:000AM', 'Mar 26 2023 12:00:00:000PM', 'Mar 26 2023 11:59:59:997PM',
	'Jan  1 1900  2:30:15:0000000AM', 'Feb 29 2024  1:05:00:000PM', 'Jan  1 0001 12:00:00:0000000AM', 'Dec 31 9999 11:59:59:9999990PM',
	'Mar 26 2023  2:30:15:1234564AM', 'Mar 26 2023  2:30:15:1234565AM', 'Dec 31 2023 11:59:59:9999999PM', 'Oct 29 2023  2:30:15:123456789AM', 'Dec  9 2023  9:09:09:9AM', 'Oct 29 2023 12:00:00:AM', 'Jan  1 1 12:00:00:AM',
	'2023-03-26 02:30:15', '2023-03-26 02:30:15.1234565', '2023-03-26T23:59:59.9999999', '2023-03-26 02:30:15.997+00', '2023-03-26', '0001-01-01 00:00:00',
	'Dec 31 9999 11:59:59:9999999PM', '9999-12-31 23:59:59.9999999', '9999-12-31T23:59:59.9999995+00', '9999-12-31 23:59:59.9999994', '0001-12-31 23:59:59.9999999',
	'Dec 30 9999 11:59:59:9999999PM', '2023-02-28 23:59:59.9999999', 'Nov 30 2023 11:59:59:9999999PM', '9999-12-31 22:59:59.9999999'
]) t;
SELECT tds_timestamp(NULL), tds_timestamp(NULL, 'a', 1), tds_text(NULL, 'a', 1);

SELECT tds_timestamp('');
SELECT tds_timestamp('2023-02-29 02:30:15');
SELECT tds_timestamp('2023-03-26 24:00:00');
SELECT tds_timestamp('2023-03-26 02:30:15+02');
SELECT tds_timestamp('2023-03-26 02:30');
SELECT tds_timestamp('26-03-2023 02:30:00');
SELECT tds_timestamp('2023-13-26');
SELECT tds_timestamp('mar 26 2023  2:30:15:123AM');
SELECT tds_timestamp('Mar 26 2023  2:30:15:123');
SELECT tds_timestamp('Mar 26 2023  2:30:15:123am');
SELECT tds_timestamp('Mar 26 2023  2:30:15.123AM');
SELECT tds_timestamp('Mar 26 2023  2:30:15:1234567890AM');
SELECT tds_timestamp('Mar 26 2023  0:30:15:123AM');
SELECT tds_timestamp('Mar 26 2023 13:30:15:123AM');
SELECT tds_timestamp('Mar 26 2023  2:60:15:123AM');
SELECT tds_timestamp('Mar 26 2023  2:30:60:123AM');
SELECT tds_timestamp('Feb 29 2023  2:30:15:123AM');
SELECT tds_timestamp('Mar  0 2023  2:30:15:123AM');
SELECT tds_timestamp('Mar 32 2023  2:30:15:123AM');
SELECT tds_timestamp('Mar 26 0  2:30:15:123AM');
SELECT tds_timestamp('Mar 26 10000  2:30:15:123AM');
SELECT tds_timestamp('Mar 26 2023  2:30:15:123AM ');
SELECT tds_timestamp('Mar 26 2023  2:30:15:123AM', NULL, NULL::text);
SELECT tds_timestamp('never', 'EntityChangeLog.ChangedDate', 4711);
SELECT tds_timestamp('never', NULL, NULL::text);
SELECT tds_timestamp(repeat('x', 1000));
SELECT tds_timestamp('x' || repeat('ø', 1000));

SELECT tds_text('Løst m. mail  ', 'c', '1'::text) || '|', tds_text('', 'c', '1'::text) = '', length(tds_text(repeat('ø', 100000), 'c', '1'::text));
