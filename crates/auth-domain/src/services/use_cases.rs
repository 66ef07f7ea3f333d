//! All use cases over one set of dependencies.

use std::sync::Arc;

use crate::{
    error::StoreError,
    limits::ClientNetwork,
    ports::ExpiredRows,
    services::{
        account::{
            current_user::CurrentUserService, email_address::EmailAddressService,
            password_change::PasswordChangeService, phone_change::PhoneChangeService,
            sign_up::SignUpService,
        },
        context::RequestContext,
        dependencies::Dependencies,
        elevation::ElevationService,
        email_links::EmailLinkService,
        second_factor::SecondFactorService,
        sign_in::{
            anonymous::AnonymousService, email::EmailSignInService, password::SignInService,
            provider::ProviderSignInService, security_key::SecurityKeyService,
            sms::SmsSignInService,
        },
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
};

/// How many messages one round of [`Services::tend`] attempts at most.
const MESSAGES_IN_A_ROUND: usize = 100;

/// How many rows of a kind such a round removes.
const ROWS_IN_A_ROUND: u32 = 500;

/// Every use case of one server. Cheap to clone: a use case is built when it is asked for.
#[derive(Clone)]
pub struct Services {
    ctx: RequestContext,
}

impl Dependencies {
    /// Prepares the store, and builds the use cases. Idempotent, also on several servers at once.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store fails.
    pub async fn open(self) -> Result<Services, StoreError> {
        self.prepare().await?;
        Ok(Services::new(self))
    }

    /// The use cases over a store that was prepared for the same policy already, for tests in which
    /// the store fails.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn open_prepared(self) -> Services {
        Services::new(self)
    }
}

impl Services {
    fn new(dependencies: Dependencies) -> Self {
        let ctx = RequestContext::new(Arc::new(dependencies));
        Self { ctx }
    }

    /// What the use cases are built over.
    #[must_use]
    pub fn dependencies(&self) -> &Dependencies {
        &self.ctx
    }

    /// Does a round of background work: retries messages that are due, and removes some of what has
    /// expired. Call it every half minute or so, on one server or on all of them: without it a mail
    /// that failed once is never sent, and tables grow for ever.
    ///
    /// [`MessageDeliveryService`] and [`CleanUpService`] do the same at intervals of your own.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store fails. The next round goes on.
    pub async fn tend(&self) -> Result<(), StoreError> {
        let dependencies = self.dependencies();
        let (store, clock) = (&dependencies.store, &dependencies.clock);
        let secrets = Arc::clone(&dependencies.secrets);
        let queue = MessageQueueService::new(Arc::clone(store), secrets, Arc::clone(clock));
        let mailer = Arc::clone(&dependencies.mailer);
        let delivery = MessageDeliveryService::new(queue, mailer, dependencies.sms.as_ref());
        for _ in 0..MESSAGES_IN_A_ROUND {
            // One at a time: the lease of the second would run out while the first is sent.
            let Some(message) = delivery.lease(1).await?.pop() else {
                break;
            };
            delivery.deliver(message).await;
        }
        let clean_up =
            CleanUpService::new(Arc::clone(store), Arc::clone(clock), &dependencies.policy);
        for rows in ExpiredRows::ALL {
            clean_up.remove_some(rows, ROWS_IN_A_ROUND).await?;
        }
        Ok(())
    }

    /// The same use cases for a request from `device`, which is shown to the owner of a session
    /// that is opened or refreshed, in the network `client`, which becomes a known place of a user
    /// who signs in.
    #[must_use]
    pub fn seen_from(&self, device: Device, client: Option<ClientNetwork>) -> Self {
        Self {
            ctx: self.ctx.seen_from(device, client),
        }
    }

    /// Signing up.
    #[must_use]
    pub fn sign_up(&self) -> SignUpService {
        SignUpService::new(self.ctx.clone())
    }

    /// Signing in.
    #[must_use]
    pub fn sign_in(&self) -> SignInService {
        SignInService::new(self.ctx.clone())
    }

    /// Refreshing and checking tokens.
    #[must_use]
    pub fn tokens(&self) -> TokenService {
        TokenService::new(self.ctx.clone())
    }

    /// Signing out.
    #[must_use]
    pub fn sign_out(&self) -> SignOutService {
        SignOutService::new(self.ctx.clone())
    }

    /// The user behind a token.
    #[must_use]
    pub fn current_user(&self) -> CurrentUserService {
        CurrentUserService::new(self.ctx.clone())
    }

    /// Changing a password.
    #[must_use]
    pub fn password_change(&self) -> PasswordChangeService {
        PasswordChangeService::new(self.ctx.clone())
    }

    /// Personal access tokens.
    #[must_use]
    pub fn personal_access_tokens(&self) -> PersonalAccessTokenService {
        PersonalAccessTokenService::new(self.ctx.clone())
    }

    /// Elevation.
    #[must_use]
    pub fn elevation(&self) -> ElevationService {
        ElevationService::new(self.ctx.clone())
    }

    /// Signing in by mail.
    #[must_use]
    pub fn email_sign_in(&self) -> EmailSignInService {
        EmailSignInService::new(self.ctx.clone())
    }

    /// Signing in by text message.
    #[must_use]
    pub fn sms_sign_in(&self) -> SmsSignInService {
        SmsSignInService::new(self.ctx.clone())
    }

    /// Changing phone numbers.
    #[must_use]
    pub fn phone_change(&self) -> PhoneChangeService {
        PhoneChangeService::new(self.ctx.clone())
    }

    /// Verifying and changing addresses.
    #[must_use]
    pub fn email_address(&self) -> EmailAddressService {
        EmailAddressService::new(self.ctx.clone())
    }

    /// Following links, and exchanging the codes of redirects.
    #[must_use]
    pub fn email_links(&self) -> EmailLinkService {
        EmailLinkService::new(self.ctx.clone())
    }

    /// One-time passwords and recovery codes.
    #[must_use]
    pub fn second_factor(&self) -> SecondFactorService {
        SecondFactorService::new(self.ctx.clone())
    }

    /// Security keys and passkeys.
    #[must_use]
    pub fn security_keys(&self) -> SecurityKeyService {
        SecurityKeyService::new(self.ctx.clone())
    }

    /// Signing in with identity providers.
    #[must_use]
    pub fn provider_sign_in(&self) -> ProviderSignInService {
        ProviderSignInService::new(self.ctx.clone())
    }

    /// Anonymous users.
    #[must_use]
    pub fn anonymous(&self) -> AnonymousService {
        AnonymousService::new(self.ctx.clone())
    }

    /// The sessions of a user.
    #[must_use]
    pub fn sessions(&self) -> SessionService {
        SessionService::new(self.ctx.clone())
    }

    /// Whether the server can serve requests.
    #[must_use]
    pub fn readiness(&self) -> ReadinessService {
        ReadinessService::new(self.ctx.clone())
    }
}
