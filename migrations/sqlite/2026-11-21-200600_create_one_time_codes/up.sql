-- See migrations/postgres/2026-11-21-200600_create_one_time_codes/up.sql.
CREATE TABLE one_time_codes (
    user_id BLOB NOT NULL REFERENCES users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, purpose)
) WITHOUT ROWID;

CREATE TABLE wrong_codes (
    id INTEGER PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    guessed_at INTEGER NOT NULL
);

CREATE INDEX wrong_codes_user_id_guessed_at_idx ON wrong_codes (user_id, guessed_at);
