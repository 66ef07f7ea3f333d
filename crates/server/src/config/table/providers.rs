//! Settings of sign-in with other services.

use provider_azuread::AzureAd;
use provider_bitbucket::Bitbucket;
use provider_discord::Discord;
use provider_entraid::EntraId;
use provider_facebook::Facebook;
use provider_github::GitHub;
use provider_gitlab::GitLab;
use provider_google::Google;
use provider_kit::AuthorizationCodeProvider;
use provider_linkedin::LinkedIn;
use provider_spotify::Spotify;
use provider_strava::Strava;
use provider_twitch::Twitch;
use provider_windowslive::WindowsLive;
use provider_workos::WorkOs;

use super::{Kind, Rule, Section, Setting};

/// The settings that every provider of the authorization-code flow has.
pub(crate) struct CodeFlowSettings {
    /// Its name.
    pub(crate) id: &'static str,
    /// Whether it is on.
    pub(crate) enabled: Setting,
    /// Id that it knows this server by.
    pub(crate) client_id: Setting,
    /// Secret that goes with the id.
    pub(crate) client_secret: Setting,
    /// Scopes.
    pub(crate) scope: Setting,
    /// Where browsers are sent.
    pub(crate) authorization_url: Setting,
    /// Where codes are exchanged.
    pub(crate) token_url: Setting,
    /// Where profiles are.
    pub(crate) profile_url: Setting,
    /// What `{tenant}` in its URLs stands for.
    pub(crate) tenant: Option<Setting>,
}

const fn flag(key: &'static str, variable: &'static str, doc: &'static str) -> Setting {
    Setting::new(key, variable, Kind::Flag, doc).preset("false")
}

const fn text(key: &'static str, variable: &'static str, doc: &'static str) -> Setting {
    Setting::new(key, variable, Kind::Text(&Rule::ANY), doc)
}

const fn url(key: &'static str, variable: &'static str, doc: &'static str) -> Setting {
    Setting::new(key, variable, Kind::Text(&Rule::WEB_URL), doc)
}

const fn list(key: &'static str, variable: &'static str, doc: &'static str) -> Setting {
    Setting::new(key, variable, Kind::List(&Rule::ANY), doc)
}

const fn tenant(key: &'static str, variable: &'static str, enabled: &'static Setting) -> Setting {
    let doc = "Directory whose members may sign in; it stands in for `{tenant}` in the URLs.";
    Setting::new(key, variable, Kind::Text(&Rule::TENANT), doc)
        .preset("common")
        .protective()
        .part_of(enabled)
}

/// What switches a provider on.
macro_rules! enabled {
    ($title:literal, $key:literal, $variable:literal) => {
        flag(
            concat!("providers.", $key, ".enabled"),
            concat!("AUTH_PROVIDER_", $variable, "_ENABLED"),
            concat!("Whether people may sign in with ", $title, "."),
        )
    };
}

/// The settings of a provider of the authorization-code flow, with its own defaults.
macro_rules! code_flow {
    ($title:literal, $key:literal, $variable:literal, $provider:ty, $tenant:expr) => {{
        const ENABLED: Setting = enabled!($title, $key, $variable);
        CodeFlowSettings {
            id: <$provider>::ID,
            enabled: ENABLED,
            client_id: text(
                concat!("providers.", $key, ".client_id"),
                concat!("AUTH_PROVIDER_", $variable, "_CLIENT_ID"),
                concat!("Id that ", $title, " knows this server by."),
            )
            .part_of(&ENABLED),
            client_secret: text(
                concat!("providers.", $key, ".client_secret"),
                concat!("AUTH_PROVIDER_", $variable, "_CLIENT_SECRET"),
                "Secret that goes with the id.",
            )
            .secret()
            .part_of(&ENABLED),
            scope: list(
                concat!("providers.", $key, ".scope"),
                concat!("AUTH_PROVIDER_", $variable, "_SCOPE"),
                "Scopes to ask for instead of the usual ones.",
            )
            .part_of(&ENABLED),
            authorization_url: url(
                concat!("providers.", $key, ".authorization_url"),
                concat!("AUTH_PROVIDER_", $variable, "_AUTHORIZATION_URL"),
                "Where people agree.",
            )
            .preset(<$provider>::AUTHORIZATION_URL)
            .part_of(&ENABLED),
            token_url: url(
                concat!("providers.", $key, ".token_url"),
                concat!("AUTH_PROVIDER_", $variable, "_TOKEN_URL"),
                "Where tokens are fetched.",
            )
            .preset(<$provider>::TOKEN_URL)
            .part_of(&ENABLED),
            profile_url: url(
                concat!("providers.", $key, ".user_profile_url"),
                concat!("AUTH_PROVIDER_", $variable, "_USER_PROFILE_URL"),
                "Where profiles are fetched.",
            )
            .preset(<$provider>::PROFILE_URL)
            .part_of(&ENABLED),
            tenant: $tenant,
        }
    }};
    ($title:literal, $key:literal, $variable:literal, $provider:ty) => {
        code_flow!($title, $key, $variable, $provider, None)
    };
}

