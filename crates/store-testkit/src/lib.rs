//! The contract every store has to keep, as a suite to run, and a store in memory that keeps it.
//!
//! # How to run the suite for your own store
//!
//! 1. Implement [`Fixture`] for a type that owns one empty store and whatever the store needs: a
//!    temporary folder, a database of its own. It cleans up when it is dropped.
//! 2. Write an asynchronous function that makes such a fixture. It is called once per case, so
//!    that cases can run side by side and never meet.
//! 3. Hand the function to [`conformance!`] in a file under `tests/`. The crate needs `tokio` with
//!    the features `macros` and `rt-multi-thread` for it.
//!
//! ```
//! use std::sync::Arc;
//!
//! use auth_domain::ports::Store;
//! use store_testkit::{Fixture, MemoryStore};
//!
//! struct InMemory(MemoryStore);
//!
//! impl Fixture for InMemory {
//!     fn store(&self) -> Arc<dyn Store> {
//!         Arc::new(self.0.clone())
//!     }
//! }
//!
//! async fn fresh_store() -> InMemory {
//!     InMemory(MemoryStore::new())
//! }
//!
//! store_testkit::conformance!(fresh_store);
//! ```
//!
//! Every case is a test of its own, named after the promise it checks: a store that lets a refresh
//! token be used twice fails `refresh_token_is_single_use`.
//!
//! A case never waits for one unit of work while it holds another, so a store with a single writer
//! passes as well as one with many.

use std::sync::Arc;

use async_trait::async_trait;
use auth_domain::ports::Store;

pub mod cases;
mod memory;
pub mod samples;
mod steps;

pub use memory::MemoryStore;

/// One empty store, and what keeps it alive.
///
/// The store has no users and no sessions, and holds the roles `user`, `anonymous` and `me`, as a
/// new database of Hasura Auth does. Dropping the fixture removes what it made.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// The store; each call gives the same one.
    fn store(&self) -> Arc<dyn Store>;

    /// Cuts every connection the store has open, as a restart of the database would, and returns
    /// when they are gone. A store without connections has nothing to cut.
    async fn sever_connections(&self) {}
}

