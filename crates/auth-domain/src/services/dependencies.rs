//! What use cases depend on: the ports and the policy of one server.

use std::sync::Arc;

use crate::{
    error::StoreError,
    limits::{AccountLimits, Limiter},
    policy::AuthPolicy,
    ports::{
        Background, BreachedPasswords, Clock, CodeDelivery, CustomClaimSource, Delay, IdGenerator,
        Mailer, PasswordHasher, QrRenderer, SecretCipher, Store, TokenSigner, TotpVerifier,
        WebAuthn,
    },
    services::{providers::Providers, steps::retry::retry},
    system::{RandomIds, SystemClock},
    user::Role,
};

/// The ports that no installation can do without.
pub struct Ports {
    /// Where users and sessions are kept.
    pub store: Arc<dyn Store>,
    /// How passwords are hashed.
    pub hasher: Arc<dyn PasswordHasher>,
    /// How access tokens are signed.
    pub signer: Arc<dyn TokenSigner>,
    /// How mail leaves.
    pub mailer: Arc<dyn Mailer>,
    /// How secrets are encrypted that have to be read back, such as those in mails that wait for
    /// another attempt.
    pub secrets: Arc<dyn SecretCipher>,
}

/// The ports and the policy of one installation.
///
/// [`Dependencies::new`] asks for those that it cannot do without. The others are set afterwards, so
/// that nothing breaks when a later version has more of them.
#[non_exhaustive]
pub struct Dependencies {
    /// Where users and sessions are kept.
    pub store: Arc<dyn Store>,
    /// How passwords are hashed.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Which passwords nobody may choose any more; `None` lets them choose any.
    pub breached_passwords: Option<Arc<dyn BreachedPasswords>>,
    /// How access tokens are signed.
    pub signer: Arc<dyn TokenSigner>,
    /// What access tokens say beyond the standard claims; `None` leaves it at those.
    pub custom_claims: Option<Arc<dyn CustomClaimSource>>,
    /// Set to conceal whether an account exists.
    pub enumeration_protection: Option<EnumerationProtection>,
    /// How mail leaves.
    pub mailer: Arc<dyn Mailer>,
    /// How codes get to phones; `None` switches off all that needs them.
    pub sms: Option<CodeDelivery>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random values.
    pub ids: Arc<dyn IdGenerator>,
    /// What authenticator apps need; `None` switches them off as a second factor.
    pub authenticator_apps: Option<AuthenticatorApps>,
    /// How secrets are encrypted that have to be read back.
    pub secrets: Arc<dyn SecretCipher>,
    /// How security keys are judged; `None` for no security keys.
    pub web_authn: Option<Arc<dyn WebAuthn>>,
    /// Whose word about people counts.
    pub providers: Providers,
    /// How often an account may be claimed in vain, and a mailbox written to; `None` for any number
    /// of times.
    pub limits: Option<AccountLimits>,
    /// Limits and switches.
    pub policy: AuthPolicy,
}

/// What a second factor of one-time passwords needs.
#[derive(Clone)]
pub struct AuthenticatorApps {
    /// How one-time passwords are computed.
    pub totp: Arc<dyn TotpVerifier>,
    /// How QR codes are drawn.
    pub qr: Arc<dyn QrRenderer>,
}

/// How it is concealed whether an account exists.
#[derive(Clone)]
pub struct EnumerationProtection {
    /// Where to do what would tell: requests that end in a message are answered alike and at once,
    /// whatever becomes of them.
    pub background: Arc<dyn Background>,
    /// What guesses wait for: a wrong one is told so after the same time, whatever it took to find
    /// out.
    pub delay: Arc<dyn Delay>,
}

impl Dependencies {
    /// An installation that has the clock and the randomness of this machine, counts claims and mails
    /// in memory as [`AccountLimits::usual`] does, and is without every optional port.
    #[must_use]
    pub fn new(ports: Ports, policy: AuthPolicy) -> Self {
        let limiter = Limiter::new(Arc::new(SystemClock));
        Self {
            store: ports.store,
            hasher: ports.hasher,
            breached_passwords: None,
            signer: ports.signer,
            custom_claims: None,
            enumeration_protection: None,
            mailer: ports.mailer,
            sms: None,
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            authenticator_apps: None,
            secrets: ports.secrets,
            web_authn: None,
            providers: Providers::default(),
            limits: Some(AccountLimits::usual(limiter, policy.codes.key.naming_key())),
            policy,
        }
    }

    /// What authenticator apps need, if they may be used.
    pub(super) fn authenticator_apps(&self) -> Option<&AuthenticatorApps> {
        let enabled = self.policy.second_factors.totp_enabled;
        self.authenticator_apps.as_ref().filter(|_| enabled)
    }

    /// Makes sure that the store holds every role the policy may give to a user, and every provider
    /// they may be linked with.
    pub(super) async fn prepare(&self) -> Result<(), StoreError> {
        let accounts = &self.policy.accounts;
        let mut roles = vec![
            Role::user(),
            Role::anonymous(),
            accounts.default_role.clone(),
        ];
        roles.extend(accounts.allowed_roles.iter().cloned());
        roles.extend(accounts.username_roles.iter().cloned());
        let providers = self.providers.ids();
        retry(|| async {
            let mut work = self.store.begin().await?;
            work.roles().ensure(&roles).await?;
            work.identities().ensure_providers(&providers).await?;
            work.commit().await
        })
        .await
    }
}
