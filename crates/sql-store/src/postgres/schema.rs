//! The tables the repositories use, as `migrations/postgres` leaves them.
//!
//! Columns of the type `auth.email` are stated as text; see the rules in the crate's
//! documentation for what that asks of queries.

diesel::table! {
    auth.roles (role) {
        role -> Text,
    }
}

diesel::table! {
    auth.users (id) {
        id -> Uuid,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        last_seen -> Nullable<Timestamptz>,
        disabled -> Bool,
        display_name -> Text,
        avatar_url -> Text,
        locale -> Text,
        email -> Nullable<Text>,
        phone_number -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        email_verified -> Bool,
        phone_number_verified -> Bool,
        new_email -> Nullable<Text>,
        new_phone_number -> Nullable<Text>,
        pending_sms_deanonymize_options -> Nullable<Jsonb>,
        default_role -> Text,
        is_anonymous -> Bool,
        totp_secret -> Nullable<Text>,
        active_mfa_type -> Nullable<Text>,
        ticket -> Nullable<Text>,
        ticket_expires_at -> Timestamptz,
        metadata -> Nullable<Jsonb>,
        hasura_id -> BigInt,
        username -> Nullable<Text>,
    }
}

diesel::table! {
    auth.user_roles (user_id, role) {
        created_at -> Timestamptz,
        user_id -> Uuid,
        role -> Text,
    }
}

diesel::table! {
    auth.refresh_tokens (id) {
        id -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        user_id -> Uuid,
        metadata -> Nullable<Jsonb>,
        #[sql_name = "type"]
        kind -> Text,
        refresh_token_hash -> Nullable<Text>,
        auth_methods -> Nullable<Text>,
        last_seen_at -> Nullable<Timestamptz>,
        user_agent -> Nullable<Text>,
        client_network -> Nullable<Text>,
    }
}

diesel::table! {
    auth.refresh_token_rotations (token_hash) {
        token_hash -> Text,
        refresh_token_id -> Uuid,
        rotated_at -> Timestamptz,
    }
}

diesel::table! {
    auth.opaque_sessions (token_hash) {
        token_hash -> Text,
        user_id -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        id -> Nullable<Uuid>,
        user_agent -> Nullable<Text>,
        client_network -> Nullable<Text>,
    }
}

diesel::table! {
    auth.tickets (token_hash) {
        token_hash -> Text,
        user_id -> Uuid,
        purpose -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        code_challenge -> Nullable<Text>,
    }
}

diesel::table! {
    auth.one_time_codes (user_id, purpose) {
        user_id -> Uuid,
        purpose -> Text,
        code_hash -> Text,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    auth.wrong_codes (id) {
        id -> BigInt,
        user_id -> Uuid,
        guessed_at -> Timestamptz,
        kind -> Text,
        place -> Nullable<Text>,
    }
}

diesel::table! {
    auth.known_places (user_id, place) {
        user_id -> Uuid,
        place -> Text,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    auth.exchange_codes (code_hash) {
        code_hash -> Text,
        user_id -> Uuid,
        code_challenge -> Text,
        expires_at -> Timestamptz,
        auth_methods -> Nullable<Text>,
    }
}

diesel::table! {
    auth.providers (id) {
        id -> Text,
    }
}

diesel::table! {
    auth.user_providers (id) {
        id -> Uuid,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        access_token -> Text,
        refresh_token -> Nullable<Text>,
        provider_id -> Text,
        provider_user_id -> Text,
    }
}

diesel::table! {
    auth.totp_used_steps (user_id, purpose) {
        user_id -> Uuid,
        purpose -> Text,
        last_step -> BigInt,
    }
}

diesel::table! {
    auth.totp_waiting_secrets (user_id) {
        user_id -> Uuid,
        secret -> Text,
    }
}

diesel::table! {
    auth.recovery_codes (user_id, code_hash) {
        user_id -> Uuid,
        code_hash -> Text,
    }
}

diesel::table! {
    auth.user_security_keys (id) {
        id -> Uuid,
        user_id -> Uuid,
        credential_id -> Text,
        credential_public_key -> Nullable<Binary>,
        counter -> BigInt,
        nickname -> Nullable<Text>,
    }
}

diesel::table! {
    auth.security_key_challenges (challenge_hash) {
        challenge_hash -> Text,
        purpose -> Text,
        user_id -> Nullable<Uuid>,
        sign_up -> Nullable<Text>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    auth.ended_provider_flows (mark_hash) {
        mark_hash -> Text,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    auth.queued_messages (user_id, purpose) {
        user_id -> Uuid,
        purpose -> Text,
        id -> Uuid,
        ticket_hash -> Nullable<Text>,
        code_purpose -> Nullable<Text>,
        template -> Text,
        payload -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        attempts -> Integer,
        is_claimed -> Bool,
        next_attempt_at -> Timestamptz,
        last_error -> Nullable<Text>,
    }
}

diesel::joinable!(user_roles -> users (user_id));
diesel::joinable!(refresh_tokens -> users (user_id));
diesel::joinable!(refresh_token_rotations -> refresh_tokens (refresh_token_id));
diesel::joinable!(opaque_sessions -> users (user_id));
diesel::joinable!(one_time_codes -> users (user_id));
diesel::joinable!(user_providers -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(
    users,
    user_roles,
    refresh_tokens,
    refresh_token_rotations,
    opaque_sessions,
    one_time_codes,
    user_providers,
);
