DROP TABLE auth.tickets;
