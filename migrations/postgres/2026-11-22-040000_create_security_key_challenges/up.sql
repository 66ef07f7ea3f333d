-- What security keys have to sign (Web Authentication).
--
-- Hasura Auth keeps challenges in the memory of one process and lets them be used again. Here any
-- server can finish what another began, and each is taken out when it is used. Keys themselves stay
-- in `auth.user_security_keys`, as Hasura Auth has them.
--
-- The user of a sign-up does not exist yet, so `user_id` refers to nothing. Expired rows are removed
-- when others are stored.
CREATE TABLE auth.security_key_challenges (
    challenge_hash text NOT NULL CONSTRAINT security_key_challenges_pkey PRIMARY KEY,
    purpose text NOT NULL,
    user_id uuid,
    sign_up text,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

-- For removing expired ones.
CREATE INDEX security_key_challenges_expires_at_idx
    ON auth.security_key_challenges (expires_at);

-- For removing those of a user; sign-ups and sign-ins of anybody need no entry of their own there.
CREATE INDEX security_key_challenges_user_id_idx
    ON auth.security_key_challenges (user_id) WHERE user_id IS NOT NULL;

-- For finding and removing the keys of a user; Hasura Auth has no such index.
CREATE INDEX IF NOT EXISTS user_security_keys_user_id_idx
    ON auth.user_security_keys (user_id);

COMMENT ON TABLE auth.security_key_challenges
    IS 'Challenges that security keys were asked to sign and have not yet; only hashes, each good for one ceremony';
