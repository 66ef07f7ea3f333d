-- The message queue (transactional outbox): mails and text messages that were not handed over yet.
--
-- A row is written in the transaction that stores the ticket or code it carries, and deleted once the
-- message was handed over. So neither a mail server that is away nor a server that is killed loses
-- it. What the message says, its recipient included, is encrypted with a key that is not in the
-- database: it holds the ticket or code in plain text.
--
-- The references see to it that nothing is sent that is of no use any more: the row goes with its
-- user, with its ticket, and with its code.
--
-- Expand step: an empty table. The previous release neither writes nor reads it.
CREATE TABLE auth.queued_messages (
    user_id uuid NOT NULL
        CONSTRAINT queued_messages_user_id_fkey REFERENCES auth.users (id)
        ON UPDATE CASCADE ON DELETE CASCADE,
    purpose text NOT NULL,
    id uuid NOT NULL CONSTRAINT queued_messages_id_key UNIQUE,
    ticket_hash text
        CONSTRAINT queued_messages_ticket_hash_fkey REFERENCES auth.tickets (token_hash)
        ON UPDATE CASCADE ON DELETE CASCADE,
    code_purpose text,
    template text NOT NULL,
    payload text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    attempts integer NOT NULL,
    is_claimed boolean NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    last_error text,
    CONSTRAINT queued_messages_pkey PRIMARY KEY (user_id, purpose),
    CONSTRAINT queued_messages_code_fkey FOREIGN KEY (user_id, code_purpose)
        REFERENCES auth.one_time_codes (user_id, purpose) ON UPDATE CASCADE ON DELETE CASCADE
);

-- For the message of a ticket that goes.
CREATE INDEX queued_messages_ticket_hash_idx ON auth.queued_messages (ticket_hash);
-- For claiming what is due.
CREATE INDEX queued_messages_next_attempt_at_idx ON auth.queued_messages (next_attempt_at);
-- For removing what has expired, and for operators who look at what has not.
CREATE INDEX queued_messages_expires_at_idx ON auth.queued_messages (expires_at);

COMMENT ON TABLE auth.queued_messages
    IS 'Mails and text messages that wait to be handed over, one of each user and purpose at most';
COMMENT ON COLUMN auth.queued_messages.payload
    IS 'The message with its recipient and ticket or code; encrypted with a key that is not in the database';
COMMENT ON COLUMN auth.queued_messages.is_claimed
    IS 'Whether an attempt goes on; it was cut short if next_attempt_at is over';
COMMENT ON COLUMN auth.queued_messages.last_error
    IS 'Why the last attempt failed; holds no secret';
