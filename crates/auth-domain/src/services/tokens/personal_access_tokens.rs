//! Personal access tokens: how a program acts for a user who is away.

use chrono::{DateTime, Utc};

use crate::{
    error::StoreError,
    services::{
        account::current_user::{CurrentUserRefusal, CurrentUserService},
        context::RequestContext,
        error::{Error, Refusal, passes_on},
        steps::{
            retry::retry,
            session_opening::{AccountRefusal, NewJwtSession, NotAdmitted, is_still_signed_in},
        },
    },
    session::{
        AccessIdentity, AuthMethod, AuthMethods, HashedRefreshToken, PersonalAccessToken,
        PlainRefreshToken, RefreshTokenKind, Session, SessionId, StoredRefreshToken,
    },
    user::{Metadata, User},
};

/// Makes personal access tokens, and signs in with them.
#[derive(Clone)]
pub struct PersonalAccessTokenService {
    ctx: RequestContext,
}

/// A request for a personal access token.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonalAccessTokenRequest {
    /// The moment from which it is no longer accepted.
    pub expires_at: DateTime<Utc>,
    /// The client's own data about it.
    pub metadata: Option<Metadata>,
}

/// Why no personal access token was made, or why it did not sign in.
#[derive(Debug, thiserror::Error)]
pub enum PersonalAccessTokenRefusal {
    /// The access token belongs to no user, or the account may not be used.
    #[error(transparent)]
    NotSignedIn(#[from] CurrentUserRefusal),
    /// It would have expired already, and such tokens are not made here.
    #[error("the personal access token would have expired already")]
    ExpiredAlready,
    /// It would be valid for longer than the policy allows.
    #[error("the personal access token would be good for too long")]
    TooLong,
    /// It is unknown, expired, or a refresh token of another kind.
    #[error("the personal access token is not valid")]
    InvalidToken,
    /// The account may not be used right now.
    #[error(transparent)]
    Account(#[from] AccountRefusal),
}

impl Refusal for PersonalAccessTokenRefusal {}

/// A refusal, or a failure.
pub type PersonalAccessTokenError = Error<PersonalAccessTokenRefusal>;

passes_on!(CurrentUserRefusal => PersonalAccessTokenRefusal);

impl PersonalAccessTokenService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// Makes a token for a signed-in user. It can do whatever they can, so their account is checked
    /// first. The policy says for how long one may be valid, and whether one may be made that has
    /// expired already, as by Hasura Auth.
    ///
    /// # Errors
    ///
    /// See [`PersonalAccessTokenError`].
    pub async fn create(
        &self,
        caller: impl Into<AccessIdentity>,
        request: PersonalAccessTokenRequest,
    ) -> Result<PersonalAccessToken, PersonalAccessTokenError> {
        let ctx = &self.ctx;
        let current_user = CurrentUserService::new(ctx.clone());
        let caller = caller.into();
        let user = current_user.get(caller.user_id).await?;
        let now = ctx.clock.now();
        let sessions = &ctx.policy.sessions;
        if request.expires_at <= now && !sessions.expired_personal_access_tokens {
            return Err(PersonalAccessTokenRefusal::ExpiredAlready.into());
        }
        if !sessions.allows_until(request.expires_at, now) {
            return Err(PersonalAccessTokenRefusal::TooLong.into());
        }
        let token = PlainRefreshToken::new(ctx.ids.uuid());
        let row = StoredRefreshToken {
            id: SessionId(ctx.ids.uuid()),
            user_id: user.id,
            kind: RefreshTokenKind::PersonalAccess,
            hash: token.hashed(),
            created_at: now,
            expires_at: request.expires_at,
            metadata: request.metadata,
            methods: AuthMethods::NONE,
            device: ctx.device(),
        };
        let is_made = retry(|| async {
            let mut work = ctx.store.begin().await?;
            if !is_still_signed_in(work.as_mut(), caller, now).await? {
                work.rollback().await?;
                return Ok(false);
            }
            work.sessions().insert_refresh_token(&row).await?;
            work.commit().await?;
            Ok(true)
        })
        .await?;
        if !is_made {
            return Err(CurrentUserRefusal::InvalidToken.into());
        }
        Ok(PersonalAccessToken { id: row.id, token })
    }

    /// Opens a session with the current roles of the token's owner. The token stays as it is.
    ///
    /// # Errors
    ///
    /// See [`PersonalAccessTokenError`].
    pub async fn sign_in(
        &self,
        token: PlainRefreshToken,
    ) -> Result<Session, PersonalAccessTokenError> {
        let ctx = &self.ctx;
        let now = ctx.clock.now();
        let hash = token.hashed();
        let found = ctx.store.find_personal_access_token(&hash, now);
        let owner = found
            .await?
            .ok_or(PersonalAccessTokenRefusal::InvalidToken)?;
        let opening = NewJwtSession::new(ctx, owner.id, AuthMethod::PersonalAccessToken);
        let admitted = retry(|| self.try_to_open(&opening, &hash)).await?;
        let user = admitted.map_err(|reason| match reason {
            NotAdmitted::Account(refusal) => refusal.into(),
            NotAdmitted::Deleted | NotAdmitted::SessionEnded => {
                PersonalAccessTokenRefusal::InvalidToken
            }
        })?;
        Ok(opening.finish(ctx, user).await?)
    }

    /// Finds the token again under the row lock of its owner: concurrent sign-ins must not survive
    /// the unit of work that revokes the token and ends all sessions.
    async fn try_to_open(
        &self,
        opening: &NewJwtSession,
        hash: &HashedRefreshToken,
    ) -> Result<Result<User, NotAdmitted>, StoreError> {
        let ctx = &self.ctx;
        let now = ctx.clock.now();
        let mut work = ctx.store.begin().await?;
        let admitted = opening.admit(work.as_mut(), &ctx.policy).await?;
        let token = work.sessions().find_personal_access_token(hash, now);
        if token.await?.is_none() {
            work.rollback().await?;
            return Ok(Err(NotAdmitted::Deleted));
        }
        match &admitted {
            Ok(_) => work.commit().await?,
            Err(_) => work.rollback().await?,
        }
        Ok(admitted)
    }
}
