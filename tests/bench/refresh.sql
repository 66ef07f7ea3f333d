-- What POST /token asks the database: `Rotation` in crates/sql-store/src/postgres/hot.rs.
-- \gset ends the run when the statement returns no row, that is when nothing was rotated.
\set next :rotation + 1

WITH rotated AS (
    UPDATE auth.refresh_tokens AS token
    SET refresh_token_hash = lpad(:client_id || '-' || :next, 66, 'x'),
        expires_at = now() + interval '30 days'
    FROM auth.users AS holder
    WHERE token.refresh_token_hash = lpad(:client_id || '-' || :rotation, 66, 'x')
        AND token.type = 'regular' AND token.expires_at > now()
        AND holder.id = token.user_id AND NOT holder.disabled
        AND (holder.email_verified OR NOT false)
    RETURNING token.id, token.user_id
), remembered AS (
    INSERT INTO auth.refresh_token_rotations (token_hash, refresh_token_id, rotated_at)
    SELECT lpad(:client_id || '-' || :rotation, 66, 'x'), rotated.id, now() FROM rotated
    ON CONFLICT (token_hash) DO UPDATE SET
        refresh_token_id = excluded.refresh_token_id, rotated_at = excluded.rotated_at
), forgotten AS (
    DELETE FROM auth.refresh_token_rotations AS rotation USING rotated
    WHERE rotation.refresh_token_id = rotated.id
        AND rotation.rotated_at < now() - interval '1 day'
        AND rotation.token_hash <> lpad(:client_id || '-' || :rotation, 66, 'x')
), seen AS (
    UPDATE auth.users AS holder SET last_seen = now()
    FROM rotated WHERE holder.id = rotated.user_id
)
SELECT
    rotated.id AS session_id,
    users.id, users.hasura_id, users.created_at, users.disabled, users.display_name,
    users.avatar_url, users.locale::text, users.email::text, users.email_verified,
    users.phone_number, users.phone_number_verified, users.username, users.password_hash,
    users.default_role, users.is_anonymous, users.active_mfa_type, users.metadata,
    ARRAY(
        SELECT held.role FROM auth.user_roles AS held
        WHERE held.user_id = auth.users.id ORDER BY held.created_at, held.role
    ) AS roles
FROM auth.users INNER JOIN rotated ON rotated.user_id = auth.users.id \gset

\set rotation :next
