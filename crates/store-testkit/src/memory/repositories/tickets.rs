//! Tickets, one-time codes, exchange codes and ended flows.

use async_trait::async_trait;
use auth_domain::{
    DateTime, Utc,
    error::StoreError,
    flow_binding::EndedFlow,
    one_time_code::{CodeGuess, CodeVerdict, NewCode},
    ports::TicketRepository,
    session::{HashedExchangeCode, StoredExchangeCode},
    ticket::{NewTicket, RedeemedTicket, Ticket},
    user::UserId,
};

use super::super::unit_of_work::MemoryUnitOfWork;

#[async_trait]
impl TicketRepository for MemoryUnitOfWork {
    async fn insert(&mut self, ticket: &NewTicket) -> Result<(), StoreError> {
        self.attempt(|state| state.insert_ticket(ticket.clone()))
    }

    async fn find(
        &mut self,
        ticket: &Ticket,
        now: DateTime<Utc>,
    ) -> Result<Option<RedeemedTicket>, StoreError> {
        self.attempt(|state| Ok(state.find_ticket(ticket, now)))
    }

    async fn take(
        &mut self,
        ticket: &Ticket,
        now: DateTime<Utc>,
    ) -> Result<Option<RedeemedTicket>, StoreError> {
        self.attempt(|state| Ok(state.take_ticket(ticket, now)))
    }

    async fn forget_all_of(&mut self, user: UserId) -> Result<(), StoreError> {
        self.attempt(|state| {
            state.forget_tickets_of(user);
            Ok(())
        })
    }

    async fn forget_changes_of(
        &mut self,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        // Nothing expires here, so the time does not matter.
        let _ = now;
        self.attempt(|state| {
            state.forget_changes_of(user);
            Ok(())
        })
    }

    async fn put_code(&mut self, code: &NewCode) -> Result<(), StoreError> {
        self.attempt(|state| state.put_code(code.clone()))
    }

    async fn judge_code(&mut self, guess: &CodeGuess) -> Result<CodeVerdict, StoreError> {
        self.attempt(|state| Ok(state.judge_code(guess)))
    }

    async fn awaits_guess(&mut self, guess: &CodeGuess) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.awaits_guess(guess)))
    }

    async fn insert_exchange_code(&mut self, code: &StoredExchangeCode) -> Result<(), StoreError> {
        self.attempt(|state| state.insert_exchange_code(code.clone()))
    }

    async fn take_exchange_code(
        &mut self,
        hash: &HashedExchangeCode,
        now: DateTime<Utc>,
    ) -> Result<Option<StoredExchangeCode>, StoreError> {
        self.attempt(|state| Ok(state.take_exchange_code(hash, now)))
    }

    async fn end_flow(&mut self, flow: &EndedFlow) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.end_flow(flow)))
    }
}
