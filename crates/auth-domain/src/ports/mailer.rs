//! Sending mail.

use async_trait::async_trait;

use crate::{
    error::Cause,
    redirect::RedirectUrl,
    secret::Secret,
    user::{EmailAddress, Locale},
};

/// What a mail is about. Wording, layout, language fallback and MIME belong to the mailer.
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
    /// Proves by a code to type that the reader is still there.
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

/// A mail to one person: what it is about, and the data of its template.
#[derive(Debug, Clone, PartialEq)]
pub struct Mail {
    /// What it is about.
    pub kind: MailKind,
    /// Whom to write to.
    pub to: EmailAddress,
    /// In which language.
    pub locale: Locale,
    /// How to address them.
    pub display_name: String,
    /// The address of the account; differs from `to` while it is being changed.
    pub email: EmailAddress,
    /// The address the account is to have.
    pub new_email: Option<EmailAddress>,
    /// The ticket of the link, or the code to type.
    pub ticket: Secret,
    /// A code that works in place of the link, where the installation wants one.
    pub code: Option<Secret>,
    /// The link to follow; none where a code has to be typed.
    pub link: Option<Secret>,
    /// Where the link leads in the end.
    pub redirect_to: RedirectUrl,
}

/// Hands mail to a transport.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands `mail` over. Success means accepted for delivery, not delivered.
    ///
    /// Must come to an end by itself: somebody waits for the answer.
    async fn send(&self, mail: Mail) -> Result<(), MailerError>;
}

/// The transport did not accept a mail. Holds nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// The same mail may be accepted later: the transport is away, slow or busy (a transient negative
    /// completion, RFC 5321 §4.2.1).
    #[error("the mail could not be handed over for now")]
    Temporary(#[source] Cause),
    /// The same mail would be refused again (a permanent negative completion).
    #[error("the mail could not be handed over")]
    Permanent(#[source] Cause),
}
