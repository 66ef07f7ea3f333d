//! Settings of this server as an OAuth provider for others.

use super::{Kind, Rule, Section, Setting};

const OAUTH2: &str = "sign people in to other applications yet";

/// The section `oauth2_provider`.
pub(super) const SECTION: Section = Section {
    title: "This server as an OAuth 2 provider",
    settings: &[
        flag(
            "oauth2_provider.enabled",
            "AUTH_OAUTH2_PROVIDER_ENABLED",
            "Whether other applications may sign people in through this server.",
        ),
        Setting::new(
            "oauth2_provider.login_url",
            "AUTH_OAUTH2_PROVIDER_LOGIN_URL",
            Kind::Text(&Rule::WEB_URL),
            "Page that asks for sign-in and consent.",
        )
        .derived("`/oauth2/login` below `redirects.client_url`")
        .not_yet(OAUTH2),
        Setting::new(
            "oauth2_provider.access_token_ttl",
            "AUTH_OAUTH2_PROVIDER_ACCESS_TOKEN_TTL",
            Kind::Seconds(1, i64::MAX),
            "Life of its access tokens in seconds.",
        )
        .preset("900")
        .not_yet(OAUTH2),
        Setting::new(
            "oauth2_provider.refresh_token_ttl",
            "AUTH_OAUTH2_PROVIDER_REFRESH_TOKEN_TTL",
            Kind::Seconds(1, i64::MAX),
            "Life of its refresh tokens in seconds.",
        )
        .preset("2592000")
        .not_yet(OAUTH2),
        flag(
            "oauth2_provider.cimd_enabled",
            "AUTH_OAUTH2_PROVIDER_CIMD_ENABLED",
            "Whether applications may introduce themselves by a client-id metadata document.",
        ),
        flag(
            "oauth2_provider.cimd_allow_insecure_transport",
            "AUTH_OAUTH2_PROVIDER_CIMD_ALLOW_INSECURE_TRANSPORT",
            "Whether such a document may come without TLS.",
        ),
    ],
};

const fn flag(key: &'static str, variable: &'static str, doc: &'static str) -> Setting {
    Setting::new(key, variable, Kind::Flag, doc)
        .preset("false")
        .not_yet(OAUTH2)
}
