//! The steps that every way to sign in ends in: check the account, open a session.

use crate::{
    error::StoreError,
    guessing::Place,
    policy::AuthPolicy,
    ports::UnitOfWork,
    services::{
        context::RequestContext,
        dependencies::Dependencies,
        error::{Failure, parts_of_refusals},
        steps::noted_user::note_user,
    },
    session::{
        AccessClaims, AccessIdentity, AuthMethod, AuthMethods, CodeChallenge, OpaqueSession,
        PlainRefreshToken, PlainSessionToken, RefreshTokenKind, Session, SessionId,
        StoredOpaqueSession, StoredRefreshToken,
    },
    ticket::{NewTicket, Ticket},
    user::{User, UserId},
};
use std::time::Duration;

use chrono::{DateTime, Utc};

/// For how long a place that a user signed in from is known.
const PLACE_KNOWN: Duration = Duration::from_hours(30 * 24);

/// Why an account may not be used right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    /// The access lists refuse the address, or there is none where one is needed.
    #[error("the e-mail address is not allowed here")]
    EmailNotAllowed,
    /// An administrator disabled the account.
    #[error("the account is disabled")]
    Disabled,
    /// The address has to be verified first.
    #[error("the e-mail address is not verified")]
    Unverified,
    /// The account is anonymous, and the action is not for those.
    #[error("the account is anonymous")]
    Anonymous,
}

parts_of_refusals!(AccountRefusal, NotAdmitted);

/// Whether an account needs an e-mail address for an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::services) enum EmailNeed {
    /// The modern API: an account without an address is refused, unless it has a verified phone
    /// number. (Hasura Auth refuses it even then, so that a user who signed in by text message can
    /// do next to nothing.)
    Required,
    /// Ways to sign in without an address: the rules for addresses apply only if there is one.
    IfPresent,
}

impl AuthPolicy {
    /// Checks the state of an account, in the order of Hasura Auth.
    pub(in crate::services) fn check_account(
        &self,
        user: &User,
        need: EmailNeed,
    ) -> Result<(), AccountRefusal> {
        self.judge_account(user, need)
            .inspect_err(|_refusal| note_user(user.id))
    }

    fn judge_account(&self, user: &User, need: EmailNeed) -> Result<(), AccountRefusal> {
        let accounts = &self.accounts;
        let does_without = need == EmailNeed::IfPresent || user.has_proven_phone();
        let has_email_rules = user.email.is_some() || !does_without;
        let email_allowed = user
            .email
            .as_ref()
            .is_some_and(|it| accounts.email_access.accepts(it));
        if has_email_rules && !user.is_anonymous && !email_allowed {
            return Err(AccountRefusal::EmailNotAllowed);
        }
        if user.disabled {
            return Err(AccountRefusal::Disabled);
        }
        if has_email_rules && accounts.email_verification_required && !user.email_verified {
            return Err(AccountRefusal::Unverified);
        }
        if user.is_anonymous {
            return Err(AccountRefusal::Anonymous);
        }
        Ok(())
    }
}

/// Why no session was opened for a user who has just proven their identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::services) enum NotAdmitted {
    /// The user was deleted meanwhile.
    Deleted,
    /// The session of the caller has ended meanwhile.
    SessionEnded,
    /// Their account may not be used.
    Account(AccountRefusal),
}

/// The user whose password was right, under their row lock. `None`: they are gone, or have another
/// address, name or password by now, so that the check is void.
///
/// Checking a password takes long. Meanwhile the password may have been changed to lock out an
/// attacker; the state of the account is the current one, and has to be checked again.
pub(in crate::services) async fn lock_judged(
    work: &mut dyn UnitOfWork,
    judged: &User,
) -> Result<Option<User>, StoreError> {
    let current = work.users().lock(judged.id).await?;
    Ok(current.filter(|it| {
        it.password_hash == judged.password_hash
            && it.email == judged.email
            && it.username == judged.username
    }))
}

