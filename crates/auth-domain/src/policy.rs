//! The limits and switches that the services obey, as plain data; the server reads them from files
//! and variables.
//!
//! Each part has safe defaults, and its fields are set afterwards: code that does so goes on
//! compiling when a later version adds fields.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::{
    one_time_code::{CodeKey, CodePurpose, OneTimeCode},
    recovery_code::RecoveryKeys,
    redirect::RedirectPolicy,
    session::SuccessorKey,
    user::{EmailAccessList, Gravatar, Locale, PhoneNumber, Role},
};

/// The keys of a policy. Servers that share a store share them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PolicyKeys {
    /// The key that successors of refresh tokens are derived with.
    pub successors: SuccessorKey,
    /// The key that codes are hashed with.
    pub codes: CodeKey,
    /// What recovery codes are hashed with.
    pub recovery: RecoveryKeys,
}

impl PolicyKeys {
    /// A key of its own for each purpose, derived from one secret that may serve others too, such as
    /// the one that signs access tokens. It needs 32 random bytes or more.
    #[must_use]
    pub fn derive(secret: &[u8]) -> Self {
        Self {
            successors: SuccessorKey::derive(secret),
            codes: CodeKey::derive(secret),
            recovery: RecoveryKeys::derive(secret, []),
        }
    }
}

/// Everything an operator can decide about accounts and sessions.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AuthPolicy {
    /// Who may have an account, and how it starts.
    pub accounts: AccountPolicy,
    /// What a password has to be.
    pub passwords: PasswordPolicy,
    /// How long sessions last.
    pub sessions: SessionPolicy,
    /// When delicate changes need an elevated access token.
    pub elevation: ElevationPolicy,
    /// How one-time codes are guarded.
    pub codes: CodePolicy,
    /// How text messages are dealt with.
    pub sms: SmsPolicy,
    /// How accounts are protected by a second factor.
    pub second_factors: SecondFactorPolicy,
    /// Where links and sign-ins may lead.
    pub redirects: RedirectPolicy,
    /// The public URL of this server, without a slash at its end: links in mails begin with it. A
    /// setting and never taken from a request: a forged `Host` header could name any host.
    pub server_url: String,
}

impl AuthPolicy {
    /// A policy whose links begin with `server_url`, and lead to where `redirects` allow.
    /// Everything else has the defaults of the parts: users may sign up with an address and a
    /// password, and have to verify the address; what needs another decision is off.
    #[must_use]
    pub fn new(keys: PolicyKeys, server_url: &str, redirects: RedirectPolicy) -> Self {
        Self {
            accounts: AccountPolicy::default(),
            passwords: PasswordPolicy::default(),
            sessions: SessionPolicy::new(keys.successors),
            elevation: ElevationPolicy::default(),
            codes: CodePolicy::usual(keys.codes),
            sms: SmsPolicy::default(),
            second_factors: SecondFactorPolicy::new(keys.recovery),
            redirects,
            server_url: server_url.trim_end_matches('/').to_owned(),
        }
    }
}

/// Who may have an account, and how it starts.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of one policy"
)]
#[non_exhaustive]
pub struct AccountPolicy {
    /// Whether sign-up is possible at all.
    pub sign_up_enabled: bool,
    /// Whether new accounts start disabled, to be enabled by an administrator.
    pub new_users_disabled: bool,
    /// Whether an address has to be verified before its user may sign in.
    pub email_verification_required: bool,
    /// Whether anonymous users may sign in.
    pub anonymous_enabled: bool,
    /// Whether users may sign in by a link in a mail.
    pub email_link_enabled: bool,
    /// Whether users may sign in by a code in a mail.
    pub email_code_enabled: bool,
    /// Whether signing in by mail makes an account for an address that has none.
    pub auto_sign_up: bool,
    /// Which addresses may have an account.
    pub email_access: EmailAccessList,
    /// The default role of a user who asked for none.
    pub default_role: Role,
    /// The roles a user may ask for, and has if they asked for none; includes `default_role`.
    pub allowed_roles: Vec<Role>,
    /// Whether users may sign up and in with a user name (legacy provider `username`).
    pub username_enabled: bool,
    /// Roles beside `user` for users who sign up with a user name in the legacy API.
    pub username_roles: Vec<Role>,
    /// The language of users who asked for none, or for one that is not allowed.
    pub default_locale: Locale,
    /// Languages a user may ask for; includes `default_locale`.
    pub allowed_locales: Vec<Locale>,
    /// How pictures are found; `None` for no pictures.
    pub gravatar: Option<Gravatar>,
}

