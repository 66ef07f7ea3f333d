//! Which version of the original an answer looks like, where the versions and this server differ.

/// Which version of Hasura Auth clients expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compat {
    /// Version 0.42, byte for byte.
    #[default]
    V0_42,
    /// The latest one, with what this server does better.
    Latest,
}

impl Compat {
    /// Whether an answer with the status 429 has a body that says what it is.
    pub(crate) fn explains_too_many_requests(self) -> bool {
        self == Self::Latest
    }
}
