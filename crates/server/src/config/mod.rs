//! The configuration: which settings exist, where they are set, and the typed result.
//!
//! [`table`] states every setting once. [`load()`] reads the values from defaults, a file and the
//! environment; [`Config::read`] makes typed parts of them, which are all that the rest of the
//! server sees. Problems are collected and reported together, one line each.

mod change;
mod derived;
mod jwt_secret;
mod load;
mod parts;
mod rule;
pub(crate) mod table;
#[cfg(test)]
pub(crate) mod tests;
mod unnamed_database;

use std::{fmt, path::PathBuf};

use auth_crypto::EncryptionKey;
use auth_domain::{
    policy::{AccountPolicy, AuthPolicy, PasswordPolicy, PolicyKeys},
    redirect::RedirectPolicy,
    secret::Secret,
    security_key::RelyingParty,
    user::LanguageTag,
};
use egress::{EgressRules, Url};
use http_api::ApiSettings;
use mail_templates::TemplateSettings;
use serde_json::{Map, Value};
use settings::{Loaded, Settings};

pub(crate) use change::known_names;
pub(crate) use load::load;
pub(crate) use parts::{
    BotCheckService, CleanUpSettings, CustomClaimSettings, Database, IdTokenSettings, Limits,
    LogSettings, PostgresDatabase, ProviderSettings, ServerSettings, Sms, SmsProvider, Transport,
    is_loopback,
};
pub(crate) use table::TABLE;

use table::{jwt, passwords, redirects, second_factors, server};

/// All settings of a server, checked and typed.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// The HTTP server and the process.
    pub(crate) server: ServerSettings,
    /// The versions and forms of the API's answers.
    pub(crate) api: ApiSettings,
    /// The log.
    pub(crate) log: LogSettings,
    /// The database.
    pub(crate) database: Database,
    /// Whether tables are migrated before the server serves.
    pub(crate) migrate_on_start: bool,
    /// How expired rows are removed; without it they stay.
    pub(crate) clean_up: Option<CleanUpSettings>,
    /// The key of access tokens, as JSON; without it one is made in the data folder.
    pub(crate) jwt_secret: Option<Secret>,
    /// The key of stored secrets.
    pub(crate) encryption_key: Option<EncryptionKey>,
    /// Who may have an account, and how it starts.
    pub(crate) accounts: AccountPolicy,
    /// Languages as the operator wrote them (`pt-BR`), of which users have the first two letters.
    pub(crate) language_tags: Vec<LanguageTag>,
    /// The rules for passwords.
    pub(crate) passwords: PasswordPolicy,
    /// The service that knows breached passwords; without it, they are accepted.
    pub(crate) hibp_url: Option<Url>,
    /// Custom claims of access tokens, if there are any.
    pub(crate) custom_claims: Option<CustomClaimSettings>,
    /// Which hosts this server may send requests to (SSRF).
    pub(crate) egress: EgressRules,
    /// Work of hashing a password: the logarithm of the number of rounds.
    pub(crate) bcrypt_cost: u32,
    /// The relying party of security keys, if they are on.
    pub(crate) relying_party: Option<RelyingParty>,
    /// Redirects that are allowed (open redirect).
    pub(crate) redirects: RedirectPolicy,
    /// The transport of mail; without one, mail is kept in the outbox.
    pub(crate) transport: Option<Transport>,
    /// The provider of text messages; without one there are none.
    pub(crate) sms: Option<Sms>,
    /// The operator's own mail templates.
    pub(crate) templates: TemplateSettings,
    /// The web server whose mail templates have precedence.
    pub(crate) templates_url: Option<Url>,
    /// The rate limits; without them, any number of requests.
    pub(crate) limits: Option<Limits>,
    /// The bot check, if there is one.
    pub(crate) bot_check: Option<BotCheckService>,
    /// The identity providers.
    pub(crate) providers: ProviderSettings,
    /// Whether no database is configured and only this machine reaches the server: the zero-setup mode.
    pub(crate) zero_setup: bool,
    /// Warnings for the operator, one line each.
    pub(crate) warnings: Vec<String>,
    /// The sources, for parts that are made later.
    pub(crate) settings: Settings,
}

/// Why there is no [`Config`]: at least one line, each with the cause and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigErrors(pub(crate) Vec<String>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for ConfigErrors {}

impl Config {
    /// Makes typed parts of what was loaded.
    ///
    /// # Errors
    ///
    /// Every problem that was found, in loading and here.
    pub(crate) fn read(loaded: Loaded) -> Result<Self, ConfigErrors> {
        let Loaded {
            settings,
            mut problems,
            mut warnings,
        } = loaded;
        match Self::assemble(&settings, &mut problems, &mut warnings) {
            Some(config) if problems.is_empty() => Ok(Self { warnings, ..config }),
            _ => Err(ConfigErrors(problems)),
        }
    }

