-- Where Hasura Auth had made these columns before, they are its own: then leave them.
DROP INDEX auth.users_new_phone_number_idx;
ALTER TABLE auth.users
    DROP COLUMN pending_sms_deanonymize_options,
    DROP COLUMN new_phone_number;
