//! What migrations are, whichever database they are for.
//!
//! Their scripts differ, and so does what keeps two servers from running them at once; that is the
//! stores' part. Their names, their order, and what it means that one is missing, are the same.

use diesel::{QueryableByName, sql_types::Text};

/// Hands the names of all migrations to the macro `$embed` of a store, in order. Those behind `indexes`
/// build indexes on tables that may be big.
#[macro_export]
macro_rules! migrations {
    ($embed:ident) => {
        $embed![
            "2026-11-21-200000_create_hasura_auth_schema",
            "2026-11-21-200100_add_hasura_id",
            "2026-11-21-200200_add_username",
            "2026-11-21-200300_create_opaque_sessions",
            "2026-11-21-200400_create_refresh_token_rotations",
            "2026-11-21-200500_create_tickets",
            "2026-11-21-200600_create_one_time_codes",
            "2026-11-21-200700_create_exchange_codes",
            "2026-11-21-233000_create_second_factors",
            "2026-11-22-020000_describe_sessions",
            "2026-11-22-030000_stage_phone_numbers",
            "2026-11-22-040000_create_security_key_challenges",
            "2026-11-22-050000_note_methods_of_exchange_codes",
            indexes "2026-11-28-003000_index_what_grows",
            "2026-11-28-003600_create_ended_provider_flows",
            "2026-11-28-003605_know_places",
            "2026-11-28-040000_create_queued_messages",
        ];
    };
}

/// One folder of `migrations/`, for one of the databases.
#[derive(Debug)]
pub struct Migration {
    /// The name of the folder.
    pub name: &'static str,
    /// What it does.
    pub step: Step,
}

/// What a migration does.
#[derive(Debug)]
pub enum Step {
    /// `up.sql`: applied in one transaction with all others of its kind.
    Tables(&'static str),
    /// `concurrently.sql`: indexes that are built one by one, beside a running installation.
    Indexes(&'static str),
}

impl Migration {
    /// Its script, as it is embedded.
    #[must_use]
    pub fn script(&self) -> &'static str {
        match self.step {
            Step::Tables(script) | Step::Indexes(script) => script,
        }
    }

    /// What it would do, running `script`.
    #[must_use]
    pub fn pending(&self, script: impl Into<String>) -> PendingMigration {
        PendingMigration {
            name: self.name.to_owned(),
            sql: script.into(),
        }
    }
}

/// The names of migrations, in the same order.
pub fn names<'a>(migrations: impl IntoIterator<Item = &'a Migration>) -> Vec<String> {
    let names = migrations.into_iter();
    names.map(|migration| migration.name.to_owned()).collect()
}

/// A migration that has not been applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingMigration {
    /// Its name.
    pub name: String,
    /// Its script.
    pub sql: String,
}

/// A row of the table in which a store notes what it has applied.
#[derive(Debug, QueryableByName)]
pub struct Note {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The migrations that a database notes as applied.
#[derive(Debug, Default)]
pub struct Applied(Vec<Note>);

impl Applied {
    /// Whether this one is among them.
    #[must_use]
    pub fn has(&self, migration: &Migration) -> bool {
        self.0.iter().any(|note| note.name == migration.name)
    }

    /// Those of `all` that are not.
    pub fn missing(
        &self,
        all: impl IntoIterator<Item = &'static Migration>,
    ) -> Vec<&'static Migration> {
        all.into_iter().filter(|it| !self.has(it)).collect()
    }
}

impl From<Vec<Note>> for Applied {
    fn from(notes: Vec<Note>) -> Self {
        Self(notes)
    }
}
