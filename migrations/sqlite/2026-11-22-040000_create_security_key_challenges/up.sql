-- See migrations/postgres/2026-11-22-040000_create_security_key_challenges/up.sql.
CREATE TABLE security_key_challenges (
    challenge_hash TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    user_id BLOB CHECK (length(user_id) = 16),
    sign_up TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX security_key_challenges_expires_at_idx ON security_key_challenges (expires_at);

CREATE INDEX security_key_challenges_user_id_idx
    ON security_key_challenges (user_id) WHERE user_id IS NOT NULL;

CREATE INDEX user_security_keys_user_id_idx ON user_security_keys (user_id);
