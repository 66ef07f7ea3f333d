//! Mails to services that are friendly, refusing, hanging or gone.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod postmark;
mod refusals;
mod support;
mod webhook;
