-- See migrations/postgres/2026-11-21-200700_create_exchange_codes/up.sql.
CREATE TABLE exchange_codes (
    code_hash TEXT NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    code_challenge TEXT NOT NULL,
    expires_at INTEGER NOT NULL
);

CREATE INDEX exchange_codes_user_id_idx ON exchange_codes (user_id);
