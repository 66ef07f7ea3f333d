ALTER TABLE opaque_sessions DROP COLUMN client_network;
ALTER TABLE opaque_sessions DROP COLUMN user_agent;
ALTER TABLE opaque_sessions DROP COLUMN id;
ALTER TABLE refresh_tokens DROP COLUMN client_network;
ALTER TABLE refresh_tokens DROP COLUMN user_agent;
ALTER TABLE refresh_tokens DROP COLUMN last_seen_at;
ALTER TABLE refresh_tokens DROP COLUMN auth_methods;
