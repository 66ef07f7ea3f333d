DROP INDEX user_providers_user_id_idx;
ALTER TABLE exchange_codes DROP COLUMN auth_methods;
