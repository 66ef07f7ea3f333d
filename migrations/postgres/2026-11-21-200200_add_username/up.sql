-- Room for the name that people sign in with through the legacy provider `username`.
--
-- Nullable and without a default, so nothing is rewritten and Hasura Auth need not know of it.
-- Names are compared to the letter: plain text, not citext.
ALTER TABLE auth.users
    ADD COLUMN username text
    CONSTRAINT users_username_key UNIQUE;

COMMENT ON COLUMN auth.users.username
    IS 'Name of the user in the legacy provider "username"; NULL for users of other providers';
