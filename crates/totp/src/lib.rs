//! Time-based one-time passwords, and the QR codes that hand their secrets to an app.
//!
//! * [`OathVerifier`] is the [`TotpVerifier`](auth_domain::ports::TotpVerifier), by the crate
//!   `oath`,
//! * [`PngQrRenderer`] is the [`QrRenderer`](auth_domain::ports::QrRenderer).
//!
//! They live in a crate of their own because `oath` needs releases that were withdrawn: only a lock
//! file that names them resolves it. Whoever embeds the domain does without.

mod qr;
mod verifier;

pub use qr::PngQrRenderer;
pub use verifier::OathVerifier;
