-- See migrations/postgres/2026-11-21-233000_create_second_factors/up.sql.
CREATE TABLE totp_used_steps (
    user_id BLOB NOT NULL REFERENCES users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    last_step INTEGER NOT NULL,
    PRIMARY KEY (user_id, purpose)
) WITHOUT ROWID;

CREATE TABLE totp_waiting_secrets (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    secret TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE recovery_codes (
    user_id BLOB NOT NULL REFERENCES users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    PRIMARY KEY (user_id, code_hash)
) WITHOUT ROWID;

ALTER TABLE wrong_codes ADD COLUMN kind TEXT NOT NULL DEFAULT 'mailed-code';
