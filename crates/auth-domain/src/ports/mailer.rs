//! Sending mail.

use async_trait::async_trait;

use crate::{
    error::Cause,
    redirect::RedirectUrl,
    ticket::Ticket,
    user::{EmailAddress, Locale},
};

/// Something that happened and that a person is told of by mail.
///
/// Wording, layout, language fallback and MIME belong to the mailer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Mail {
    /// Asks a new user to prove that they read mail at their address.
    VerifyEmail(VerifyEmail),
}

/// The data of [`Mail::VerifyEmail`].
#[derive(Debug, Clone, PartialEq)]
pub struct VerifyEmail {
    /// Whom to write to.
    pub to: EmailAddress,
    /// How to address them.
    pub display_name: String,
    /// In which language.
    pub locale: Locale,
    /// What the link has to carry.
    pub ticket: Ticket,
    /// Where the link leads in the end.
    pub redirect_to: RedirectUrl,
}

/// Hands mail to a transport.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands `mail` over. Success means accepted for delivery, not delivered.
    async fn send(&self, mail: Mail) -> Result<(), MailerError>;
}

/// The transport did not accept a mail.
#[derive(Debug, thiserror::Error)]
#[error("the mail could not be handed over")]
pub struct MailerError(#[source] pub Cause);
