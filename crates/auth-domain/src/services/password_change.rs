//! Changing a password.

use std::sync::Arc;

use super::{
    CurrentUserError, CurrentUserService, Failure, Installation, admission::is_unchanged,
    failure::failures_of, retry::retry,
};
use crate::{
    error::StoreError,
    ports::{EndedSessions, HasherError},
    user::{HashedPassword, PASSWORD_MAX_BYTES, PlainPassword, User},
};

/// Replaces passwords of people who know the old one.
#[derive(Clone)]
pub struct PasswordChangeService {
    installation: Arc<Installation>,
}

/// A wish for another password.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// The password so far.
    pub old: PlainPassword,
    /// The password from now on.
    pub new: PlainPassword,
}

/// Why a password stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum PasswordChangeError {
    /// The bearer token does not lead to a user.
    #[error(transparent)]
    NotSignedIn(#[from] CurrentUserError),
    /// The account has no password.
    #[error("the account has no password")]
    NoPassword,
    /// The new password is too short.
    #[error("the password has fewer than {min_chars} characters")]
    PasswordTooShort {
        /// The fewest characters.
        min_chars: usize,
    },
    /// The new password is longer than a hash looks at.
    #[error("the password is longer than {PASSWORD_MAX_BYTES} bytes")]
    PasswordTooLong,
    /// The old password is wrong.
    #[error("the old password is wrong")]
    WrongPassword,
    /// An adapter failed.
    #[error(transparent)]
    Failure(Failure),
}

failures_of!(PasswordChangeError: StoreError, HasherError);

impl PasswordChangeService {
    pub(super) fn new(installation: Arc<Installation>) -> Self {
        Self { installation }
    }

    /// Replaces the password of whoever holds a bearer token of the legacy API, by its rule, and ends
    /// all their sessions in both generations: whoever knew the old password is out. Personal
    /// access tokens stay.
    ///
    /// # Errors
    ///
    /// See [`PasswordChangeError`]. [`PasswordChangeError::WrongPassword`] also when another change
    /// came first.
    pub async fn change(
        &self,
        bearer: &str,
        wish: PasswordChange,
    ) -> Result<(), PasswordChangeError> {
        let current_user = CurrentUserService::new(Arc::clone(&self.installation));
        let user = current_user.by_bearer(bearer).await?;
        let old_hash = user
            .password_hash
            .as_ref()
            .ok_or(PasswordChangeError::NoPassword)?;
        let min_chars = self.installation.policy.passwords.legacy_min_chars;
        if wish.new.expose().chars().count() < min_chars {
            return Err(PasswordChangeError::PasswordTooShort { min_chars });
        }
        if !wish.new.can_be_hashed() {
            return Err(PasswordChangeError::PasswordTooLong);
        }
        if !self.installation.hasher.verify(&wish.old, old_hash).await? {
            return Err(PasswordChangeError::WrongPassword);
        }
        let new_hash = self.installation.hasher.hash(&wish.new).await?;
        if self.replace(&user, &new_hash).await? {
            Ok(())
        } else {
            Err(PasswordChangeError::WrongPassword)
        }
    }

    /// `false`: the password that was judged is no longer the user's.
    async fn replace(&self, judged: &User, new_hash: &HashedPassword) -> Result<bool, StoreError> {
        let now = self.installation.clock.now();
        retry(|| async {
            let mut work = self.installation.store.begin().await?;
            work.users().touch(judged.id, now).await?;
            if !is_unchanged(work.as_mut(), judged).await? {
                work.rollback().await?;
                return Ok(false);
            }
            work.users().set_password(judged.id, new_hash).await?;
            work.sessions()
                .end_all_of(judged.id, EndedSessions::AllButPersonalAccessTokens)
                .await?;
            work.commit().await?;
            Ok(true)
        })
        .await
    }
}
