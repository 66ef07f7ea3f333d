//! Users, sessions and the rules of signing up and in.
//!
//! This crate is the core of Hasura Auth and knows no framework: no HTTP, no SQL, no clock of its
//! own. It consists of
//!
//! * **entities and value types** ([`user`], [`session`], [`identity`], [`ticket`], [`totp`],
//!   [`security_key`], [`redirect`], [`queued_message`]), which cannot hold a value their rules forbid;
//! * **ports** ([`ports`]), the traits an installation implements: [`ports::Store`] with its
//!   repositories, [`ports::Mailer`], [`ports::Provider`], [`ports::PasswordHasher`],
//!   [`ports::TokenSigner`], [`ports::TotpVerifier`], [`ports::QrRenderer`], [`ports::SecretBox`],
//!   [`ports::WebAuthn`],
//!   [`ports::Clock`] and [`ports::IdGenerator`];
//! * **services** ([`services`]), one per use case, built from ports and an
//!   [`policy::AuthPolicy`]. Both generations of the HTTP API call the same services.
//!
//! # A whole installation
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use auth_domain::{
//!     services::{
//!         EmailPasswordSignUp, Installation, Providers, Services, SignUpOptions, SignedUp,
//!     },
//!     testing::{
//!         FixedClock, PlainBox, PlainHasher, PlainQr, PlainSigner, PlainTotp, RecordingMailer,
//!         SequentialIds, policy,
//!     },
//!     user::{EmailAddress, PlainPassword},
//! };
//! use store_testkit::MemoryStore;
//!
//! // Each of these is a port: put your own store, hasher, signer and mailer here.
//! let installation = Installation {
//!     store: Arc::new(MemoryStore::new()),
//!     breached_passwords: None,
//!     custom_claims: None,
//!     concealment: None,
//!     limits: None,
//!     hasher: Arc::new(PlainHasher::default()),
//!     signer: Arc::new(PlainSigner),
//!     mailer: Arc::new(RecordingMailer::default()),
//!     clock: Arc::new(FixedClock::default()),
//!     ids: Arc::new(SequentialIds::default()),
//!     totp: Arc::new(PlainTotp),
//!     qr: Arc::new(PlainQr),
//!     secrets: Arc::new(PlainBox),
//!     sms: None,
//!     web_authn: None,
//!     providers: Providers::default(),
//!     policy: policy(),
//! };
//! installation.prepare().await?;
//! let services = Services::new(Arc::new(installation));
//!
//! let wish = EmailPasswordSignUp {
//!     email: EmailAddress::parse("ada@example.com")?,
//!     password: PlainPassword::new("correct horse"),
//!     options: SignUpOptions::default(),
//!     code_challenge: None,
//! };
//! let SignedUp::Session(session) = services.sign_up.with_email_password(wish).await? else {
//!     return Err("this policy asks nobody to verify an address".into());
//! };
//!
//! let next = services.tokens.refresh(session.refresh_token).await?;
//! assert_eq!(next.user.id, session.user.id);
//! # Ok(())
//! # }
//! ```
//!
//! Start at [`services::SignUpService`] to see what a use case looks like, and at
//! [`ports::Store`] to bring a store of your own: the crate `store-testkit` holds the suite it has
//! to pass.

pub mod browser_mark;
pub mod error;
pub mod guessing;
pub mod identity;
pub mod limits;
pub mod one_time_code;
pub mod percent;
pub mod policy;
pub mod ports;
pub mod queued_message;
mod random_text;
pub mod recovery_code;
pub mod redirect;
pub mod sealed;
pub mod secret;
pub mod security_key;
pub mod services;
pub mod session;
#[cfg(feature = "testing")]
pub mod testing;
pub mod ticket;
pub mod totp;
pub mod user;

pub use chrono::{DateTime, Utc};
