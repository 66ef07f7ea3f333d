//! Making an account with a key.

use super::{CeremonyUser, SecurityKeyError, SecurityKeyService, pending_sign_up::PendingSignUp};
use crate::{
    error::{StoreError, UniqueField},
    limits::MailRequest,
    security_key::{Attestation, ChallengePurpose, CreationOptions, KeyNickname},
    services::{
        account::sign_up::{NewKey, SignUpOptions, SignUpRefusal, SignUpService, SignedUp},
        error::{Error, Failure},
        sign_in::security_key::SecurityKeyRefusal,
    },
    session::CodeChallenge,
    user::{EmailAddress, NewUser, UserId},
};

/// A request for an account with an address and a key.
#[derive(Debug, Clone)]
pub struct SecurityKeySignUp {
    /// The address.
    pub email: EmailAddress,
    /// What else the client asks for.
    pub options: SignUpOptions,
}

impl SecurityKeyService {
    /// Begins to make an account. Whether the address has one already is not told here.
    ///
    /// # Errors
    ///
    /// See [`SecurityKeyError`].
    pub async fn begin_sign_up(
        &self,
        request: SecurityKeySignUp,
    ) -> Result<CreationOptions, SecurityKeyError> {
        let web_authn = self.web_authn()?;
        let policy = &self.ctx.policy;
        self.check_open()?;
        let pending = PendingSignUp {
            email: request.email,
            options: request.options,
        };
        let sign_up = pending.to_json();
        let PendingSignUp { email, options } = pending;
        let options = options.resolve(policy, email.as_str())?;
        if !policy.accounts.email_access.accepts(&email) {
            return Err(SignUpRefusal::EmailNotAllowed.into());
        }
        let user_id = UserId(self.ctx.ids.uuid());
        let user = CeremonyUser::NewUser(user_id, sign_up);
        let (challenge, issued) = self.challenge(web_authn, ChallengePurpose::SignUp, user);
        self.issue(&issued, None).await?;
        Ok(CreationOptions {
            relying_party: web_authn.relying_party().clone(),
            user_id,
            user_name: options.display_name,
            challenge,
            excluded: Vec::new(),
        })
    }

    /// Creates an account with the key that was made for it, and signs its owner in unless the
    /// address has to be verified first.
    ///
    /// `options` override those given at the beginning. Where the address has to be verified,
    /// `code_challenge` is that of the client that receives the redirect (PKCE).
    ///
    /// # Errors
    ///
    /// See [`SecurityKeyError`]; pass `None` for what cannot be an attestation. The challenge is
    /// spent with the account that is made, and by a refusal.
    pub async fn sign_up(
        &self,
        attestation: Option<Attestation>,
        options: SignUpOptions,
        nickname: Option<KeyNickname>,
        code_challenge: Option<CodeChallenge>,
    ) -> Result<SignedUp, SecurityKeyError> {
        let web_authn = self.web_authn()?;
        let policy = &self.ctx.policy;
        self.check_open()?;
        let purpose = ChallengePurpose::SignUp;
        let attestation = attestation.ok_or(SecurityKeyRefusal::InvalidCredential)?;
        let (challenge, issued) = self.challenge_of(&attestation, purpose).await?;
        let pending = issued.sign_up.and_then(PendingSignUp::from_json);
        let (id, pending) = issued
            .user_id
            .zip(pending)
            .ok_or(SecurityKeyRefusal::InvalidCredential)?;
        let PendingSignUp { email, options } = pending.overridden_by(options);
        let options = options.resolve(policy, email.as_str())?;
        let credential = self.attested(web_authn, attestation, &challenge).await?;
        if policy.accounts.email_verification_required {
            self.ctx.count_mail(MailRequest::SignUp, &email).await?;
        }
        let service = SignUpService::new(self.ctx.clone());
        let redirect_to = options.redirect_to.clone();
        let user = NewUser {
            id,
            ..service.user_with_email(email, None, options)
        };
        // Hasura Auth stores an empty name where there is none.
        let nickname = Some(nickname.unwrap_or_default());
        let key = NewKey {
            key: self.new_key(id, credential, nickname),
            challenge: issued.hash,
            now: self.ctx.clock.now(),
        };
        let entered = service
            .enter(user, Some(key), redirect_to, code_challenge)
            .await;
        entered.map_err(|error| match error {
            // The user's id was given out with the challenge: a concurrent request with it came
            // first (replay).
            Error::Failed(Failure::Store(StoreError::Duplicate {
                field: UniqueField::Other,
            })) => SecurityKeyRefusal::InvalidCredential.into(),
            other => other.into(),
        })
    }

    fn check_open(&self) -> Result<(), SecurityKeyError> {
        let is_open = self.ctx.policy.accounts.sign_up_enabled;
        is_open.then_some(()).ok_or(SignUpRefusal::Disabled.into())
    }
}
