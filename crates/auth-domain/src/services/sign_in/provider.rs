//! Signing in with an identity provider: the browser is redirected there and back, or an app brings
//! an ID token.

mod authorization_error;
mod begin;
mod finish;
mod flow;
mod id_tokens;
mod identity_linking;
mod matching;
mod profiles;

pub use authorization_error::AuthorizationError;
pub use begin::{BegunFlow, ProviderFlowRequest};
pub use finish::{FinishedFlow, ProviderCallback};
pub use id_tokens::{IdTokenProof, IdTokenSignIn};

use crate::services::{
    account::{current_user::CurrentUserRefusal, sign_up::SignUpRefusal},
    context::RequestContext,
    elevation::ElevationRefusal,
    error::{Error, Refusal, passes_on},
    steps::session_opening::AccountRefusal,
};
use crate::{
    error::{Cause, chain},
    identity::{ExternalIdentity, IdentityKey, ProviderId},
    ports::ProviderError,
    redirect::RedirectUrl,
};

/// Signs users in with identity providers, and links accounts with identities.
#[derive(Clone)]
pub struct ProviderSignInService {
    ctx: RequestContext,
}

/// Why a sign-in with a provider was refused.
#[derive(Debug, thiserror::Error)]
pub enum ProviderSignInRefusal {
    /// The redirect is not in the allow-list.
    #[error("the redirect is not allowed")]
    RedirectNotAllowed,
    /// The provider is switched off, or there is none of that name.
    #[error("the provider is disabled")]
    ProviderDisabled,
    /// The flow did not begin here, not in this browser (login CSRF), too long ago, or has ended
    /// (replay).
    #[error("the state is not valid")]
    InvalidState,
    /// The provider answered with an error.
    #[error("the provider answered with an error")]
    AuthorizationFailed(AuthorizationError),
    /// The provider could not be asked, or a token could not be verified.
    #[error(transparent)]
    Unavailable(Cause),
    /// The provider did not exchange the code.
    #[error("the provider did not exchange the code")]
    CodeRefused,
    /// The provider did not identify the user.
    #[error("the provider did not identify the user")]
    ProfileFailed,
    /// The ID token was not issued for this server, or is no longer valid.
    #[error("the ID token is not valid")]
    InvalidIdToken,
    /// The user whose account is to be linked is not signed in, or may not use it right now.
    #[error(transparent)]
    NotSignedIn(#[from] CurrentUserRefusal),
    /// Linking an account needs an elevated token.
    #[error(transparent)]
    NotElevated(ElevationRefusal),
    /// The identity is linked with an account already.
    #[error("the identity is linked already")]
    AlreadyLinked,
    /// The account could not be made, or an option was refused.
    #[error(transparent)]
    SignUp(#[from] SignUpRefusal),
    /// The account may not be used right now.
    #[error(transparent)]
    Account(#[from] AccountRefusal),
}

impl Refusal for ProviderSignInRefusal {}

/// A refusal, or a failure.
pub type ProviderSignInError = Error<ProviderSignInRefusal>;

passes_on!(CurrentUserRefusal => ProviderSignInRefusal);

passes_on!(SignUpRefusal => ProviderSignInRefusal);
passes_on!(ElevationRefusal => ProviderSignInRefusal);

impl From<ElevationRefusal> for ProviderSignInRefusal {
    fn from(refusal: ElevationRefusal) -> Self {
        match refusal {
            ElevationRefusal::NotSignedIn(refusal) => Self::NotSignedIn(refusal),
            other => Self::NotElevated(other),
        }
    }
}

/// A flow that failed, and where to redirect the browser.
#[derive(Debug)]
pub struct FlowFailure {
    /// The redirect; `None` if the requested one is not allowed.
    pub redirect_to: Option<RedirectUrl>,
    /// The client's own state, which it gets back.
    pub client_state: Option<String>,
    /// Why.
    pub error: ProviderSignInError,
}

/// A user as a provider knows them.
struct ProviderProfile {
    key: IdentityKey,
    identity: ExternalIdentity,
    /// Whether the user is known to read the mail of `identity.email`.
    email_verified: bool,
}

impl ProviderSignInService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// Whether users can sign in with a provider.
    #[must_use]
    pub fn is_enabled(&self, provider: &ProviderId) -> bool {
        self.ctx.providers.find(provider).is_some()
    }

    /// Logs why a provider failed, because the client is not told. A failure that is an error of
    /// ours as well is logged with the answer.
    fn log_and_map(provider: &ProviderId, error: ProviderError) -> ProviderSignInError {
        let refusal = match &error {
            ProviderError::Unavailable(_) => {
                return ProviderSignInRefusal::Unavailable(error.into()).into();
            }
            ProviderError::CodeRefused(_) => ProviderSignInRefusal::CodeRefused,
            ProviderError::ProfileFailed(_) => ProviderSignInRefusal::ProfileFailed,
        };
        let provider = provider.as_str();
        tracing::warn!(provider, error = chain(&error), "a provider did not help");
        refusal.into()
    }

    /// Whether a provider's address counts as verified. Where the provider does not say, the
    /// operator may trust it; where it denies, the address is unverified in any case. A provider
    /// that the operator configured is not believed unless it is trusted: by a false
    /// `email_verified` an attacker would get into the account of the address's owner (account
    /// pre-hijacking).
    fn profile(&self, provider: ProviderId, identity: ExternalIdentity) -> ProviderProfile {
        let providers = &self.ctx.providers;
        let is_trusted = providers.trusts_addresses_of(&provider);
        let is_checked = match identity.email_verified {
            Some(said) => said && (is_trusted || !provider.is_custom()),
            None => is_trusted,
        };
        let email_verified = is_checked && identity.email.is_some();
        let key = IdentityKey {
            provider,
            subject: identity.subject.clone(),
        };
        ProviderProfile {
            key,
            identity,
            email_verified,
        }
    }
}
