//! Settings of identity providers, a row for each.

pub(crate) mod apple;
pub(crate) mod code_flow;
pub(crate) mod twitter;

use std::sync::Arc;

use auth_domain::identity::ProviderId;
use provider_kit::{AuthorizationCodeProvider, OAuth2};
use provider_workos::WorkOs;
use serde_json::{Map, Value};
use settings::{Kind, Optional, Section, Setting, Settings, section};
use url::Url;

use self::code_flow::{CodeFlowRow, ProviderRow, list, provider, text, url};
use crate::config::rule;

/// Rows by name, in the order they are shown in.
macro_rules! providers {
    ($($name:ident = $row:expr;)+) => {
        $(const $name: ProviderRow = $row;)+

        /// Every provider.
        pub(crate) const PROVIDERS: &[ProviderRow] = &[$($name),+];

        /// One section per provider.
        pub(super) const SECTIONS: &[Section] = &[GENERAL, $($name.section),+];
    };
}

providers! {
    APPLE = ProviderRow { section: apple::SECTION, code_flow: None };
    AZUREAD = provider!("Azure AD", "azuread", "AZUREAD", provider_azuread::AzureAd, tenant);
    BITBUCKET = provider!("Bitbucket", "bitbucket", "BITBUCKET", provider_bitbucket::Bitbucket);
    DISCORD = provider!("Discord", "discord", "DISCORD", provider_discord::Discord);
    ENTRAID = provider!("Entra ID", "entraid", "ENTRAID", provider_entraid::EntraId, tenant);
    FACEBOOK = provider!("Facebook", "facebook", "FACEBOOK", provider_facebook::Facebook);
    GITHUB = provider!("GitHub", "github", "GITHUB", provider_github::GitHub);
    GITLAB = provider!("GitLab", "gitlab", "GITLAB", provider_gitlab::GitLab);
    GOOGLE = provider!(
        "Google", "google", "GOOGLE", provider_google::Google;
        beside GOOGLE_AUDIENCE, GOOGLE_KEYS_URL
    );
    LINKEDIN = provider!("LinkedIn", "linkedin", "LINKEDIN", provider_linkedin::LinkedIn);
    SPOTIFY = provider!("Spotify", "spotify", "SPOTIFY", provider_spotify::Spotify);
    STRAVA = provider!("Strava", "strava", "STRAVA", provider_strava::Strava);
    TWITCH = provider!("Twitch", "twitch", "TWITCH", provider_twitch::Twitch);
    TWITTER = ProviderRow { section: twitter::SECTION, code_flow: None };
    WINDOWS_LIVE = provider!(
        "Windows Live", "windowslive", "WINDOWS_LIVE", provider_windowslive::WindowsLive
    );
    WORKOS = provider!(
        "WorkOS", "workos", "WORKOS", WorkOs;
        made workos;
        beside WORKOS_ORGANIZATION, WORKOS_CONNECTION, WORKOS_DOMAIN
    );
}

/// Every provider of the authorization-code flow.
pub(crate) fn code_flows() -> impl Iterator<Item = &'static CodeFlowRow> {
    PROVIDERS.iter().filter_map(|it| it.code_flow.as_ref())
}

section! {
    /// Settings of all providers together, and the providers that the operator describes.
    const GENERAL = "Sign-in with other services";

    TRUSTED_EMAILS: Setting<Vec<ProviderId>, Optional> = Setting::new(
        "providers.trusted_emails",
        "AUTH_PROVIDER_TRUSTED_EMAILS",
        Kind::list(&rule::PROVIDER),
        "Services whose e-mail addresses count as verified although they do not say so, such as \
         `entraid` for a directory of your own; whoever can choose an address there can take over the \
         account that has it here.",
    );

    CUSTOM: Setting<Map<String, Value>, Optional> = Setting::new(
        "providers.custom",
        "AUTH_PROVIDER_CUSTOM",
        Kind::text(&rule::JSON_OBJECT),
        "Services of OAuth2 or OpenID Connect beside those below, as a JSON object with a short name of \
         each as its key; see `docs/social-sign-in.md`.",
    )
    .secret();
}

pub(crate) const GOOGLE_AUDIENCE: Setting<Vec<String>, Optional> = list(
    "providers.google.audience",
    "AUTH_PROVIDER_GOOGLE_AUDIENCE",
    "Audiences of the ID tokens that apps may bring; with any, they may.",
);

pub(crate) const GOOGLE_KEYS_URL: Setting<Url> = url(
    "providers.google.keys_url",
    "AUTH_PROVIDER_GOOGLE_KEYS_URL",
    "Where the keys of ID tokens are fetched.",
)
.preset(provider_google::KEYS_URL);

pub(crate) const WORKOS_ORGANIZATION: Setting<String, Optional> = text(
    "providers.workos.default_organization",
    "AUTH_PROVIDER_WORKOS_DEFAULT_ORGANIZATION",
    "Organization whose members people sign in as.",
);

pub(crate) const WORKOS_CONNECTION: Setting<String, Optional> = text(
    "providers.workos.default_connection",
    "AUTH_PROVIDER_WORKOS_DEFAULT_CONNECTION",
    "Connection that people sign in by.",
);

pub(crate) const WORKOS_DOMAIN: Setting<String, Optional> = text(
    "providers.workos.default_domain",
    "AUTH_PROVIDER_WORKOS_DEFAULT_DOMAIN",
    "Domain whose members people sign in as.",
);

/// WorkOS, with the parameters of its authorization request.
fn workos(settings: &Settings) -> WorkOs {
    WorkOs {
        organization: settings.get(&WORKOS_ORGANIZATION),
        connection: settings.get(&WORKOS_CONNECTION),
        domain: settings.get(&WORKOS_DOMAIN),
    }
}
