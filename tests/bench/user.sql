-- What GET /user asks the database: `FindUser` in crates/sql-store/src/repositories/hot_path.rs.
\if :first
SELECT id AS user_id FROM auth.users
WHERE email::text = 'pgbench-' || :client_id || '@example.com' \gset
\set first 0
\endif

SELECT
    users.id, users.hasura_id, users.created_at, users.disabled, users.display_name,
    users.avatar_url, users.locale::text, users.email::text, users.email_verified,
    users.phone_number, users.phone_number_verified, users.username, users.password_hash,
    users.default_role, users.is_anonymous, users.active_mfa_type, users.metadata,
    ARRAY(
        SELECT held.role FROM auth.user_roles AS held
        WHERE held.user_id = auth.users.id ORDER BY held.created_at, held.role
    ) AS roles
FROM auth.users WHERE users.id = :user_id LIMIT 1 \gset
