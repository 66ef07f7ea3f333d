-- An installation that has grown: a million users with three sessions each, and what else there is of
-- a user. Numbers are out of the way of those that are given out. Takes some minutes.
INSERT INTO auth.users (id, hasura_id, display_name, locale, email)
SELECT md5('filler ' || n)::uuid, 10000000 + n, 'Filler', 'en', 'filler-' || n || '@example.org'
FROM generate_series(1, :users) AS n;

INSERT INTO auth.user_roles (user_id, role)
SELECT id, role FROM auth.users, (VALUES ('user'), ('me')) AS given (role) WHERE hasura_id > 10000000;

INSERT INTO auth.refresh_tokens (user_id, refresh_token_hash, expires_at)
SELECT id, '\x' || md5(hasura_id::text) || md5(n::text || id), now() + random() * interval '30 days'
FROM auth.users, generate_series(1, 3) AS n WHERE hasura_id > 10000000;

INSERT INTO auth.refresh_token_rotations (token_hash, refresh_token_id, rotated_at)
SELECT '\x' || md5(id::text) || md5('a' || id), id, now() - random() * interval '1 day'
FROM auth.refresh_tokens;

INSERT INTO auth.opaque_sessions (token_hash, user_id, created_at, expires_at)
SELECT '\x' || md5(id::text) || md5('o' || id), id, now(), now() + random() * interval '30 days'
FROM auth.users WHERE hasura_id > 10000000;

INSERT INTO auth.tickets (token_hash, user_id, purpose, created_at, expires_at)
SELECT '\x' || md5(id::text) || md5('t' || id), id, 'verifyEmail', now(), now() + interval '30 days'
FROM auth.users WHERE hasura_id > 10000000;

VACUUM ANALYZE;
