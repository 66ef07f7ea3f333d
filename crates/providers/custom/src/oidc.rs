//! Services of OpenID Connect.

use std::sync::Arc;

use auth_domain::{
    identity::{ExternalIdentity, ProviderId},
    ports::{
        AuthorizationRequest, AuthorizationResponse, Clock, IdTokenError, IdTokenVerifier,
        Provider, ProviderError,
    },
    secret::Secret,
};
use egress::Egress;
use provider_kit::{
    Api, Cached, ProfileError, async_trait,
    profile::{Address, Checked, Name, PersonId, Picture},
};
use serde::Deserialize;
use url::Url;

use crate::{
    definition::OidcDefinition,
    discovery::{Discovered, DiscoveryError, discover},
};

/// A service of OpenID Connect. Its discovery document is fetched when it is first needed, and
/// cached for an hour.
pub struct CustomOidc {
    id: ProviderId,
    definition: OidcDefinition,
    egress: Egress,
    clock: Arc<dyn Clock>,
    discovered: Cached<Discovered>,
}

/// Claims beyond the ID token (Core §5.3).
#[derive(Default, Deserialize)]
#[serde(default)]
struct UserInfo {
    sub: PersonId,
    email: Address,
    email_verified: Checked,
    name: Name,
    picture: Picture,
}

impl CustomOidc {
    /// The provider of `definition`.
    #[must_use]
    pub fn new(
        id: ProviderId,
        definition: OidcDefinition,
        egress: Egress,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            id,
            definition,
            egress,
            discovered: Cached::new(Arc::clone(&clock)),
            clock,
        }
    }

    async fn discovered(&self) -> Result<Arc<Discovered>, DiscoveryError> {
        let discovering = discover(&self.id, &self.definition, &self.egress, &self.clock);
        self.discovered.get_or_fetch(discovering).await
    }

    /// Adds what the ID token left out. The response must be about the same subject (Core §5.3.2).
    async fn complete(
        &self,
        identity: ExternalIdentity,
        userinfo_url: &Url,
        token: &Secret,
    ) -> Result<ExternalIdentity, ProfileError> {
        let api = Api::new(
            &self.egress,
            &self.definition.client_id,
            userinfo_url,
            token,
        );
        let told: UserInfo = api.profile().await?;
        if told.sub.subject()? != identity.subject {
            return Err(ProfileError::SubjectMismatch);
        }
        let email = told.email.0;
        Ok(ExternalIdentity {
            subject: identity.subject,
            email_verified: told.email_verified.0.filter(|_| email.is_some()),
            email,
            name: identity.name.or(told.name.0),
            avatar: identity.avatar.or(told.picture.0),
        })
    }
}

#[async_trait]
impl Provider for CustomOidc {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    async fn authorize(&self, request: &AuthorizationRequest) -> Result<Url, ProviderError> {
        let discovered = self.discovered().await;
        let discovered = discovered.map_err(|error| ProviderError::Unavailable(error.into()))?;
        Ok(discovered.oauth_client.authorize(request))
    }

    async fn identify(
        &self,
        response: &AuthorizationResponse,
    ) -> Result<ExternalIdentity, ProviderError> {
        let discovered = self.discovered().await;
        let discovered = discovered.map_err(|error| ProviderError::CodeRefused(error.into()))?;
        let secret = &self.definition.client_secret;
        let tokens = discovered
            .oauth_client
            .exchange(&self.egress, response, secret)
            .await?;
        let token = tokens.id.ok_or(IdTokenError::Invalid);
        let token = token.map_err(ProfileError::from)?;
        let nonce = &response.proof.nonce;
        let identity = discovered.id_tokens.verify_for_code(&token, nonce).await;
        let identity = identity.map_err(ProfileError::from)?;
        match &discovered.userinfo_url {
            Some(url) if identity.email.is_none() => {
                Ok(self.complete(identity, url, &tokens.access).await?)
            }
            _ => Ok(identity),
        }
    }
}

#[async_trait]
impl IdTokenVerifier for CustomOidc {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    async fn verify(
        &self,
        token: &Secret,
        nonce: Option<&Secret>,
    ) -> Result<ExternalIdentity, IdTokenError> {
        let discovered = self.discovered().await;
        let discovered = discovered.map_err(|error| IdTokenError::Unavailable(error.into()))?;
        discovered.id_tokens.verify(token, nonce).await
    }
}
