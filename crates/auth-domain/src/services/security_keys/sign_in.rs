//! Signing in with a key.

use super::{Person, SecurityKeyError, SecurityKeyService};
use crate::{
    ports::UserLookup,
    security_key::{Assertion, ChallengePurpose, CredentialId, RequestOptions, SecurityKey},
    session::{AuthMethod, Session},
    user::EmailAddress,
};

impl SecurityKeyService {
    /// Begins to sign in: as the owner of an address, or as whomever the authenticator knows.
    ///
    /// # Errors
    ///
    /// See [`SecurityKeyError`].
    pub async fn begin_sign_in(
        &self,
        email: Option<EmailAddress>,
    ) -> Result<RequestOptions, SecurityKeyError> {
        let web_authn = self.web_authn()?;
        let owner = match email {
            Some(email) => {
                let lookup = UserLookup::Email(&email);
                let found = self.installation.store.find_user(lookup).await?;
                let user = found.ok_or(SecurityKeyError::UnknownAccount)?;
                Some(self.checked(user)?.id)
            }
            None => None,
        };
        let person = owner.map_or(Person::Anybody, Person::User);
        let (challenge, issued) = self.challenge(web_authn, ChallengePurpose::SignIn, person);
        let keys = self.issue(&issued, owner).await?;
        if owner.is_some() && keys.is_empty() {
            return Err(SecurityKeyError::NoKey);
        }
        Ok(RequestOptions {
            relying_party: web_authn.relying_party().clone(),
            challenge,
            allowed: credentials(keys),
        })
    }

    /// Signs in whoever has a key. A second factor is not asked for, as in Hasura Auth.
    ///
    /// # Errors
    ///
    /// See [`SecurityKeyError`]; `None` is what cannot be an assertion. The challenge is spent in any
    /// case.
    pub async fn sign_in(&self, assertion: Option<Assertion>) -> Result<Session, SecurityKeyError> {
        let web_authn = self.web_authn()?;
        let purpose = ChallengePurpose::SignIn;
        let (key, sign_count) = self.asserted(web_authn, assertion, purpose).await?;
        let (opening, user) = self
            .open(&key, sign_count, AuthMethod::SecurityKey.into())
            .await?;
        Ok(opening.finish(&self.installation, user).await?)
    }
}

/// How a browser knows the keys.
pub(super) fn credentials(keys: Vec<SecurityKey>) -> Vec<CredentialId> {
    keys.into_iter().map(|key| key.credential_id).collect()
}
