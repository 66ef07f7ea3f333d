//! Signing out.

use super::{Failure, retry::retry, visit::Visit};
use crate::{
    ports::EndedSessions,
    session::{PlainRefreshToken, PlainSessionToken},
    user::UserId,
};

/// Ends sessions. Ending a session that does not exist is no error: it is ended.
#[derive(Clone)]
pub struct SignOutService {
    installation: Visit,
}

impl SignOutService {
    pub(super) fn new(installation: Visit) -> Self {
        Self { installation }
    }

    /// Ends the session a refresh token belongs to.
    ///
    /// # Errors
    ///
    /// [`Failure`] when the store fails; the session may then be alive.
    pub async fn end_session(&self, token: PlainRefreshToken) -> Result<(), Failure> {
        let hash = token.hashed();
        retry(|| async {
            let mut work = self.installation.store.begin().await?;
            work.sessions().end_by_refresh_token(&hash).await?;
            work.commit().await
        })
        .await?;
        Ok(())
    }

    /// Ends every session of a user, personal access tokens included, as Hasura Auth does.
    ///
    /// # Errors
    ///
    /// [`Failure`] when the store fails; sessions may then be alive.
    pub async fn end_all_sessions(&self, user: UserId) -> Result<(), Failure> {
        retry(|| async {
            let mut work = self.installation.store.begin().await?;
            work.sessions().end_all_of(user, EndedSessions::All).await?;
            work.commit().await
        })
        .await?;
        Ok(())
    }

    /// Ends an opaque session; `false` when there was none.
    ///
    /// # Errors
    ///
    /// [`Failure`] when the store fails; the session may then be alive.
    pub async fn end_opaque_session(&self, token: &PlainSessionToken) -> Result<bool, Failure> {
        let hash = token.hashed();
        let ended = retry(|| async {
            let mut work = self.installation.store.begin().await?;
            let ended = work.sessions().end_opaque_session(&hash).await?;
            work.commit().await?;
            Ok(ended)
        })
        .await?;
        Ok(ended)
    }
}
