//! What a token may have to be elevated for.

/// What a token may have to be elevated for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DelicateAction {
    /// Anything but what is told apart below.
    Any,
    /// Adding a security key or an authenticator app: the first one can be what people elevate with
    /// from then on.
    AddFactor,
}
