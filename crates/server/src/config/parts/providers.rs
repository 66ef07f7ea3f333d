//! Services that people sign in with.

use std::collections::BTreeMap;

use auth_domain::{identity::ProviderId, secret::Secret};
use provider_apple::{AppleRegistration, PrivateKey};
use provider_custom::Definition;
use provider_google::Google;
use provider_kit::{AuthorizationCodeProvider, Endpoints, Registration};
use provider_twitter::TwitterRegistration;
use provider_workos::WorkOs;
use url::Url;

use super::outgoing::{egress_rules, reachable};
use crate::config::{
    setting::Setting,
    settings::Settings,
    table::{
        providers::{self as table, CodeFlowSettings},
        server,
    },
};

/// Directories of Microsoft's that stand for any number of others.
const OF_EVERYBODY: [&str; 3] = ["common", "organizations", "consumers"];

/// What URLs have in the place of a directory.
const TENANT: &str = "{tenant}";

/// Services that people sign in with.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProviderSettings {
    /// Those of the authorization-code flow that are on, by name.
    pub(crate) code_flows: BTreeMap<&'static str, Registration>,
    /// What people are sent to WorkOS with.
    pub(crate) workos: WorkOs,
    /// Apple.
    pub(crate) apple: Option<AppleRegistration>,
    /// Twitter.
    pub(crate) twitter: Option<TwitterRegistration>,
    /// Those that the operator described.
    pub(crate) custom: Vec<Definition>,
    /// Apple's ID tokens.
    pub(crate) apple_id_tokens: Option<IdTokenSettings>,
    /// Google's ID tokens.
    pub(crate) google_id_tokens: Option<IdTokenSettings>,
    /// Those whose addresses count as verified.
    pub(crate) trusted_emails: Vec<ProviderId>,
}

/// ID tokens that apps may bring.
#[derive(Debug, Clone)]
pub(crate) struct IdTokenSettings {
    /// Whom they have to be for.
    pub(crate) audiences: Vec<String>,
    /// Where their keys are.
    pub(crate) keys_url: Url,
}

impl ProviderSettings {
    /// Picks this part from all settings. Every problem is added to `problems`.
    pub(crate) fn read(
        settings: &Settings,
        warnings: &mut Vec<String>,
        problems: &mut Vec<String>,
    ) -> Self {
        let mut reader = Reader { settings, problems };
        let text = |setting| settings.text(setting).map(str::to_owned);
        let read = Self {
            code_flows: table::CODE_FLOWS
                .iter()
                .filter_map(|it| Some((it.id, reader.code_flow(it)?)))
                .collect(),
            workos: WorkOs {
                organization: text(&table::WORKOS_ORGANIZATION),
                connection: text(&table::WORKOS_CONNECTION),
                domain: text(&table::WORKOS_DOMAIN),
            },
            apple: reader.apple(),
            twitter: reader.twitter(),
            custom: reader.custom(),
            apple_id_tokens: reader.id_tokens(&table::APPLE_AUDIENCE, &table::APPLE_KEYS_URL),
            google_id_tokens: reader.id_tokens(&table::GOOGLE_AUDIENCE, &table::GOOGLE_KEYS_URL),
            trusted_emails: (settings.list(&table::TRUSTED_EMAILS).iter())
                .filter_map(|it| ProviderId::parse(it).ok())
                .collect(),
        };
        warnings.extend(read.trusted_in_vain(settings));
        problems.extend(read.trusted_with_everybody(settings));
        read
    }

