//! ID tokens that apps bring.

use super::{
    ProviderProfile, ProviderSignInError, ProviderSignInService,
    matching::{ProviderSignInAttempt, ProviderSignInOutcome},
};
use crate::{
    identity::ProviderId,
    ports::IdTokenError,
    secret::Secret,
    services::{
        account::sign_up::{SignUpOptions, SignUpRefusal, SignedUp},
        sign_in::{email::Audience, provider::ProviderSignInRefusal},
        steps::session_opening::NewJwtSession,
    },
    session::{AccessIdentity, AuthMethod},
};

/// An ID token, and what its app knows about it.
#[derive(Debug, Clone)]
pub struct IdTokenProof {
    /// Who issued it.
    pub provider: ProviderId,
    /// The token.
    pub token: Secret,
    /// What the token has to repeat, if it repeats anything.
    pub nonce: Option<Secret>,
}

/// A wish to sign in with an ID token.
#[derive(Debug, Clone)]
pub struct IdTokenSignIn {
    /// The token.
    pub proof: IdTokenProof,
    /// What a new account is to be like.
    pub options: SignUpOptions,
    /// What to do about people without an account, and with one.
    pub audience: Audience,
}

impl ProviderSignInService {
    /// Signs in whom an ID token is about, unless a new user has to verify their address first.
    ///
    /// # Errors
    ///
    /// See [`ProviderSignInError`].
    pub async fn with_id_token(
        &self,
        request: IdTokenSignIn,
    ) -> Result<SignedUp, ProviderSignInError> {
        let profile = self.proven(request.proof).await?;
        let accounts = &self.ctx.policy.accounts;
        let email = profile.identity.email.as_ref();
        if !email.is_some_and(|it| accounts.email_access.accepts(it)) {
            return Err(SignUpRefusal::EmailNotAllowed.into());
        }
        let attempt = ProviderSignInAttempt {
            profile,
            options: request.options,
            audience: request.audience,
            code_challenge: None,
        };
        let open = |user| NewJwtSession::new(&self.ctx, user, AuthMethod::Provider);
        Ok(match self.enter(attempt, open).await? {
            ProviderSignInOutcome::SignedIn(user, opening) => {
                let session = opening.finish(&self.ctx, *user).await?;
                SignedUp::Session(Box::new(session))
            }
            ProviderSignInOutcome::VerificationPending => SignedUp::VerificationPending,
        })
    }

    /// Links the account of whoever is signed in with the identity that an ID token is about.
    ///
    /// # Errors
    ///
    /// See [`ProviderSignInError`].
    pub async fn link_id_token(
        &self,
        caller: impl Into<AccessIdentity>,
        proof: IdTokenProof,
    ) -> Result<(), ProviderSignInError> {
        let profile = self.proven(proof).await?;
        self.link(caller.into(), profile.key).await
    }

    async fn proven(&self, proof: IdTokenProof) -> Result<ProviderProfile, ProviderSignInError> {
        let providers = &self.ctx.providers;
        let verifier = providers.find_id_tokens(&proof.provider);
        let verifier = verifier.ok_or(ProviderSignInRefusal::ProviderDisabled)?;
        match verifier.verify(&proof.token, proof.nonce.as_ref()).await {
            Ok(identity) => Ok(self.profile(proof.provider, identity)),
            Err(IdTokenError::Invalid) => Err(ProviderSignInRefusal::InvalidIdToken.into()),
            Err(error @ IdTokenError::Unavailable(_)) => {
                Err(ProviderSignInRefusal::Unavailable(error.into()).into())
            }
        }
    }
}
