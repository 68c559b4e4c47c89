-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION ticket_mining" to load this file. \quit

-- What must hold before anything is made: labels are compared as UTF-8 bytes,
-- and a schema that somebody else owns could be changed under our functions
-- (a superuser may do so anyway, and owns it in a restored database).
DO $$
BEGIN
	IF pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.<>) 'UTF8' THEN
		RAISE EXCEPTION USING
			ERRCODE = 'feature_not_supported',
			MESSAGE = pg_catalog.format('ticket_mining needs a database in UTF8, not %s',
				pg_catalog.getdatabaseencoding()),
			HINT = 'Create a database with ENCODING ''UTF8'' TEMPLATE template0.';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r
		ON r.oid OPERATOR(pg_catalog.=) n.nspowner
				   WHERE n.nspname OPERATOR(pg_catalog.=) 'ticket_mining'
				   AND (r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) current_user)) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'insufficient_privilege',
			MESSAGE = 'schema "ticket_mining" exists and belongs to another role',
			HINT = 'Rename or drop that schema, or have its owner create the extension.';
	END IF;
	IF EXISTS (SELECT FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) a
			   WHERE n.nspname OPERATOR(pg_catalog.=) 'ticket_mining'
			   AND a.privilege_type OPERATOR(pg_catalog.=) 'CREATE'
			   AND a.grantee OPERATOR(pg_catalog.<>) n.nspowner) THEN
		RAISE EXCEPTION USING
			ERRCODE = 'insufficient_privilege',
			MESSAGE = 'others than its owner may create in schema "ticket_mining"',
			HINT = 'REVOKE CREATE ON SCHEMA ticket_mining: names of the extension must be its own.';
	END IF;
END $$;

GRANT USAGE ON SCHEMA ticket_mining TO PUBLIC;

