//! Signing in with a key.

use super::{CeremonyUser, SecurityKeyError, SecurityKeyService};
use crate::{
    ports::{UserLookup, WebAuthn},
    security_key::{Assertion, ChallengePurpose, CredentialId, RequestOptions, SecurityKey},
    services::{
        error::Error, sign_in::security_key::SecurityKeyRefusal,
        steps::session_opening::NewJwtSession,
    },
    session::{AuthMethod, Session},
    user::{EmailAddress, User, UserId},
};

impl SecurityKeyService {
    /// Begins to sign in: as the user of an address, or as any user with a discoverable key.
    ///
    /// With enumeration protection, an address without a usable account gets an answer like any
    /// other, with a key that does not exist.
    ///
    /// # Errors
    ///
    /// See [`SecurityKeyError`].
    pub async fn begin_sign_in(
        &self,
        email: Option<EmailAddress>,
    ) -> Result<RequestOptions, SecurityKeyError> {
        let web_authn = self.web_authn()?;
        let Some(email) = email else {
            return self.ask_for(web_authn, CeremonyUser::Unknown, None).await;
        };
        let conceals = self.ctx.enumeration_protection.is_some();
        let owner = match self.owner_of(&email).await {
            Ok(user) => Some(user.id),
            Err(Error::Failed(failure)) => return Err(failure.into()),
            Err(_refusal) if conceals => None,
            Err(refusal) => return Err(refusal),
        };
        let user = owner.map_or(CeremonyUser::Unknown, CeremonyUser::User);
        let owner = owner.unwrap_or_else(|| UserId(self.ctx.ids.uuid()));
        let mut options = self.ask_for(web_authn, user, Some(owner)).await?;
        if options.allowed.is_empty() {
            if !conceals {
                return Err(SecurityKeyRefusal::NoKey.into());
            }
            options.allowed.extend(self.decoy(&email));
        }
        Ok(options)
    }

    async fn owner_of(&self, email: &EmailAddress) -> Result<User, SecurityKeyError> {
        let lookup = UserLookup::Email(email);
        let found = self.ctx.store.find_user(lookup).await?;
        self.checked(found.ok_or(SecurityKeyRefusal::UnknownAccount)?)
    }

    /// A challenge for a user, and the keys of `owner`.
    async fn ask_for(
        &self,
        web_authn: &dyn WebAuthn,
        user: CeremonyUser,
        owner: Option<UserId>,
    ) -> Result<RequestOptions, SecurityKeyError> {
        let (challenge, issued) = self.challenge(web_authn, ChallengePurpose::SignIn, user);
        let keys = self.issue(&issued, owner).await?;
        Ok(RequestOptions {
            relying_party: web_authn.relying_party().clone(),
            challenge,
            allowed: credentials(keys),
        })
    }

    /// The id of a key that does not exist, always the same for an address.
    fn decoy(&self, email: &EmailAddress) -> Option<CredentialId> {
        let key = &self.ctx.policy.codes.key;
        CredentialId::new(key.decoy(email.as_str()).to_vec()).ok()
    }

    /// Signs in with a key. A second factor is not asked for, as in Hasura Auth.
    ///
    /// # Errors
    ///
    /// See [`SecurityKeyError`]; pass `None` for what cannot be an assertion. The challenge is
    /// spent by everything but a failure.
    pub async fn sign_in(&self, assertion: Option<Assertion>) -> Result<Session, SecurityKeyError> {
        let web_authn = self.web_authn()?;
        let purpose = ChallengePurpose::SignIn;
        let signed = self.asserted(web_authn, assertion, purpose).await?;
        let owner = signed.key.user_id;
        let opening = NewJwtSession::new(&self.ctx, owner, AuthMethod::SecurityKey);
        let user = self.open(&signed, &opening).await?;
        Ok(opening.finish(&self.ctx, user).await?)
    }
}

/// The credential ids of keys.
pub(super) fn credentials(keys: Vec<SecurityKey>) -> Vec<CredentialId> {
    keys.into_iter().map(|key| key.credential_id).collect()
}
