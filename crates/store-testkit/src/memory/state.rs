//! The state of a [`MemoryStore`](super::MemoryStore), and the rules of changing it.
//!
//! A method that fails has changed nothing.

use std::collections::{BTreeMap, BTreeSet};

use auth_domain::{
    DateTime, Utc,
    error::{StoreError, UniqueField},
    flow_binding::EndedFlow,
    guessing::Place,
    one_time_code::{CodeGuess, CodePurpose, CodeVerdict, NewCode},
    ports::{
        Contact, Deanonymization, EndedSessions, ExpiredRows, NumberClaimant, RefreshRotation,
        RefreshTokenTrace, RotatedSession, StagedProfile, StoredFactor, UserLookup,
    },
    queued_message::{Carried, NewQueuedMessage},
    sealed::StoredSecret,
    session::{
        AuthMethods, Device, HashedExchangeCode, HashedRefreshToken, HashedSessionToken,
        OpenSession, RefreshTokenKind, SessionId, StoredExchangeCode, StoredOpaqueSession,
        StoredRefreshToken,
    },
    ticket::{NewTicket, RedeemedTicket, Ticket},
    user::{EmailAddress, HashedPassword, MfaMethod, PhoneNumber, Role, User, UserId},
};
use serde_json::Value;

use super::{
    expiry::oldest,
    factors::Factor,
    guesses::{Guesses, KnownPlaces},
    identities::LinkedIdentities,
    messages::Messages,
    secrets::Secrets,
    security_keys::SecurityKeys,
    unique::check_free,
};

#[derive(Debug, Clone)]
pub(super) struct State {
    roles: BTreeSet<Role>,
    accounts: BTreeMap<UserId, Account>,
    sessions: BTreeMap<SessionId, Session>,
    opaque_sessions: Vec<StoredOpaqueSession>,
    secrets: Secrets,
    messages: Messages,
    pub(super) places: KnownPlaces,
    pub(super) security_keys: SecurityKeys,
    pub(super) identities: LinkedIdentities,
}

#[derive(Debug, Clone)]
struct Account {
    user: User,
    factor: Factor,
    new_email: Option<EmailAddress>,
    staged: Option<(PhoneNumber, Option<StagedProfile>)>,
    last_seen: Option<DateTime<Utc>>,
}

/// A refresh token with its predecessors.
#[derive(Debug, Clone)]
struct Session {
    token: StoredRefreshToken,
    last_seen: DateTime<Utc>,
    predecessors: Vec<Predecessor>,
}

#[derive(Debug, Clone)]
struct Predecessor {
    hash: HashedRefreshToken,
    /// By the store's own clock.
    rotated_at: DateTime<Utc>,
}

impl State {
    pub(super) fn new() -> Self {
        let me = Role::from_stored("me".to_owned());
        Self {
            roles: BTreeSet::from([Role::user(), Role::anonymous(), me]),
            accounts: BTreeMap::new(),
            sessions: BTreeMap::new(),
            opaque_sessions: Vec::new(),
            secrets: Secrets::default(),
            messages: Messages::default(),
            places: KnownPlaces::default(),
            security_keys: SecurityKeys::default(),
            identities: LinkedIdentities::default(),
        }
    }
}

/// The message queue.
impl State {
    pub(super) fn enqueue(&mut self, message: NewQueuedMessage) -> Result<(), StoreError> {
        self.check_user_exists(message.user_id)?;
        if !carries_what_is_there(&self.secrets, message.user_id, &message.carried) {
            return Err(StoreError::Backend("the message carries nothing".into()));
        }
        self.messages.enqueue(message);
        Ok(())
    }

    /// The messages, without those whose ticket or code is gone.
    pub(super) fn messages(&mut self) -> &mut Messages {
        let secrets = &self.secrets;
        let is_there = |user, carried: &Carried| carries_what_is_there(secrets, user, carried);
        self.messages.retain(is_there);
        &mut self.messages
    }
}

