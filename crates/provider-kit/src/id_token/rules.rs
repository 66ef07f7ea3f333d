//! Which ID tokens are accepted.

/// Which tokens are accepted.
#[derive(Debug, Clone)]
pub struct IdTokenRules {
    /// The required issuer, to the letter.
    pub issuer: String,
    /// The accepted audiences. If empty, no token is accepted.
    pub audiences: Vec<String>,
    /// Whether an e-mail address is required.
    pub needs_address: bool,
}
