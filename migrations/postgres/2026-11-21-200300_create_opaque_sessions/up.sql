-- Sessions of the legacy API.
--
-- Their tokens say nothing and are looked up on every request, so the hash is the key. They are a
-- table of their own rather than a kind of refresh token: Hasura Auth would take such a row for
-- one of its own and rotate it.
CREATE TABLE auth.opaque_sessions (
    token_hash text NOT NULL CONSTRAINT opaque_sessions_pkey PRIMARY KEY,
    user_id uuid NOT NULL
        CONSTRAINT opaque_sessions_user_id_fkey REFERENCES auth.users (id)
        ON UPDATE CASCADE ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

-- For ending all sessions of a user, and for the cascade when a user is deleted.
CREATE INDEX opaque_sessions_user_id_idx ON auth.opaque_sessions (user_id);

COMMENT ON TABLE auth.opaque_sessions IS 'Sessions of the legacy API; only hashes of their tokens';