fn carries_what_is_there(secrets: &Secrets, user: UserId, carried: &Carried) -> bool {
    match carried {
        Carried::Ticket(_, hash) => secrets.has(hash),
        Carried::Code(purpose) => secrets.has_code(user, *purpose),
    }
}

/// Users and roles.
impl State {
    pub(super) fn insert_user(&mut self, user: User) -> Result<(), StoreError> {
        self.check_unique(&user)?;
        self.check_roles_of(&user)?;
        let account = Account {
            user,
            factor: Factor::default(),
            new_email: None,
            staged: None,
            last_seen: None,
        };
        self.accounts.insert(account.user.id, account);
        Ok(())
    }

    pub(super) fn find_user(&self, lookup: UserLookup<'_>) -> Option<&User> {
        match lookup {
            UserLookup::Id(id) => self.user(id),
            UserLookup::Email(email) => {
                let email = email.canonical();
                self.users().find(|user| {
                    user.email
                        .as_ref()
                        .is_some_and(|it| it.canonical() == email)
                })
            }
            UserLookup::PhoneNumber(number) => self
                .users()
                .find(|user| user.phone_number.as_ref() == Some(number)),
            UserLookup::Username(name) => self
                .users()
                .find(|user| user.username.as_ref() == Some(name)),
            UserLookup::Identity(key) => self.user(self.identities.holder(key)?),
        }
    }

    pub(super) fn disable(&mut self, user: UserId) {
        self.change(user, |account| account.user.disabled = true);
    }

    pub(super) fn delete(&mut self, user: UserId) {
        self.accounts.remove(&user);
        self.sessions.retain(|_, it| it.token.user_id != user);
        self.opaque_sessions.retain(|it| it.user_id != user);
        self.secrets.forget_all_of(user);
        self.security_keys.forget_all_of(user);
        self.identities.forget_all_of(user);
    }

    pub(super) fn set_password(&mut self, user: UserId, hash: HashedPassword) -> bool {
        self.change(user, |account| account.user.password_hash = Some(hash))
    }

    pub(super) fn clear_password(&mut self, user: UserId) -> bool {
        self.change(user, |account| account.user.password_hash = None)
    }

    pub(super) fn set_email_verified(&mut self, user: UserId) -> bool {
        self.change(user, |account| account.user.email_verified = true)
    }

    pub(super) fn set_new_email(&mut self, user: UserId, email: EmailAddress) -> bool {
        self.change(user, |account| account.new_email = Some(email))
    }

    pub(super) fn move_to_new_email(&mut self, user: UserId) -> Result<bool, StoreError> {
        let account = self.accounts.get(&user);
        let Some(email) = account.and_then(|account| account.new_email.clone()) else {
            return Ok(false);
        };
        self.check_email_free_for(user, &email)?;
        Ok(self.change(user, |account| {
            account.new_email = None;
            account.user.email = Some(email);
            account.user.email_verified = true;
        }))
    }

    pub(super) fn set_phone_number_verified(&mut self, user: UserId) -> bool {
        self.change(user, |account| account.user.phone_number_verified = true)
    }

    pub(super) fn clear_phone_number(&mut self, user: UserId) -> bool {
        self.change(user, |account| {
            account.user.phone_number = None;
            account.user.phone_number_verified = false;
            account.staged = None;
        })
    }

    pub(super) fn stage_phone_number(
        &mut self,
        user: UserId,
        number: PhoneNumber,
        profile: Option<StagedProfile>,
    ) -> bool {
        self.change(user, |account| account.staged = Some((number, profile)))
    }

    pub(super) fn move_to_phone_number(
        &mut self,
        user: UserId,
        number: PhoneNumber,
    ) -> Result<bool, StoreError> {
        let account = self.accounts.get(&user);
        let staged = account.and_then(|account| account.staged.as_ref());
        if staged.is_none_or(|(noted, _)| *noted != number) {
            return Ok(false);
        }
        self.check_phone_number_free_for(user, &number)?;
        Ok(self.change(user, |account| {
            account.staged = None;
            account.user.phone_number = Some(number);
            account.user.phone_number_verified = true;
        }))
    }

