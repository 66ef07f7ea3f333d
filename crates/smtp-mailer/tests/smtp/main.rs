//! The mailer against servers: friendly, broken and hostile ones.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod against_fakes;
mod fake;
mod support;
mod through_smtp;
