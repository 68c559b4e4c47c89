-- The test server as a foreign server. Ends in an error where PostgreSQL has no
-- tds_fdw, or does not reach the server; then the transaction leaves nothing.

\ir session.sql
\set ready `cat ready`
SELECT * FROM jsonb_to_record(:'ready') r (port text, database text, "user" text, password text) \gset nsp_

CREATE EXTENSION IF NOT EXISTS tds_fdw;
CREATE SERVER nsp_server FOREIGN DATA WRAPPER tds_fdw
	OPTIONS (servername '127.0.0.1', port :'nsp_port', database :'nsp_database',
			 character_set 'UTF-8', msg_handler 'notice', row_estimate_method 'showplan_all');
COMMENT ON SERVER nsp_server IS 'Demo: the test server, which the demo starts and stops';
CREATE USER MAPPING FOR CURRENT_USER SERVER nsp_server
	OPTIONS (username :'nsp_user', password :'nsp_password');

-- Whether it answers
CREATE SCHEMA nsp;
IMPORT FOREIGN SCHEMA dbo LIMIT TO ("SysPriority") FROM SERVER nsp_server INTO nsp;
DROP SCHEMA nsp CASCADE;

\set port :nsp_port ')'
\echo 'SQL Server (the project''s test server, port' :port
\echo '→ foreign server nsp_server'
