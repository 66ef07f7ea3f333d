//! Tickets: short-lived secrets that stand for one step of a flow.
//!
//! A ticket is sent to a user in a link, or to a client between two steps of a sign-in. Its prefix
//! names what it is good for, as Hasura Auth writes it (`verifyEmail:…`); behind it stands a random
//! UUID, 122 bits, because clients before `@nhost/nhost-js` 4 send no other ticket of a second
//! factor. Only its hash is stored.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use url::form_urlencoded;
use uuid::Uuid;

use crate::{redirect::RedirectUrl, secret::Secret, session::CodeChallenge, user::UserId};

/// What a ticket is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TicketPurpose {
    /// Proves that the user reads mail at the address given at sign-up.
    VerifyEmail,
    /// Signs in the reader of the mail.
    SignInLink,
    /// Proves that the user reads mail at the address that the account is to move to.
    ConfirmEmailChange,
    /// Lets the reader of the mail choose another password.
    ResetPassword,
    /// Bridges password and second factor.
    MfaTotp,
}

impl TicketPurpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [
        Self::VerifyEmail,
        Self::SignInLink,
        Self::ConfirmEmailChange,
        Self::ResetPassword,
        Self::MfaTotp,
    ];

    /// The prefix in front of the colon.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verifyEmail",
            Self::SignInLink => "passwordlessEmail",
            Self::ConfirmEmailChange => "emailConfirmChange",
            Self::ResetPassword => "passwordReset",
            Self::MfaTotp => "mfaTotp",
        }
    }

    /// The parameter `type` of a link with such a ticket, as Hasura Auth writes it.
    #[must_use]
    pub fn link_type(self) -> &'static str {
        match self {
            Self::VerifyEmail => "emailVerify",
            Self::SignInLink => "signinPasswordless",
            Self::ConfirmEmailChange => "emailConfirmChange",
            Self::ResetPassword => "passwordReset",
            Self::MfaTotp => "mfaTotp",
        }
    }

    /// How long such a ticket is accepted, as Hasura Auth has it.
    #[must_use]
    pub fn ttl(self) -> Duration {
        match self {
            Self::VerifyEmail => Duration::from_hours(30 * 24),
            Self::SignInLink | Self::ConfirmEmailChange | Self::ResetPassword => {
                Duration::from_hours(1)
            }
            Self::MfaTotp => Duration::from_mins(5),
        }
    }
}

/// A ticket as its holder sees it. `Debug` shows only the purpose.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    purpose: TicketPurpose,
    value: String,
}

/// The text does not begin with the prefix of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a ticket")]
pub struct InvalidTicketText;

impl Ticket {
    /// A new ticket.
    ///
    /// * `random` – from [`IdGenerator::uuid`](crate::ports::IdGenerator::uuid).
    #[must_use]
    pub fn new(purpose: TicketPurpose, random: Uuid) -> Self {
        let value = format!("{}:{}", purpose.prefix(), random.hyphenated());
        Self { purpose, value }
    }

    /// Reads a ticket that a client presents, in any known form: earlier versions made tickets of
    /// 48 hexadecimal digits. The store decides whether it is valid.
    ///
    /// # Errors
    ///
    /// [`InvalidTicketText`] unless `text` begins with a known prefix and a colon, and is no longer
    /// than 255 bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidTicketText> {
        let (prefix, rest) = text.split_once(':').ok_or(InvalidTicketText)?;
        let known = TicketPurpose::ALL
            .into_iter()
            .find(|it| it.prefix() == prefix);
        let purpose = known.ok_or(InvalidTicketText)?;
        if rest.is_empty() || text.len() > 255 || text.contains('\0') {
            return Err(InvalidTicketText);
        }
        Ok(Self {
            purpose,
            value: text.to_owned(),
        })
    }

    /// What it is good for.
    #[must_use]
    pub fn purpose(&self) -> TicketPurpose {
        self.purpose
    }

    /// The link that redeems the ticket at the server with this URL and then leads to
    /// `redirect_to`. Names are sorted and values form-encoded, as in Hasura Auth.
    #[must_use]
    pub fn link(&self, server_url: &str, redirect_to: &RedirectUrl) -> Secret {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("redirectTo", redirect_to.as_str())
            .append_pair("ticket", &self.value)
            .append_pair("type", self.purpose.link_type())
            .finish();
        Secret::new(format!("{server_url}/verify?{query}"))
    }

    /// The text that goes into a link or an answer.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.value
    }

    /// The form that is stored: SHA-256 of the text, in hexadecimal digits.
    #[must_use]
    pub fn hashed(&self) -> HashedTicket {
        HashedTicket(HEXLOWER.encode(&Sha256::digest(self.value.as_bytes())))
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({}:***)", self.purpose.prefix())
    }
}

