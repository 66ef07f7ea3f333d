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

/// The required ports.
pub struct Ports {
    /// Where users and sessions are kept.
    pub store: Arc<dyn Store>,
    /// How passwords are hashed.
    pub hasher: Arc<dyn PasswordHasher>,
    /// How access tokens are signed.
    pub signer: Arc<dyn TokenSigner>,
    /// How mail is sent.
    pub mailer: Arc<dyn Mailer>,
    /// How stored secrets are encrypted, such as those in mails that wait for a retry.
    pub secrets: Arc<dyn SecretCipher>,
}

/// The ports and the policy of one server.
///
/// [`Dependencies::new`] takes the required ones. The others have defaults and are set afterwards:
/// code that does so goes on compiling when a later version adds fields.
#[non_exhaustive]
pub struct Dependencies {
    /// Where users and sessions are kept.
    pub store: Arc<dyn Store>,
    /// How passwords are hashed.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Passwords that must not be chosen, because of a breach; `None` allows any.
    pub breached_passwords: Option<Arc<dyn BreachedPasswords>>,
    /// How access tokens are signed.
    pub signer: Arc<dyn TokenSigner>,
    /// The source of custom claims in access tokens; `None` for the standard claims only.
    pub custom_claims: Option<Arc<dyn CustomClaimSource>>,
    /// Set to hide whether an account exists (user enumeration).
    pub enumeration_protection: Option<EnumerationProtection>,
    /// How mail is sent.
    pub mailer: Arc<dyn Mailer>,
    /// How codes get to phones; `None` switches off everything that needs them.
    pub sms: Option<CodeDelivery>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random values.
    pub ids: Arc<dyn IdGenerator>,
    /// What authenticator apps need; `None` switches them off as a second factor.
    pub authenticator_apps: Option<AuthenticatorApps>,
    /// How stored secrets are encrypted.
    pub secrets: Arc<dyn SecretCipher>,
    /// How security keys are verified; `None` for no security keys.
    pub web_authn: Option<Arc<dyn WebAuthn>>,
    /// The identity providers.
    pub providers: Providers,
    /// Rate limits of wrong attempts per account, and of messages per mailbox; `None` for no limit.
    pub limits: Option<AccountLimits>,
    /// Limits and switches.
    pub policy: AuthPolicy,
}

/// The ports of authenticator apps.
#[derive(Clone)]
pub struct AuthenticatorApps {
    /// How one-time passwords are computed.
    pub totp: Arc<dyn TotpVerifier>,
    /// How QR codes are drawn.
    pub qr: Arc<dyn QrRenderer>,
}

/// The ports of enumeration protection.
#[derive(Clone)]
pub struct EnumerationProtection {
    /// Runs work after the answer: a request that ends in a message is answered alike and at once,
    /// whether or not the account exists.
    pub background: Arc<dyn Background>,
    /// Delays the refusal of a wrong guess, so that its time does not tell whether the account
    /// exists.
    pub delay: Arc<dyn Delay>,
}

impl Dependencies {
    /// The clock and randomness of this machine, rate limits in memory ([`AccountLimits::usual`]),
    /// and no optional port.
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

    /// The ports of authenticator apps, if the policy allows those.
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
