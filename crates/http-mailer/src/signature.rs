//! Signatures of web hooks, by [Standard Webhooks](https://www.standardwebhooks.com): libraries for
//! receivers exist in most languages.

use std::fmt;

use auth_domain::secret::Secret;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac, digest::Key};
use sha2::Sha256;

/// The prefix of a secret in base64.
const PREFIX: &str = "whsec_";

/// The fewest bytes of a key, by the specification.
const ENOUGH: usize = 24;

/// The key that a web hook's receiver shares with this server. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookKey(Vec<u8>);

/// The secret of a web hook cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWebhookSecret {
    /// What follows the prefix is not base64.
    #[error("what follows `whsec_` is not base64")]
    NotBase64,
    /// There is no key in it.
    #[error("it is empty")]
    Empty,
}

impl WebhookKey {
    /// Reads a secret: `whsec_` and the key in base64, or any text that is the key itself.
    ///
    /// # Errors
    ///
    /// [`InvalidWebhookSecret`].
    pub fn parse(secret: &Secret) -> Result<Self, InvalidWebhookSecret> {
        let text = secret.expose();
        let key = match text.strip_prefix(PREFIX) {
            Some(encoded) => match BASE64.decode(encoded.as_bytes()) {
                Ok(key) => key,
                Err(_) => return Err(InvalidWebhookSecret::NotBase64),
            },
            None => text.as_bytes().to_vec(),
        };
        if key.is_empty() {
            return Err(InvalidWebhookSecret::Empty);
        }
        Ok(Self(key))
    }

    /// Whether it is shorter than the specification wants it, so that it may be guessed.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.0.len() < ENOUGH
    }

    /// The value of the header `webhook-signature` for a message: HMAC-SHA256 over the values of
    /// the other two headers and the body.
    pub(crate) fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut mac = self.mac();
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
    }

    /// HMAC takes keys of any length (RFC 2104 §2), so there is no error to report.
    fn mac(&self) -> Hmac<Sha256> {
        match Hmac::new_from_slice(&self.0) {
            Ok(mac) => mac,
            Err(_) => Hmac::new(&Key::<Hmac<Sha256>>::default()),
        }
    }
}

impl fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's libraries.
    const EXAMPLE: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn parse(text: &str) -> Result<WebhookKey, InvalidWebhookSecret> {
        WebhookKey::parse(&Secret::new(text))
    }

    #[test]
    fn a_signature_is_that_of_the_specifications_example() {
        let key = parse(EXAMPLE).unwrap();

        let signature = key.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );

        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_without_the_prefix_is_the_key_itself() {
        assert_eq!(parse("whsec_YWJj"), parse("abc"));
        assert_ne!(parse("YWJj"), parse("abc"));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for (text, error) in [
            ("", InvalidWebhookSecret::Empty),
            ("whsec_", InvalidWebhookSecret::Empty),
            ("whsec_abc", InvalidWebhookSecret::NotBase64),
            ("whsec_a b=", InvalidWebhookSecret::NotBase64),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_key_that_may_be_guessed_is_weak() {
        assert!(parse("whsec_YWJj").unwrap().is_weak());
        assert!(!parse(EXAMPLE).unwrap().is_weak());
    }

    #[test]
    fn the_debug_form_of_a_key_shows_nothing_of_it() {
        assert_eq!(format!("{:?}", parse(EXAMPLE)), "Ok(WebhookKey(***))");
    }
}