    /// Anybody can have a directory of their own at Microsoft, and write any address into it.
    fn trusted_with_everybody(&self, settings: &Settings) -> Vec<String> {
        let tables = table::CODE_FLOWS.iter();
        let trusted = tables.filter(|it| {
            let is_named = |id: &ProviderId| id.as_str() == it.id;
            self.code_flows.contains_key(it.id) && self.trusted_emails.iter().any(is_named)
        });
        let tenants = trusted.filter_map(|it| it.tenant.as_ref());
        let open = tenants.filter(|it| {
            let tenant = settings.text(it).unwrap_or_default();
            OF_EVERYBODY
                .iter()
                .any(|open| tenant.eq_ignore_ascii_case(open))
        });
        open.map(|tenant| {
            format!(
                "{} trusts every directory there is, where anybody may write any address; name \
                 your own in {}",
                settings.name(&table::TRUSTED_EMAILS),
                settings.name(tenant)
            )
        })
        .collect()
    }

    /// A slip in a name would be noticed by nobody.
    fn trusted_in_vain(&self, settings: &Settings) -> Vec<String> {
        let is_on = |id: &ProviderId| {
            let name = id.as_str();
            self.code_flows.contains_key(name)
                || name == provider_apple::ID
                    && (self.apple.is_some() || self.apple_id_tokens.is_some())
                || name == Google::ID && self.google_id_tokens.is_some()
                || name == provider_twitter::ID && self.twitter.is_some()
                || self.custom.iter().any(|it| it.id == *id)
        };
        let off = self.trusted_emails.iter().filter(|it| !is_on(it));
        off.map(|id| {
            format!(
                "{}: nobody can sign in with {id}, so it has no effect there",
                settings.name(&table::TRUSTED_EMAILS)
            )
        })
        .collect()
    }
}

/// Reads on after a problem, so that all are told at once.
struct Reader<'a> {
    settings: &'a Settings,
    problems: &'a mut Vec<String>,
}

