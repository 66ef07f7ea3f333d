//! The arithmetic of one-time passwords, and pictures of their secrets.

use data_encoding::BASE64;

use crate::{
    error::Cause,
    secret::Secret,
    totp::{TimeStep, TotpCode, TotpSecret},
};

/// Computes one-time passwords.
pub trait TotpVerifier: Send + Sync {
    /// Whether `code` is that of `step`, by RFC 6238 with SHA-1 and six digits. Compares in
    /// constant time.
    fn fits(&self, code: &TotpCode, secret: &TotpSecret, step: TimeStep) -> bool;
}

/// Draws QR codes.
pub trait QrRenderer: Send + Sync {
    /// A QR code of `text`, with the quiet zone that scanners need around it.
    ///
    /// # Errors
    ///
    /// [`QrError`] when the text is too long for a QR code.
    fn render(&self, text: &Secret) -> Result<PngImage, QrError>;
}

/// A picture, as PNG. It may show a secret, so it has no `Debug` form.
#[derive(Clone, PartialEq, Eq)]
pub struct PngImage(pub Vec<u8>);

impl PngImage {
    /// The picture as a URL that holds it whole (RFC 2397).
    #[must_use]
    pub fn data_url(&self) -> Secret {
        Secret::new(format!("data:image/png;base64,{}", BASE64.encode(&self.0)))
    }
}

/// A QR code was not drawn.
#[derive(Debug, thiserror::Error)]
#[error("a QR code cannot be drawn")]
pub struct QrError(#[source] pub Cause);
