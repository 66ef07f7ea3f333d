//! Access tokens as JWTs in compact form (RFC 7519).

use std::{fmt, time::Duration};

use auth_domain::{
    DateTime, Utc,
    ports::{IdGenerator, InvalidAccessToken, PublicKeys, SignerError, TokenSigner},
    session::{AccessClaims, AccessIdentity, AccessToken},
};
use josekit::jws::{self, JwsHeader};
use serde_json::Value;

use crate::{JwtSecret, claims, jwks};

/// The longest token that is read; ours take about half a KiB.
pub const TOKEN_MAX_BYTES: usize = 16 * 1024;

/// The `typ` of our tokens.
const TOKEN_TYPE: &str = "JWT";

/// Signs and verifies access tokens with the one key of a [`JwtSecret`].
///
/// Everything that depends on the key alone is made once: reading an RSA key takes longer than
/// signing with it.
pub struct JoseSigner {
    secret: JwtSecret,
    header: JwsHeader,
    public_keys: PublicKeys,
}

impl JoseSigner {
    /// A signer for `secret`.
    ///
    /// A key without an id is published under a random one from `ids`, as in Hasura Auth; tokens
    /// then name no key.
    #[must_use]
    pub fn new(secret: JwtSecret, ids: &dyn IdGenerator) -> Self {
        let key_id = secret.key_id.clone();
        let published_id = key_id.unwrap_or_else(|| ids.uuid().to_string());
        let algorithm = secret.key.signer.algorithm().name();
        Self {
            public_keys: jwks::key_set(algorithm, secret.key.public.as_ref(), &published_id),
            header: header(secret.key_id.as_deref()),
            secret,
        }
    }

    /// The payload of `token`, if it is one that our key signed.
    fn payload(&self, token: &str) -> Option<Vec<u8>> {
        if token.len() > TOKEN_MAX_BYTES {
            return None;
        }
        // The verifier is fixed, so the header cannot choose an algorithm or a key (algorithm
        // confusion).
        let verifier = &*self.secret.key.verifier;
        let (payload, header) = jws::deserialize_compact(token, verifier).ok()?;
        is_of_session_token(&header).then_some(payload)
    }
}

impl TokenSigner for JoseSigner {
    fn sign(&self, claims: &AccessClaims) -> Result<AccessToken, SignerError> {
        let JwtSecret { key, profile, .. } = &self.secret;
        let payload = Value::Object(claims::write(claims, profile)).to_string();
        let token = jws::serialize_compact(payload.as_bytes(), &self.header, &*key.signer);
        Ok(AccessToken {
            value: token.map_err(|error| SignerError(error.into()))?,
            ttl: Duration::from_secs(claims.ttl.as_secs()),
        })
    }

    fn verify(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<AccessIdentity, InvalidAccessToken> {
        let payload = self.payload(token).ok_or(InvalidAccessToken)?;
        claims::read(&payload, &self.secret.profile, now).ok_or(InvalidAccessToken)
    }

    fn public_keys(&self) -> PublicKeys {
        self.public_keys.clone()
    }
}

impl fmt::Debug for JoseSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JoseSigner").field(&self.secret).finish()
    }
}

/// The header of every token; josekit adds the algorithm of the signer.
fn header(key_id: Option<&str>) -> JwsHeader {
    let mut header = JwsHeader::new();
    header.set_token_type(TOKEN_TYPE);
    if let Some(key_id) = key_id {
        header.set_key_id(key_id);
    }
    header
}

/// Whether a token with this header may be a session token (token confusion).
///
/// * No extension is understood, so naming any as critical is a reason to refuse (RFC 7515
///   §4.1.11). josekit lets an empty list pass.
/// * `typ` tells apart tokens that the same key signs for different purposes (RFC 8725 §3.11):
///   `at+jwt` is an access token of an OAuth client (RFC 9068 §2.1), `logout+jwt` ends a session.
/// * A content type says that the payload is no set of claims but another token (RFC 7519 §5.2).
fn is_of_session_token(header: &JwsHeader) -> bool {
    header.claim("crit").is_none()
        && header.claim("cty").is_none()
        && header.claim("typ").is_none_or(is_type_of_jwt)
}

/// Media types are case-insensitive, and `application/` may be left out (RFC 7515 §4.1.9).
fn is_type_of_jwt(value: &Value) -> bool {
    let names = [TOKEN_TYPE, "application/jwt"];
    let is_it = |text: &str| names.iter().any(|name| name.eq_ignore_ascii_case(text));
    value.as_str().is_some_and(is_it)
}

#[cfg(test)]
mod tests;
