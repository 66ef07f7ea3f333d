-- Removes every user. The schema and the extensions stay: others may have put them to use.
DROP TABLE
    auth.schema_migrations,
    auth.user_security_keys,
    auth.refresh_tokens,
    auth.refresh_token_types,
    auth.provider_requests,
    auth.user_providers,
    auth.providers,
    auth.user_roles,
    auth.users,
    auth.roles;
DROP FUNCTION auth.set_current_timestamp_updated_at();
DROP DOMAIN auth.email;