/// Turns the suite into tests.
///
/// Takes the path of an `async fn() -> impl Fixture` and expands to one test per case, in the
/// module it is called from.
#[macro_export]
macro_rules! conformance {
    // `@every` holds the one list of cases; the rules before it are what can be done with the list.
    (@run $fixture:path => $($module:ident { $($case:ident)* })*) => {
        $($(
            #[::tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                let fixture = $fixture().await;
                $crate::cases::$module::$case(&fixture).await;
            }
        )*)*
    };
    (@name => $($module:ident { $($case:ident)* })*) => {
        [$((stringify!($module), vec![$(stringify!($case)),*])),*]
    };
    (@every $($action:tt)*) => {
        $crate::conformance! { $($action)* =>
            users {
                user_comes_back_as_stored
                absent_user_is_not_found
                email_is_found_in_any_case_and_keeps_its_spelling
                email_is_no_pattern
                quotation_marks_are_text
                username_is_found_to_the_letter
                email_is_unique_in_any_case
                username_is_unique
                user_id_is_unique
                many_users_may_lack_email_and_username
                hasura_ids_start_at_two_and_grow
                hasura_ids_differ_after_a_refusal
                metadata_survives
                created_at_survives_to_the_microsecond
                set_password_replaces_the_password
                set_password_gives_a_first_password
                ticket_may_be_replaced
                touch_changes_nothing_else
                changes_to_a_missing_user_report_false
            }
            roles {
                fresh_store_holds_the_usual_roles
                ensured_role_can_be_given
                ensure_is_harmless_when_repeated
                unknown_role_is_refused
                roles_keep_their_order
                default_role_is_not_assigned_by_itself
                user_without_roles_is_found_everywhere
            }
            sessions {
                unknown_refresh_token_does_nothing
                stored_refresh_token_is_live
                session_id_is_unique
                refresh_token_is_unknown_when_it_expires
                ended_session_leaves_nothing
                session_ends_once
                current_token_ends_its_session
                superseded_token_ends_its_session_too
                expired_tokens_are_forgotten_when_another_is_stored
                ending_all_sessions_ends_every_kind
                ending_all_sessions_can_spare_personal_access_tokens
                ending_all_sessions_spares_other_users
                ending_all_sessions_of_nobody_counts_none
            }
            rotations {
                rotation_returns_session_and_user
                refresh_token_is_single_use
                rotation_leaves_other_sessions_alone
                expired_refresh_token_is_not_rotated
                rotation_sets_a_new_expiry
                personal_access_token_is_never_rotated
                disabled_users_token_is_never_rotated
                unverified_user_passes_only_the_open_gate
                user_without_an_address_has_nothing_to_verify
                verified_user_passes_either_gate
                refused_rotation_does_not_prolong_the_session
                rotated_token_is_superseded
                oldest_ancestor_is_traced_to_the_current_token
                predecessors_are_unknown_once_the_session_expired
                predecessors_within_the_limit_are_remembered
                predecessor_before_the_limit_may_be_forgotten
                forgetting_concerns_one_session
            }
            opaque_sessions {
                opaque_session_leads_to_its_user
                opaque_sessions_of_one_user_end_one_by_one
                opaque_session_ends_once
                opaque_session_is_over_when_it_expires
                unknown_opaque_session_leads_nowhere
                opaque_session_leads_to_a_disabled_user
            }
            transactions {
                committed_work_is_visible
                rolled_back_work_leaves_nothing
                dropped_work_leaves_nothing_and_blocks_nobody
                work_sees_its_own_changes
                uncommitted_work_is_invisible_to_others
                committed_work_appears_as_a_whole
                rollback_restores_what_was_changed
                refused_work_can_be_rolled_back
                refused_work_can_be_dropped
                empty_work_can_be_committed
            }
            concurrency {
                a_user_who_was_written_to_is_changed_by_nobody_else
                parallel_rotations_have_one_winner
                parallel_inserts_of_one_email_have_one_winner
                parallel_inserts_of_one_username_have_one_winner
                parallel_inserts_of_different_users_all_succeed
                parallel_ensures_of_the_same_roles_all_succeed
                parallel_endings_have_one_winner
                rotation_does_not_revive_an_ending_session
                rotation_does_not_escape_the_end_of_all_sessions
                rotation_and_unrelated_work_both_last
                aborted_work_leaves_nothing_and_blocks_nobody
                work_cut_short_anywhere_is_all_or_nothing
                rotation_cut_short_anywhere_is_all_or_nothing
            }
            recovery {
                fresh_store_answers_ping
                ping_does_not_wait_for_a_writer
                ping_recovers_from_lost_connections
                reads_recover_from_lost_connections
                work_recovers_from_lost_connections
                rotation_recovers_from_lost_connections
                dropped_work_without_connection_leaves_nothing
                commit_without_connection_is_not_claimed
            }
        }
    };
    ($fixture:path) => {
        $crate::conformance! { @every @run $fixture }
    };
}

#[cfg(test)]
mod tests {
    /// Every module of `cases` with its source.
    const SOURCES: [(&str, &str); 8] = [
        ("users", include_str!("cases/users.rs")),
        ("roles", include_str!("cases/roles.rs")),
        ("sessions", include_str!("cases/sessions.rs")),
        ("rotations", include_str!("cases/rotations.rs")),
        ("opaque_sessions", include_str!("cases/opaque_sessions.rs")),
        ("transactions", include_str!("cases/transactions.rs")),
        ("concurrency", include_str!("cases/concurrency.rs")),
        ("recovery", include_str!("cases/recovery.rs")),
    ];

    #[test]
    fn every_case_is_run() {
        let listed = conformance!(@every @name);

        let written = SOURCES.map(|(module, source)| (module, names(source, "pub async fn ")));
        assert_eq!(listed, written);
    }

    #[test]
    fn every_module_of_cases_is_compared() {
        let mut compared = SOURCES.map(|(module, _)| module);
        compared.sort_unstable();

        assert_eq!(names(include_str!("cases/mod.rs"), "pub mod "), compared);
    }

    /// The identifiers that follow `keyword` at the start of a line.
    fn names<'a>(source: &'a str, keyword: &str) -> Vec<&'a str> {
        source
            .lines()
            .filter_map(|line| line.strip_prefix(keyword))
            .filter_map(|rest| {
                rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next()
            })
            .collect()
    }
}
