ALTER TABLE wrong_codes DROP COLUMN kind;
DROP TABLE recovery_codes;
DROP TABLE totp_waiting_secrets;
DROP TABLE totp_used_steps;
