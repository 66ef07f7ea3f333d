//! `HASURA_GRAPHQL_JWT_SECRET`: the JSON object in which Hasura and this server share their key.

mod advice;
mod namespace_path;

mod generate;
mod invalid;

use std::fmt;

use openssl::{
    error::ErrorStack,
    pkey::{PKey, Private},
};
use serde_json::{Map, Value};

pub use generate::{GenerateError, generate};
pub use invalid::InvalidJwtSecret;

use crate::{
    algorithm::{Algorithm, PairedAlgorithm},
    claims::{self, ClaimsPlace, TokenProfile},
    pem,
    signing_key::SigningKey,
};

const DEFAULT_ISSUER: &str = "hasura-auth";
const DEFAULT_NAMESPACE: &str = "https://hasura.io/jwt/claims";

/// A shorter shared secret can be guessed from a single token (RFC 7518 §3.2).
const STRONG_SECRET_BYTES: usize = 32;

/// How access tokens are signed and what they carry besides the user. `Debug` hides the key.
pub struct JwtSecret {
    pub(crate) key: SigningKey,
    pub(crate) key_id: Option<String>,
    pub(crate) profile: TokenProfile,
    warnings: Vec<String>,
}

impl JwtSecret {
    /// Reads the JSON object.
    ///
    /// * `type` – `HS256`, `HS384`, `HS512`, `RS256`, `RS384` or `RS512`, as in Hasura Auth, and
    ///   also `ES256`, `ES384` or `Ed25519`, the name that Hasura has for `EdDSA`, which is taken, too,
    /// * `key` – the shared secret for `HS…`, else the public key or certificate in PEM,
    /// * `signing_key` – the private key in PEM, not for `HS…`,
    /// * `kid` – the id of the key in tokens and in the published key set,
    /// * `issuer` – by default `hasura-auth`,
    /// * `claims_namespace` – the claim that holds Hasura's, by default
    ///   `https://hasura.io/jwt/claims`,
    /// * `claims_namespace_path` – a path to them in its place, such as `$.hasura.claims`, or `$` for
    ///   claims of the token itself,
    /// * `claims_format` – `json`, or `stringified_json` for a text that holds them,
    /// * `audience` – one or several names; our tokens are for all of them, and a token with an `aud`
    ///   has to be for one of them. Without this member ours have no `aud`, and every token that has
    ///   one is refused.
    ///
    /// A member that is null or empty counts as missing. Others lead to [warnings](Self::warnings):
    /// Hasura itself is configured with the same text and knows more of them.
    ///
    /// # Errors
    ///
    /// [`InvalidJwtSecret`] says what is missing or does not fit.
    pub fn parse(json: &str) -> Result<Self, InvalidJwtSecret> {
        // Into a `Value` first: the errors of any other type quote the value, which may be the key.
        let value = serde_json::from_str(json).map_err(InvalidJwtSecret::NotJson)?;
        let Value::Object(members) = value else {
            return Err(InvalidJwtSecret::NotAnObject);
        };
        Ok(Self {
            key: signing_key(&members)?,
            key_id: text(&members, "kid")?.map(str::to_owned),
            profile: TokenProfile {
                issuer: text(&members, "issuer")?
                    .unwrap_or(DEFAULT_ISSUER)
                    .to_owned(),
                audiences: audiences(&members)?,
                place: claims_place(&members)?,
            },
            warnings: advice::about(&members),
        })
    }

    /// Warnings about members that Hasura obeys and this server does not, and about keys that
    /// Hasura does not accept. None repeats a value.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether a shared secret has fewer than 32 bytes and should be replaced. It works all the
    /// same, because operators have such secrets.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.key.public.is_none() && self.key.material.len() < STRONG_SECRET_BYTES
    }

    /// Key material that only servers with this secret have: what
    /// [`SuccessorKey::derive`](auth_domain::session::SuccessorKey::derive) needs.
    ///
    /// It is the key itself, the bytes of a shared secret or the private key as PKCS#8 in DER, so
    /// it must not be stored or shown, nor used without deriving another key from it.
    #[must_use]
    pub fn successor_secret(&self) -> &[u8] {
        &self.key.material
    }
}

