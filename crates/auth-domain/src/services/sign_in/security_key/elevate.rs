//! Elevating an access token with a key.

use super::{CeremonyUser, SecurityKeyError, SecurityKeyService, sign_in::credentials};
use crate::{
    security_key::{Assertion, ChallengePurpose, RequestOptions},
    services::{sign_in::security_key::SecurityKeyRefusal, steps::session_opening::NewJwtSession},
    session::{AccessIdentity, AuthMethod, Session},
    user::UserId,
};

impl SecurityKeyService {
    /// Begins to elevate the token of a signed-in user.
    ///
    /// # Errors
    ///
    /// See [`SecurityKeyError`].
    pub async fn begin_elevation(&self, user: UserId) -> Result<RequestOptions, SecurityKeyError> {
        let web_authn = self.web_authn()?;
        let user = self.current_user(user).await?;
        let purpose = ChallengePurpose::Elevation;
        let (challenge, issued) = self.challenge(web_authn, purpose, CeremonyUser::User(user.id));
        let keys = self.issue(&issued, Some(user.id)).await?;
        if keys.is_empty() {
            return Err(SecurityKeyRefusal::NoKey.into());
        }
        Ok(RequestOptions {
            relying_party: web_authn.relying_party().clone(),
            challenge,
            allowed: credentials(keys),
        })
    }

    /// Opens a session with an elevated token for a signed-in user, by one of their keys.
    ///
    /// # Errors
    ///
    /// See [`SecurityKeyError`]; pass `None` for what cannot be an assertion. The challenge is
    /// spent by everything but a failure.
    pub async fn elevate(
        &self,
        identity: AccessIdentity,
        assertion: Option<Assertion>,
    ) -> Result<Session, SecurityKeyError> {
        let web_authn = self.web_authn()?;
        let user = self.current_user(identity.user_id).await?;
        let purpose = ChallengePurpose::Elevation;
        let signed = self.asserted(web_authn, assertion, purpose).await?;
        // The challenge binds the key's user; they must be the caller, too.
        if signed.key.user_id != user.id {
            return Err(self.refuse(&signed.challenge).await?);
        }
        let methods = identity.methods.and(AuthMethod::SecurityKey);
        let opening = NewJwtSession::new(&self.ctx, user.id, methods).beside(identity);
        let user = self.open(&signed, &opening).await?;
        Ok(opening.finish_elevated(&self.ctx, user).await?)
    }
}
