-- Networks from which people signed in, so that a stranger who guesses at their codes cannot shut
-- them out: once the guesses of strangers are used up, such a network has some of its own.
--
-- Only a hash of the network is kept, bound to its user by a key that is not in the database: whoever
-- reads a dump learns nobody's address. Rows are good until `expires_at` and may be removed then.
--
-- Expand step: an empty table, and a column that is nullable and without a default, so nothing is
-- rewritten. The previous release counts all wrong guesses together, which is stricter.
CREATE TABLE auth.known_places (
    user_id uuid NOT NULL
        CONSTRAINT known_places_user_id_fkey REFERENCES auth.users (id)
        ON UPDATE CASCADE ON DELETE CASCADE,
    place text NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT known_places_pkey PRIMARY KEY (user_id, place)
);

-- For removing what has expired.
CREATE INDEX known_places_expires_at_idx ON auth.known_places (expires_at);

ALTER TABLE auth.wrong_codes ADD COLUMN place text;

COMMENT ON TABLE auth.known_places
    IS 'Networks from which users signed in lately; hashed with a key that is not in the database';
COMMENT ON COLUMN auth.wrong_codes.place
    IS 'The known place that the guess counts for alone; NULL where it counts for everybody';
