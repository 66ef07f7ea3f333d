//! Settings of sign-in with Twitter.

use auth_domain::secret::Secret;
use settings::{Optional, Setting, section};
use url::Url;

use super::code_flow::{flag, secret, text, url};

section! {
    /// The section of Twitter.
    pub(super) const SECTION = "Sign-in with Twitter";

    ENABLED: Setting<bool> = flag(
        "providers.twitter.enabled",
        "AUTH_PROVIDER_TWITTER_ENABLED",
        "Whether people may sign in with Twitter.",
    );

    CONSUMER_KEY: Setting<String, Optional> = text(
        "providers.twitter.consumer_key",
        "AUTH_PROVIDER_TWITTER_CONSUMER_KEY",
        "Key that Twitter knows this server by.",
    )
    .part_of(&ENABLED);

    CONSUMER_SECRET: Setting<Secret, Optional> = secret(
        "providers.twitter.consumer_secret",
        "AUTH_PROVIDER_TWITTER_CONSUMER_SECRET",
        "Secret that goes with the key.",
    )
    .part_of(&ENABLED);

    REQUEST_TOKEN_URL: Setting<Url> = url(
        "providers.twitter.request_token_url",
        "AUTH_PROVIDER_TWITTER_REQUEST_TOKEN_URL",
        "Where a sign-in begins.",
    )
    .preset(provider_twitter::REQUEST_TOKEN_URL)
    .part_of(&ENABLED);

    AUTHORIZATION_URL: Setting<Url> = url(
        "providers.twitter.authorization_url",
        "AUTH_PROVIDER_TWITTER_AUTHORIZATION_URL",
        "Where people agree.",
    )
    .preset(provider_twitter::AUTHORIZATION_URL)
    .part_of(&ENABLED);

    ACCESS_TOKEN_URL: Setting<Url> = url(
        "providers.twitter.access_token_url",
        "AUTH_PROVIDER_TWITTER_ACCESS_TOKEN_URL",
        "Where tokens are fetched.",
    )
    .preset(provider_twitter::ACCESS_TOKEN_URL)
    .part_of(&ENABLED);

    PROFILE_URL: Setting<Url> = url(
        "providers.twitter.user_profile_url",
        "AUTH_PROVIDER_TWITTER_USER_PROFILE_URL",
        "Where profiles are fetched.",
    )
    .preset(provider_twitter::PROFILE_URL)
    .part_of(&ENABLED);
}
