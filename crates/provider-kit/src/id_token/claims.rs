//! What an ID token says.

use auth_domain::{
    identity::{ExternalIdentity, Subject},
    secret::Secret,
};
use data_encoding::HEXLOWER;
use serde::{Deserialize, de::IgnoredAny};
use sha2::{Digest, Sha256};

use super::IdTokenRules;
use crate::profile::{Address, Checked, Name, Picture};

/// How many seconds the provider's clock may be ahead. A token that is past its `exp` is not good,
/// whoever's clock is right.
const AHEAD: f64 = 60.0;

/// What an ID token says. Dates are seconds since 1970, perhaps with a fraction (RFC 7519 §2).
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

/// What a token is bound to.
#[derive(Clone, Copy)]
pub(super) enum Nonce<'a> {
    /// The nonce of our own question, which has to be there.
    OfQuestion(&'a Secret),
    /// The nonce of an app, whose SHA-256 is there if anything is.
    OfApp(Option<&'a Secret>),
}

impl Claims {
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// Whether they are of the right issuer, for us, and good at `now`, in seconds since 1970. Those of
    /// a logout token, which the same key signs, are not (OpenID Connect Back-Channel Logout §2.4).
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

    /// A token for several is ours if it was made for us (OpenID Connect Core §3.1.3.7).
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

    /// Whether they answer to what the token has to be bound to.
    pub(super) fn answer(&self, nonce: Nonce<'_>) -> bool {
        match nonce {
            Nonce::OfQuestion(nonce) => self.nonce.as_deref() == Some(nonce.expose()),
            Nonce::OfApp(nonce) => {
                let given = nonce.map_or("", Secret::expose);
                let expected = HEXLOWER.encode(&Sha256::digest(given.as_bytes()));
                self.nonce.as_ref().is_none_or(|it| *it == expected)
            }
        }
    }

    /// Who they are about.
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
