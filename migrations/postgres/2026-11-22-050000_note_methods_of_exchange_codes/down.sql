DROP INDEX IF EXISTS auth.user_providers_user_id_idx;
ALTER TABLE auth.exchange_codes DROP COLUMN auth_methods;
