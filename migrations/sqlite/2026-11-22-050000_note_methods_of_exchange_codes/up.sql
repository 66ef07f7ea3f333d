-- See migrations/postgres/2026-11-22-050000_note_methods_of_exchange_codes/up.sql.
ALTER TABLE exchange_codes ADD COLUMN auth_methods TEXT;

-- For forgetting what a user is linked with, and for the cascade when a user is deleted.
CREATE INDEX user_providers_user_id_idx ON user_providers (user_id);
