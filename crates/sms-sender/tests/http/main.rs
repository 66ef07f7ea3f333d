//! Messages to services that are friendly, refusing, hanging or gone.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod refusals;
mod requests;
mod support;
mod verify;