impl fmt::Debug for JwtSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtSecret")
            .field("algorithm", &self.key.signer.algorithm().name())
            .field("key", &"***")
            .field("key_id", &self.key_id)
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

fn signing_key(members: &Map<String, Value>) -> Result<SigningKey, InvalidJwtSecret> {
    let name = required_text(members, "type")?;
    let key = required_text(members, "key")?;
    match Algorithm::named(name).ok_or(InvalidJwtSecret::UnknownType)? {
        Algorithm::Shared(algorithm) => Ok(SigningKey::shared(algorithm, key.as_bytes())?),
        Algorithm::Paired(algorithm) => {
            paired_key(algorithm, key, required_text(members, "signing_key")?)
        }
    }
}

fn paired_key(
    algorithm: PairedAlgorithm,
    public: &str,
    private: &str,
) -> Result<SigningKey, InvalidJwtSecret> {
    let private = pem::private_key(private).map_err(not_pem("signing_key"))?;
    let key = SigningKey::paired(algorithm, &private)?;
    check_pair(&private, public)?;
    Ok(key)
}

fn not_pem(member: &'static str) -> impl FnOnce(ErrorStack) -> InvalidJwtSecret {
    move |error| InvalidJwtSecret::NotPem {
        member,
        source: error.into(),
    }
}

/// Hasura verifies with `public`: if that were another key, every token would be refused there.
fn check_pair(private: &PKey<Private>, public: &str) -> Result<(), InvalidJwtSecret> {
    let public = pem::public_key(public).map_err(not_pem("key"))?;
    if private.public_eq(&public) {
        Ok(())
    } else {
        Err(InvalidJwtSecret::UnpairedKeys)
    }
}

/// Where Hasura looks for its claims.
fn claims_place(members: &Map<String, Value>) -> Result<ClaimsPlace, InvalidJwtSecret> {
    let path = match text(members, "claims_namespace_path")? {
        Some(path) => namespace_path::parse(path).ok_or(InvalidJwtSecret::NotAPath)?,
        None => vec![
            text(members, "claims_namespace")?
                .unwrap_or(DEFAULT_NAMESPACE)
                .to_owned(),
        ],
    };
    if path.first().is_some_and(|name| claims::is_reserved(name)) {
        return Err(InvalidJwtSecret::ReservedNamespace);
    }
    let stringified = text(members, "claims_format")? == Some("stringified_json");
    if stringified && path.is_empty() {
        return Err(InvalidJwtSecret::StringifiedPayload);
    }
    Ok(ClaimsPlace { path, stringified })
}

/// Hasura takes a text or a list, too.
fn audiences(members: &Map<String, Value>) -> Result<Vec<String>, InvalidJwtSecret> {
    let read = |item: &Value| match item {
        Value::String(name) if !name.is_empty() => Ok(name.clone()),
        _ => Err(InvalidJwtSecret::NotAnAudience),
    };
    match members.get("audience") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(name)) if name.is_empty() => Ok(Vec::new()),
        Some(Value::Array(names)) => names.iter().map(read).collect(),
        Some(name) => read(name).map(|name| vec![name]),
    }
}

fn required_text<'a>(
    members: &'a Map<String, Value>,
    member: &'static str,
) -> Result<&'a str, InvalidJwtSecret> {
    text(members, member)?.ok_or(InvalidJwtSecret::Missing { member })
}

fn text<'a>(
    members: &'a Map<String, Value>,
    member: &'static str,
) -> Result<Option<&'a str>, InvalidJwtSecret> {
    match members.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err(InvalidJwtSecret::NotText { member }),
    }
}

#[cfg(test)]
mod tests;
