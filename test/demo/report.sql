-- The log as a page for the browser, all in one file

\ir session.sql
\pset tuples_only on
\pset format unaligned
SELECT ticket_mining.report_html('support');
