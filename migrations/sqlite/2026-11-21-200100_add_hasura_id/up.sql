-- See migrations/postgres/2026-11-21-200100_add_hasura_id/up.sql.
ALTER TABLE users RENAME COLUMN number TO hasura_id;

-- The last number given out; a row exists only once the table has had one.
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'users', 1 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'users');
