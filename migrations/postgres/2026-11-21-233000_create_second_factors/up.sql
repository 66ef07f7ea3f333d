-- What stands behind the second factor of an account, beside the two columns of Hasura Auth.
--
-- The columns `totp_secret` and `active_mfa_type` stay the place of the secret and of whether it is
-- in use; from now on the secret is encrypted. A code works once for each purpose, so the step of
-- the last one that was accepted is remembered for each (RFC 6238 §5.2). A secret that is made while
-- another is in use waits in a table of its own.
--
-- Expand step: three empty tables, and a column with a default, which locks `auth.wrong_codes` for
-- a moment only. The previous release goes on counting all wrong codes together.
CREATE TABLE auth.totp_used_steps (
    user_id uuid NOT NULL
        CONSTRAINT totp_used_steps_user_id_fkey REFERENCES auth.users (id)
        ON UPDATE CASCADE ON DELETE CASCADE,
    purpose text NOT NULL,
    last_step bigint NOT NULL,
    CONSTRAINT totp_used_steps_pkey PRIMARY KEY (user_id, purpose)
);

CREATE TABLE auth.totp_waiting_secrets (
    user_id uuid NOT NULL
        CONSTRAINT totp_waiting_secrets_pkey PRIMARY KEY
        CONSTRAINT totp_waiting_secrets_user_id_fkey REFERENCES auth.users (id)
        ON UPDATE CASCADE ON DELETE CASCADE,
    secret text NOT NULL
);

CREATE TABLE auth.recovery_codes (
    user_id uuid NOT NULL
        CONSTRAINT recovery_codes_user_id_fkey REFERENCES auth.users (id)
        ON UPDATE CASCADE ON DELETE CASCADE,
    code_hash text NOT NULL,
    CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, code_hash)
);

-- Anybody may guess at mailed codes, so those guesses must not close the second factor; and whoever
-- reads the mail must not be able to have the guesses at the second factor forgotten.
ALTER TABLE auth.wrong_codes ADD COLUMN kind text NOT NULL DEFAULT 'mailed-code';

COMMENT ON TABLE auth.totp_used_steps
    IS 'The last step of 30 seconds since the Unix epoch whose one-time password was used, for each purpose';
COMMENT ON TABLE auth.totp_waiting_secrets
    IS 'Secrets of authenticator apps, encrypted, that take the place of the one in use when it is switched off';
COMMENT ON TABLE auth.recovery_codes
    IS 'Codes that stand in for an authenticator app and were not used yet; hashed with a key that is not in the database';
COMMENT ON COLUMN auth.wrong_codes.kind
    IS 'What was guessed at: a mailed code, or a second factor';