/// Users may sign up with an address, which has to be verified, and get the role `user`. Other ways
/// to sign up and in are off, and no picture is fetched from another service.
impl Default for AccountPolicy {
    fn default() -> Self {
        Self {
            sign_up_enabled: true,
            new_users_disabled: false,
            email_verification_required: true,
            anonymous_enabled: false,
            email_link_enabled: false,
            email_code_enabled: false,
            auto_sign_up: true,
            email_access: EmailAccessList::default(),
            default_role: Role::user(),
            allowed_roles: vec![Role::user()],
            username_enabled: false,
            username_roles: Vec::new(),
            default_locale: Locale::english(),
            allowed_locales: vec![Locale::english()],
            gravatar: None,
        }
    }
}

/// What a password has to be.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PasswordPolicy {
    /// Fewest bytes of a password given to the modern API, as Hasura Auth counts.
    pub min_bytes: usize,
    /// Fewest characters of a password given to the legacy API.
    pub legacy_min_chars: usize,
}

/// Eight, the fewest that OWASP ASVS 5.0 allows (6.2.1). It recommends fifteen.
impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            min_bytes: 8,
            legacy_min_chars: 8,
        }
    }
}

/// How long sessions last.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SessionPolicy {
    /// Life of an access token, in whole seconds.
    pub access_token_ttl: Duration,
    /// Life of a refresh token, counted anew at each rotation.
    pub refresh_token_ttl: Duration,
    /// For how long after its rotation a refresh token still fetches the same successor, for the
    /// second of two browser tabs.
    pub refresh_grace: Duration,
    /// For how long after the grace the reuse of a rotated token (replay) counts as theft and ends
    /// the session. Later the token is merely unknown.
    pub refresh_reuse_memory: Duration,
    /// The key that successors are derived with.
    pub successor_key: SuccessorKey,
    /// Life of an opaque session; it does not slide.
    pub opaque_session_ttl: Duration,
    /// Whether a redirect may carry a refresh token, as the original's do, for clients that send no
    /// code challenge.
    pub refresh_token_in_redirect: bool,
    /// How far from now a personal access token may expire at most; `None` for no bound.
    pub personal_access_token_max_age: Option<Duration>,
    /// Whether a personal access token may be made that has expired already, as by Hasura Auth
    /// 0.42.
    pub expired_personal_access_tokens: bool,
}

impl SessionPolicy {
    /// Access tokens live a quarter of an hour and refresh tokens thirty days, as in Hasura Auth.
    /// Redirects carry no refresh token: clients send a code challenge. Personal access tokens last a
    /// year at most.
    #[must_use]
    pub fn new(successor_key: SuccessorKey) -> Self {
        Self {
            access_token_ttl: Duration::from_mins(15),
            refresh_token_ttl: Duration::from_hours(30 * 24),
            refresh_grace: Duration::from_secs(30),
            refresh_reuse_memory: Duration::from_hours(24),
            successor_key,
            opaque_session_ttl: Duration::from_hours(21 * 24),
            refresh_token_in_redirect: false,
            personal_access_token_max_age: Some(Duration::from_hours(366 * 24)),
            expired_personal_access_tokens: false,
        }
    }

    /// Whether a personal access token made at `now` may expire at `expires_at`.
    pub(crate) fn allows_until(&self, expires_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        self.personal_access_token_max_age.is_none_or(|longest| {
            // A token that has expired already lasts too long for no bound.
            let lasts = (expires_at - now).to_std().unwrap_or_default();
            lasts <= longest
        })
    }

    /// For how long a refresh token is remembered after its rotation: the grace, and then as long
    /// as its reuse ends the session.
    pub(crate) fn rotation_memory(&self) -> Duration {
        self.refresh_grace.saturating_add(self.refresh_reuse_memory)
    }
}

/// How accounts are protected by a second factor. Guesses at it are limited by [`CodePolicy`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SecondFactorPolicy {
    /// Whether users may use one-time passwords of an authenticator app, if the server has the
    /// [ports for them](crate::services::AuthenticatorApps).
    pub totp_enabled: bool,
    /// The issuer that such an app shows.
    pub totp_issuer: String,
    /// Whether a code is accepted again within its life, as in Hasura Auth (replay), and not just
    /// once for each purpose.
    pub totp_reuse_allowed: bool,
    /// What recovery codes are hashed with.
    pub recovery_keys: RecoveryKeys,
}

