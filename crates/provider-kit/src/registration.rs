//! How this server is known at a provider.

use auth_domain::secret::Secret;
use url::Url;

/// How this server is known at a provider, and where the provider is.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Id that the provider knows this server by.
    pub client_id: String,
    /// Secret that goes with the id.
    pub client_secret: Secret,
    /// Where the provider is.
    pub endpoints: Endpoints,
    /// Scopes to ask for instead of the usual ones, unless there are none.
    pub scopes: Vec<String>,
}

/// Where a provider is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Where browsers are sent. Its query parameters are kept.
    pub authorization: Url,
    /// Where codes are exchanged.
    pub token: Url,
    /// Where profiles are.
    pub profile: Url,
}
