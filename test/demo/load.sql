-- Loads the CSV files of the working directory, from the client's side.

\copy public.tickets FROM 'tickets.csv' WITH (FORMAT csv, HEADER, ENCODING 'UTF8')
\copy public.ticket_history FROM 'ticket_history.csv' WITH (FORMAT csv, HEADER, ENCODING 'UTF8')
\copy public.ticket_assignments FROM 'ticket_assignments.csv' WITH (FORMAT csv, HEADER, ENCODING 'UTF8')
\copy public.ticket_messages FROM 'ticket_messages.csv' WITH (FORMAT csv, HEADER, ENCODING 'UTF8')

ANALYZE public.tickets, public.ticket_history, public.ticket_assignments,
	public.ticket_messages;
