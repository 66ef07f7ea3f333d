//! What an installation brings, and the services built from it.

use std::sync::Arc;

use super::{
    AnonymousService, CurrentUserService, ElevationService, EmailAddressService,
    EmailSignInService, LinkService, PasswordChangeService, PersonalAccessTokenService,
    PhoneChangeService, ProviderSignInService, Providers, ReadinessService, SecondFactorService,
    SecurityKeyService, SessionService, SignInService, SignOutService, SignUpService,
    SmsSignInService, TokenService, retry::retry, visit::Visit,
};
use crate::{
    error::StoreError,
    limits::{AccountLimits, ClientNetwork},
    policy::AuthPolicy,
    ports::{
        Background, BreachedPasswords, Clock, CodeDelivery, CustomClaimSource, IdGenerator, Mailer,
        Pacing, PasswordHasher, QrRenderer, SecretBox, Store, TokenSigner, TotpVerifier, WebAuthn,
    },
    session::Device,
    user::Role,
};

/// The ports and the policy of one installation.
pub struct Installation {
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
    pub concealment: Option<Concealment>,
    /// How mail leaves.
    pub mailer: Arc<dyn Mailer>,
    /// How codes get to phones; `None` switches off all that needs them.
    pub sms: Option<CodeDelivery>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random values.
    pub ids: Arc<dyn IdGenerator>,
    /// How one-time passwords are computed.
    pub totp: Arc<dyn TotpVerifier>,
    /// How QR codes are drawn.
    pub qr: Arc<dyn QrRenderer>,
    /// How secrets are encrypted that have to be read back.
    pub secrets: Arc<dyn SecretBox>,
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

/// How it is concealed whether an account exists.
#[derive(Clone)]
pub struct Concealment {
    /// Where to do what would tell: requests that end in a message are answered alike and at once,
    /// whatever becomes of them.
    pub background: Arc<dyn Background>,
    /// What guesses wait for: a wrong one is told so after the same time, whatever it took to find
    /// out.
    pub pacing: Arc<dyn Pacing>,
}

impl Installation {
    /// Makes sure that the store holds every role the policy may give to a user, and every provider
    /// they may be linked with. Call it once at start; calling it again, or from several servers at
    /// once, changes nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store fails.
    pub async fn prepare(&self) -> Result<(), StoreError> {
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
    pub links: LinkService,
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
    visit: Visit,
}

impl Services {
    /// The use cases of `installation`.
    #[must_use]
    pub fn new(installation: Arc<Installation>) -> Self {
        Self::during(Visit::new(installation))
    }

    /// The same use cases for a request from `device`, which the owner of a session that is opened
    /// or refreshed gets to see, in the network `client`, which becomes a known one of whoever signs
    /// in.
    #[must_use]
    pub fn seen_from(&self, device: Device, client: Option<ClientNetwork>) -> Self {
        Self::during(self.visit.seen_from(device, client))
    }

    fn during(visit: Visit) -> Self {
        Self {
            sign_up: SignUpService::new(visit.clone()),
            sign_in: SignInService::new(visit.clone()),
            tokens: TokenService::new(visit.clone()),
            sign_out: SignOutService::new(visit.clone()),
            current_user: CurrentUserService::new(visit.clone()),
            password_change: PasswordChangeService::new(visit.clone()),
            personal_access_tokens: PersonalAccessTokenService::new(visit.clone()),
            elevation: ElevationService::new(visit.clone()),
            email_sign_in: EmailSignInService::new(visit.clone()),
            sms_sign_in: SmsSignInService::new(visit.clone()),
            phone_change: PhoneChangeService::new(visit.clone()),
            email_address: EmailAddressService::new(visit.clone()),
            links: LinkService::new(visit.clone()),
            second_factor: SecondFactorService::new(visit.clone()),
            security_keys: SecurityKeyService::new(visit.clone()),
            provider_sign_in: ProviderSignInService::new(visit.clone()),
            anonymous: AnonymousService::new(visit.clone()),
            sessions: SessionService::new(visit.clone()),
            readiness: ReadinessService::new(visit.clone()),
            visit,
        }
    }
}
