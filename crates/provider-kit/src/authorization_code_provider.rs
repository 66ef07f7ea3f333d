//! Providers of the authorization-code flow that differ in constants and profiles only.

use async_trait::async_trait;
use auth_domain::{
    identity::{ExternalIdentity, ProviderId},
    ports::{AuthorizationRequest, AuthorizationResponse, Provider, ProviderError},
};
use egress::Egress;
use serde::de::DeserializeOwned;
use url::Url;

use crate::{
    api::Api,
    error::ProfileError,
    oauth_client::{ClientAuthentication, OAuthClient},
    registration::Registration,
};

/// A provider of the authorization-code flow: what its documentation says of it, and how its
/// profiles are read.
#[async_trait]
pub trait AuthorizationCodeProvider: Send + Sync + 'static {
    /// Its name, as in `/signin/provider/{name}`.
    const ID: &'static str;
    /// The authorization endpoint, unless a setting says otherwise.
    const AUTHORIZATION_URL: &'static str;
    /// The token endpoint, unless a setting says otherwise.
    const TOKEN_URL: &'static str;
    /// The URL of profiles, unless a setting says otherwise.
    const PROFILE_URL: &'static str;
    /// Scopes to request, unless a setting says otherwise.
    const SCOPES: &'static [&'static str];
    /// The separator of scopes.
    const SCOPE_SEPARATOR: &'static str = " ";
    /// Further parameters of authorization requests, unless the URL has them already.
    const PARAMETERS: &'static [(&'static str, &'static str)] = &[];
    /// How this server authenticates at the token endpoint.
    const AUTHENTICATION: ClientAuthentication = ClientAuthentication::Body;
    /// Whether it documents PKCE with `S256`. Others may refuse unknown parameters.
    const PKCE: bool = false;

    /// The response with a user's profile.
    type Profile: DeserializeOwned + Send;

    /// Further parameters of authorization requests that depend on settings.
    fn parameters(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Fetches the user's profile: by default one request to the URL of profiles.
    ///
    /// # Errors
    ///
    /// See [`ProfileError`].
    async fn fetch(&self, api: Api<'_>) -> Result<Self::Profile, ProfileError> {
        api.profile().await
    }

    /// The identity in a profile.
    ///
    /// # Errors
    ///
    /// See [`ProfileError`].
    fn identity(&self, profile: Self::Profile) -> Result<ExternalIdentity, ProfileError>;
}

/// An [`AuthorizationCodeProvider`] as the domain's port.
pub struct OAuth2<F> {
    provider: F,
    oauth_client: OAuthClient,
    registration: Registration,
    egress: Egress,
}

impl<F: AuthorizationCodeProvider> OAuth2<F> {
    /// The provider where this server has `registration`.
    #[must_use]
    pub fn new(provider: F, registration: Registration, egress: Egress) -> Self {
        let fixed = F::PARAMETERS
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        let oauth_client = OAuthClient {
            id: ProviderId::of(F::ID),
            client_id: registration.client_id.clone(),
            authorization_url: registration.endpoints.authorization.clone(),
            token_url: registration.endpoints.token.clone(),
            scope: scope(&registration.scopes, F::SCOPES, F::SCOPE_SEPARATOR),
            response_type: "code",
            parameters: fixed.chain(provider.parameters()).collect(),
            authentication: F::AUTHENTICATION,
            pkce: F::PKCE,
            nonce: false,
        };
        Self {
            provider,
            oauth_client,
            registration,
            egress,
        }
    }
}

/// The configured scopes, or else the defaults, as one parameter.
#[must_use]
pub fn scope(configured: &[String], usual: &[&str], separator: &str) -> String {
    let configured: Vec<_> = configured
        .iter()
        .map(|it| it.trim())
        .filter(|it| !it.is_empty())
        .collect();
    if configured.is_empty() {
        usual.join(separator)
    } else {
        configured.join(separator)
    }
}

#[async_trait]
impl<F: AuthorizationCodeProvider> Provider for OAuth2<F> {
    fn id(&self) -> &ProviderId {
        &self.oauth_client.id
    }

    async fn authorize(&self, request: &AuthorizationRequest) -> Result<Url, ProviderError> {
        Ok(self.oauth_client.authorize(request))
    }

    async fn identify(
        &self,
        response: &AuthorizationResponse,
    ) -> Result<ExternalIdentity, ProviderError> {
        let secret = &self.registration.client_secret;
        let tokens = self
            .oauth_client
            .exchange(&self.egress, response, secret)
            .await?;
        let profile_url = &self.registration.endpoints.profile;
        let api = Api::new(
            &self.egress,
            &self.oauth_client.client_id,
            profile_url,
            &tokens.access,
        );
        let profile = self.provider.fetch(api).await?;
        let identity = self.provider.identity(profile)?;
        Ok(ExternalIdentity {
            // A flag about an address that cannot be read is about no address.
            email_verified: identity.email_verified.filter(|_| identity.email.is_some()),
            ..identity
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configured_scopes_replace_the_usual_ones() {
        let configured = [" a ", "", "b"].map(str::to_owned);

        assert_eq!(scope(&configured, &["c"], " "), "a b");
        assert_eq!(scope(&[], &["c", "d"], ","), "c,d");
        assert_eq!(scope(&[" ".to_owned()], &["c"], " "), "c");
        assert_eq!(scope(&[], &[], " "), "");
    }
}
