-- See migrations/postgres/2026-11-21-200500_create_tickets/up.sql.
CREATE TABLE tickets (
    token_hash TEXT NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    code_challenge TEXT
);

CREATE INDEX tickets_user_id_purpose_idx ON tickets (user_id, purpose);
