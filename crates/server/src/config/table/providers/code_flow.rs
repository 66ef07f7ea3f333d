//! Settings of a provider of the authorization-code flow, all of them in one row.

use std::sync::Arc;

use auth_domain::{ports::Provider, secret::Secret};
use egress::Egress;
use provider_kit::Registration;
use settings::{Kind, Optional, Rule, Section, Setting, Settings};
use url::Url;

use crate::config::rule;

/// An identity provider.
pub(crate) struct ProviderRow {
    /// All of its settings.
    pub(crate) section: Section,
    /// Its connection, unless it speaks a protocol of its own.
    pub(crate) code_flow: Option<CodeFlowRow>,
}

/// A provider of the authorization-code flow.
pub(crate) struct CodeFlowRow {
    /// Its name.
    pub(crate) id: &'static str,
    /// Whether it is on.
    pub(crate) enabled: Setting<bool>,
    /// The client id of this server there.
    pub(crate) client_id: Setting<String, Optional>,
    /// The client secret that belongs to the id.
    pub(crate) client_secret: Setting<Secret, Optional>,
    /// Scopes.
    pub(crate) scope: Setting<Vec<String>, Optional>,
    /// The authorization endpoint.
    pub(crate) authorization_url: Setting<String>,
    /// The token endpoint.
    pub(crate) token_url: Setting<String>,
    /// The profile endpoint.
    pub(crate) profile_url: Setting<String>,
    /// What `{tenant}` in its URLs stands for.
    pub(crate) tenant: Option<Setting<String>>,
    /// Makes the provider from its registration.
    pub(crate) connect: fn(&Settings, Registration, Egress) -> Arc<dyn Provider>,
}

pub(super) const fn flag(
    key: &'static str,
    variable: &'static str,
    doc: &'static str,
) -> Setting<bool> {
    Setting::new(key, variable, Kind::FLAG, doc).preset("false")
}

pub(super) const fn text(
    key: &'static str,
    variable: &'static str,
    doc: &'static str,
) -> Setting<String, Optional> {
    Setting::new(key, variable, Kind::text(&Rule::ANY), doc)
}

pub(super) const fn secret(
    key: &'static str,
    variable: &'static str,
    doc: &'static str,
) -> Setting<Secret, Optional> {
    Setting::new(key, variable, Kind::text(&rule::SECRET), doc).secret()
}

pub(super) const fn url(
    key: &'static str,
    variable: &'static str,
    doc: &'static str,
) -> Setting<Url, Optional> {
    Setting::new(key, variable, Kind::text(&rule::WEB_URL), doc)
}

/// A URL with `{tenant}` in it, perhaps.
pub(super) const fn url_template(
    key: &'static str,
    variable: &'static str,
    doc: &'static str,
) -> Setting<String, Optional> {
    Setting::new(key, variable, Kind::text(&rule::WEB_URL_TEXT), doc)
}

pub(super) const fn list(
    key: &'static str,
    variable: &'static str,
    doc: &'static str,
) -> Setting<Vec<String>, Optional> {
    Setting::new(key, variable, Kind::list(&Rule::ANY), doc)
}

pub(super) const fn tenant(
    key: &'static str,
    variable: &'static str,
    enabled: &'static Setting<bool>,
) -> Setting<String> {
    let doc = "Directory whose members may sign in; it stands in for `{tenant}` in the URLs.";
    Setting::new(key, variable, Kind::text(&rule::TENANT), doc)
        .preset("common")
        .protective()
        .part_of(enabled)
}

/// The row of a service: its title, its key in files, its part of the variables, and its type.
///
/// * `tenant` – if its URLs have `{tenant}` in them.
/// * `made` – how the service is made of settings, if it is not its type alone.
/// * `beside` – further settings of it.
macro_rules! provider {
    (
        $title:literal, $key:literal, $variable:literal, $provider:path
        $(, $tenant:ident)?
        $(; made $make:expr)?
        $(; beside $($more:ident),+)?
    ) => {{
        const ENABLED: Setting<bool> = code_flow::flag(
            concat!("providers.", $key, ".enabled"),
            concat!("AUTH_PROVIDER_", $variable, "_ENABLED"),
            concat!("Whether people may sign in with ", $title, "."),
        );
        const ROW: CodeFlowRow = CodeFlowRow {
            id: <$provider as AuthorizationCodeProvider>::ID,
            enabled: ENABLED,
            client_id: code_flow::text(
                concat!("providers.", $key, ".client_id"),
                concat!("AUTH_PROVIDER_", $variable, "_CLIENT_ID"),
                concat!("Id that ", $title, " knows this server by."),
            )
            .part_of(&ENABLED),
            client_secret: code_flow::secret(
                concat!("providers.", $key, ".client_secret"),
                concat!("AUTH_PROVIDER_", $variable, "_CLIENT_SECRET"),
                "Secret that goes with the id.",
            )
            .part_of(&ENABLED),
            scope: code_flow::list(
                concat!("providers.", $key, ".scope"),
                concat!("AUTH_PROVIDER_", $variable, "_SCOPE"),
                "Scopes to ask for instead of the usual ones.",
            )
            .part_of(&ENABLED),
            authorization_url: code_flow::url_template(
                concat!("providers.", $key, ".authorization_url"),
                concat!("AUTH_PROVIDER_", $variable, "_AUTHORIZATION_URL"),
                "Where people agree.",
            )
            .preset(<$provider as AuthorizationCodeProvider>::AUTHORIZATION_URL)
            .part_of(&ENABLED),
            token_url: code_flow::url_template(
                concat!("providers.", $key, ".token_url"),
                concat!("AUTH_PROVIDER_", $variable, "_TOKEN_URL"),
                "Where tokens are fetched.",
            )
            .preset(<$provider as AuthorizationCodeProvider>::TOKEN_URL)
            .part_of(&ENABLED),
            profile_url: code_flow::url_template(
                concat!("providers.", $key, ".user_profile_url"),
                concat!("AUTH_PROVIDER_", $variable, "_USER_PROFILE_URL"),
                "Where profiles are fetched.",
            )
            .preset(<$provider as AuthorizationCodeProvider>::PROFILE_URL)
            .part_of(&ENABLED),
            tenant: code_flow::optional!($(code_flow::$tenant(
                concat!("providers.", $key, ".tenant"),
                concat!("AUTH_PROVIDER_", $variable, "_TENANT"),
                &ENABLED,
            ))?),
            connect: |settings, registration, egress| {
                let service = code_flow::made!(settings, $provider $(, $make)?);
                Arc::new(OAuth2::new(service, registration, egress))
            },
        };
        ProviderRow {
            section: Section {
                title: concat!("Sign-in with ", $title),
                settings: &[
                    ROW.enabled.row(),
                    ROW.client_id.row(),
                    ROW.client_secret.row(),
                    ROW.scope.row(),
                    ROW.authorization_url.row(),
                    ROW.token_url.row(),
                    ROW.profile_url.row(),
                    $(code_flow::$tenant(
                        concat!("providers.", $key, ".tenant"),
                        concat!("AUTH_PROVIDER_", $variable, "_TENANT"),
                        &ENABLED,
                    ).row(),)?
                    $($($more.row(),)+)?
                ],
            },
            code_flow: Some(ROW),
        }
    }};
}

/// `Some` of the argument.
macro_rules! optional {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

/// A service as it is made, or else its type alone.
macro_rules! made {
    ($settings:ident, $provider:path) => {{
        let _ = $settings;
        $provider
    }};
    ($settings:ident, $provider:path, $make:expr) => {
        $make($settings)
    };
}

pub(super) use {made, optional, provider};
