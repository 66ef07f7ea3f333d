-- See migrations/postgres/2026-11-21-200200_add_username/up.sql.
ALTER TABLE users ADD COLUMN username TEXT;
CREATE UNIQUE INDEX users_username_key ON users (username);
