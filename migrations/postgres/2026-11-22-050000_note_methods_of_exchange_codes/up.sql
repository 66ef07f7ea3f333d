-- How a user proved who they are before they were redirected with a code. Once every code came of a
-- mailed link; now it may be a provider that vouched for them, and the session has to tell which.
--
-- Nullable and without a default, so nothing is rewritten, and the previous release goes on storing
-- codes. A code without it is one of that release: it came of a mailed link, and lives five minutes.
ALTER TABLE auth.exchange_codes
    ADD COLUMN auth_methods text;

-- For forgetting what a user is linked with, which happens while they wait, and for the cascade when
-- a user is deleted; Hasura Auth has no such index.
CREATE INDEX IF NOT EXISTS user_providers_user_id_idx
    ON auth.user_providers (user_id);

COMMENT ON COLUMN auth.exchange_codes.auth_methods
    IS 'How the user proved who they are, with commas in between; NULL for a mailed link';
