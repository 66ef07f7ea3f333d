//! The contract of providers, as tests, and a fake service.
//!
//! [`contract_tests!`](crate::contract_tests) makes the tests of an
//! [`AuthorizationCodeProvider`](crate::AuthorizationCodeProvider).

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

mod contract;
mod service;
mod signer;

pub use self::{
    contract::{
        Contract, Person, a_code_that_is_refused_asks_for_no_profile,
        a_profile_that_is_none_is_refused, identity_of, never_verified,
        nothing_is_asked_without_a_code, only_needs, the_browser_is_sent_with_what_is_documented,
        the_person_is_who_the_profile_says, verified_only_if_said_by,
    },
    service::{
        ACCESS_TOKEN, CALLBACK, CLIENT_ID, CLIENT_SECRET, CODE, Service, authorization_request,
        authorization_response, egress, form_of, proof,
    },
    signer::Signer,
};

/// Makes the tests of an [`AuthorizationCodeProvider`](crate::AuthorizationCodeProvider) from a
/// function that returns its [`Contract`]. The crate needs `tokio` with `macros` and `rt` for its
/// tests.
#[macro_export]
macro_rules! contract_tests {
    ($contract:path) => {
        $crate::contract_tests! { @each $contract =>
            the_browser_is_sent_with_what_is_documented
            the_person_is_who_the_profile_says
            a_profile_that_is_none_is_refused
            a_code_that_is_refused_asks_for_no_profile
            nothing_is_asked_without_a_code
        }
    };
    (@each $contract:path => $($case:ident)*) => {$(
        #[::tokio::test]
        async fn $case() {
            $crate::testing::$case($contract()).await;
        }
    )*};
}
