//! A service with an HTTP API.

use egress::{Egress, Reply, Request, Url};

use crate::SmsServiceError;

/// A service with an HTTP API.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) egress: Egress,
    /// What it is called in errors.
    pub(crate) name: &'static str,
}

impl Service {
    /// Its response, whatever the status.
    pub(crate) async fn ask(&self, request: Request) -> Result<Reply, SmsServiceError> {
        let service = self.name;
        let sent = self.egress.send(request).await;
        sent.map_err(|source| SmsServiceError::Unreachable { service, source })
    }

    /// Sends a request; only an `accepted` status is a success.
    pub(crate) async fn transmit(
        &self,
        request: Request,
        accepted: impl Fn(u16) -> bool,
    ) -> Result<(), SmsServiceError> {
        let status = self.ask(request).await?.status;
        if accepted(status) {
            Ok(())
        } else {
            Err(self.refused(status))
        }
    }

    pub(crate) fn refused(&self, status: u16) -> SmsServiceError {
        let service = self.name;
        SmsServiceError::Refused { service, status }
    }
}

/// The URL below `base` with these segments; each stays one segment (path traversal).
pub(crate) fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}
