//! What a client gets with a redirect.

use std::time::Duration;

use crate::{
    error::StoreError,
    ports::UnitOfWork,
    services::{context::RequestContext, steps::session_opening::NewJwtSession},
    session::{AuthMethod, CodeChallenge, ExchangeCode, PlainRefreshToken, StoredExchangeCode},
    user::UserId,
};

/// Life of an exchange code: the browser brings it back at once (upstream has five minutes).
const EXCHANGE_CODE_TTL: Duration = Duration::from_mins(5);

/// What a client gets with a redirect.
#[derive(Debug, Clone, PartialEq)]
pub enum Grant {
    /// A refresh token, as the original has it.
    RefreshToken(PlainRefreshToken),
    /// A code to exchange for a session, for a client that sent a challenge (PKCE).
    Code(ExchangeCode),
    /// Nothing: the client sent no challenge, and refresh tokens are not put into URLs; or no user
    /// is signed in by this.
    Nothing,
}

/// A grant that is about to be stored.
pub(in crate::services) enum NewGrant {
    Session(NewJwtSession),
    Code(ExchangeCode, StoredExchangeCode),
    Nothing,
}

impl NewGrant {
    /// The grant for a user who has just signed in by `method`.
    pub(in crate::services) fn new(
        ctx: &RequestContext,
        user: UserId,
        method: AuthMethod,
        challenge: Option<CodeChallenge>,
    ) -> Self {
        match challenge {
            Some(challenge) => {
                let code = ExchangeCode::new(ctx.ids.token_bytes());
                let row = StoredExchangeCode {
                    hash: code.hashed(),
                    user_id: user,
                    challenge,
                    methods: method.into(),
                    expires_at: ctx.clock.now() + EXCHANGE_CODE_TTL,
                };
                Self::Code(code, row)
            }
            None if ctx.policy.sessions.refresh_token_in_redirect => {
                Self::Session(NewJwtSession::new(ctx, user, method))
            }
            None => Self::Nothing,
        }
    }

    pub(in crate::services) async fn write(
        &self,
        work: &mut dyn UnitOfWork,
    ) -> Result<(), StoreError> {
        match self {
            Self::Session(opening) => opening.write(work).await,
            Self::Code(_, row) => work.tickets().insert_exchange_code(row).await,
            Self::Nothing => Ok(()),
        }
    }

    /// The grant for its owner. Call it after the commit.
    pub(in crate::services) fn grant(self) -> Grant {
        match self {
            Self::Session(opening) => Grant::RefreshToken(opening.token()),
            Self::Code(code, _) => Grant::Code(code),
            Self::Nothing => Grant::Nothing,
        }
    }
}
