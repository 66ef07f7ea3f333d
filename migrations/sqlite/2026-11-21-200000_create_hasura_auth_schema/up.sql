-- The tables of migrations/postgres/2026-11-21-200000_create_hasura_auth_schema/up.sql.
--
-- SQLite has no schemas, so names are bare. A uuid is a blob of 16 bytes, a moment the number of
-- microseconds since the Unix epoch, and JSON is text. What only Hasura Auth itself would read is
-- left out: its bookkeeping, and columns that no server writes any more.

CREATE TABLE roles (
    role TEXT NOT NULL PRIMARY KEY
);

CREATE TABLE users (
    -- SQLite gives out numbers that never come back only for a table's own AUTOINCREMENT key,
    -- which cannot be added later; the next migration puts it to use.
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL CHECK (length(id) = 16),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    last_seen INTEGER,
    disabled BOOLEAN NOT NULL DEFAULT FALSE,
    display_name TEXT NOT NULL DEFAULT '',
    avatar_url TEXT NOT NULL DEFAULT '',
    locale TEXT NOT NULL,
    -- NOCASE folds ASCII letters, and an address has no others.
    email TEXT COLLATE NOCASE UNIQUE,
    phone_number TEXT UNIQUE,
    password_hash TEXT,
    email_verified BOOLEAN NOT NULL DEFAULT FALSE,
    phone_number_verified BOOLEAN NOT NULL DEFAULT FALSE,
    new_email TEXT COLLATE NOCASE,
    otp_method_last_used TEXT,
    otp_hash TEXT,
    otp_hash_expires_at INTEGER,
    default_role TEXT NOT NULL DEFAULT 'user'
        REFERENCES roles (role) ON UPDATE CASCADE ON DELETE RESTRICT,
    is_anonymous BOOLEAN NOT NULL DEFAULT FALSE,
    totp_secret TEXT,
    active_mfa_type TEXT CHECK (active_mfa_type IN ('totp', 'sms')),
    ticket TEXT,
    ticket_expires_at INTEGER,
    metadata TEXT,
    -- Last, so that SQLite checks it first, as PostgreSQL does with a primary key: when several
    -- values are taken, both then name the same one.
    CONSTRAINT users_id_key UNIQUE (id)
);

-- As on PostgreSQL. It does not set itself off: `recursive_triggers` is off by default.
CREATE TRIGGER set_users_updated_at AFTER UPDATE ON users FOR EACH ROW
BEGIN
    UPDATE users SET updated_at = CAST(unixepoch('subsec') * 1000000 AS INTEGER)
    WHERE id = NEW.id;
END;

CREATE TABLE user_roles (
    created_at INTEGER NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    role TEXT NOT NULL REFERENCES roles (role) ON UPDATE CASCADE ON DELETE RESTRICT,
    PRIMARY KEY (user_id, role)
) WITHOUT ROWID;

CREATE TABLE providers (
    id TEXT NOT NULL PRIMARY KEY
);

CREATE TABLE user_providers (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    access_token TEXT NOT NULL,
    refresh_token TEXT,
    provider_id TEXT NOT NULL REFERENCES providers (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    provider_user_id TEXT NOT NULL,
    UNIQUE (provider_id, provider_user_id)
);

CREATE TRIGGER set_user_providers_updated_at AFTER UPDATE ON user_providers FOR EACH ROW
BEGIN
    UPDATE user_providers SET updated_at = CAST(unixepoch('subsec') * 1000000 AS INTEGER)
    WHERE id = NEW.id;
END;

CREATE TABLE refresh_token_types (
    value TEXT NOT NULL PRIMARY KEY,
    comment TEXT
);

CREATE TABLE refresh_tokens (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    metadata TEXT,
    type TEXT NOT NULL DEFAULT 'regular'
        REFERENCES refresh_token_types (value) ON UPDATE RESTRICT ON DELETE RESTRICT,
    refresh_token_hash TEXT
);

CREATE INDEX refresh_tokens_refresh_token_hash_expires_at_user_id_idx
    ON refresh_tokens (refresh_token_hash, expires_at, user_id);

-- PostgreSQL gets by without it: Hasura Auth's schema has none, and adding one is not ours.
CREATE INDEX refresh_tokens_user_id_idx ON refresh_tokens (user_id);

CREATE TABLE user_security_keys (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    credential_id TEXT NOT NULL UNIQUE,
    credential_public_key BLOB,
    counter INTEGER NOT NULL DEFAULT 0,
    transports TEXT NOT NULL DEFAULT '',
    nickname TEXT
);

INSERT INTO roles (role) VALUES ('user'), ('anonymous'), ('me');

INSERT INTO refresh_token_types (value, comment) VALUES
    ('regular', 'Regular refresh token'),
    ('pat', 'Personal access token');

INSERT INTO providers (id) VALUES
    ('github'), ('facebook'), ('twitter'), ('google'), ('apple'), ('linkedin'), ('windowslive'),
    ('spotify'), ('strava'), ('gitlab'), ('bitbucket'), ('discord'), ('twitch'), ('workos'),
    ('azuread'), ('entraid');
