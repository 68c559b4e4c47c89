-- The tables of a ticket system, as the demo has them, and the views that a log
-- is read from.
--
-- They go into schema public of a database of the demo's own, and the log into
-- schema support. What the demo did not make under these names is left alone,
-- with an error.

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
	WHERE n.nspname = 'support'
	  AND coalesce(obj_description(n.oid, 'pg_namespace'), '') NOT LIKE 'Demo: %'
	LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION '% is not one of the demo''s', foreign_object
			USING HINT = 'Run the demo in a database of its own.';
	ELSIF to_regnamespace('support') IS NOT NULL THEN
		CALL ticket_mining.drop_log('support');
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

CREATE TABLE public.tickets (
	id         bigint PRIMARY KEY,
	number     text NOT NULL UNIQUE,
	category   text NOT NULL,
	priority   text NOT NULL,
	department text NOT NULL,
	channel    text NOT NULL,
	created_at timestamptz NOT NULL
);
COMMENT ON TABLE public.tickets IS 'Demo: the tickets, one row each';
COMMENT ON COLUMN public.tickets.number IS 'what users and agents call the ticket';
COMMENT ON COLUMN public.tickets.department IS 'of the user who asked for help';
COMMENT ON COLUMN public.tickets.channel IS 'how the ticket came in';

CREATE TABLE public.ticket_history (
	id         bigint PRIMARY KEY,
	ticket_id  bigint NOT NULL REFERENCES public.tickets,
	status     text NOT NULL,
	changed_at timestamptz NOT NULL
);
COMMENT ON TABLE public.ticket_history IS 'Demo: the status changes and notes, in whole seconds';
COMMENT ON COLUMN public.ticket_history.id IS 'in the order of saving: orders rows of the same second';

CREATE TABLE public.ticket_assignments (
	id         bigint PRIMARY KEY,
	ticket_id  bigint NOT NULL REFERENCES public.tickets,
	team       text,
	changed_at timestamptz NOT NULL
);
COMMENT ON TABLE public.ticket_assignments IS 'Demo: which team got a ticket when';
COMMENT ON COLUMN public.ticket_assignments.id IS 'in the order of saving: orders rows of the same second';
COMMENT ON COLUMN public.ticket_assignments.team IS 'NULL: taken from its team and given to nobody';

CREATE TABLE public.ticket_messages (
	id        bigint PRIMARY KEY,
	ticket_id bigint NOT NULL REFERENCES public.tickets,
	direction text NOT NULL CHECK (direction IN ('in', 'out', 'internal', 'auto')),
	sent_at   timestamptz NOT NULL
);
COMMENT ON TABLE public.ticket_messages IS 'Demo: messages between user and agent';
COMMENT ON COLUMN public.ticket_messages.id IS 'in the order of saving: orders rows of the same second';
COMMENT ON COLUMN public.ticket_messages.direction IS
	'in: from the user; out: to the user; internal: among agents; auto: sent by the system';

-- What a log is read from: the names that it expects, and nothing more.
CREATE VIEW public.desk_events AS
SELECT ticket_id AS case_id, status AS activity, changed_at AS at, id AS seq
FROM public.ticket_history;
COMMENT ON VIEW public.desk_events IS 'Demo: ticket_history as events of a log';

CREATE VIEW public.desk_assignments AS
SELECT ticket_id AS case_id, team, changed_at AS at, id AS seq
FROM public.ticket_assignments;
COMMENT ON VIEW public.desk_assignments IS 'Demo: ticket_assignments as assignments of a log';

CREATE VIEW public.desk_messages AS
SELECT ticket_id AS case_id, direction, sent_at AS at, id AS seq
FROM public.ticket_messages;
COMMENT ON VIEW public.desk_messages IS 'Demo: ticket_messages as messages of a log';

CREATE VIEW public.desk_cases AS
SELECT id AS case_id, number AS case_no, category, priority, department, channel,
	   created_at AS registered_at
FROM public.tickets;
COMMENT ON VIEW public.desk_cases IS 'Demo: tickets as cases of a log; registered_at is known also where the history is cut off';
