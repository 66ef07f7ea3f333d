//! The authorization-code flow (RFC 6749 §4.1), with PKCE (RFC 7636) and a nonce (OpenID Connect
//! Core §3.1) where the provider supports them.

use auth_domain::{
    identity::ProviderId,
    ports::{AuthorizationRequest, AuthorizationResponse},
    secret::Secret,
};
use egress::{Egress, Request};
use url::Url;

use crate::{
    authorization::{with_defaults, with_parameters},
    error::ExchangeError,
    token_exchange::{Tokens, basic},
};

/// How this server authenticates at the token endpoint (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuthentication {
    /// With id and secret in the header `Authorization`.
    Basic,
    /// With id and secret among the fields of the form.
    #[default]
    Body,
}

/// This server as an OAuth client of one provider.
#[derive(Debug, Clone)]
pub struct OAuthClient {
    /// Its name.
    pub id: ProviderId,
    /// The client id of this server at the provider.
    pub client_id: String,
    /// The authorization endpoint.
    pub authorization_url: Url,
    /// The token endpoint.
    pub token_url: Url,
    /// Scopes, as the provider separates them. If empty, none are requested.
    pub scope: String,
    /// The `response_type`; `code` for most.
    pub response_type: &'static str,
    /// Further parameters of authorization requests, unless the URL has them already.
    pub parameters: Vec<(&'static str, String)>,
    /// How this server authenticates.
    pub authentication: ClientAuthentication,
    /// Whether the provider verifies PKCE; others are not sent a challenge.
    pub pkce: bool,
    /// Whether the provider issues ID tokens that are read, so that a nonce is sent (replay).
    pub nonce: bool,
}

impl OAuthClient {
    /// The authorization request, as a URL to redirect the browser to.
    #[must_use]
    pub fn authorize(&self, request: &AuthorizationRequest) -> Url {
        let challenge = request.proof.verifier.challenge();
        let mut parameters = vec![
            ("response_type", self.response_type),
            ("client_id", &self.client_id),
            ("redirect_uri", request.callback.as_str()),
            ("state", request.state.expose()),
        ];
        if !self.scope.is_empty() {
            parameters.push(("scope", &self.scope));
        }
        if self.pkce {
            parameters.push(("code_challenge", challenge.as_str()));
            parameters.push(("code_challenge_method", "S256"));
        }
        if self.nonce {
            parameters.push(("nonce", request.proof.nonce.expose()));
        }
        let url = with_defaults(&self.authorization_url, &self.parameters);
        with_parameters(&url, &parameters)
    }

    /// Exchanges the code that the browser brought back. `secret` authenticates this server.
    ///
    /// # Errors
    ///
    /// See [`ExchangeError`].
    pub async fn exchange(
        &self,
        egress: &Egress,
        response: &AuthorizationResponse,
        secret: &Secret,
    ) -> Result<Tokens, ExchangeError> {
        let code = response
            .parameters
            .get("code")
            .ok_or(ExchangeError::NoCode)?;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", response.callback.as_str()),
        ];
        if self.pkce {
            form.push(("code_verifier", response.proof.verifier.expose()));
        }
        let mut request = Request::post(self.token_url.clone());
        match self.authentication {
            ClientAuthentication::Body => {
                form.push(("client_id", &self.client_id));
                form.push(("client_secret", secret.expose()));
            }
            ClientAuthentication::Basic => {
                let proof = basic(&self.client_id, secret);
                request = request.secret_header("Authorization", proof.expose());
            }
        }
        let request = request.header("Accept", "application/json").form(form);
        Tokens::read(&egress.send(request).await?)
    }
}
