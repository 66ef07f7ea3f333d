//! The templates inside the binary: `templates/` of this crate.

use auth_domain::ports::MailKind;

use crate::MailSources;

/// All templates of a language.
pub(crate) struct BuiltIn {
    pub(crate) locale: &'static str,
    pub(crate) mails: [(MailKind, MailSources<'static>); 6],
    /// The text message with a code.
    pub(crate) sms: &'static str,
}

macro_rules! file {
    ($locale:literal, $name:literal, $file:literal) => {
        include_str!(concat!("../templates/", $locale, "/", $name, "/", $file))
    };
}

macro_rules! mail {
    ($locale:literal, $kind:ident, $name:literal) => {
        (
            MailKind::$kind,
            MailSources {
                subject: file!($locale, $name, "subject.txt"),
                html: file!($locale, $name, "body.html"),
                text: Some(file!($locale, $name, "body.txt")),
            },
        )
    };
}

macro_rules! language {
    ($locale:literal) => {
        BuiltIn {
            locale: $locale,
            mails: [
                mail!($locale, VerifyEmail, "email-verify"),
                mail!($locale, ConfirmEmailChange, "email-confirm-change"),
                mail!($locale, SignInLink, "signin-passwordless"),
                mail!($locale, SignInCode, "signin-otp"),
                mail!($locale, ResetPassword, "password-reset"),
                mail!($locale, ElevationCode, "elevate-otp"),
            ],
            sms: file!($locale, "signin-passwordless-sms", "body.txt"),
        }
    };
}

/// Every language.
pub(crate) const LANGUAGES: [BuiltIn; 6] = [
    language!("bg"),
    language!("cs"),
    language!("de"),
    language!("en"),
    language!("es"),
    language!("fr"),
];
