-- The tables of a ticket system, as the demo has them where it reads no SQL Server,
-- and the views that a log is read from.

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
