DROP INDEX auth.users_new_phone_number_idx;
ALTER TABLE auth.users
    DROP COLUMN pending_sms_deanonymize_options,
    DROP COLUMN new_phone_number;
