//! What a token may have to be elevated for.

/// What a token may have to be elevated for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DelicateAction {
    /// Any action but those below.
    Any,
    /// Adding a security key or an authenticator app: a first one gives the user a way to elevate,
    /// so a user without any may add it with a plain token.
    AddFactor,
}