    pub(super) fn find_number_claimant(
        &self,
        number: &PhoneNumber,
        now: DateTime<Utc>,
    ) -> Option<NumberClaimant> {
        if let Some(user) = self.find_user(UserLookup::PhoneNumber(number)) {
            let user = user.clone();
            return Some(NumberClaimant { user, staged: None });
        }
        let purpose = CodePurpose::PhoneDeanonymization;
        let waiting = self.accounts.values().filter_map(|account| {
            let (noted, profile) = account.staged.as_ref()?;
            let expires_at = self.secrets.code_expires_at(account.user.id, purpose)?;
            let may_be = noted == number && account.user.is_anonymous && now < expires_at;
            may_be.then_some((expires_at, &account.user, profile.as_ref()?))
        });
        let (_, user, profile) = waiting.max_by_key(|(expires_at, _, _)| *expires_at)?;
        Some(NumberClaimant {
            user: user.clone(),
            staged: Some(profile.clone()),
        })
    }

    pub(super) fn deanonymize(
        &mut self,
        user: UserId,
        changes: Deanonymization,
    ) -> Result<bool, StoreError> {
        let Some(anonymous) = self.user(user).filter(|user| user.is_anonymous) else {
            return Ok(false);
        };
        let staged = self.accounts.get(&user).and_then(|it| it.staged.as_ref());
        if let Contact::PhoneNumber(number) = &changes.contact
            && staged.is_none_or(|(noted, _)| noted != number)
        {
            return Ok(false);
        }
        let named = deanonymized(anonymous.clone(), changes);
        if let Some(email) = &named.email {
            self.check_email_free_for(user, email)?;
        }
        if let Some(number) = &named.phone_number {
            self.check_phone_number_free_for(user, number)?;
        }
        self.check_roles_of(&named)?;
        Ok(self.change(user, |account| {
            account.user = named;
            account.staged = None;
        }))
    }

    pub(super) fn touch(&mut self, user: UserId, now: DateTime<Utc>) -> bool {
        self.change(user, |account| account.last_seen = Some(now))
    }

    pub(super) fn ensure_roles(&mut self, roles: &[Role]) {
        self.roles.extend(roles.iter().cloned());
    }

    pub(super) fn last_seen(&self, user: UserId) -> Option<DateTime<Utc>> {
        self.accounts.get(&user)?.last_seen
    }

    fn user(&self, id: UserId) -> Option<&User> {
        self.accounts.get(&id).map(|account| &account.user)
    }

    fn users(&self) -> impl Iterator<Item = &User> {
        self.accounts.values().map(|account| &account.user)
    }

    /// Changes an account; `false` when there is none.
    fn change(&mut self, user: UserId, change: impl FnOnce(&mut Account)) -> bool {
        self.accounts.get_mut(&user).map(change).is_some()
    }

    fn check_unique(&self, user: &User) -> Result<(), StoreError> {
        let taken = |lookup| self.find_user(lookup).is_some();
        let field = if taken(UserLookup::Id(user.id)) {
            UniqueField::Other
        } else if user
            .email
            .as_ref()
            .map(UserLookup::Email)
            .is_some_and(taken)
        {
            UniqueField::Email
        } else if (user.phone_number.as_ref().map(UserLookup::PhoneNumber)).is_some_and(taken) {
            UniqueField::PhoneNumber
        } else if (user.username.as_ref().map(UserLookup::Username)).is_some_and(taken) {
            UniqueField::Username
        } else {
            return Ok(());
        };
        Err(StoreError::Duplicate { field })
    }

    fn check_email_free_for(&self, user: UserId, email: &EmailAddress) -> Result<(), StoreError> {
        match self.find_user(UserLookup::Email(email)) {
            Some(holder) if holder.id != user => {
                let field = UniqueField::Email;
                Err(StoreError::Duplicate { field })
            }
            _ => Ok(()),
        }
    }

