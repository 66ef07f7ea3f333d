//! Sign-in with [Apple](https://developer.apple.com/documentation/signinwithapplerestapi).
//!
//! Apple differs from others in three ways: this server authenticates with a token it signs; the
//! browser comes back with a form; and there is no profile but the ID token, and the name that the
//! browser brings the first time.
//!
//! An address is verified if the
//! [ID token](https://developer.apple.com/documentation/signinwithapple/authenticating-users-with-sign-in-with-apple)
//! says so (`email_verified`, which Apple writes as `true` or `"true"`).

mod private_key;

use std::sync::Arc;

use auth_domain::{
    identity::{ExternalIdentity, ProviderId},
    ports::{
        AuthorizationRequest, AuthorizationResponse, Clock, IdTokenError, Parameters, Provider,
        ProviderError,
    },
    secret::Secret,
};
use egress::Egress;
use provider_kit::{
    ClientAuthentication, ExchangeError, IdTokenRules, IdTokens, OAuthClient, ProfileError,
    async_trait, profile::Name, scope,
};
use serde::Deserialize;
use serde_json::json;
use url::Url;

pub use self::private_key::{InvalidPrivateKey, NoRandomness, PrivateKey};

/// Its name.
pub const ID: &str = "apple";

/// The issuer of Apple's ID tokens, and the audience of this server's client secrets.
pub const ISSUER: &str = "https://appleid.apple.com";

/// The authorization endpoint, unless a setting says otherwise.
pub const AUTHORIZATION_URL: &str = "https://appleid.apple.com/auth/authorize";

/// The token endpoint, unless a setting says otherwise.
pub const TOKEN_URL: &str = "https://appleid.apple.com/auth/token";

/// The URL of the keys of ID tokens, unless a setting says otherwise.
pub const KEYS_URL: &str = "https://appleid.apple.com/auth/keys";

const SCOPES: [&str; 2] = ["name", "email"];

/// How long a client secret is valid, in seconds. Apple would allow half a year.
const PROOF_TTL: i64 = 5 * 60;

/// This server's registration at Apple.
#[derive(Debug, Clone)]
pub struct AppleRegistration {
    /// The client id: a Services ID.
    pub client_id: String,
    /// The team that the id belongs to.
    pub team_id: String,
    /// Id of the key.
    pub key_id: String,
    /// The key.
    pub private_key: PrivateKey,
    /// The authorization endpoint.
    pub authorization_url: Url,
    /// The token endpoint.
    pub token_url: Url,
    /// The URL of the keys of ID tokens.
    pub keys_url: Url,
    /// Scopes to request instead of the defaults, unless empty.
    pub scopes: Vec<String>,
}

/// Apple.
pub struct Apple {
    oauth_client: OAuthClient,
    id_tokens: IdTokens,
    team_id: String,
    key_id: String,
    private_key: PrivateKey,
    egress: Egress,
    clock: Arc<dyn Clock>,
}

/// The field `user` of the form, which the browser brings when a user agrees for the first time.
#[derive(Default, Deserialize)]
#[serde(default)]
struct PostedUser {
    name: PostedName,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PostedName {
    first_name: Name,
    last_name: Name,
}

impl Apple {
    /// Apple, where this server has `registration`.
    #[must_use]
    pub fn new(registration: AppleRegistration, egress: Egress, clock: Arc<dyn Clock>) -> Self {
        let rules = IdTokenRules {
            issuer: ISSUER.to_owned(),
            audiences: vec![registration.client_id.clone()],
            needs_address: false,
        };
        Self {
            oauth_client: OAuthClient {
                id: ProviderId::of(ID),
                client_id: registration.client_id,
                authorization_url: registration.authorization_url,
                token_url: registration.token_url,
                scope: scope(&registration.scopes, &SCOPES, " "),
                response_type: "code id_token",
                parameters: vec![("response_mode", "form_post".to_owned())],
                authentication: ClientAuthentication::Body,
                pkce: false,
                nonce: true,
            },
            id_tokens: IdTokens::new(
                ProviderId::of(ID),
                rules,
                registration.keys_url,
                egress.clone(),
                Arc::clone(&clock),
            ),
            team_id: registration.team_id,
            key_id: registration.key_id,
            private_key: registration.private_key,
            egress,
            clock,
        }
    }

    /// Apple's "client secret": a token that this server signs.
    fn proof(&self) -> Result<Secret, ExchangeError> {
        let now = self.clock.now().timestamp();
        let claims = json!({
            "iss": self.team_id,
            "sub": self.oauth_client.client_id,
            "aud": ISSUER,
            "iat": now,
            "exp": now + PROOF_TTL,
        });
        let signed = self.private_key.sign(&self.key_id, &claims);
        signed.map_err(|NoRandomness| ExchangeError::Signature)
    }
}

#[async_trait]
impl Provider for Apple {
    fn id(&self) -> &ProviderId {
        &self.oauth_client.id
    }

    async fn authorize(&self, request: &AuthorizationRequest) -> Result<Url, ProviderError> {
        Ok(self.oauth_client.authorize(request))
    }

    /// The ID token that the browser brings is ignored: an attacker may have replaced it (token
    /// injection), and the one for the code says the same.
    async fn identify(
        &self,
        response: &AuthorizationResponse,
    ) -> Result<ExternalIdentity, ProviderError> {
        let proof = self.proof()?;
        let tokens = self
            .oauth_client
            .exchange(&self.egress, response, &proof)
            .await?;
        let token = tokens.id.ok_or(IdTokenError::Invalid);
        let token = token.map_err(ProfileError::from)?;
        let nonce = &response.proof.nonce;
        let identity = self.id_tokens.verify_for_code(&token, nonce).await;
        let identity = identity.map_err(ProfileError::from)?;
        let address = || Some(identity.email.as_ref()?.as_str().to_owned());
        let name = posted_name(&response.parameters).or_else(address);
        Ok(ExternalIdentity { name, ..identity })
    }
}

/// The name that the browser brought. It is not verified, and only shown.
fn posted_name(parameters: &Parameters) -> Option<String> {
    let json = parameters.get("user")?.expose();
    let user: PostedUser = serde_json::from_str(json).ok()?;
    Name::joined([user.name.first_name, user.name.last_name]).0
}
