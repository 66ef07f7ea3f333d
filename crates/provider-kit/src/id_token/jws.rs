//! Signed tokens (RFC 7515), in compact form only.

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use serde_json::Value;

/// The longest token that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// A token whose signature is not verified yet.
pub(super) struct Jws<'a> {
    /// The algorithm that the header names.
    pub(super) algorithm: String,
    /// The key id that the header names.
    pub(super) key_id: Option<String>,
    /// The signed bytes.
    pub(super) signed: &'a [u8],
    /// The signature.
    pub(super) signature: Vec<u8>,
    /// The payload.
    pub(super) claims: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
    jwk: Option<Value>,
    jku: Option<Value>,
    x5u: Option<Value>,
    typ: Option<Value>,
}

impl Header {
    /// Critical extensions (RFC 7515 §4.1.11) are not understood, so they are refused; and a token
    /// that brings its own key proves nothing.
    fn is_plain(&self) -> bool {
        [&self.crit, &self.jwk, &self.jku, &self.x5u]
            .into_iter()
            .all(Option::is_none)
    }

    /// Token confusion: other kinds of tokens have a `typ` of their own that ends like this (RFC
    /// 8725 §3.11), such as the access tokens of RFC 9068. An ID token has none, or `JWT`.
    fn is_of_another_kind(&self) -> bool {
        let names_one = |typ: &Value| {
            let text = typ.as_str().map(str::to_ascii_lowercase);
            text.is_none_or(|it| it.ends_with("+jwt"))
        };
        self.typ.as_ref().is_some_and(names_one)
    }
}

impl<'a> Jws<'a> {
    /// Splits a token into its parts.
    pub(super) fn read(token: &'a str) -> Option<Self> {
        if token.len() > LONGEST {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = serde_json::from_slice(&decoded(header)?).ok()?;
        if !header.is_plain() || header.is_of_another_kind() {
            return None;
        }
        Some(Self {
            algorithm: header.alg,
            key_id: header.kid,
            signed: signed.as_bytes(),
            signature: decoded(signature)?,
            claims: decoded(claims)?,
        })
    }
}

fn decoded(part: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(part.as_bytes()).ok()
}
