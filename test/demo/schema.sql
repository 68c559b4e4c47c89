-- The tables of a ticket system, as the demo has them.
--
-- They go into schema public of a database of the demo's own. Tables of these
-- names that the demo did not make are left alone, with an error.

DO $$
DECLARE
	foreign_table regclass;
BEGIN
	SELECT c.oid::regclass INTO foreign_table
	FROM pg_catalog.pg_class c
	WHERE c.relnamespace = 'public'::regnamespace
	  AND c.relname IN ('tickets', 'ticket_history', 'ticket_assignments',
						'ticket_messages', 'ticket_traces')
	  AND coalesce(obj_description(c.oid, 'pg_class'), '') NOT LIKE 'Demo: %'
	LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'table % is not one of the demo''s', foreign_table
			USING HINT = 'Run the demo in a database of its own.';
	END IF;
END
$$;

DROP TABLE IF EXISTS public.ticket_traces, public.ticket_messages,
	public.ticket_assignments, public.ticket_history, public.tickets;

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
