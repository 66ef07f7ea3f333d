//! Sign-in with [Twitter](https://docs.x.com/fundamentals/authentication/guides/log-in-with-x),
//! over OAuth 1.0a (RFC 5849): for long the only way to a user's address there.
//!
//! An address is verified whenever there is one: `include_email`
//! [gives](https://developer.x.com/en/docs/x-api/v1/accounts-and-users/manage-account-settings/api-reference/get-account-verify_credentials)
//! none that is not.

mod signature;

use std::{fmt, sync::Arc};

use auth_domain::{
    identity::{ExternalIdentity, ProviderId},
    ports::{
        AuthorizationRequest, AuthorizationResponse, Clock, IdGenerator, Provider, ProviderError,
    },
    secret::Secret,
};
use data_encoding::HEXLOWER;
use egress::{Egress, EgressError, Request};
use provider_kit::{
    ProfileError, async_trait, fetch,
    profile::{Address, Name, PersonId, Picture},
};
use serde::Deserialize;
use url::{Url, form_urlencoded};

use self::signature::{Signed, encoded};

/// Its name.
pub const ID: &str = "twitter";

/// The URL of request tokens, unless a setting says otherwise.
pub const REQUEST_TOKEN_URL: &str = "https://api.twitter.com/oauth/request_token";

/// The authorization endpoint, unless a setting says otherwise.
pub const AUTHORIZATION_URL: &str = "https://api.twitter.com/oauth/authorize";

/// The URL of access tokens, unless a setting says otherwise.
pub const ACCESS_TOKEN_URL: &str = "https://api.twitter.com/oauth/access_token";

/// The URL of profiles, unless a setting says otherwise.
pub const PROFILE_URL: &str =
    "https://api.twitter.com/1.1/account/verify_credentials.json?include_email=true";

/// This server's registration at Twitter, and Twitter's endpoints.
#[derive(Debug, Clone)]
pub struct TwitterRegistration {
    /// The consumer key (client id).
    pub consumer_key: String,
    /// The consumer secret.
    pub consumer_secret: Secret,
    /// The URL of request tokens.
    pub request_token_url: Url,
    /// The authorization endpoint.
    pub authorization_url: Url,
    /// The URL of access tokens.
    pub access_token_url: Url,
    /// The URL of profiles.
    pub profile_url: Url,
}