impl Reader<'_> {
    fn code_flow(&mut self, table: &CodeFlowSettings) -> Option<Registration> {
        if !self.settings.flag(&table.enabled) {
            return None;
        }
        let client_id = self.needed(&table.enabled, &table.client_id);
        let client_secret = self.needed(&table.enabled, &table.client_secret);
        let tenant = table.tenant.as_ref();
        let tenant = tenant.and_then(|it| self.settings.text(it));
        let tenant = tenant.unwrap_or_default().to_owned();
        let authorization = self.url(&table.authorization_url, &tenant, false);
        let token = self.url(&table.token_url, &tenant, true);
        let profile = self.url(&table.profile_url, &tenant, true);
        Some(Registration {
            client_id: client_id?,
            client_secret: Secret::new(client_secret?),
            endpoints: Endpoints {
                authorization: authorization?,
                token: token?,
                profile: profile?,
            },
            scopes: self.settings.list(&table.scope).to_vec(),
        })
    }

    fn apple(&mut self) -> Option<AppleRegistration> {
        let enabled = &table::APPLE_ENABLED;
        if !self.settings.flag(enabled) {
            return None;
        }
        let client_id = self.needed(enabled, &table::APPLE_CLIENT_ID);
        let team_id = self.needed(enabled, &table::APPLE_TEAM_ID);
        let key_id = self.needed(enabled, &table::APPLE_KEY_ID);
        let private_key = self.needed(enabled, &table::APPLE_PRIVATE_KEY);
        let private_key = private_key.and_then(|_| {
            let read = self
                .settings
                .parsed(&table::APPLE_PRIVATE_KEY, PrivateKey::parse);
            self.keep(read)
        });
        self.needs_tls(enabled);
        let authorization_url = self.url(&table::APPLE_AUTHORIZATION_URL, "", false);
        let token_url = self.url(&table::APPLE_TOKEN_URL, "", true);
        let keys_url = self.url(&table::APPLE_KEYS_URL, "", true);
        Some(AppleRegistration {
            client_id: client_id?,
            team_id: team_id?,
            key_id: key_id?,
            private_key: private_key?,
            authorization_url: authorization_url?,
            token_url: token_url?,
            keys_url: keys_url?,
            scopes: self.settings.list(&table::APPLE_SCOPE).to_vec(),
        })
    }

    fn twitter(&mut self) -> Option<TwitterRegistration> {
        let enabled = &table::TWITTER_ENABLED;
        if !self.settings.flag(enabled) {
            return None;
        }
        let consumer_key = self.needed(enabled, &table::TWITTER_CONSUMER_KEY);
        let consumer_secret = self.needed(enabled, &table::TWITTER_CONSUMER_SECRET);
        let request_token_url = self.url(&table::TWITTER_REQUEST_TOKEN_URL, "", true);
        let authorization_url = self.url(&table::TWITTER_AUTHORIZATION_URL, "", false);
        let access_token_url = self.url(&table::TWITTER_ACCESS_TOKEN_URL, "", true);
        let profile_url = self.url(&table::TWITTER_PROFILE_URL, "", true);
        Some(TwitterRegistration {
            consumer_key: consumer_key?,
            consumer_secret: Secret::new(consumer_secret?),
            request_token_url: request_token_url?,
            authorization_url: authorization_url?,
            access_token_url: access_token_url?,
            profile_url: profile_url?,
        })
    }

    /// The setting takes only what is an object.
    fn custom(&mut self) -> Vec<Definition> {
        let json = self.settings.text(&table::CUSTOM).unwrap_or("{}");
        let object = serde_json::from_str(json).unwrap_or_default();
        let name = self.settings.name(&table::CUSTOM);
        let definitions = Definition::parse_all(object).unwrap_or_else(|invalid| {
            let lines = invalid.iter().map(|problem| format!("{name}: {problem}"));
            self.problems.extend(lines);
            Vec::new()
        });
        let rules = egress_rules(self.settings);
        for definition in &definitions {
            for (member, url) in definition.requested_urls() {
                if let Err(error) = rules.check(url) {
                    let id = &definition.id;
                    self.problems
                        .push(format!("{name}: {id}: `{member}`: {error}"));
                }
            }
        }
        definitions
    }

    /// With audiences, apps may bring tokens, whether browsers are sent there or not.
    fn id_tokens(&mut self, audience: &Setting, keys_url: &Setting) -> Option<IdTokenSettings> {
        let audiences = self.settings.list(audience).to_vec();
        if audiences.is_empty() {
            return None;
        }
        Some(IdTokenSettings {
            audiences,
            keys_url: self.url(keys_url, "", true)?,
        })
    }

    /// Apple sends browsers nowhere else, and they bring no cookie along elsewhere.
    fn needs_tls(&mut self, enabled: &Setting) {
        let url = self.settings.text(&server::URL);
        let url = url.and_then(|it| Url::parse(it).ok());
        if url.is_none_or(|it| it.scheme() != "https") {
            self.problems.push(format!(
                "{} is on, which needs {} to begin with https",
                self.settings.name(enabled),
                self.settings.name(&server::URL)
            ));
        }
    }

    /// A text without which a service cannot be on.
    fn needed(&mut self, enabled: &Setting, setting: &Setting) -> Option<String> {
        let text = self.settings.text(setting).filter(|it| !it.is_empty());
        if text.is_none() && self.settings.is_missing(setting) {
            self.problems.push(format!(
                "{} is on, which needs {}; set it, or switch the service off",
                self.settings.name(enabled),
                setting.variable
            ));
        }
        text.map(str::to_owned)
    }

    /// A URL, for a tenant, that this server asks or browsers are sent to.
    fn url(&mut self, setting: &Setting, tenant: &str, is_asked: bool) -> Option<Url> {
        let parse = |text: &str| Url::parse(&text.replace(TENANT, tenant));
        let read = self.settings.parsed(setting, parse);
        let read = read.and_then(|url| {
            if is_asked {
                reachable(self.settings, setting, url)
            } else {
                Ok(url)
            }
        });
        self.keep(read)
    }

    fn keep<T>(&mut self, read: Result<T, String>) -> Option<T> {
        read.map_err(|problem| self.problems.push(problem)).ok()
    }
}
