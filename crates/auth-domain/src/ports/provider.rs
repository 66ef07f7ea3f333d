//! Others that vouch for who a person is: Google, GitHub, an OpenID provider, your own service.

use async_trait::async_trait;
use url::Url;

use crate::{error::Cause, secret::Secret, user::EmailAddress};

/// The name of a provider, as it stands in paths and in stored links (`github`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProviderId(pub String);

/// Who a provider says a person is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalIdentity {
    /// The provider's own, permanent id of the person; never an address or a name.
    pub subject: String,
    /// The person's address, if the provider knows one.
    pub email: Option<EmailAddress>,
    /// Whether the provider itself checked `email`. A missing statement means no.
    pub email_verified: bool,
    /// A name to show.
    pub name: Option<String>,
    /// A picture.
    pub avatar: Option<Url>,
}

/// Asks a person's identity provider, by way of their browser.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Its name.
    fn id(&self) -> ProviderId;

    /// Where to send the browser. `state` has to come back unchanged.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Failed`] when the address cannot be built.
    fn authorize_url(&self, state: &str, callback: &Url) -> Result<Url, ProviderError>;

    /// Turns what the browser brought back into an identity.
    async fn identify(
        &self,
        code: &Secret,
        callback: &Url,
    ) -> Result<ExternalIdentity, ProviderError>;
}

/// Why a provider gave no identity.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// The provider refused the code.
    #[error("the provider refused the code")]
    Refused,
    /// The provider could not be reached or answered something unreadable.
    #[error("the provider failed")]
    Failed(#[source] Cause),
}
