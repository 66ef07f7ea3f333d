-- See migrations/postgres/2026-11-21-200400_create_refresh_token_rotations/up.sql.
CREATE TABLE refresh_token_rotations (
    token_hash TEXT NOT NULL PRIMARY KEY,
    refresh_token_id BLOB NOT NULL REFERENCES refresh_tokens (id) ON DELETE CASCADE,
    rotated_at INTEGER NOT NULL
);

CREATE INDEX refresh_token_rotations_refresh_token_id_idx
    ON refresh_token_rotations (refresh_token_id);
