//! Failures of requests. No text here holds a path, a query, a header or a body: they carry
//! secrets.

use std::error::Error;

type Cause = Box<dyn Error + Send + Sync>;

/// A name has only private addresses.
#[derive(Debug, thiserror::Error)]
#[error("the name has only private addresses")]
pub(crate) struct OnlyPrivate;

/// Why a request got no response.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// The URL is not one of HTTP.
    #[error("not a URL of an HTTP server")]
    InvalidUrl,
    /// The host has a private address, and is not among the allowed hosts.
    #[error("{0} has a private address; add it to AUTH_EGRESS_ALLOWED_HOSTS if that is meant")]
    PrivateAddress(String),
    /// The request would go without TLS, and the host is not among the allowed hosts.
    #[error("{0} would be reached without TLS; use https, or add it to AUTH_EGRESS_ALLOWED_HOSTS")]
    WithoutTls(String),
    /// The request cannot be written: a header with a line break, a body that is no JSON.
    #[error("the request cannot be written")]
    InvalidRequest(#[source] Cause),
    /// It took too long.
    #[error("there was no complete reply in time")]
    TimedOut,
    /// The reply is larger than allowed.
    #[error("the reply is larger than {0} bytes")]
    TooLarge(usize),
    /// There was no connection, or it broke.
    #[error("the server cannot be reached")]
    Unreachable(#[source] Cause),
}

impl EgressError {
    /// Whether a retry would fail again, whatever the other server does.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::InvalidUrl
            | Self::PrivateAddress(_)
            | Self::WithoutTls(_)
            | Self::InvalidRequest(_) => true,
            Self::TimedOut | Self::TooLarge(_) | Self::Unreachable(_) => false,
        }
    }

    pub(crate) fn from_client(error: reqwest::Error, host: &str) -> Self {
        if error.is_builder() {
            return Self::InvalidRequest(error.without_url().into());
        }
        if error.is_timeout() {
            return Self::TimedOut;
        }
        if has_source::<OnlyPrivate>(&error) {
            return Self::PrivateAddress(host.to_owned());
        }
        Self::Unreachable(error.without_url().into())
    }
}

fn has_source<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    error.is::<E>() || error.source().is_some_and(has_source::<E>)
}

/// The client cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client for requests to other servers cannot be set up")]
pub struct EgressSetupError(#[source] pub(crate) Cause);
