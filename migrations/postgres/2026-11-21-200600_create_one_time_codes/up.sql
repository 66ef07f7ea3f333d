-- Codes of six digits that people read in a mail and type, and the wrong ones they typed.
--
-- Hasura Auth keeps a code where it keeps tickets, in plain text, and does not count: a million
-- tries find it. Wrong codes are counted per user and not per code, because otherwise whoever
-- guesses would only have to ask for another code. Each is a row with its time, so that they stop
-- counting one by one; there are never more of them than a user is allowed to have.
CREATE TABLE auth.one_time_codes (
    user_id uuid NOT NULL
        CONSTRAINT one_time_codes_user_id_fkey REFERENCES auth.users (id)
        ON UPDATE CASCADE ON DELETE CASCADE,
    purpose text NOT NULL,
    code_hash text NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT one_time_codes_pkey PRIMARY KEY (user_id, purpose)
);

CREATE TABLE auth.wrong_codes (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY
        CONSTRAINT wrong_codes_pkey PRIMARY KEY,
    user_id uuid NOT NULL
        CONSTRAINT wrong_codes_user_id_fkey REFERENCES auth.users (id)
        ON UPDATE CASCADE ON DELETE CASCADE,
    guessed_at timestamptz NOT NULL
);

-- For counting those of a user since some moment.
CREATE INDEX wrong_codes_user_id_guessed_at_idx ON auth.wrong_codes (user_id, guessed_at);

COMMENT ON TABLE auth.one_time_codes
    IS 'Codes that were sent and not used yet, the last of each user and purpose; hashed with a key that is not in the database, because there are only a million codes';
COMMENT ON TABLE auth.wrong_codes
    IS 'Guesses that were wrong, whichever code they were made at, so that nobody gets many of them';
