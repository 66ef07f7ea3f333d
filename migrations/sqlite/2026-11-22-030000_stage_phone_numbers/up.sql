-- See migrations/postgres/2026-11-22-030000_stage_phone_numbers/up.sql.
ALTER TABLE users ADD COLUMN new_phone_number TEXT;
ALTER TABLE users ADD COLUMN pending_sms_deanonymize_options TEXT;
CREATE INDEX users_new_phone_number_idx
    ON users (new_phone_number) WHERE new_phone_number IS NOT NULL;
