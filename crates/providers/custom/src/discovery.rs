//! Discovery: a service's description of itself (OpenID Connect Discovery §4).

use std::{slice::from_ref, sync::Arc};

use auth_domain::{identity::ProviderId, ports::Clock};
use egress::{Egress, Request};
use provider_kit::{
    ClientAuthentication, IdTokenRules, IdTokens, OAuthClient, ProfileError, Resting, fetch, scope,
};
use serde::Deserialize;
use url::Url;

use crate::{definition::OidcDefinition, members::is_web};

const SCOPES: [&str; 3] = ["openid", "email", "profile"];

/// A service with its discovery document.
pub(crate) struct Discovered {
    pub(crate) oauth_client: OAuthClient,
    pub(crate) id_tokens: IdTokens,
    pub(crate) userinfo_url: Option<Url>,
}

/// Why discovery failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiscoveryError {
    #[error("the service did not describe itself")]
    Fetch(#[from] ProfileError),
    #[error(transparent)]
    Resting(#[from] Resting),
    #[error("the service calls itself something else than the configured issuer")]
    WrongIssuer,
    #[error("the service's description lacks the URL `{0}`")]
    NoUrl(&'static str),
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    jwks_uri: Option<String>,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

pub(crate) async fn discover(
    id: &ProviderId,
    definition: &OidcDefinition,
    egress: &Egress,
    clock: &Arc<dyn Clock>,
) -> Result<Discovered, DiscoveryError> {
    let request =
        Request::get(definition.discovery_url.clone()).header("Accept", "application/json");
    let document: Document = fetch(egress, request).await?;
    if document.issuer != definition.issuer {
        return Err(DiscoveryError::WrongIssuer);
    }
    let methods = document.token_endpoint_auth_methods_supported.as_deref();
    let client_id = definition.client_id.clone();
    let rules = IdTokenRules {
        issuer: definition.issuer.clone(),
        audiences: [from_ref(&client_id), &definition.audiences].concat(),
        needs_address: false,
    };
    let keys_url = needed("jwks_uri", document.jwks_uri.as_deref())?;
    Ok(Discovered {
        oauth_client: OAuthClient {
            id: id.clone(),
            client_id,
            authorization_url: needed(
                "authorization_endpoint",
                document.authorization_endpoint.as_deref(),
            )?,
            token_url: needed("token_endpoint", document.token_endpoint.as_deref())?,
            scope: scope(&definition.scopes, &SCOPES, " "),
            response_type: "code",
            parameters: Vec::new(),
            authentication: authentication(methods),
            pkce: true,
            nonce: true,
        },
        id_tokens: IdTokens::new(
            id.clone(),
            rules,
            keys_url,
            egress.clone(),
            Arc::clone(clock),
        ),
        userinfo_url: document.userinfo_endpoint.as_deref().and_then(web_url),
    })
}

/// The header, unless the service accepts only the form.
fn authentication(methods: Option<&[String]>) -> ClientAuthentication {
    let takes = |method: &str| methods.is_some_and(|it| it.iter().any(|known| known == method));
    if takes("client_secret_post") && !takes("client_secret_basic") {
        ClientAuthentication::Body
    } else {
        ClientAuthentication::Basic
    }
}

fn needed(name: &'static str, text: Option<&str>) -> Result<Url, DiscoveryError> {
    let url = text.and_then(web_url);
    url.ok_or(DiscoveryError::NoUrl(name))
}

fn web_url(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(is_web)
}
