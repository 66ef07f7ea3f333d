-- See migrations/postgres/2026-11-28-040000_create_queued_messages/up.sql.
CREATE TABLE queued_messages (
    user_id BLOB NOT NULL REFERENCES users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    id BLOB NOT NULL UNIQUE,
    ticket_hash TEXT REFERENCES tickets (token_hash) ON UPDATE CASCADE ON DELETE CASCADE,
    code_purpose TEXT,
    template TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    is_claimed BOOLEAN NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    last_error TEXT,
    PRIMARY KEY (user_id, purpose),
    FOREIGN KEY (user_id, code_purpose) REFERENCES one_time_codes (user_id, purpose)
        ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX queued_messages_ticket_hash_idx ON queued_messages (ticket_hash);
CREATE INDEX queued_messages_next_attempt_at_idx ON queued_messages (next_attempt_at);
CREATE INDEX queued_messages_expires_at_idx ON queued_messages (expires_at);