    fn check_phone_number_free_for(
        &self,
        user: UserId,
        number: &PhoneNumber,
    ) -> Result<(), StoreError> {
        match self.find_user(UserLookup::PhoneNumber(number)) {
            Some(holder) if holder.id != user => {
                let field = UniqueField::PhoneNumber;
                Err(StoreError::Duplicate { field })
            }
            _ => Ok(()),
        }
    }

    fn check_roles_of(&self, user: &User) -> Result<(), StoreError> {
        let roles = user.allowed_roles();
        if roles.iter().all(|role| self.roles.contains(role)) {
            Ok(())
        } else {
            Err(StoreError::UnknownRole)
        }
    }

    pub(super) fn check_user_exists(&self, user: UserId) -> Result<(), StoreError> {
        if self.accounts.contains_key(&user) {
            Ok(())
        } else {
            Err(StoreError::Backend("the user does not exist".into()))
        }
    }
}

/// Sessions of the modern generation.
impl State {
    pub(super) fn insert_refresh_token(
        &mut self,
        token: StoredRefreshToken,
    ) -> Result<(), StoreError> {
        self.check_user_exists(token.user_id)?;
        check_free(!self.sessions.contains_key(&token.id))?;
        check_free(self.current(&token.hash).is_none())?;
        let session = Session {
            last_seen: token.created_at,
            token,
            predecessors: Vec::new(),
        };
        self.sessions.insert(session.token.id, session);
        Ok(())
    }

    /// `clock` is the time by the store's own clock.
    pub(super) fn rotate(
        &mut self,
        rotation: &RefreshRotation,
        clock: DateTime<Utc>,
    ) -> Option<RotatedSession> {
        let session = self.current(&rotation.presented)?;
        let (id, methods) = (session.token.id, session.token.methods);
        let user = self.user(session.token.user_id)?.clone();
        if !session.is_live(rotation.now) || !passes(&user, rotation) {
            return None;
        }
        self.sessions.get_mut(&id)?.rotate(rotation, clock);
        self.touch(user.id, rotation.now);
        Some(RotatedSession { id, user, methods })
    }

    pub(super) fn trace(
        &self,
        hash: &HashedRefreshToken,
        (now, clock): (DateTime<Utc>, DateTime<Utc>),
    ) -> RefreshTokenTrace {
        self.sessions
            .values()
            .filter(|session| session.is_live(now))
            .find_map(|session| {
                let user = self.user(session.token.user_id)?;
                session.trace(hash, user, clock)
            })
            .unwrap_or(RefreshTokenTrace::Unknown)
    }

    pub(super) fn end(&mut self, id: SessionId) -> bool {
        self.sessions.remove(&id).is_some()
    }

    pub(super) fn end_by_refresh_token(&mut self, hash: &HashedRefreshToken) -> bool {
        let belongs = |session: &&Session| {
            session.token.hash == *hash || session.predecessors.iter().any(|it| it.hash == *hash)
        };
        let id = self
            .sessions
            .values()
            .find(belongs)
            .map(|session| session.token.id);
        id.is_some_and(|id| self.end(id))
    }

    pub(super) fn end_all_of(&mut self, user: UserId, which: EndedSessions) -> u64 {
        let before = self.count_sessions();
        self.sessions
            .retain(|_, session| session.token.user_id != user || session.survives(which));
        self.opaque_sessions
            .retain(|it| it.user_id != user || which == EndedSessions::Others(it.id));
        (before - self.count_sessions()) as u64
    }

    pub(super) fn end_of(&mut self, user: UserId, id: SessionId) -> bool {
        let before = self.count_sessions();
        self.sessions.retain(|_, it| {
            let is_it = it.token.id == id && it.token.user_id == user;
            !is_it || it.token.kind != RefreshTokenKind::Regular
        });
        self.opaque_sessions
            .retain(|it| it.id != id || it.user_id != user);
        self.count_sessions() < before
    }

