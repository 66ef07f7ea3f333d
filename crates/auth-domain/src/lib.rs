//! Users, sessions and the rules of signing up and in.
//!
//! This crate is the core of Hasura Auth and knows no framework: no HTTP, no SQL, no runtime. It
//! consists of
//!
//! * **entities and value types** ([`user`], [`session`], [`identity`], [`ticket`], [`totp`],
//!   [`security_key`], [`redirect`], [`queued_message`]), which cannot hold a value their rules forbid;
//! * **ports** ([`ports`]), the traits an installation implements: [`ports::Store`] with its
//!   repositories, [`ports::Mailer`], [`ports::Provider`], [`ports::PasswordHasher`],
//!   [`ports::TokenSigner`], [`ports::TotpVerifier`], [`ports::QrRenderer`], [`ports::SecretCipher`],
//!   [`ports::WebAuthn`],
//!   [`ports::Clock`] and [`ports::IdGenerator`];
//! * **services** ([`services`]), one per use case, built from ports and an
//!   [`policy::AuthPolicy`]. Both generations of the HTTP API call the same services;
//! * **the machine** ([`system`]): its clock and its randomness, behind the same ports.
//!
//! # A whole installation
//!
//! Five ports and a secret are all it cannot do without. Optional ports and the switches of the policy
//! have safe defaults, and are set on the [`Dependencies`](services::Dependencies) before it is opened.
//!
//! ```
//! # use std::sync::Arc;
//! use auth_domain::{
//!     policy::{AuthPolicy, PolicyKeys},
//!     redirect::RedirectPolicy,
//!     services::{
//!         EmailPasswordSignUp, Dependencies, Ports, Services, SignUpOptions, SignedUp,
//!     },
//!     user::{EmailAddress, PlainPassword},
//! };
//!
//! async fn open(ports: Ports, secret: &[u8]) -> Result<Services, Box<dyn std::error::Error>> {
//!     let keys = PolicyKeys::derive(secret);
//!     let redirects = RedirectPolicy::new("https://app.example.com", &[])?;
//!     let policy = AuthPolicy::new(keys, "https://auth.example.com", redirects);
//!     let mut installation = Dependencies::new(ports, policy);
//!     installation.policy.passwords.min_bytes = 15;
//!     Ok(installation.open().await?)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use auth_domain::testing::{PlainCipher, PlainHasher, PlainSigner, RecordingMailer};
//! # let ports = Ports {
//! #     store: Arc::new(store_testkit::MemoryStore::new()),
//! #     hasher: Arc::new(PlainHasher::default()),
//! #     signer: Arc::new(PlainSigner),
//! #     mailer: Arc::new(RecordingMailer::default()),
//! #     secrets: Arc::new(PlainCipher),
//! # };
//! # let secret = b"a secret of 32 random bytes, once";
//! let services = open(ports, secret).await?;
//! let wish = EmailPasswordSignUp {
//!     email: EmailAddress::parse("ada@example.com")?,
//!     password: PlainPassword::new("correct horse battery"),
//!     options: SignUpOptions::default(),
//!     code_challenge: None,
//! };
//! let signed_up = services.sign_up().with_email_password(wish).await?;
//! assert_eq!(signed_up, SignedUp::VerificationPending);
//! # Ok(())
//! # }
//! ```
//!
//! `examples/embed` is a complete program, with the SQLite store, the cryptography of `auth-crypto` and
//! a mailer of its own.
//!
//! //! Start at [`services::SignUpService`] to see what a use case looks like, and at
//! [`ports::Store`] to bring a store of your own: the crate `store-testkit` holds the suite it has
//! to pass.

mod code_key;
pub mod error;
pub mod flow_binding;
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
pub mod system;
#[cfg(feature = "testing")]
pub mod testing;
pub mod ticket;
pub mod totp;
pub mod user;

pub use chrono::{DateTime, Utc};
