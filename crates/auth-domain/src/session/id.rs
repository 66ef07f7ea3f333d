//! The id of a session.

use uuid::Uuid;

/// The id of a refresh token's row. It stays the same while the token is rotated, so it names the
/// whole family of tokens that one sign-in led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub Uuid);