    pub(super) fn open_sessions(&self, user: UserId, now: DateTime<Utc>) -> Vec<OpenSession> {
        let modern = self.sessions.values().filter(|it| it.is_live(now));
        let modern = modern.filter(|it| it.token.user_id == user);
        let mut sessions: Vec<_> = modern.map(Session::shown).collect();
        let legacy = self.opaque_sessions.iter().filter(|it| it.user_id == user);
        sessions.extend(legacy.filter(|it| now < it.expires_at).map(shown_opaque));
        sessions.sort_by(|a, b| b.created_at.cmp(&a.created_at).then(a.id.cmp(&b.id)));
        sessions
    }

    pub(super) fn is_session_open(&self, user: UserId, id: SessionId, now: DateTime<Utc>) -> bool {
        let found = self.sessions.get(&id);
        found.is_some_and(|it| it.token.user_id == user && it.is_live(now))
    }

    fn current(&self, hash: &HashedRefreshToken) -> Option<&Session> {
        self.sessions
            .values()
            .find(|session| session.token.hash == *hash)
    }

    fn count_sessions(&self) -> usize {
        self.sessions.len() + self.opaque_sessions.len()
    }
}

impl Session {
    fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.token.kind == RefreshTokenKind::Regular && now < self.token.expires_at
    }

    fn survives(&self, which: EndedSessions) -> bool {
        match (self.token.kind, which) {
            (_, EndedSessions::All) => false,
            (RefreshTokenKind::PersonalAccess, _) => true,
            (RefreshTokenKind::Regular, which) => which == EndedSessions::Others(self.token.id),
        }
    }

    fn shown(&self) -> OpenSession {
        OpenSession {
            id: self.token.id,
            created_at: self.token.created_at,
            last_seen: self.last_seen,
            methods: self.token.methods,
            device: self.token.device.clone(),
        }
    }

    fn rotate(&mut self, rotation: &RefreshRotation, clock: DateTime<Utc>) {
        self.predecessors.retain(|predecessor| {
            let age = (clock - predecessor.rotated_at).to_std();
            age.is_ok_and(|age| age <= rotation.remember_for)
        });
        self.predecessors.push(Predecessor {
            hash: rotation.presented.clone(),
            rotated_at: clock,
        });
        self.token.hash = rotation.successor.clone();
        self.token.expires_at = rotation.expires_at;
        self.last_seen = rotation.now;
        let Device {
            user_agent,
            network,
        } = rotation.device.clone();
        let device = &mut self.token.device;
        device.user_agent = user_agent.or(device.user_agent.take());
        device.network = network.or(device.network.take());
    }

    /// `None`: the token never belonged to this session, or was deleted.
    fn trace(
        &self,
        hash: &HashedRefreshToken,
        user: &User,
        clock: DateTime<Utc>,
    ) -> Option<RefreshTokenTrace> {
        let user = user.clone();
        if self.token.hash == *hash {
            return Some(RefreshTokenTrace::Live { user });
        }
        let predecessor = self.predecessors.iter().find(|it| it.hash == *hash)?;
        Some(RefreshTokenTrace::Superseded {
            id: self.token.id,
            age: clock - predecessor.rotated_at,
            current: self.token.hash.clone(),
            user,
            methods: self.token.methods,
        })
    }
}

fn shown_opaque(session: &StoredOpaqueSession) -> OpenSession {
    OpenSession {
        id: session.id,
        created_at: session.created_at,
        last_seen: session.created_at,
        methods: AuthMethods::NONE,
        device: session.device.clone(),
    }
}

/// Sessions of the legacy generation.
impl State {
    pub(super) fn insert_opaque_session(
        &mut self,
        session: StoredOpaqueSession,
    ) -> Result<(), StoreError> {
        self.check_user_exists(session.user_id)?;
        let is_free = (self.opaque_sessions.iter()).all(|it| it.hash != session.hash);
        check_free(is_free)?;
        self.opaque_sessions.push(session);
        Ok(())
    }

