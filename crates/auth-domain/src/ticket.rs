//! Tickets: short-lived secrets that stand for one step of a flow.
//!
//! A ticket is handed to a person in a link, or to a client between two steps of a sign-in. Its
//! prefix names what it is good for, as Hasura Auth writes it (`verifyEmail:<uuid>`).

use std::{fmt, time::Duration};

use uuid::Uuid;

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
