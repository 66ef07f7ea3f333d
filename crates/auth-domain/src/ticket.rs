//! Tickets: short-lived secrets that stand for one step of a flow.
//!
//! A ticket is handed to a person in a link, or to a client between two steps of a sign-in. Its
//! prefix names what it is good for, as Hasura Auth writes it (`verifyEmail:<uuid>`).

use std::{fmt, time::Duration};

use url::form_urlencoded;
use uuid::Uuid;

use crate::{redirect::RedirectUrl, secret::Secret};

/// What a ticket is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketPurpose {
    /// Proves that an address given at sign-up can be read.
    VerifyEmail,
    /// Bridges password and second factor.
    MfaTotp,
}

impl TicketPurpose {
    /// The prefix in front of the colon.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verifyEmail",
            Self::MfaTotp => "mfaTotp",
        }
    }

    /// The parameter `type` of a link with such a ticket, as Hasura Auth writes it.
    #[must_use]
    pub fn link_type(self) -> &'static str {
        match self {
            Self::VerifyEmail => "emailVerify",
            Self::MfaTotp => "mfaTotp",
        }
    }

    /// How long such a ticket is accepted, as Hasura Auth has it.
    #[must_use]
    pub fn ttl(self) -> Duration {
        match self {
            Self::VerifyEmail => Duration::from_hours(30 * 24),
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

impl Ticket {
    /// A new ticket from 122 random bits.
    #[must_use]
    pub fn new(purpose: TicketPurpose, random: Uuid) -> Self {
        let value = format!("{}:{}", purpose.prefix(), random.hyphenated());
        Self { purpose, value }
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
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({}:***)", self.purpose.prefix())
    }
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

        assert_eq!(
            link.expose(),
            "https://auth.example.com/v1/verify?redirectTo=http%3A%2F%2Flocalhost%3A3000\
             &ticket=verifyEmail%3A00000000-0000-0000-0000-000000000000&type=emailVerify"
        );
    }
}
