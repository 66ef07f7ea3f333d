//! Passwords of data breaches, looked up at
//! [Have I Been Pwned](https://haveibeenpwned.com/API/v3#PwnedPasswords) or a mirror of it.
//!
//! Only the first five of the forty digits of a password's SHA-1 leave this server: about a
//! thousand known passwords begin alike, and the service does not learn which of them was meant
//! (k-anonymity).

mod range;

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::{
    ports::{BreachedPasswords, BreachedPasswordsError},
    user::PlainPassword,
};
use data_encoding::HEXUPPER;
use egress::{Egress, EgressError, Request, Url};
use sha1::{Digest, Sha1};

/// Have I Been Pwned itself.
pub const BASE_URL: &str = "https://api.pwnedpasswords.com";

/// How many digits of the hash are sent.
const PREFIX_DIGITS: usize = 5;

/// The timeout of one request: a client waits for the answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A range has about a thousand lines of some forty bytes, and up to as many for padding.
const LARGEST_REPLY: usize = 256 * 1024;

/// How many retries there are when the service is busy, as in Hasura Auth.
const MORE_ATTEMPTS: usize = 3;

/// The pause before each.
const PAUSE: Duration = Duration::from_secs(3);

/// Looks passwords up at Have I Been Pwned.
#[derive(Debug, Clone)]
pub struct Hibp {
    egress: Egress,
    base: Url,
    pause: Duration,
}

#[derive(Debug, thiserror::Error)]
enum RangeError {
    #[error("the service cannot be asked")]
    Egress(#[from] EgressError),
    #[error("the service answered with status {0}")]
    Status(u16),
    #[error("the service answered with something else than a range")]
    NoRange,
}

impl Hibp {
    /// Uses the service at `base`, usually [`BASE_URL`]; a range is below it, at `range/21BD1`.
    #[must_use]
    pub fn new(egress: Egress, base: Url) -> Self {
        Self {
            egress,
            base,
            pause: PAUSE,
        }
    }

    /// With a `pause` before each retry; the default is three seconds.
    #[must_use]
    pub fn with_pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    fn range_url(&self, prefix: &str) -> Url {
        let mut url = self.base.clone();
        let path = format!("{}/range/{prefix}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }

    async fn range(&self, prefix: &str) -> Result<String, RangeError> {
        for _ in 0..MORE_ATTEMPTS {
            match self.ask(prefix).await {
                Err(RangeError::Status(429)) => self.wait().await,
                outcome => return outcome,
            }
        }
        self.ask(prefix).await
    }

    async fn ask(&self, prefix: &str) -> Result<String, RangeError> {
        let request = Request::get(self.range_url(prefix))
            // Padding keeps the size of the response from telling which range was requested.
            .header("add-padding", "true")
            .timeout(TIMEOUT)
            .largest_reply(LARGEST_REPLY);
        let reply = self.egress.send(request).await?;
        if reply.status != 200 {
            return Err(RangeError::Status(reply.status));
        }
        let text = reply.text().ok_or(RangeError::NoRange)?;
        Ok(text.to_owned())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the service says that it has to be left alone for a while, and nothing when it is ready"
    )]
    async fn wait(&self) {
        tokio::time::sleep(self.pause).await;
    }
}

#[async_trait]
impl BreachedPasswords for Hibp {
    async fn contains(&self, password: &PlainPassword) -> Result<bool, BreachedPasswordsError> {
        let digits = HEXUPPER.encode(&Sha1::digest(password.expose()));
        let (prefix, suffix) = digits.split_at(PREFIX_DIGITS);
        let range = self.range(prefix).await.map_err(failed)?;
        range::contains(&range, suffix).ok_or_else(|| failed(RangeError::NoRange))
    }
}

fn failed(error: RangeError) -> BreachedPasswordsError {
    BreachedPasswordsError(error.into())
}
