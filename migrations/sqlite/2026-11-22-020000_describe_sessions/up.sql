-- See migrations/postgres/2026-11-22-020000_describe_sessions/up.sql.
ALTER TABLE refresh_tokens ADD COLUMN auth_methods TEXT;
ALTER TABLE refresh_tokens ADD COLUMN last_seen_at INTEGER;
ALTER TABLE refresh_tokens ADD COLUMN user_agent TEXT;
ALTER TABLE refresh_tokens ADD COLUMN client_network TEXT;

-- SQLite gives no random default to a new column. A session that the previous release opens now has
-- no name, and is not listed.
ALTER TABLE opaque_sessions ADD COLUMN id BLOB;
ALTER TABLE opaque_sessions ADD COLUMN user_agent TEXT;
ALTER TABLE opaque_sessions ADD COLUMN client_network TEXT;
UPDATE opaque_sessions SET id = randomblob(16);
