//! Signing in with the word of others: a person is sent to an identity provider and comes back, or
//! their app brings an ID token.

mod begin;
mod finish;
mod flow;
mod id_tokens;
mod identity_linking;
mod matching;
mod profiles;

pub use begin::{BegunFlow, ProviderFlowRequest};
pub use finish::{AuthorizationError, FinishedFlow, ProviderCallback};
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

/// Signs in whom a provider vouches for, and links accounts with such identities.
#[derive(Clone)]
pub struct ProviderSignInService {
    ctx: RequestContext,
}

/// Why the word of a provider led nowhere.
#[derive(Debug, thiserror::Error)]
pub enum ProviderSignInRefusal {
    /// The place to redirect to is not in the allow-list.
    #[error("the redirect is not allowed")]
    RedirectNotAllowed,
    /// The provider is switched off, or there is none of that name.
    #[error("the provider is disabled")]
    ProviderDisabled,
    /// The flow did not begin here, not in this browser, or too long ago.
    #[error("the state is not valid")]
    InvalidState,
    /// The provider sent the browser back with an error.
    #[error("the provider complained")]
    AuthorizationFailed(AuthorizationError),
    /// The provider could not be asked, or a token not be checked.
    #[error(transparent)]
    Unavailable(Cause),
    /// The provider did not exchange the code.
    #[error("the provider did not exchange the code")]
    CodeRefused,
    /// The provider did not tell who the person is.
    #[error("the provider did not tell who the person is")]
    ProfileFailed,
    /// The ID token is not one for this installation, or no longer good.
    #[error("the ID token is not valid")]
    InvalidIdToken,
    /// Whoever wants their account linked is not signed in, or may not use it right now.
    #[error(transparent)]
    NotSignedIn(#[from] CurrentUserRefusal),
    /// Whoever wants their account linked has to prove once more who they are.
    #[error(transparent)]
    NotElevated(ElevationRefusal),
    /// The identity is linked with an account already.
    #[error("the identity is linked already")]
    AlreadyLinked,
    /// The account could not be made, or a wish cannot be met.
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

/// A flow that failed, and where the browser is to learn of it.
#[derive(Debug)]
pub struct FlowFailure {
    /// Where to lead; `None` where nothing that was asked for may be led to.
    pub redirect_to: Option<RedirectUrl>,
    /// What the client wants back.
    pub client_state: Option<String>,
    /// Why.
    pub error: ProviderSignInError,
}

/// Somebody as a provider knows them.
struct ProviderProfile {
    key: IdentityKey,
    identity: ExternalIdentity,
    /// Whether `identity.email` is theirs beyond doubt.
    email_verified: bool,
}

impl ProviderSignInService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// Whether people can be sent to a provider.
    #[must_use]
    pub fn is_enabled(&self, provider: &ProviderId) -> bool {
        self.ctx.providers.find(provider).is_some()
    }

    /// Tells the log why a provider did not help, where the client is not told: it could mend
    /// nothing. What is a failure of ours as well is told by whoever answers.
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

    /// Takes a provider at its word about an address. Where it says nothing, the operator may know
    /// that nobody can have another's there; a denial is one whatever the operator knows. One that an
    /// installation configured itself is not believed unless it is trusted: an account that is
    /// verified on its word is one that the owner of the address shares with whoever came first.
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
