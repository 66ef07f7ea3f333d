//! Web Authentication behind [`WebAuthn`](auth_domain::ports::WebAuthn), by the crate
//! `webauthn-rs-core`.
//!
//! Of that crate nothing but the judging is used. Challenges and options are the domain's, because
//! its builders cannot ask for what Hasura Auth asks for; and of a key no more is kept than the
//! columns of Hasura Auth hold, so that keys it stored go on working.
//!
//! * **Algorithms**: keys of ES256, ES384 and RS256 (2048 bits) are verified. A new key of another
//!   algorithm is refused, as is one that Hasura Auth stored.
//! * **Attestation**: a statement has to be sound in itself, and nobody asks whose it is. Those of
//!   the retired Android `SafetyNet` are not understood, and so refused.
//! * **Flags**: a person has to be present. User verification and backup are taken as they come.

mod public_key;
mod verifier;

pub use verifier::{CoreWebAuthn, NoUrl};