impl SecondFactorPolicy {
    /// Users may use an authenticator app, which shows the name `auth`, and each code once.
    #[must_use]
    pub fn new(recovery_keys: RecoveryKeys) -> Self {
        Self {
            totp_enabled: true,
            totp_issuer: "auth".to_owned(),
            totp_reuse_allowed: false,
            recovery_keys,
        }
    }
}

/// Which users need an elevated access token for delicate changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ElevationPolicy {
    /// When.
    pub rule: ElevationRule,
    /// Whether any way to elevate obliges its user under [`ElevationRule::Recommended`], as in
    /// later versions of Hasura Auth, or only a security key does.
    pub every_method_obliges: bool,
}

/// Users who have a security key must use it before a delicate change.
impl Default for ElevationPolicy {
    fn default() -> Self {
        Self {
            rule: ElevationRule::Recommended,
            every_method_obliges: false,
        }
    }
}

/// When delicate changes (of address or password, personal access tokens) need an elevated access
/// token, as in Hasura Auth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElevationRule {
    /// Never.
    Disabled,
    /// For users who have a security key, or any way to elevate where
    /// [`ElevationPolicy::every_method_obliges`].
    Recommended,
    /// Always, except for setting up a first way to elevate.
    Required,
}

/// How text messages are dealt with.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SmsPolicy {
    /// Numbers with a fixed code, to which no message is sent: for tests of applications.
    pub test_numbers: Vec<(PhoneNumber, OneTimeCode)>,
}

impl SmsPolicy {
    /// The code of a number for tests.
    pub(crate) fn test_code(&self, number: &PhoneNumber) -> Option<&OneTimeCode> {
        let mut numbers = self.test_numbers.iter();
        numbers.find_map(|(test, code)| (test == number).then_some(code))
    }
}

/// How one-time codes, and second factors, are guarded against guessing.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CodePolicy {
    /// The key that codes are hashed with.
    pub key: CodeKey,
    /// Life of a code for signing in, and of one in place of a link.
    pub sign_in_ttl: Duration,
    /// Life of a code that elevates.
    pub elevation_ttl: Duration,
    /// Life of a code of ours in a text message.
    pub texted_ttl: Duration,
    /// For how long the code of a service that makes its own is awaited.
    pub foreign_ttl: Duration,
    /// Whether a mail with a link carries a code that works in its place.
    pub beside_links: bool,
    /// From this many wrong guesses within [`count_within`](Self::count_within) on, unknown
    /// networks are refused; a known place has a count of its own with the same limit. See
    /// [`guessing`](crate::guessing).
    pub max_wrong: u32,
    /// From this many wrong guesses in all, every network is refused.
    pub max_wrong_in_all: u32,
    /// For how long a wrong guess counts. No code lives longer, so that at most
    /// [`max_wrong_in_all`](Self::max_wrong_in_all) guesses are ever made at one.
    pub count_within: Duration,
}

impl CodePolicy {
    /// How long a code is good.
    pub(crate) fn ttl(&self, purpose: CodePurpose) -> Duration {
        match purpose {
            CodePurpose::SignIn | CodePurpose::InPlaceOf(_) => self.sign_in_ttl,
            CodePurpose::Elevation => self.elevation_ttl,
            CodePurpose::TextedSignIn
            | CodePurpose::TextedElevation
            | CodePurpose::PhoneDeanonymization
            | CodePurpose::PhoneChange => self.texted_ttl,
        }
    }

    /// The defaults: a mailed code lives an hour and a texted one five minutes, as in Hasura Auth.
    /// Five wrong guesses from unknown networks within an hour are too many, which makes 120 a day
    /// at a million codes; and twenty from all networks, which makes 480.
    #[must_use]
    pub fn usual(key: CodeKey) -> Self {
        Self {
            key,
            sign_in_ttl: Duration::from_hours(1),
            elevation_ttl: Duration::from_mins(10),
            texted_ttl: Duration::from_mins(5),
            foreign_ttl: Duration::from_mins(10),
            beside_links: false,
            max_wrong: 5,
            max_wrong_in_all: 20,
            count_within: Duration::from_hours(1),
        }
    }
}
