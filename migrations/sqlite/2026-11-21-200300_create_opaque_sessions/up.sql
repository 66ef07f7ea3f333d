-- See migrations/postgres/2026-11-21-200300_create_opaque_sessions/up.sql.
CREATE TABLE opaque_sessions (
    token_hash TEXT NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);

CREATE INDEX opaque_sessions_user_id_idx ON opaque_sessions (user_id);
