//! The short-lived secrets that a [`MemoryStore`](super::MemoryStore) holds.

use std::collections::HashMap;

use auth_domain::{
    DateTime, Utc,
    flow_binding::{EndedFlow, HashedFlowBindingCookie},
    guessing::Tally,
    one_time_code::{CodeGuess, CodePurpose, CodeVerdict, GuessKind, NewCode},
    session::{HashedExchangeCode, StoredExchangeCode},
    ticket::{HashedTicket, NewTicket, RedeemedTicket, Ticket, TicketPurpose},
    user::UserId,
};

use super::{expiry::remove, guesses::Guesses};

/// Tickets, codes, ended flows, and the times of wrong guesses. The caller checks that their users
/// exist.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrets {
    tickets: HashMap<HashedTicket, NewTicket>,
    codes: HashMap<(UserId, CodePurpose), NewCode>,
    wrong_guesses: HashMap<(UserId, GuessKind), Guesses>,
    exchange_codes: HashMap<HashedExchangeCode, StoredExchangeCode>,
    ended_flows: HashMap<HashedFlowBindingCookie, DateTime<Utc>>,
}

impl Secrets {
    pub(super) fn has(&self, hash: &HashedTicket) -> bool {
        self.tickets.contains_key(hash)
    }

    pub(super) fn has_code(&self, user: UserId, purpose: CodePurpose) -> bool {
        self.codes.contains_key(&(user, purpose))
    }

    /// The tickets of a user, oldest first.
    pub(super) fn of(&self, user: UserId) -> Vec<NewTicket> {
        let mut tickets: Vec<_> = (self.tickets.values())
            .filter(|ticket| ticket.user_id == user)
            .cloned()
            .collect();
        tickets.sort_by_key(|ticket| ticket.created_at);
        tickets
    }

    pub(super) fn insert(&mut self, ticket: NewTicket) {
        self.tickets.insert(ticket.hash.clone(), ticket);
    }

    pub(super) fn find(&self, ticket: &Ticket, now: DateTime<Utc>) -> Option<RedeemedTicket> {
        let found = self.tickets.get(&ticket.hashed())?;
        (now < found.expires_at).then(|| RedeemedTicket {
            user_id: found.user_id,
            code_challenge: found.code_challenge.clone(),
        })
    }

    pub(super) fn take(&mut self, ticket: &Ticket, now: DateTime<Utc>) -> Option<RedeemedTicket> {
        let taken = self.find(ticket, now)?;
        self.forget(taken.user_id, ticket.purpose());
        Some(taken)
    }

    /// Deletes the tickets of one purpose, and the code in their place.
    fn forget(&mut self, user: UserId, purpose: TicketPurpose) {
        self.tickets
            .retain(|_, it| it.user_id != user || it.purpose != purpose);
        self.codes.remove(&(user, CodePurpose::InPlaceOf(purpose)));
    }

    pub(super) fn forget_changes_of(&mut self, user: UserId) {
        self.forget(user, TicketPurpose::ConfirmEmailChange);
        self.codes.remove(&(user, CodePurpose::PhoneChange));
    }

    pub(super) fn forget_all_of(&mut self, user: UserId) {
        self.tickets.retain(|_, ticket| ticket.user_id != user);
        self.codes.retain(|(owner, _), _| *owner != user);
        self.exchange_codes.retain(|_, code| code.user_id != user);
    }

    pub(super) fn put_code(&mut self, code: NewCode) {
        self.codes.insert((code.user_id, code.purpose), code);
    }

    pub(super) fn code_expires_at(
        &self,
        user: UserId,
        purpose: CodePurpose,
    ) -> Option<DateTime<Utc>> {
        Some(self.codes.get(&(user, purpose))?.expires_at)
    }

