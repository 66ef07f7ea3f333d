//! Signing out.

use crate::{
    ports::EndedSessions,
    services::{
        context::RequestContext,
        error::Failure,
        steps::{retry::retry, session_opening::is_still_signed_in},
    },
    session::{AccessIdentity, PlainRefreshToken, PlainSessionToken},
};

/// Ends sessions. Idempotent: ending a session that does not exist is no error.
#[derive(Clone)]
pub struct SignOutService {
    ctx: RequestContext,
}

impl SignOutService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// Ends the session a refresh token belongs to.
    ///
    /// # Errors
    ///
    /// [`Failure`] when the store fails; the session may then be alive.
    pub async fn end_session(&self, token: PlainRefreshToken) -> Result<(), Failure> {
        let hash = token.hashed();
        retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            work.sessions().end_by_refresh_token(&hash).await?;
            work.commit().await
        })
        .await?;
        Ok(())
    }

    /// Ends every session of a user, personal access tokens included, as Hasura Auth does; `false`,
    /// and none, when the caller's session has ended before: an attacker who was signed out must
    /// not sign the owner out in turn.
    ///
    /// # Errors
    ///
    /// [`Failure`] when the store fails; sessions may then be alive.
    pub async fn end_all_sessions(
        &self,
        caller: impl Into<AccessIdentity>,
    ) -> Result<bool, Failure> {
        let caller = caller.into();
        let now = self.ctx.clock.now();
        let ended = retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            if !is_still_signed_in(work.as_mut(), caller, now).await? {
                work.rollback().await?;
                return Ok(false);
            }
            let all = EndedSessions::All;
            work.sessions().end_all_of(caller.user_id, all).await?;
            work.commit().await?;
            Ok(true)
        })
        .await?;
        Ok(ended)
    }

    /// Ends an opaque session; `false` when there was none.
    ///
    /// # Errors
    ///
    /// [`Failure`] when the store fails; the session may then be alive.
    pub async fn end_opaque_session(&self, token: &PlainSessionToken) -> Result<bool, Failure> {
        let hash = token.hashed();
        let ended = retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            let ended = work.sessions().end_opaque_session(&hash).await?;
            work.commit().await?;
            Ok(ended)
        })
        .await?;
        Ok(ended)
    }
}
