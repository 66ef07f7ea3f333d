-- Codes that a redirect carries in place of a refresh token (RFC 7636).
--
-- A URL ends up in histories, logs and `Referer` headers. A code that is found there is worth
-- nothing without the proof that only the client that began the flow can give.
--
-- A user's expired rows are removed when one of their codes is taken.
CREATE TABLE auth.exchange_codes (
    code_hash text NOT NULL CONSTRAINT exchange_codes_pkey PRIMARY KEY,
    user_id uuid NOT NULL
        CONSTRAINT exchange_codes_user_id_fkey REFERENCES auth.users (id)
        ON UPDATE CASCADE ON DELETE CASCADE,
    code_challenge text NOT NULL,
    expires_at timestamptz NOT NULL
);

-- For removing expired ones of a user, and for the cascade when a user is deleted.
CREATE INDEX exchange_codes_user_id_idx ON auth.exchange_codes (user_id);

COMMENT ON TABLE auth.exchange_codes
    IS 'Codes that were redirected with and not exchanged for a session yet; only hashes, because URLs are not secret';
