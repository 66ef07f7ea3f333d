//! Others that vouch for who a person is: Google, GitHub, an OpenID provider, your own service.

use std::fmt;

use async_trait::async_trait;
use url::Url;

use crate::{
    error::Cause,
    identity::{ExternalIdentity, ProviderId},
    secret::Secret,
    session::CodeVerifier,
};

/// Asks a person's identity provider, by way of their browser.
///
/// No answer of a provider may make an implementation panic, and none may reach a log.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Its name.
    fn id(&self) -> &ProviderId;

    /// Where to send the browser.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Unavailable`] when the provider has to be asked for that, and fails.
    async fn authorize(&self, question: &AuthorizationRequest) -> Result<Url, ProviderError>;

    /// Who the person is, by what the browser brought back.
    ///
    /// # Errors
    ///
    /// [`ProviderError::CodeRefused`] and [`ProviderError::ProfileFailed`].
    async fn identify(
        &self,
        answer: &AuthorizationResponse,
    ) -> Result<ExternalIdentity, ProviderError>;
}

/// A question to a provider, which a browser carries there.
#[derive(Debug, Clone)]
pub struct AuthorizationRequest {
    /// What has to come back unchanged.
    pub state: Secret,
    /// Where the browser is to come back to.
    pub callback: Url,
    /// What binds question and answer.
    pub proof: PkceAndNonce,
}

/// What a browser brought back from a provider.
#[derive(Debug, Clone)]
pub struct AuthorizationResponse {
    /// The parameters, as far as any provider is known to send them.
    pub parameters: Parameters,
    /// Where the browser came back to; the same as in the question.
    pub callback: Url,
    /// What binds question and answer; the same as in the question.
    pub proof: PkceAndNonce,
}

/// Secrets of one flow that never pass through the browser in the clear. A provider that supports
/// either gets it; for others the state alone binds the flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PkceAndNonce {
    /// What proves that the code is exchanged by whoever asked for it (RFC 7636).
    pub verifier: CodeVerifier,
    /// What an ID token has to repeat (OpenID Connect Core §3.1.2.1).
    pub nonce: Secret,
}

/// Parameters of a callback, by name.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, Secret)>);

impl Parameters {
    /// The value of a parameter; `None` if it is absent or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Secret> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value)
            .filter(|it| !it.expose().is_empty())
    }
}

impl FromIterator<(String, Secret)> for Parameters {
    fn from_iter<T: IntoIterator<Item = (String, Secret)>>(pairs: T) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}

/// Why a provider gave no identity. No cause may hold a code, a token or a secret.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It could not be asked where to send the browser.
    #[error("the provider cannot be asked")]
    Unavailable(#[source] Cause),
    /// The code of the browser was not exchanged, for whichever reason.
    #[error("the provider did not exchange the code")]
    CodeRefused(#[source] Cause),
    /// It did not tell who the person is, or nothing that could be read.
    #[error("the provider did not tell who the person is")]
    ProfileFailed(#[source] Cause),
}

/// Judges the ID tokens that apps get from a provider themselves (`/signin/idtoken`).
#[async_trait]
pub trait IdTokenVerifier: Send + Sync {
    /// Whose tokens.
    fn id(&self) -> &ProviderId;

    /// Who the token is about, if it is one for this installation, and good now.
    ///
    /// A token with a claim `nonce` has to hold the SHA-256 of `nonce` there, in hexadecimal digits
    /// (of the empty text if there is none), as apps of Hasura Auth have it.
    ///
    /// # Errors
    ///
    /// See [`IdTokenError`].
    async fn verify(
        &self,
        token: &Secret,
        nonce: Option<&Secret>,
    ) -> Result<ExternalIdentity, IdTokenError>;
}

/// Why an ID token proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum IdTokenError {
    /// Wrong signature, issuer, audience or nonce, not yet or no longer good, or not about anybody.
    /// Why is not told apart on purpose.
    #[error("the ID token is not valid")]
    Invalid,
    /// The provider's keys are not to be had.
    #[error("the ID token cannot be checked")]
    Unavailable(#[source] Cause),
}