    pub(super) fn find_opaque_session(
        &self,
        hash: &HashedSessionToken,
        now: DateTime<Utc>,
    ) -> Option<&User> {
        let session = (self.opaque_sessions.iter()).find(|session| session.hash == *hash)?;
        self.user(session.user_id)
            .filter(|_| now < session.expires_at)
    }

    pub(super) fn find_personal_access_token(
        &self,
        hash: &HashedRefreshToken,
        now: DateTime<Utc>,
    ) -> Option<&User> {
        let token = &self.current(hash)?.token;
        let is_good = token.kind == RefreshTokenKind::PersonalAccess && now < token.expires_at;
        self.user(token.user_id).filter(|_| is_good)
    }

    pub(super) fn end_opaque_session(&mut self, hash: &HashedSessionToken) -> bool {
        let before = self.opaque_sessions.len();
        self.opaque_sessions.retain(|session| session.hash != *hash);
        self.opaque_sessions.len() < before
    }
}

/// Tickets, one-time codes and exchange codes.
impl State {
    pub(super) fn tickets_of(&self, user: UserId) -> Vec<NewTicket> {
        self.secrets.of(user)
    }

    pub(super) fn insert_ticket(&mut self, ticket: NewTicket) -> Result<(), StoreError> {
        self.check_user_exists(ticket.user_id)?;
        check_free(!self.secrets.has(&ticket.hash))?;
        self.secrets.insert(ticket);
        Ok(())
    }

    pub(super) fn find_ticket(
        &self,
        ticket: &Ticket,
        now: DateTime<Utc>,
    ) -> Option<RedeemedTicket> {
        self.secrets.find(ticket, now)
    }

    pub(super) fn take_ticket(
        &mut self,
        ticket: &Ticket,
        now: DateTime<Utc>,
    ) -> Option<RedeemedTicket> {
        self.secrets.take(ticket, now)
    }

    pub(super) fn forget_tickets_of(&mut self, user: UserId) {
        self.secrets.forget_all_of(user);
    }

    pub(super) fn forget_changes_of(&mut self, user: UserId) {
        self.secrets.forget_changes_of(user);
    }

    pub(super) fn put_code(&mut self, code: NewCode) -> Result<(), StoreError> {
        self.check_user_exists(code.user_id)?;
        self.secrets.put_code(code);
        Ok(())
    }

    pub(super) fn judge_code(&mut self, guess: &CodeGuess) -> CodeVerdict {
        if self.user(guess.user_id).is_none() {
            return CodeVerdict::Wrong;
        }
        let is_known = self.places.is_known(guess.user_id, &guess.limits);
        self.secrets.judge_code(guess, is_known)
    }

    pub(super) fn awaits_guess(&self, guess: &CodeGuess) -> bool {
        let is_known = self.places.is_known(guess.user_id, &guess.limits);
        self.secrets.awaits_guess(guess, is_known)
    }

    pub(super) fn note_place(
        &mut self,
        user: UserId,
        place: Place,
        until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.check_user_exists(user)?;
        self.places.note(user, place, until);
        Ok(())
    }

    pub(super) fn insert_exchange_code(
        &mut self,
        code: StoredExchangeCode,
    ) -> Result<(), StoreError> {
        self.check_user_exists(code.user_id)?;
        check_free(!self.secrets.has_exchange_code(&code.hash))?;
        self.secrets.insert_exchange_code(code);
        Ok(())
    }

    pub(super) fn take_exchange_code(
        &mut self,
        hash: &HashedExchangeCode,
        now: DateTime<Utc>,
    ) -> Option<StoredExchangeCode> {
        self.secrets.take_exchange_code(hash, now)
    }

    pub(super) fn end_flow(&mut self, flow: &EndedFlow) -> bool {
        self.secrets.end_flow(flow)
    }
}

