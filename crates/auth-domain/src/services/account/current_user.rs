//! The current user: who an access token or an opaque session belongs to.

use crate::{
    ports::{InvalidAccessToken, UserLookup},
    services::{
        context::RequestContext,
        error::{Error, Refusal},
        steps::{
            noted_user::note_user,
            session_opening::{AccountRefusal, EmailNeed},
        },
    },
    session::{AccessIdentity, PlainSessionToken},
    user::{Role, User, UserId},
};

/// Finds the user behind a token.
#[derive(Clone)]
pub struct CurrentUserService {
    ctx: RequestContext,
}

/// Why there is no current user.
#[derive(Debug, thiserror::Error)]
pub enum CurrentUserRefusal {
    /// The token is not one of ours, or no longer valid.
    #[error("the token is not valid")]
    InvalidToken,
    /// The user was deleted after the token was issued.
    #[error("the user does not exist any more")]
    UnknownUser,
    /// The account may not be used right now.
    #[error(transparent)]
    Account(AccountRefusal),
    /// The user lacks the role `user`, which the legacy API asks of everyone.
    #[error("the user does not have the role `user`")]
    UserRoleMissing,
}

impl Refusal for CurrentUserRefusal {}

/// A refusal, or a failure.
pub type CurrentUserError = Error<CurrentUserRefusal>;

impl CurrentUserService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// The bearer of an access token, without asking the store.
    ///
    /// # Errors
    ///
    /// [`InvalidAccessToken`] for anything but a valid token.
    pub fn identify(&self, access_token: &str) -> Result<AccessIdentity, InvalidAccessToken> {
        let now = self.ctx.clock.now();
        let verified = self.ctx.signer.verify(access_token, now);
        verified.inspect(|identity| note_user(identity.user_id))
    }

    /// The user with this id, if their account may be used in the modern API.
    ///
    /// # Errors
    ///
    /// See [`CurrentUserError`].
    pub async fn get(&self, id: UserId) -> Result<User, CurrentUserError> {
        let found = self.ctx.store.find_user(UserLookup::Id(id)).await?;
        let user = found.ok_or(CurrentUserRefusal::UnknownUser)?;
        let checked = self.ctx.policy.check_account(&user, EmailNeed::Required);
        checked.map_err(CurrentUserRefusal::Account)?;
        Ok(user)
    }

    /// Checks that the session of an access token is still open. An access token is valid for
    /// minutes after its session ended; nothing that lasts may be done with it then.
    ///
    /// A token that does not name its session passes: its issuer holds the signing key.
    ///
    /// # Errors
    ///
    /// [`CurrentUserRefusal::InvalidToken`], or a failure.
    pub async fn check_session(&self, identity: AccessIdentity) -> Result<(), CurrentUserError> {
        let Some(id) = identity.session else {
            return Ok(());
        };
        let ctx = &self.ctx;
        let now = ctx.clock.now();
        let is_open = ctx.store.is_session_open(identity.user_id, id, now).await?;
        is_open
            .then_some(())
            .ok_or(CurrentUserRefusal::InvalidToken.into())
    }

    /// The user behind a bearer token of the legacy API: an opaque session token, or an access
    /// token of the modern API, so that one client can use both.
    ///
    /// # Errors
    ///
    /// See [`CurrentUserError`].
    pub async fn by_bearer(&self, bearer: &str) -> Result<User, CurrentUserError> {
        let user = match PlainSessionToken::parse(bearer) {
            Ok(token) => self.by_opaque_session(&token).await?,
            Err(_not_opaque) => self.by_access_token(bearer).await?,
        };
        let checked = self.ctx.policy.check_account(&user, EmailNeed::IfPresent);
        checked.map_err(CurrentUserRefusal::Account)?;
        if user.has_role(&Role::user()) {
            Ok(user)
        } else {
            Err(CurrentUserRefusal::UserRoleMissing.into())
        }
    }

    async fn by_opaque_session(&self, token: &PlainSessionToken) -> Result<User, CurrentUserError> {
        let now = self.ctx.clock.now();
        let found = self
            .ctx
            .store
            .find_opaque_session(&token.hashed(), now)
            .await?;
        let user = found.ok_or(CurrentUserRefusal::InvalidToken)?;
        note_user(user.id);
        Ok(user)
    }

    async fn by_access_token(&self, token: &str) -> Result<User, CurrentUserError> {
        let identity = self
            .identify(token)
            .map_err(|_invalid| CurrentUserRefusal::InvalidToken)?;
        let found = self
            .ctx
            .store
            .find_user(UserLookup::Id(identity.user_id))
            .await?;
        found.ok_or(CurrentUserRefusal::UnknownUser.into())
    }
}
