//! The HTTP client.

use std::sync::Arc;

use reqwest::{Client, Response, redirect::Policy};

use crate::{
    dns::GuardedResolver,
    error::{EgressError, EgressSetupError},
    reply::Reply,
    request::Request,
    rules::EgressRules,
    tls,
};

/// The `User-Agent` of this server; some services refuse clients without one.
const USER_AGENT: &str = concat!("hasura-auth/", env!("CARGO_PKG_VERSION"));

/// Sends requests to other servers. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Egress {
    client: Client,
    rules: EgressRules,
}

impl Egress {
    /// A client with `rules`.
    ///
    /// # Errors
    ///
    /// [`EgressSetupError`] when TLS cannot be set up.
    pub fn new(rules: EgressRules) -> Result<Self, EgressSetupError> {
        let tls = tls::client().map_err(|error| EgressSetupError(error.into()))?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(Arc::new(GuardedResolver(rules.clone())))
            .redirect(Policy::none())
            // A proxy would look names up itself and bypass the guard.
            .no_proxy()
            .referer(false)
            .user_agent(USER_AGENT)
            .build()
            .map_err(|error| EgressSetupError(error.into()))?;
        Ok(Self { client, rules })
    }

    /// The response to `request`, whatever its status.
    ///
    /// # Errors
    ///
    /// See [`EgressError`].
    pub async fn send(&self, request: Request) -> Result<Reply, EgressError> {
        self.rules.check(&request.url)?;
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let largest = request.largest_reply;
        let builder = self
            .client
            .request(request.method.clone(), request.url.clone())
            .timeout(request.timeout);
        let sent = request.write(builder)?.send().await;
        let response = sent.map_err(|error| EgressError::from_client(error, &host))?;
        let status = response.status().as_u16();
        let body = read(response, &host, largest).await?;
        Ok(Reply { status, body })
    }
}

/// Reads on only while the body may still fit.
async fn read(mut response: Response, host: &str, largest: usize) -> Result<Vec<u8>, EgressError> {
    let mut body = Vec::new();
    let failed = |error| EgressError::from_client(error, host);
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > largest {
            return Err(EgressError::TooLarge(largest));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
