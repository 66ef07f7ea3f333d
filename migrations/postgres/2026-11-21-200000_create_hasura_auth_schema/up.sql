-- The schema of Hasura Auth at its own migration level 18, name by name and type by type.
--
-- An installation that has run Hasura Auth brings this schema along; there the migration counts as
-- applied and is not run. On an empty database it is run, so that both look the same afterwards,
-- and so that Hasura Auth itself could take the database over. For the same reason the texts of
-- the comments are Hasura Auth's.
--
-- Needs PostgreSQL 13 or later: `gen_random_uuid()` without a schema is the built-in one.

-- Not CREATE SCHEMA IF NOT EXISTS: that demands the right to create schemas even when there is
-- nothing left to create.
DO $$
BEGIN
    IF to_regnamespace('auth') IS NULL THEN
        CREATE SCHEMA auth;
    END IF;
END
$$;

CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;

-- The pattern is that of the HTML living standard for `<input type=email>`.
CREATE DOMAIN auth.email AS public.citext
    CONSTRAINT email_check CHECK (
        VALUE OPERATOR(public.~) '^[a-zA-Z0-9.!#$%&''*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$'::public.citext
    );

CREATE FUNCTION auth.set_current_timestamp_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
  _new record;
BEGIN
  _new := new;
  _new. "updated_at" = now();
  RETURN _new;
END;
$$;

CREATE TABLE auth.roles (
    role text NOT NULL CONSTRAINT roles_pkey PRIMARY KEY
);
COMMENT ON TABLE auth.roles IS 'Persistent Hasura roles for users. Don''t modify its structure as Hasura Auth relies on it to function properly.';

CREATE TABLE auth.users (
    id uuid NOT NULL DEFAULT public.gen_random_uuid() CONSTRAINT users_pkey PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz,
    disabled boolean NOT NULL DEFAULT false,
    display_name text NOT NULL DEFAULT '',
    avatar_url text NOT NULL DEFAULT '',
    locale varchar(2) NOT NULL,
    email auth.email CONSTRAINT users_email_key UNIQUE,
    phone_number text CONSTRAINT users_phone_number_key UNIQUE,
    password_hash text,
    email_verified boolean NOT NULL DEFAULT false,
    phone_number_verified boolean NOT NULL DEFAULT false,
    new_email auth.email,
    otp_method_last_used text,
    otp_hash text,
    otp_hash_expires_at timestamptz NOT NULL DEFAULT now(),
    default_role text NOT NULL DEFAULT 'user'
        CONSTRAINT fk_default_role REFERENCES auth.roles (role)
        ON UPDATE CASCADE ON DELETE RESTRICT,
    is_anonymous boolean NOT NULL DEFAULT false,
    totp_secret text,
    active_mfa_type text
        CONSTRAINT active_mfa_types_check
        CHECK (active_mfa_type = 'totp' OR active_mfa_type = 'sms'),
    ticket text,
    ticket_expires_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb,
    webauthn_current_challenge text
);
COMMENT ON TABLE auth.users IS 'User account information. Don''t modify its structure as Hasura Auth relies on it to function properly.';

CREATE TRIGGER set_auth_users_updated_at
    BEFORE UPDATE ON auth.users
    FOR EACH ROW EXECUTE FUNCTION auth.set_current_timestamp_updated_at();

CREATE TABLE auth.user_roles (
    id uuid NOT NULL DEFAULT public.gen_random_uuid() CONSTRAINT user_roles_pkey PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid NOT NULL
        CONSTRAINT fk_user REFERENCES auth.users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    role text NOT NULL
        CONSTRAINT fk_role REFERENCES auth.roles (role) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT user_roles_user_id_role_key UNIQUE (user_id, role)
);
COMMENT ON TABLE auth.user_roles IS 'Roles of users. Don''t modify its structure as Hasura Auth relies on it to function properly.';

CREATE TABLE auth.providers (
    id text NOT NULL CONSTRAINT providers_pkey PRIMARY KEY
);
COMMENT ON TABLE auth.providers IS 'List of available Oauth providers. Don''t modify its structure as Hasura Auth relies on it to function properly.';

