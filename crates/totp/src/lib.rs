//! Time-based one-time passwords, and the QR codes that show their secrets to an app.
//!
//! * [`OathVerifier`] is the [`TotpVerifier`](auth_domain::ports::TotpVerifier), by the crate
//!   `oath`,
//! * [`PngQrRenderer`] is the [`QrRenderer`](auth_domain::ports::QrRenderer).
//!
//! They are a crate of their own because `oath` needs releases that were withdrawn: only a lock
//! file that names them resolves it. An embedder can do without.

mod qr;
mod verifier;

pub use qr::PngQrRenderer;
pub use verifier::OathVerifier;
