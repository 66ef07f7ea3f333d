-- Room for the phone number that an account is to have once its owner proves to read messages there,
-- and for what an anonymous user wants to be then.
--
-- Both columns and the index are those of Hasura Auth after 0.42 (its migrations 24, 25 and 27), so
-- a database that was taken over from there may have them. Expand step: nullable, no default.
ALTER TABLE auth.users
    ADD COLUMN IF NOT EXISTS new_phone_number text,
    ADD COLUMN IF NOT EXISTS pending_sms_deanonymize_options jsonb;

CREATE INDEX IF NOT EXISTS users_new_phone_number_idx
    ON auth.users (new_phone_number) WHERE new_phone_number IS NOT NULL;

COMMENT ON COLUMN auth.users.new_phone_number
    IS 'The phone number the user wants to have; it is theirs once they type the code that was sent there';
COMMENT ON COLUMN auth.users.pending_sms_deanonymize_options
    IS 'What an anonymous user is to be once the new phone number is theirs: displayName, locale, defaultRole, allowedRoles, metadata';
