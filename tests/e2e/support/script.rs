//! Addresses of the services that the test script starts beside the tests.

use std::env;

/// A variable of the script's. Without it a test fails: it is never skipped.
#[expect(
    clippy::disallowed_methods,
    reason = "these are not settings of the server"
)]
pub(crate) fn told(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run the tests with scripts/test"))
}
