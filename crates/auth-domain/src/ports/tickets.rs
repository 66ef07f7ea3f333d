//! Tickets, one-time codes, exchange codes and ended flows in the store.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    error::StoreError,
    flow_binding::EndedFlow,
    one_time_code::{CodeGuess, CodeVerdict, NewCode},
    session::{HashedExchangeCode, StoredExchangeCode},
    ticket::{NewTicket, RedeemedTicket, Ticket},
    user::UserId,
};

/// Short-lived secrets of flows, within a unit of work. Only hashes ever reach a store.
#[async_trait]
pub trait TicketRepository: Send {
    /// Stores a ticket. Earlier ones of the same user and purpose stay good: a mail that is sent
    /// again must not invalidate the link that is on its way.
    async fn insert(&mut self, ticket: &NewTicket) -> Result<(), StoreError>;

    /// What [`take`](Self::take) would return. The ticket stays, to be taken in the unit of work
    /// that does what it is for.
    async fn find(
        &mut self,
        ticket: &Ticket,
        now: DateTime<Utc>,
    ) -> Result<Option<RedeemedTicket>, StoreError>;

    /// Takes a ticket out (replay), with all others of its user and purpose and the code in their
    /// place.
    ///
    /// `None`: it is unknown, spent, or `expires_at <= now`. Of any number of concurrent calls with
    /// one ticket at most one gets `Some`. A ticket that Hasura Auth left in `auth.users.ticket` is
    /// as good as any other until it expires.
    async fn take(
        &mut self,
        ticket: &Ticket,
        now: DateTime<Utc>,
    ) -> Result<Option<RedeemedTicket>, StoreError>;

    /// Deletes all tickets, one-time codes and exchange codes of a user, whatever their purpose,
    /// pending second factors too. Wrong guesses stay counted.
    async fn forget_all_of(&mut self, user: UserId) -> Result<(), StoreError>;

    /// Deletes the tickets and codes by which an account would move to another address or number.
    async fn forget_changes_of(
        &mut self,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Stores a one-time code in place of any earlier one of the same user and purpose. Wrong
    /// guesses made so far stay counted.
    async fn put_code(&mut self, code: &NewCode) -> Result<(), StoreError>;

    /// Compares a guess, and counts it if it is wrong and a code was open, by what
    /// [`GuessLimits::tally`](crate::guessing::GuessLimits::tally) says.
    ///
    /// Of any number of concurrent right guesses at one code at most one is accepted, and of
    /// concurrent wrong ones each is counted. A user who does not exist has no code. A right guess
    /// at a code in place of a ticket takes all tickets of that purpose out.
    async fn judge_code(&mut self, guess: &CodeGuess) -> Result<CodeVerdict, StoreError>;

    /// Whether a guess would be compared with a code: one is open, and there were not too many
    /// wrong guesses. Changes nothing.
    async fn awaits_guess(&mut self, guess: &CodeGuess) -> Result<bool, StoreError>;

    /// Stores an exchange code.
    async fn insert_exchange_code(&mut self, code: &StoredExchangeCode) -> Result<(), StoreError>;

    /// Takes an exchange code out (replay). `None`: it is unknown, spent, or `expires_at <= now`.
    /// Of any number of concurrent calls with one code at most one gets `Some`.
    async fn take_exchange_code(
        &mut self,
        hash: &HashedExchangeCode,
        now: DateTime<Utc>,
    ) -> Result<Option<StoredExchangeCode>, StoreError>;

    /// Notes that a flow has ended (replay). `false`: it had before. Of any number of concurrent
    /// calls for one flow at most one gets `true`.
    async fn end_flow(&mut self, flow: &EndedFlow) -> Result<bool, StoreError>;
}
