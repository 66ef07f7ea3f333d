//! What an installation brings, and the services built from it.

use std::sync::Arc;

use super::{
    AnonymousService, CurrentUserService, ElevationService, EmailAddressService,
    EmailSignInService, LinkService, PasswordChangeService, PersonalAccessTokenService,
    PhoneChangeService, SecondFactorService, SignInService, SignOutService, SignUpService,
    SmsSignInService, TokenService, retry::retry,
};
use crate::{
    error::StoreError,
    limits::AccountLimits,
    policy::AuthPolicy,
    ports::{
        Background, BreachedPasswords, Clock, CodeDelivery, CustomClaimSource, IdGenerator, Mailer,
        PasswordHasher, QrRenderer, SecretBox, Store, TokenSigner, TotpVerifier,
    },
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
    /// Set to conceal whether an account exists: where to do what would tell. Requests that end in
    /// a mail are then answered alike and at once, whatever becomes of them.
    pub concealment: Option<Arc<dyn Background>>,
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
    /// How often an account may be claimed in vain, and a mailbox written to; `None` for any number
    /// of times.
    pub limits: Option<AccountLimits>,
    /// Limits and switches.
    pub policy: AuthPolicy,
}

impl Installation {
    /// Makes sure that the store holds every role the policy may give to a user. Call it once at
    /// start; calling it again, or from several servers at once, changes nothing.
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
        retry(|| async {
            let mut work = self.store.begin().await?;
            work.roles().ensure(&roles).await?;
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
    /// Anonymous users.
    pub anonymous: AnonymousService,
}

impl Services {
    /// The use cases of `installation`.
    #[must_use]
    pub fn new(installation: Arc<Installation>) -> Self {
        Self {
            sign_up: SignUpService::new(Arc::clone(&installation)),
            sign_in: SignInService::new(Arc::clone(&installation)),
            tokens: TokenService::new(Arc::clone(&installation)),
            sign_out: SignOutService::new(Arc::clone(&installation)),
            current_user: CurrentUserService::new(Arc::clone(&installation)),
            password_change: PasswordChangeService::new(Arc::clone(&installation)),
            personal_access_tokens: PersonalAccessTokenService::new(Arc::clone(&installation)),
            elevation: ElevationService::new(Arc::clone(&installation)),
            email_sign_in: EmailSignInService::new(Arc::clone(&installation)),
            sms_sign_in: SmsSignInService::new(Arc::clone(&installation)),
            phone_change: PhoneChangeService::new(Arc::clone(&installation)),
            email_address: EmailAddressService::new(Arc::clone(&installation)),
            links: LinkService::new(Arc::clone(&installation)),
            second_factor: SecondFactorService::new(Arc::clone(&installation)),
            anonymous: AnonymousService::new(installation),
        }
    }
}