    /// Reads every part, so that all problems are told at once.
    fn assemble(
        settings: &Settings,
        problems: &mut Vec<String>,
        warnings: &mut Vec<String>,
    ) -> Option<Self> {
        warnings.extend(advice(settings));
        keep(jwt_secret::check(settings, warnings), problems);
        let providers = ProviderSettings::read(settings, warnings, problems);
        let templates_url = parts::templates_url(settings, warnings);
        let database = keep(Database::read(settings, warnings), problems);
        let languages = keep(parts::Languages::read(settings, warnings), problems);
        let redirects = keep(parts::redirects(settings, warnings), problems);
        let api = keep(parts::api(settings), problems);
        let transport = keep(Transport::read(settings, warnings), problems);
        let hibp_url = keep(parts::hibp_url(settings), problems);
        let custom_claims = keep(CustomClaimSettings::read(settings, warnings), problems);
        let limits = keep(Limits::read(settings, warnings), problems);
        let bot_check = keep(BotCheckService::read(settings), problems);
        let relying_party = keep(parts::relying_party(settings), problems);
        let sms = keep(Sms::read(settings, warnings), problems);
        let languages = languages?;
        Some(Self {
            server: ServerSettings::read(settings),
            api: api?,
            log: LogSettings::read(settings),
            database: database?,
            migrate_on_start: settings.get(&table::database::MIGRATE_ON_START),
            clean_up: CleanUpSettings::read(settings),
            jwt_secret: settings.get(&jwt::SECRET),
            encryption_key: settings.get(&jwt::ENCRYPTION_KEY),
            language_tags: languages.tags.clone(),
            templates: parts::templates(settings, languages.default.clone()),
            accounts: parts::accounts(settings, languages),
            passwords: parts::passwords(settings),
            hibp_url: hibp_url?,
            custom_claims: custom_claims?,
            egress: parts::egress_rules(settings),
            bcrypt_cost: settings.get(&passwords::BCRYPT_COST),
            relying_party: relying_party?,
            redirects: redirects?,
            transport: transport?,
            sms: sms?,
            templates_url,
            limits: limits?,
            bot_check: bot_check?,
            providers,
            zero_setup: derived::is_zero_setup(settings),
            warnings: Vec::new(),
            settings: settings.clone(),
        })
    }

    /// Whether the development outbox is shown: only in the zero-setup mode, because its messages hold
    /// links and codes that sign in.
    pub(crate) fn shows_outbox(&self) -> bool {
        let keeps_mails = self.transport.is_none();
        let keeps_texts =
            (self.sms.as_ref()).is_some_and(|it| matches!(it.provider, SmsProvider::Dev { .. }));
        self.zero_setup && (keeps_mails || keeps_texts)
    }

    /// Whether users may protect their accounts with one-time passwords.
    pub(crate) fn totp_enabled(&self) -> bool {
        self.settings.get(&second_factors::MFA_ENABLED)
    }

    /// The folder of the development outbox.
    pub(crate) fn outbox_dir(&self) -> PathBuf {
        self.server.data_dir.join("outbox")
    }

    /// The policy of the use cases.
    pub(crate) fn policy(&self, keys: PolicyKeys) -> AuthPolicy {
        let mut policy = AuthPolicy::new(keys, &self.server.url, self.redirects.clone());
        parts::apply_to_policy(&self.settings, self.api.compat, &mut policy);
        policy.accounts = self.accounts.clone();
        policy.passwords = self.passwords.clone();
        if let Some(sms) = &self.sms {
            policy.sms = sms.policy.clone();
        }
        policy
    }
}

/// `settings` after a change while the server serves, and the new configuration.
///
/// # Errors
///
/// Every problem that the changed settings have; none repeats a secret.
pub(crate) fn changed(
    settings: &Settings,
    members: &Map<String, Value>,
) -> Result<(Settings, Config), ConfigErrors> {
    let settings = change::apply(settings, members).map_err(ConfigErrors)?;
    let config = Config::read(Loaded::from_settings(settings.clone()))?;
    Ok((settings, config))
}

/// The part, or `None` and one more problem.
fn keep<T>(part: Result<T, String>, problems: &mut Vec<String>) -> Option<T> {
    part.map_err(|problem| problems.push(problem)).ok()
}

/// Warns of settings that are allowed and yet seldom meant.
fn advice(settings: &Settings) -> Vec<String> {
    let mut advice = Vec::new();
    let cost = settings.get(&passwords::BCRYPT_COST);
    if cost < 10 {
        advice.push(format!(
            "{} is {cost}, which makes stolen password hashes easy to break; \
             use 10 or more outside of tests",
            settings.name(&passwords::BCRYPT_COST)
        ));
    }
    if settings.get(&server::ENABLE_CHANGE_ENV) {
        advice.push(format!(
            "{} is on: WHOEVER REACHES THIS SERVER CAN CHANGE ITS SETTINGS and take over every \
             account; unset it outside of tests",
            settings.name(&server::ENABLE_CHANGE_ENV)
        ));
    }
    if !derived::is_zero_setup(settings) {
        let encrypts = settings.get(&second_factors::MFA_ENABLED);
        if encrypts && !settings.is_set(&jwt::ENCRYPTION_KEY) {
            advice.push(format!(
                "{} is not set, so second factors are lost when the key of access tokens changes; \
                 set it to 64 random hexadecimal digits",
                jwt::ENCRYPTION_KEY.variable
            ));
        }
        if !settings.is_set(&server::URL) {
            advice.push(format!(
                "{} is not set, so links in mails lead to this machine only; \
                 set it to where clients reach this server",
                server::URL.variable
            ));
        }
        if !settings.is_set(&redirects::CLIENT_URL) {
            advice.push(format!(
                "{} is not set, so links in mails do not lead on to an application; \
                 set it to the application's URL",
                redirects::CLIENT_URL.variable
            ));
        }
    }
    advice
}
