//! Sign-in with [Apple](https://developer.apple.com/documentation/signinwithapplerestapi).
//!
//! Apple differs from others in three ways: this server proves itself with a token it signs; the
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

/// Who issues Apple's ID tokens, and whom proofs of this server are for.
pub const ISSUER: &str = "https://appleid.apple.com";

/// Where browsers are sent, unless a setting says otherwise.
pub const AUTHORIZATION_URL: &str = "https://appleid.apple.com/auth/authorize";

/// Where codes are exchanged, unless a setting says otherwise.
pub const TOKEN_URL: &str = "https://appleid.apple.com/auth/token";

/// Where the keys of ID tokens are, unless a setting says otherwise.
pub const KEYS_URL: &str = "https://appleid.apple.com/auth/keys";

const SCOPES: [&str; 2] = ["name", "email"];

/// How long a proof of this server is good, in seconds. Apple would allow half a year.
const PROOF_TTL: i64 = 5 * 60;

/// How this server is known at Apple.
#[derive(Debug, Clone)]
pub struct AppleRegistration {
    /// Id that Apple knows this server by: a Services ID.
    pub client_id: String,
    /// Team that the id belongs to.
    pub team_id: String,
    /// Id of the key.
    pub key_id: String,
    /// The key.
    pub private_key: PrivateKey,
    /// Where browsers are sent.
    pub authorization_url: Url,
    /// Where codes are exchanged.
    pub token_url: Url,
    /// Where the keys of ID tokens are.
    pub keys_url: Url,
    /// Scopes to ask for instead of the usual ones, unless there are none.
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

/// What the browser brings in the field `user`, when somebody agrees for the first time.
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

    /// What proves this server: a token of its own (Apple's "client secret").
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

    async fn authorize(&self, question: &AuthorizationRequest) -> Result<Url, ProviderError> {
        Ok(self.oauth_client.authorize(question))
    }

    /// The ID token that the browser brings is left alone: it went through the browser, and the one
    /// for the code says the same.
    async fn identify(
        &self,
        answer: &AuthorizationResponse,
    ) -> Result<ExternalIdentity, ProviderError> {
        let proof = self.proof()?;
        let tokens = self
            .oauth_client
            .exchange(&self.egress, answer, &proof)
            .await?;
        let token = tokens.id.ok_or(IdTokenError::Invalid);
        let token = token.map_err(ProfileError::from)?;
        let nonce = &answer.proof.nonce;
        let identity = self.id_tokens.verify_for_code(&token, nonce).await;
        let identity = identity.map_err(ProfileError::from)?;
        let address = || Some(identity.email.as_ref()?.as_str().to_owned());
        let name = posted_name(&answer.parameters).or_else(address);
        Ok(ExternalIdentity { name, ..identity })
    }
}

/// The name that the browser brought. It is the person's own word, and only a name to show.
fn posted_name(parameters: &Parameters) -> Option<String> {
    let json = parameters.get("user")?.expose();
    let user: PostedUser = serde_json::from_str(json).ok()?;
    Name::joined([user.name.first_name, user.name.last_name]).0
}
