-- Tickets of mails and of sign-ins with a second factor.
--
-- Hasura Auth keeps the one ticket a user may have in plain text in `auth.users`: who can read the
-- table can sign in as anybody, and a second mail makes the link in the first one worthless. Here
-- only hashes are kept, and a user may have several. What Hasura Auth left in its column is still
-- redeemed; nothing is copied, so that it could itself take the database back.
--
-- A user's expired rows are removed when they are given another ticket.
CREATE TABLE auth.tickets (
    token_hash text NOT NULL CONSTRAINT tickets_pkey PRIMARY KEY,
    user_id uuid NOT NULL
        CONSTRAINT tickets_user_id_fkey REFERENCES auth.users (id)
        ON UPDATE CASCADE ON DELETE CASCADE,
    purpose text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    code_challenge text
);

-- For redeeming a ticket, which ends all others of its user and purpose.
CREATE INDEX tickets_user_id_purpose_idx ON auth.tickets (user_id, purpose);

COMMENT ON TABLE auth.tickets
    IS 'Tickets that were sent or handed out and not used yet; only hashes, because each is worth an account';
COMMENT ON COLUMN auth.tickets.code_challenge
    IS 'What the client that asked for the ticket has to prove (RFC 7636); NULL for clients that announced nothing';