    pub(super) fn judge_code(&mut self, guess: &CodeGuess, is_known_place: bool) -> CodeVerdict {
        let Some(tally) = self.tally(guess, is_known_place) else {
            return CodeVerdict::TooManyWrong;
        };
        let Some(code) = self.open_code(guess) else {
            return CodeVerdict::Wrong;
        };
        if code.hash != guess.hash {
            let wrong = self.wrong_guesses.entry(counted(guess)).or_default();
            wrong.note(&guess.limits, tally);
            return CodeVerdict::Wrong;
        }
        self.burn(guess);
        if guess.purpose.guess_kind().is_of_owner() {
            self.wrong_guesses.remove(&counted(guess));
        }
        if let CodePurpose::InPlaceOf(ticket) = guess.purpose {
            self.forget(guess.user_id, ticket);
        }
        CodeVerdict::Accepted
    }

    pub(super) fn awaits_guess(&self, guess: &CodeGuess, is_known_place: bool) -> bool {
        self.tally(guess, is_known_place).is_some() && self.open_code(guess).is_some()
    }

    fn tally(&self, guess: &CodeGuess, is_known_place: bool) -> Option<Tally> {
        let none = Guesses::default();
        let so_far = self.wrong_guesses.get(&counted(guess)).unwrap_or(&none);
        let so_far = so_far.count(&guess.limits, is_known_place);
        guess.limits.tally(&so_far)
    }

    fn open_code(&self, guess: &CodeGuess) -> Option<&NewCode> {
        let code = self.codes.get(&(guess.user_id, guess.purpose))?;
        (guess.limits.now < code.expires_at).then_some(code)
    }

    fn burn(&mut self, guess: &CodeGuess) {
        self.codes.remove(&(guess.user_id, guess.purpose));
    }

    /// The times of wrong guesses, a list for each user and kind.
    pub(super) fn wrong_guesses(&mut self) -> impl Iterator<Item = &mut Guesses> {
        self.wrong_guesses.values_mut()
    }

    /// Removes tickets, the oldest first; returns how many.
    pub(super) fn remove_tickets(&mut self, before: DateTime<Utc>, limit: usize) -> usize {
        remove(&mut self.tickets, |it| it.expires_at, before, limit)
    }

    /// Removes ended flows, the oldest first; returns how many.
    pub(super) fn remove_ended_flows(&mut self, before: DateTime<Utc>, limit: usize) -> usize {
        remove(&mut self.ended_flows, |until| *until, before, limit)
    }

    /// Removes one-time codes, the oldest first; returns how many.
    pub(super) fn remove_codes(&mut self, before: DateTime<Utc>, limit: usize) -> usize {
        remove(&mut self.codes, |it| it.expires_at, before, limit)
    }

    /// Removes exchange codes, the oldest first; returns how many.
    pub(super) fn remove_exchange_codes(&mut self, before: DateTime<Utc>, limit: usize) -> usize {
        remove(&mut self.exchange_codes, |it| it.expires_at, before, limit)
    }

    pub(super) fn has_exchange_code(&self, hash: &HashedExchangeCode) -> bool {
        self.exchange_codes.contains_key(hash)
    }

    pub(super) fn insert_exchange_code(&mut self, code: StoredExchangeCode) {
        self.exchange_codes.insert(code.hash.clone(), code);
    }

    pub(super) fn take_exchange_code(
        &mut self,
        hash: &HashedExchangeCode,
        now: DateTime<Utc>,
    ) -> Option<StoredExchangeCode> {
        let code = self.exchange_codes.remove(hash)?;
        (now < code.expires_at).then_some(code)
    }

    pub(super) fn end_flow(&mut self, flow: &EndedFlow) -> bool {
        let has_ended = self.ended_flows.contains_key(&flow.mark);
        self.ended_flows
            .entry(flow.mark.clone())
            .or_insert(flow.remembered_until);
        !has_ended
    }
}

/// What a wrong guess counts for.
fn counted(guess: &CodeGuess) -> (UserId, GuessKind) {
    (guess.user_id, guess.purpose.guess_kind())
}
