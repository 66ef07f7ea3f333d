//! Identity providers: Google, GitHub, an OpenID provider, a service of the operator's own.

use std::fmt;

use async_trait::async_trait;
use url::Url;

use crate::{
    error::Cause,
    identity::{ExternalIdentity, ProviderId},
    secret::Secret,
    session::CodeVerifier,
};

/// An identity provider that users are redirected to.
///
/// No response of a provider may make an implementation panic, and none may reach a log.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Its name.
    fn id(&self) -> &ProviderId;

    /// The URL to redirect the browser to.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Unavailable`] when the provider has to be asked first, and fails.
    async fn authorize(&self, request: &AuthorizationRequest) -> Result<Url, ProviderError>;

    /// The user's identity, by what the browser brought back.
    ///
    /// # Errors
    ///
    /// [`ProviderError::CodeRefused`] and [`ProviderError::ProfileFailed`].
    async fn identify(
        &self,
        response: &AuthorizationResponse,
    ) -> Result<ExternalIdentity, ProviderError>;
}

/// An authorization request (RFC 6749 §4.1.1), which the browser carries to the provider.
#[derive(Debug, Clone)]
pub struct AuthorizationRequest {
    /// The `state`, which has to come back unchanged.
    pub state: Secret,
    /// The redirect URI: where the browser is to come back to.
    pub callback: Url,
    /// Binds request and response.
    pub proof: PkceAndNonce,
}

/// An authorization response (RFC 6749 §4.1.2), as the browser brought it back.
#[derive(Debug, Clone)]
pub struct AuthorizationResponse {
    /// The parameters that some provider is known to send.
    pub parameters: Parameters,
    /// Where the browser came back to; the same as in the request.
    pub callback: Url,
    /// Binds request and response; the same as in the request.
    pub proof: PkceAndNonce,
}

/// PKCE verifier and nonce of one flow, which never pass through the browser in the clear. A
/// provider that supports either gets it; for others the `state` alone binds the flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PkceAndNonce {
    /// Proves that the client that exchanges the code is the one that asked for it (PKCE, RFC
    /// 7636).
    pub verifier: CodeVerifier,
    /// The nonce that an ID token has to repeat (replay, OpenID Connect Core §3.1.2.1).
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
    /// It did not say where to redirect the browser to.
    #[error("the provider cannot be asked")]
    Unavailable(#[source] Cause),
    /// It did not exchange the code, whatever the reason.
    #[error("the provider did not exchange the code")]
    CodeRefused(#[source] Cause),
    /// It did not identify the user, or in a form that could not be read.
    #[error("the provider did not identify the user")]
    ProfileFailed(#[source] Cause),
}

/// Verifies the ID tokens that apps get from a provider themselves (`/signin/idtoken`).
#[async_trait]
pub trait IdTokenVerifier: Send + Sync {
    /// Whose tokens.
    fn id(&self) -> &ProviderId;

    /// The subject of the token, if it was issued for this server's clients and is valid now.
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

/// Why an ID token was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum IdTokenError {
    /// Wrong signature, issuer, audience or nonce, not yet or no longer valid, or without a
    /// subject. These are not told apart on purpose.
    #[error("the ID token is not valid")]
    Invalid,
    /// The provider's keys could not be fetched.
    #[error("the ID token cannot be checked")]
    Unavailable(#[source] Cause),
}