/// Twitter.
pub struct Twitter {
    id: ProviderId,
    registration: TwitterRegistration,
    egress: Egress,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

/// A token of OAuth 1.0, with its secret.
struct Token {
    name: String,
    secret: Secret,
}

/// Why Twitter gave no token.
#[derive(Debug, thiserror::Error)]
enum TokenError {
    #[error("Twitter cannot be asked")]
    Egress(#[from] EgressError),
    #[error("Twitter answered without a token, with status {0}")]
    NoToken(u16),
    #[error("Twitter did not confirm where browsers come back to")]
    CallbackNotConfirmed,
    #[error("the browser brought no `{0}`")]
    NoParameter(&'static str),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Profile {
    id_str: PersonId,
    email: Address,
    name: Name,
    #[serde(rename = "profile_image_url_https")]
    picture: Picture,
}

impl Twitter {
    /// Twitter, where this server has `registration`.
    #[must_use]
    pub fn new(
        registration: TwitterRegistration,
        egress: Egress,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        Self {
            id: ProviderId::of(ID),
            registration,
            egress,
            clock,
            ids,
        }
    }

    /// The first step: a request token for this sign-in. The protocol has no `state`, so it is put
    /// into the callback's URL.
    async fn request_token(&self, request: &AuthorizationRequest) -> Result<Token, TokenError> {
        let mut callback = request.callback.clone();
        callback
            .query_pairs_mut()
            .append_pair("state", request.state.expose());
        let more = [("oauth_callback", callback.as_str())];
        let url = &self.registration.request_token_url;
        let reply = self.token(url, &more).await?;
        if reply.confirms_callback {
            Ok(reply.token)
        } else {
            Err(TokenError::CallbackNotConfirmed)
        }
    }

    /// The second step. The secret of the request token is not kept, and Twitter does not ask for
    /// it: the verifier is the proof.
    async fn access_token(&self, response: &AuthorizationResponse) -> Result<Token, TokenError> {
        let parameter = |name: &'static str| {
            let found = response.parameters.get(name);
            found.ok_or(TokenError::NoParameter(name))
        };
        let more = [
            ("oauth_token", parameter("oauth_token")?.expose()),
            ("oauth_verifier", parameter("oauth_verifier")?.expose()),
        ];
        let url = &self.registration.access_token_url;
        Ok(self.token(url, &more).await?.token)
    }

    async fn token(&self, url: &Url, more: &[(&str, &str)]) -> Result<TokenReply, TokenError> {
        let header = self.header("POST", url, more, None);
        let request = Request::post(url.clone())
            .secret_header("Authorization", header.expose())
            .form([]);
        let reply = self.egress.send(request).await?;
        let read = TokenReply::read(&reply.body).filter(|_| reply.status == 200);
        read.ok_or(TokenError::NoToken(reply.status))
    }

    /// The header `Authorization` (RFC 5849 §3.5.1).
    fn header(
        &self,
        method: &str,
        url: &Url,
        more: &[(&str, &str)],
        token_secret: Option<&Secret>,
    ) -> Secret {
        let nonce = HEXLOWER.encode(&self.ids.token_bytes());
        let timestamp = self.clock.now().timestamp().to_string();
        let mut parameters = vec![
            (
                "oauth_consumer_key",
                self.registration.consumer_key.as_str(),
            ),
            ("oauth_nonce", &nonce),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", &timestamp),
            ("oauth_version", "1.0"),
        ];
        parameters.extend(more);
        let signed = Signed {
            method,
            url,
            parameters: &parameters,
        };
        let signature = signed.signature(&self.registration.consumer_secret, token_secret);
        parameters.push(("oauth_signature", &signature));
        let fields: Vec<_> = parameters
            .iter()
            .map(|(name, value)| format!("{}=\"{}\"", encoded(name), encoded(value)))
            .collect();
        Secret::new(format!("OAuth {}", fields.join(", ")))
    }

    async fn profile(&self, token: &Token) -> Result<Profile, ProfileError> {
        let url = &self.registration.profile_url;
        let more = [("oauth_token", token.name.as_str())];
        let header = self.header("GET", url, &more, Some(&token.secret));
        let request = Request::get(url.clone())
            .header("Accept", "application/json")
            .secret_header("Authorization", header.expose());
        fetch(&self.egress, request).await
    }
}

#[async_trait]
impl Provider for Twitter {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    async fn authorize(&self, request: &AuthorizationRequest) -> Result<Url, ProviderError> {
        let token = self.request_token(request).await;
        let token = token.map_err(|error| ProviderError::Unavailable(error.into()))?;
        let mut url = self.registration.authorization_url.clone();
        url.query_pairs_mut()
            .append_pair("oauth_token", &token.name);
        Ok(url)
    }

    async fn identify(
        &self,
        response: &AuthorizationResponse,
    ) -> Result<ExternalIdentity, ProviderError> {
        let token = self.access_token(response).await;
        // Hasura Auth does not tell the steps of this protocol apart.
        let token = token.map_err(|error| ProviderError::ProfileFailed(error.into()))?;
        let profile = self.profile(&token).await?;
        let email = profile.email.0;
        Ok(ExternalIdentity {
            subject: profile.id_str.subject().map_err(ProfileError::from)?,
            email_verified: email.is_some().then_some(true),
            email,
            name: profile.name.0,
            avatar: profile.picture.0,
        })
    }
}

impl fmt::Debug for Twitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Twitter").finish_non_exhaustive()
    }
}

/// Twitter's response: the fields of a form (RFC 5849 §2.1).
struct TokenReply {
    token: Token,
    confirms_callback: bool,
}

impl TokenReply {
    fn read(body: &[u8]) -> Option<Self> {
        let field = |name: &str| {
            let mut fields = form_urlencoded::parse(body);
            let found = fields.find(|(known, _)| known == name);
            found
                .map(|(_, value)| value.into_owned())
                .filter(|it| !it.is_empty())
        };
        Some(Self {
            token: Token {
                name: field("oauth_token")?,
                secret: Secret::new(field("oauth_token_secret")?),
            },
            confirms_callback: field("oauth_callback_confirmed").as_deref() == Some("true"),
        })
    }
}
