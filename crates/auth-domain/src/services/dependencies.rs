//! What an installation brings, and the services built from it.

use std::sync::Arc;

use crate::{
    error::StoreError,
    limits::{AccountLimits, ClientNetwork, Limiter},
    policy::AuthPolicy,
    ports::{
        Background, BreachedPasswords, Clock, CodeDelivery, CustomClaimSource, Delay, ExpiredRows,
        IdGenerator, Mailer, PasswordHasher, QrRenderer, SecretCipher, Store, TokenSigner,
        TotpVerifier, WebAuthn,
    },
    services::{
        account::{
            current_user::CurrentUserService, email_address::EmailAddressService,
            password_change::PasswordChangeService, phone_change::PhoneChangeService,
            sign_up::SignUpService,
        },
        context::RequestContext,
        elevation::ElevationService,
        email_links::EmailLinkService,
        providers::Providers,
        second_factor::SecondFactorService,
        sign_in::{
            anonymous::AnonymousService, email::EmailSignInService, password::SignInService,
            provider::ProviderSignInService, security_key::SecurityKeyService,
            sms::SmsSignInService,
        },
        steps::retry::retry,
        tokens::{
            personal_access_tokens::PersonalAccessTokenService, refresh::TokenService,
            sessions::SessionService, sign_out::SignOutService,
        },
        upkeep::{
            clean_up::CleanUpService,
            message_queue::{MessageDeliveryService, MessageQueueService},
            readiness::ReadinessService,
        },
    },
    session::Device,
    system::{RandomIds, SystemClock},
    user::Role,
};

/// How many messages one round of [`Services::tend`] attempts at most.
const MESSAGES_IN_A_ROUND: usize = 100;

/// How many rows of a kind such a round removes.
const ROWS_IN_A_ROUND: u32 = 500;

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

    /// Prepares the store, and builds the use cases. NewSession an installation again, or on several
    /// servers at once, changes nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store fails.
    pub async fn open(self) -> Result<Services, StoreError> {
        self.prepare().await?;
        Ok(Services::new(self))
    }

    /// The use cases over a store that was prepared for the same policy already, for tests in which
    /// it fails.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn open_prepared(self) -> Services {
        Services::new(self)
    }

    /// What authenticator apps need, if they may be used.
    pub(super) fn authenticator_apps(&self) -> Option<&AuthenticatorApps> {
        let enabled = self.policy.second_factors.totp_enabled;
        self.authenticator_apps.as_ref().filter(|_| enabled)
    }

    /// Makes sure that the store holds every role the policy may give to a user, and every provider
    /// they may be linked with.
    async fn prepare(&self) -> Result<(), StoreError> {
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

/// Every use case, built over one installation.
#[derive(Clone)]
pub struct Services {
    /// Signing up.
    pub sign_up: SignUpService,
    /// Signing in.
    pub sign_in: SignInService,
    /// Refreshing and checking tokens.
    pub tokens: TokenService,
    /// Signing out.
    pub sign_out: SignOutService,
    /// Who is asking.
    pub current_user: CurrentUserService,
    /// Changing a password.
    pub password_change: PasswordChangeService,
    /// Personal access tokens.
    pub personal_access_tokens: PersonalAccessTokenService,
    /// Fresh proofs of identity.
    pub elevation: ElevationService,
    /// Signing in by mail.
    pub email_sign_in: EmailSignInService,
    /// Signing in by text message.
    pub sms_sign_in: SmsSignInService,
    /// Changing phone numbers.
    pub phone_change: PhoneChangeService,
    /// Verifying and changing addresses.
    pub email_address: EmailAddressService,
    /// Following links, and exchanging the codes of redirects.
    pub email_links: EmailLinkService,
    /// One-time passwords and recovery codes.
    pub second_factor: SecondFactorService,
    /// Security keys and passkeys.
    pub security_keys: SecurityKeyService,
    /// Signing in with the word of others.
    pub provider_sign_in: ProviderSignInService,
    /// Anonymous users.
    pub anonymous: AnonymousService,
    /// The sessions of a user.
    pub sessions: SessionService,
    /// Whether the server can do its work.
    pub readiness: ReadinessService,
    ctx: RequestContext,
}

impl Services {
    fn new(ctx: Dependencies) -> Self {
        Self::during(RequestContext::new(Arc::new(ctx)))
    }

    /// What they are built over.
    #[must_use]
    pub fn dependencies(&self) -> &Dependencies {
        &self.ctx
    }

    /// Does a round of what has to be done beside requests: makes another attempt at messages that were
    /// not handed over and are due, and removes some of what has expired. Call it every half minute or
    /// so, on one server or on all of them: without it no mail outlives an outage of what it leaves
    /// by, and tables grow for ever.
    ///
    /// [`MessageDeliveryService`] and [`CleanUpService`] do the same with a pace of your own.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store fails. The next round goes on.
    pub async fn tend(&self) -> Result<(), StoreError> {
        let ctx = self.dependencies();
        let (store, clock) = (&ctx.store, &ctx.clock);
        let secrets = Arc::clone(&ctx.secrets);
        let queue = MessageQueueService::new(Arc::clone(store), secrets, Arc::clone(clock));
        let mailer = Arc::clone(&ctx.mailer);
        let delivery = MessageDeliveryService::new(queue, mailer, ctx.sms.as_ref());
        for _ in 0..MESSAGES_IN_A_ROUND {
            // One at a time: its lease would run out while it waited for others.
            let Some(message) = delivery.lease(1).await?.pop() else {
                break;
            };
            delivery.deliver(message).await;
        }
        let clean_up = CleanUpService::new(Arc::clone(store), Arc::clone(clock), &ctx.policy);
        for rows in ExpiredRows::ALL {
            clean_up.remove_some(rows, ROWS_IN_A_ROUND).await?;
        }
        Ok(())
    }

    /// The same use cases for a request from `device`, which the owner of a session that is opened
    /// or refreshed gets to see, in the network `client`, which becomes a known one of whoever signs
    /// in.
    #[must_use]
    pub fn seen_from(&self, device: Device, client: Option<ClientNetwork>) -> Self {
        Self::during(self.ctx.seen_from(device, client))
    }

    fn during(ctx: RequestContext) -> Self {
        Self {
            sign_up: SignUpService::new(ctx.clone()),
            sign_in: SignInService::new(ctx.clone()),
            tokens: TokenService::new(ctx.clone()),
            sign_out: SignOutService::new(ctx.clone()),
            current_user: CurrentUserService::new(ctx.clone()),
            password_change: PasswordChangeService::new(ctx.clone()),
            personal_access_tokens: PersonalAccessTokenService::new(ctx.clone()),
            elevation: ElevationService::new(ctx.clone()),
            email_sign_in: EmailSignInService::new(ctx.clone()),
            sms_sign_in: SmsSignInService::new(ctx.clone()),
            phone_change: PhoneChangeService::new(ctx.clone()),
            email_address: EmailAddressService::new(ctx.clone()),
            email_links: EmailLinkService::new(ctx.clone()),
            second_factor: SecondFactorService::new(ctx.clone()),
            security_keys: SecurityKeyService::new(ctx.clone()),
            provider_sign_in: ProviderSignInService::new(ctx.clone()),
            anonymous: AnonymousService::new(ctx.clone()),
            sessions: SessionService::new(ctx.clone()),
            readiness: ReadinessService::new(ctx.clone()),
            ctx,
        }
    }
}
