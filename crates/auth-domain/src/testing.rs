//! Deterministic ports, for tests of services and of embedders.

mod known_people;
mod plain_web_authn;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
pub use known_people::KnownPeople;
pub use plain_web_authn::PlainWebAuthn;
use uuid::{Builder, Uuid};

use crate::{
    limits::ClientNetwork,
    one_time_code::CodeKey,
    policy::{
        AccountPolicy, AuthPolicy, CodePolicy, ElevationPolicy, ElevationRule, PasswordPolicy,
        SecondFactorPolicy, SessionPolicy, SmsPolicy,
    },
    ports::{
        Clock, HasherError, IdGenerator, InvalidAccessToken, Mail, Mailer, MailerError,
        OpenedSecret, PasswordHasher, PngImage, PublicKeys, QrError, QrRenderer, SecretCipher,
        SecretCipherError, SignerError, SmsError, SmsSender, Store, TextMessage, TokenSigner,
        TotpVerifier,
    },
    recovery_code::RecoveryKeys,
    redirect::RedirectPolicy,
    sealed::{SealContext, SealedSecret},
    secret::Secret,
    services::{AuthenticatorApps, Dependencies, Ports},
    session::{AccessClaims, AccessIdentity, AccessToken, AuthMethods, SessionId, SuccessorKey},
    totp::{TimeStep, TotpCode, TotpSecret},
    user::{
        EmailAccessList, Gravatar, GravatarDefault, GravatarRating, HashedPassword, Locale,
        PlainPassword, Role, UserId,
    },
};

/// A clock that moves only when told to. It starts at the beginning of 2026.
#[derive(Debug)]
pub struct FixedClock(Mutex<DateTime<Utc>>);

impl Default for FixedClock {
    fn default() -> Self {
        let start = DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default();
        Self(Mutex::new(start))
    }
}

