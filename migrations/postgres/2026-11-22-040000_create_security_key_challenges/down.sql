DROP INDEX IF EXISTS auth.user_security_keys_user_id_idx;
DROP TABLE auth.security_key_challenges;
