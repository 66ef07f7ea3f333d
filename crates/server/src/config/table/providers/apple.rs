//! Settings of sign-in with Apple.

use provider_apple::PrivateKey;
use settings::{Checked, Kind, Optional, Setting, section};
use url::Url;

use super::code_flow::{flag, list, text, url};
use crate::config::rule;

section! {
    /// The section of Apple.
    pub(super) const SECTION = "Sign-in with Apple";

    ENABLED: Setting<bool> = flag(
        "providers.apple.enabled",
        "AUTH_PROVIDER_APPLE_ENABLED",
        "Whether people may sign in with Apple.",
    );

    CLIENT_ID: Setting<String, Optional> = text(
        "providers.apple.client_id",
        "AUTH_PROVIDER_APPLE_CLIENT_ID",
        "Id that Apple knows this server by.",
    )
    .part_of(&ENABLED);

    TEAM_ID: Setting<String, Optional> = text(
        "providers.apple.team_id",
        "AUTH_PROVIDER_APPLE_TEAM_ID",
        "Team the id belongs to.",
    )
    .part_of(&ENABLED);

    KEY_ID: Setting<String, Optional> = text(
        "providers.apple.key_id",
        "AUTH_PROVIDER_APPLE_KEY_ID",
        "Id of the private key.",
    )
    .part_of(&ENABLED);

    PRIVATE_KEY: Setting<Checked<PrivateKey>, Optional> = Setting::new(
        "providers.apple.private_key",
        "AUTH_PROVIDER_APPLE_PRIVATE_KEY",
        Kind::text(&rule::APPLE_KEY),
        "Private key as PEM, or the PEM as base64.",
    )
    .secret()
    .part_of(&ENABLED);

    SCOPE: Setting<Vec<String>, Optional> = list(
        "providers.apple.scope",
        "AUTH_PROVIDER_APPLE_SCOPE",
        "Scopes to ask for instead of the usual ones.",
    )
    .part_of(&ENABLED);

    AUTHORIZATION_URL: Setting<Url> = url(
        "providers.apple.authorization_url",
        "AUTH_PROVIDER_APPLE_AUTHORIZATION_URL",
        "Where people agree.",
    )
    .preset(provider_apple::AUTHORIZATION_URL)
    .part_of(&ENABLED);

    TOKEN_URL: Setting<Url> = url(
        "providers.apple.token_url",
        "AUTH_PROVIDER_APPLE_TOKEN_URL",
        "Where tokens are fetched.",
    )
    .preset(provider_apple::TOKEN_URL)
    .part_of(&ENABLED);

    AUDIENCE: Setting<Vec<String>, Optional> = list(
        "providers.apple.audience",
        "AUTH_PROVIDER_APPLE_AUDIENCE",
        "Audiences of the ID tokens that apps may bring; with any, they may.",
    );

    KEYS_URL: Setting<Url> = url(
        "providers.apple.keys_url",
        "AUTH_PROVIDER_APPLE_KEYS_URL",
        "Where the keys of ID tokens are fetched.",
    )
    .preset(provider_apple::KEYS_URL);
}
