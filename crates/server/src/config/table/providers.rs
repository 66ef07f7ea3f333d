//! Settings of sign-in with other services.

use super::{Kind, Rule, Section, Setting};

const PROVIDERS: &str = "sign people in with other services yet";

const fn flag(key: &'static str, variable: &'static str, doc: &'static str) -> Setting {
    Setting::new(key, variable, Kind::Flag, doc)
        .preset("false")
        .not_yet(PROVIDERS)
}

const fn text(key: &'static str, variable: &'static str, doc: &'static str) -> Setting {
    Setting::new(key, variable, Kind::Text(&Rule::ANY), doc).not_yet(PROVIDERS)
}

const fn url(key: &'static str, variable: &'static str, doc: &'static str) -> Setting {
    Setting::new(key, variable, Kind::Text(&Rule::WEB_URL), doc).not_yet(PROVIDERS)
}

const fn list(key: &'static str, variable: &'static str, doc: &'static str) -> Setting {
    Setting::new(key, variable, Kind::List(&Rule::ANY), doc).not_yet(PROVIDERS)
}

/// The settings that every provider of the authorization-code flow has, and what one has beside.
macro_rules! code_flow {
    ($title:literal, $key:literal, $variable:literal $(, $more:expr)* $(,)?) => {
        Section {
            title: concat!("Sign-in with ", $title),
            settings: &[
                flag(
                    concat!("providers.", $key, ".enabled"),
                    concat!("AUTH_PROVIDER_", $variable, "_ENABLED"),
                    concat!("Whether people may sign in with ", $title, "."),
                ),
                text(
                    concat!("providers.", $key, ".client_id"),
                    concat!("AUTH_PROVIDER_", $variable, "_CLIENT_ID"),
                    concat!("Id that ", $title, " knows this server by."),
                ),
                text(
                    concat!("providers.", $key, ".client_secret"),
                    concat!("AUTH_PROVIDER_", $variable, "_CLIENT_SECRET"),
                    "Secret that goes with the id.",
                )
                .secret(),
                list(
                    concat!("providers.", $key, ".scope"),
                    concat!("AUTH_PROVIDER_", $variable, "_SCOPE"),
                    "Scopes to ask for instead of the usual ones.",
                ),
                $($more,)*
            ],
        }
    };
}

/// One section per service.
pub(super) const SECTIONS: &[Section] = &[
    APPLE,
    code_flow!(
        "Azure AD",
        "azuread",
        "AZUREAD",
        text(
            "providers.azuread.tenant",
            "AUTH_PROVIDER_AZUREAD_TENANT",
            "Directory whose members may sign in.",
        )
        .preset("common"),
    ),
    code_flow!("Bitbucket", "bitbucket", "BITBUCKET"),
    code_flow!("Discord", "discord", "DISCORD"),
    code_flow!(
        "Entra ID",
        "entraid",
        "ENTRAID",
        text(
            "providers.entraid.tenant",
            "AUTH_PROVIDER_ENTRAID_TENANT",
            "Directory whose members may sign in.",
        )
        .preset("common"),
    ),
    code_flow!("Facebook", "facebook", "FACEBOOK"),
    code_flow!(
        "GitHub",
        "github",
        "GITHUB",
        url(
            "providers.github.authorization_url",
            "AUTH_PROVIDER_GITHUB_AUTHORIZATION_URL",
            "Where people agree.",
        )
        .preset("https://github.com/login/oauth/authorize"),
        url(
            "providers.github.token_url",
            "AUTH_PROVIDER_GITHUB_TOKEN_URL",
            "Where tokens are fetched.",
        )
        .preset("https://github.com/login/oauth/access_token"),
        url(
            "providers.github.user_profile_url",
            "AUTH_PROVIDER_GITHUB_USER_PROFILE_URL",
            "Where profiles are fetched.",
        )
        .preset("https://api.github.com/user"),
    ),
    code_flow!("GitLab", "gitlab", "GITLAB"),
    code_flow!(
        "Google",
        "google",
        "GOOGLE",
        list(
            "providers.google.audience",
            "AUTH_PROVIDER_GOOGLE_AUDIENCE",
            "Audiences of the id tokens that are accepted.",
        ),
    ),
    code_flow!("LinkedIn", "linkedin", "LINKEDIN"),
    code_flow!("Spotify", "spotify", "SPOTIFY"),
    code_flow!("Strava", "strava", "STRAVA"),
    code_flow!("Twitch", "twitch", "TWITCH"),
    TWITTER,
    code_flow!("Windows Live", "windowslive", "WINDOWS_LIVE"),
    WORKOS,
    CUSTOM,
];

