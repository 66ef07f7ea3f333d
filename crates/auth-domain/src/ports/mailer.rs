//! Sending mail.

use async_trait::async_trait;

use crate::{
    error::Cause,
    redirect::RedirectUrl,
    secret::Secret,
    user::{EmailAddress, Locale},
};

/// What a mail is about. Rendering, layout, language fallback and MIME belong to the mailer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// Asks for proof that the reader has the address of a new account.
    VerifyEmail,
    /// Asks the reader of a new address to confirm that an account moves to it.
    ConfirmEmailChange,
    /// Signs the reader in by a link.
    SignInLink,
    /// Signs the reader in by a code to type.
    SignInCode,
    /// Lets the reader choose another password.
    ResetPassword,
    /// Elevates by a code to type.
    ElevationCode,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::VerifyEmail,
        Self::ConfirmEmailChange,
        Self::SignInLink,
        Self::SignInCode,
        Self::ResetPassword,
        Self::ElevationCode,
    ];

    /// The name of its template, as Hasura Auth has it: a folder's name, or an alias at a mail
    /// service.
    #[must_use]
    pub fn template(self) -> &'static str {
        match self {
            Self::VerifyEmail => "email-verify",
            Self::ConfirmEmailChange => "email-confirm-change",
            Self::SignInLink => "signin-passwordless",
            Self::SignInCode => "signin-otp",
            Self::ResetPassword => "password-reset",
            Self::ElevationCode => "elevate-otp",
        }
    }

    /// The kind whose template has this name.
    #[must_use]
    pub fn of_template(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.template() == name)
    }
}

/// A mail to one user: what it is about, and the data of its template.
#[derive(Debug, Clone, PartialEq)]
pub struct Mail {
    /// What it is about.
    pub kind: MailKind,
    /// The recipient.
    pub to: EmailAddress,
    /// Its language.
    pub locale: Locale,
    /// The name to address the user by.
    pub display_name: String,
    /// The address of the account; differs from `to` while it is being changed.
    pub email: EmailAddress,
    /// The address the account is to have.
    pub new_email: Option<EmailAddress>,
    /// The ticket of the link, or the code to type.
    pub ticket: Secret,
    /// A code that works in place of the link, if the policy asks for one.
    pub code: Option<Secret>,
    /// The link to follow; none where a code has to be typed.
    pub link: Option<Secret>,
    /// Where the link leads in the end.
    pub redirect_to: RedirectUrl,
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends `mail`. Success means accepted for delivery, not delivered.
    ///
    /// Must end by itself: a request waits for it.
    async fn send(&self, mail: Mail) -> Result<(), MailerError>;
}

/// The transport did not accept a mail. The error holds nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// A retry may succeed: the transport is away, slow or busy (a transient negative completion,
    /// RFC 5321 §4.2.1).
    #[error("the mail could not be sent for now")]
    Temporary(#[source] Cause),
    /// A retry would be refused as well (a permanent negative completion).
    #[error("the mail could not be sent")]
    Permanent(#[source] Cause),
}
