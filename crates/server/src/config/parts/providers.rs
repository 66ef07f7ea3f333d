//! Identity providers.

use std::collections::BTreeMap;

use auth_domain::identity::ProviderId;
use provider_apple::AppleRegistration;
use provider_custom::Definition;
use provider_google::Google;
use provider_kit::{AuthorizationCodeProvider, Endpoints, Registration};
use provider_twitter::TwitterRegistration;
use settings::{Optional, Row, Setting, Settings};
use url::Url;

use super::outgoing::{egress_rules, reachable, reachable_url};
use crate::config::table::{
    providers::{self as table, apple, code_flow::CodeFlowRow, code_flows, twitter},
    server,
};

/// Microsoft's directories (tenants) that stand for any number of others.
const OF_EVERYBODY: [&str; 3] = ["common", "organizations", "consumers"];

/// The placeholder of a directory (tenant) in URLs.
const TENANT: &str = "{tenant}";

/// The identity providers that are on.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProviderSettings {
    /// Providers of the authorization-code flow, by name.
    pub(crate) code_flows: BTreeMap<&'static str, Registration>,
    /// Apple.
    pub(crate) apple: Option<AppleRegistration>,
    /// Twitter.
    pub(crate) twitter: Option<TwitterRegistration>,
    /// Providers that the operator described.
    pub(crate) custom: Vec<Definition>,
    /// Verification of Apple's ID tokens.
    pub(crate) apple_id_tokens: Option<IdTokenSettings>,
    /// Verification of Google's ID tokens.
    pub(crate) google_id_tokens: Option<IdTokenSettings>,
    /// The trusted e-mail issuers: their addresses count as verified.
    pub(crate) trusted_emails: Vec<ProviderId>,
}

