//! An HTTP response.

use std::{fmt, str};

/// An HTTP response. The caller decides what its status means; a redirect is a response like any
/// other.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// Whether the status is one of success (2xx).
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as text; `None` when it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        str::from_utf8(&self.body).ok()
    }
}

/// Without the body, which may hold secrets.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Whether a retry may succeed (RFC 9110 §15): the server failed (5xx), was slow, or rate-limited
/// the request.
#[must_use]
pub fn is_temporary_status(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_that_pass_are_told_from_those_that_stay() {
        for status in [408, 425, 429, 500, 503, 599] {
            assert!(is_temporary_status(status), "{status}");
        }
        for status in [302, 400, 401, 403, 404, 422, 600] {
            assert!(!is_temporary_status(status), "{status}");
        }
    }
}
