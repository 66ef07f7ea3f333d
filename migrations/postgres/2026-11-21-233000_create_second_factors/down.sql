ALTER TABLE auth.wrong_codes DROP COLUMN kind;
DROP TABLE auth.recovery_codes, auth.totp_waiting_secrets, auth.totp_used_steps;