/// The section of a provider, with what it has beside.
macro_rules! section {
    ($title:literal, $settings:ident $(, $more:expr)* $(,)?) => {
        Section {
            title: concat!("Sign-in with ", $title),
            settings: &[
                $settings.enabled,
                $settings.client_id,
                $settings.client_secret,
                $settings.scope,
                $settings.authorization_url,
                $settings.token_url,
                $settings.profile_url,
                $($more,)*
            ],
        }
    };
}

const AZUREAD_ENABLED: Setting = enabled!("Azure AD", "azuread", "AZUREAD");

const ENTRAID_ENABLED: Setting = enabled!("Entra ID", "entraid", "ENTRAID");

const AZUREAD_TENANT: Setting = tenant(
    "providers.azuread.tenant",
    "AUTH_PROVIDER_AZUREAD_TENANT",
    &AZUREAD_ENABLED,
);

const ENTRAID_TENANT: Setting = tenant(
    "providers.entraid.tenant",
    "AUTH_PROVIDER_ENTRAID_TENANT",
    &ENTRAID_ENABLED,
);

const AZUREAD: CodeFlowSettings = code_flow!(
    "Azure AD",
    "azuread",
    "AZUREAD",
    AzureAd,
    Some(AZUREAD_TENANT)
);

const BITBUCKET: CodeFlowSettings = code_flow!("Bitbucket", "bitbucket", "BITBUCKET", Bitbucket);

const DISCORD: CodeFlowSettings = code_flow!("Discord", "discord", "DISCORD", Discord);

const ENTRAID: CodeFlowSettings = code_flow!(
    "Entra ID",
    "entraid",
    "ENTRAID",
    EntraId,
    Some(ENTRAID_TENANT)
);

const FACEBOOK: CodeFlowSettings = code_flow!("Facebook", "facebook", "FACEBOOK", Facebook);

const GITHUB: CodeFlowSettings = code_flow!("GitHub", "github", "GITHUB", GitHub);

const GITLAB: CodeFlowSettings = code_flow!("GitLab", "gitlab", "GITLAB", GitLab);

const GOOGLE: CodeFlowSettings = code_flow!("Google", "google", "GOOGLE", Google);

const LINKEDIN: CodeFlowSettings = code_flow!("LinkedIn", "linkedin", "LINKEDIN", LinkedIn);

const SPOTIFY: CodeFlowSettings = code_flow!("Spotify", "spotify", "SPOTIFY", Spotify);

const STRAVA: CodeFlowSettings = code_flow!("Strava", "strava", "STRAVA", Strava);

const TWITCH: CodeFlowSettings = code_flow!("Twitch", "twitch", "TWITCH", Twitch);

const WINDOWS_LIVE: CodeFlowSettings =
    code_flow!("Windows Live", "windowslive", "WINDOWS_LIVE", WindowsLive);

const WORKOS: CodeFlowSettings = code_flow!("WorkOS", "workos", "WORKOS", WorkOs);

/// Every provider of the authorization-code flow.
pub(crate) const CODE_FLOWS: &[CodeFlowSettings] = &[
    AZUREAD,
    BITBUCKET,
    DISCORD,
    ENTRAID,
    FACEBOOK,
    GITHUB,
    GITLAB,
    GOOGLE,
    LINKEDIN,
    SPOTIFY,
    STRAVA,
    TWITCH,
    WINDOWS_LIVE,
    WORKOS,
];