const APPLE: Section = Section {
    title: "Sign-in with Apple",
    settings: &[
        flag(
            "providers.apple.enabled",
            "AUTH_PROVIDER_APPLE_ENABLED",
            "Whether people may sign in with Apple.",
        ),
        text(
            "providers.apple.client_id",
            "AUTH_PROVIDER_APPLE_CLIENT_ID",
            "Id that Apple knows this server by.",
        ),
        text(
            "providers.apple.team_id",
            "AUTH_PROVIDER_APPLE_TEAM_ID",
            "Team the id belongs to.",
        ),
        text(
            "providers.apple.key_id",
            "AUTH_PROVIDER_APPLE_KEY_ID",
            "Id of the private key.",
        ),
        text(
            "providers.apple.private_key",
            "AUTH_PROVIDER_APPLE_PRIVATE_KEY",
            "Private key as PEM, or the PEM as base64.",
        )
        .secret(),
        list(
            "providers.apple.scope",
            "AUTH_PROVIDER_APPLE_SCOPE",
            "Scopes to ask for instead of the usual ones.",
        ),
        list(
            "providers.apple.audience",
            "AUTH_PROVIDER_APPLE_AUDIENCE",
            "Audiences of the id tokens that are accepted.",
        ),
    ],
};

const TWITTER: Section = Section {
    title: "Sign-in with Twitter",
    settings: &[
        flag(
            "providers.twitter.enabled",
            "AUTH_PROVIDER_TWITTER_ENABLED",
            "Whether people may sign in with Twitter.",
        ),
        text(
            "providers.twitter.consumer_key",
            "AUTH_PROVIDER_TWITTER_CONSUMER_KEY",
            "Key that Twitter knows this server by.",
        ),
        text(
            "providers.twitter.consumer_secret",
            "AUTH_PROVIDER_TWITTER_CONSUMER_SECRET",
            "Secret that goes with the key.",
        )
        .secret(),
    ],
};

const WORKOS: Section = Section {
    title: "Sign-in with WorkOS",
    settings: &[
        flag(
            "providers.workos.enabled",
            "AUTH_PROVIDER_WORKOS_ENABLED",
            "Whether people may sign in with WorkOS.",
        ),
        text(
            "providers.workos.client_id",
            "AUTH_PROVIDER_WORKOS_CLIENT_ID",
            "Id that WorkOS knows this server by.",
        ),
        text(
            "providers.workos.client_secret",
            "AUTH_PROVIDER_WORKOS_CLIENT_SECRET",
            "Secret that goes with the id.",
        )
        .secret(),
        text(
            "providers.workos.default_organization",
            "AUTH_PROVIDER_WORKOS_DEFAULT_ORGANIZATION",
            "Organization of people who name none.",
        ),
        text(
            "providers.workos.default_connection",
            "AUTH_PROVIDER_WORKOS_DEFAULT_CONNECTION",
            "Connection of people who name none.",
        ),
        text(
            "providers.workos.default_domain",
            "AUTH_PROVIDER_WORKOS_DEFAULT_DOMAIN",
            "Domain of people who name none.",
        ),
    ],
};

const CUSTOM: Section = Section {
    title: "Sign-in with any OAuth2 or OpenID Connect service",
    settings: &[Setting::new(
        "providers.custom",
        "AUTH_PROVIDER_CUSTOM",
        Kind::Text(&Rule::JSON_OBJECT),
        "Further services as a JSON object, with a short name of each as its key.",
    )
    .secret()
    .not_yet(PROVIDERS)],
};
