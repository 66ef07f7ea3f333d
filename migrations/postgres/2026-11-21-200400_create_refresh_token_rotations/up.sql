-- Remembers which refresh tokens were rotated away.
--
-- Rotating a token overwrites its hash, so afterwards a stolen token that comes back looks like
-- one that never existed. With this table it is known for what it is (RFC 9700 §4.14.2), and the
-- second of two browser tabs that used one token at the same moment is told apart from a thief.
--
-- Rows go with the session they belong to, and earlier once they are too old to be of use.
CREATE TABLE auth.refresh_token_rotations (
    token_hash text NOT NULL CONSTRAINT refresh_token_rotations_pkey PRIMARY KEY,
    refresh_token_id uuid NOT NULL
        CONSTRAINT refresh_token_rotations_refresh_token_id_fkey
        REFERENCES auth.refresh_tokens (id) ON DELETE CASCADE,
    rotated_at timestamptz NOT NULL
);

CREATE INDEX refresh_token_rotations_refresh_token_id_idx
    ON auth.refresh_token_rotations (refresh_token_id);

COMMENT ON TABLE auth.refresh_token_rotations
    IS 'Hashes that rows of auth.refresh_tokens had before, and until when';
