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

/// How this server proves itself where codes are exchanged (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuthentication {
    /// With id and secret in the header `Authorization`.
    Basic,
    /// With id and secret among the fields of the form.
    #[default]
    Body,
}

/// How one provider does the flow.
#[derive(Debug, Clone)]
pub struct OAuthClient {
    /// Its name.
    pub id: ProviderId,
    /// Id that the provider knows this server by.
    pub client_id: String,
    /// Where browsers are sent.
    pub authorization_url: Url,
    /// Where codes are exchanged.
    pub token_url: Url,
    /// Scopes, as the provider separates them. If empty, none are asked for.
    pub scope: String,
    /// What the provider is to send back; `code` for most.
    pub response_type: &'static str,
    /// What else to ask the provider with, unless its URL says it already.
    pub parameters: Vec<(&'static str, String)>,
    /// How this server proves itself.
    pub authentication: ClientAuthentication,
    /// Whether the provider checks PKCE; others are told nothing of it.
    pub pkce: bool,
    /// Whether the provider issues ID tokens that are read, with the nonce of the question.
    pub nonce: bool,
}

impl OAuthClient {
    /// Where to send the browser.
    #[must_use]
    pub fn authorize(&self, question: &AuthorizationRequest) -> Url {
        let challenge = question.proof.verifier.challenge();
        let mut parameters = vec![
            ("response_type", self.response_type),
            ("client_id", &self.client_id),
            ("redirect_uri", question.callback.as_str()),
            ("state", question.state.expose()),
        ];
        if !self.scope.is_empty() {
            parameters.push(("scope", &self.scope));
        }
        if self.pkce {
            parameters.push(("code_challenge", challenge.as_str()));
            parameters.push(("code_challenge_method", "S256"));
        }
        if self.nonce {
            parameters.push(("nonce", question.proof.nonce.expose()));
        }
        let url = with_defaults(&self.authorization_url, &self.parameters);
        with_parameters(&url, &parameters)
    }

    /// Exchanges the code that the browser brought back. `secret` proves this server.
    ///
    /// # Errors
    ///
    /// See [`ExchangeError`].
    pub async fn exchange(
        &self,
        egress: &Egress,
        answer: &AuthorizationResponse,
        secret: &Secret,
    ) -> Result<Tokens, ExchangeError> {
        let code = answer.parameters.get("code").ok_or(ExchangeError::NoCode)?;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", answer.callback.as_str()),
        ];
        if self.pkce {
            form.push(("code_verifier", answer.proof.verifier.expose()));
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
