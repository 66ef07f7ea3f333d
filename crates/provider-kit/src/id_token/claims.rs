//! The claims of an ID token.

use auth_domain::{
    identity::{ExternalIdentity, Subject},
    secret::Secret,
};
use data_encoding::HEXLOWER;
use serde::{Deserialize, de::IgnoredAny};
use sha2::{Digest, Sha256};

use super::rules::IdTokenRules;
use crate::profile::{Address, Checked, Name, Picture};

/// How many seconds the provider's clock may be ahead. Nothing is added at the end: a token past
/// its `exp` is not valid, whichever clock is right.
const AHEAD: f64 = 60.0;

/// The claims of an ID token. Dates are seconds since 1970, perhaps with a fraction (RFC 7519 §2).
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    events: Option<IgnoredAny>,
    #[serde(default)]
    email: Address,
    #[serde(default)]
    email_verified: Checked,
    #[serde(default)]
    name: Name,
    #[serde(default)]
    picture: Picture,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// The nonce that a token must repeat.
#[derive(Clone, Copy)]
pub(super) enum Nonce<'a> {
    /// That of our own authorization request, which must be there.
    OfRequest(&'a Secret),
    /// That of an app, whose SHA-256 must be there if the claim is.
    OfApp(Option<&'a Secret>),
}

impl Claims {
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// Whether issuer and audience are right, and the token is valid at `now`, in seconds since the
    /// Unix epoch. A logout token, which the same key signs, is not (token confusion, OpenID Connect
    /// Back-Channel Logout §2.4).
    pub(super) fn are_good(&self, rules: &IdTokenRules, now: u32) -> bool {
        let now = f64::from(now);
        let latest = now + AHEAD;
        self.iss == rules.issuer
            && self.events.is_none()
            && self.is_for(&rules.audiences)
            && self.exp > now
            && self.iat <= latest
            && self.nbf.is_none_or(|it| it <= latest)
    }

    /// A token for several audiences is accepted if it was made for us (OpenID Connect Core
    /// §3.1.3.7).
    fn is_for(&self, ours: &[String]) -> bool {
        let is_ours = |it: &String| ours.contains(it);
        match &self.aud {
            Audience::One(one) => is_ours(one),
            Audience::Several(several) if several.iter().all(is_ours) => !several.is_empty(),
            Audience::Several(several) => {
                several.iter().any(is_ours) && self.azp.as_ref().is_some_and(is_ours)
            }
        }
    }

    /// Whether they repeat the nonce.
    pub(super) fn answer(&self, nonce: Nonce<'_>) -> bool {
        match nonce {
            Nonce::OfRequest(nonce) => self.nonce.as_deref() == Some(nonce.expose()),
            Nonce::OfApp(nonce) => {
                let given = nonce.map_or("", Secret::expose);
                let expected = HEXLOWER.encode(&Sha256::digest(given.as_bytes()));
                self.nonce.as_ref().is_none_or(|it| *it == expected)
            }
        }
    }

    /// The identity they are about.
    pub(super) fn identity(self, rules: &IdTokenRules) -> Option<ExternalIdentity> {
        let email = self.email.0;
        if rules.needs_address && email.is_none() {
            return None;
        }
        Some(ExternalIdentity {
            subject: Subject::parse(&self.sub).ok()?,
            email_verified: self.email_verified.0.filter(|_| email.is_some()),
            email,
            name: self.name.0,
            avatar: self.picture.0,
        })
    }
}
