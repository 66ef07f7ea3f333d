//! Users, sessions and the rules of signing up and in.
//!
//! This crate is the core of Hasura Auth and knows no framework: no HTTP, no SQL, no clock of its
//! own. It consists of
//!
//! * **entities and value types** ([`user`], [`session`], [`ticket`], [`redirect`]), which cannot
//!   hold a value their rules forbid;
//! * **ports** ([`ports`]), the traits an installation implements: [`ports::Store`] with its
//!   repositories, [`ports::Mailer`], [`ports::Provider`], [`ports::PasswordHasher`],
//!   [`ports::TokenSigner`], [`ports::Clock`] and [`ports::IdGenerator`];
//! * **services** ([`services`]), one per use case, built from ports and an
//!   [`policy::AuthPolicy`]. Both generations of the HTTP API call the same services.
//!
//! Start at [`services::SignUpService`] to see what a use case looks like, and at
//! [`ports::Store`] to bring a store of your own: the crate `store-testkit` holds the suite it has
//! to pass.

pub mod error;
pub mod policy;
pub mod ports;
pub mod redirect;
pub mod secret;
pub mod services;
pub mod session;
#[cfg(feature = "testing")]
pub mod testing;
pub mod ticket;
pub mod user;

pub use chrono::{DateTime, Utc};
