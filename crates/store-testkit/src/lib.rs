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
//! use async_trait::async_trait;
//! use auth_domain::{ports::Store, user::UserId};
//! use store_testkit::{Fixture, MemoryStore};
//!
//! struct InMemory(MemoryStore);
//!
//! #[async_trait]
//! impl Fixture for InMemory {
//!     fn store(&self) -> Arc<dyn Store> {
//!         Arc::new(self.0.clone())
//!     }
//!
//!     async fn disable(&self, user: UserId) {
//!         self.0.disable(user).await;
//!     }
//!
//!     async fn delete(&self, user: UserId) {
//!         self.0.delete(user).await;
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

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use auth_domain::{ports::Store, user::UserId};
use futures_util::future::LocalBoxFuture;

pub mod cases;
mod interrupted_store;
mod memory;
pub mod samples;
mod sign_ins;
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

    /// Disables the account of a user, as an administrator does beside this server.
    async fn disable(&self, user: UserId);

    /// Deletes a user with everything of theirs, as an administrator does beside this server.
    async fn delete(&self, user: UserId);
}

/// One case of the suite, for callers that do something else with it than [`conformance!`].
pub struct Case {
    /// Its name, which is the promise it checks.
    pub name: &'static str,
    run: for<'a> fn(&'a dyn Fixture) -> LocalBoxFuture<'a, ()>,
}

impl Case {
    /// Runs it on a fresh fixture; panics where the promise is not kept.
    #[must_use]
    pub fn run<'a>(&self, fixture: &'a dyn Fixture) -> LocalBoxFuture<'a, ()> {
        (self.run)(fixture)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

/// Every case of the suite, in order.
#[must_use]
pub fn every_case() -> Vec<Case> {
    conformance!(@every @list)
}

