//! Listing the sessions of a user, and ending them.

use crate::{
    ports::EndedSessions,
    services::{
        context::RequestContext,
        error::{Error, Failure, Refusal},
        steps::{retry::retry, session_opening::is_still_signed_in},
    },
    session::{AccessIdentity, OpenSession, SessionId},
    user::UserId,
};

/// Lists the sessions of users, and ends them.
#[derive(Clone)]
pub struct SessionService {
    ctx: RequestContext,
}

/// Why a session was not shown or ended.
#[derive(Debug, thiserror::Error)]
pub enum SessionRefusal {
    /// The access token does not say which session it belongs to.
    #[error("the session of the access token is not known")]
    Unknown,
    /// The user has no such session.
    #[error("there is no such session")]
    NoSuchSession,
    /// The session of the access token has ended.
    #[error("the session has ended")]
    SessionEnded,
}

impl Refusal for SessionRefusal {}

/// A refusal, or a failure.
pub type SessionError = Error<SessionRefusal>;

impl SessionService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// The sessions of a user in both generations, the newest first, without personal access
    /// tokens.
    ///
    /// # Errors
    ///
    /// [`Failure`] when the store fails.
    pub async fn list(&self, user: UserId) -> Result<Vec<OpenSession>, Failure> {
        let now = self.ctx.clock.now();
        let mut work = self.ctx.store.begin().await?;
        let sessions = work.sessions().list_of(user, now).await?;
        work.rollback().await?;
        Ok(sessions)
    }

    /// Ends one session of a user, the current one or another.
    ///
    /// # Errors
    ///
    /// [`SessionRefusal::NoSuchSession`] also for a session of another user,
    /// [`SessionRefusal::SessionEnded`], or a failure.
    pub async fn end(
        &self,
        caller: impl Into<AccessIdentity>,
        id: SessionId,
    ) -> Result<(), SessionError> {
        let caller = caller.into();
        let now = self.ctx.clock.now();
        let ended = retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            if !is_still_signed_in(work.as_mut(), caller, now).await? {
                work.rollback().await?;
                return Ok(None);
            }
            let ended = work.sessions().end_of(caller.user_id, id).await?;
            work.commit().await?;
            Ok(Some(ended))
        })
        .await?;
        match ended {
            Some(true) => Ok(()),
            Some(false) => Err(SessionRefusal::NoSuchSession.into()),
            None => Err(SessionRefusal::SessionEnded.into()),
        }
    }

    /// Ends all sessions of a user but that of the access token. Personal access tokens stay.
    ///
    /// # Errors
    ///
    /// [`SessionRefusal::Unknown`], [`SessionRefusal::SessionEnded`], or a failure.
    pub async fn end_others(&self, identity: AccessIdentity) -> Result<(), SessionError> {
        let kept = identity.session.ok_or(SessionRefusal::Unknown)?;
        let which = EndedSessions::Others(kept);
        let now = self.ctx.clock.now();
        let ended = retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            if !is_still_signed_in(work.as_mut(), identity, now).await? {
                work.rollback().await?;
                return Ok(false);
            }
            work.sessions().end_all_of(identity.user_id, which).await?;
            work.commit().await?;
            Ok(true)
        })
        .await?;
        ended
            .then_some(())
            .ok_or(SessionRefusal::SessionEnded.into())
    }
}