/// The stored form of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HashedTicket(String);

impl HashedTicket {
    /// The stored text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A ticket about to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTicket {
    /// The only form of the ticket that is stored.
    pub hash: HashedTicket,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is good for.
    pub purpose: TicketPurpose,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The moment from which it is no longer accepted.
    pub expires_at: DateTime<Utc>,
    /// The challenge of the client that asked for it (PKCE).
    pub code_challenge: Option<CodeChallenge>,
}

/// What a ticket stood for.
#[derive(Debug, Clone, PartialEq)]
pub struct RedeemedTicket {
    /// Whose it was.
    pub user_id: UserId,
    /// See [`NewTicket::code_challenge`].
    pub code_challenge: Option<CodeChallenge>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redirect::RedirectPolicy;

    #[test]
    fn a_link_leads_to_this_server_with_sorted_and_encoded_parameters() {
        let redirects = RedirectPolicy::new("http://localhost:3000", &[]).unwrap();
        let ticket = Ticket::new(TicketPurpose::VerifyEmail, Uuid::nil());

        let link = ticket.link("https://auth.example.com/v1", &redirects.client_url());

        let zeros = Uuid::nil();
        let expected = format!(
            "https://auth.example.com/v1/verify?redirectTo=http%3A%2F%2Flocalhost%3A3000\
             &ticket=verifyEmail%3A{zeros}&type=emailVerify"
        );
        assert_eq!(link.expose(), expected);
    }

    #[test]
    fn every_ticket_is_read_back_with_its_purpose() {
        for purpose in TicketPurpose::ALL {
            let ticket = Ticket::new(purpose, Uuid::from_bytes([7; 16]));
            assert_eq!(Ticket::parse(ticket.expose()), Ok(ticket));
        }
    }

    #[test]
    fn a_ticket_is_a_prefix_and_a_uuid_as_clients_expect_it() {
        let id = "e106bc23-a6ae-43e2-b12b-40cea9395407";

        let ticket = Ticket::new(TicketPurpose::MfaTotp, id.parse().unwrap());

        assert_eq!(ticket.expose(), format!("mfaTotp:{id}"));
    }

    #[test]
    fn tickets_of_hasura_auth_and_of_earlier_versions_are_read_too() {
        for text in [
            "passwordReset:e106bc23-a6ae-43e2-b12b-40cea9395407",
            "passwordReset:0123456789abcdef0123456789abcdef0123456789abcdef",
        ] {
            let ticket = Ticket::parse(text).unwrap();

            assert_eq!(ticket.purpose(), TicketPurpose::ResetPassword);
            assert_eq!(ticket.expose(), text);
        }
    }

    #[test]
    fn other_texts_are_no_tickets() {
        let long = format!("verifyEmail:{}", "x".repeat(255));
        for text in [
            "",
            "verifyEmail",
            "verifyEmail:",
            "otp:123456",
            "123456",
            "VerifyEmail:x",
            &long,
        ] {
            assert_eq!(Ticket::parse(text), Err(InvalidTicketText), "{text:?}");
        }
    }
}
