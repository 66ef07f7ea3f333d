//! The cases of the suite: one function per promise, in a module per part of the contract.
//!
//! A case gets a fixture of its own and panics when the promise is broken.
//! [`conformance!`](crate::conformance) turns each into a test.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a case fails by panicking, and a refused step it relies on fails it"
)]

pub mod clean_up;
pub mod codes;
pub mod concurrency;
pub mod deanonymization;
pub mod email_changes;
pub mod ended_flows;
pub mod exchange_codes;
pub mod linked_identities;
pub mod opaque_sessions;
pub mod open_sessions;
pub mod phone_numbers;
pub mod queued_messages;
pub mod recovery;
pub mod roles;
pub mod rotations;
pub mod second_factors;
pub mod security_keys;
pub mod sessions;
pub mod shut_out;
pub mod tickets;
pub mod transactions;
pub mod users;
