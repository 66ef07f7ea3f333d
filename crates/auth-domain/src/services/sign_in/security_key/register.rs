//! Adding a key to an account.

use super::{CeremonyUser, SecurityKeyError, SecurityKeyService, sign_in::credentials};
use crate::{
    ports::UserLookup,
    security_key::{
        Attestation, ChallengePurpose, CreationOptions, HashedChallenge, KeyNickname,
        RegisteredCredential, SecurityKey, SecurityKeyId,
    },
    services::{
        elevation::DelicateAction,
        sign_in::security_key::SecurityKeyRefusal,
        steps::{retry::retry, session_opening::is_still_signed_in},
    },
    session::AccessIdentity,
    user::{User, UserId},
};

impl SecurityKeyService {
    /// Begins to add a key to the account of a signed-in user.
    ///
    /// # Errors
    ///
    /// See [`SecurityKeyError`].
    pub async fn begin_registration(
        &self,
        user: UserId,
    ) -> Result<CreationOptions, SecurityKeyError> {
        let web_authn = self.web_authn()?;
        let user = self.current_user(user).await?;
        let purpose = ChallengePurpose::Registration;
        let (challenge, issued) = self.challenge(web_authn, purpose, CeremonyUser::User(user.id));
        let keys = self.issue(&issued, Some(user.id)).await?;
        Ok(CreationOptions {
            relying_party: web_authn.relying_party().clone(),
            user_id: user.id,
            user_name: user.display_name,
            challenge,
            excluded: credentials(keys),
        })
    }

    /// Adds a key to the account of a signed-in user.
    ///
    /// # Errors
    ///
    /// See [`SecurityKeyError`]; pass `None` for what cannot be an attestation. A failure, and a
    /// key that is registered already, leave the challenge good.
    pub async fn register(
        &self,
        caller: impl Into<AccessIdentity>,
        attestation: Option<Attestation>,
        nickname: Option<KeyNickname>,
    ) -> Result<SecurityKey, SecurityKeyError> {
        let web_authn = self.web_authn()?;
        let caller = caller.into();
        let user = self.current_user(caller.user_id).await?;
        let purpose = ChallengePurpose::Registration;
        let attestation = attestation.ok_or(SecurityKeyRefusal::InvalidCredential)?;
        let (challenge, issued) = self.challenge_of(&attestation, purpose).await?;
        if issued.user_id != Some(user.id) {
            return Err(self.refuse(&issued.hash).await?);
        }
        let credential = self.attested(web_authn, attestation, &challenge).await?;
        let key = self.new_key(user.id, credential, nickname);
        self.add(caller, &user, (&issued.hash, &key)).await?;
        Ok(key)
    }

    pub(super) fn new_key(
        &self,
        user_id: UserId,
        credential: RegisteredCredential,
        nickname: Option<KeyNickname>,
    ) -> SecurityKey {
        SecurityKey {
            id: SecurityKeyId(self.ctx.ids.uuid()),
            user_id,
            credential_id: credential.credential_id,
            public_key: credential.public_key,
            sign_count: credential.sign_count,
            nickname,
        }
    }

    /// Stores a key, unless the user has changed since. The owner of the mailbox may have verified
    /// it meanwhile: then a key that an attacker began to register must not be added (account
    /// pre-hijacking).
    async fn add(
        &self,
        caller: AccessIdentity,
        user: &User,
        (challenge, key): (&HashedChallenge, &SecurityKey),
    ) -> Result<(), SecurityKeyError> {
        let now = self.ctx.clock.now();
        retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            let is_first = work.security_keys().take(challenge, now).await?.is_some();
            let is_signed_in = is_still_signed_in(work.as_mut(), caller, now).await?;
            let current = work.users().find(UserLookup::Id(user.id)).await?;
            if !is_first || !is_signed_in || current.as_ref() != Some(user) {
                work.commit().await?;
                return Ok(Err(SecurityKeyRefusal::InvalidCredential.into()));
            }
            let action = DelicateAction::AddFactor;
            if !self.ctx.may(work.as_mut(), caller, action).await? {
                work.commit().await?;
                return Ok(Err(SecurityKeyRefusal::NotElevated.into()));
            }
            work.security_keys().insert(key).await?;
            let ctx = &self.ctx;
            ctx.withdraw_changes(work.as_mut(), user.id, now).await?;
            work.commit().await?;
            Ok(Ok(()))
        })
        .await?
    }
}