CREATE TABLE auth.user_providers (
    id uuid NOT NULL DEFAULT public.gen_random_uuid() CONSTRAINT user_providers_pkey PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid NOT NULL
        CONSTRAINT fk_user REFERENCES auth.users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    access_token text NOT NULL,
    refresh_token text,
    provider_id text NOT NULL
        CONSTRAINT fk_provider REFERENCES auth.providers (id)
        ON UPDATE CASCADE ON DELETE RESTRICT,
    provider_user_id text NOT NULL,
    CONSTRAINT user_providers_provider_id_provider_user_id_key
        UNIQUE (provider_id, provider_user_id)
);
COMMENT ON TABLE auth.user_providers IS 'Active providers for a given user. Don''t modify its structure as Hasura Auth relies on it to function properly.';

CREATE TRIGGER set_auth_user_providers_updated_at
    BEFORE UPDATE ON auth.user_providers
    FOR EACH ROW EXECUTE FUNCTION auth.set_current_timestamp_updated_at();

CREATE TABLE auth.provider_requests (
    id uuid NOT NULL CONSTRAINT provider_requests_pkey PRIMARY KEY,
    options jsonb
);
COMMENT ON TABLE auth.provider_requests IS 'Oauth requests, inserted before redirecting to the provider''s site. Don''t modify its structure as Hasura Auth relies on it to function properly.';

CREATE TABLE auth.refresh_token_types (
    value text NOT NULL CONSTRAINT refresh_token_types_pkey PRIMARY KEY,
    comment text
);

CREATE TABLE auth.refresh_tokens (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT refresh_tokens_pkey PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    user_id uuid NOT NULL
        CONSTRAINT fk_user REFERENCES auth.users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    metadata jsonb,
    type text NOT NULL DEFAULT 'regular'
        CONSTRAINT refresh_tokens_types_fkey REFERENCES auth.refresh_token_types (value)
        ON UPDATE RESTRICT ON DELETE RESTRICT,
    refresh_token_hash varchar(255)
);
COMMENT ON TABLE auth.refresh_tokens IS 'User refresh tokens. Hasura auth uses them to rotate new access tokens as long as the refresh token is not expired. Don''t modify its structure as Hasura Auth relies on it to function properly.';

CREATE INDEX refresh_tokens_refresh_token_hash_expires_at_user_id_idx
    ON auth.refresh_tokens (refresh_token_hash, expires_at, user_id);

CREATE TABLE auth.user_security_keys (
    id uuid NOT NULL DEFAULT public.gen_random_uuid()
        CONSTRAINT user_security_keys_pkey PRIMARY KEY,
    user_id uuid NOT NULL
        CONSTRAINT fk_user REFERENCES auth.users (id) ON UPDATE CASCADE ON DELETE CASCADE,
    credential_id text NOT NULL CONSTRAINT user_security_key_credential_id_key UNIQUE,
    credential_public_key bytea,
    counter bigint NOT NULL DEFAULT 0,
    transports varchar(255) NOT NULL DEFAULT '',
    nickname text
);
COMMENT ON TABLE auth.user_security_keys IS 'User webauthn security keys. Don''t modify its structure as Hasura Auth relies on it to function properly.';

-- The bookkeeping of Hasura Auth's own migration tool. With this row a Hasura Auth that is started
-- on the database finds nothing left to do.
CREATE TABLE auth.schema_migrations (
    version bigint NOT NULL CONSTRAINT schema_migrations_pkey PRIMARY KEY,
    dirty boolean NOT NULL
);
COMMENT ON TABLE auth.schema_migrations IS 'Internal table for tracking migrations. Don''t modify its structure as Hasura Auth relies on it to function properly.';
INSERT INTO auth.schema_migrations (version, dirty) VALUES (18, false);

INSERT INTO auth.roles (role) VALUES ('user'), ('anonymous'), ('me');

INSERT INTO auth.refresh_token_types (value, comment) VALUES
    ('regular', 'Regular refresh token'),
    ('pat', 'Personal access token');

INSERT INTO auth.providers (id) VALUES
    ('github'), ('facebook'), ('twitter'), ('google'), ('apple'), ('linkedin'), ('windowslive'),
    ('spotify'), ('strava'), ('gitlab'), ('bitbucket'), ('discord'), ('twitch'), ('workos'),
    ('azuread'), ('entraid');
