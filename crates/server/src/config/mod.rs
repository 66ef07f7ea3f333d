//! The configuration: what can be set, where it is set, and what comes of it.
//!
//! [`table`] states every setting once. [`load()`] reads the values from defaults, a file and the
//! environment; [`Config::read`] makes typed parts of them, which are all that the rest of the
//! server sees. Problems are collected and reported together, one line each.

mod blank;
mod change;
mod derived;
mod environment;
mod file;
mod go_duration;
mod jwt_secret;
mod kind;
mod load;
mod misfit;
mod parts;
mod reference;
mod rule;
mod setting;
mod settings;
mod show;
mod source;
mod suggestion;
mod support;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod toml_defaults;
mod unknown;
mod unnamed_database;
mod value;

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

pub(crate) use change::{changed, known_names};
pub(crate) use environment::Environment;
pub(crate) use kind::Kind;
pub(crate) use load::{Loaded, Sources, load};
pub(crate) use parts::{
    BotCheckService, CleanUpSettings, CustomClaimSettings, Database, IdTokenSettings, Limits,
    LogSettings, PostgresDatabase, Postmark, ProviderSettings, SameSite, SecondFactorSettings,
    ServerSettings, SessionCookie, SessionSettings, Sms, SmsProvider, Smtp, Transport, Webhook,
    is_loopback, smtp,
};
pub(crate) use reference::reference;
pub(crate) use setting::Setting;
pub(crate) use settings::Settings;
pub(crate) use show::lines;
pub(crate) use table::settings;
pub(crate) use toml_defaults::defaults;

use table::{jwt, passwords, redirects, second_factors, server};

/// Everything an installation decided, checked and typed.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// The HTTP server and the process.
    pub(crate) server: ServerSettings,
    /// The log.
    pub(crate) log: LogSettings,
    /// The database everything is kept in.
    pub(crate) database: Database,
    /// Whether tables are brought up to date before the server serves.
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
    /// What a password has to be.
    pub(crate) passwords: PasswordPolicy,
    /// The service that knows passwords of data breaches; without one, they may be chosen.
    pub(crate) hibp_url: Option<Url>,
    /// What access tokens say beyond the standard claims; without it nothing.
    pub(crate) custom_claims: Option<CustomClaimSettings>,
    /// Where requests of this server may go.
    pub(crate) egress: EgressRules,
    /// Work of hashing a password: the logarithm of the number of rounds.
    pub(crate) bcrypt_cost: u32,
    /// How long sessions last.
    pub(crate) sessions: SessionSettings,
    /// Whether mails with a link carry a code that works in its place.
    pub(crate) codes_beside_links: bool,
    /// How accounts are protected by a second factor.
    pub(crate) second_factors: SecondFactorSettings,
    /// On whose behalf security keys are asked for, if they are.
    pub(crate) relying_party: Option<RelyingParty>,
    /// Where links and sign-ins may lead.
    pub(crate) redirects: RedirectPolicy,
    /// The cookie that carries a session of the legacy API.
    pub(crate) session_cookie: SessionCookie,
    /// How mail leaves; without a way, it is kept in the outbox.
    pub(crate) transport: Option<Transport>,
    /// How text messages leave; without it there are none.
    pub(crate) sms: Option<Sms>,
    /// The folder of the operator's own mail templates.
    pub(crate) templates_folder: Option<PathBuf>,
    /// The web server whose mail templates come first.
    pub(crate) templates_url: Option<Url>,
    /// How often something may happen; without limits, any number of times.
    pub(crate) limits: Option<Limits>,
    /// The service that tells people from programs, if one is to be asked.
    pub(crate) bot_check: Option<BotCheckService>,
    /// The services that people sign in with.
    pub(crate) providers: ProviderSettings,
    /// Whether no database is configured, and nothing but this machine reaches the server: a
    /// developer tries it.
    pub(crate) zero_setup: bool,
    /// What somebody should know about these settings, one line each.
    pub(crate) warnings: Vec<String>,
}