/// What has expired.
impl State {
    /// Removes rows, the oldest first; returns how many.
    pub(super) fn remove_expired(
        &mut self,
        rows: ExpiredRows,
        before: DateTime<Utc>,
        limit: usize,
    ) -> usize {
        match rows {
            ExpiredRows::RefreshTokens => {
                let ids = self
                    .sessions
                    .iter()
                    .map(|(id, it)| (it.token.expires_at, *id));
                let ids = oldest(ids, before, limit);
                self.sessions.retain(|id, _| !ids.contains(id));
                ids.len()
            }
            ExpiredRows::RefreshTokenRotations => self.forget_predecessors(before, limit),
            ExpiredRows::OpaqueSessions => {
                let ids = self.opaque_sessions.iter().map(|it| (it.expires_at, it.id));
                let ids = oldest(ids, before, limit);
                self.opaque_sessions.retain(|it| !ids.contains(&it.id));
                ids.len()
            }
            ExpiredRows::QueuedMessages => self.messages().remove_expired(before, limit),
            ExpiredRows::Tickets => self.secrets.remove_tickets(before, limit),
            ExpiredRows::OneTimeCodes => self.secrets.remove_codes(before, limit),
            ExpiredRows::ExchangeCodes => self.secrets.remove_exchange_codes(before, limit),
            ExpiredRows::SecurityKeyChallenges => self.security_keys.remove_expired(before, limit),
            ExpiredRows::EndedProviderFlows => self.secrets.remove_ended_flows(before, limit),
            ExpiredRows::KnownPlaces => self.places.remove(before, limit),
            ExpiredRows::WrongGuesses => {
                let factors = self
                    .accounts
                    .values_mut()
                    .map(|it| &mut it.factor.wrong_guesses);
                remove_guesses(factors.chain(self.secrets.wrong_guesses()), before, limit)
            }
        }
    }

    fn forget_predecessors(&mut self, before: DateTime<Utc>, limit: usize) -> usize {
        let all = self.sessions.values().flat_map(|it| &it.predecessors);
        let hashes = oldest(
            all.map(|it| (it.rotated_at, it.hash.clone())),
            before,
            limit,
        );
        for session in self.sessions.values_mut() {
            session.predecessors.retain(|it| !hashes.contains(&it.hash));
        }
        hashes.len()
    }
}

/// Removes the wrong guesses of several lists that were made before a moment.
fn remove_guesses<'a>(
    lists: impl Iterator<Item = &'a mut Guesses>,
    before: DateTime<Utc>,
    limit: usize,
) -> usize {
    lists.fold(0, |removed, list| {
        removed + list.remove(before, limit - removed)
    })
}

/// Second factors.
impl State {
    pub(super) fn stored_factor(&self, user: UserId) -> Option<StoredFactor> {
        let account = self.accounts.get(&user)?;
        let secret = account.factor.secret.as_ref();
        Some(StoredFactor {
            active: account.user.active_mfa,
            secret: secret.map(|it| StoredSecret::read(it.as_str().to_owned())),
        })
    }

    pub(super) fn set_active_mfa(&mut self, user: UserId, method: Option<MfaMethod>) {
        self.change(user, |account| account.user.active_mfa = method);
    }

    /// Does something with the second factor of a user, if there is such a user.
    pub(super) fn with_factor<T: Default>(
        &mut self,
        user: UserId,
        action: impl FnOnce(&mut Factor) -> T,
    ) -> T {
        let account = self.accounts.get_mut(&user);
        account
            .map(|account| action(&mut account.factor))
            .unwrap_or_default()
    }
}

fn deanonymized(user: User, changes: Deanonymization) -> User {
    let reached = match changes.contact {
        Contact::Email(email) => User {
            email: Some(email),
            email_verified: false,
            ..user
        },
        Contact::PhoneNumber(number) => User {
            phone_number: Some(number),
            phone_number_verified: true,
            ..user
        },
    };
    User {
        password_hash: changes.password_hash,
        display_name: changes.display_name,
        avatar_url: changes.avatar_url,
        locale: changes.locale,
        default_role: changes.default_role,
        roles: changes.roles,
        metadata: changes.metadata.map(Value::Object),
        is_anonymous: false,
        ..reached
    }
}

fn passes(user: &User, rotation: &RefreshRotation) -> bool {
    rotation.gate.lets_pass(user)
}
