//! What a migration would do.

/// A migration that has not been applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingMigration {
    /// Its name.
    pub name: String,
    /// Its script.
    pub sql: String,
}