/// One section per service.
pub(super) const SECTIONS: &[Section] = &[
    GENERAL,
    APPLE,
    section!("Azure AD", AZUREAD, AZUREAD_TENANT),
    section!("Bitbucket", BITBUCKET),
    section!("Discord", DISCORD),
    section!("Entra ID", ENTRAID, ENTRAID_TENANT),
    section!("Facebook", FACEBOOK),
    section!("GitHub", GITHUB),
    section!("GitLab", GITLAB),
    section!("Google", GOOGLE, GOOGLE_AUDIENCE, GOOGLE_KEYS_URL),
    section!("LinkedIn", LINKEDIN),
    section!("Spotify", SPOTIFY),
    section!("Strava", STRAVA),
    section!("Twitch", TWITCH),
    TWITTER,
    section!("Windows Live", WINDOWS_LIVE),
    section!(
        "WorkOS",
        WORKOS,
        WORKOS_ORGANIZATION,
        WORKOS_CONNECTION,
        WORKOS_DOMAIN
    ),
];

pub(crate) const TRUSTED_EMAILS: Setting = Setting::new(
    "providers.trusted_emails",
    "AUTH_PROVIDER_TRUSTED_EMAILS",
    Kind::List(&Rule::PROVIDER),
    "Services whose e-mail addresses count as verified although they do not say so, such as \
     `entraid` for a directory of your own; whoever can choose an address there can take over the \
     account that has it here.",
);

const GENERAL: Section = Section {
    title: "Sign-in with other services",
    settings: &[TRUSTED_EMAILS, CUSTOM],
};

pub(crate) const APPLE_ENABLED: Setting = flag(
    "providers.apple.enabled",
    "AUTH_PROVIDER_APPLE_ENABLED",
    "Whether people may sign in with Apple.",
);

pub(crate) const APPLE_CLIENT_ID: Setting = text(
    "providers.apple.client_id",
    "AUTH_PROVIDER_APPLE_CLIENT_ID",
    "Id that Apple knows this server by.",
)
.part_of(&APPLE_ENABLED);

pub(crate) const APPLE_TEAM_ID: Setting = text(
    "providers.apple.team_id",
    "AUTH_PROVIDER_APPLE_TEAM_ID",
    "Team the id belongs to.",
)
.part_of(&APPLE_ENABLED);

pub(crate) const APPLE_KEY_ID: Setting = text(
    "providers.apple.key_id",
    "AUTH_PROVIDER_APPLE_KEY_ID",
    "Id of the private key.",
)
.part_of(&APPLE_ENABLED);

pub(crate) const APPLE_PRIVATE_KEY: Setting = text(
    "providers.apple.private_key",
    "AUTH_PROVIDER_APPLE_PRIVATE_KEY",
    "Private key as PEM, or the PEM as base64.",
)
.secret()
.part_of(&APPLE_ENABLED);

pub(crate) const APPLE_SCOPE: Setting = list(
    "providers.apple.scope",
    "AUTH_PROVIDER_APPLE_SCOPE",
    "Scopes to ask for instead of the usual ones.",
)
.part_of(&APPLE_ENABLED);

pub(crate) const APPLE_AUTHORIZATION_URL: Setting = url(
    "providers.apple.authorization_url",
    "AUTH_PROVIDER_APPLE_AUTHORIZATION_URL",
    "Where people agree.",
)
.preset(provider_apple::AUTHORIZATION_URL)
.part_of(&APPLE_ENABLED);

pub(crate) const APPLE_TOKEN_URL: Setting = url(
    "providers.apple.token_url",
    "AUTH_PROVIDER_APPLE_TOKEN_URL",
    "Where tokens are fetched.",
)
.preset(provider_apple::TOKEN_URL)
.part_of(&APPLE_ENABLED);

pub(crate) const APPLE_AUDIENCE: Setting = list(
    "providers.apple.audience",
    "AUTH_PROVIDER_APPLE_AUDIENCE",
    "Audiences of the ID tokens that apps may bring; with any, they may.",
);

pub(crate) const APPLE_KEYS_URL: Setting = url(
    "providers.apple.keys_url",
    "AUTH_PROVIDER_APPLE_KEYS_URL",
    "Where the keys of ID tokens are fetched.",
)
.preset(provider_apple::KEYS_URL);

const APPLE: Section = Section {
    title: "Sign-in with Apple",
    settings: &[
        APPLE_ENABLED,
        APPLE_CLIENT_ID,
        APPLE_TEAM_ID,
        APPLE_KEY_ID,
        APPLE_PRIVATE_KEY,
        APPLE_SCOPE,
        APPLE_AUTHORIZATION_URL,
        APPLE_TOKEN_URL,
        APPLE_AUDIENCE,
        APPLE_KEYS_URL,
    ],
};

