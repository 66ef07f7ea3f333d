//! Bot checks by
//! [Cloudflare Turnstile](https://developers.cloudflare.com/turnstile/get-started/server-side-validation/),
//! or by a service with the same API.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::{
    ports::{BotCheck, BotCheckError, PersonVerdict},
    secret::Secret,
};
use egress::{Egress, EgressError, Request, Url};
use serde::{Deserialize, Serialize};

/// Cloudflare's own service.
pub const BASE_URL: &str = "https://challenges.cloudflare.com/turnstile/v0";

/// The timeout of a request: a client waits for the answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A response is a few hundred bytes.
const LARGEST_REPLY: usize = 16 * 1024;

/// The longest token of a challenge, by the service's documentation.
const LONGEST_RESPONSE: usize = 2048;

/// The error codes for a wrong secret of this server.
const WRONG_SECRET: [&str; 2] = ["missing-input-secret", "invalid-input-secret"];

/// Verifies challenges with Turnstile.
#[derive(Debug, Clone)]
pub struct Turnstile {
    egress: Egress,
    base: Url,
    secret: Secret,
}

#[derive(Serialize)]
struct Verification<'a> {
    secret: &'a str,
    response: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    success: bool,
    #[serde(default)]
    messages: Vec<String>,
    #[serde(default, rename = "error-codes")]
    error_codes: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
enum SiteverifyError {
    #[error("the service cannot be asked")]
    Egress(#[from] EgressError),
    #[error("the service answered something else than a verdict, with status {0}")]
    NoVerdict(u16),
}

impl Turnstile {
    /// Uses the service at `base`, usually [`BASE_URL`], with `secret`; requests go below it, to
    /// `siteverify`.
    #[must_use]
    pub fn new(egress: Egress, base: Url, secret: Secret) -> Self {
        Self {
            egress,
            base,
            secret,
        }
    }

    fn url(&self) -> Url {
        let mut url = self.base.clone();
        let path = format!("{}/siteverify", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }

    async fn ask(&self, response: &Secret) -> Result<Answer, SiteverifyError> {
        let verification = Verification {
            secret: self.secret.expose(),
            response: response.expose(),
        };
        let request = Request::post(self.url())
            .json(&verification)
            .timeout(TIMEOUT)
            .largest_reply(LARGEST_REPLY);
        let reply = self.egress.send(request).await?;
        let answer = reply
            .text()
            .and_then(|text| serde_json::from_str::<Answer>(text).ok());
        answer
            // A failure is accepted with any status; a success only with a status of success.
            .filter(|it| reply.is_success() || !it.success)
            .ok_or(SiteverifyError::NoVerdict(reply.status))
    }
}

#[async_trait]
impl BotCheck for Turnstile {
    async fn judge(&self, response: &Secret) -> Result<PersonVerdict, BotCheckError> {
        if response.expose().len() > LONGEST_RESPONSE {
            let messages = Vec::new();
            return Ok(PersonVerdict::Failed { messages });
        }
        let answer = self.ask(response).await;
        let answer = answer.map_err(|error| BotCheckError(error.into()))?;
        if answer.success {
            return Ok(PersonVerdict::Passed);
        }
        if answer
            .error_codes
            .iter()
            .any(|it| WRONG_SECRET.contains(&it.as_str()))
        {
            tracing::warn!("Turnstile does not know the secret; mend AUTH_TURNSTILE_SECRET");
        }
        Ok(PersonVerdict::Failed {
            messages: answer.messages,
        })
    }
}
