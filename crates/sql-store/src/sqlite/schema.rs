//! The tables the repositories use, as `migrations/sqlite` leaves them.

diesel::table! {
    roles (role) {
        role -> Text,
    }
}

diesel::table! {
    users (id) {
        id -> Binary,
        created_at -> BigInt,
        updated_at -> BigInt,
        last_seen -> Nullable<BigInt>,
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
        pending_sms_deanonymize_options -> Nullable<Json>,
        default_role -> Text,
        is_anonymous -> Bool,
        totp_secret -> Nullable<Text>,
        active_mfa_type -> Nullable<Text>,
        ticket -> Nullable<Text>,
        ticket_expires_at -> Nullable<BigInt>,
        metadata -> Nullable<Json>,
        hasura_id -> BigInt,
        username -> Nullable<Text>,
    }
}

diesel::table! {
    user_roles (user_id, role) {
        created_at -> BigInt,
        user_id -> Binary,
        role -> Text,
    }
}

diesel::table! {
    refresh_tokens (id) {
        id -> Binary,
        created_at -> BigInt,
        expires_at -> BigInt,
        user_id -> Binary,
        metadata -> Nullable<Json>,
        #[sql_name = "type"]
        kind -> Text,
        refresh_token_hash -> Nullable<Text>,
        auth_methods -> Nullable<Text>,
        last_seen_at -> Nullable<BigInt>,
        user_agent -> Nullable<Text>,
        client_network -> Nullable<Text>,
    }
}

diesel::table! {
    refresh_token_rotations (token_hash) {
        token_hash -> Text,
        refresh_token_id -> Binary,
        rotated_at -> BigInt,
    }
}

diesel::table! {
    opaque_sessions (token_hash) {
        token_hash -> Text,
        user_id -> Binary,
        created_at -> BigInt,
        expires_at -> BigInt,
        id -> Nullable<Binary>,
        user_agent -> Nullable<Text>,
        client_network -> Nullable<Text>,
    }
}

diesel::table! {
    tickets (token_hash) {
        token_hash -> Text,
        user_id -> Binary,
        purpose -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        code_challenge -> Nullable<Text>,
    }
}

diesel::table! {
    one_time_codes (user_id, purpose) {
        user_id -> Binary,
        purpose -> Text,
        code_hash -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    wrong_codes (id) {
        id -> BigInt,
        user_id -> Binary,
        guessed_at -> BigInt,
        kind -> Text,
        place -> Nullable<Text>,
    }
}

diesel::table! {
    known_places (user_id, place) {
        user_id -> Binary,
        place -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    exchange_codes (code_hash) {
        code_hash -> Text,
        user_id -> Binary,
        code_challenge -> Text,
        expires_at -> BigInt,
        auth_methods -> Nullable<Text>,
    }
}

diesel::table! {
    providers (id) {
        id -> Text,
    }
}

diesel::table! {
    user_providers (id) {
        id -> Binary,
        created_at -> BigInt,
        updated_at -> BigInt,
        user_id -> Binary,
        access_token -> Text,
        refresh_token -> Nullable<Text>,
        provider_id -> Text,
        provider_user_id -> Text,
    }
}

diesel::table! {
    totp_used_steps (user_id, purpose) {
        user_id -> Binary,
        purpose -> Text,
        last_step -> BigInt,
    }
}

diesel::table! {
    totp_waiting_secrets (user_id) {
        user_id -> Binary,
        secret -> Text,
    }
}

diesel::table! {
    recovery_codes (user_id, code_hash) {
        user_id -> Binary,
        code_hash -> Text,
    }
}

diesel::table! {
    user_security_keys (id) {
        id -> Binary,
        user_id -> Binary,
        credential_id -> Text,
        credential_public_key -> Nullable<Binary>,
        counter -> BigInt,
        nickname -> Nullable<Text>,
    }
}

diesel::table! {
    security_key_challenges (challenge_hash) {
        challenge_hash -> Text,
        purpose -> Text,
        user_id -> Nullable<Binary>,
        sign_up -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    ended_provider_flows (mark_hash) {
        mark_hash -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    queued_messages (user_id, purpose) {
        user_id -> Binary,
        purpose -> Text,
        id -> Binary,
        ticket_hash -> Nullable<Text>,
        code_purpose -> Nullable<Text>,
        template -> Text,
        payload -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        attempts -> Integer,
        is_claimed -> Bool,
        next_attempt_at -> BigInt,
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
