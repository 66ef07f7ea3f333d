//! Services of OAuth2 without OpenID Connect.

use auth_domain::{
    identity::{ExternalIdentity, ProviderId},
    ports::{AuthorizationRequest, AuthorizationResponse, Provider, ProviderError},
    secret::Secret,
};
use egress::Egress;
use provider_kit::{Api, OAuthClient, async_trait, scope};
use serde_json::Value;
use url::Url;

use crate::{claims::ClaimNames, definition::OAuth2Definition};

/// A service of OAuth2, whose profiles are read by the operator's names.
pub struct CustomOAuth2 {
    oauth_client: OAuthClient,
    client_secret: Secret,
    userinfo_url: Url,
    claims: ClaimNames,
    egress: Egress,
}

impl CustomOAuth2 {
    /// The provider of `definition`.
    #[must_use]
    pub fn new(id: ProviderId, definition: OAuth2Definition, egress: Egress) -> Self {
        Self {
            oauth_client: OAuthClient {
                id,
                client_id: definition.client_id,
                authorization_url: definition.authorization_url,
                token_url: definition.token_url,
                scope: scope(&definition.scopes, &[], " "),
                response_type: "code",
                parameters: Vec::new(),
                authentication: definition.authentication,
                pkce: true,
                nonce: false,
            },
            client_secret: definition.client_secret,
            userinfo_url: definition.userinfo_url,
            claims: definition.claims,
            egress,
        }
    }
}

#[async_trait]
impl Provider for CustomOAuth2 {
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
        let exchanged = self
            .oauth_client
            .exchange(&self.egress, response, &self.client_secret)
            .await;
        let token = exchanged?.access;
        let api = Api::new(
            &self.egress,
            &self.oauth_client.client_id,
            &self.userinfo_url,
            &token,
        );
        let profile: Value = api.profile().await?;
        Ok(self.claims.identity(&profile)?)
    }
}