/// Why there is no [`Config`]: at least one line, each with what is wrong and how to mend it.
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
        warnings.extend(advice(&settings));
        keep(jwt_secret::check(&settings, &mut warnings), &mut problems);
        let providers = ProviderSettings::read(&settings, &mut warnings, &mut problems);
        let templates_url = parts::templates_url(&settings, &mut warnings);
        let parts = (
            keep(Database::read(&settings, &mut warnings), &mut problems),
            keep(ServerSettings::read(&settings), &mut problems),
            keep(accounts(&settings, &mut warnings), &mut problems),
            keep(parts::redirects(&settings, &mut warnings), &mut problems),
            keep(SessionCookie::read(&settings), &mut problems),
            keep(Transport::read(&settings, &mut warnings), &mut problems),
            keep(parts::hibp_url(&settings), &mut problems),
            keep(
                CustomClaimSettings::read(&settings, &mut warnings),
                &mut problems,
            ),
            keep(Limits::read(&settings, &mut warnings), &mut problems),
            keep(BotCheckService::read(&settings), &mut problems),
            keep(parts::relying_party(&settings), &mut problems),
            keep(Sms::read(&settings, &mut warnings), &mut problems),
        );
        match parts {
            (
                Some(database),
                Some(server),
                Some((accounts, language_tags)),
                Some(redirects),
                Some(session_cookie),
                Some(transport),
                Some(hibp_url),
                Some(custom_claims),
                Some(limits),
                Some(bot_check),
                Some(relying_party),
                Some(sms),
            ) if problems.is_empty() => Ok(Self {
                server,
                log: LogSettings::read(&settings),
                database,
                migrate_on_start: settings.flag(&table::database::MIGRATE_ON_START),
                clean_up: CleanUpSettings::read(&settings),
                jwt_secret: settings.secret(&jwt::SECRET),
                encryption_key: encryption_key(&settings),
                accounts,
                language_tags,
                passwords: parts::passwords(&settings),
                hibp_url,
                custom_claims,
                egress: parts::egress_rules(&settings),
                bcrypt_cost: settings.number(&passwords::BCRYPT_COST),
                sessions: SessionSettings::read(&settings),
                codes_beside_links: settings.flag(&table::email::LINK_CODE),
                second_factors: SecondFactorSettings::read(&settings),
                relying_party,
                redirects,
                session_cookie,
                transport,
                sms,
                templates_folder: parts::templates_folder(&settings),
                templates_url,
                limits,
                bot_check,
                providers,
                zero_setup: derived::is_zero_setup(&settings),
                warnings,
            }),
            _ => Err(ConfigErrors(problems)),
        }
    }

    /// Whether the development outbox is shown: only in the zero-setup mode, because its messages
    /// hold what signs in.
    pub(crate) fn shows_outbox(&self) -> bool {
        let keeps_mails = self.transport.is_none();
        let keeps_texts =
            (self.sms.as_ref()).is_some_and(|it| matches!(it.provider, SmsProvider::Dev { .. }));
        self.zero_setup && (keeps_mails || keeps_texts)
    }

    /// The folder of the development outbox.
    pub(crate) fn outbox_dir(&self) -> PathBuf {
        self.server.data_dir.join("outbox")
    }

    /// The policy that the services obey.
    pub(crate) fn policy(&self, keys: PolicyKeys) -> AuthPolicy {
        let compat = self.server.compat;
        let mut policy = AuthPolicy::new(keys, &self.server.url, self.redirects.clone());
        policy.accounts = self.accounts.clone();
        policy.passwords = self.passwords.clone();
        self.sessions.apply_to(&mut policy.sessions, compat);
        policy.codes.beside_links = self.codes_beside_links;
        policy.elevation.rule = self.second_factors.elevation;
        policy.elevation.every_method_obliges = compat.every_method_obliges_to_elevate();
        self.second_factors.apply_to(&mut policy.second_factors);
        if let Some(sms) = &self.sms {
            policy.sms = sms.policy.clone();
        }
        policy
    }
}

/// Its setting takes nothing that is no key.
fn encryption_key(settings: &Settings) -> Option<EncryptionKey> {
    let key = settings.text(&jwt::ENCRYPTION_KEY)?;
    EncryptionKey::parse(key).ok()
}

/// Who may have an account, with the languages as they were written.
fn accounts(
    settings: &Settings,
    warnings: &mut Vec<String>,
) -> Result<(AccountPolicy, Vec<LanguageTag>), String> {
    let languages = parts::Languages::read(settings, warnings)?;
    let tags = languages.tags.clone();
    Ok((parts::accounts(settings, languages)?, tags))
}

/// The part, or nothing and one more problem.
fn keep<T>(part: Result<T, String>, problems: &mut Vec<String>) -> Option<T> {
    part.map_err(|problem| problems.push(problem)).ok()
}

/// Settings that are allowed and yet seldom meant.
fn advice(settings: &Settings) -> Vec<String> {
    let mut advice = Vec::new();
    let cost = settings.integer(&passwords::BCRYPT_COST);
    if cost < 10 {
        advice.push(format!(
            "{} is {cost}, which makes stolen password hashes easy to break; \
             use 10 or more outside of tests",
            settings.name(&passwords::BCRYPT_COST)
        ));
    }
    if settings.flag(&server::ENABLE_CHANGE_ENV) {
        advice.push(format!(
            "{} is on: WHOEVER REACHES THIS SERVER CAN CHANGE ITS SETTINGS and take over every \
             account; unset it outside of tests",
            settings.name(&server::ENABLE_CHANGE_ENV)
        ));
    }
    if !derived::is_zero_setup(settings) {
        let encrypts = settings.flag(&second_factors::MFA_ENABLED);
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