/// ID tokens that apps may sign in with.
#[derive(Debug, Clone)]
pub(crate) struct IdTokenSettings {
    /// The accepted audiences.
    pub(crate) audiences: Vec<String>,
    /// The URL of the keys (JWKS).
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
        let read = Self {
            code_flows: code_flows()
                .filter_map(|it| Some((it.id, reader.code_flow(it)?)))
                .collect(),
            apple: reader.apple(),
            twitter: reader.twitter(),
            custom: reader.custom(),
            apple_id_tokens: reader.id_tokens(&apple::AUDIENCE, &apple::KEYS_URL),
            google_id_tokens: reader.id_tokens(&table::GOOGLE_AUDIENCE, &table::GOOGLE_KEYS_URL),
            trusted_emails: settings.list(&table::TRUSTED_EMAILS),
        };
        warnings.extend(read.trusted_in_vain(settings));
        problems.extend(read.trusted_with_everybody(settings));
        read
    }

    /// Account takeover: an attacker can make a directory at Microsoft and write any address into it.
    fn trusted_with_everybody(&self, settings: &Settings) -> Vec<String> {
        let trusted = code_flows().filter(|it| {
            let is_named = |id: &ProviderId| id.as_str() == it.id;
            self.code_flows.contains_key(it.id) && self.trusted_emails.iter().any(is_named)
        });
        let tenants = trusted.filter_map(|it| it.tenant.as_ref());
        let open = tenants.filter(|it| {
            let tenant = settings.get(*it);
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

    /// Warns of trusted providers that are not on, such as a misspelled name.
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

/// Goes on after a problem, so that all are reported at once.
struct Reader<'a> {
    settings: &'a Settings,
    problems: &'a mut Vec<String>,
}

impl Reader<'_> {
    fn code_flow(&mut self, table: &CodeFlowRow) -> Option<Registration> {
        if !self.settings.get(&table.enabled) {
            return None;
        }
        let client_id = self.needed(&table.enabled, &table.client_id);
        let client_secret = self.needed(&table.enabled, &table.client_secret);
        let tenant = table.tenant.as_ref().map(|it| self.settings.get(it));
        let tenant = tenant.unwrap_or_default();
        let authorization = self.url_for(&tenant, &table.authorization_url);
        let token = self.asked_for(&tenant, &table.token_url);
        let profile = self.asked_for(&tenant, &table.profile_url);
        Some(Registration {
            client_id: client_id?,
            client_secret: client_secret?,
            endpoints: Endpoints {
                authorization: authorization?,
                token: token?,
                profile: profile?,
            },
            scopes: self.settings.list(&table.scope),
        })
    }

    fn apple(&mut self) -> Option<AppleRegistration> {
        let enabled = &apple::ENABLED;
        if !self.settings.get(enabled) {
            return None;
        }
        let client_id = self.needed(enabled, &apple::CLIENT_ID);
        let team_id = self.needed(enabled, &apple::TEAM_ID);
        let key_id = self.needed(enabled, &apple::KEY_ID);
        let private_key = self.needed(enabled, &apple::PRIVATE_KEY);
        let private_key = private_key.and_then(|key| {
            let key = self.settings.named(&apple::PRIVATE_KEY, key);
            self.keep(key)
        });
        self.needs_tls(enabled);
        let authorization_url = self.settings.get(&apple::AUTHORIZATION_URL);
        let token_url = self.asked(&apple::TOKEN_URL);
        let keys_url = self.asked(&apple::KEYS_URL);
        Some(AppleRegistration {
            client_id: client_id?,
            team_id: team_id?,
            key_id: key_id?,
            private_key: private_key?,
            authorization_url,
            token_url: token_url?,
            keys_url: keys_url?,
            scopes: self.settings.list(&apple::SCOPE),
        })
    }

    fn twitter(&mut self) -> Option<TwitterRegistration> {
        let enabled = &twitter::ENABLED;
        if !self.settings.get(enabled) {
            return None;
        }
        let consumer_key = self.needed(enabled, &twitter::CONSUMER_KEY);
        let consumer_secret = self.needed(enabled, &twitter::CONSUMER_SECRET);
        let request_token_url = self.asked(&twitter::REQUEST_TOKEN_URL);
        let authorization_url = self.settings.get(&twitter::AUTHORIZATION_URL);
        let access_token_url = self.asked(&twitter::ACCESS_TOKEN_URL);
        let profile_url = self.asked(&twitter::PROFILE_URL);
        Some(TwitterRegistration {
            consumer_key: consumer_key?,
            consumer_secret: consumer_secret?,
            request_token_url: request_token_url?,
            authorization_url,
            access_token_url: access_token_url?,
            profile_url: profile_url?,
        })
    }

    fn custom(&mut self) -> Vec<Definition> {
        let object = self.settings.get(&table::CUSTOM).unwrap_or_default();
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

    /// With audiences set, apps may send ID tokens, whether or not the redirect flow is on.
    fn id_tokens(
        &mut self,
        audience: &Setting<Vec<String>, Optional>,
        keys_url: &Setting<Url>,
    ) -> Option<IdTokenSettings> {
        let audiences = self.settings.list(audience);
        if audiences.is_empty() {
            return None;
        }
        Some(IdTokenSettings {
            audiences,
            keys_url: self.asked(keys_url)?,
        })
    }

    /// Apple redirects to HTTPS only, and browsers send a `SameSite=None` cookie there only.
    fn needs_tls(&mut self, enabled: &Row) {
        let url = Url::parse(&self.settings.get(&server::URL));
        if url.is_ok_and(|it| it.scheme() == "https") {
            return;
        }
        self.problems.push(format!(
            "{} is on, which needs {} to begin with https",
            self.settings.name(enabled),
            self.settings.name(&server::URL)
        ));
    }

    /// A value that a provider needs to be on.
    fn needed<T>(&mut self, enabled: &Row, setting: &Setting<T, Optional>) -> Option<T> {
        if self.settings.is_missing(setting) {
            self.problems.push(format!(
                "{} is on, which needs {}; set it, or switch the service off",
                self.settings.name(enabled),
                setting.variable
            ));
        }
        self.settings.get(setting)
    }

    /// A URL that this server requests.
    fn asked(&mut self, setting: &Setting<Url>) -> Option<Url> {
        let url = reachable_url(self.settings, setting);
        self.keep(url)
    }

    /// A URL with a tenant in it that browsers are redirected to.
    fn url_for(&mut self, tenant: &str, setting: &Setting<String>) -> Option<Url> {
        let url = Url::parse(&self.settings.get(setting).replace(TENANT, tenant));
        let url = self.settings.named(setting, url);
        self.keep(url)
    }

    /// The same for a URL that this server requests.
    fn asked_for(&mut self, tenant: &str, setting: &Setting<String>) -> Option<Url> {
        let url = self.url_for(tenant, setting)?;
        let url = reachable(self.settings, setting, url);
        self.keep(url)
    }

    fn keep<T>(&mut self, read: Result<T, String>) -> Option<T> {
        read.map_err(|problem| self.problems.push(problem)).ok()
    }
}
