//! A provider's error response.

/// A provider's error response (RFC 6749 §4.1.2.1). Any client can forge one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationError {
    /// Its code.
    pub error: String,
    /// Its explanation.
    pub description: String,
    /// Its page on that.
    pub uri: String,
}