/// Whether the caller's session is still open: it may have ended since the request began.
///
/// Takes the row lock of the user: their sessions cannot be ended all at once before the unit of
/// work ends.
pub(in crate::services) async fn is_still_signed_in(
    work: &mut dyn UnitOfWork,
    caller: AccessIdentity,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    work.users().lock(caller.user_id).await?;
    is_session_open(work, caller, now).await
}

/// An access token without a session was issued by another program with our key, and passes.
async fn is_session_open(
    work: &mut dyn UnitOfWork,
    caller: AccessIdentity,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    match caller.session {
        Some(id) => work.sessions().is_open(caller.user_id, id, now).await,
        None => Ok(true),
    }
}

/// A modern session that is about to be written.
pub(in crate::services) struct NewJwtSession {
    token: PlainRefreshToken,
    row: StoredRefreshToken,
    need: EmailNeed,
    beside: Option<AccessIdentity>,
    place: Option<Place>,
}

impl NewJwtSession {
    /// A session for a user who has just authenticated by `methods`.
    pub(in crate::services) fn new(
        ctx: &RequestContext,
        user: UserId,
        methods: impl Into<AuthMethods>,
    ) -> Self {
        let token = PlainRefreshToken::new(ctx.ids.uuid());
        let now = ctx.clock.now();
        let methods = methods.into();
        let row = StoredRefreshToken {
            id: SessionId(ctx.ids.uuid()),
            user_id: user,
            kind: RefreshTokenKind::Regular,
            hash: token.hashed(),
            created_at: now,
            expires_at: now + ctx.policy.sessions.refresh_token_ttl,
            metadata: None,
            methods,
            device: ctx.device(),
        };
        // A known place eases the limits of codes, which programs and anonymous users do not type.
        let is_person =
            methods != AuthMethods::NONE && !methods.contains(AuthMethod::PersonalAccessToken);
        let place = ctx.place_of(user).filter(|_| is_person);
        Self {
            token,
            row,
            need: EmailNeed::Required,
            beside: None,
            place,
        }
    }

    /// Allows an account without an address.
    pub(in crate::services) fn without_address(self) -> Self {
        Self {
            need: EmailNeed::IfPresent,
            ..self
        }
    }

    /// Opens it only if the session of the signed-in `caller` is still open.
    pub(in crate::services) fn beside(self, caller: AccessIdentity) -> Self {
        Self {
            beside: Some(caller),
            ..self
        }
    }

    /// Opens the session, if the user may sign in as they are now. Every sign-in to an existing
    /// account passes here, after its proof was consumed in the same unit of work.
    ///
    /// Takes the row lock of the user first. Whatever locks the user out (disabling, deleting,
    /// signing out everywhere, another password, a first verification) either came before and is
    /// seen, or waits and ends this session, too.
    pub(in crate::services) async fn admit(
        &self,
        work: &mut dyn UnitOfWork,
        policy: &AuthPolicy,
    ) -> Result<Result<User, NotAdmitted>, StoreError> {
        let Some(user) = work.users().lock(self.row.user_id).await? else {
            return Ok(Err(NotAdmitted::Deleted));
        };
        if let Some(caller) = self.beside
            && !is_session_open(work, caller, self.row.created_at).await?
        {
            return Ok(Err(NotAdmitted::SessionEnded));
        }
        if let Err(refusal) = policy.check_account(&user, self.need) {
            return Ok(Err(NotAdmitted::Account(refusal)));
        }
        self.write(work).await?;
        Ok(Ok(user))
    }

    /// Stores the session of a new user, or of one whose account was checked under their row lock.
    pub(in crate::services) async fn write(
        &self,
        work: &mut dyn UnitOfWork,
    ) -> Result<(), StoreError> {
        work.users()
            .touch(self.row.user_id, self.row.created_at)
            .await?;
        note_place(
            work,
            self.row.user_id,
            self.place.as_ref(),
            self.row.created_at,
        )
        .await?;
        work.sessions().insert_refresh_token(&self.row).await
    }

    /// The refresh token of the session.
    pub(in crate::services) fn token(&self) -> PlainRefreshToken {
        self.token
    }

    /// The session for its owner. Call it after the commit: the source of custom claims may be
    /// slow.
    pub(in crate::services) async fn finish(
        self,
        dependencies: &Dependencies,
        user: User,
    ) -> Result<Session, Failure> {
        dependencies.session(user, self.opened(false)).await
    }

