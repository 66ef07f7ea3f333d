DROP INDEX users_new_phone_number_idx;
ALTER TABLE users DROP COLUMN pending_sms_deanonymize_options;
ALTER TABLE users DROP COLUMN new_phone_number;
