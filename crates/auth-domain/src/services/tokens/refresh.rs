//! Refreshing a session: rotation of refresh tokens, and detection of their reuse (replay).

use std::time::Duration;

use chrono::TimeDelta;

use crate::{
    DateTime, Utc,
    policy::SessionPolicy,
    ports::{RefreshGate, RefreshRotation, RefreshTokenTrace},
    services::{
        context::RequestContext,
        error::{Error, Refusal},
        steps::{
            noted_user::note_user,
            retry::retry,
            session_opening::{AccountRefusal, UnsignedSession},
        },
    },
    session::{AuthMethods, HashedRefreshToken, PlainRefreshToken, Session, SessionId},
    user::User,
};

/// How many rotations a presented token may be behind its row and still be answered within the
/// grace. Each step is one HMAC.
const MAX_STEPS_BEHIND: usize = 8;

/// Exchanges refresh tokens.
#[derive(Clone)]
pub struct TokenService {
    ctx: RequestContext,
}

/// Why a refresh token was refused.
#[derive(Debug, thiserror::Error)]
pub enum RefreshRefusal {
    /// Unknown, expired, spent, or of another kind.
    #[error("the refresh token is invalid or expired")]
    InvalidRefreshToken,
    /// The user may not be signed in right now. The token stays as it is.
    #[error(transparent)]
    Account(AccountRefusal),
}

impl Refusal for RefreshRefusal {}

/// A refusal, or a failure.
pub type RefreshError = Error<RefreshRefusal>;

impl TokenService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// Exchanges a refresh token for a new access token and the token's successor.
    ///
    /// Of many concurrent calls with one token, one rotates it; the others, and all that follow within
    /// [`SessionPolicy::refresh_grace`] of the rotation, get the same successor (idempotent). The grace
    /// counts from when the store rotated the token, not from when the client asked: a client whose
    /// request outlasted a stall of the database can retry. After that, and at once where the grace is
    /// zero, the reuse of a rotated token (replay) is taken for theft: the session ends, for the client
    /// and the attacker alike (RFC 9700 §4.14.2).
    ///
    /// # Errors
    ///
    /// See [`RefreshError`].
    pub async fn refresh(&self, token: PlainRefreshToken) -> Result<Session, RefreshError> {
        let sessions = &self.ctx.policy.sessions;
        let now = self.ctx.clock.now();
        let successor = token.successor(&sessions.successor_key);
        let rotation = self.rotation(token, successor, now);
        let rotated =
            retry(|| async { self.ctx.store.rotate_refresh_token(&rotation).await }).await?;
        match rotated {
            Some(rotated) => {
                let opened = refreshed(rotated.id, successor, rotated.methods);
                Ok(self.ctx.session(rotated.user, opened).await?)
            }
            None => self.refresh_without_rotation(token, now).await,
        }
    }

    /// Decides about a token that was not rotated. It takes a second query: invalid tokens cost
    /// more than valid ones.
    async fn refresh_without_rotation(
        &self,
        token: PlainRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Session, RefreshError> {
        let store = &self.ctx.store;
        let trace = store.trace_refresh_token(&token.hashed(), now).await?;
        // The token was presented before the store was asked, which may have taken long.
        let presented_ago = self.ctx.clock.now() - now;
        match trace {
            RefreshTokenTrace::Unknown => Err(RefreshRefusal::InvalidRefreshToken.into()),
            RefreshTokenTrace::Live { user } => {
                let refusal = self.check_gate(&user).err();
                let refusal = refusal.map(RefreshRefusal::Account);
                Err(refusal
                    .unwrap_or(RefreshRefusal::InvalidRefreshToken)
                    .into())
            }
            RefreshTokenTrace::Superseded {
                id,
                age,
                current,
                user,
                methods,
            } => {
                let grace = self.ctx.policy.sessions.refresh_grace;
                if grace.is_zero() || age - presented_ago > time_delta(grace) {
                    return self.end_reused_session(id, &user).await;
                }
                self.check_gate(&user).map_err(RefreshRefusal::Account)?;
                let successor = self
                    .find_successor(token, &current)
                    .ok_or(RefreshRefusal::InvalidRefreshToken)?;
                let opened = refreshed(id, successor, methods);
                Ok(self.ctx.session(user, opened).await?)
            }
        }
    }

    async fn end_reused_session(
        &self,
        id: SessionId,
        user: &User,
    ) -> Result<Session, RefreshError> {
        note_user(user.id);
        retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            work.sessions().end(id).await?;
            work.commit().await
        })
        .await?;
        tracing::warn!(
            user_id = %user.id,
            session_id = %id.0,
            "a rotated refresh token was used again; its session was ended"
        );
        Err(RefreshRefusal::InvalidRefreshToken.into())
    }

    /// Follows the chain of successors from `token` to the one the row holds now. `None` when it
    /// does not lead there, for instance because the key was changed.
    fn find_successor(
        &self,
        token: PlainRefreshToken,
        current: &HashedRefreshToken,
    ) -> Option<PlainRefreshToken> {
        let key = &self.ctx.policy.sessions.successor_key;
        let mut successor = token;
        (0..MAX_STEPS_BEHIND).find_map(|_| {
            successor = successor.successor(key);
            (successor.hashed() == *current).then_some(successor)
        })
    }

    fn rotation(
        &self,
        token: PlainRefreshToken,
        successor: PlainRefreshToken,
        now: DateTime<Utc>,
    ) -> RefreshRotation {
        let SessionPolicy {
            refresh_token_ttl,
            refresh_grace,
            refresh_reuse_memory,
            ..
        } = self.ctx.policy.sessions;
        RefreshRotation {
            presented: token.hashed(),
            successor: successor.hashed(),
            now,
            expires_at: now + refresh_token_ttl,
            remember_for: refresh_grace.saturating_add(refresh_reuse_memory),
            gate: self.gate(),
            device: self.ctx.device(),
        }
    }

    /// Who may refresh. Anonymous users and addresses that were shut out meanwhile may go on, and users
    /// without an address have none to verify, as in Hasura Auth.
    fn gate(&self) -> RefreshGate {
        RefreshGate {
            verified_email: self.ctx.policy.accounts.email_verification_required,
        }
    }

    /// Names the reason when the gate is closed to a user.
    fn check_gate(&self, user: &User) -> Result<(), AccountRefusal> {
        if self.gate().lets_pass(user) {
            Ok(())
        } else if user.disabled {
            Err(AccountRefusal::Disabled)
        } else {
            Err(AccountRefusal::Unverified)
        }
    }
}

/// `duration` as a signed span, or the longest there is.
fn time_delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

/// The refreshed session. Elevation does not outlive its access token.
fn refreshed(
    id: SessionId,
    refresh_token: PlainRefreshToken,
    methods: AuthMethods,
) -> UnsignedSession {
    UnsignedSession {
        id,
        refresh_token,
        methods,
        is_elevated: false,
    }
}
