ALTER TABLE auth.opaque_sessions
    DROP COLUMN client_network,
    DROP COLUMN user_agent,
    DROP COLUMN id;

ALTER TABLE auth.refresh_tokens
    DROP COLUMN client_network,
    DROP COLUMN user_agent,
    DROP COLUMN last_seen_at,
    DROP COLUMN auth_methods;
