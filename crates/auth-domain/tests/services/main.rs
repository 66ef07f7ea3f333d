//! The use cases over a store in memory, with fixed time and randomness.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod breached_passwords;
mod by_mail;
mod clean_up;
mod custom_claims;
mod dependencies;
mod elevation;
mod enumeration_protection;
mod guessing;
mod limits;
mod message_queue;
mod password_change;
mod pre_hijacking;
mod second_factor;
mod sessions;
mod sign_in;
mod sign_out;
mod sign_up;
mod sms;
mod social;
mod tokens;
mod world;
