//! A fake of Google and Apple as issuers of ID tokens.

use std::{
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ring::{
    digest::{SHA256, digest},
    hmac,
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{self},
};
use serde_json::{Value, json};

use super::{Database, Received, ServerBuilder, WebService, rsa_key};

/// The audience of Google's tokens.
pub(crate) const AUDIENCE: &str = "our-app.apps.example.com";

/// An issuer that publishes keys and signs with them.
pub(crate) struct Issuer {
    service: WebService,
    key: KeyPair,
    key_id: Arc<Mutex<String>>,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let (key, _) = rsa_key();
        let components = signature::RsaPublicKeyComponents::<Vec<u8>>::from(key.public());
        let key_id = Arc::new(Mutex::new("first".to_owned()));
        let published = Arc::clone(&key_id);
        let service = WebService::start(move |request| {
            if request.line.ends_with("/.well-known/openid-configuration") {
                return (200, description(request).to_string());
            }
            let key = json!({
                "kty": "RSA", "use": "sig", "alg": "RS256",
                "kid": *published.lock().unwrap(),
                "n": BASE64URL_NOPAD.encode(&components.n),
                "e": BASE64URL_NOPAD.encode(&components.e),
            });
            (200, json!({ "keys": [key] }).to_string())
        });
        Self {
            service: service.await,
            key,
            key_id,
        }
    }

    /// A server that accepts ID tokens of Google and Apple.
    pub(crate) fn server(&self, database: &Database) -> ServerBuilder {
        let keys = format!("{}/keys", self.service.url());
        ServerBuilder::new(database)
            .set(
                "AUTH_PROVIDER_GOOGLE_AUDIENCE",
                &format!("another-app,{AUDIENCE}"),
            )
            .set("AUTH_PROVIDER_GOOGLE_KEYS_URL", &keys)
            .set("AUTH_PROVIDER_APPLE_AUDIENCE", "com.example.app")
            .set("AUTH_PROVIDER_APPLE_KEYS_URL", &keys)
            .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1")
    }

    /// A server that has this issuer as an OpenID Connect provider, `c:realm`.
    pub(crate) fn described(&self, database: &Database) -> ServerBuilder {
        let description = json!({ "realm": {
            "type": "oidc", "clientId": AUDIENCE, "clientSecret": "hunter2-secret",
            "issuer": self.service.url(),
        } });
        ServerBuilder::new(database)
            .set("AUTH_PROVIDER_CUSTOM", &description.to_string())
            .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1")
    }

    /// Its issuer URL as such a provider.
    pub(crate) fn url(&self) -> &str {
        self.service.url()
    }

    /// Signs under another key id from now on (key rotation).
    pub(crate) fn rotate_key(&self) {
        "second".clone_into(&mut self.key_id.lock().unwrap());
    }

    /// How often the keys were fetched.
    pub(crate) fn asked(&self) -> usize {
        self.service.received().len()
    }

    /// The claims of Google about a user.
    pub(crate) fn claims(subject: &str, email: &str, is_verified: bool) -> Value {
        json!({
            "iss": "https://accounts.google.com", "aud": AUDIENCE,
            "sub": subject, "email": email, "email_verified": is_verified,
            "name": "Ada Lovelace", "picture": "https://pictures.example.com/ada",
            "iat": now(), "exp": now() + 3600,
        })
    }

    /// A token with these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        let kid = self.key_id.lock().unwrap().clone();
        self.signed(&json!({ "alg": "RS256", "kid": kid, "typ": "JWT" }), claims)
    }

    /// The same with another header.
    pub(crate) fn signed(&self, header: &Value, claims: &Value) -> String {
        let text = unsigned(header, claims);
        let mut signature = vec![0; self.key.public().modulus_len()];
        let padding = &signature::RSA_PKCS1_SHA256;
        self.key
            .sign(
                padding,
                &SystemRandom::new(),
                text.as_bytes(),
                &mut signature,
            )
            .unwrap();
        format!("{text}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    /// A token whose HMAC secret is the published key (algorithm confusion).
    pub(crate) fn confused(&self, claims: &Value) -> String {
        let text = unsigned(&json!({ "alg": "HS256", "kid": "first" }), claims);
        let components = signature::RsaPublicKeyComponents::<Vec<u8>>::from(self.key.public());
        let key = hmac::Key::new(hmac::HMAC_SHA256, &components.n);
        let tag = hmac::sign(&key, text.as_bytes());
        format!("{text}.{}", BASE64URL_NOPAD.encode(tag.as_ref()))
    }
}

/// The discovery document (OpenID Connect Discovery §4).
fn description(request: &Received) -> Value {
    let host = request
        .headers
        .iter()
        .find_map(|it| it.strip_prefix("host: "));
    let issuer = format!("http://{}", host.unwrap());
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
    })
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}", encode(header), encode(claims))
}

/// Seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "the server lives in the same present"
)]
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// A nonce as a token repeats it.
pub(crate) fn hashed(nonce: &str) -> String {
    HEXLOWER.encode(digest(&SHA256, nonce.as_bytes()).as_ref())
}