impl FixedClock {
    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ids that count up, each different from all others of the same generator.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl IdGenerator for SequentialIds {
    fn uuid(&self) -> Uuid {
        let next = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        Builder::from_random_bytes(u128::from(next).to_be_bytes()).into_uuid()
    }

    fn token_bytes(&self) -> [u8; 24] {
        let mut bytes = [0; 24];
        for (byte, source) in bytes.iter_mut().zip(self.uuid().as_bytes()) {
            *byte = *source;
        }
        bytes
    }
}

/// A hasher that stores plain text, takes no time, and counts its verifications.
#[derive(Debug, Default)]
pub struct PlainHasher {
    verifications: AtomicU64,
}

impl PlainHasher {
    /// How often a password was verified, against a hash or a dummy.
    pub fn verifications(&self) -> u64 {
        self.verifications.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl PasswordHasher for PlainHasher {
    async fn hash(
        &self,
        password: &PlainPassword,
        _: ClientNetwork,
    ) -> Result<HashedPassword, HasherError> {
        Ok(HashedPassword::new(format!("plain:{}", password.expose())))
    }

    async fn verify(
        &self,
        password: &PlainPassword,
        hash: &HashedPassword,
        _: ClientNetwork,
    ) -> Result<bool, HasherError> {
        self.verifications.fetch_add(1, Ordering::Relaxed);
        Ok(hash.expose().strip_prefix("plain:") == Some(password.expose()))
    }

    async fn verify_dummy(
        &self,
        _password: &PlainPassword,
        _: ClientNetwork,
    ) -> Result<(), HasherError> {
        self.verifications.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// A signer whose tokens can be read by eye: `<user id>/<expiry in Unix seconds>/<session
/// id>/<methods>`, and `/elevated` after that if they are. The first two will do.
#[derive(Debug, Default)]
pub struct PlainSigner;

impl TokenSigner for PlainSigner {
    fn sign(&self, claims: &AccessClaims) -> Result<AccessToken, SignerError> {
        let expires_at = claims.issued_at + claims.ttl;
        let (user, session) = (claims.user_id, claims.session.0);
        let expiry = expires_at.timestamp();
        let methods = claims.methods.to_stored().unwrap_or_default();
        let mark = if claims.is_elevated { "/elevated" } else { "" };
        let value = format!("{user}/{expiry}/{session}/{methods}{mark}");
        Ok(AccessToken {
            value,
            ttl: claims.ttl,
        })
    }

    fn verify(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<AccessIdentity, InvalidAccessToken> {
        let mut parts = token.split('/');
        let user = parts.next().and_then(|it| Uuid::try_parse(it).ok());
        let user = user.ok_or(InvalidAccessToken)?;
        let expires_at: Option<i64> = parts.next().and_then(|it| it.parse().ok());
        let expires_at = expires_at.ok_or(InvalidAccessToken)?;
        let session = parts.next().and_then(|it| Uuid::try_parse(it).ok());
        if expires_at > now.timestamp() {
            Ok(AccessIdentity {
                user_id: UserId(user),
                session: session.map(SessionId),
                methods: AuthMethods::from_stored(parts.next()),
                is_elevated: parts.next().is_some(),
            })
        } else {
            Err(InvalidAccessToken)
        }
    }

    fn public_keys(&self) -> PublicKeys {
        PublicKeys(r#"{"keys":[]}"#.to_owned())
    }
}

/// A mailer that keeps what it was given, and fails or refuses while told to.
#[derive(Debug, Default)]
pub struct RecordingMailer {
    sent: Mutex<Vec<Mail>>,
    failing: AtomicBool,
    refusing: AtomicBool,
}

impl RecordingMailer {
    /// What was sent so far.
    pub fn sent(&self) -> Vec<Mail> {
        self.sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// From now on mails fail for the moment, or are accepted again.
    pub fn set_failing(&self, failing: bool) {
        self.failing.store(failing, Ordering::Relaxed);
    }

    /// From now on mails are refused for good, or accepted again.
    pub fn set_refusing(&self, refusing: bool) {
        self.refusing.store(refusing, Ordering::Relaxed);
    }
}

#[async_trait]
impl Mailer for RecordingMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailerError> {
        if self.failing.load(Ordering::Relaxed) {
            return Err(MailerError::Temporary("told to fail".into()));
        }
        if self.refusing.load(Ordering::Relaxed) {
            return Err(MailerError::Permanent("told to refuse".into()));
        }
        self.sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(mail);
        Ok(())
    }
}

/// A sender of text messages that keeps what it was given, and fails while told to.
#[derive(Debug, Default)]
pub struct RecordingSmsSender {
    sent: Mutex<Vec<TextMessage>>,
    failing: AtomicBool,
}

impl RecordingSmsSender {
    /// What was sent so far.
    pub fn sent(&self) -> Vec<TextMessage> {
        self.sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// From now on every message is refused, or accepted again.
    pub fn set_failing(&self, failing: bool) {
        self.failing.store(failing, Ordering::Relaxed);
    }
}

#[async_trait]
impl SmsSender for RecordingSmsSender {
    async fn send(&self, message: TextMessage) -> Result<(), SmsError> {
        if self.failing.load(Ordering::Relaxed) {
            return Err(SmsError::NotSent("told to fail".into()));
        }
        self.sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(message);
        Ok(())
    }
}

/// One-time passwords that depend on nothing but the time.
#[derive(Debug, Default)]
pub struct PlainTotp;

impl PlainTotp {
    /// The digits of a step.
    #[must_use]
    pub fn digits(secret: &TotpSecret, step: TimeStep) -> String {
        let sum: u64 = secret.expose().iter().copied().map(u64::from).sum();
        format!("{:06}", (step.0 + sum * 1009) % 1_000_000)
    }
}

impl TotpVerifier for PlainTotp {
    fn fits(&self, code: &TotpCode, secret: &TotpSecret, step: TimeStep) -> bool {
        Self::digits(secret, step) == code.expose()
    }
}

/// Pictures that are the text they should show.
#[derive(Debug, Default)]
pub struct PlainQr;

impl QrRenderer for PlainQr {
    fn render(&self, text: &Secret) -> Result<PngImage, QrError> {
        Ok(PngImage(text.expose().as_bytes().to_vec()))
    }
}

/// A cipher that encrypts nothing, but opens in the right context only.
#[derive(Debug, Default)]
pub struct PlainCipher;

impl SecretCipher for PlainCipher {
    fn seal(
        &self,
        secret: &Secret,
        context: &SealContext,
    ) -> Result<SealedSecret, SecretCipherError> {
        let context = String::from_utf8_lossy(&context.associated_data()).into_owned();
        Ok(SealedSecret::new(&format!("{context}/{}", secret.expose())))
    }

    fn open(
        &self,
        sealed: &SealedSecret,
        context: &SealContext,
    ) -> Result<OpenedSecret, SecretCipherError> {
        let context = String::from_utf8_lossy(&context.associated_data()).into_owned();
        let (sealed_in, secret) = sealed
            .ciphertext()
            .and_then(|it| it.split_once('/'))
            .ok_or(SecretCipherError::DoesNotOpen)?;
        if sealed_in == context {
            Ok(OpenedSecret {
                secret: Secret::new(secret),
                is_current: true,
            })
        } else {
            Err(SecretCipherError::DoesNotOpen)
        }
    }
}

/// Deterministic dependencies, except for the store and the hasher, under [`policy()`], with
/// authenticator apps and without any other optional port.
#[must_use]
pub fn dependencies(store: Arc<dyn Store>, hasher: Arc<dyn PasswordHasher>) -> Dependencies {
    let ports = Ports {
        store,
        hasher,
        signer: Arc::new(PlainSigner),
        mailer: Arc::new(RecordingMailer::default()),
        secrets: Arc::new(PlainCipher),
    };
    let mut dependencies = Dependencies::new(ports, policy());
    dependencies.clock = Arc::new(FixedClock::default());
    dependencies.ids = Arc::new(SequentialIds::default());
    dependencies.limits = None;
    dependencies.authenticator_apps = Some(AuthenticatorApps {
        totp: Arc::new(PlainTotp),
        qr: Arc::new(PlainQr),
    });
    dependencies
}

/// A lenient policy: sign-up is open and nothing has to be verified. Start from it and change what
/// a test is about.
#[must_use]
pub fn policy() -> AuthPolicy {
    AuthPolicy {
        elevation: ElevationPolicy {
            rule: ElevationRule::Disabled,
            every_method_obliges: false,
        },
        accounts: AccountPolicy {
            sign_up_enabled: true,
            new_users_disabled: false,
            email_verification_required: false,
            anonymous_enabled: true,
            email_link_enabled: true,
            email_code_enabled: true,
            auto_sign_up: true,
            email_access: EmailAccessList::default(),
            default_role: Role::user(),
            allowed_roles: vec![Role::from_stored("me".to_owned()), Role::user()],
            username_enabled: true,
            username_roles: Vec::new(),
            default_locale: Locale::english(),
            allowed_locales: vec![Locale::english(), Locale::from_stored("fr".to_owned())],
            gravatar: Some(Gravatar {
                default: GravatarDefault::Blank,
                rating: GravatarRating::G,
            }),
        },
        passwords: PasswordPolicy {
            min_bytes: 3,
            legacy_min_chars: 8,
        },
        sessions: SessionPolicy {
            access_token_ttl: Duration::from_mins(15),
            refresh_token_ttl: Duration::from_hours(24),
            refresh_grace: Duration::from_secs(30),
            refresh_reuse_memory: Duration::from_hours(1),
            successor_key: SuccessorKey::derive(b"a key for tests"),
            opaque_session_ttl: Duration::from_hours(48),
            refresh_token_in_redirect: true,
            personal_access_token_max_age: None,
            expired_personal_access_tokens: true,
        },
        codes: CodePolicy::usual(CodeKey::derive(b"a key for tests")),
        second_factors: SecondFactorPolicy {
            totp_enabled: true,
            totp_issuer: "auth".to_owned(),
            totp_reuse_allowed: false,
            recovery_keys: RecoveryKeys::derive(b"a key for tests", []),
        },
        sms: SmsPolicy::default(),
        redirects: RedirectPolicy::new("http://localhost:3000", &[]).unwrap_or_default(),
        server_url: "http://auth.example.com".to_owned(),
    }
}