    /// The same with an elevated access token.
    pub(in crate::services) async fn finish_elevated(
        self,
        dependencies: &Dependencies,
        user: User,
    ) -> Result<Session, Failure> {
        dependencies.session(user, self.opened(true)).await
    }

    fn opened(&self, is_elevated: bool) -> UnsignedSession {
        UnsignedSession {
            id: self.row.id,
            refresh_token: self.token,
            methods: self.row.methods,
            is_elevated,
        }
    }
}

/// Stores the place that a user signed in from, for [`guessing`](crate::guessing).
async fn note_place(
    work: &mut dyn UnitOfWork,
    user: UserId,
    place: Option<&Place>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    match place {
        Some(place) => {
            work.sessions()
                .note_place(user, place, now + PLACE_KNOWN)
                .await
        }
        None => Ok(()),
    }
}

/// A modern session that was opened or refreshed, and needs an access token.
pub(in crate::services) struct UnsignedSession {
    pub(in crate::services) id: SessionId,
    pub(in crate::services) refresh_token: PlainRefreshToken,
    pub(in crate::services) methods: AuthMethods,
    pub(in crate::services) is_elevated: bool,
}

/// A legacy session that is about to be written.
pub(in crate::services) struct NewOpaqueSession {
    token: PlainSessionToken,
    row: StoredOpaqueSession,
    place: Option<Place>,
}

impl NewOpaqueSession {
    pub(in crate::services) fn new(ctx: &RequestContext, user: UserId) -> Self {
        let token = PlainSessionToken::new(ctx.ids.token_bytes());
        let now = ctx.clock.now();
        let row = StoredOpaqueSession {
            id: SessionId(ctx.ids.uuid()),
            hash: token.hashed(),
            user_id: user,
            created_at: now,
            expires_at: now + ctx.policy.sessions.opaque_session_ttl,
            device: ctx.device(),
        };
        let place = ctx.place_of(user);
        Self { token, row, place }
    }

    pub(in crate::services) async fn write(
        &self,
        work: &mut dyn UnitOfWork,
    ) -> Result<(), StoreError> {
        work.users()
            .touch(self.row.user_id, self.row.created_at)
            .await?;
        note_place(
            work,
            self.row.user_id,
            self.place.as_ref(),
            self.row.created_at,
        )
        .await?;
        work.sessions().insert_opaque_session(&self.row).await
    }

    pub(in crate::services) fn finish(self, user: User) -> OpaqueSession {
        note_user(user.id);
        OpaqueSession {
            token: self.token,
            expires_at: self.row.expires_at,
            user,
        }
    }
}

impl Dependencies {
    /// What is stored of a ticket made now.
    pub(in crate::services) fn ticket_row(
        &self,
        ticket: &Ticket,
        user_id: UserId,
        code_challenge: Option<CodeChallenge>,
    ) -> NewTicket {
        let created_at = self.clock.now();
        NewTicket {
            hash: ticket.hashed(),
            user_id,
            purpose: ticket.purpose(),
            created_at,
            expires_at: created_at + ticket.purpose().ttl(),
            code_challenge,
        }
    }

    /// A session as the client gets it: with a fresh access token. No unit of work may be open,
    /// because the source of custom claims may be slow.
    pub(in crate::services) async fn session(
        &self,
        user: User,
        opened: UnsignedSession,
    ) -> Result<Session, Failure> {
        note_user(user.id);
        let custom = self.custom_claims_of(user.id).await;
        let access_token = self.signer.sign(&AccessClaims {
            user_id: user.id,
            session: opened.id,
            methods: opened.methods,
            is_anonymous: user.is_anonymous,
            default_role: user.default_role.clone(),
            allowed_roles: user.allowed_roles(),
            is_elevated: opened.is_elevated,
            custom,
            issued_at: self.clock.now(),
            ttl: self.policy.sessions.access_token_ttl,
        })?;
        Ok(Session {
            access_token,
            refresh_token: opened.refresh_token,
            id: opened.id,
            user,
        })
    }
}
