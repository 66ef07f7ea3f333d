//! Settings of this server as an OAuth provider for other applications.

use settings::{Kind, Setting, section};

use crate::config::rule;

const OAUTH2: &str = "sign people in to other applications yet";

section! {
    /// The section `oauth2_provider`.
    pub(super) const SECTION = "This server as an OAuth 2 provider";

    _ {
        flag(
            "oauth2_provider.enabled",
            "AUTH_OAUTH2_PROVIDER_ENABLED",
            "Whether other applications may sign people in through this server.",
        );

        Setting::new(
            "oauth2_provider.login_url",
            "AUTH_OAUTH2_PROVIDER_LOGIN_URL",
            Kind::text(&rule::WEB_URL),
            "Page that asks for sign-in and consent.",
        )
        .if_unset("`/oauth2/login` below `redirects.client_url`")
        .not_yet(OAUTH2);

        Setting::new(
            "oauth2_provider.access_token_ttl",
            "AUTH_OAUTH2_PROVIDER_ACCESS_TOKEN_TTL",
            Kind::seconds(1, i64::MAX),
            "Life of its access tokens in seconds.",
        )
        .preset("900")
        .not_yet(OAUTH2);

        Setting::new(
            "oauth2_provider.refresh_token_ttl",
            "AUTH_OAUTH2_PROVIDER_REFRESH_TOKEN_TTL",
            Kind::seconds(1, i64::MAX),
            "Life of its refresh tokens in seconds.",
        )
        .preset("2592000")
        .not_yet(OAUTH2);

        flag(
            "oauth2_provider.cimd_enabled",
            "AUTH_OAUTH2_PROVIDER_CIMD_ENABLED",
            "Whether applications may introduce themselves by a client-id metadata document.",
        );

        flag(
            "oauth2_provider.cimd_allow_insecure_transport",
            "AUTH_OAUTH2_PROVIDER_CIMD_ALLOW_INSECURE_TRANSPORT",
            "Whether such a document may come without TLS.",
        );
    }
}

const fn flag(key: &'static str, variable: &'static str, doc: &'static str) -> Setting<bool> {
    Setting::new(key, variable, Kind::FLAG, doc)
        .preset("false")
        .not_yet(OAUTH2)
}
