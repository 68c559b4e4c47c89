-- Makes room for the demo: drops what it made before, and makes the extension.
--
-- Its tickets go into schema public of a database of the demo's own, the source
-- into schema nsp, the log into schema support. What the demo did not make under
-- these names is left alone, with an error. Extension tds_fdw, once made, stays.

DO $$
DECLARE
	foreign_object text;
BEGIN
	SELECT 'relation ' || c.oid::regclass INTO foreign_object
	FROM pg_catalog.pg_class c
	WHERE c.relnamespace = 'public'::regnamespace
	  AND c.relname IN ('tickets', 'ticket_history', 'ticket_assignments', 'ticket_messages',
						'desk_events', 'desk_assignments', 'desk_messages', 'desk_cases')
	  AND coalesce(obj_description(c.oid, 'pg_class'), '') NOT LIKE 'Demo: %'
	UNION ALL
	SELECT 'schema ' || n.nspname
	FROM pg_catalog.pg_namespace n
	WHERE n.nspname IN ('nsp', 'support')
	  AND coalesce(obj_description(n.oid, 'pg_namespace'), '') NOT LIKE 'Demo: %'
	UNION ALL
	SELECT 'foreign server ' || s.srvname
	FROM pg_catalog.pg_foreign_server s
	WHERE s.srvname = 'nsp_server'
	  AND coalesce(obj_description(s.oid, 'pg_foreign_server'), '') NOT LIKE 'Demo: %'
	LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION '% is not one of the demo''s', foreign_object
			USING HINT = 'Run the demo in a database of its own.';
	END IF;
	IF to_regnamespace('support') IS NOT NULL THEN
		CALL ticket_mining.drop_log('support');
	END IF;
	IF to_regnamespace('nsp') IS NOT NULL THEN
		CALL ticket_mining.drop_source('nsp');
	END IF;
	IF EXISTS (SELECT FROM pg_catalog.pg_foreign_server WHERE srvname = 'nsp_server') THEN
		DROP USER MAPPING IF EXISTS FOR CURRENT_USER SERVER nsp_server;
		DROP SERVER nsp_server;
	END IF;
END
$$;

DROP VIEW IF EXISTS public.desk_events, public.desk_assignments,
	public.desk_messages, public.desk_cases;
DROP TABLE IF EXISTS public.ticket_messages, public.ticket_assignments,
	public.ticket_history, public.tickets;

-- A new build of the same version may have new functions: create the
-- extension anew, unless objects that the user made depend on it.
DO $$
BEGIN
	DROP EXTENSION IF EXISTS ticket_mining;
EXCEPTION WHEN dependent_objects_still_exist THEN
	RAISE WARNING 'extension "ticket_mining" stays as it is: other objects of this database depend on it';
	ALTER EXTENSION ticket_mining UPDATE;
END
$$;
CREATE EXTENSION IF NOT EXISTS ticket_mining;
