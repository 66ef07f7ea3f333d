//! The numbers of advisory locks.
//!
//! Any numbers do, as long as all servers use the same and nothing else in the database does.

/// Held while tables are changed.
pub const MIGRATION_LOCK: i64 = 0x6861_7375_7261;

/// Held while indexes are built, for which migrations of tables must not wait.
pub const INDEX_LOCK: i64 = MIGRATION_LOCK + 1;

/// Held while expired rows are removed.
pub(crate) const CLEAN_UP_LOCK: i64 = MIGRATION_LOCK + 2;
