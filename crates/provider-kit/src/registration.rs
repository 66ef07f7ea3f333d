//! This server's registration at a provider.

use auth_domain::secret::Secret;
use url::Url;

/// This server's registration at a provider, and the provider's endpoints.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: Secret,
    /// The provider's endpoints.
    pub endpoints: Endpoints,
    /// Scopes to request instead of the defaults, unless empty.
    pub scopes: Vec<String>,
}

/// The endpoints of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// The authorization endpoint. Its query parameters are kept.
    pub authorization: Url,
    /// The token endpoint.
    pub token: Url,
    /// The URL of profiles.
    pub profile: Url,
}