/// Turns the suite into tests.
///
/// Takes the path of an `async fn() -> impl Fixture` and expands to one test per case, in the
/// module it is called from.
#[macro_export]
macro_rules! conformance {
    // `@every` holds the one list of cases; the rules before it say what is done with the list.
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
    (@list => $($module:ident { $($case:ident)* })*) => {
        vec![$($($crate::Case {
            name: stringify!($case),
            run: |fixture| Box::pin($crate::cases::$module::$case(fixture)),
        }),*),*]
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
                clear_password_takes_the_password_away
                touch_changes_nothing_else
                changes_to_a_missing_user_report_false
                users_have_no_security_key_at_first
            }
            email_changes {
                email_verification_is_noted
                noted_email_changes_nothing_yet
                account_moves_to_the_noted_email
                account_moves_to_the_last_noted_email
                account_moves_once
                account_without_a_noted_email_stays
                account_does_not_move_to_a_taken_email
                account_may_respell_its_email
                parallel_moves_to_one_email_have_one_winner
            }
            deanonymization {
                anonymous_user_becomes_what_is_told
                deanonymized_user_may_lack_password_and_metadata
                deanonymized_user_has_the_new_roles_in_order
                user_with_a_name_is_not_deanonymized
                user_is_not_deanonymized_with_a_taken_email
                user_is_not_deanonymized_with_an_unknown_role
                parallel_deanonymizations_have_one_winner
            }
            phone_numbers {
                phone_number_is_found_to_the_letter
                phone_number_is_unique
                phone_verification_is_noted
                phone_number_can_be_taken_away
                noted_phone_number_changes_nothing_yet
                account_moves_to_the_noted_phone_number_once
                account_moves_to_no_other_phone_number
                account_does_not_move_to_a_taken_phone_number
                parallel_moves_to_one_phone_number_have_one_winner
                holder_of_a_number_is_its_claimant
                anonymous_user_who_noted_a_number_is_its_claimant
                last_to_note_a_number_is_its_claimant
                noted_number_alone_is_not_enough
                anonymous_user_gets_a_phone_number
                anonymous_user_gets_no_other_phone_number
                user_is_not_deanonymized_with_a_taken_phone_number
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
                ending_all_sessions_ends_every_kind
                ending_all_sessions_can_spare_personal_access_tokens
                ending_all_sessions_spares_other_users
                ending_all_sessions_of_an_unknown_user_counts_none
                personal_access_token_leads_to_its_user
                other_tokens_are_no_personal_access_tokens
                personal_access_token_is_over_when_it_expires
                personal_access_token_may_have_metadata
            }
            open_sessions {
                sessions_are_listed_as_they_began
                rotation_tells_where_a_session_was_seen
                rotation_from_nowhere_keeps_what_was_known
                only_open_sessions_of_the_user_are_listed
                session_is_open_for_its_user
                user_ends_one_session
                user_ends_only_own_sessions
                all_other_sessions_can_end
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
                age_of_a_rotation_counts_from_the_rotation
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
            tickets {
                ticket_is_taken_as_it_was_stored
                found_ticket_stays_good
                ticket_is_taken_once
                unknown_ticket_is_not_taken
                ticket_is_worthless_when_it_expires
                earlier_ticket_stays_good
                taken_ticket_takes_its_siblings_along
                taken_ticket_spares_those_of_other_purposes
                taken_ticket_spares_those_of_other_users
                expired_ticket_spares_its_siblings
                ticket_of_undone_work_stays_good
                taken_ticket_takes_the_code_in_its_place_along
                accepted_code_takes_the_tickets_in_whose_place_it_is_along
                forgetting_tickets_spares_other_users
                forgetting_tickets_forgets_codes_too
                forgetting_tickets_is_harmless_when_there_are_none
                forgetting_changes_spares_other_tickets_and_codes
                parallel_takes_of_one_ticket_have_one_winner
                parallel_takes_of_siblings_have_one_winner
            }
            codes {
                code_is_accepted_once
                code_survives_a_wrong_guess
                guess_without_a_code_is_wrong
                code_is_worthless_when_it_expires
                later_code_replaces_an_earlier_one
                code_of_one_purpose_is_none_of_another
                code_of_one_user_is_none_of_another
                too_many_wrong_guesses_close_the_account
                guesses_without_an_open_code_are_not_counted
                known_place_has_guesses_of_its_own
                known_place_has_an_end_of_guesses
                known_places_together_have_an_end_of_guesses
                parallel_guesses_from_a_known_place_are_all_counted
                place_is_known_until_its_time_is_over
                guess_is_awaited_while_a_code_is_open
                wrong_guesses_survive_a_new_code
                wrong_guesses_count_for_the_account
                wrong_guesses_of_strangers_spare_codes_that_elevate
                wrong_guesses_spare_other_users
                accepted_code_forgets_wrong_guesses
                wrong_guesses_count_no_longer_than_asked
                refused_guesses_are_not_counted
                wrong_guesses_at_one_kind_spare_others
                wrong_guesses_at_a_new_phone_are_never_forgiven
                parallel_right_guesses_have_one_winner
                parallel_wrong_guesses_are_all_counted
            }
            exchange_codes {
                exchange_code_is_taken_as_it_was_stored
                exchange_code_keeps_how_its_user_proved_themselves
                exchange_code_is_taken_once
                unknown_exchange_code_is_not_taken
                exchange_code_is_good_until_it_expires
                exchange_code_is_worthless_when_it_expires
                exchange_codes_of_one_user_are_taken_one_by_one
                parallel_takes_of_one_exchange_code_have_one_winner
                parallel_takes_of_different_exchange_codes_all_succeed
            }
            queued_messages {
                queued_message_is_listed_as_it_was_queued
                queued_message_belongs_to_its_first_attempt
                message_is_leased_again_when_its_lease_runs_out
                leased_message_is_not_leased_before_its_lease_runs_out
                no_more_is_leased_than_asked_and_the_longest_waiting_first
                parallel_leases_of_one_message_have_one_winner
                removed_message_is_gone
                failed_attempt_is_made_again_when_it_is_due
                attempt_that_was_overtaken_changes_nothing
                expired_message_is_not_leased
                message_is_due_at_once_when_expedited
                message_of_undone_work_is_not_queued
                later_message_replaces_an_earlier_one
                message_of_another_purpose_stays
                withdrawn_message_is_gone
                message_goes_with_its_ticket
                message_goes_with_its_code
                message_goes_with_its_user
                message_that_carries_nothing_is_refused
            }
            ended_flows {
                flow_ends_once
                flows_end_one_by_one
                flow_ends_once_within_a_unit_of_work
                flow_of_undone_work_can_end
                ended_flow_is_remembered
                parallel_ends_of_one_flow_have_one_winner
            }
            second_factors {
                new_user_has_no_second_factor
                secret_comes_back_as_stored
                second_factor_is_switched_on_and_off
                waiting_secret_takes_over_when_the_factor_is_switched_off
                resealed_secret_keeps_its_used_steps
                step_is_used_once_and_in_order
                step_is_used_once_for_each_purpose_and_user
                another_secret_forgets_used_steps
                step_of_undone_work_can_be_used
                parallel_uses_of_one_step_have_one_winner
                parallel_uses_without_a_look_first_have_one_winner
                recovery_code_is_taken_once
                new_recovery_codes_replace_former_ones
                switching_the_factor_forgets_recovery_codes
                parallel_takes_of_one_recovery_code_have_one_winner
                wrong_second_factors_are_counted_and_forgotten
                wrong_second_factors_are_counted_apart_from_mailed_codes
                known_place_has_guesses_at_a_second_factor_of_its_own
                parallel_wrong_second_factors_are_all_counted
                forgotten_second_factor_leaves_wrong_guesses_only
            }
            security_keys {
                security_key_is_found_as_it_was_stored
                keys_of_a_user_are_listed_and_no_others
                security_key_may_lack_name_and_count
                credential_is_unique
                key_of_an_unknown_user_is_refused
                key_counts_on_only
                key_that_does_not_count_stays_at_zero
                key_that_is_gone_does_not_count
                parallel_uses_of_one_count_have_one_winner
                forgetting_keys_spares_other_users
                challenge_is_taken_as_it_was_issued
                found_challenge_stays_good
                challenge_is_taken_once
                challenge_is_worthless_when_it_expires
                challenge_of_undone_work_stays_good
                challenges_are_forgotten_with_the_keys_of_their_user
                parallel_takes_of_one_challenge_have_one_winner
            }
            linked_identities {
                linked_user_is_found_by_their_identity
                linked_user_is_found_by_no_other_identity
                user_may_have_several_identities
                identity_is_linked_once
                link_of_an_unknown_user_is_refused
                link_with_an_unknown_provider_is_refused
                rolled_back_link_leads_nowhere
                link_is_seen_within_its_unit_of_work
                parallel_links_of_one_identity_have_one_winner
                forgetting_identities_spares_other_users
                forgotten_identity_can_be_linked_again
                ensuring_providers_is_harmless_when_repeated
                parallel_ensures_of_the_same_providers_all_succeed
            }
            clean_up {
                what_is_over_is_removed_once
                what_is_good_is_spared
                removed_session_takes_its_predecessors_along
                no_more_is_removed_than_asked_and_the_oldest_first
                parallel_removals_share_the_work
                rotation_at_the_moment_of_removal_saves_its_session
            }
            transactions {
                committed_work_is_visible
                rolled_back_work_leaves_nothing
                dropped_work_leaves_nothing_and_blocks_no_other
                work_sees_its_own_changes
                uncommitted_work_is_invisible_to_others
                committed_work_appears_as_a_whole
                rollback_restores_what_was_changed
                refused_work_can_be_rolled_back
                refused_work_can_be_dropped
                empty_work_can_be_committed
            }
            concurrency {
                parallel_rotations_have_one_winner
                a_user_who_was_written_to_is_not_changed_by_others
                a_locked_user_is_read_as_they_are_and_not_changed_by_others
                parallel_inserts_of_one_email_have_one_winner
                parallel_inserts_of_one_username_have_one_winner
                parallel_inserts_of_different_users_all_succeed
                parallel_ensures_of_the_same_roles_all_succeed
                parallel_endings_have_one_winner
                rotation_does_not_revive_an_ending_session
                sign_out_by_token_does_not_miss_a_rotation
                rotation_does_not_escape_the_end_of_all_sessions
                what_is_stored_beside_an_open_session_ends_with_all
                rotation_and_unrelated_work_both_last
                aborted_work_leaves_nothing_and_blocks_no_other
                work_cut_short_anywhere_is_all_or_nothing
                rotation_cut_short_anywhere_is_all_or_nothing
            }
            shut_out {
                no_session_is_opened_after_disabling
                no_session_is_opened_after_deleting
                no_session_is_opened_after_a_first_verification
                no_session_is_opened_after_a_password_change
                parallel_sign_ins_do_not_outlive_a_first_verification
                parallel_sign_ins_do_not_outlive_a_password_change
                a_failure_at_any_step_leaves_the_credential_good
            }
            recovery {
                fresh_store_answers_ping
                ping_does_not_wait_for_a_writer
                fresh_store_is_migrated
                is_migrated_recovers_from_lost_connections
                ping_recovers_from_lost_connections
                reads_recover_from_lost_connections
                work_recovers_from_lost_connections
                rotation_recovers_from_lost_connections
                dropped_work_without_connection_leaves_nothing
                commit_without_connection_is_an_error
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
    const SOURCES: [(&str, &str); 22] = [
        ("users", include_str!("cases/users.rs")),
        ("email_changes", include_str!("cases/email_changes.rs")),
        ("deanonymization", include_str!("cases/deanonymization.rs")),
        ("phone_numbers", include_str!("cases/phone_numbers.rs")),
        ("roles", include_str!("cases/roles.rs")),
        ("sessions", include_str!("cases/sessions.rs")),
        ("open_sessions", include_str!("cases/open_sessions.rs")),
        ("rotations", include_str!("cases/rotations.rs")),
        ("opaque_sessions", include_str!("cases/opaque_sessions.rs")),
        ("tickets", include_str!("cases/tickets.rs")),
        ("codes", include_str!("cases/codes.rs")),
        ("exchange_codes", include_str!("cases/exchange_codes.rs")),
        ("queued_messages", include_str!("cases/queued_messages.rs")),
        ("ended_flows", include_str!("cases/ended_flows.rs")),
        ("second_factors", include_str!("cases/second_factors.rs")),
        ("security_keys", include_str!("cases/security_keys.rs")),
        (
            "linked_identities",
            include_str!("cases/linked_identities.rs"),
        ),
        ("clean_up", include_str!("cases/clean_up.rs")),
        ("transactions", include_str!("cases/transactions.rs")),
        ("concurrency", include_str!("cases/concurrency.rs")),
        ("shut_out", include_str!("cases/shut_out.rs")),
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
