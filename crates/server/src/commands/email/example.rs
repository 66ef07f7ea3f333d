//! An example of a mail, with a link and a code that are never valid.

use auth_domain::{
    ports::{Mail, MailKind},
    secret::Secret,
    ticket::{Ticket, TicketPurpose},
    user::{EmailAddress, Locale},
};
use uuid::Uuid;

use crate::config::Config;

/// Never valid: real codes are digits.
const CODE: &str = "EXAMPLE";

/// The text of a ticket that is never valid: real ones are random.
const NOTHING: Uuid = Uuid::nil();

/// An example of a mail of this kind to `to`, in the default language if in no other.
pub(super) fn mail(
    config: &Config,
    kind: MailKind,
    locale: Option<Locale>,
    to: EmailAddress,
) -> Mail {
    let redirect_to = config.redirects.client_url();
    let ticket = purpose(kind).map(|purpose| Ticket::new(purpose, NOTHING));
    Mail {
        kind,
        locale: locale.unwrap_or_else(|| config.accounts.default_locale.clone()),
        display_name: "Ada Example".to_owned(),
        email: to.clone(),
        new_email: (kind == MailKind::ConfirmEmailChange).then(|| to.clone()),
        to,
        code: None,
        ticket: Secret::new(ticket.as_ref().map_or(CODE, Ticket::expose)),
        link: ticket.map(|it| it.link(&config.server.url, &redirect_to)),
        redirect_to,
    }
}

/// The purpose of the ticket in such a mail; `None` where the mail has a code.
fn purpose(kind: MailKind) -> Option<TicketPurpose> {
    match kind {
        MailKind::VerifyEmail => Some(TicketPurpose::VerifyEmail),
        MailKind::ConfirmEmailChange => Some(TicketPurpose::ConfirmEmailChange),
        MailKind::SignInLink => Some(TicketPurpose::SignInLink),
        MailKind::ResetPassword => Some(TicketPurpose::ResetPassword),
        MailKind::SignInCode | MailKind::ElevationCode => None,
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::one_time_code::OneTimeCode;

    use super::*;
    use crate::config::tests::config_of;

    fn example(kind: MailKind) -> Mail {
        let config = config_of(&[
            ("AUTH_SERVER_URL", "https://auth.example.com"),
            ("AUTH_LOCALE_DEFAULT", "fr"),
        ]);
        let to = EmailAddress::parse("ada@example.com").unwrap();
        mail(&config, kind, None, to)
    }

    #[test]
    fn a_link_looks_like_a_real_one_and_has_a_ticket_of_zeros() {
        let mail = example(MailKind::ResetPassword);

        let link = mail.link.unwrap();
        let link = link.expose();
        assert!(
            link.starts_with("https://auth.example.com/verify?redirectTo="),
            "{link}"
        );
        assert!(link.ends_with("000000&type=passwordReset"), "{link}");
        assert!(mail.ticket.expose().starts_with("passwordReset:0000"));
    }

    #[test]
    fn a_code_is_one_that_nobody_can_sign_in_with() {
        for kind in [MailKind::SignInCode, MailKind::ElevationCode] {
            let mail = example(kind);

            assert_eq!(mail.link, None);
            assert!(OneTimeCode::parse(mail.ticket.expose()).is_err());
        }
    }

    #[test]
    fn only_a_change_of_address_has_a_new_one() {
        for kind in MailKind::ALL {
            let has_one = example(kind).new_email.is_some();
            assert_eq!(has_one, kind == MailKind::ConfirmEmailChange, "{kind:?}");
        }
    }

    #[test]
    fn its_language_is_the_default_one() {
        assert_eq!(example(MailKind::SignInLink).locale.as_str(), "fr");
    }
}
