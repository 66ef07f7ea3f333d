//! Users, sessions and the rules of signing up and in.
//!
//! This crate is the core of Hasura Auth and knows no framework: no HTTP, no SQL, no runtime. It
//! consists of
//!
//! * **entities and value types** ([`user`], [`session`], [`identity`], [`ticket`], [`one_time_code`],
//!   [`totp`], [`recovery_code`], [`security_key`], [`redirect`], [`queued_message`]), which cannot hold
//!   a value that their rules forbid;
//! * **ports** ([`ports`]), the traits that adapters implement, [listed below](#ports);
//! * **services** ([`services`]), the use cases, built from [`services::Dependencies`]: the ports and an
//!   [`policy::AuthPolicy`]. Both generations of the HTTP API call the same services. Each fails with a
//!   [`services::Error`]: a [refusal](services::Refusal) of its own, or a [failure](services::Failure) of
//!   an adapter;
//! * **limits** ([`limits`], [`guessing`]): how often something may happen, and how many wrong codes are
//!   compared;
//! * **the machine** ([`system`]): its clock and its random numbers, behind the same ports.
//!
//! # Ports
//!
//! A minimal installation brings five ports. The others are `None`, or have a safe default, until they
//! are set on the [`Dependencies`](services::Dependencies).
//!
//! | Port | For | Minimal installation |
//! |---|---|---|
//! | [`Store`](ports::Store), which is a [`MessageQueue`](ports::MessageQueue) | users, sessions and queued messages in the database | needed |
//! | [`PasswordHasher`](ports::PasswordHasher) | hashing and verifying passwords | needed |
//! | [`TokenSigner`](ports::TokenSigner) | signing and verifying access tokens, and the public keys | needed |
//! | [`Mailer`](ports::Mailer) | sending mail | needed |
//! | [`SecretCipher`](ports::SecretCipher) | encrypting what has to be read back: TOTP secrets, queued messages, flows at providers | needed |
//! | [`Clock`](ports::Clock) | the time | default: [`SystemClock`](system::SystemClock) |
//! | [`IdGenerator`](ports::IdGenerator) | random ids and tokens | default: [`RandomIds`](system::RandomIds) |
//! | [`SharedCounter`](ports::SharedCounter) | rate limits that several servers count together | default: each server counts in its memory |
//! | [`BreachedPasswords`](ports::BreachedPasswords) | refusing passwords known from data breaches | optional: any password may be chosen |
//! | [`CustomClaimSource`](ports::CustomClaimSource) | custom claims of access tokens | optional: the standard claims alone |
//! | [`Background`](ports::Background), [`Delay`](ports::Delay) | protection against user enumeration: work after the answer, and answers after a fixed time | optional: answers and their times may tell whether an account exists |
//! | [`SmsSender`](ports::SmsSender) or [`PhoneVerifier`](ports::PhoneVerifier) | text messages with our codes, or codes of a verification service | optional: no sign-in by text message |
//! | [`TotpVerifier`](ports::TotpVerifier), [`QrRenderer`](ports::QrRenderer) | authenticator apps as a second factor | optional: no second factor |
//! | [`WebAuthn`](ports::WebAuthn) | verifying what security keys and passkeys sign | optional: no security keys |
//! | [`Provider`](ports::Provider) | sign-in by a redirect to an identity provider | optional: none |
//! | [`IdTokenVerifier`](ports::IdTokenVerifier) | sign-in with an ID token that an app brings | optional: none |
//! | [`BotCheck`](ports::BotCheck) | telling people from programs; asked by the HTTP API, not by a service | optional: no check |
//!
//! A store also implements the repositories of a [`UnitOfWork`](ports::UnitOfWork), one transaction:
//! [`UserRepository`](ports::UserRepository), [`RoleRepository`](ports::RoleRepository),
//! [`SessionRepository`](ports::SessionRepository), [`TicketRepository`](ports::TicketRepository),
//! [`MessageRepository`](ports::MessageRepository),
//! [`SecondFactorRepository`](ports::SecondFactorRepository),
//! [`SecurityKeyRepository`](ports::SecurityKeyRepository) and
//! [`LinkedIdentityRepository`](ports::LinkedIdentityRepository). The crate `store-testkit` holds the
//! suite that a store has to pass.
//!
//! # A whole server
//!
//! Five ports and a secret are all that [`Dependencies::new`](services::Dependencies::new) asks for.
//! Optional ports and the switches of the policy are public fields, set before it is opened.
//!
//! ```
//! # use std::sync::Arc;
//! use auth_domain::{
//!     policy::{AuthPolicy, PolicyKeys},
//!     redirect::RedirectPolicy,
//!     services::{
//!         Dependencies, EmailPasswordSignUp, Ports, Services, SignUpOptions, SignedUp,
//!     },
//!     user::{EmailAddress, PlainPassword},
//! };
//!
//! async fn open(ports: Ports, secret: &[u8]) -> Result<Services, Box<dyn std::error::Error>> {
//!     let keys = PolicyKeys::derive(secret);
//!     let redirects = RedirectPolicy::new("https://app.example.com", &[])?;
//!     let policy = AuthPolicy::new(keys, "https://auth.example.com", redirects);
//!     let mut dependencies = Dependencies::new(ports, policy);
//!     dependencies.policy.passwords.min_bytes = 15;
//!     Ok(dependencies.open().await?)
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
//! let request = EmailPasswordSignUp {
//!     email: EmailAddress::parse("ada@example.com")?,
//!     password: PlainPassword::new("correct horse battery"),
//!     options: SignUpOptions::default(),
//!     code_challenge: None,
//! };
//! let signed_up = services.sign_up().with_email_password(request).await?;
//! assert_eq!(signed_up, SignedUp::VerificationPending);
//! # Ok(())
//! # }
//! ```
//!
//! `examples/embed` is a complete program, with the SQLite store, the cryptography of `auth-crypto` and
//! a mailer of its own.
//!
//! [`services::SignUpService`] shows what a use case looks like; [`ports::Store`] says what a store of
//! your own has to promise.

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
