-- Loads the CSV files of the working directory, from the client's side.

\copy public.tickets FROM 'tickets.csv' WITH (FORMAT csv, HEADER, ENCODING 'UTF8')
\copy public.ticket_history FROM 'ticket_history.csv' WITH (FORMAT csv, HEADER, ENCODING 'UTF8')
\copy public.ticket_assignments FROM 'ticket_assignments.csv' WITH (FORMAT csv, HEADER, ENCODING 'UTF8')
\copy public.ticket_messages FROM 'ticket_messages.csv' WITH (FORMAT csv, HEADER, ENCODING 'UTF8')

CREATE INDEX ON public.ticket_history (ticket_id);
CREATE INDEX ON public.ticket_assignments (ticket_id);
CREATE INDEX ON public.ticket_messages (ticket_id);

-- The whole history of a ticket as one value
CREATE TABLE public.ticket_traces AS
SELECT ticket_id, ticket_mining.trace_agg(status, changed_at, id) AS trace
FROM public.ticket_history
GROUP BY ticket_id;

ALTER TABLE public.ticket_traces ADD PRIMARY KEY (ticket_id);
COMMENT ON TABLE public.ticket_traces IS 'Demo: the status history of each ticket as one trace';

ANALYZE public.tickets, public.ticket_history, public.ticket_assignments,
	public.ticket_messages, public.ticket_traces;