pub(crate) const GOOGLE_AUDIENCE: Setting = list(
    "providers.google.audience",
    "AUTH_PROVIDER_GOOGLE_AUDIENCE",
    "Audiences of the ID tokens that apps may bring; with any, they may.",
);

pub(crate) const GOOGLE_KEYS_URL: Setting = url(
    "providers.google.keys_url",
    "AUTH_PROVIDER_GOOGLE_KEYS_URL",
    "Where the keys of ID tokens are fetched.",
)
.preset(provider_google::KEYS_URL);

pub(crate) const TWITTER_ENABLED: Setting = flag(
    "providers.twitter.enabled",
    "AUTH_PROVIDER_TWITTER_ENABLED",
    "Whether people may sign in with Twitter.",
);

pub(crate) const TWITTER_CONSUMER_KEY: Setting = text(
    "providers.twitter.consumer_key",
    "AUTH_PROVIDER_TWITTER_CONSUMER_KEY",
    "Key that Twitter knows this server by.",
)
.part_of(&TWITTER_ENABLED);

pub(crate) const TWITTER_CONSUMER_SECRET: Setting = text(
    "providers.twitter.consumer_secret",
    "AUTH_PROVIDER_TWITTER_CONSUMER_SECRET",
    "Secret that goes with the key.",
)
.secret()
.part_of(&TWITTER_ENABLED);

pub(crate) const TWITTER_REQUEST_TOKEN_URL: Setting = url(
    "providers.twitter.request_token_url",
    "AUTH_PROVIDER_TWITTER_REQUEST_TOKEN_URL",
    "Where a sign-in begins.",
)
.preset(provider_twitter::REQUEST_TOKEN_URL)
.part_of(&TWITTER_ENABLED);

pub(crate) const TWITTER_AUTHORIZATION_URL: Setting = url(
    "providers.twitter.authorization_url",
    "AUTH_PROVIDER_TWITTER_AUTHORIZATION_URL",
    "Where people agree.",
)
.preset(provider_twitter::AUTHORIZATION_URL)
.part_of(&TWITTER_ENABLED);

pub(crate) const TWITTER_ACCESS_TOKEN_URL: Setting = url(
    "providers.twitter.access_token_url",
    "AUTH_PROVIDER_TWITTER_ACCESS_TOKEN_URL",
    "Where tokens are fetched.",
)
.preset(provider_twitter::ACCESS_TOKEN_URL)
.part_of(&TWITTER_ENABLED);

pub(crate) const TWITTER_PROFILE_URL: Setting = url(
    "providers.twitter.user_profile_url",
    "AUTH_PROVIDER_TWITTER_USER_PROFILE_URL",
    "Where profiles are fetched.",
)
.preset(provider_twitter::PROFILE_URL)
.part_of(&TWITTER_ENABLED);

const TWITTER: Section = Section {
    title: "Sign-in with Twitter",
    settings: &[
        TWITTER_ENABLED,
        TWITTER_CONSUMER_KEY,
        TWITTER_CONSUMER_SECRET,
        TWITTER_REQUEST_TOKEN_URL,
        TWITTER_AUTHORIZATION_URL,
        TWITTER_ACCESS_TOKEN_URL,
        TWITTER_PROFILE_URL,
    ],
};

pub(crate) const WORKOS_ORGANIZATION: Setting = text(
    "providers.workos.default_organization",
    "AUTH_PROVIDER_WORKOS_DEFAULT_ORGANIZATION",
    "Organization whose members people sign in as.",
);

pub(crate) const WORKOS_CONNECTION: Setting = text(
    "providers.workos.default_connection",
    "AUTH_PROVIDER_WORKOS_DEFAULT_CONNECTION",
    "Connection that people sign in by.",
);

pub(crate) const WORKOS_DOMAIN: Setting = text(
    "providers.workos.default_domain",
    "AUTH_PROVIDER_WORKOS_DEFAULT_DOMAIN",
    "Domain whose members people sign in as.",
);

pub(crate) const CUSTOM: Setting = Setting::new(
    "providers.custom",
    "AUTH_PROVIDER_CUSTOM",
    Kind::Text(&Rule::JSON_OBJECT),
    "Services of OAuth2 or OpenID Connect beside those below, as a JSON object with a short name of \
     each as its key; see `docs/social-sign-in.md`.",
)
.secret();
