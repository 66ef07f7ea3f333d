-- Removes every user.
DROP TABLE user_security_keys;
DROP TABLE refresh_tokens;
DROP TABLE refresh_token_types;
DROP TABLE user_providers;
DROP TABLE providers;
DROP TABLE user_roles;
DROP TABLE users;
DROP TABLE roles;
