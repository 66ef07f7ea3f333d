ALTER TABLE auth.users DROP COLUMN hasura_id;
