//! Web Authentication behind [`WebAuthn`](auth_domain::ports::WebAuthn), by the crate
//! `webauthn-rs-core`.
//!
//! Of that crate only the verification is used. Challenges and options are the domain's, because
//! its builders cannot ask for what Hasura Auth asks for; and of a key only what the columns of
//! Hasura Auth hold is stored, so that keys it stored go on working.
//!
//! * **Algorithms**: keys of ES256, ES384 and RS256 (2048 bits) are verified. A new key of another
//!   algorithm is refused, as is one that Hasura Auth stored.
//! * **Attestation**: a statement has to be valid in itself, and its issuer is not checked. Those
//!   of the retired Android `SafetyNet` are not understood, and so refused.
//! * **Flags**: user presence is required. User verification and backup are accepted as they are.

mod public_key;
mod verifier;

pub use verifier::{CoreWebAuthn, NoUrl};
