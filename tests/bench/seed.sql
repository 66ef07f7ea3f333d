-- Users and sessions for user.sql and refresh.sql, one of each for every client of pgbench.
INSERT INTO auth.users (locale, display_name, email, email_verified, metadata)
SELECT 'en', 'Bench', 'pgbench-' || client || '@example.com', true, 'null'
FROM generate_series(0, :clients - 1) AS client;

INSERT INTO auth.user_roles (user_id, role)
SELECT users.id, given.role
FROM auth.users, (VALUES ('user'), ('me')) AS given (role)
WHERE users.email::text LIKE 'pgbench-%';

-- The texts are as long as the hashes the server stores.
INSERT INTO auth.refresh_tokens (user_id, expires_at, refresh_token_hash)
SELECT users.id, now() + interval '30 days', lpad(client || '-0', 66, 'x')
FROM generate_series(0, :clients - 1) AS client
INNER JOIN auth.users ON users.email::text = 'pgbench-' || client || '@example.com';

ANALYZE auth.users, auth.user_roles, auth.refresh_tokens;
