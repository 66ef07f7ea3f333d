//! Ports: one trait per thing the domain needs from outside, implemented by adapters.
//!
//! Ports that do I/O are `async_trait`s, so that they are passed as `Arc<dyn Port>` and no service
//! carries type parameters.

mod background;
mod bot_check;
mod breached_passwords;
mod clean_up;
mod clock;
mod counter;
mod custom_claims;
mod delay;
mod hasher;
mod identities;
mod mailer;
mod message_queue;
mod provider;
mod second_factors;
mod secret_cipher;
mod security_keys;
mod sessions;
mod signer;
mod sms;
mod store;
mod tickets;
mod totp;
mod users;

pub use background::{Background, BackgroundBusy, BackgroundWork};
pub use bot_check::{BotCheck, BotCheckError, PersonVerdict};
pub use breached_passwords::{BreachedPasswords, BreachedPasswordsError};
pub use clean_up::{ExpiredRows, Removal};
pub use clock::{Clock, IdGenerator};
pub use counter::{CounterError, SharedCounter};
pub use custom_claims::{CustomClaimSource, CustomClaimSourceError};
pub use delay::{Delay, Pause};
pub use hasher::{HasherError, PasswordHasher};
pub use identities::LinkedIdentityRepository;
pub use mailer::{Mail, MailKind, Mailer, MailerError};
pub use message_queue::{MessageQueue, MessageRepository};
pub use provider::{
    AuthorizationRequest, AuthorizationResponse, IdTokenError, IdTokenVerifier, Parameters,
    PkceAndNonce, Provider, ProviderError,
};
pub use second_factors::{SecondFactorRepository, StoredFactor};
pub use secret_cipher::{OpenedSecret, SecretCipher, SecretCipherError};
pub use security_keys::{CeremonyError, SecurityKeyRepository, WebAuthn};
pub use sessions::{
    EndedSessions, RefreshGate, RefreshRotation, RefreshTokenTrace, RotatedSession,
    SessionRepository,
};
pub use signer::{InvalidAccessToken, PublicKeys, SignerError, TokenSigner};
pub use sms::{CodeDelivery, PhoneVerifier, SmsError, SmsSender, TextMessage};
pub use store::{Store, UnitOfWork};
pub use tickets::TicketRepository;
pub use totp::{PngImage, QrError, QrRenderer, TotpVerifier};
pub use users::{
    Contact, Deanonymization, NumberClaimant, RoleRepository, StagedProfile, UserLookup,
    UserRepository,
};
